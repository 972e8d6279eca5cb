"""Rules about what a device has, but differently, and about the shape plugins must have."""

from __future__ import annotations

from device_bundle.rule import Rule

MEANINGS = (
    Rule(
        "D401",
        "a special method that is never called on a device",
        "write a method",
        "class Meter:\n    def __radd__(self, other):\n        return 1\n\n\nprint(Meter())",
        "class Meter:\n    def plus(self, other):\n        return 1\n\n\nprint(Meter())",
    ),
    Rule(
        "D402",
        "keywords after a class's bases",
        "there are no metaclasses",
        "class Meter(metaclass=type):\n    pass\n\n\nprint(Meter())",
        "class Meter:\n    pass\n\n\nprint(Meter())",
    ),
    Rule(
        "D403",
        "a class decorator",
        "write out what it does",
        "@a\nclass Meter:\n    pass\n\n\nprint(Meter())",
        "class Meter:\n    pass\n\n\nprint(Meter())",
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
        'both = {"key": 1}\nboth |= a',
        'both = {"key": 1}\nboth.update(a)',
    ),
    Rule(
        "D409",
        "the operator @",
        "write a method",
        "print(a @ b)",
        "print(a.times(b))",
    ),
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
        'print(next(iter({"a": 1, "b": 2})))',
        'print(sorted({"a": 1, "b": 2})[0])',
    ),
    Rule(
        "D412",
        "a clock of the firmware that is 8 hours off or counts from another year",
        "use station.utc(), station.timestamp() and ocpp_kernel.timestamps",
        "import utime\n\nprint(utime.time())",
        "print(station.utc())",
    ),
    Rule(
        "D413",
        "arithmetic on ticks, which begin anew after 12 days",
        "use utime.ticks_diff() and utime.ticks_add()",
        "import utime\n\nbegan = utime.ticks_ms()\nprint(utime.ticks_ms() - began)",
        "import utime\n"
        "\n"
        "began = utime.ticks_ms()\n"
        "print(utime.ticks_diff(utime.ticks_ms(), began))",
    ),
    Rule(
        "D414",
        "a character of more than one byte: texts are counted and cut in bytes here",
        "use ocpp_kernel.texts",
        'print(len("Zürich"))',
        'from ocpp_kernel.texts import characters\n\nprint(characters("Zürich"))',
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
        'print({"one": 1}[text])',
    ),
    Rule(
        "D417",
        "a global statement",
        "state belongs in the role's instance",
        "global COUNT\nCOUNT = 1",
        "a.count = 1",
    ),
    Rule(
        "D418",
        "several bases with one in common, or one that calls super() before another",
        "a device goes through one base after the other: call Base.method(self), or hold a part",
        "class Base:\n"
        "    def read(self):\n"
        "        return 1\n"
        "\n"
        "\n"
        "class Meter(Base):\n"
        "    pass\n"
        "\n"
        "\n"
        "class Fast(Base):\n"
        "    def read(self):\n"
        "        return 2\n"
        "\n"
        "\n"
        "class Both(Meter, Fast):\n"
        "    pass\n"
        "\n"
        "\n"
        "def read():\n"
        "    return Both().read()",
        "class Meter:\n"
        "    pass\n"
        "\n"
        "\n"
        "class Fast:\n"
        "    def read(self):\n"
        "        return 2\n"
        "\n"
        "\n"
        "class Both(Meter, Fast):\n"
        "    pass\n"
        "\n"
        "\n"
        "def read():\n"
        "    return Both().read()",
    ),
    Rule(
        "D419",
        "two builtin types as bases",
        "derive from one, and catch both where they are caught",
        "class Wrong(ValueError, KeyError):\n    pass\n\n\nprint(Wrong())",
        "class Wrong(ValueError):\n    pass\n\n\nprint(Wrong())",
    ),
    Rule(
        "D420",
        "one of a pair of comparisons: a device tries no other in its place",
        "write both, unless nothing but sorting needs the one",
        "class Level:\n    def __lt__(self, other):\n        return True\n\n\nprint(Level())",
        "class Level:\n"
        "    def __lt__(self, other):\n"
        "        return True\n"
        "\n"
        "    def __gt__(self, other):\n"
        "        return False\n"
        "\n"
        "\n"
        "print(Level())",
        warns=True,
    ),
    Rule(
        "D421",
        "a call with *, keywords and ** in which the order of evaluation matters",
        "a device evaluates keywords first: compute what they are given before the call",
        "def read(call, a, b, c):\n    return call(*a(), size=b(), **c)",
        "def read(call, a, b, c):\n    values = a()\n    return call(*values, size=b(), **c)",
    ),
    Rule(
        "D422",
        "a method that is compared",
        "on a device each use makes another, and no two are equal: keep one in an attribute",
        "class Meter:\n"
        "    def read(self):\n"
        "        return 1\n"
        "\n"
        "    def is_watched(self, watchers):\n"
        "        return self.read in watchers",
        "class Meter:\n"
        "    def __init__(self):\n"
        "        self.reader = self.read\n"
        "\n"
        "    def read(self):\n"
        "        return 1\n"
        "\n"
        "    def is_watched(self, watchers):\n"
        "        return self.reader in watchers",
    ),
)

