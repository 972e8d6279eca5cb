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
from device_bundle.program import Definition, Symbol, cloned, refs, target
from device_bundle.sources import Program

#: A class has to fit into one file with room to spare; bytes as `_size` estimates them.
_MOST_BYTES = 21_500


@dataclass
class _Part:
    """`owner.__init__` has the statement `me.name = node(...)`."""

    owner: ast.ClassDef
    init: ast.FunctionDef
    statement: ast.Assign
    name: str
    node: ast.ClassDef

    @property
    def call(self) -> ast.Call:
        assert isinstance(self.statement.value, ast.Call)
        return self.statement.value


def flatten(program: Program, definitions: Sequence[Definition], firmware: set[str]) -> int:
    """Rewrite the definitions in place; returns how many classes were merged."""
    count = 0
    while True:
        parts = sorted(_parts(program, definitions, firmware), key=lambda part: _size(part.node))
        for part in parts:
            if _size(part.owner) + _size(part.node) < _MOST_BYTES:
                _merge(part, definitions)
                count += 1
                break
        else:
            return count


def _parts(
    program: Program, definitions: Sequence[Definition], firmware: set[str]
) -> Iterator[_Part]:
    nodes = [node for definition in definitions for node in ast.walk(definition.node)]
    named = Counter(ref.symbol for definition in definitions for ref in refs(definition.node))
    defined = Counter(name for node in nodes for name in defined_attributes(node))
    defined.update(name for node in nodes for name in named_by_text(node))
    bare = _bare(nodes)
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
            name, symbol = _made(statement, init)
            node = classes.get(symbol) if symbol is not None else None
            if node is None or symbol is None or named[symbol] != 1 or node is owner:
                continue
            if defined[name] != 1 or name in firmware | FIRMWARE_ATTRIBUTES | bare:
                continue
            if not node.bases and all(_is_member(part) for part in node.body):
                assert isinstance(statement, ast.Assign)
                yield _Part(owner, init, statement, name, node)


def _made(statement: ast.stmt, init: ast.FunctionDef) -> tuple[str, Symbol | None]:
    """The attribute and the class in `me.attribute = Class(...)`."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return "", None
    place = statement.targets[0]
    if len(statement.targets) != 1 or not _is_own(place, init.args.args[0].arg):
        return "", None
    assert isinstance(place, ast.Attribute)
    return place.attr, target(statement.value.func)


def _init(node: ast.ClassDef) -> ast.FunctionDef | None:
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__" and part.args.args:
            return part
    return None


def _is_own(node: ast.AST, me: str) -> bool:
    """`me.attribute`."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == me
    )


def _bare(nodes: Sequence[ast.AST]) -> set[str]:
    """Attributes whose value is used as such somewhere, not only for what it has."""
    followed = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    return {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and id(node) not in followed
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
    bound = [n for n in ast.walk(method) if isinstance(n, ast.arg) and n.arg == me]
    inside = {
        id(n.value) for n in ast.walk(method) if isinstance(n, ast.Attribute)
    }
    for node in ast.walk(method):
        if isinstance(node, ast.Name) and node.id == me:
            if not isinstance(node.ctx, ast.Load) or (strict and id(node) not in inside):
                return False
        elif isinstance(node, ast.Name) and node.id == "super":
            return False
    return len(bound) == 1


def _merge(part: _Part, definitions: Sequence[Definition]) -> None:
    same = _same_as_owner(part, definitions)
    names = _Names(part.name, same)
    for member in part.node.body:
        if isinstance(member, ast.FunctionDef):
            _rename_own(member, names)
            member.name = names.new(member.name)
        elif isinstance(member, ast.Assign) and isinstance(member.targets[0], ast.Name):
            member.targets[0].id = names.new(member.targets[0].id)
    made = _init(part.node) is not None
    follower = _Follower(part.name, names)
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
    for definition in definitions:
        definition.node = follower.visit(definition.node)


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
        place = node.targets[0]
        if len(node.targets) == 1 and _is_own(place, self._me):
            assert isinstance(place, ast.Attribute)
            if place.attr in self._names.same:
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


def _same_as_owner(part: _Part, definitions: Sequence[Definition]) -> dict[str, str]:
    """Attributes of the part that hold the owner (""), or what an attribute of the owner holds."""
    init = _init(part.node)
    if init is None or part.call.keywords:
        return {}
    owner = part.init.args.args[0].arg
    me, *parameters = (arg.arg for arg in init.args.args)
    given = dict(zip(parameters, part.call.args, strict=False))
    stores = _store_counts(definitions)
    copies = _copied_parameters(part, stores)
    same: dict[str, str] = {}
    for line in init.body:
        if not isinstance(line, ast.Assign) or not _is_own(line.targets[0], me):
            continue
        place, value = line.targets[0], line.value
        assert isinstance(place, ast.Attribute)
        if len(line.targets) != 1 or stores[id(part.node), place.attr] != 1:
            continue
        if stores[0, place.attr] or _is_rebound(init, value):
            continue
        found = _origin(value, given, owner, copies)
        if found is not None:
            same[place.attr] = found
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
        place = line.targets[0]
        if len(line.targets) == 1 and _is_own(place, me) and isinstance(place, ast.Attribute):
            once = stores[id(part.owner), place.attr] == 1 and not stores[0, place.attr]
            if once and not _is_rebound(part.init, line.value):
                found[line.value.id] = place.attr
    return found


def _is_rebound(function: ast.FunctionDef, value: ast.expr) -> bool:
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return any(
        isinstance(node, ast.Name) and node.id in names and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(function)
    )


def _store_counts(definitions: Sequence[Definition]) -> Counter[tuple[int, str]]:
    """How often a class's methods store an attribute of `self`; 0 for stores by anybody else."""
    counts: Counter[tuple[int, str]] = Counter()
    for definition in definitions:
        members = getattr(definition.node, "body", [])
        own: set[int] = set()
        for member in members if isinstance(definition.node, ast.ClassDef) else []:
            if isinstance(member, ast.FunctionDef) and member.args.args:
                me = member.args.args[0].arg
                for node in ast.walk(member):
                    if _is_own(node, me) and isinstance(node, ast.Attribute):
                        if not isinstance(node.ctx, ast.Load):
                            own.add(id(node))
                            counts[id(definition.node), node.attr] += 1
        for node in ast.walk(definition.node):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                counts[0, node.attr] += id(node) not in own
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
