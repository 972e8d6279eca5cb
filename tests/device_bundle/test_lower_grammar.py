"""Newer grammar says the same in an older form, here and under MicroPython."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from device_bundle.lower_grammar import Grammar


def lowered(text: str) -> str:
    tree = ast.parse(text)
    return ast.unparse(ast.fix_missing_locations(Grammar(tree).visit(tree)))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("x = [*a]", "x = list(a)"),
        ("x = [1, *a, 2, 3, *b]", "x = [1] + list(a) + [2, 3] + list(b)"),
        ("x = (*a, 1)", "x = tuple(a) + (1,)"),
        ("x = [[*a], 1]", "x = [list(a), 1]"),
        ("f(*a)", "f(*a)"),
        ("f(1, *a, k=2)", "f(1, *a, k=2)"),
        ("f(*a, *b)", "f(*tuple(a) + tuple(b))"),
        ("f(*a, 1, k=2, **c)", "f(*tuple(a) + (1,), k=2, **c)"),
        ("def f(a, /, b):\n    pass", "def f(a, b):\n    pass"),
        ("x = lambda a=1, /: a", "x = lambda a=1: a"),
        ("a, *b = c", "a, *b = c"),
        ("[a, *b] = c", "[a, *b] = c"),
    ],
)
def test_rewritten(text: str, result: str) -> None:
    assert lowered(text) == result


@pytest.mark.parametrize(
    "text",
    [
        "x = {*a, 1}",
        "x = a[*b]",
        "def f(a, /, **b):\n    pass",
        "def f(list, a):\n    return [*a]",
        "tuple = 1\nx = (*a,)",
    ],
)
def test_left_for_the_gate(text: str) -> None:
    assert ast.dump(ast.parse(lowered(text))) == ast.dump(ast.parse(text))


def test_parts_are_evaluated_in_their_order(sample: Any) -> None:
    sample.assert_same("""
        def part(name, *values):
            print(name)
            return values

        def show(*values, key=0):
            print(values, key)

        def main():
            print([part("a", 1)[0], *part("b", 2), *part("c", 3, 4), part("d", 5)[0]])
            show(*part("e", 1), *part("f", 2), key=part("g", 3)[0])
            show(key=part("h", 4)[0], *part("i", 5))
            show(*part("j", 6), **{"key": part("k", 7)[0]})
        """)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(*a(), x=b())", "f(*a(), **{'x': b()})"),
        ("f(*a(), x=b)", "f(*a(), x=b)"),
        ("f(*a, x=b())", "f(*a, x=b())"),
        ("f(*a(), x=b(), **c)", "f(*a(), x=b(), **c)"),
    ],
)
def test_keywords_wait_for_what_a_star_stands_for(text: str, expected: str) -> None:
    assert lowered(text) == expected


def test_what_is_left_names_the_builtin_that_is_hidden(sample: Any) -> None:
    sample.write("def main():\n    list = [1]\n    return [*list]\n")
    assert [finding.code for finding in sample.findings()] == ["D106"]


def test_keys_are_evaluated_before_their_values(sample: Any) -> None:
    sample.assert_same("""
        def say(value):
            print(value)
            return value

        class Counter:
            def __init__(self):
                self.count = 0

            def next(self):
                self.count += 1
                return self.count

        def main():
            counter = Counter()
            print(sorted({say(1): say(2), say(3): say(4)}.items()))
            print(sorted({counter.count: counter.next(), counter.next(): counter.count}.items()))
            print(sorted({say(key): say(key + 10) for key in (1, 2)}.items()))
        """)
