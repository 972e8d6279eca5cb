"""Whatever a module is known to lack or do differently is lowered, refused, or dealt with.

Each row of the three tables is one such fact. `REFUSED` has code that the gate must name by the
rule's code; `LOWERED` code that must print the same here and under MicroPython; `DEALT_WITH` the
test that shows how the runtime, the kernel or the bundler lives with it.
"""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "device_bundle"

# Statements of a function (station, a, b, items, text); lines that import go to the top level.
REFUSED = {
    "match": ("D102", "match a:\n    case 1:\n        print(a)"),
    "except*": ("D103", "try:\n    print(a)\nexcept* OSError:\n    pass"),
    "walrus": ("D101", "print(x := 1)"),
    "walrus in a comprehension": ("D101", "print([y for x in items if (y := x)])"),
    "{**a}": ("D105", "print({**a})"),
    "{*a}": ("D106", "print({*a})"),
    "a[*b]": ("D106", "print(a[*b])"),
    "two ** in a call": ("D108", "dict(**a, **b)"),
    "async comprehension": ("D104", "print([x async for x in items])"),
    "async def": ("D104", "async def read():\n    return a"),
    "async with": ("D104", "async def read():\n    async with a:\n        return a"),
    "decorator @a[0]": ("D109", "@a[0]\ndef read():\n    return 1\nread()"),
    "decorator @a().b": ("D109", "@a().b\ndef read():\n    return 1\nread()"),
    "matmul": ("D409", "print(a @ b)"),
    "from __future__ inside a program": ("D205", "import __future__\nprint(__future__.division)"),
    "f.__name__": ("D404", "print(a.__name__)"),
    "function attributes": ("D405", "main.calls = 1"),
    "next(it, d)": ("D304", "print(next(a, None))"),
    "dict | dict": ("D408", "print({'k': 1} | a)"),
    "dict | dict by name": ("D408", "both = dict(a)\nprint(both | b)"),
    "dict |= dict": ("D408", "both = {}\nboth |= a"),
    "dict.fromkeys": ("D301", "print(dict.fromkeys(items))"),
    "str.partition": ("D301", "print(text.partition(':'))"),
    "str.rpartition": ("D301", "print(text.rpartition(':'))"),
    "str.splitlines": ("D301", "print(text.splitlines())"),
    "str.center": ("D301", "print(text.center(9))"),
    "str.zfill": ("D301", "print(text.zfill(9))"),
    "str.ljust": ("D301", "print(text.ljust(9))"),
    "str.rjust": ("D301", "print(text.rjust(9))"),
    "str.isalnum": ("D301", "print(text.isalnum())"),
    "str.title": ("D301", "print(text.title())"),
    "str.capitalize": ("D301", "print(text.capitalize())"),
    "str.removeprefix": ("D301", "print(text.removeprefix('a'))"),
    "startswith(tuple)": ("D306", "print(text.startswith(('a', 'b')))"),
    "endswith(tuple)": ("D306", "print(text.endswith(('a', 'b')))"),
    "keywords on split": ("D302", "print(text.split(sep=','))"),
    "keywords on encode": ("D302", "print(text.encode(errors='replace'))"),
    "keywords on dict.get": ("D302", "print(a.get('k', default=1))"),
    "bytes.hex": ("D301", "print(a.hex())"),
    "bytes.fromhex": ("D301", "print(bytes.fromhex(text))"),
    "int.bit_length": ("D301", "print(a.bit_length())"),
    "int.bit_count": ("D301", "print(a.bit_count())"),
    "int.to_bytes(signed=)": ("D325", "print(a.to_bytes(2, 'big', signed=True))"),
    "int.from_bytes(signed=)": ("D325", "print(int.from_bytes(a, 'big', signed=True))"),
    "int.from_bytes without an order": ("D325", "print(int.from_bytes(a))"),
    "int.to_bytes(byteorder=)": ("D302", "print(a.to_bytes(2, byteorder='big'))"),
    "encodings": ("D323", "print(a.decode('latin-1'))"),
    "errors of an encoding": ("D323", "print(text.encode('ascii', 'replace'))"),
    "len of a dict's keys": ("D324", "print(len(a.keys()))"),
    "keys in common": ("D324", "print(a.keys() & b.keys())"),
    "keys that are the same": ("D324", "print(a.keys() == b.keys())"),
    "vars()": ("D202", "print(vars(a))"),
    "__mro__": ("D301", "print(a.__mro__)"),
    "__doc__": ("D301", "print(a.__doc__)"),
    "__dict__": ("D301", "print(a.__dict__)"),
    "exc.__cause__": ("D301", "print(a.__cause__)"),
    "OrderedDict": ("D204", "from ucollections import OrderedDict\nprint(OrderedDict())"),
    "defaultdict": ("D204", "import ucollections\nprint(ucollections.defaultdict(list))"),
    "collections": ("D201", "import collections\nprint(collections)"),
    "namedtuple._asdict": ("D301", "print(a._asdict())"),
    "namedtuple._replace": ("D301", "print(a._replace(x=1))"),
    "deque iteration": (
        "D315",
        "from ucollections import deque\nd = deque((), 9)\nprint([x for x in d])",
    ),
    "deque as a list": ("D315", "from ucollections import deque\nd = deque((), 9)\nprint(list(d))"),
    "deque.appendleft": ("D301", "a.appendleft(1)"),
    "bytearray slice assignment": ("D314", "d = bytearray(9)\nd[1:3] = b'ab'"),
    "bytearray slice deletion": ("D314", "d = bytearray(9)\ndel d[1:3]"),
    "bytearray deletion": ("D314", "d = bytearray(9)\ndel d[1]"),
    "bytearray find": ("D326", "d = bytearray(9)\nprint(d.find(b'a'))"),
    "bytearray pop": ("D326", "d = bytearray(9)\nprint(d.pop())"),
    "ure.sub": ("D204", "import ure\nprint(ure.sub('a', 'b', text))"),
    "match.groups": ("D301", "print(a.groups())"),
    "match.span": ("D301", "print(a.span())"),
    "{n} in a pattern": ("D316", "import ure\nprint(ure.match('a{2}', text))"),
    "crc32": ("D204", "import ubinascii\nprint(ubinascii.crc32(a))"),
    "hexdigest": ("D301", "print(a.hexdigest())"),
    "gmtime": ("D204", "import utime\nprint(utime.gmtime())"),
    "strftime": ("D301", "print(a.strftime('%Y'))"),
    "time_ns": ("D204", "import utime\nprint(utime.time_ns())"),
    "reversed": ("D202", "print(reversed(items))"),
    "frozenset": ("D202", "print(frozenset(items))"),
    "__setattr__": ("D401", "class X:\n    def __setattr__(self, n, v):\n        pass\nprint(X)"),
    "descriptors": ("D401", "class X:\n    def __get__(self, o, t):\n        pass\nprint(X)"),
    "__radd__": ("D401", "class X:\n    def __radd__(self, o):\n        pass\nprint(X)"),
    "__ne__": ("D401", "class X:\n    def __ne__(self, o):\n        pass\nprint(X)"),
    "name mangling": ("D406", "print(a.__secret)"),
    "class keywords": ("D402", "class X(metaclass=type):\n    pass\nprint(X)"),
    "two builtin bases": ("D419", "class X(ValueError, KeyError):\n    pass\nprint(X)"),
    "mirrored comparisons": (
        "D420",
        "class X:\n    def __lt__(self, o):\n        return 1\nprint(X)",
    ),
    "* after keywords": ("D421", "print(a(*b(), c=a(), **b))"),
    "methods compared": (
        "D422",
        "class X:\n    def f(self):\n        return self.f == a\nprint(X)",
    ),
    "methods looked for": (
        "D422",
        "class X:\n    def f(self):\n        a.remove(self.f)\nprint(X)",
    ),
    "class decorators": ("D403", "@a\nclass X:\n    pass\nprint(X)"),
    "first of a dict": ("D411", "print(next(iter({'a': 1})))"),
    "dict.popitem": ("D411", "print(a.popitem())"),
    "sorted(key=)": ("D410", "print(sorted(items, key=len))"),
    "list.sort(key=)": ("D410", "items.sort(key=lambda item: item.level)"),
    "isinstance(True, int)": ("D407", "print(isinstance(a, int))"),
    "isinstance(x, (str, int))": ("D407", "print(isinstance(a, (str, int)))"),
    "issubclass(bool, int)": ("D407", "print(issubclass(a, int))"),
    "isinstance(x, str | bytes)": ("D307", "print(isinstance(a, str | bytes))"),
    "TimeoutError": ("D202", "raise TimeoutError"),
    "ConnectionError": ("D202", "raise ConnectionError"),
    "FileNotFoundError": ("D202", "raise FileNotFoundError"),
    "UnicodeError": ("D202", "raise UnicodeError"),
    "OSError.errno": ("D301", "try:\n    print(a)\nexcept OSError as e:\n    print(e.errno)"),
    "len of bytes": ("D414", "print(len('é'))"),
    "slices of bytes": ("D414", "print('Zürich'[:2])"),
    "chr(>255)": ("D414", "print(chr(300))"),
    "identifiers beyond ASCII": ("D415", "é = 1\nprint(é)"),
    "json separators": (
        "D322",
        "import ujson\nprint(ujson.dumps(a, separators=(',', ':')))",
    ),
    "json": ("D201", "import json\nprint(json)"),
    "time": ("D201", "import time\nprint(time)"),
    "os": ("D201", "import os\nprint(os)"),
    "re": ("D201", "import re\nprint(re)"),
    "struct": ("D201", "import struct\nprint(struct)"),
    "socket": ("D201", "import socket\nprint(socket)"),
    "enum": ("D201", "import enum\nprint(enum.Enum)"),
    "dataclasses": ("D201", "import dataclasses\nprint(dataclasses.dataclass)"),
    "abc": ("D201", "import abc\nprint(abc.ABC)"),
    "functools": ("D201", "import functools\nprint(functools.partial)"),
    "itertools": ("D201", "import itertools\nprint(itertools.chain)"),
    "contextlib": ("D201", "import contextlib\nprint(contextlib.suppress)"),
    "threading": ("D201", "import threading\nprint(threading.Thread)"),
    "datetime": ("D201", "import datetime\nprint(datetime.datetime)"),
    "copy": ("D201", "import copy\nprint(copy.copy)"),
    "string": ("D201", "import string\nprint(string.digits)"),
    "uheapq": ("D201", "import uheapq\nprint(uheapq)"),
    "uasyncio": ("D201", "import uasyncio\nprint(uasyncio)"),
    "binascii without u": ("D201", "import binascii\nprint(binascii)"),
    "sys is usys": ("D208", "import sys\nprint(sys)"),
    "acquire with a time-out": ("D319", "a.acquire(True, 5)"),
    "acquire(timeout=)": ("D319", "a.acquire(timeout=5)"),
    "stack_size in words": ("D321", "import _thread\n_thread.stack_size(0x1000)"),
    "Queue(maxsize=)": ("D322", "import queue\nprint(queue.Queue(maxsize=5))"),
    "Queue.get(timeout=)": ("D302", "print(a.get(timeout=5))"),
    "Queue.get_nowait": ("D301", "print(a.get_nowait())"),
    "queue.Empty": ("D204", "import queue\nprint(queue.Empty)"),
    "ticks wrap": ("D413", "import utime\nprint(utime.ticks_ms() - a)"),
    "ticks compared": ("D413", "import utime\nprint(utime.ticks_ms() > a)"),
    "utime.time()": ("D412", "import utime\nprint(utime.time())"),
    "mktime subtracts 8 h": ("D412", "import utime\nprint(utime.mktime(a))"),
    "localtime(s) adds 8 h": ("D412", "import utime\nprint(utime.localtime(a))"),
    "ntptime.settime(zone)": ("D322", "import ntptime\nprint(ntptime.settime(8))"),
    "request in plain text": ("D209", "import request\nprint(request)"),
    "uwebsocket": ("D209", "import uwebsocket\nprint(uwebsocket)"),
    "no CA in ussl": ("D204", "import ussl\nprint(ussl.SSLContext)"),
    "s[::-1]": ("D313", "print(text[::-1])"),
    "nested format fields": ("D317", "print('{:{}}'.format(a, b))"),
    "attributes in a format": ("D317", "print('{0.name}'.format(a))"),
    "% with a non-tuple": ("D318", "print('%s' % a)"),
    "%a": ("D317", "print('%a' % (a,))"),
    "print(flush=)": ("D303", "print(a, flush=True)"),
    "int(base=)": ("D303", "print(int(text, base=16))"),
    "iter(f, end)": ("D308", "print(iter(a, b))"),
    "pow(a, b, c)": ("D309", "print(pow(a, 2, 7))"),
    "rsplit(None, n)": ("D312", "print(text.rsplit(None, 1))"),
    "max(default=)": ("D305", "print(max(items, default=0))"),
    "globals()": ("D416", "print(globals())"),
    "complex": ("D111", "print(1j)"),
}

