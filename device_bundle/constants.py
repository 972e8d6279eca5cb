"""Puts module-level literal constants where they are used, so that no name has to be kept."""

from __future__ import annotations

import ast
import operator
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from device_bundle.program import Definition, Ref, Symbol, refs, target
from device_bundle.trees import Transformer

#: MicroPython interns texts up to this length wherever they stand, so repeating them is free.
INTERNED = 10

_Literal = int | float | str | bytes | bool | None
_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}


def propagate(definitions: Iterable[Definition]) -> None:
    """Replace uses of constants by their values, in place; their definitions become unused."""
    known = list(definitions)
    uses = Counter(ref.symbol for definition in known for ref in refs(definition.node))
    folder = _Folder({}, uses)
    before = -1
    while len(folder.values) != before:
        before = len(folder.values)
        for definition in known:
            folder.learn(definition)
    for definition in known:
        definition.node = folder.visit(definition.node)


class _Folder(Transformer):
    def __init__(self, values: dict[Symbol, _Literal], uses: Counter[Symbol]) -> None:
        self.values = values
        self._uses = uses

    def learn(self, definition: Definition) -> None:
        """Note the value of `NAME = literal`, where repeating it costs nothing."""
        node = definition.node
        if not isinstance(node, ast.Assign) or len(definition.names) != 1 or len(node.targets) != 1:
            return
        known, value = self._value(node.value)
        long = isinstance(value, str | bytes) and len(value) > INTERNED
        single = self._uses[definition.symbols[0]] <= 2  # its definition and one use
        if known and (single or not long):
            self.values[definition.symbols[0]] = value

    def visit_Ref(self, node: Ref) -> ast.AST:
        if not isinstance(node.ctx, ast.Load) or node.symbol not in self.values:
            return node
        return ast.copy_location(_literal(self.values[node.symbol]), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        known, value = self._value(node)
        folded = known and isinstance(value, int) and abs(value) < 1 << 30
        return ast.copy_location(_literal(value), node) if folded else node

    def _value(self, node: ast.expr) -> tuple[bool, _Literal]:
        """Whether `node` is a literal or made of such, and its value."""
        if isinstance(node, ast.Constant):
            plain = node.value is None or isinstance(node.value, int | float | str | bytes)
            return (True, node.value) if plain else (False, None)  # type: ignore[return-value]
        symbol = target(node)
        if symbol in self.values:
            return True, self.values[symbol]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            _, value = self._value(node.operand)
            return (True, -value) if isinstance(value, int | float) else (False, None)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
            return self._operation(node)
        return False, None

    def _operation(self, node: ast.BinOp) -> tuple[bool, _Literal]:
        left_known, left = self._value(node.left)
        right_known, right = self._value(node.right)
        if not (left_known and right_known and type(left) is int and type(right) is int):
            return False, None
        if isinstance(node.op, ast.FloorDiv | ast.Mod) and right == 0:
            return False, None
        if isinstance(node.op, ast.LShift | ast.RShift) and not 0 <= right < 64:
            return False, None
        return True, _OPERATIONS[type(node.op)](left, right)


def _literal(value: _Literal) -> ast.expr:
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)
