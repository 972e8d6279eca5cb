"""Finds attributes that have one value for good."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from device_bundle.attributes import (
    count_defined,
    defined_attributes,
    named_by_text,
    probed,
)
from device_bundle.constants import INTERNED
from device_bundle.dialect import FIRMWARE_ATTRIBUTES
from device_bundle.inline_body import bound_inside
from device_bundle.program import Definition, Ref, Symbol, cloned, refs, target
from device_bundle.survey import own_accesses
from device_bundle.trees import Transformer, walk


def classes_of(definitions: Sequence[Definition]) -> set[Symbol]:
    """The classes that are defined."""
    return {
        symbol
        for definition in definitions
        if isinstance(definition.node, ast.ClassDef)
        for symbol in definition.symbols
    }


def settled_attributes(
    definitions: Sequence[Definition], nodes: Sequence[ast.AST], firmware: set[str]
) -> dict[str, ast.expr]:
    """Attributes that one class, or its `__init__`, sets to a literal and nothing else stores.

    A class, whose attributes may be settled in turn, counts as a literal. `nodes` are all there
    are.
    """
    defined = count_defined(nodes)
    defined.update(
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Del)
    )
    uses = Counter(node.attr for node in nodes if isinstance(node, ast.Attribute))
    classes = classes_of(definitions)
    values: dict[str, ast.expr] = {}
    for definition in definitions:
        if not isinstance(definition.node, ast.ClassDef):
            continue
        for name, value in _assignments(definition.node):
            if defined[name] != 1 or name in firmware | FIRMWARE_ATTRIBUTES:
                continue
            if name.startswith("__") or (is_long(value) and uses[name] > 1):
                continue
            if isinstance(value, ast.Constant) or target(value) in classes:
                values[name] = value
    return values


def settled_members(
    definitions: Sequence[Definition], nodes: Sequence[ast.AST]
) -> dict[tuple[Symbol, str], ast.expr]:
    """Literals in classes that are named for their attributes only, and not to store them."""
    read = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    handled = {node.symbol for node in nodes if isinstance(node, Ref) and id(node) not in read}
    uses = Counter((target(n.value), n.attr) for n in nodes if isinstance(n, ast.Attribute))
    members: dict[tuple[Symbol, str], ast.expr] = {}
    for definition in definitions:
        node = definition.node
        if not isinstance(node, ast.ClassDef) or node.bases or definition.symbols[0] in handled:
            continue
        for name, value in _members(node):
            if uses[definition.symbols[0], name] == 1 or not is_long(value):
                members[definition.symbols[0], name] = value
    return members


def is_long(value: ast.expr) -> bool:
    """Whether a device would keep the literal anew wherever it stands."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str | bytes) and len(value.value) > INTERNED
    return isinstance(value, ast.Tuple)


def drop_stores(definitions: Sequence[Definition], settled: Mapping[str, ast.expr]) -> None:
    """Drop `self.name = literal` from `__init__` where nothing reads the name any more."""
    if not settled:
        return
    nodes = [node for definition in definitions for node in walk(definition.node)]
    read = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    unread = settled.keys() - read
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            stores = {id(part) for part, name, _ in _stores(node) if name in unread}
            node.body = [part for part in node.body if id(part) not in stores] or [ast.Pass()]


def fold_own(definitions: Sequence[Definition]) -> int:
    """Put what `__init__` alone sets an attribute to where methods of the same class read it.

    Other classes may have attributes of the same name. Returns how many reads were replaced.
    """
    foreign = _Foreign(definitions)
    count = 0
    for definition in definitions:
        node = definition.node
        if isinstance(node, ast.ClassDef) and not node.bases and foreign.is_alone(definition):
            count += _fold_class(node, foreign)
    return count


class _Foreign:
    """What is done with attributes of other objects than a method's own."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self.used: set[str] = set()
        self.stored: set[str] = set()
        self.classes = classes_of(definitions)
        #: By class: the attributes of `self` in its methods.
        self.own: dict[int, set[int]] = {}
        self._bases: set[Symbol | None] = set()
        for definition in definitions:
            own = self.own[id(definition.node)] = own_accesses(definition.node)
            if isinstance(definition.node, ast.ClassDef):
                self._bases.update(target(base) for base in definition.node.bases)
            for node in walk(definition.node):
                self.stored.update(probed(node))
                if isinstance(node, ast.Call):
                    self.used.update(named_by_text(node))
                    self.stored.update(named_by_text(node))
                elif isinstance(node, ast.Attribute) and id(node) not in own:
                    self.used.add(node.attr)
                    if not isinstance(node.ctx, ast.Load):
                        self.stored.add(node.attr)

    def is_alone(self, definition: Definition) -> bool:
        """Whether no class is derived from this one."""
        return definition.symbols[0] not in self._bases


def _fold_class(node: ast.ClassDef, foreign: _Foreign) -> int:
    init = next((part for part in node.body if _is_init(part)), None)
    if not isinstance(init, ast.FunctionDef):
        return 0
    stores = Counter(part.attr for part in walk(node) if _is_store(part))
    stores.update(defined_attributes(node))
    values = {
        name: value
        for _, name, value in _stores(init)
        if stores[name] == 1 and name not in foreign.stored and not is_long(value)
        if isinstance(value, ast.Constant) or target(value) in foreign.classes
    }
    if not values:
        return 0
    folder = _OwnFolder(values, foreign.own[id(node)])
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            folder.visit(part)
    if folder.count:
        keep_names_apart(node)
    gone = {id(p) for p, name, _ in _stores(init) if name in values and name not in foreign.used}
    init.body = [part for part in init.body if id(part) not in gone] or [ast.Pass()]
    return folder.count


def keep_names_apart(node: ast.stmt) -> None:
    """Have classes that were put in functions get names other than those of locals."""
    for part in [node, *getattr(node, "body", [])]:
        if isinstance(part, ast.FunctionDef):
            bound = frozenset(bound_inside([part])[0])
            for ref in refs(part):
                ref.taken = ref.taken | bound


def _is_init(part: ast.stmt) -> bool:
    return isinstance(part, ast.FunctionDef) and part.name == "__init__"


def _is_store(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)


class _OwnFolder(Transformer):
    """Replaces reads of a method's own attributes."""

    def __init__(self, values: dict[str, ast.expr], own: set[int]) -> None:
        self._values = values
        self._own = own
        self.count = 0

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        value = self._values.get(node.attr) if id(node) in self._own else None
        if value is None or not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)
        self.count += 1
        return ast.copy_location(cloned(value), node)


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Names and values set in a class, or in each of its objects when it is made."""
    yield from _members(node)
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            for _, name, value in _stores(part):
                yield name, value


def _members(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """`NAME = literal` in the class itself; a tuple of literals is one."""
    for part in node.body:
        if not isinstance(part, ast.Assign) or len(part.targets) != 1:
            continue
        place, value = part.targets[0], part.value
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        if isinstance(place, ast.Name) and all(isinstance(one, ast.Constant) for one in parts):
            yield place.id, value


def _stores(init: ast.FunctionDef) -> Iterator[tuple[ast.stmt, str, ast.expr]]:
    """Each `self.NAME = value` that is a statement of `__init__` itself."""
    if not init.args.args:
        return
    me = init.args.args[0].arg
    for part in init.body:
        place = part.targets[0] if isinstance(part, ast.Assign) else None
        if not isinstance(part, ast.Assign) or not isinstance(place, ast.Attribute):
            continue
        own = type(place.value) is ast.Name and place.value.id == me
        if own and len(part.targets) == 1:
            yield part, place.attr, part.value
