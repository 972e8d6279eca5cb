"""Finds what the device can reach from its entry point; the rest leaves no byte behind.

A method counts as used once any reachable code names an attribute like it. That is coarse, but
never drops what could be called: names put together at run time are refused by the check.
"""

from __future__ import annotations

import ast
from collections import defaultdict

from device_bundle.dialect import BY_NAME
from device_bundle.firmware import is_derived
from device_bundle.program import Definition, Ref, Symbol
from device_bundle.sources import Program
from device_bundle.trees import walk


class Reach:
    """The definitions and class members reachable from some symbols."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._members: dict[int, list[tuple[str, ast.stmt]]] = {}
        self._waiting: defaultdict[str, list[ast.stmt]] = defaultdict(list)
        self._used_names: set[str] = set()
        self._kept: set[int] = set()
        self._todo: list[ast.AST] = []
        self.definitions: list[Definition] = []
        self.outside: set[Symbol] = set()
        self._followed: list[Definition] = []

    def follow(self, definition: Definition) -> None:
        """Add a definition and everything it needs."""
        self._followed.append(definition)
        self._add(definition)
        while self._todo:
            self._scan(self._todo.pop())

    def again(self) -> Reach:
        """What is reached from the same definitions now; members nothing names are removed."""
        reach = Reach(self._program)
        for definition in self._followed:
            reach.follow(definition)
        reach.drop_unused_members()
        return reach

    def drop_unused_members(self) -> None:
        """Remove the methods and class attributes nothing names."""
        for definition in self.definitions:
            node = definition.node
            if isinstance(node, ast.ClassDef):
                members = {id(part) for _, part in self._members[id(node)]}
                node.body = [
                    part for part in node.body if id(part) not in members or id(part) in self._kept
                ] or [ast.Pass()]

    def _symbol(self, symbol: Symbol) -> None:
        definition = self._program.definition(symbol)
        if definition is None:
            self.outside.add(symbol)
        else:
            self._add(definition)

    def _add(self, definition: Definition) -> None:
        if id(definition) not in self._kept:
            self._kept.add(id(definition))
            self.definitions.append(definition)
            self._todo.append(definition.node)

    def _scan(self, node: ast.AST) -> None:
        if isinstance(node, ast.ClassDef) and id(node) not in self._members:
            self._class(node)
            return
        for part in walk(node):
            if isinstance(part, ast.Attribute):
                self._name(part.attr)
            elif isinstance(part, ast.Call):
                self._reflection(part)
            elif isinstance(part, Ref):
                self._symbol(part.symbol)

    def _class(self, node: ast.ClassDef) -> None:
        self._members[id(node)] = members = []
        self._todo.extend(node.bases + node.decorator_list)
        foreign = is_derived(node, self._program)
        for part in node.body:
            name = _member_name(part)
            if name is None:
                self._todo.append(part)
                continue
            members.append((name, part))
            if foreign or name in self._used_names or _is_called_by_python(name):
                self._keep(part)
            else:
                self._waiting[name].append(part)

    def _keep(self, part: ast.stmt) -> None:
        self._kept.add(id(part))
        self._todo.append(part)
        for expression in class_level(part):
            for name in walk(expression):
                if isinstance(name, ast.Name):
                    self._name(name.id)

    def _name(self, name: str) -> None:
        if name not in self._used_names:
            self._used_names.add(name)
            for part in self._waiting.pop(name, ()):
                self._keep(part)

    def _reflection(self, call: ast.Call) -> None:
        by_name = isinstance(call.func, ast.Name) and call.func.id in BY_NAME
        if by_name and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
            self._name(str(call.args[1].value))


def class_level(part: ast.stmt) -> list[ast.expr]:
    """What a member evaluates when the class is made, where other members have plain names."""
    if isinstance(part, ast.FunctionDef):
        defaults = [default for default in part.args.kw_defaults if default is not None]
        return [*part.decorator_list, *part.args.defaults, *defaults]
    return [part.value] if isinstance(part, ast.Assign) else []


def _member_name(part: ast.stmt) -> str | None:
    if isinstance(part, ast.FunctionDef):
        return part.name
    if isinstance(part, ast.Assign) and len(part.targets) == 1:
        name = part.targets[0]
        return name.id if isinstance(name, ast.Name) else None
    return None


def _is_called_by_python(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
