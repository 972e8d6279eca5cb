"""Shortens the names of attributes and methods, and lets classes share them.

A device keeps every name it meets in memory. Two attributes that no object can both have may bear
the same name, so a program needs about as many as its largest class has.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from device_bundle.dialect import BY_NAME, FIRMWARE_ATTRIBUTES
from device_bundle.lower_typing import NAMEDTUPLE
from device_bundle.program import Definition, Symbol, target
from device_bundle.spellings import short_names
from device_bundle.trees import walk
from device_bundle.unused import class_level

#: What catches that an object lacks an attribute.
_CATCH_MISSING = {"AttributeError", "Exception", "BaseException"}


def shorten_attributes(definitions: Sequence[Definition], kept: set[str]) -> None:
    """Rewrite all definitions in place; `kept` are names that firmware objects may have."""
    nodes = [node for definition in definitions for node in walk(definition.node)]
    names = _spelled(_Attributes(definitions, nodes, kept))
    for node in nodes:
        _rename(node, names)


class _Attributes:
    """Which attributes there are, how often each is named, and who has them."""

    def __init__(
        self, definitions: Sequence[Definition], nodes: Iterable[ast.AST], kept: set[str]
    ) -> None:
        self.uses: Counter[str] = Counter()
        #: Names of attributes that may be looked for in an object of any class.
        self.strayed: set[str] = set()
        own: set[str] = set()
        texts: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Attribute):
                self.uses[node.attr] += 1
            texts.update(named_by_text(node))
            for name in defined_attributes(node):
                self.uses[name] += 1
                own.add(name)
            self.strayed.update(probed(node))
        self.kept = kept | texts | FIRMWARE_ATTRIBUTES
        self.free = {name for name in own if not name.startswith("__") and name not in self.kept}
        families = _Families(definitions)
        self.strayed |= families.strayed
        #: Groups of related classes an attribute occurs in; () where that cannot be told.
        self.owners = {
            name: families.of[name] if name not in self.strayed else set() for name in self.free
        }


class _Families:
    """Classes that inherit from each other, and the attributes each such group has."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self.of: defaultdict[str, set[int]] = defaultdict(set)
        #: Names of attributes that may be on an object of any class.
        self.strayed: set[str] = set()
        self._groups: dict[Symbol, int] = {}
        for number, definition in enumerate(definitions):
            for symbol in definition.symbols:
                self._groups[symbol] = number
        for definition in definitions:
            if isinstance(definition.node, ast.ClassDef):
                for base in definition.node.bases:
                    self._join(definition.symbols[0], target(base))
        for definition in definitions:
            self._collect(definition)

    def _join(self, derived: Symbol, base: Symbol | None) -> None:
        if base in self._groups:
            old, new = self._groups[derived], self._groups[base]
            for symbol, group in self._groups.items():
                if group == old:
                    self._groups[symbol] = new

    def _collect(self, definition: Definition) -> None:
        node = definition.node
        group = self._groups[definition.symbols[0]] if definition.names else -1
        stores = {
            id(part): part.attr
            for part in walk(node)
            if isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load)
        }
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                for name, key in _own_stores(part):
                    self.of[name].add(group)
                    stores.pop(key, None)
            for name in (*defined_attributes(node), *_base_fields(node)):
                self.of[name].add(group)
        elif isinstance(node, ast.Assign):
            for name in record_fields(node.value):
                self.of[name].add(group)
        self.strayed.update(stores.values())
        for inner in walk(node):
            if inner is not node and isinstance(inner, ast.ClassDef):
                self.strayed.update(defined_attributes(inner))


def _own_stores(method: ast.stmt) -> Iterator[tuple[str, int]]:
    """What a method assigns to attributes of its own object."""
    if not isinstance(method, ast.FunctionDef) or not method.args.args or method.decorator_list:
        return
    me = method.args.args[0].arg
    bound = [part for part in walk(method) if isinstance(part, ast.arg) and part.arg == me]
    if len(bound) > 1:
        return
    for part in walk(method):
        if isinstance(part, ast.Name) and part.id == me and not isinstance(part.ctx, ast.Load):
            return
    for part in walk(method):
        if not isinstance(part, ast.Attribute) or isinstance(part.ctx, ast.Load):
            continue
        if isinstance(part.value, ast.Name) and part.value.id == me:
            yield part.attr, id(part)


