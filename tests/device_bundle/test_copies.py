"""Local names that only ever stand for a literal or a class."""

from __future__ import annotations

from typing import Any


def test_names_for_literals_and_classes_are_done_without(sample: Any) -> None:
    sample.assert_same("""
        class Meter:
            def read(self, phase):
                return phase + 40

        def total(values):
            kind = Meter
            first_phase = 2
            unit = None
            found = []
            for value in values:
                found.append(kind().read(first_phase) + value)
            return found, unit

        def main():
            print(total([1, 2]), total([3]))
        """)
    for gone in ("first_phase", "unit", "=None"):
        assert gone not in sample.text()


def test_what_is_bound_again_stays(sample: Any) -> None:
    sample.assert_same("""
        def count(values):
            seen = 0
            last = None
            label = "a"
            for value in values:
                seen += 1
                last = value
            def rename():
                nonlocal label
                label = "b"
            rename()
            return seen, last, label

        def main():
            print(count([5, 6]), count([]))
        """)


def test_a_builtin_whose_name_an_inner_function_uses_stays_the_builtin(sample: Any) -> None:
    sample.assert_same("""
        def kinds(value):
            def inner():
                type = 5
                return type + 1
            found = [len for len in (inner(), inner())]
            return type(value) is str, len(found), found

        def main():
            print(kinds("x"))
            print([kinds(id) for id in "ab"], id(1) == id(1))
        """)
