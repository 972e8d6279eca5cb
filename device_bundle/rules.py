"""Every rule of the dialect gate: what a device cannot run, why, and what to write instead.

`check` and the lowering passes refuse by code. Problem and remedy come from here unless a word list
in `dialect` has better ones. `docs/device-dialect.md` is made from this table.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule; `example` breaks it and `instead` does the same within the dialect."""

    code: str
    title: str
    remedy: str
    example: str
    instead: str
    #: Whether the code may be right all the same: it is told, and bundled.
    warns: bool = False


#: Groups of rules by the first digit of their codes.
GROUPS = {
    "1": "Grammar the compiler of a device refuses",
    "2": "Modules and names that are not there",
    "3": "Methods and arguments that are not there",
    "4": "What means something else on a device",
    "5": "How a plugin is laid out",
    "6": "What the bundler cannot rewrite",
}

_GRAMMAR = (
    Rule(
        "D101",
        "an assignment expression (:=)",
        "assign on a line of its own",
        "if (size := len(text)) > 9:\n    print(size)",
        "size = len(text)\nif size > 9:\n    print(size)",
    ),
    Rule(
        "D102",
        "a match statement",
        "use if and elif",
        "match a:\n    case 1:\n        print(a)",
        "if a == 1:\n    print(a)",
    ),
    Rule(
        "D103",
        "except*",
        "use except",
        "try:\n    print(a)\nexcept* OSError:\n    pass",
        "try:\n    print(a)\nexcept OSError:\n    pass",
    ),
    Rule(
        "D104",
        "async code",
        "use station.after() and callbacks",
        "async def later():\n    await a",
        "def later():\n    print(a)\nstation.after(5, later)",
    ),
    Rule(
        "D105",
        "** inside a dict",
        "copy with dict(x), then update()",
        "print({**a, 'key': 1})",
        "both = dict(a)\nboth['key'] = 1\nprint(both)",
    ),
    Rule(
        "D106",
        "* inside a set or a subscript",
        "make a list and pass it to set()",
        "print({*a, 1})",
        "print(set([*a, 1]))",
    ),
    Rule(
        "D108",
        "two ** in a call",
        "build one dict first",
        "dict(**a, **b)",
        "both = dict(a)\nboth.update(b)\ndict(**both)",
    ),
    Rule(
        "D109",
        "a decorator that is neither a name nor a call of one",
        "name it first",
        "@a[0]\ndef read():\n    return 1",
        "mark = a[0]\n@mark\ndef read():\n    return 1",
    ),
    Rule(
        "D110",
        "positional-only parameters (/) beside **",
        "leave the / out",
        "def read(name, /, **more):\n    return name, more",
        "def read(name, **more):\n    return name, more",
    ),
    Rule("D111", "a complex number", "use two numbers", "print(1j)", "print((0, 1))"),
)

_NAMES = (
    Rule(
        "D201",
        "a module that does not exist on a device",
        "a plugin imports the kernel and itself",
        "import json\nprint(json)",
        "station.log('info', text)",
    ),
    Rule(
        "D202",
        "a builtin that does not exist on a device",
        "write what it does",
        "for item in reversed(items):\n    print(item)",
        "for at in range(len(items) - 1, -1, -1):\n    print(items[at])",
    ),
    Rule("D203", "nothing defines the name", "mend the spelling", "print(itmes)", "print(items)"),
    Rule(
        "D204",
        "a name that the firmware's module does not have",
        "write what it does",
        "from ucollections import OrderedDict\nprint(OrderedDict())",
        "print([('key', 1)])",
    ),
    Rule(
        "D205",
        "a name of a typing module at run time",
        "it exists for type checkers only",
        "import typing\nprint(typing.Any)",
        "print(object)",
    ),
    Rule(
        "D208",
        "sys is usys on some firmware",
        "try one, and on ImportError the other",
        "import sys\nprint(sys.path)",
        "try:\n    import usys as sys\nexcept ImportError:\n    import sys\nprint(sys.path)",
    ),
    Rule(
        "D209",
        "a module of the firmware that does its work unsafely",
        "use what the charge point has",
        "import request\nrequest.get(text)",
        "station.log('info', text)",
    ),
)

