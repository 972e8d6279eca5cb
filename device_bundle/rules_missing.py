"""Rules about what a device does not have: grammar, modules, names, methods, arguments."""

from __future__ import annotations

from device_bundle.rule import Rule

GRAMMAR = (
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
        "except without the star",
        "try:\n    print(a)\nexcept* OSError:\n    pass",
        "try:\n    print(a)\nexcept OSError:\n    pass",
    ),
    Rule(
        "D104",
        "async code",
        "use station.after() and callbacks",
        "async def later():\n    await a",
        "def later():\n    print(a)\n\n\nstation.after(5, later)",
    ),
    Rule(
        "D105",
        "** inside a dict",
        "copy with dict(x), then update()",
        'print({**a, "key": 1})',
        'both = dict(a)\nboth["key"] = 1\nprint(both)',
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
        "mark = a[0]\n\n\n@mark\ndef read():\n    return 1",
    ),
    Rule(
        "D110",
        "positional-only parameters (/) beside **",
        "leave the / out",
        "def read(name, /, **more):\n    return name, more",
        "def read(name, **more):\n    return name, more",
    ),
    Rule(
        "D111",
        "a complex number",
        "use two numbers",
        "print(1j)",
        "print((0, 1))",
    ),
)

NAMES = (
    Rule(
        "D201",
        "a module that does not exist on a device",
        "a plugin imports the kernel and itself",
        "import json\n\nprint(json)",
        'station.log("info", text)',
    ),
    Rule(
        "D202",
        "a builtin that does not exist on a device",
        "write what it does",
        "for item in reversed(items):\n    print(item)",
        "for at in range(len(items) - 1, -1, -1):\n    print(items[at])",
    ),
    Rule(
        "D203",
        "nothing defines the name",
        "mend the spelling",
        "print(itmes)",
        "print(items)",
    ),
    Rule(
        "D204",
        "a name that the firmware's module does not have",
        "write what it does",
        "from ucollections import OrderedDict\n\nprint(OrderedDict())",
        'print([("key", 1)])',
    ),
    Rule(
        "D205",
        "a name of a typing module at run time",
        "it exists for type checkers only",
        "import typing\n\nprint(typing.Any)",
        "print(object)",
    ),
    Rule(
        "D208",
        "the module sys, which is usys on some firmware",
        "import one, and on ImportError the other",
        "import sys\n\nprint(sys.path)",
        "try:\n    import usys as sys\nexcept ImportError:\n    import sys\nprint(sys.path)",
    ),
    Rule(
        "D209",
        "a module of the firmware that does its work unsafely",
        "use what the charge point has",
        "import request\n\nrequest.get(text)",
        'station.log("info", text)',
    ),
)

METHODS = (
    Rule(
        "D301",
        "an attribute that does not exist on a device",
        "write what it does",
        "print(text.zfill(3))",
        'print("{:03d}".format(int(text)))',
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
        'print(text.startswith(("a", "b")))',
        'print(text.startswith("a") or text.startswith("b"))',
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
        'for part in iter(a, b""):\n    print(part)',
        'part = a()\nwhile part != b"":\n    print(part)\n    part = a()',
    ),
    Rule(
        "D309",
        "pow() with a modulus",
        "use ** and %",
        "print(pow(a, 2, 7))",
        "print(a**2 % 7)",
    ),
    Rule(
        "D310",
        "an attribute with a computed name",
        "use a dict",
        "print(getattr(a, text))",
        'print(getattr(a, "name", None))',
    ),
    Rule(
        "D312",
        "rsplit() with a limit and no separator",
        "name the separator",
        "print(text.rsplit(None, 1))",
        'print(text.rsplit(" ", 1))',
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
        'data = bytearray(8)\ndata[0:2] = b"ab"',
        "data = bytearray(8)\ndata[0] = 97\ndata[1] = 98",
    ),
    Rule(
        "D315",
        "a deque used as a list",
        "it has append(), popleft() and len() only: use a list",
        "from ucollections import deque\n"
        "\n"
        "queue = deque((), 9)\n"
        "for item in queue:\n"
        "    print(item)",
        "queue = []\nfor item in queue:\n    print(item)",
    ),
    Rule(
        "D316",
        "a regular expression with {}",
        "repeat the part",
        'import ure\n\nprint(ure.match("[0-9]{2}", text))',
        'import ure\n\nprint(ure.match("[0-9][0-9]", text))',
    ),
    Rule(
        "D317",
        "a field that format() does not know",
        "compute the value first",
        'print("{0.name}".format(a))',
        'print("{}".format(a.name))',
    ),
    Rule(
        "D318",
        "% with one value that may be a tuple or a dict",
        "make it a tuple of one: % (x,)",
        'print("%s" % a)',
        'print("%s" % (a,))',
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
        "import _thread\n\n_thread.stack_size(4096)",
        "import _thread\n\n_thread.stack_size(8192)",
    ),
    Rule(
        "D322",
        "an argument the firmware's function does not take",
        "leave it out",
        'import ujson\n\nprint(ujson.dumps(a, separators=(",", ":")))',
        "import ujson\n\nprint(ujson.dumps(a))",
    ),
)
