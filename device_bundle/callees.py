"""The functions whose body may stand where they are called, and what a call hands them."""

from __future__ import annotations

import ast
from typing import NamedTuple

from device_bundle.inline_body import CannotInline
from device_bundle.program import Ref, cloned
from device_bundle.trees import walk

_REFUSED = (
    ast.Yield,
    ast.YieldFrom,
    ast.Nonlocal,
    ast.Global,
    ast.Import,
    ast.ImportFrom,
    ast.ClassDef,
)
_READERS = ("super", "locals", "globals", "eval", "exec", "dir")


class Callee(NamedTuple):
    """A function that is called; `owner` is its class if it is a method."""

    node: ast.FunctionDef
    owner: ast.ClassDef | None


def is_movable(node: ast.FunctionDef) -> bool:
    """Whether the function is plain enough for its body to stand elsewhere."""
    args = node.args
    if node.decorator_list or args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs:
        return False
    if not all(isinstance(default, ast.Constant | Ref) for default in args.defaults):
        return False
    for part in walk(node):
        if isinstance(part, _REFUSED):
            return False
        if isinstance(part, ast.Name) and part.id in _READERS:
            return False
    return True


def arguments_of(callee: Callee, call: ast.Call) -> dict[str, ast.expr]:
    """What each parameter gets, in the order in which it is evaluated.

    Raises CannotInline where that is not certain, such as for a method called as `Class.method`.
    """
    names = [arg.arg for arg in callee.node.args.args]
    given: dict[str, ast.expr] = {}
    values = list(call.args)
    if callee.owner is not None and isinstance(call.func, ast.Attribute):
        if isinstance(call.func.value, Ref):
            raise CannotInline
        values.insert(0, call.func.value)
    if len(values) > len(names) or any(isinstance(value, ast.Starred) for value in values):
        raise CannotInline
    given.update(zip(names, values, strict=False))
    for keyword in call.keywords:
        if keyword.arg not in names or keyword.arg in given:
            raise CannotInline
        given[keyword.arg] = keyword.value
    defaults = callee.node.args.defaults
    for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
        if name not in given:
            given[name] = cloned(default)
    if len(given) != len(names):
        raise CannotInline
    return given