LOWERED = {
    "f-string": "x = 5\nprint(f'{x} {x:03d} {x!r} {{}} %')",
    "positional-only parameters": "def f(a, /, b=2):\n    return a, b\nprint(f(1), f(1, 3))",
    "positional-only in a lambda": "f = lambda a, /: a\nprint(f(1))",
    "with-parentheses": (
        "class C:\n"
        "    def __enter__(self):\n        return 1\n"
        "    def __exit__(self, *e):\n        print('out')\n"
        "with (C() as a, C() as b):\n    print(a, b)"
    ),
    "x: int = 1": "x: int = 1\ny: str\nprint(x)",
    "class and attribute annotations": (
        "class C:\n    x: int = 1\n    y: str\n"
        "    def __init__(self) -> None:\n        self.z: int = 3\nprint(C.x, C().z)"
    ),
    "[*a]": "a = (1, 2)\nprint([*a], [0, *a, 3, *a])",
    "(*a,)": "a = [1, 2]\nprint((*a,), (0, *a))",
    "return 1, *a": "def f(a):\n    return 1, *a\nprint(f([2, 3]))",
    "f(*a, *b)": (
        "def f(*v, k=0):\n    return v, k\n"
        "a, b = [1], (2, 3)\nprint(f(*a, *b), f(*a, 4), f(*b, *a, k=5))"
    ),
    "for x in *a, b": "a = [1, 2]\nfor x in *a, 3:\n    print(x)",
    'b"x" b"y"': "print(b'x' b'y', 'x' 'y')",
    "\\N{}": "print('\\N{DEGREE SIGN}'.encode())",
    "parameter and return annotations": "def f(a: 'int | None' = 1) -> 'list[int]':\n"
    "    return [a]\nprint(f())",
    "nonlocal": "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x += 1\n"
    "    g()\n    return x\nprint(f())",
    "keyword-only": "def f(*, k=1):\n    return k\nprint(f(k=2))",
    "a, *b = x": "a, *b = [1, 2, 3]\nprint(a, b)",
    "yield from": "def f():\n    yield from [1, 2]\nprint(list(f()))",
    "raise from": (
        "try:\n    raise ValueError('a') from OSError(5)\nexcept ValueError as e:\n    print(e)"
    ),
    "1_000": "print(1_000, 0x_ff)",
    "assert": "assert True, 'dropped'\nprint('on')",
    "docstrings": "def f():\n    'A text.'\n    return 1\nprint(f())",
    "order in a dict": (
        "def f(x):\n    print(x)\n    return x\nprint(len({f(1): f(2), f(3): f(4)}))\n"
        "print(len({f(x): f(x + 5) for x in (1, 2)}))"
    ),
    "isinstance(x, (bool, int))": "for x in (True, 1, 'a'):\n    print(isinstance(x, (bool, int)))",
    "property with a setter": (
        "class C:\n    def __init__(self):\n        self._x = 1\n"
        "    @property\n    def x(self):\n        return self._x\n"
        "    @x.setter\n    def x(self, v):\n        self._x = v + 1\n"
        "c = C()\nc.x = 4\nprint(c.x)"
    ),
}

