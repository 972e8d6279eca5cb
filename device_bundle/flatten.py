"""Merges objects that belong to one other object, each for its whole life, into that object.

A class costs a device about 300 bytes of heap with its `__init__`, its instance 130, and each path
such as `self.core.connectors` an access that `self.connectors` does without. Where `Owner.__init__`
does `self.part = Part(...)`, nothing else makes a `Part`, and `.part` is only ever followed by
another attribute, every `.part.name` can be an attribute of the owner's own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from device_bundle.dialect import FIRMWARE_ATTRIBUTES
from device_bundle.program import Definition, target
from device_bundle.sources import Program
from device_bundle.survey import Stores, Survey, Uses, is_own, is_well_behaved, own_attribute, total
from device_bundle.trees import Transformer, walk

#: A class has to fit into one file with room to spare; bytes as `_size` estimates them.
_MOST_BYTES = 19_000


@dataclass
class _Part:
    """`owner.__init__` has the statement `me.name = node(...)`."""

    owner: ast.ClassDef
    init: ast.FunctionDef
    statement: ast.Assign
    call: ast.Call
    name: str
    node: ast.ClassDef
    #: Whether other classes have an attribute of this name, so that only `me.name` is this one.
    is_private: bool


def flatten(program: Program, definitions: Sequence[Definition], firmware: set[str]) -> int:
    """Rewrite the definitions in place; returns how many classes were merged."""
    survey = Survey(program, definitions)
    count = 0
    while True:
        looks = {id(look.node): look for look in survey.looks()}
        parts = _parts(survey, firmware)
        for part in sorted(parts, key=lambda part: looks[id(part.node)].size):
            if looks[id(part.owner)].size + looks[id(part.node)].size < _MOST_BYTES:
                _merge(part, survey)
                count += 1
                break
        else:
            return count


def _parts(survey: Survey, firmware: set[str]) -> Iterator[_Part]:
    looks = survey.looks()
    named = total(look.named for look in looks)
    defined = total(look.defined for look in looks)
    uses = Uses(looks)
    classes = {
        definition.symbols[0]: look
        for definition, look in zip(survey.definitions, looks, strict=True)
        if look.is_class
    }
    for look in classes.values():
        owner = look.node
        init = _init(owner) if isinstance(owner, ast.ClassDef) and not owner.bases else None
        if not isinstance(owner, ast.ClassDef) or init is None or not is_well_behaved(init, False):
            continue
        for statement in init.body:
            if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
                continue
            name = own_attribute(statement.targets, init.args.args[0].arg)
            symbol = target(statement.value.func)
            made = classes.get(symbol) if symbol is not None else None
            if not name or symbol is None or made is None or made is look or named[symbol] != 1:
                continue
            is_private = defined[name] != 1
            if name in FIRMWARE_ATTRIBUTES or not uses.allow(name, look, is_private):
                continue
            if name in firmware and not is_private:
                continue
            if isinstance(made.node, ast.ClassDef) and made.is_mergeable:
                call = statement.value
                yield _Part(owner, init, statement, call, name, made.node, is_private)


def _init(node: ast.ClassDef) -> ast.FunctionDef | None:
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__" and part.args.args:
            return part
    return None


def _merge(part: _Part, survey: Survey) -> None:
    same = _same_as_owner(part, survey)
    names = _Names(part.name, same)
    made = _init(part.node) is not None
    for member in part.node.body:
        if isinstance(member, ast.FunctionDef):
            _rename_own(member, names)
            member.name = names.new(member.name)
        elif isinstance(member, ast.Assign) and isinstance(member.targets[0], ast.Name):
            member.targets[0].id = names.new(member.targets[0].id)
    at = part.init.body.index(part.statement)
    if made or part.call.args:
        me = ast.Name(part.init.args.args[0].arg, ast.Load())
        call = part.call
        call.func = ast.Attribute(me, names.new("__init__"), ast.Load())
        part.init.body[at] = ast.copy_location(ast.Expr(call), part.statement)
    else:
        part.init.body[at] = ast.Pass()
    part.owner.body += [member for member in part.node.body if not isinstance(member, ast.Pass)]
    part.node.body = [ast.Pass()]
    for definition in survey.definitions:
        follower = _Follower(part.name, names)
        if definition.node is part.owner or not part.is_private:
            definition.node = follower.visit(definition.node)
        if follower.count or definition.node in (part.owner, part.node):
            survey.forget(definition)


class _Names:
    """What attributes of a part are called as attributes of its owner; "" is the owner itself."""

    def __init__(self, part: str, same: dict[str, str]) -> None:
        self._part = part
        self.same = same

    def new(self, name: str) -> str:
        return self.same.get(name, f"{self._part}__{name}")


class _Follower(Transformer):
    """Rewrites `x.part.name` wherever it is."""

    def __init__(self, part: str, names: _Names) -> None:
        self._part = part
        self._names = names
        self.count = 0

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        inner = node.value
        if isinstance(inner, ast.Attribute) and inner.attr == self._part:
            self.count += 1
            name = self._names.new(node.attr)
            if not name:
                return inner.value
            node.value, node.attr = inner.value, name
        return node


class _Own(Transformer):
    """Rewrites `me.name` inside a part's own methods."""

    def __init__(self, me: str, names: _Names) -> None:
        self._me = me
        self._names = names

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if own_attribute(node.targets, self._me) in self._names.same:
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not is_own(node, self._me):
            return self.generic_visit(node)
        name = self._names.new(node.attr)
        if not name:
            return node.value
        node.attr = name
        return node


