"""What a check of one node may ask about its surroundings, and what it answers."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import NamedTuple

from device_bundle import dialect
from device_bundle.kinds import VIEW, kind_of
from device_bundle.program import Definition, target
from device_bundle.sources import Program


class Refusal(NamedTuple):
    """`node` breaks the rule `code`; words other than the rule's where they say more."""

    node: ast.AST
    code: str
    problem: str = ""
    remedy: str = ""


@dataclass
class Context:
    """Where in the program a node stands."""

    program: Program
    #: Names of methods and attributes the program's own classes have.
    own: set[str]
    #: Those of them that can be methods only.
    methods: set[str] = field(default_factory=set)
    #: Kinds of the local names here, and of attributes everywhere.
    names: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    #: Local names of the scopes around, innermost last.
    scopes: list[set[str]] = field(default_factory=list)

    def kind(self, node: ast.expr | None) -> str:
        """See `kinds.kind_of`."""
        return kind_of(node, self.names, self.attributes)

    def is_method(self, node: ast.expr | None) -> bool:
        """Whether it is a method of an object, made anew each time it is named."""
        if not isinstance(node, ast.Attribute) or node.attr not in self.methods:
            return False
        return self.definition(node.value) is None  # else a function of a class

    def is_view(self, node: ast.expr | None) -> bool:
        """Whether it is keys, values or items of a dict."""
        return self.kind(node) == VIEW and not dialect.VIEWS & self.own

    def definition(self, node: ast.expr | None) -> Definition | None:
        """The definition a reference leads to."""
        symbol = target(node)
        return None if symbol is None else self.program.definition(symbol)

    def ancestry(self, base: ast.expr) -> list[ast.ClassDef | str]:
        """A base and all that it is derived from; builtin types by name."""
        definition = self.definition(base)
        if definition is not None and isinstance(definition.node, ast.ClassDef):
            node = definition.node
            return [node, *(part for inner in node.bases for part in self.ancestry(inner))]
        name = self.builtin(base)
        return [name] if name else []

    def value(self, node: ast.expr | None) -> ast.expr | None:
        """The expression, or what a module-level name of the program stands for."""
        definition = self.definition(node)
        if definition is not None and isinstance(definition.node, ast.Assign):
            return definition.node.value
        return node

    def builtin(self, node: ast.expr) -> str:
        """The builtin an expression names, "" where it names something else."""
        if type(node) is not ast.Name or any(node.id in names for names in self.scopes):
            return ""
        return node.id