_METHODS = (
    Rule(
        "D301",
        "an attribute that does not exist on a device",
        "write what it does",
        "print(text.zfill(3))",
        "print('{:03d}'.format(int(text)))",
    ),
    Rule(
        "D302",
        "a method that takes no keywords",
        "pass them by position",
        "print(text.split(maxsplit=1))",
        "print(text.split(None, 1))",
    ),
    Rule(
        "D303",
        "an argument the builtin does not take",
        "leave it out, or pass it by position",
        "print(text, flush=True)",
        "print(text)",
    ),
    Rule(
        "D304",
        "next() with a default",
        "use a loop",
        "print(next(iter(items), None))",
        "for item in items:\n    print(item)\n    break",
    ),
    Rule(
        "D305",
        "min() or max() with a default",
        "test for emptiness first",
        "print(max(items, default=0))",
        "print(max(items) if items else 0)",
    ),
    Rule(
        "D306",
        "startswith() or endswith() with a tuple",
        "join two tests with or",
        "print(text.startswith(('a', 'b')))",
        "print(text.startswith('a') or text.startswith('b'))",
    ),
    Rule(
        "D307",
        "isinstance() with |",
        "use a tuple",
        "print(isinstance(a, str | bytes))",
        "print(isinstance(a, (str, bytes)))",
    ),
    Rule(
        "D308",
        "iter() with a second argument",
        "use a loop",
        "for part in iter(a, b''):\n    print(part)",
        "part = a()\nwhile part != b'':\n    print(part)\n    part = a()",
    ),
    Rule("D309", "pow() with a modulus", "use ** and %", "print(pow(a, 2, 7))", "print(a**2 % 7)"),
    Rule(
        "D310",
        "an attribute with a computed name",
        "use a dict",
        "print(getattr(a, text))",
        "print(getattr(a, 'name', None))",
    ),
    Rule(
        "D312",
        "rsplit() with a limit and no separator",
        "name the separator",
        "print(text.rsplit(None, 1))",
        "print(text.rsplit(' ', 1))",
    ),
    Rule(
        "D313",
        "a slice with a step",
        "loop over range()",
        "print(items[::-1])",
        "print([items[at] for at in range(len(items) - 1, -1, -1)])",
    ),
    Rule(
        "D314",
        "a slice of a bytearray changed",
        "change byte by byte, or make a new one",
        "data = bytearray(8)\ndata[0:2] = b'ab'",
        "data = bytearray(8)\ndata[0] = 97\ndata[1] = 98",
    ),
    Rule(
        "D315",
        "a deque used as a list",
        "it has append(), popleft() and len() only: use a list",
        "from ucollections import deque\nqueue = deque((), 9)\nfor item in queue:\n    print(item)",
        "queue = []\nfor item in queue:\n    print(item)",
    ),
    Rule(
        "D316",
        "a regular expression with {}",
        "repeat the part",
        "import ure\nprint(ure.match('[0-9]{2}', text))",
        "import ure\nprint(ure.match('[0-9][0-9]', text))",
    ),
    Rule(
        "D317",
        "a field that format() does not know",
        "compute the value first",
        "print('{0.name}'.format(a))",
        "print('{}'.format(a.name))",
    ),
    Rule(
        "D318",
        "% with one value that may be a tuple or a dict",
        "make it a tuple of one: % (x,)",
        "print('%s' % a)",
        "print('%s' % (a,))",
    ),
    Rule(
        "D319",
        "a lock with a time-out",
        "acquire() waits, acquire(0) does not; use station.after() for time",
        "a.acquire(True, 5)",
        "a.acquire(0)",
    ),
    Rule(
        "D321",
        "a thread with a stack of less than 8192",
        "pass 8192 or more",
        "import _thread\n_thread.stack_size(4096)",
        "import _thread\n_thread.stack_size(8192)",
    ),
    Rule(
        "D322",
        "an argument the firmware's function does not take",
        "leave it out",
        "import ujson\nprint(ujson.dumps(a, separators=(',', ':')))",
        "import ujson\nprint(ujson.dumps(a))",
    ),
)

