"""What can be proved of a value: that it is a dict, a bytearray, a deque, a counter of ticks.

Only plain assignments count. A name bound in any other way, or to values of two kinds, may be
anything, so that nothing is refused by a guess.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from device_bundle import dialect
from device_bundle.program import target
from device_bundle.trees import walk

DICT = "dict"
SET = "set"
BYTEARRAY = "bytearray"
DEQUE = "deque"
TICKS = "ticks"
TEXT = "text"
VIEW = "view"

Kinds = Mapping[str, str]

_DISPLAYS: dict[type[ast.AST], str] = {
    ast.Dict: DICT,
    ast.DictComp: DICT,
    ast.Set: SET,
    ast.SetComp: SET,
}
_MADE_BY = {"dict": DICT, "set": SET, "bytearray": BYTEARRAY}


def firmware_name(node: ast.expr) -> str:
    """`module.name` of something of the firmware, however it was imported; "" for all else."""
    symbol = target(node)
    if symbol is not None and symbol.name:
        return str(symbol)
    if isinstance(node, ast.Attribute):
        owner = target(node.value)
        if owner is not None and not owner.name:
            return f"{owner.module}.{node.attr}"
    return ""


def kind_of(node: ast.expr | None, names: Kinds, attributes: Kinds) -> str:
    """The kind of an expression's value, "" where nothing can be said."""
    if isinstance(node, ast.Name):
        return "" if target(node) is not None else names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        return attributes.get(node.attr, "")
    if isinstance(node, ast.Constant):
        return TEXT if isinstance(node.value, str) else ""
    if isinstance(node, ast.Call):
        return _made(node.func)
    return "" if node is None else _DISPLAYS.get(type(node), "")


def local_kinds(function: ast.AST, outer: Kinds) -> dict[str, str]:
    """Kinds of the names bound anywhere inside a function, and of those around it."""
    found: dict[str, set[str]] = {}
    plain: set[int] = set()
    for node in walk(function):
        if isinstance(node, ast.Assign):
            for part in node.targets:
                if isinstance(part, ast.Name):
                    found.setdefault(part.id, set()).add(kind_of(node.value, {}, {}))
                    plain.add(id(part))
        elif isinstance(node, ast.AugAssign):
            plain.add(id(node.target))
        elif isinstance(node, ast.arg):
            found.setdefault(node.arg, set()).add("")
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.setdefault(node.id, set()).update(() if id(node) in plain else ("",))
    return {**outer, **_single(found)}


def attribute_kinds(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Kinds of the attributes assigned anywhere in these definitions, whoever's they are."""
    found: dict[str, set[str]] = {}
    for node in (part for definition in nodes for part in walk(definition)):
        if isinstance(node, ast.Assign):
            for part in node.targets:
                if isinstance(part, ast.Attribute):
                    found.setdefault(part.attr, set()).add(kind_of(node.value, {}, {}))
                elif isinstance(part, ast.Tuple | ast.List):
                    _note_unknown(part, found)
    return _single(found)


def _note_unknown(targets: ast.Tuple | ast.List, found: dict[str, set[str]]) -> None:
    for part in targets.elts:
        if isinstance(part, ast.Attribute):
            found.setdefault(part.attr, set()).add("")


def _single(found: Mapping[str, set[str]]) -> dict[str, str]:
    return {name: next(iter(kinds)) if len(kinds) == 1 else "" for name, kinds in found.items()}


def _made(function: ast.expr) -> str:
    name = firmware_name(function)
    if name in dialect.TICKS:
        return TICKS
    if name == "ucollections.deque":
        return DEQUE
    if isinstance(function, ast.Attribute) and function.attr in dialect.VIEWS:
        return VIEW
    plain = isinstance(function, ast.Name) and not name
    return _MADE_BY.get(function.id, "") if plain and isinstance(function, ast.Name) else ""
