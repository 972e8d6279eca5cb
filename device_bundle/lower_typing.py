"""Lowers what exists for type checkers: annotations, casts, typed classes, docstrings."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeVar

from device_bundle.findings import Findings
from device_bundle.program import Module, Symbol, cloned, make_ref, refs, target
from device_bundle.shapes import ON, Field, Shapes, is_typing, names_typing

NAMEDTUPLE = Symbol("ucollections", "namedtuple")
_Node = TypeVar("_Node", bound=ast.AST)
_MARKERS = ("final", "override", "runtime_checkable", "overload", "no_type_check")


class Typing(ast.NodeTransformer):
    """Rewrites the definitions of one module.

    The types it removes leave nothing behind; the records among them become namedtuples.
    """

    def __init__(self, module: Module, shapes: Shapes, findings: Findings) -> None:
        self._module = module
        self._shapes = shapes
        self._findings = findings

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt | None:
        if any(names_typing(part, "overload") for part in node.decorator_list):
            return None
        node.decorator_list = [part for part in node.decorator_list if not _is_marker(part)]
        vars(node).update(type_params=[])
        self.generic_visit(node)
        node.body = _cleaned(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        node.decorator_list = [part for part in node.decorator_list if not _is_marker(part)]
        vars(node).update(type_params=[])
        bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
        node.bases = [base for base in bases if not self._is_typed_only(base)]
        record = Symbol(self._module.name, node.name)
        fields = self._shapes.records.get(record)
        if fields is not None:
            node.body = [part for part in node.body if not isinstance(part, ast.AnnAssign)]
        self.generic_visit(node)
        node.body = [part for part in node.body if not _assigns(part, "__slots__")]
        node.body = _cleaned(node.body)
        return node if fields is None else self._record(node, fields)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | None:
        if node.value is None:
            return None
        self.generic_visit(node)
        return ast.copy_location(ast.Assign([node.target], node.value, lineno=node.lineno), node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        if names_typing(node.test, "TYPE_CHECKING"):
            return [part for child in node.orelse for part in _as_list(self.visit(child))]
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Assertions are for development, as under `python -O`."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """The cause is dropped: a device parses `from` but has no `__cause__`."""
        node.cause = None
        return self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.stmt | None:
        return None if node.names[0].name in ("typing", "typing_extensions") else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | None:
        return None if is_typing(Symbol(node.module or "", "")) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if names_typing(node.func, "cast") and len(node.args) == 2:
            return self._visited(node.args[1])
        symbol = target(node.func)
        if symbol in self._shapes.typed_dicts:
            self.generic_visit(node)
            return self._as_dict(node)
        self.generic_visit(node)
        if symbol is None:
            return node
        if symbol in self._shapes.records:
            return self._fill_in(node, self._shapes.records[symbol])
        if symbol in self._shapes.actions:
            return self._as_pair(node, self._shapes.actions[symbol])
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`Class[int]` is `Class`: what is in brackets is for type checkers."""
        self.generic_visit(node)
        is_class = target(node.value) in self._shapes.classes
        return node.value if is_class and isinstance(node.ctx, ast.Load) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        action = self._shapes.actions.get(target(node.value) or Symbol("", ""))
        if action is not None:
            if node.attr != "name":
                problem = f"{node.attr} of the action {action}"
                advice = "of an action only its name reaches a device"
                self._refuse(node, "D603", problem, advice)
            return ast.copy_location(ast.Constant(action), node)
        return self.generic_visit(node)

    def visit_Ref(self, node: ast.expr) -> ast.AST:
        action = self._shapes.actions.get(target(node) or Symbol("", ""))
        if action is None or not isinstance(getattr(node, "ctx", None), ast.Load):
            return node
        return ast.copy_location(ast.Constant(action), node)

    def _visited(self, node: ast.expr) -> ast.AST:
        visited: ast.AST = self.visit(node)
        return visited

    def _is_typed_only(self, base: ast.expr) -> bool:
        symbol = target(base)
        plain = isinstance(base, ast.Name) and base.id == "object" and symbol is None
        return plain or is_typing(symbol) or symbol in self._shapes.erased

    def _as_dict(self, node: ast.Call) -> ast.expr:
        """`Type(a=1)` is `{"a": 1}`."""
        if node.args or any(keyword.arg is None for keyword in node.keywords):
            self._refuse(node, "D602")
            return node
        keys: list[ast.expr | None] = [ast.Constant(keyword.arg) for keyword in node.keywords]
        return _located(ast.Dict(keys, [keyword.value for keyword in node.keywords]), node)

    def _as_pair(self, node: ast.Call, action: str) -> ast.expr:
        """`Reset({...})` is `("Reset", {...})`."""
        if len(node.args) != 1 or node.keywords:
            self._refuse(node, "D603", f"{action} is called with one payload", "pass a dict")
            return node
        return _located(ast.Tuple([ast.Constant(action), node.args[0]], ast.Load()), node)

    def _fill_in(self, node: ast.Call, fields: Sequence[Field]) -> ast.expr:
        """Puts a NamedTuple's arguments in their places: a device's have no defaults."""
        if any(isinstance(part, ast.Starred) for part in node.args):
            return node
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        named = [name for name, _ in fields if name in given]
        if named != list(given) and sum(not _is_plain(value) for value in given.values()) > 1:
            problem = f"the values of {target(node.func)}() in an order of their own"
            self._refuse(node, "D604", problem, f"give them in this order: {', '.join(named)}")
        values = list(node.args)
        for name, default in fields[len(node.args) :]:
            value = given.pop(name, _moved(default, node.func))
            if value is None or None in given:
                self._refuse(node, "D604", f"{target(node.func)}() lacks the field {name}")
                return node
            values.append(value)
        node.args, node.keywords = values, []
        return node

    def _record(self, node: ast.ClassDef, fields: Sequence[Field]) -> ast.stmt:
        for name, default in fields:
            if default is not None and not _is_plain(default):
                problem = f"the default of {node.name}.{name}, which would be made for each anew"
                self._refuse(default, "D604", problem, "give a number, a text, None or a tuple")
        make = make_ref(NAMEDTUPLE, node, ast.Load(), frozenset())
        names = " ".join(name for name, _ in fields)
        base = ast.Call(make, [ast.Constant(node.name), ast.Constant(names)], [])
        if isinstance(node.body[0], ast.Pass):
            own = make_ref(Symbol(self._module.name, node.name), node, ast.Store(), frozenset())
            return _located(ast.Assign([own], base), node)
        node.bases = [base]
        return _located(node, node)

    def _refuse(self, node: ast.expr, code: str, problem: str = "", advice: str = "") -> None:
        self._findings.refuse(self._module.shown, node, code, problem, advice)


