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
