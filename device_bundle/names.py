"""Shortens names nobody outside sees: locals, parameters, attributes, methods.

A device keeps every name it meets in memory, and a .mpy repeats it in nearly every function. What
is passed by keyword, belongs to the firmware or may meet an object of the firmware keeps its name.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from device_bundle.attributes import shorten_attributes
from device_bundle.dialect import BUILTINS
from device_bundle.program import Definition, refs
from device_bundle.spellings import short_names
from device_bundle.trees import walk

_Function = ast.FunctionDef | ast.Lambda


def shorten_names(definitions: Iterable[Definition], kept: set[str]) -> None:
    """Rewrite all definitions in place; the program's meaning stays the same.

    `kept` are attributes that must keep their names, since firmware objects may have them.
    """
    known = list(definitions)
    nodes = [node for definition in known for node in walk(definition.node)]
    keywords, spread = _keywords(nodes)
    for definition in known:
        for function in _outermost(definition.node):
            _shorten_locals(function, keywords, spread)
    shorten_attributes(known, kept)


def _keywords(nodes: Iterable[ast.AST]) -> tuple[set[str], bool]:
    """Names passed by keyword to the program's own functions; whether any call has `**`."""
    nodes = list(nodes)
    bound = {name for node in nodes for name in _bound_names(node)}
    names: set[str] = set()
    spread = False
    for node in nodes:
        if isinstance(node, ast.Call) and not _is_builtin_call(node, bound):
            names.update(keyword.arg for keyword in node.keywords if keyword.arg)
            spread = spread or any(keyword.arg is None for keyword in node.keywords)
    return names, spread


def _is_builtin_call(node: ast.Call, bound: set[str]) -> bool:
    """Whether it calls a builtin; `bound` are names the program itself gives to something."""
    if type(node.func) is ast.Name:
        return node.func.id in BUILTINS - bound
    is_sort = isinstance(node.func, ast.Attribute) and node.func.attr == "sort"
    return is_sort and "sort" not in bound


def _outermost(node: ast.AST) -> Iterator[_Function]:
    """The functions, methods and lambdas that stand in no other."""
    if isinstance(node, _Function):
        yield node
        return
    for part in ast.iter_child_nodes(node):
        yield from _outermost(part)


def _shorten_locals(function: _Function, keywords: set[str], spread: bool) -> None:
    """One spelling per name throughout the function and what is nested in it."""
    if any(isinstance(node, ast.ClassDef) for node in walk(function)):
        return
    uses, kept = _local_uses(function, keywords, spread)
    wanted = sorted(uses, key=lambda name: (-uses[name], name))
    fresh = short_names(kept)
    names = {name: next(fresh) for name in wanted if name not in kept}
    _RenameLocals(names).apply(function)
    for ref in refs(function):
        ref.taken = frozenset(names.get(name, name) for name in ref.taken)


def _local_uses(
    function: _Function, keywords: set[str], spread: bool
) -> tuple[Counter[str], set[str]]:
    """How often each name is used inside, and the names that must stay as they are.

    Those are the names of builtins, too: one that an inner scope binds is the builtin elsewhere.
    """
    uses: Counter[str] = Counter()
    bound: set[str] = set()
    kept: set[str] = set()
    for node in walk(function):
        if type(node) is ast.Name:
            uses[node.id] += 1
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
            continue
        if isinstance(node, ast.arg) and (spread or node.arg in keywords):
            kept.add(node.arg)
        if isinstance(node, ast.alias):
            kept.add(node.asname or node.name.partition(".")[0])
        name = _bound_name(node) if node is not function else None
        if name:
            uses[name] += 1
            bound.add(name)
    return uses, kept | (set(uses) - bound) | (bound & BUILTINS)


def _bound_names(node: ast.AST) -> Iterator[str]:
    name = _bound_name(node)
    if name:
        yield name
    elif type(node) is ast.Name and not isinstance(node.ctx, ast.Load):
        yield node.id


def _bound_name(node: ast.AST) -> str | None:
    if isinstance(node, ast.arg):
        return node.arg
    return node.name if isinstance(node, ast.FunctionDef | ast.ExceptHandler) else None


class _RenameLocals(ast.NodeVisitor):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def apply(self, function: _Function) -> None:
        """Rename inside; name, decorators and defaults belong to where the function stands."""
        args = function.args
        for arg in [*args.args, *args.kwonlyargs, args.vararg, args.kwarg]:
            if arg is not None:
                self.visit(arg)
        for part in [function.body] if isinstance(function, ast.Lambda) else function.body:
            self.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        node.id = self._names.get(node.id, node.id)

    def visit_Ref(self, node: ast.Name) -> None:
        """A module-level name; `link` spells it."""

    def visit_arg(self, node: ast.arg) -> None:
        node.arg = self._names.get(node.arg, node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        node.name = self._names.get(node.name, node.name)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            node.name = self._names.get(node.name, node.name)
        self.generic_visit(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        node.names = [self._names.get(name, name) for name in node.names]