def _base_fields(node: ast.ClassDef) -> Iterator[str]:
    """Fields of a namedtuple that a class is derived from."""
    for base in node.bases:
        yield from record_fields(base)


def _spelled(attributes: _Attributes) -> dict[str, str]:
    """The new name of every attribute that may have one; the most used get the shortest."""
    fresh = short_names(set(attributes.uses) | attributes.kept)
    pool: list[str] = []
    taken: defaultdict[int, set[str]] = defaultdict(set)
    everywhere: set[str] = set()
    names: dict[str, str] = {}
    for name in sorted(attributes.free, key=lambda name: (-attributes.uses[name], name)):
        owners = attributes.owners[name]
        barred = everywhere.union(*(taken[owner] for owner in owners or list(taken)))
        free = [spelling for spelling in pool if spelling not in barred]
        if not free:
            pool.append(next(fresh))
            free = pool[-1:]
        names[name] = free[0]
        for owner in owners:
            taken[owner].add(free[0])
        if not owners:
            everywhere.add(free[0])
    return names


def defined_attributes(node: ast.AST) -> Iterator[str]:
    """Names of attributes that `node` itself defines."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr
    elif isinstance(node, ast.ClassDef):
        for part in node.body:
            if isinstance(part, ast.FunctionDef):
                yield part.name
            elif isinstance(part, ast.Assign):
                yield from (name.id for name in part.targets if isinstance(name, ast.Name))
    else:
        yield from record_fields(node)


def count_defined(nodes: Iterable[ast.AST]) -> Counter[str]:
    """How often each attribute is defined by the nodes, may be by a text in them, or is probed."""
    counts: Counter[str] = Counter()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            if isinstance(node.ctx, ast.Store):
                counts[node.attr] += 1
        elif isinstance(node, ast.Try):
            counts.update(probed(node))
        elif isinstance(node, ast.Call):
            counts.update(record_fields(node))
            counts.update(named_by_text(node))
        elif isinstance(node, ast.ClassDef):
            counts.update(defined_attributes(node))
    return counts


def probed(node: ast.AST) -> Iterator[str]:
    """Attributes read under `except AttributeError`: objects that lack them are told by that."""
    if not isinstance(node, ast.Try):
        return
    caught = [part for handler in node.handlers if handler.type for part in walk(handler.type)]
    names = {part.id for part in caught if isinstance(part, ast.Name)}
    if not names & _CATCH_MISSING and all(handler.type for handler in node.handlers):
        return
    for line in node.body:
        for part in walk(line):
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Load):
                yield part.attr


def named_by_text(node: ast.AST) -> Iterator[str]:
    """The attribute in `getattr(x, "name")` and the like."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    if node.func.id in BY_NAME and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
        yield str(node.args[1].value)


def record_fields(node: ast.AST) -> list[str]:
    """The fields in `namedtuple("Name", "a b")`."""
    if isinstance(node, ast.Call) and target(node.func) == NAMEDTUPLE:
        return str(getattr(node.args[1], "value", "")).split()
    return []


def _rename(node: ast.AST, names: dict[str, str]) -> None:
    if isinstance(node, ast.Attribute):
        node.attr = names.get(node.attr, node.attr)
    elif isinstance(node, ast.ClassDef):
        _rename_members(node, names)
    elif isinstance(node, ast.Call) and target(node.func) == NAMEDTUPLE:
        fields = [names.get(name, name) for name in record_fields(node)]
        node.args[1] = ast.copy_location(ast.Constant(" ".join(fields)), node)


def _rename_members(node: ast.ClassDef, names: dict[str, str]) -> None:
    """Methods and class attributes, also where the class body itself uses them by name."""
    names = {name: names[name] for name in defined_attributes(node) if name in names}
    for part in node.body:
        inside = class_level(part)
        if isinstance(part, ast.FunctionDef):
            part.name = names.get(part.name, part.name)
        elif isinstance(part, ast.Assign):
            inside += part.targets
        for expression in inside:
            for name in walk(expression):
                if type(name) is ast.Name:
                    name.id = names.get(name.id, name.id)
