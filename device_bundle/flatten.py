"""Merges objects that belong to one other object, each for its whole life, into that object.

A class costs a device about 300 bytes of heap with its `__init__`, its instance 130, and each path
such as `self.core.connectors` an access that `self.connectors` does without. Where `Owner.__init__`
does `self.part = Part(...)`, nothing else makes a `Part`, and `.part` is only ever followed by
another attribute, every `.part.name` can be an attribute of the owner's own.
"""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from device_bundle.attributes import defined_attributes, named_by_text
from device_bundle.dialect import FIRMWARE_ATTRIBUTES
from device_bundle.firmware import is_derived
from device_bundle.program import Definition, Ref, cloned, target
from device_bundle.sources import Program
from device_bundle.trees import walk

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


class _Survey:
    """What every look at the program between two merges needs, found once."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self.definitions = definitions
        #: All nodes of a definition, and which of them are `self.attribute`.
        self.nodes = [walk(definition.node) for definition in definitions]
        self.own = [_own_accesses(definition.node) for definition in definitions]
        self._sizes: dict[int, int] = {}

    def size(self, node: ast.ClassDef) -> int:
        """See `_size`."""
        if id(node) not in self._sizes:
            self._sizes[id(node)] = _size(node)
        return self._sizes[id(node)]


def flatten(program: Program, definitions: Sequence[Definition], firmware: set[str]) -> int:
    """Rewrite the definitions in place; returns how many classes were merged."""
    count = 0
    while True:
        survey = _Survey(definitions)
        parts = _parts(program, survey, firmware)
        for part in sorted(parts, key=lambda part: survey.size(part.node)):
            if survey.size(part.owner) + survey.size(part.node) < _MOST_BYTES:
                _merge(part, survey)
                count += 1
                break
        else:
            return count


def _parts(program: Program, survey: _Survey, firmware: set[str]) -> Iterator[_Part]:
    definitions = survey.definitions
    nodes = [node for found in survey.nodes for node in found]
    named = Counter(node.symbol for node in nodes if isinstance(node, Ref))
    defined = Counter(name for node in nodes for name in defined_attributes(node))
    defined.update(name for node in nodes for name in named_by_text(node))
    uses = _uses_by_owner(survey)
    classes = {
        definition.symbols[0]: definition.node
        for definition in definitions
        if isinstance(definition.node, ast.ClassDef) and not is_derived(definition.node, program)
    }
    for owner in classes.values():
        init = _init(owner)
        if owner.bases or init is None or not _is_well_behaved(init, False):
            continue
        for statement in init.body:
            if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
                continue
            name = _own_attribute(statement.targets, init.args.args[0].arg)
            symbol = target(statement.value.func)
            node = classes.get(symbol) if symbol is not None else None
            if not name or symbol is None or node is None or node is owner or named[symbol] != 1:
                continue
            is_private = defined[name] != 1
            if name in FIRMWARE_ATTRIBUTES or not uses.allow(name, owner, is_private):
                continue
            if name in firmware and not is_private:
                continue
            if not node.bases and all(_is_member(part) for part in node.body):
                yield _Part(owner, init, statement, statement.value, name, node, is_private)


def _own_attribute(places: Sequence[ast.expr], me: str) -> str:
    """The attribute that assigning to `places` stores, if it is just `me.attribute`; else ""."""
    place = places[0]
    if len(places) == 1 and isinstance(place, ast.Attribute) and _is_own(place, me):
        return place.attr
    return ""


def _init(node: ast.ClassDef) -> ast.FunctionDef | None:
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__" and part.args.args:
            return part
    return None


def _is_own(node: ast.AST, me: str) -> bool:
    """`me.attribute`."""
    return (
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == me
    )


class _Uses:
    """Where attributes are read and stored, and by whom."""

    def __init__(self) -> None:
        #: Attributes whose value is used as such, not only for what it has, by class; 0 for all.
        self.bare: set[tuple[int, str]] = set()
        #: Attributes of anything but the method's own object, and texts that may name one.
        self.foreign: set[str] = set()
        self.stores: Counter[tuple[int, str]] = Counter()

    def allow(self, name: str, owner: ast.ClassDef, is_private: bool) -> bool:
        """Whether `name` is a part of `owner` that nobody handles as an object."""
        if is_private and (name in self.foreign or self.stores[id(owner), name] != 1):
            return False
        return (id(owner) if is_private else 0, name) not in self.bare


def _uses_by_owner(survey: _Survey) -> _Uses:
    uses = _Uses()
    for definition, nodes, own in zip(survey.definitions, survey.nodes, survey.own, strict=True):
        followed = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
        for node in nodes:
            uses.foreign.update(named_by_text(node))
            if isinstance(node, ast.ClassDef):
                uses.stores.update((id(definition.node), name) for name in defined_attributes(node))
            if not isinstance(node, ast.Attribute):
                continue
            if id(node) not in own:
                uses.foreign.add(node.attr)
            if not isinstance(node.ctx, ast.Load):
                uses.stores[id(definition.node), node.attr] += 1
            elif id(node) not in followed:
                uses.bare |= {(0, node.attr), (id(definition.node), node.attr)}
    return uses


def _own_accesses(node: ast.stmt) -> set[int]:
    """The `self.attribute` of a class's methods."""
    members = node.body if isinstance(node, ast.ClassDef) else []
    return {
        id(inner)
        for part in members
        if isinstance(part, ast.FunctionDef) and part.args.args and not part.decorator_list
        if _is_well_behaved(part, False)
        for inner in walk(part)
        if _is_own(inner, part.args.args[0].arg)
    }