def _rename_own(method: ast.FunctionDef, names: _Names) -> None:
    own = _Own(method.args.args[0].arg, names)
    method.body = [own.visit(line) for line in method.body]


def _same_as_owner(part: _Part, survey: Survey) -> dict[str, str]:
    """Attributes of the part that hold the owner (""), or what an attribute of the owner holds."""
    init = _init(part.node)
    if init is None or part.call.keywords:
        return {}
    owner = part.init.args.args[0].arg
    me, *parameters = (arg.arg for arg in init.args.args)
    given = dict(zip(parameters, part.call.args, strict=False))
    stores = _stores(part, survey)
    copies = _copied_parameters(part, stores)
    same: dict[str, str] = {}
    for line in init.body:
        name = own_attribute(line.targets, me) if isinstance(line, ast.Assign) else ""
        if not isinstance(line, ast.Assign) or stores.by_part[name] != 1:
            continue
        if stores.by_others[name] or _is_rebound(init, line.value):
            continue
        found = _origin(line.value, given, owner, copies)
        if found is not None:
            same[name] = found
    return same


def _origin(
    value: ast.expr, given: dict[str, ast.expr], owner: str, copies: dict[str, str]
) -> str | None:
    """The owner's attribute that `value`, in a part's `__init__`, is; "" is the owner."""
    if type(value) is ast.Name:
        source = given.get(value.id)
        if type(source) is not ast.Name:
            return None
        return "" if source.id == owner else copies.get(source.id)
    if isinstance(value, ast.Attribute) and type(value.value) is ast.Name:
        source = given.get(value.value.id)
        if type(source) is ast.Name and source.id == owner and value.attr in copies.values():
            return value.attr
    return None


def _copied_parameters(part: _Part, stores: Stores) -> dict[str, str]:
    """Parameters of the owner's `__init__` that an attribute holds from before the part is made."""
    me = part.init.args.args[0].arg
    found: dict[str, str] = {}
    for line in part.init.body:
        if line is part.statement:
            break
        if not isinstance(line, ast.Assign) or type(line.value) is not ast.Name:
            continue
        name = own_attribute(line.targets, me)
        once = stores.by_owner[name] == 1 and not stores.by_others[name]
        if name and once and not _is_rebound(part.init, line.value):
            found[line.value.id] = name
    return found


def _is_rebound(function: ast.FunctionDef, value: ast.expr) -> bool:
    names = {node.id for node in walk(value) if isinstance(node, ast.Name)}
    return any(
        isinstance(node, ast.Name) and node.id in names and not isinstance(node.ctx, ast.Load)
        for node in walk(function)
    )


def _stores(part: _Part, survey: Survey) -> Stores:
    looks = survey.looks()
    own = {id(look.node): look.own_stores for look in looks}
    foreign = total(look.foreign_stores for look in looks)
    return Stores(own[id(part.owner)], own[id(part.node)], foreign)
