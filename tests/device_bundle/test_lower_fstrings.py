"""f-strings print on MicroPython what they print on CPython."""

from __future__ import annotations

from typing import Any

import pytest


def test_values_conversions_and_braces(sample: Any) -> None:
    sample.assert_same("""
        def main():
            name, count = "CP1", 7
            print(f"plain")
            print(f"{name}")
            print(f"{name} has {count} of {count + 1}")
            print(f"{name!r} and {name!s}")
            print(f"{{literal}} {{{count}}} 100%")
            print(f"{'a' if count else 'b'}{name[0]}{len(name)}")
            print(f"one {name}" " two " f"{count}" "{three}")
            print(f"{f'inner {count}'} outer")
            print(f"{count=}")
            print("untouched {} {0}")
            print(f"no fields {{}}")
        """)


@pytest.mark.parametrize(
    "field",
    [
        "7:02d",
        "7:5d",
        "7:<5d",
        "7:>5",
        "'ab':^6",
        "'ab':<4",
        "255:x",
        "255:04X",
        "-3:+d",
        "3:+d",
        "5:b",
        "2.5:.1f",
        "2.25:06.2f",
        "1234567:,",
        "'abcdef':.3",
        "0.5:.0%",
    ],
)
def test_format_specifications(sample: Any, field: str) -> None:
    value, _, spec = field.partition(":")
    sample.assert_same(f"def main():\n    value = {value}\n    print(f'[{{value:{spec}}}]')\n")


def test_fields_are_evaluated_once_and_in_order(sample: Any) -> None:
    sample.assert_same("""
        def main():
            seen = []
            def note(value):
                seen.append(value)
                return value
            print(f"{note(1)} {note(2):02d} {note('c')!r}")
            print(seen)
        """)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("f'{1:{2}}'", "a nested field in a format specification"),
        ("f'{1:_}'", "format specification '_' is not supported"),
        ("f'{1:%Y}'", "format specification '%Y' is not supported"),
        ("f'{1!a}'", "conversion !a in an f-string"),
    ],
)
def test_what_cannot_be_lowered_is_refused(sample: Any, source: str, problem: str) -> None:
    sample.write(f"\ndef main():\n    print({source})\n")
    (refusal,) = sample.refusals()
    assert refusal.startswith(f"fixture/__init__.py:3: {problem}; ")


def test_values_of_every_type(sample: Any) -> None:
    sample.assert_same("""
        class Thing:
            def __str__(self):
                return "thing"

            def __repr__(self):
                return "Thing()"

        def main():
            for value in (1, -1, 2.5, None, True, "text", (1, 2), (), [1], "100%", Thing(), 10**20):
                print(f"<{value}>", f"<{value!r}>", f"{value} of {value}")
            for value in (0, 7, -7, 255, 10**20):
                print(f"{value:02d} {value:5d} {value:x} {value:04X} {value:d}")
            print(f"{ValueError('bad')} and {'%d'} {'{}'}")
        """)


def test_specifications_refuse_the_same_values(sample: Any) -> None:
    sample.assert_same("""
        def main():
            for value in ("7", None, 2.5):
                try:
                    print(f"{value:02d}")
                except (TypeError, ValueError):
                    print("refused")
        """)
