"""Puts functions and methods that are called at one place only in that place.

A function costs a device about 90 bytes of heap besides its code. What is moved keeps its meaning:
arguments are evaluated once and in order, names are made unique, and whatever cannot be moved for
certain - generators, overridden methods, callbacks, returns from within loops - stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from device_bundle.callees import Callee, arguments_of
from device_bundle.dialect import BUILTINS
from device_bundle.inline_body import (
    Block,
    CannotInline,
    Substitution,
    bound_inside,
    captured,
    in_order,
    rebound_names,
    returning,
    storing,
)
from device_bundle.inline_facts import Facts
from device_bundle.later import RESIDENT
from device_bundle.program import Definition, Ref, cloned, refs, target
from device_bundle.sources import Program
from device_bundle.trees import walk


def inline(program: Program, definitions: Sequence[Definition], firmware: set[str]) -> int:
    """Rewrite the definitions in place; returns how many calls were replaced."""
    facts = Facts(program, definitions, firmware)
    count = 0
    for definition in definitions:
        for owner, function in _functions(definition.node):
            mover = _Mover(facts, owner, function, definition)
            mover.run()
            count += mover.count
    return count


def _functions(node: ast.stmt) -> Iterator[tuple[ast.ClassDef | None, ast.FunctionDef]]:
    if isinstance(node, ast.FunctionDef):
        yield None, node
    elif isinstance(node, ast.ClassDef):
        for part in node.body:
            if isinstance(part, ast.FunctionDef):
                yield node, part


class _Mover:
    """Moves callees into one function."""

    _numbers = 0

    def __init__(
        self,
        facts: Facts,
        owner: ast.ClassDef | None,
        function: ast.FunctionDef,
        definition: Definition,
    ) -> None:
        self._facts = facts
        self._owner = owner
        self._function = function
        self._zone = facts.zones.get(id(definition.node), RESIDENT)
        self._names = bound_inside([function])[0]
        self._rebound = rebound_names(function)
        args = function.args.args
        self._me = args[0].arg if owner is not None and args else ""
        self._fresh = 0
        self.count = 0

    def run(self) -> None:
        self._function.body = self._block(self._function.body, True, False)
        if self.count:
            bound = frozenset(bound_inside([self._function])[0])
            for ref in refs(self._function):
                ref.taken = ref.taken | bound

    def _block(self, block: Block, is_last: bool, in_loop: bool) -> Block:
        made: Block = []
        for index, part in enumerate(block):
            made += self._statement(part, is_last and index == len(block) - 1, in_loop)
        return made or [ast.Pass()]

    def _statement(self, part: ast.stmt, is_last: bool, in_loop: bool) -> Block:
        done = self._whole(part, is_last, in_loop)
        if done is not None:
            return self._block(done, is_last, in_loop)
        before: Block = []
        hoisted = self._lead(part, in_loop)
        if hoisted is not None:
            before = self._block(hoisted, False, in_loop)
            return before + self._statement(part, is_last, in_loop)
        self._inside(part, is_last, in_loop)
        return [part]

    def _inside(self, part: ast.stmt, is_last: bool, in_loop: bool) -> None:
        loop = isinstance(part, ast.For | ast.While)
        straight = is_last and isinstance(part, ast.If)
        if isinstance(part, ast.FunctionDef):
            part.body = self._block(part.body, True, False)
            return
        for name in ("body", "orelse", "finalbody"):
            block = getattr(part, name, None)
            if block:
                setattr(part, name, self._block(block, straight, in_loop or loop))
        for handler in getattr(part, "handlers", ()):
            handler.body = self._block(handler.body, False, in_loop)

    def _whole(self, part: ast.stmt, is_last: bool, in_loop: bool) -> Block | None:
        """`f()`, `x = f()` or `return f()` as the body of f; None where it is none of these."""
        if not isinstance(part, ast.Expr | ast.Assign | ast.Return):
            return None
        value, callee = part.value, self._callee(part.value)
        if callee is None or not isinstance(value, ast.Call):
            return None
        if isinstance(part, ast.Assign) and len(part.targets) > 1:
            return None
        place = part.targets[0] if isinstance(part, ast.Assign) else None
        if isinstance(place, ast.Attribute) and place.attr in self._facts.computed:
            return None
        try:
            before, body = self._opened(callee, value, in_loop)
            if isinstance(part, ast.Return):
                body = returning(body, is_last)
            else:
                body = storing(body, place, is_last)
        except CannotInline:
            return None
        self._moved()
        return [*before, *body] or [ast.Pass()]

    def _lead(self, part: ast.stmt, in_loop: bool) -> Block | None:
        """Calls a statement makes before anything else: done before it, with a name for it."""
        for field in ("test", "iter", "value", "exc"):
            if isinstance(part, ast.While) or (
                isinstance(part, ast.AugAssign)
                and not (isinstance(part.target, ast.Name) and self._is_steady(part.target))
            ):
                return None
            expression = getattr(part, field, None)
            if isinstance(expression, ast.expr):
                return self._hoisted(part, field, None, expression, in_loop)
        return None

    def _hoisted(
        self, holder: ast.AST, field: str, index: int | None, node: ast.expr, in_loop: bool
    ) -> Block | None:
        callee = self._callee(node)
        if callee is not None and isinstance(node, ast.Call):
            name = self._unique("value")
            try:
                before, body = self._opened(callee, node, in_loop)
                body = storing(body, ast.Name(name, ast.Store()), False)
            except CannotInline:
                return None
            self._moved()
            _replace(holder, field, index, ast.copy_location(ast.Name(name, ast.Load()), node))
            return [*before, *body]
        for inner, inner_field, inner_index, child in in_order(node):
            if not self._is_steady(child):
                return self._hoisted(inner, inner_field, inner_index, child, in_loop)
        return None

    def _is_steady(self, node: ast.AST) -> bool:
        return self._facts.is_steady(node, self._rebound)

    def _callee(self, node: ast.AST | None) -> Callee | None:
        if not isinstance(node, ast.Call):
            return None
        callee = None
        symbol = target(node.func)
        if symbol is not None:
            callee = self._facts.functions.get(symbol)
        elif isinstance(node.func, ast.Attribute):
            callee = self._facts.methods.get(node.func.attr)
            own = isinstance(node.func.value, ast.Name) and node.func.value.id == self._me
            foreign = callee is not None and node.func.attr in self._facts.firmware
            if foreign and not (own and callee is not None and callee.owner is self._owner):
                callee = None
        if callee is None or callee.node is self._function:
            return None
        # What is loaded when needed stays where it is.
        zone = self._facts.zones.get(id(callee.owner), RESIDENT)
        return callee if zone in (RESIDENT, self._zone) else None

    def _moved(self) -> None:
        self.count += 1
        self._names |= bound_inside([self._function])[0]

    def _opened(self, callee: Callee, call: ast.Call, in_loop: bool) -> tuple[Block, Block]:
        """Assignments of the arguments, and the body with names that fit here."""
        arguments = arguments_of(callee, call)
        bound, inner = bound_inside(callee.node.body)
        free = {
            node.id for part in callee.node.body for node in walk(part) if type(node) is ast.Name
        } - bound.union(arguments)
        if free & self._names or inner & self._facts.keywords or bound & BUILTINS:
            raise CannotInline
        kept = captured(callee.node.body) & (bound - inner | set(arguments))
        values: dict[str, ast.expr] = {}
        before: Block = []
        names = {name: self._unique(name) for name in sorted(bound)}
        for name, value in arguments.items():
            if self._is_simple(value, name in kept) and name not in bound:
                values[name] = value
                kept.discard(name)
                continue
            names[name] = self._unique(name)
            place = ast.Name(names[name], ast.Store())
            before.append(ast.Assign([place], value, lineno=call.lineno))
        if in_loop and kept:
            raise CannotInline
        body = [Substitution(names, values).visit(cloned(part)) for part in callee.node.body]
        return before, body

    def _is_simple(self, value: ast.expr, is_captured: bool) -> bool:
        if type(value) is ast.Name:
            return value.id == self._me or not (is_captured or self._rebound)
        return isinstance(value, ast.Constant | Ref)

    def _unique(self, name: str) -> str:
        while True:
            self._fresh += 1
            fresh = f"{name}_{self._fresh}"
            if fresh not in self._names:
                self._names.add(fresh)
                return fresh


def _replace(holder: ast.AST, field: str, index: int | None, node: ast.expr) -> None:
    if index is None:
        setattr(holder, field, node)
    else:
        getattr(holder, field)[index] = node
