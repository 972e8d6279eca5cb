"""Only what is certain counts: one doubtful assignment and nothing is said of a name."""

from __future__ import annotations

import ast

import pytest

from device_bundle.kinds import attribute_kinds, kind_of, local_kinds


def kinds(text: str) -> dict[str, str]:
    return {name: kind for name, kind in local_kinds(ast.parse(text), {}).items() if kind}


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("a = {}", {"a": "dict"}),
        ("a = {}; a = dict(b)", {"a": "dict"}),
        ("a = {}; a = []", {}),
        ("a = {}; a |= b", {"a": "dict"}),
        ("a = {}\nfor a in b: pass", {}),
        ("a = {}\nwith b as a: pass", {}),
        ("a, b = {}, {}", {}),
        ("a = {}\ndef f(a): pass", {}),
        ("a = {1, 2}", {"a": "set"}),
        ("a = bytearray(5)", {"a": "bytearray"}),
        ("a = 'text'", {"a": "text"}),
        ("a = {k: 1 for k in b}", {"a": "dict"}),
    ],
)
def test_local_names(text: str, known: dict[str, str]) -> None:
    assert kinds(text) == known


def test_attributes_of_one_kind_everywhere() -> None:
    one = ast.parse("self.data = bytearray(4)\nself.map = {}\nself.both = {}")
    other = ast.parse("self.both = []\nself.data = bytearray(8)\nself.map, x = y")
    assert attribute_kinds([one, other]) == {"data": "bytearray", "map": "", "both": ""}
    value = ast.parse("x.data", mode="eval").body
    assert kind_of(value, {}, {"data": "bytearray"}) == "bytearray"


def test_nothing_is_said_of_nothing() -> None:
    assert kind_of(None, {}, {}) == ""
