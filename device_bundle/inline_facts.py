"""What must be known of a whole program before any of its functions is moved."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from device_bundle.attributes import count_defined, named_by_text
from device_bundle.callees import Callee, is_movable
from device_bundle.dialect import FIRMWARE_ATTRIBUTES
from device_bundle.firmware import is_derived
from device_bundle.later import zones
from device_bundle.program import Definition, Ref, Symbol
from device_bundle.sources import Program
from device_bundle.trees import walk


class Facts:
    """What must be known of the whole program before anything is moved."""

    def __init__(
        self, program: Program, definitions: Sequence[Definition], firmware: set[str]
    ) -> None:
        self.functions: dict[Symbol, Callee] = {}
        self.methods: dict[str, Callee] = {}
        self.firmware = firmware
        self.zones = zones(definitions)
        #: Attributes that are not merely stored by `__init__`, or never.
        self.changing: set[str] = set()
        #: Properties and the like, whose store runs code.
        self.computed: set[str] = set()
        self.keywords: set[str] = set()
        nodes = [node for definition in definitions for node in walk(definition.node)]
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        uses = Counter(node.attr for node in nodes if isinstance(node, ast.Attribute))
        names = count_defined(nodes)
        referred = Counter(node.symbol for node in nodes if isinstance(node, Ref))
        single = {
            node.attr
            for node in nodes
            if isinstance(node, ast.Attribute) and uses[node.attr] == 1 and id(node) in called
        }
        single_refs = {
            node.symbol
            for node in nodes
            if isinstance(node, Ref) and id(node) in called and referred[node.symbol] == 1
        }
        for node in nodes:
            if isinstance(node, ast.keyword) and node.arg:
                self.keywords.add(node.arg)
            self.changing.update(named_by_text(node))
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                self.computed.add(node.name)
        for definition in definitions:
            node = definition.node
            if isinstance(node, ast.FunctionDef) and definition.symbols[0] in single_refs:
                self._add_function(definition.symbols[0], node)
            elif isinstance(node, ast.ClassDef):
                self.changing.update(_changing(node))
                if not is_derived(node, program):
                    self._add_methods(node, single, names)
            else:
                self.changing.update(_stored_in(node))

    def _add_function(self, symbol: Symbol, node: ast.FunctionDef) -> None:
        if is_movable(node):
            self.functions[symbol] = Callee(node, None)

    def _add_methods(self, owner: ast.ClassDef, single: set[str], names: Counter[str]) -> None:
        for part in owner.body:
            if not isinstance(part, ast.FunctionDef) or part.name not in single:
                continue
            if part.name.startswith("__") or part.name in FIRMWARE_ATTRIBUTES:
                continue
            if names[part.name] == 1 and part.args.args and is_movable(part):
                self.methods[part.name] = Callee(part, owner)

    def is_steady(self, node: ast.AST, rebound: set[str]) -> bool:
        """Whether it gives the same whenever it is evaluated during one call.

        `rebound` are local names that functions nested in the caller bind anew.
        """
        if isinstance(node, ast.Name):
            return node.id not in rebound
        if isinstance(node, ast.Attribute):
            return node.attr not in self.changing and self.is_steady(node.value, rebound)
        if isinstance(node, ast.Tuple):
            return all(self.is_steady(part, rebound) for part in node.elts)
        return isinstance(node, ast.Constant)


def _changing(node: ast.ClassDef) -> Iterator[str]:
    """Attributes that methods other than `__init__` store, and those a call computes."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.decorator_list:
            yield part.name
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            me = part.args.args[0].arg if part.args.args else ""
            for store in _stores(part):
                if not (isinstance(store.value, ast.Name) and store.value.id == me):
                    yield store.attr
        else:
            yield from _stored_in(part)


def _stored_in(node: ast.AST) -> Iterator[str]:
    return (store.attr for store in _stores(node))


def _stores(node: ast.AST) -> Iterator[ast.Attribute]:
    for part in walk(node):
        if isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load):
            yield part
