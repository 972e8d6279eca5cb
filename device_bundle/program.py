"""The program being bundled: modules, the names they define, and references between them.

Every reference to a module-level name is a `Ref` node, whatever alias the source used, so that the
passes after `scopes.resolve` never have to think about imports or scopes again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from device_bundle.findings import Findings
from device_bundle.trees import walk

#: Modules that exist for type checkers; nothing of them reaches a device.
TYPING_MODULES = ("typing", "typing_extensions", "collections.abc", "types", "__future__")


class Symbol(NamedTuple):
    """A module-level name; an empty `name` means the module itself."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


class Ref(ast.Name):
    """A use of a module-level name.

    `taken` holds the local names visible at this place: the emitted name must differ from them.
    """

    symbol: Symbol
    taken: frozenset[str]


class LaterRef(Ref):
    """A name imported inside a function; only as the value of `name = LaterRef`.

    It is never called or followed as such, so the passes take it for a use they know nothing of.
    """


def make_ref(symbol: Symbol, at: ast.AST, ctx: ast.expr_context, taken: frozenset[str]) -> Ref:
    """A `Ref` located where `at` stands in the source."""
    ref = Ref(id=symbol.name or symbol.module, ctx=ctx)
    ref.symbol = symbol
    ref.taken = taken
    return ast.copy_location(ref, at)


def refs(node: ast.AST) -> Iterator[Ref]:
    """Every reference inside `node`."""
    return (found for found in walk(node) if isinstance(found, Ref))


def needs(node: ast.AST) -> Iterator[Ref]:
    """The references inside `node` that must be there before it is run."""
    return (found for found in refs(node) if not isinstance(found, LaterRef))


def target(node: ast.AST | None) -> Symbol | None:
    """The symbol `node` refers to, or None when it is no reference."""
    return node.symbol if isinstance(node, Ref) else None


@dataclass
class Definition:
    """One top-level statement and the names it binds.

    `findings` holds what lowering could not do; it counts only if the definition is bundled.
    """

    module: Module
    names: tuple[str, ...]
    node: ast.stmt
    findings: Findings = field(default_factory=Findings)
    text: str = ""
    """What is emitted for it, once that is known."""

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return tuple(Symbol(self.module.name, name) for name in self.names)

    @property
    def source_bytes(self) -> int:
        """How long it is in the source, comments and docstrings included."""
        lines = self.module.lines[self.node.lineno - 1 : self.node.end_lineno]
        return sum(len(line.encode()) + 1 for line in lines)


@dataclass
class Module:
    """One source file."""

    name: str
    path: Path
    shown: str
    package: str
    is_package: bool
    lines: list[str]
    tree: ast.Module
    imports: dict[str, Symbol] = field(default_factory=dict)
    definitions: list[Definition] = field(default_factory=list)
    by_name: dict[str, Definition] = field(default_factory=dict)
    #: The path within its package, the same wherever the package is.
    place: str = ""

    def define(self, names: tuple[str, ...], node: ast.stmt) -> None:
        """Add a top-level definition."""
        definition = Definition(self, names, node)
        self.definitions.append(definition)
        for name in names:
            self.by_name[name] = definition


_Node = TypeVar("_Node", bound=ast.AST)
#: What nodes have besides their fields: their place in the source, and what a `Ref` stands for.
_PLACES = ("lineno", "col_offset", "end_lineno", "end_col_offset", "symbol", "taken")


def cloned(node: _Node) -> _Node:
    """A copy of a tree; `copy.deepcopy` would follow what other tools hang on its nodes."""
    kind = type(node)
    made = kind()
    old, new = vars(node), vars(made)
    for name in _PLACES:
        if name in old:
            new[name] = old[name]
    for name in kind._fields:
        if name in old:
            value = old[name]
            if isinstance(value, ast.AST):
                value = cloned(value)
            elif type(value) is list:
                value = [cloned(part) if isinstance(part, ast.AST) else part for part in value]
            new[name] = value
    return made
