"""Turns the body of a function into statements that may stand where it was called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from device_bundle.program import cloned
from device_bundle.trees import Transformer, walk

Block = list[ast.stmt]
_SCOPES = (ast.Lambda, ast.FunctionDef, ast.GeneratorExp)


class CannotInline(Exception):
    """The body's structure does not allow it."""


def returning(body: Block, is_last: bool) -> Block:
    """The body in place of `return f()`; `is_last` if nothing but the caller's end follows."""
    if not is_last and not leaves(body):
        return [*body, ast.Return(None)]
    return body


def storing(body: Block, place: ast.expr | None, is_last: bool) -> Block:
    """The body in place of `place = f()`, or of `f()` as a statement where `place` is None.

    Raises CannotInline where it returns from within a loop.
    """
    if place is None and not any(has_return(part) for part in body):
        return body
    if place is None and is_last and all(part.value is None for part in returns(body)):
        return body
    return _stored(body, place)


def returns(body: Sequence[ast.stmt]) -> list[ast.Return]:
    """The return statements of the function itself."""
    found: list[ast.Return] = []
    for part in body:
        if isinstance(part, ast.Return):
            found.append(part)
        elif not isinstance(part, ast.FunctionDef | ast.ClassDef):
            found += returns([s for s in ast.iter_child_nodes(part) if _holds_statements(s)])  # type: ignore[misc]
    return found


def has_return(part: ast.stmt) -> bool:
    """Whether the function may return within this statement."""
    return bool(returns([part]))


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether what follows these statements is never reached."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return leaves(last.body) and leaves(last.orelse)
    if isinstance(last, ast.Try) and not last.finalbody:
        ends = last.orelse if last.orelse else last.body
        return leaves(ends) and all(leaves(handler.body) for handler in last.handlers)
    return isinstance(last, ast.Return | ast.Raise)


def _holds_statements(part: ast.AST) -> bool:
    return isinstance(part, ast.stmt | ast.ExceptHandler)


def _stored(body: Block, place: ast.expr | None) -> Block:
    """Without its returns: each path ends with storing what it would have returned."""
    made: Block = []
    for index, part in enumerate(body):
        rest = body[index + 1 :]
        if isinstance(part, ast.Return):
            return made + _result(part.value, place)
        if has_return(part):
            return [*made, _branched(part, rest, place)]
        made.append(part)
        if isinstance(part, ast.Raise | ast.Continue | ast.Break):
            return made
    return made if leaves(made) else made + _result(None, place)


def _branched(part: ast.stmt, rest: Block, place: ast.expr | None) -> ast.stmt:
    if isinstance(part, ast.If):
        return _branched_if(part, rest, place)
    if isinstance(part, ast.Try) and not any(has_return(last) for last in part.finalbody):
        return _branched_try(part, rest, place)
    raise CannotInline


def _branched_if(part: ast.If, rest: Block, place: ast.expr | None) -> ast.stmt:
    body, other = part.body, part.orelse
    if leaves(body):
        other = other + rest
    elif leaves(other):
        body = body + rest
    elif rest:
        raise CannotInline
    body, other = _stored(body, place), _stored(other, place)
    if body:
        return ast.If(part.test, body, other)
    return ast.If(negated(part.test), other or [ast.Pass()], [])


def _branched_try(part: ast.Try, rest: Block, place: ast.expr | None) -> ast.stmt:
    if place is not None and not _stores_unseen(part, place):
        raise CannotInline
    handlers = [
        ast.ExceptHandler(h.type, h.name, _stored(h.body, place) or [ast.Pass()])
        for h in part.handlers
    ]
    if not rest and not part.orelse:
        return ast.Try(_stored(part.body, place) or [ast.Pass()], handlers, [], part.finalbody)
    if any(has_return(s) for s in part.body) or part.finalbody:
        raise CannotInline
    if rest and not all(leaves(handler.body) for handler in part.handlers):
        raise CannotInline
    return ast.Try(part.body, handlers, _stored(part.orelse + rest, place), [])