def _is_member(part: ast.stmt) -> bool:
    """Whether a member of a class can be one of another class."""
    if isinstance(part, ast.Assign):
        return len(part.targets) == 1 and isinstance(part.value, ast.Constant)
    if not isinstance(part, ast.FunctionDef):
        return isinstance(part, ast.Pass)
    dunder = part.name.startswith("__") and part.name != "__init__"
    plain = all(isinstance(d, ast.Name) and d.id == "property" for d in part.decorator_list)
    return plain and not dunder and bool(part.args.args) and _is_well_behaved(part, True)


def _is_well_behaved(method: ast.FunctionDef, strict: bool) -> bool:
    """Whether `self` is one object throughout, and if `strict`, never used but for attributes."""
    me = method.args.args[0].arg
    nodes = walk(method)
    bound = [n for n in nodes if isinstance(n, ast.arg) and n.arg == me]
    inside = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id == me:
            if not isinstance(node.ctx, ast.Load) or (strict and id(node) not in inside):
                return False
        elif isinstance(node, ast.Name) and node.id == "super":
            return False
    return len(bound) == 1


def _merge(part: _Part, survey: _Survey) -> None:
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
        if definition.node is part.owner or not part.is_private:
            definition.node = _Follower(part.name, names).visit(definition.node)


class _Names:
    """What attributes of a part are called as attributes of its owner; "" is the owner itself."""

    def __init__(self, part: str, same: dict[str, str]) -> None:
        self._part = part
        self.same = same

    def new(self, name: str) -> str:
        return self.same.get(name, f"{self._part}__{name}")


class _Follower(ast.NodeTransformer):
    """Rewrites `x.part.name` wherever it is."""

    def __init__(self, part: str, names: _Names) -> None:
        self._part = part
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        inner = node.value
        if isinstance(inner, ast.Attribute) and inner.attr == self._part:
            name = self._names.new(node.attr)
            if not name:
                return inner.value
            node.value, node.attr = inner.value, name
        return node


class _Own(ast.NodeTransformer):
    """Rewrites `me.name` inside a part's own methods."""

    def __init__(self, me: str, names: _Names) -> None:
        self._me = me
        self._names = names

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if _own_attribute(node.targets, self._me) in self._names.same:
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not _is_own(node, self._me):
            return self.generic_visit(node)
        name = self._names.new(node.attr)
        if not name:
            return node.value
        node.attr = name
        return node


def _rename_own(method: ast.FunctionDef, names: _Names) -> None:
    own = _Own(method.args.args[0].arg, names)
    method.body = [own.visit(line) for line in method.body]


def _same_as_owner(part: _Part, survey: _Survey) -> dict[str, str]:
    """Attributes of the part that hold the owner (""), or what an attribute of the owner holds."""
    init = _init(part.node)
    if init is None or part.call.keywords:
        return {}
    owner = part.init.args.args[0].arg
    me, *parameters = (arg.arg for arg in init.args.args)
    given = dict(zip(parameters, part.call.args, strict=False))
    stores = _store_counts(survey)
    copies = _copied_parameters(part, stores)
    same: dict[str, str] = {}
    for line in init.body:
        name = _own_attribute(line.targets, me) if isinstance(line, ast.Assign) else ""
        if not isinstance(line, ast.Assign) or stores[id(part.node), name] != 1:
            continue
        if stores[0, name] or _is_rebound(init, line.value):
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


def _copied_parameters(part: _Part, stores: Counter[tuple[int, str]]) -> dict[str, str]:
    """Parameters of the owner's `__init__` that an attribute holds from before the part is made."""
    me = part.init.args.args[0].arg
    found: dict[str, str] = {}
    for line in part.init.body:
        if line is part.statement:
            break
        if not isinstance(line, ast.Assign) or type(line.value) is not ast.Name:
            continue
        name = _own_attribute(line.targets, me)
        once = stores[id(part.owner), name] == 1 and not stores[0, name]
        if name and once and not _is_rebound(part.init, line.value):
            found[line.value.id] = name
    return found


def _is_rebound(function: ast.FunctionDef, value: ast.expr) -> bool:
    names = {node.id for node in walk(value) if isinstance(node, ast.Name)}
    return any(
        isinstance(node, ast.Name) and node.id in names and not isinstance(node.ctx, ast.Load)
        for node in walk(function)
    )


def _store_counts(survey: _Survey) -> Counter[tuple[int, str]]:
    """How often a class's methods store an attribute of `self`; 0 for stores by anybody else."""
    counts: Counter[tuple[int, str]] = Counter()
    for definition, nodes, own in zip(survey.definitions, survey.nodes, survey.own, strict=True):
        for node in nodes:
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                counts[id(definition.node) if id(node) in own else 0, node.attr] += 1
    return counts


def _size(node: ast.ClassDef) -> int:
    """About how many bytes the class will have once names are short."""
    total = 0
    plain = ast.fix_missing_locations(_Unreferred().visit(cloned(node)))
    for token in tokenize.generate_tokens(io.StringIO(ast.unparse(plain)).readline):
        is_name = token.type == tokenize.NAME and not keyword.iskeyword(token.string)
        total += min(len(token.string), 2) if is_name else len(token.string.strip(" "))
        total += token.type == tokenize.NEWLINE or keyword.iskeyword(token.string)
    return total


class _Unreferred(ast.NodeTransformer):
    """Makes references ordinary names, which can be written as source."""

    def visit_Ref(self, node: ast.Name) -> ast.AST:
        return ast.Name("xx", node.ctx)