_MEANINGS = (
    Rule(
        "D401",
        "a special method that is never called on a device",
        "write a method",
        "class Meter:\n    def __radd__(self, other):\n        return 1\nprint(Meter())",
        "class Meter:\n    def plus(self, other):\n        return 1\nprint(Meter())",
    ),
    Rule(
        "D402",
        "keywords after a class's bases",
        "there are no metaclasses",
        "class Meter(metaclass=type):\n    pass\nprint(Meter())",
        "class Meter:\n    pass\nprint(Meter())",
    ),
    Rule(
        "D403",
        "a class decorator",
        "write out what it does",
        "@a\nclass Meter:\n    pass\nprint(Meter())",
        "class Meter:\n    pass\nprint(Meter())",
    ),
    Rule(
        "D404",
        "the name of a function",
        "use a constant, or type(x).__name__",
        "print(a.__name__)",
        "print(type(a).__name__)",
    ),
    Rule(
        "D405",
        "an attribute of a function",
        "keep it in the instance",
        "main.calls = 1",
        "a.calls = 1",
    ),
    Rule(
        "D406",
        "a private name that is not mangled on a device",
        "use one underscore",
        "print(a.__secret)",
        "print(a._secret)",
    ),
    Rule(
        "D407",
        "isinstance(x, int): True is no int here",
        "use type(x) is int, or (bool, int)",
        "print(isinstance(a, int))",
        "print(type(a) is int)",
    ),
    Rule(
        "D408",
        "| between dicts",
        "copy with dict(x), then update()",
        "both = {'key': 1}\nboth |= a",
        "both = {'key': 1}\nboth.update(a)",
    ),
    Rule("D409", "the operator @", "write a method", "print(a @ b)", "print(a.times(b))"),
    Rule(
        "D410",
        "sorting by a key: items with equal keys come out in any order",
        "give the key a part that differs for each item",
        "items.sort(key=lambda item: item.level)",
        "items.sort(key=lambda item: (item.level, item.number))",
        warns=True,
    ),
    Rule(
        "D411",
        "the order of a dict or set, which is by chance on a device",
        "sort, or keep a list",
        "print(next(iter({'a': 1, 'b': 2})))",
        "print(sorted({'a': 1, 'b': 2})[0])",
    ),
    Rule(
        "D412",
        "a clock of the firmware that is 8 hours off or counts from another year",
        "use station.utc(), station.timestamp() and ocpp_kernel.timestamps",
        "import utime\nprint(utime.time())",
        "print(station.utc())",
    ),
    Rule(
        "D413",
        "arithmetic on ticks, which begin anew after 12 days",
        "use utime.ticks_diff() and utime.ticks_add()",
        "import utime\nbegan = utime.ticks_ms()\nprint(utime.ticks_ms() - began)",
        "import utime\nbegan = utime.ticks_ms()\nprint(utime.ticks_diff(utime.ticks_ms(), began))",
    ),
    Rule(
        "D414",
        "a character of more than one byte: texts are counted and cut in bytes here",
        "use ocpp_kernel.texts",
        "print(len('Zürich'))",
        "from ocpp_kernel.texts import characters\nprint(characters('Zürich'))",
    ),
    Rule(
        "D415",
        "a name with letters beyond ASCII",
        "use A to Z",
        "größe = 1\nprint(größe)",
        "size = 1\nprint(size)",
    ),
    Rule(
        "D416",
        "a builtin that needs the names of the source, which are shortened on a device",
        "use a dict",
        "print(eval(text))",
        "print({'one': 1}[text])",
    ),
    Rule(
        "D417",
        "a global statement",
        "state belongs in the role's instance",
        "global COUNT\nCOUNT = 1",
        "a.count = 1",
    ),
)

_LAYOUT = (
    Rule(
        "D501",
        "code that runs when the module is imported",
        "state and start-up belong in the role's instance",
        "print('starting')",
        "LIMIT = 5",
    ),
    Rule("D502", "a name that is defined twice", "rename one", "A = 1\nA = 2", "A = 1\nB = 2"),
    Rule(
        "D503",
        "an import inside a function",
        "import at the top of the module",
        "def read():\n    from ocpp_kernel.errors import NotSupported\n    return NotSupported",
        "from ocpp_kernel.errors import NotSupported\ndef read():\n    return NotSupported",
    ),
    Rule(
        "D504",
        "a plugin that imports another",
        "tell each other by events, hooks or station.shared",
        "from other import read",
        "def read(station):\n    return station.shared['connectors']",
    ),
    Rule(
        "D505",
        "an import that finds nothing",
        "mend the import",
        "from ocpp_kernel.errors import NotSuported\ndef read():\n    return NotSuported",
        "from ocpp_kernel.errors import NotSupported\ndef read():\n    return NotSupported",
    ),
    Rule(
        "D506",
        "a module used as an object",
        "name what is needed of it",
        "from ocpp_kernel import errors\ndef read():\n    return errors",
        "from ocpp_kernel import errors\ndef read():\n    return errors.NotSupported",
    ),
)

_LOWERING = (
    Rule(
        "D601",
        "an f-string that cannot be written as a format",
        "compute the text first",
        "print(f'{a:>{b}}')",
        "print(f'{a:>8}')",
    ),
    Rule(
        "D602",
        "a TypedDict made from positional or ** arguments",
        "write a dict",
        "from typing import TypedDict\nclass Reading(TypedDict):\n    value: str\n"
        "def read(a):\n    return Reading(**a)",
        "from typing import TypedDict\nclass Reading(TypedDict):\n    value: str\n"
        "def read(a):\n    return Reading(value=a)",
    ),
    Rule(
        "D603",
        "an action used for more than its name and its call",
        "call it with one payload",
        "from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action\n"
        "Ping = Action('Ping', None, None, sent_by=CENTRAL_SYSTEM)\n"
        "def read():\n    return Ping.sent_by",
        "from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action\n"
        "Ping = Action('Ping', None, None, sent_by=CENTRAL_SYSTEM)\n"
        "def read():\n    return Ping.name",
    ),
    Rule(
        "D604",
        "a NamedTuple made without one of its fields",
        "name it",
        "from typing import NamedTuple\nclass Point(NamedTuple):\n    x: int\n    y: int\n"
        "def read():\n    return Point(1)",
        "from typing import NamedTuple\nclass Point(NamedTuple):\n    x: int\n    y: int = 0\n"
        "def read():\n    return Point(1)",
    ),
)

RULES = {
    rule.code: rule for rule in (*_GRAMMAR, *_NAMES, *_METHODS, *_MEANINGS, *_LAYOUT, *_LOWERING)
}