DEALT_WITH = {
    "from __future__ import": "test_lower_typing.py::test_annotations",
    "relative imports": "test_bundler.py::test_frm_028_029_the_bundle_runs_under",
    ".mpy flags": "test_compile.py::test_the_format_is_that_of_the_shipping_firmware",
    "x.py wins over x.mpy": "test_bundler.py::test_the_files_made",
    "main.py has two literals": "test_bundler.py::test_main_holds_project_and_version",
    "dict order is hash order": "emulator/test_strict.py::test_dicts_have_no_order",
    "sort is not stable": "emulator/test_strict.py::test_sorting_is_not_stable",
    "len() counts bytes": "../ocpp_kernel/test_texts.py::test_characters",
    "slices cut characters": "../ocpp_kernel/test_texts.py::test_cut",
    "\\u escapes corrupt": "runtime/test_codec.py::test_escapes_become_utf8",
    "surrogate pairs": "runtime/test_codec.py::test_values_survive_escaped_and_raw",
    "truncated JSON accepted": "runtime/test_codec.py::test_text_that_is_cut_off",
    "dumps prints inf": "runtime/test_codec.py::test_dumps_refuses_numbers_json",
    "dumps prints repr": "runtime/test_codec.py::test_dumps_refuses_objects_written",
    "urandom is unseeded": "runtime/test_board.py::test_the_generator_is_seeded",
    "ticks wrap at 2**30": "runtime/test_clock.py::test_seconds_add_up_over_any_number",
    "own civil-date maths": "../ocpp_kernel/test_timestamps.py::test_days_from_civil_counts",
    "getDevImei -1": "runtime/test_board.py::test_imei",
    "checkNet's two names": "runtime/test_board.py::test_network_on_old_firmware",
    "network that hangs": "runtime/test_board.py::test_the_radio_goes_off_and_on",
    "refused connects succeed": "runtime/test_connector.py::test_a_refused_connection",
    "FIN is ENOTCONN": "runtime/test_streams.py::test_not_connected_is_the_end",
    "time-outs are 110": "runtime/test_streams.py::test_time_outs_in_all_their",
    "TLS would-block is negative": "runtime/test_streams.py::test_tls_gives_what_it_has",
    "DNS failure is []": "runtime/test_streams.py::test_a_name_that_cannot_be_resolved",
    "short writes": "runtime/test_streams.py::test_writes_are_completed_when_short",
    "one write per frame": "runtime/test_streams.py::test_a_frame_is_one_write",
    "TLS without verification": "runtime/test_tls.py::test_sec_015_the_pinned",
    "fragmented messages": "runtime/test_websocket.py::test_messages_survive_any_cutting",
    "watchdog": "runtime/loop/test_loop.py::test_the_watchdog_is_fed_once_a_turn",
    "faults end no loop": "runtime/loop::test_faults_are_logged",
    "32-bit floats": "../ocpp_kernel/test_validation.py::test_sc_016_an_error",
    "doubles gain digits": "../plugins/core_profile/charge_point/test_averages.py::test_core_070",
    "no room on flash": "../ocpp_kernel/store/test_store.py::test_a_full_disk_is_told",
    "power cuts": "../ocpp_kernel/store/test_power_cuts.py::test_a_cut_append_keeps_every_earlier",
    "files of at most 24 KB": "test_bundler.py::test_every_file_is_within_its_limit",
    "random errors of sockets": "emulator/test_strict.py::test_faults_of_sockets",
    "memory runs out": "../scenarios/test_memory.py::test_core_043_messages_there_is",
}


