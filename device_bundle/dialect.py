"""What a MicroPython 1.12-class QuecPython module has, and what it lacks.

The lists are meant for the strictest firmware in the field (no unicode strings, core 1.13 with
QuecPython's feature switches); newer ones have more.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Builtins every firmware has. A name that is neither defined nor here is refused.
BUILTINS = _words(
    """
    False None True Ellipsis NotImplemented __name__ abs all any bin bool bytearray bytes
    callable chr classmethod dict divmod enumerate filter getattr
    hasattr hash hex id int isinstance issubclass iter len list map max memoryview min
    next object oct open ord pow print property range repr round set setattr sorted
    staticmethod str sum super tuple type zip float ArithmeticError AssertionError
    AttributeError BaseException EOFError Exception GeneratorExit ImportError IndentationError
    IndexError KeyError KeyboardInterrupt LookupError MemoryError NameError
    NotImplementedError OSError OverflowError RuntimeError StopIteration SyntaxError
    SystemExit TypeError ValueError ZeroDivisionError
    """
)

#: Builtins of CPython that are missing, and what to write instead.
MISSING_BUILTINS = {
    "frozenset": "use a tuple, or a dict with True values",
    "reversed": "loop over range(len(x) - 1, -1, -1)",
    "vars": "name the attributes",
    "format": 'use "{:02d}".format(x) or an f-string',
    "ascii": "use repr()",
    "slice": "slice in place",
    "complex": "use two numbers",
    "input": "take operator commands as events",
    "delattr": "set the attribute to None",
    "breakpoint": "remove it",
    "aiter": "there is no asyncio; use timers",
    "anext": "there is no asyncio; use timers",
    "TimeoutError": "catch OSError and look at args[0]",
    "ConnectionError": "catch OSError",
    "ConnectionResetError": "catch OSError and look at args[0]",
    "ConnectionRefusedError": "catch OSError and look at args[0]",
    "ConnectionAbortedError": "catch OSError and look at args[0]",
    "BrokenPipeError": "catch OSError and look at args[0]",
    "BlockingIOError": "catch OSError and look at args[0]",
    "InterruptedError": "catch OSError and look at args[0]",
    "FileNotFoundError": "catch OSError and look at args[0]",
    "FileExistsError": "catch OSError and look at args[0]",
    "IsADirectoryError": "catch OSError and look at args[0]",
    "NotADirectoryError": "catch OSError and look at args[0]",
    "PermissionError": "catch OSError and look at args[0]",
    "IOError": "catch OSError",
    "EnvironmentError": "catch OSError",
    "UnicodeError": "catch ValueError; decode() never validates on a device",
    "UnicodeDecodeError": "catch ValueError; decode() never validates on a device",
    "UnicodeEncodeError": "catch ValueError",
    "RecursionError": "catch RuntimeError",
    "ModuleNotFoundError": "catch ImportError",
    "ReferenceError": "there are no weak references",
    "StopAsyncIteration": "there is no asyncio; use timers",
    "ExceptionGroup": "raise one error",
    "BaseExceptionGroup": "raise one error",
    "Warning": "use station.log",
    "DeprecationWarning": "use station.log",
    "UserWarning": "use station.log",
    "RuntimeWarning": "use station.log",
    "__file__": "use station.store for files",
    "__doc__": "docstrings do not reach a device",
}

#: Builtins that look names up by their text, which the bundler has shortened.
BY_TEXT = _words("eval exec compile globals locals dir __import__")

#: Modules of the firmware; anything else is refused.
MODULES = _words(
    """
    _thread array atcmd audio builtins camera cellLocator checkNet cmath dataCall
    ethernet example fota app_fota app_fota_download gc gnss ir lcd log machine math
    micropython misc modem net ntptime osTimer pm ppp ql_fs qrcode quecgnss queue
    SecureData sim sms sys_bus ubinascii ucollections ucryptolib uctypes uerrno uhashlib uio
    ujson uos uping uqueue urandom ure uselect usocket ussl ustruct utime
    uzlib voiceCall wifiScan umqtt
    """
)

#: Two names of one module, of which a firmware has one.
EITHER_NAME = ("sys", "usys")

#: Modules of the firmware a plugin is better off without, and why.
UNSAFE_MODULES = {
    "request": "where TLS fails it goes on in plain text; write HTTP to a usocket",
    "uwebsocket": "it drops fragmented messages and checks no server; the host owns the connection",
}

#: What modules of the firmware lack, and what there is instead.
MISSING_MEMBERS = {
    **dict.fromkeys(
        ("ucollections.OrderedDict", "ucollections.Counter", "ucollections.ChainMap"),
        "keep a list of pairs beside the dict",
    ),
    "ucollections.defaultdict": "use setdefault()",
    "ubinascii.crc32": "add the bytes up, as ocpp_kernel.store.checksum does",
    **dict.fromkeys(("ure.sub", "ure.findall", "ure.finditer"), "loop over search()"),
    **dict.fromkeys(("ure.split", "ure.fullmatch"), "use compile(), match() and search()"),
    **dict.fromkeys(
        ("utime.gmtime", "utime.strftime", "utime.time_ns"), "use ocpp_kernel.timestamps"
    ),
    **dict.fromkeys(("urandom.shuffle", "urandom.sample"), "draw with getrandbits()"),
    "ustruct.iter_unpack": "use unpack_from() in a loop",
    **dict.fromkeys(("uos.path", "uos.environ", "uos.walk", "uos.getenv"), "use uos.stat()"),
    **dict.fromkeys(("usocket.create_connection", "usocket.timeout"), "use usocket.socket"),
    **dict.fromkeys(
        ("ussl.SSLContext", "ussl.create_default_context"), "use ussl.wrap_socket(socket)"
    ),
    "ussl.CERT_REQUIRED": "no firmware checks the server; compare the hash of getpeercert(True)",
    **dict.fromkeys(("_thread.RLock", "_thread.Lock"), "use allocate_lock()"),
    **dict.fromkeys(
        ("queue.Empty", "queue.Full"), "get() waits for good, put() returns False when full"
    ),
    "gc.get_objects": "use gc.mem_alloc()",
}

#: Clocks of the firmware that cannot be trusted, unless (localtime) called without arguments.
CLOCKS = _words("utime.time utime.mktime")

#: Counters that wrap.
TICKS = _words("utime.ticks_ms utime.ticks_us utime.ticks_cpu")

#: Functions of the firmware: how many arguments they take at most. None of these has keywords.
FIRMWARE_CALLS = {
    "ujson.dumps": (1, "leave separators and the like out; ocpp_kernel needs none"),
    "ujson.loads": (1, "decode the bytes first"),
    "ujson.dump": (2, "leave separators and the like out"),
    "ujson.load": (1, "read the text and use loads()"),
    "queue.Queue": (1, "pass the size by position"),
    "ntptime.settime": (0, "older firmware takes no time zone; call setTimeZone()"),
    "ubinascii.hexlify": (1, "put separators in afterwards"),
    "ubinascii.b2a_base64": (1, "strip the line feed"),
    "_thread.stack_size": (1, "pass 8192 or more"),
}

#: Keywords builtins take; those that are not here take none, classes of the program apart.
BUILTIN_KEYWORDS: dict[str, tuple[str, ...]] = {
    "print": ("sep", "end", "file"),
    "sorted": ("key", "reverse"),
    "min": ("key", "default"),
    "max": ("key", "default"),
    "enumerate": ("start",),
    "open": ("mode", "encoding"),
}

#: Modules of CPython, and what there is instead.
MISSING_MODULES = {
    "json": "the host does JSON; a driver may import ujson",
    "time": "use station.now, station.utc() and station.after()",
    "datetime": "use station.timestamp() and ocpp_kernel.timestamps",
    "random": "a driver may import urandom and seed it",
    "os": "use station.store; a driver may import uos",
    "re": "look at the characters; a driver may import ure",
    "socket": "the host owns the socket; a driver may import usocket",
    "struct": "a driver may import ustruct",
    "asyncio": "use station.after() and callbacks",
    "threading": "use station.after()",
    "logging": "use station.log(level, text)",
    "enum": "use plain text or int constants",
    "dataclasses": "use a class with __init__, or typing.NamedTuple",
    "abc": "use typing.Protocol, or nothing",
    "functools": "write the closure or the loop out",
    "itertools": "write the loop out",
    "contextlib": "use try/finally",
    "collections": "use list and dict; a driver may import ucollections",
    "copy": "copy with dict(x) or list(x)",
    "string": "write the characters out",
    "io": "a driver may import uio",
    "hashlib": "a driver may import uhashlib",
    "base64": "a driver may import ubinascii",
    "binascii": "a driver may import ubinascii",
    "decimal": "use integers, such as Wh, mA or seconds",
    "uuid": "message ids come from the session",
    "pathlib": "use station.store",
    "operator": "write the operation out",
    "weakref": "there are no weak references",
    "heapq": "keep a sorted list",
    "uasyncio": "use station.after() and callbacks",
    "pluggy": "a role's hooks are methods named ocpp_*",
    "msgspec": "contracts are written in messages.py",
}

#: Attributes that do not exist, or mean something else; refused unless the bundle defines them.
MISSING_ATTRIBUTES = {
    **dict.fromkeys(("partition", "rpartition"), "use find() and slices, or split(sep, 1)"),
    "splitlines": 'use split("\\n")',
    **dict.fromkeys(("zfill", "ljust", "rjust", "center"), "use a format such as {:>5} or {:02d}"),
    **dict.fromkeys(("title", "capitalize", "swapcase", "casefold"), "use upper() or lower()"),
    "isalnum": "use isalpha() or isdigit() per character",
    "istitle": "compare characters",
    "hex": "a driver may use ubinascii.hexlify()",
    **dict.fromkeys(
        ("isdecimal", "isnumeric", "isprintable", "isidentifier", "isascii"),
        "compare characters",
    ),
    **dict.fromkeys(("removeprefix", "removesuffix"), "use startswith() or endswith() and a slice"),
    **dict.fromkeys(("expandtabs", "translate", "maketrans"), "write the loop out"),
    "format_map": "use format()",
    **dict.fromkeys(("fromhex", "hexdigest"), "a driver may use ubinascii"),
    **dict.fromkeys(("bit_length", "bit_count"), "shift in a loop"),
    **dict.fromkeys(("is_integer", "as_integer_ratio"), "use int(x) == x"),
    "fromkeys": "write the loop out",
    **dict.fromkeys(("_asdict", "_replace", "_make", "_fields"), "make a new tuple"),
    **dict.fromkeys(("appendleft", "extendleft"), "use insert(0, x) on a list"),
    **dict.fromkeys(("errno", "strerror", "filename"), "use error.args[0]"),
    **dict.fromkeys(("groups", "span", "groupdict"), "use group(n)"),
    **dict.fromkeys(("tobytes", "tolist", "cast", "nbytes"), "use bytes(x) or list(x)"),
    **dict.fromkeys(
        ("real", "imag", "numerator", "denominator", "conjugate"), "use the number itself"
    ),
    **dict.fromkeys(("get_nowait", "put_nowait", "qsize", "task_done", "full"), "use empty()"),
    **dict.fromkeys(("with_traceback", "add_note"), "say it in the message"),
    **dict.fromkeys(("strftime", "strptime", "gmtime"), "use ocpp_kernel.timestamps"),
    **dict.fromkeys(
        (
            "__cause__",
            "__context__",
            "__traceback__",
            "__doc__",
            "__mro__",
            "__bases__",
            "__dict__",
            "__annotations__",
            "__qualname__",
            "__wrapped__",
            "__code__",
            "__defaults__",
            "__closure__",
            "__func__",
            "__self__",
            "__subclasses__",
            "__notes__",
        ),
        "keep what is needed in an attribute of your own",
    ),
}

#: Special methods that are never called.
IGNORED_METHODS = {
    "__setattr__": "write a method",
    "__getattribute__": "use __getattr__",
    "__delattr__": "write a method",
    "__set_name__": "write a property",
    "__get__": "write a property",
    "__set__": "write a property",
    "__delete__": "write a property",
    "__init_subclass__": "register explicitly",
    "__class_getitem__": "it serves type checkers only",
    "__del__": "write a close() method",
    "__format__": "write a method that returns the text",
    "__missing__": "use get()",
    "__matmul__": "write a method",
    "__prepare__": "there are no metaclasses",
    "__instancecheck__": "there are no metaclasses",
    "__await__": "there is no asyncio; use callbacks",
    "__aenter__": "there is no asyncio; use callbacks",
    "__aexit__": "there is no asyncio; use callbacks",
    "__aiter__": "there is no asyncio; use callbacks",
    "__anext__": "there is no asyncio; use callbacks",
    "__ne__": "write __eq__; != is its opposite",
    **dict.fromkeys(("__index__", "__float__", "__round__", "__bytes__"), "write a method"),
    **dict.fromkeys(("__reversed__", "__length_hint__", "__dir__", "__sizeof__"), "write a method"),
    "__reduce__": "there is no pickle",
    "__getstate__": "there is no pickle",
    **dict.fromkeys(
        (
            *("__radd__", "__rsub__", "__rmul__", "__rtruediv__", "__rfloordiv__", "__rmod__"),
            *("__rdivmod__", "__rpow__", "__ror__", "__rand__", "__rxor__"),
            *("__rlshift__", "__rrshift__"),
        ),
        "operators look at the left operand only",
    ),
}

#: Methods of texts whose keyword arguments a device does not take.
NO_KEYWORDS = _words(
    """
    split rsplit encode decode replace strip find join index count get put setdefault
    to_bytes from_bytes
    """
)

#: What makes a view of a dict, which can be looped over, and no more.
VIEWS = _words("keys values items")

#: Methods of a bytearray; texts and lists have others besides.
BYTEARRAY_METHODS = _words("append extend decode")

#: Spellings of the one encoding there is.
UTF8 = _words("utf-8 utf8 ascii")

#: Attributes of builtin types and of the firmware's objects: never renamed.
FIRMWARE_ATTRIBUTES = _words(
    """
    append clear copy count extend index insert pop remove reverse sort fromkeys get items
    keys popitem setdefault update values add difference discard intersection isdisjoint
    issubset issuperset symmetric_difference difference_update intersection_update
    symmetric_difference_update union encode decode find rfind rindex join split
    rsplit replace strip lstrip rstrip startswith endswith format upper lower isdigit isalpha
    isspace isupper islower center partition to_bytes from_bytes args value errno send throw
    close pend_throw read readinto readline readlines write flush seek tell name mode accept
    bind connect listen recv recvfrom sendto sendall setblocking settimeout setsockopt
    makefile getsocketsta getpeercert register unregister modify poll ipoll start stop
    delete_timer feed period callback on off init deinit high low any open put empty size
    acquire release locked search match group compile digest getrandbits seed set_callback
    play record chdir getcwd ilistdir listdir mkdir rename rmdir stat statvfs
    """
)

#: Builtins that name an attribute by a text.
BY_NAME = ("getattr", "hasattr", "setattr")
