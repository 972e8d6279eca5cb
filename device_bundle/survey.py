"""What the search for objects that can be merged knows of a program; see `flatten`."""

from __future__ import annotations

import ast
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from device_bundle.attributes import count_defined, defined_attributes, named_by_text
from device_bundle.firmware import is_derived
from device_bundle.program import Definition, Ref, cloned
from device_bundle.sources import Program
from device_bundle.trees import Transformer, walk


class Stores(NamedTuple):
    """How often attributes are stored: by methods as those of `self`, and by anybody else."""

    by_owner: Counter[str]
    by_part: Counter[str]
    by_others: Counter[str]


class Look:
    """What every look at one definition needs, found once."""

    def __init__(self, definition: Definition, program: Program) -> None:
        node = definition.node
        self.node = node
        self.nodes = walk(node)
        self.is_class = isinstance(node, ast.ClassDef) and not is_derived(node, program)
        self.named = Counter(part.symbol for part in self.nodes if isinstance(part, Ref))
        #: Texts that may name an attribute.
        self.texts = {name for part in self.nodes for name in named_by_text(part)}
        self.defined = count_defined(self.nodes)
        self._size = 0
        self._is_mergeable: bool | None = None
        self._see_attributes()

    def _see_attributes(self) -> None:
        own = own_accesses(self.node)
        followed = {id(part.value) for part in self.nodes if isinstance(part, ast.Attribute)}
        #: Attributes of anything but the method's own object.
        self.foreign = set(self.texts)
        #: Attributes whose value is used as such, not only for what it has.
        self.bare: set[str] = set()
        #: How often attributes are stored: by the class itself in any way, by its methods as
        #: those of `self`, and by anybody as those of other objects.
        self.stores: Counter[str] = Counter()
        self.own_stores: Counter[str] = Counter()
        self.foreign_stores: Counter[str] = Counter()
        for part in self.nodes:
            if isinstance(part, ast.ClassDef):
                self.stores.update(defined_attributes(part))
            if not isinstance(part, ast.Attribute):
                continue
            is_own = id(part) in own
            if not is_own:
                self.foreign.add(part.attr)
            if not isinstance(part.ctx, ast.Load):
                self.stores[part.attr] += 1
                (self.own_stores if is_own else self.foreign_stores)[part.attr] += 1
            elif id(part) not in followed:
                self.bare.add(part.attr)

    @property
    def size(self) -> int:
        """See `_size`."""
        if not self._size and isinstance(self.node, ast.ClassDef):
            self._size = _size(self.node)
        return self._size

    @property
    def is_mergeable(self) -> bool:
        """Whether each member of this class can be one of another."""
        if self._is_mergeable is None:
            node = self.node
            self._is_mergeable = (
                isinstance(node, ast.ClassDef)
                and not node.bases
                and all(_is_member(part) for part in node.body)
            )
        return self._is_mergeable


class Survey:
    """What is known of the program; only definitions that changed are looked at again."""

    def __init__(self, program: Program, definitions: Sequence[Definition]) -> None:
        self.definitions = definitions
        self._program = program
        self._looks: dict[int, Look] = {}

    def look(self, definition: Definition) -> Look:
        """What there is to know of a definition."""
        if id(definition) not in self._looks:
            self._looks[id(definition)] = Look(definition, self._program)
        return self._looks[id(definition)]

    def looks(self) -> list[Look]:
        """What there is to know of each definition."""
        return [self.look(definition) for definition in self.definitions]

    def forget(self, definition: Definition) -> None:
        """The definition has changed."""
        self._looks.pop(id(definition), None)


_Key = TypeVar("_Key")
#: Texts, words, line ends and signs.
_PARTS = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\w+|\n|\S""")


def total(counters: Iterable[Counter[_Key]]) -> Counter[_Key]:
    """The sum of the counters."""
    together: Counter[_Key] = Counter()
    for counter in counters:
        together.update(counter)
    return together


def own_attribute(places: Sequence[ast.expr], me: str) -> str:
    """The attribute that assigning to `places` stores, if it is just `me.attribute`; else ""."""
    place = places[0]
    if len(places) == 1 and isinstance(place, ast.Attribute) and is_own(place, me):
        return place.attr
    return ""


def is_own(node: ast.AST, me: str) -> bool:
    """`me.attribute`."""
    return (
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == me
    )


class Uses:
    """Where attributes are read and stored, and by whom."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._bare = set[str]().union(*(look.bare for look in looks))
        self._foreign = set[str]().union(*(look.foreign for look in looks))

    def allow(self, name: str, owner: Look, is_private: bool) -> bool:
        """Whether `name` is a part of `owner` that nobody handles as an object."""
        if is_private:
            alone = name not in self._foreign and owner.stores[name] == 1
            return alone and name not in owner.bare
        return name not in self._bare


def own_accesses(node: ast.stmt) -> set[int]:
    """The `self.attribute` of a class's methods."""
    members = node.body if isinstance(node, ast.ClassDef) else []
    return {
        id(inner)
        for part in members
        if isinstance(part, ast.FunctionDef) and part.args.args and not part.decorator_list
        if is_well_behaved(part, False)
        for inner in walk(part)
        if is_own(inner, part.args.args[0].arg)
    }


def _is_member(part: ast.stmt) -> bool:
    """Whether a member of a class can be one of another class."""
    if isinstance(part, ast.Assign):
        return len(part.targets) == 1 and isinstance(part.value, ast.Constant)
    if not isinstance(part, ast.FunctionDef):
        return isinstance(part, ast.Pass)
    dunder = part.name.startswith("__") and part.name != "__init__"
    plain = all(isinstance(d, ast.Name) and d.id == "property" for d in part.decorator_list)
    return plain and not dunder and bool(part.args.args) and is_well_behaved(part, True)


def is_well_behaved(method: ast.FunctionDef, strict: bool) -> bool:
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


def _size(node: ast.ClassDef) -> int:
    """About how many bytes the class will have once names are short."""
    total = 0
    plain = ast.fix_missing_locations(_Unreferred().visit(cloned(node)))
    for part in _PARTS.findall(ast.unparse(plain)):
        if part == "\n" or keyword.iskeyword(part):
            total += len(part) + 1
        else:
            total += min(len(part), 2) if part.isidentifier() else len(part)
    return total


class _Unreferred(Transformer):
    """Makes references ordinary names, which can be written as source."""

    def visit_Ref(self, node: ast.Name) -> ast.AST:
        return ast.Name("xx", node.ctx)
