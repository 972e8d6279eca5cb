"""Does away with local names that only ever stand for a literal or a class."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from device_bundle.dialect import BUILTINS
from device_bundle.inline_body import Block, Substitution, bound_inside
from device_bundle.program import Definition, LaterRef, refs, target
from device_bundle.settled import classes_of, is_long
from device_bundle.trees import walk

_BLOCKS = ("body", "orelse", "finalbody")


def fold_copies(definitions: Sequence[Definition]) -> int:
    """Rewrite the definitions in place; returns how many names were done away with.

    A name bound at one place only has that value wherever it can be read.
    """
    classes = classes_of(definitions)
    count = 0
    for definition in definitions:
        for part in [definition.node, *getattr(definition.node, "body", [])]:
            if not isinstance(part, ast.FunctionDef):
                continue
            values = {
                name: value
                for name, value in _bound_once(part)
                if isinstance(value, ast.Constant) or target(value) in classes
                if not isinstance(value, LaterRef)
            }
            if values:
                _fold(part, values)
                count += len(values)
    return count


def _bound_once(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Names that one statement `name = value` binds, and nothing else.

    Not those of builtins: outside a nested function that has such a name, it means the builtin.
    """
    nodes = walk(function)
    bound: Counter[str] = Counter()
    reads: Counter[str] = Counter()
    for node in nodes:
        if type(node) is ast.Name:
            (reads if isinstance(node.ctx, ast.Load) else bound)[node.id] += 1
        elif isinstance(node, ast.arg):
            bound[node.arg] += 1
        elif isinstance(node, ast.ExceptHandler | ast.FunctionDef) and node.name:
            bound[node.name] += 1
        elif isinstance(node, ast.Nonlocal | ast.Global):
            bound.update(node.names * 2)
        elif isinstance(node, ast.ClassDef):  # what it binds are its attributes
            bound.update([*bound_inside(node.body)[0]] * 2)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update(alias.asname or alias.name for alias in node.names)
    for node in nodes:
        if not isinstance(node, ast.Assign) or len(node.targets) > 1:
            continue
        place = node.targets[0]
        if type(place) is not ast.Name or bound[place.id] > 1 or place.id in BUILTINS:
            continue
        if not is_long(node.value) or reads[place.id] == 1:
            yield place.id, node.value


def _fold(function: ast.FunctionDef, values: dict[str, ast.expr]) -> None:
    _drop(function, set(values))
    function.body = [Substitution({}, values).visit(part) for part in function.body]
    bound = frozenset(bound_inside([function])[0])
    for ref in refs(function):
        ref.taken = ref.taken | bound


def _drop(node: ast.AST, names: set[str]) -> None:
    """Remove what assigns these names."""
    for part in walk(node):
        for field in _BLOCKS:
            block: Block | None = getattr(part, field, None)
            if isinstance(block, list) and any(_assigns(line, names) for line in block):
                block[:] = [line for line in block if not _assigns(line, names)] or [ast.Pass()]


def _assigns(line: ast.AST, names: set[str]) -> bool:
    place = line.targets[0] if isinstance(line, ast.Assign) else None
    return type(place) is ast.Name and place.id in names