def _stores_unseen(part: ast.Try, place: ast.expr) -> bool:
    """Whether storing the result already inside of `part` makes no difference.

    It does where `finally` would find it stored, or a handler catch what storing raises.
    """
    if isinstance(place, ast.Name):
        after = [node for line in part.finalbody for node in walk(line)]
        return all(not isinstance(node, ast.Name) or node.id != place.id for node in after)
    return isinstance(place, ast.Attribute) and not part.finalbody


def negated(test: ast.expr) -> ast.expr:
    """`not test`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _result(value: ast.expr | None, place: ast.expr | None) -> Block:
    if place is not None:
        return [ast.Assign([cloned(place)], value or ast.Constant(None), lineno=0)]
    if value is None or isinstance(value, ast.Constant | ast.Name):
        return []
    return [ast.Expr(value)]


class Substitution(Transformer):
    """Puts expressions, or other names, in the place of a function's own names."""

    def __init__(self, names: Mapping[str, str], values: Mapping[str, ast.expr]) -> None:
        self._names = names
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._values:
            return ast.copy_location(cloned(self._values[node.id]), node)
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_Ref(self, node: ast.expr) -> ast.expr:
        """A module-level name means the same everywhere."""
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._names.get(node.arg, node.arg)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        if node.name:
            node.name = self._names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        return self.generic_visit(node)


def bound_inside(body: Sequence[ast.AST]) -> tuple[set[str], set[str]]:
    """Names the statements bind: in their own scope or any, and in inner ones only."""
    everywhere: set[str] = set()
    inner: set[str] = set()
    for part in body:
        for node in walk(part):
            if type(node) is ast.Name and not isinstance(node.ctx, ast.Load):
                everywhere.add(node.id)
            elif isinstance(node, ast.arg):
                everywhere.add(node.arg)
                inner.add(node.arg)
            elif isinstance(node, ast.ExceptHandler | ast.FunctionDef) and node.name:
                everywhere.add(node.name)
            if isinstance(node, ast.comprehension):
                targets = walk(node.target)
                inner.update(name.id for name in targets if isinstance(name, ast.Name))
    return everywhere, inner


def rebound_names(function: ast.FunctionDef) -> set[str]:
    """Local names that any call may change, since nested functions bind them too."""
    return {
        name for node in walk(function) if isinstance(node, ast.Nonlocal) for name in node.names
    }


def captured(body: Sequence[ast.AST]) -> set[str]:
    """Names that functions made by these statements use after them."""
    return {
        name.id
        for part in body
        for scope in walk(part)
        if isinstance(scope, _SCOPES)
        for name in walk(scope)
        if type(name) is ast.Name
    }


def in_order(node: ast.expr) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    """The operands certain to be evaluated, in order, as (holder, field, index, operand)."""
    if isinstance(node, ast.Compare):
        yield node, "left", None, node.left
        yield node, "comparators", 0, node.comparators[0]
    elif isinstance(node, ast.BoolOp):
        yield node, "values", 0, node.values[0]
    elif isinstance(node, ast.IfExp):
        yield node, "test", None, node.test
    elif isinstance(node, ast.UnaryOp):
        yield node, "operand", None, node.operand
    elif isinstance(node, ast.BinOp):
        yield node, "left", None, node.left
        yield node, "right", None, node.right
    elif isinstance(node, ast.Attribute):
        yield node, "value", None, node.value
    elif isinstance(node, ast.Subscript):
        yield node, "value", None, node.value
        yield node, "slice", None, node.slice
    elif isinstance(node, ast.Tuple | ast.List):
        for index, part in enumerate(node.elts):
            yield node, "elts", index, part
    elif isinstance(node, ast.Call):
        yield node, "func", None, node.func
        for index, part in enumerate(node.args):
            yield node, "args", index, part
