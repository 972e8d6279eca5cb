"""Everything a device lacks is refused, with the file, the line and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from device_bundle.dialect import BUILTINS, IGNORED_METHODS, MISSING_ATTRIBUTES, MISSING_BUILTINS

# One statement each, on line 3 of a function; what the refusal says.
STATEMENTS = {
    "if (x := 1): print(x)": "an assignment expression (:=)",
    "match 1:\n        case 1: print(1)": "a match statement",
    "print({**{}})": "** inside a dict",
    "print({*()})": "* inside a set or a subscript",
    "print({}[*()])": "* inside a set or a subscript",
    "print(**{}, **{})": "two ** in a call",
    "print({'a': 1} | {'b': 2})": "| between dicts",
    "print('abc'[::-1])": "a slice with a step",
    "print([1, 2, 3][0:3:2])": "a slice with a step",
    "print(next(iter([]), None))": "next() with a default",
    "print(max([], default=0))": "max() with a default",
    "print(min([], default=0))": "min() with a default",
    "print(list(zip([], [], strict=True)))": "zip() with strict",
    "print(isinstance(1, int))": "isinstance(x, int): True is no int here",
    "print(isinstance(1, (str, int)))": "isinstance(x, int): True is no int here",
    "print(isinstance(1, str | float))": "isinstance() with |",
    "print('a'.startswith(('a', 'b')))": "startswith() with a tuple",
    "print('a'.startswith(PREFIXES))": "startswith() with a tuple",
    "print('a b'.split(sep=' '))": "split() with keywords",
    "print('a'.encode(encoding='utf-8'))": "encode() with keywords",
    "print('{0[0]}'.format('a'))": "a part of a value in a format",
    "print('{0.real}'.format(1))": "a part of a value in a format",
    "print('{!a}'.format(1))": "{!a} in a format",
    "print('{:_}'.format(1))": "{:_} in a format",
    "print('{:{}}'.format('a', 5))": "nested fields in a format",
    "print(getattr('', 'a' + 'b'))": "getattr() with a computed name",
    "print(1j)": "a complex number",
    "print(1 @ 2)": "the operator @",
    "global STATE; STATE = 1": "a global statement",
    "main.calls = 1": "an attribute of a function",
    "print(main.__name__)": "the name of a function",
    "print(''.__private)": "__private is not mangled on a device",
    "import json; print(json)": "module json does not exist on a device",
    "from os import path; print(path)": "module os does not exist on a device",
    "from fixture import other; print(other)": "an import inside a function",
    "print(unheard_of)": "nothing defines the name unheard_of",
    "f = lambda a, /, **b: a": "positional-only parameters (/) beside **",
    "def f(a, /, **b): return a": "positional-only parameters (/) beside **",
    "class C(metaclass=type): pass": "keywords after a class's bases",
    "async def f(): pass": "async code",
    "print([x async for x in []])": "async code",
    "try: pass\n    except* OSError: pass": "except*",
    "print(Any)": "typing.Any at run time",
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_constructs(sample: Any, statement: str) -> None:
    sample.write(
        "from typing import Any; PREFIXES = ('a', 'b')\ndef main():\n    " + statement + "\n"
    )
    refusals = sample.refusals()
    expected = f"fixture/__init__.py:3: {STATEMENTS[statement]}; "
    assert any(refusal.startswith(expected) for refusal in refusals), refusals


@pytest.mark.parametrize("name", MISSING_BUILTINS)
def test_missing_builtins(sample: Any, name: str) -> None:
    sample.write(f"def main():\n    return {name}\n")
    assert sample.refusals() == [
        f"fixture/__init__.py:2: {name} does not exist on a device; {MISSING_BUILTINS[name]}"
    ]


@pytest.mark.parametrize("name", MISSING_ATTRIBUTES)
def test_missing_attributes(sample: Any, name: str) -> None:
    sample.write(f"def main():\n    x = main\n    return x.{name}\n")
    assert sample.refusals() == [
        f"fixture/__init__.py:3: .{name} does not exist on a device; {MISSING_ATTRIBUTES[name]}"
    ]


def test_attributes_the_program_defines_itself_are_its_own(sample: Any) -> None:
    sample.assert_same("""
        class Text:
            def __init__(self):
                self.title = "own attribute"

            def partition(self):
                return "own method"

        def main():
            print(Text().title, Text().partition())
        """)


@pytest.mark.parametrize("name", IGNORED_METHODS)
def test_special_methods_that_are_never_called(sample: Any, name: str) -> None:
    sample.write(f"""
        class Thing:
            def {name}(self, *arguments):
                return 1

        def main():
            return Thing()
        """)
    (refusal,) = sample.refusals()
    assert refusal.startswith(f"fixture/__init__.py:3: {name} is never called on a device; ")


def test_decorators(sample: Any) -> None:
    sample.write("""
        MARKS = [staticmethod]

        def decorate(cls):
            return cls

        @decorate
        class Thing:
            @MARKS[0]
            def read():
                return 1

        def main():
            return Thing.read()
        """)
    assert [refusal.split(";")[0] for refusal in sample.refusals()] == [
        "fixture/__init__.py:7: a class decorator",
        "fixture/__init__.py:9: a decorator that is neither a name nor a call of one",
    ]


def test_every_finding_is_reported_at_once_in_order(sample: Any) -> None:
    sample.write(
        """
        import time
        from . import other

        def main():
            print(time.time())
            print(other.read())
            print(frozenset())
        """,
        other="""
        def read():
            return "a".zfill(3)
        """,
    )
    assert [refusal.split(": ")[0] for refusal in sample.refusals()] == [
        "fixture/__init__.py:6",
        "fixture/__init__.py:8",
        "fixture/other.py:3",
    ]


def test_code_that_does_not_reach_the_device_may_be_anything(sample: Any) -> None:
    sample.assert_same("""
        import asyncio
        import json
        from dataclasses import dataclass

        @dataclass
        class Record:
            value: int

        class CentralSystem:
            async def on_boot(self):
                return json.dumps({**{}}, separators=(",", ":"))

        def main():
            print("fine")
        """)


@pytest.mark.parametrize(
    "statement",
    [
        "print('at import')",
        "for _ in range(3): pass",
        "CACHE = {}; CACHE['a'] = 1",
        "COUNT = 1; COUNT += 1",
    ],
)
def test_code_that_runs_at_import(sample: Any, statement: str) -> None:
    sample.write(f"def main():\n    return 1\n{statement}\n")
    (refusal,) = sample.refusals()
    assert refusal.startswith("fixture/__init__.py:3: code that runs when the module is imported; ")


def test_a_name_defined_twice(sample: Any) -> None:
    sample.write("def main():\n    return LIMIT\nLIMIT = 1\nLIMIT = 2\n")
    assert sample.refusals() == ["fixture/__init__.py:4: LIMIT is defined twice; rename one"]


def test_imports_that_find_nothing(sample: Any) -> None:
    sample.write(
        """
        from ocpp_kernel.errors import NotSuported
        from . import other

        def main():
            return NotSuported, other.missing, other
        """,
        other="",
    )
    assert sample.refusals() == [
        "fixture/__init__.py:6: ocpp_kernel.errors defines no NotSuported; mend the import",
        "fixture/__init__.py:6: fixture.other defines no missing; mend the import",
        "fixture/__init__.py:6: module fixture.other used as an object; name what is needed of it",
    ]


def test_a_syntax_error_names_file_and_line(sample: Any) -> None:
    sample.write("def main():\n    return (\n")
    (refusal,) = sample.refusals()
    assert refusal.startswith("fixture/__init__.py:2: ")


def test_names_of_the_firmware_are_taken_as_they_are(sample: Any) -> None:
    sample.write("""
        import machine
        import utime as clock
        from misc import Power

        def main():
            Power.powerRestart()
            return clock.ticks_ms(), machine.WDT(10)
        """)
    text = sample.text()
    assert "utime.ticks_ms()" in text
    assert "import utime" in text
    assert "import machine" in text
    assert "from misc import Power" in text


def test_the_builtins_taken_for_granted_exist(sample: Any) -> None:
    names = sorted(BUILTINS - {"None", "True", "False", "__name__"})
    sample.write("def main():\n    for value in (\n" + ",\n".join(names) + "):\n        pass\n")
    assert sample.run_on_device() == ""


def test_a_function_that_only_a_decorator_keeps_is_refused(sample: Any) -> None:
    """Nothing calls it by name, so it would be left out, and the table be empty."""
    sample.write("""
        HANDLERS = []
        CALLS = []

        def register(function):
            HANDLERS.append(function)
            return function

        def named(name):
            def mark(function):
                CALLS.append((name, function))
                return function
            return mark

        def plain(function):
            return function

        @register
        def one():
            return 1

        @named("two")
        def two():
            return 2

        @plain
        def three():
            return 3

        @register
        def four():
            return 4

        def main():
            print(len(HANDLERS), len(CALLS), four())
        """)
    found = sample.findings()
    assert [(part.code, part.line) for part in found] == [("D501", 18), ("D501", 22)]
    assert "the decorator of one()" in found[0].problem


def test_several_bases_without_anything_in_common(sample: Any) -> None:
    sample.assert_same("""
        class Part:
            def __init__(self, name):
                self.name = name

        class Lamp(Part):
            def shine(self):
                return self.name + " shines"

        class Counting:
            count = 0

            def count_up(self):
                self.count += 1
                return self.count

        class Both(Counting, Lamp):
            def __init__(self):
                super().__init__("both")

        class Failed(Counting, Exception):
            pass

        def main():
            both = Both()
            print(both.shine(), both.count_up(), both.count_up())
            try:
                raise Failed("x")
            except Failed as error:
                print(error.count_up(), error)
        """)


@pytest.mark.parametrize(
    "classes",
    [
        "class A:\n    pass\nclass B(A):\n    pass\nclass C(A):\n    pass\n",
        "class B:\n    def f(self):\n        super().f()\nclass C:\n    pass\n",
    ],
)
def test_several_bases_a_device_would_go_through_otherwise(sample: Any, classes: str) -> None:
    sample.write(f"{classes}class D(B, C):\n    pass\ndef main():\n    print(D().f())\n")
    assert [found.code for found in sample.findings()] == ["D418"]


def test_methods_of_the_program_may_be_called_like_those_of_dicts_and_texts(sample: Any) -> None:
    sample.assert_same("""
        class Table:
            def keys(self):
                return [1, 2]

            def decode(self, encoding, errors):
                return encoding + errors

        def main():
            table = Table()
            print(len(table.keys()), table.decode("latin-1", "ignore"))
            print("%(a)s" % {"a": 1}, b"abc".decode("utf-8"), "abc".encode("UTF-8"))
        """)


@pytest.mark.parametrize(
    ("text", "code", "problem"),
    [
        ("from ocpp_kernel.errors import *\ndef main():\n    pass", "D505", "import *"),
        ("from .. import x\ndef main():\n    print(x)", "D505", "this module is in none"),
        ("def main():\n    print(list[int]())", "D205", "list[...] at run time"),
        ("def main():\n    print('\\ud800')", "D414", "half of a character"),
    ],
)
def test_what_is_wrong_is_named(sample: Any, text: str, code: str, problem: str) -> None:
    sample.write(text)
    (found,) = sample.findings()
    assert found.code == code
    assert problem in found.problem


def test_a_byte_order_mark_is_passed_over(sample: Any) -> None:
    sample.assert_same("\ufeffdef main():\n    print('read')\n")
