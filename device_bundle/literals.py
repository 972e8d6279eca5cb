"""Puts attributes that never change where they are read, and drops what can never run."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from device_bundle.inline_body import bound_inside, leaves, negated
from device_bundle.program import Definition, Symbol, cloned, target
from device_bundle.settled import (
    drop_stores,
    fold_own,
    keep_names_apart,
    settled_attributes,
    settled_members,
)
from device_bundle.trees import Transformer, walk

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_BUILTINS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "len": len}


def fold_literals(definitions: Sequence[Definition], firmware: set[str]) -> int:
    """Rewrite the definitions in place; returns how many attributes were replaced.

    `firmware` are names that firmware objects may have.
    """
    count = fold_own(definitions)
    nodes = [node for definition in definitions for node in walk(definition.node)]
    values = settled_attributes(definitions, nodes, firmware)
    members = settled_members(definitions, nodes)
    for definition in definitions:
        folder = _Folder(definition.node, values, members)
        definition.node = folder.visit(definition.node)
        if folder.count:
            keep_names_apart(definition.node)
        count += folder.count
    drop_stores(definitions, values)
    for definition in definitions:
        _prune_all(walk(definition.node))
    return count


class _Folder(Transformer):
    """Evaluates what consists of literals."""

    def __init__(
        self,
        whole: ast.stmt,
        values: dict[str, ast.expr],
        members: dict[tuple[Symbol, str], ast.expr],
    ) -> None:
        self._whole = whole
        self._values = values
        self._members = members
        self.count = 0

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or not _is_plain(node.value):
            return node
        symbol = target(node.value)
        value = self._members.get((symbol, node.attr)) if symbol is not None else None
        value = value or self._values.get(node.attr)
        if value is None:
            return node
        self.count += 1
        return ast.copy_location(cloned(value), node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """`False or x` is x; `x or True` has to stay, since x is evaluated."""
        self.generic_visit(node)
        decides = isinstance(node.op, ast.Or)
        values: list[ast.expr] = []
        for value in node.values[:-1]:
            if isinstance(value, ast.Constant) and bool(value.value) is not decides:
                continue
            values.append(value)
            if isinstance(value, ast.Constant):
                break
        else:
            values.append(node.values[-1])
        node.values = values
        return values[0] if len(values) == 1 else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Constant):
            return ast.copy_location(ast.Constant(not node.operand.value), node)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        compare = _COMPARISONS.get(type(node.ops[0]))
        sides = [node.left, *node.comparators]
        if compare is None or len(sides) != 2:
            return node
        left, right = sides
        if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
            alike = type(left.value) is type(right.value) or None in (left.value, right.value)
            identity = isinstance(node.ops[0], ast.Is | ast.IsNot)
            if alike and (not identity or None in (left.value, right.value)):
                try:
                    value = compare(left.value, right.value)
                except TypeError:
                    return node
                return ast.copy_location(ast.Constant(value), node)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        function = _BUILTINS.get(node.func.id) if type(node.func) is ast.Name else None
        values = [part.value for part in node.args if isinstance(part, ast.Constant)]
        if function is None or node.keywords or len(values) != len(node.args) or not values:
            return node
        whole = all(type(value) is int for value in values) and len(values) > 1
        ascii_text = function is len and isinstance(values[0], str) and values[0].isascii()
        if (whole or (ascii_text and len(values) == 1)) and self._is_builtin(node.func):
            return ast.copy_location(ast.Constant(function(*values)), node)
        return node

    def _is_builtin(self, function: ast.expr) -> bool:
        """Whether nothing else has the builtin's name here."""
        return isinstance(function, ast.Name) and function.id not in bound_inside([self._whole])[0]


def _is_plain(node: ast.expr) -> bool:
    """Whether evaluating `node` does nothing but find an object."""
    if isinstance(node, ast.Attribute):
        return _is_plain(node.value)
    return isinstance(node, ast.Name)


def _prune_all(nodes: Sequence[ast.AST]) -> None:
    """Drop statements that never run; a generator whose every `yield` goes stays a generator."""
    generators = [node for node in nodes if isinstance(node, ast.FunctionDef) and _yields(node)]
    for node in nodes:
        _prune(node)
    for function in generators:
        if not _yields(function):
            stop: list[ast.stmt] = [ast.Return(None), ast.Expr(ast.Yield(None))]
            function.body += [ast.copy_location(part, function) for part in stop]


def _yields(function: ast.FunctionDef) -> bool:
    """Whether it is a generator, whatever functions nested in it are."""
    todo: list[ast.AST] = [*function.body]
    while todo:
        part = todo.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(part, ast.FunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(part)
    return False


def _prune(node: ast.AST) -> None:
    """Drop statements that never run from every block of `node`."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list) and block:
            kept = _pruned(block)
            needed = field == "body" or (field == "finalbody" and not getattr(node, "handlers", 1))
            setattr(node, field, kept or ([ast.Pass()] if needed else []))


def _pruned(block: list[ast.stmt]) -> list[ast.stmt]:
    kept: list[ast.stmt] = []
    for part in block:
        if isinstance(part, ast.If) and isinstance(part.test, ast.Constant):
            kept += _pruned(part.body if part.test.value else part.orelse)
        elif isinstance(part, ast.While) and _is_false(part.test):
            kept += _pruned(part.orelse)
        elif isinstance(part, ast.If):
            kept += _tidied(part)
        elif not isinstance(part, ast.Pass):
            kept.append(part)
        if leaves(kept[-1:]):
            break
    return kept


def _is_false(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and not test.value


def _tidied(part: ast.If) -> list[ast.stmt]:
    """An `if` with an empty branch, without that branch."""
    part.body, part.orelse = _pruned(part.body), _pruned(part.orelse)
    if part.body:
        return [part]
    if part.orelse:
        part.test, part.body, part.orelse = negated(part.test), part.orelse, []
        return [part]
    return [] if isinstance(part.test, ast.Name) else [ast.Expr(part.test)]