def program(text: str) -> str:
    """The statements in a function, imports at the top level."""
    lines = text.splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    body = "\n".join(line for line in lines if line not in imports)
    head = "\n".join([*imports, "def main(station=0, a=0, b=0, items=(), text=''):"])
    return head + "\n" + textwrap.indent(body, "    ") + "\n"


def test_the_runtime_has_no_threads_and_no_callbacks_of_the_firmware() -> None:
    """Locks and queues without time-outs, and callbacks at any time, are nothing to rely on."""
    for path in [*(SOURCES / "runtime").glob("*.py"), *(SOURCES.parent / "plugins").rglob("*.py")]:
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        assert not names & {"_thread", "osTimer", "queue", "sys_bus"}, path


@pytest.mark.parametrize("row", REFUSED)
def test_refused(sample: Any, row: str) -> None:
    code, text = REFUSED[row]
    sample.write(program(text))
    found = sample.findings()
    assert code in {finding.code for finding in found}, found
    assert all(finding.path == "fixture/__init__.py" and finding.line for finding in found)


@pytest.mark.parametrize("row", LOWERED)
def test_lowered(sample: Any, row: str) -> None:
    sample.assert_same("from __future__ import annotations\n" + program(LOWERED[row]))


@pytest.mark.parametrize("row", DEALT_WITH)
def test_dealt_with(row: str) -> None:
    path, _, name = DEALT_WITH[row].partition("::")
    files = (HERE / path).glob("test_*.py") if (HERE / path).is_dir() else [HERE / path]
    names = [
        node.name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert any(known.startswith(name) for known in names), f"{path} has no {name}"