def _located(node: _Node, at: ast.AST) -> _Node:
    return ast.fix_missing_locations(ast.copy_location(node, at))


def _moved(default: ast.expr | None, place: ast.expr) -> ast.expr | None:
    """A copy of a default for use at `place`, where other local names are in the way."""
    if default is None:
        return None
    moved = cloned(default)
    for ref in refs(moved):
        ref.taken = getattr(place, "taken", frozenset())
    return moved


def _is_plain(value: ast.expr) -> bool:
    """Whether it is the same whenever it is evaluated."""
    if isinstance(value, ast.Tuple):
        return all(_is_plain(part) for part in value.elts)
    if isinstance(value, ast.UnaryOp):
        return _is_plain(value.operand)
    return isinstance(value, ast.Constant | ast.Name)


def _as_list(visited: ast.AST | list[ast.stmt] | None) -> list[ast.stmt]:
    if visited is None:
        return []
    return visited if isinstance(visited, list) else [visited]  # type: ignore[list-item]


def _is_marker(decorator: ast.expr) -> bool:
    """Typing markers and route markers: a device needs neither."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return target(called) == ON or names_typing(called, *_MARKERS)


def _assigns(node: ast.stmt, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(part, ast.Name) and part.id == name for part in targets)


def _cleaned(body: list[ast.stmt]) -> list[ast.stmt]:
    """The body without docstrings and other literals; never empty."""
    kept = [
        part
        for part in body
        if not isinstance(part, ast.Pass)
        and not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
    ]
    return kept or [ast.Pass()]