LAYOUT = (
    Rule(
        "D501",
        "code that runs when the module is imported",
        "state and start-up belong in the role's instance",
        'print("starting")',
        "LIMIT = 5",
    ),
    Rule(
        "D502",
        "a name that is defined twice",
        "rename one",
        "A = 1\nA = 2",
        "A = 1\nB = 2",
    ),
    Rule(
        "D503",
        "an import inside a function",
        "import at the top of the module, unless it is a function or class of its own package",
        "def read():\n    from ocpp_kernel.errors import NotSupported\n\n    return NotSupported",
        "from ocpp_kernel.errors import NotSupported\n\n\ndef read():\n    return NotSupported",
    ),
    Rule(
        "D504",
        "a plugin that imports another",
        "tell each other by events, hooks or station.shared",
        "from other import read",
        'def read(station):\n    return station.shared["connectors"]',
    ),
    Rule(
        "D505",
        "an import that finds nothing",
        "mend the import",
        "from ocpp_kernel.errors import NotSuported\n\n\ndef read():\n    return NotSuported",
        "from ocpp_kernel.errors import NotSupported\n\n\ndef read():\n    return NotSupported",
    ),
    Rule(
        "D506",
        "a module used as an object",
        "name what is needed of it",
        "from ocpp_kernel import errors\n\n\ndef read():\n    return errors",
        "from ocpp_kernel import errors\n\n\ndef read():\n    return errors.NotSupported",
    ),
)

LOWERING = (
    Rule(
        "D601",
        "an f-string that cannot be written as a format",
        "compute the text first",
        'print(f"{a:>{b}}")',
        'print(f"{a:>8}")',
    ),
    Rule(
        "D602",
        "a TypedDict made from positional or ** arguments",
        "write a dict",
        "from typing import TypedDict\n"
        "\n"
        "\n"
        "class Reading(TypedDict):\n"
        "    value: str\n"
        "\n"
        "\n"
        "def read(a):\n"
        "    return Reading(**a)",
        "from typing import TypedDict\n"
        "\n"
        "\n"
        "class Reading(TypedDict):\n"
        "    value: str\n"
        "\n"
        "\n"
        "def read(a):\n"
        "    return Reading(value=a)",
    ),
    Rule(
        "D603",
        "an action used for more than its name and its call",
        "call it with one payload",
        "from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action\n"
        "\n"
        'Ping = Action("Ping", None, None, sent_by=CENTRAL_SYSTEM)\n'
        "\n"
        "\n"
        "def read():\n"
        "    return Ping.sent_by",
        "from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action\n"
        "\n"
        'Ping = Action("Ping", None, None, sent_by=CENTRAL_SYSTEM)\n'
        "\n"
        "\n"
        "def read():\n"
        "    return Ping.name",
    ),
    Rule(
        "D604",
        "a NamedTuple whose fields cannot be told in the order it declares them",
        "name them all, in order",
        "from typing import NamedTuple\n"
        "\n"
        "\n"
        "class Point(NamedTuple):\n"
        "    x: int\n"
        "    y: int\n"
        "\n"
        "\n"
        "def read():\n"
        "    return Point(1)",
        "from typing import NamedTuple\n"
        "\n"
        "\n"
        "class Point(NamedTuple):\n"
        "    x: int\n"
        "    y: int = 0\n"
        "\n"
        "\n"
        "def read():\n"
        "    return Point(1)",
    ),
)
