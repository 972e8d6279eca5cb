"""The dialect gate: refuses what a device cannot run, naming place, rule and remedy.

It runs on what is left after lowering and dropping, so only code that would reach a device counts.
The rules are in `rules`. This module knows modules, names and scopes; `check_nodes` and
`check_calls` look at what stands at one place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from device_bundle import dialect
from device_bundle.check_calls import CallChecks
from device_bundle.check_context import Context
from device_bundle.check_nodes import NodeChecks
from device_bundle.findings import Findings
from device_bundle.kinds import attribute_kinds, firmware_name, local_kinds
from device_bundle.program import (
    TYPING_MODULES,
    Definition,
    LaterRef,
    Module,
    Ref,
    Symbol,
    refs,
    target,
)
from device_bundle.sources import Program
from device_bundle.toplevel import misplaced
from device_bundle.trees import walk

_SHARED = ("ocpp_kernel", "runtime")
_WIRING = ("app",)
_RUNS_AT_IMPORT = "which runs when the module is imported"
_SCOPES = (
    ast.FunctionDef,
    ast.Lambda,
    ast.ClassDef,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def check(program: Program, definitions: Iterable[Definition], findings: Findings) -> None:
    """Add a finding for everything in `definitions` that a device lacks."""
    known = list(definitions)
    for module in {definition.module.name: definition.module for definition in known}.values():
        _check_layout(module, findings)
    _check_registers(program, known, findings)
    nodes = [definition.node for definition in known]
    own, attributes = _own_attributes(nodes), attribute_kinds(nodes)
    methods = _methods(nodes)
    for definition in known:
        context = Context(program, own, methods, {}, attributes)
        _Checker(context, definition.module, findings).visit(definition.node)


def _check_layout(module: Module, findings: Findings) -> None:
    """What stands at the top level of a module."""
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            problem = f"from {'.' * node.level}{node.module or ''} import *"
            findings.refuse(module.shown, node, "D505", problem, "name what is imported")
    seen: set[str] = set()
    for definition in module.definitions:
        known_code = definition.names or module.package in _WIRING
        if not known_code and misplaced(definition.node):
            findings.refuse(module.shown, definition.node, "D501")
        for name in seen.intersection(definition.names):
            findings.refuse(module.shown, definition.node, "D502", f"{name} is defined twice")
        seen.update(definition.names)


def _check_registers(program: Program, known: list[Definition], findings: Findings) -> None:
    """Functions that a decorator puts into a table: nothing else would bring them to the device."""
    reached = {id(definition) for definition in known}
    modules = {definition.module.name: definition.module for definition in known}
    for module in modules.values():
        for definition in module.definitions:
            if id(definition) in reached or not isinstance(definition.node, ast.FunctionDef):
                continue
            for decorator in definition.node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if reached.intersection(map(id, _kept_by(program, called))):
                    problem = f"the decorator of {definition.node.name}(), {_RUNS_AT_IMPORT}"
                    findings.refuse(module.shown, decorator, "D501", problem)


def _kept_by(program: Program, function: ast.expr) -> list[Definition]:
    """What a function of the program names of the variables of modules."""
    symbol = target(function)
    definition = None if symbol is None else program.definition(symbol)
    if definition is None:
        return []
    named = [program.definition(ref.symbol) for ref in refs(definition.node)]
    return [part for part in named if part is not None and isinstance(part.node, ast.Assign)]


def _own_attributes(nodes: Iterable[ast.AST]) -> set[str]:
    """Method and attribute names the bundle's own classes have."""
    names: set[str] = set()
    for node in (part for definition in nodes for part in walk(definition)):
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


def _methods(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that classes have for methods, and nothing has for another kind of attribute."""
    methods: set[str] = set()
    others: set[str] = set()
    for node in (part for definition in nodes for part in walk(definition)):
        if isinstance(node, ast.ClassDef):
            functions = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            methods.update(part.name for part in functions if not part.decorator_list)
            others.update(part.name for part in functions if part.decorator_list)
            others.update(part.id for part in walk(node) if isinstance(part, ast.Name))
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            others.add(node.attr)
        elif isinstance(node, ast.Call):  # the fields of a namedtuple among them
            texts = [part.value for part in walk(node) if isinstance(part, ast.Constant)]
            others.update(text for text in texts if isinstance(text, str))
    return methods - others


class _Checker(ast.NodeVisitor):
    def __init__(self, context: Context, module: Module, findings: Findings) -> None:
        self._context = context
        self._program = context.program
        self._module = module
        self._findings = findings
        self._nodes = NodeChecks(context)
        self._calls = CallChecks(context)
        self._guarded = False

    def visit(self, node: ast.AST) -> None:
        for refusal in self._nodes.check(node):
            self._refuse(*refusal)
        if isinstance(node, _SCOPES):
            self._enter(node)
        else:
            super().visit(node)

    def visit_Ref(self, node: Ref) -> None:
        symbol = node.symbol
        if self._program.definition(symbol) is not None:
            self._check_neighbour(node)
        elif symbol.module in TYPING_MODULES:
            self._refuse(node, "D205", f"{symbol} at run time")
        elif self._program.module(symbol.module) is not None and symbol.name:
            self._refuse(node, "D505", f"{symbol.module} defines no {symbol.name}")
        elif self._program.module(symbol.module) is not None:
            self._refuse(node, "D506", f"module {symbol} used as an object")
        else:
            self._check_outside(node, symbol)
            self._check_member(node)

    def visit_LaterRef(self, node: LaterRef) -> None:
        """One of the same package, or it would still be an import."""

    def visit_Name(self, node: ast.Name) -> None:
        name = self._context.builtin(node)
        if not name or name in dialect.BUILTINS:
            return
        advice = dialect.MISSING_BUILTINS.get(name)
        if name in dialect.BY_TEXT:
            self._refuse(node, "D416", f"{name}() needs names, which are shortened on a device")
        elif advice is not None:
            self._refuse(node, "D202", f"{name} does not exist on a device", advice)
        else:
            self._refuse(node, "D203", f"nothing defines the name {name}")

    def visit_Try(self, node: ast.Try) -> None:
        """Inside `try: import x / except ImportError` any module may be tried."""
        guarded = any(
            isinstance(part, ast.Name) and part.id == "ImportError"
            for handler in node.handlers
            for part in _caught(handler)
        )
        before, self._guarded = self._guarded, self._guarded or guarded
        self.generic_visit(node)
        self._guarded = before

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._check_outside(node, Symbol(alias.name, ""))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or self._program.root_of(node.module or "") is not None:
            self._refuse(node, "D503")
            return
        self._check_outside(node, Symbol(node.module or "", ""))
        for alias in node.names:
            self._refuse_member(node, f"{node.module}.{alias.name}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._check_member(node)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        for refusal in self._calls.check(node):
            self._refuse(*refusal)
        self.visit(node.func)
        for part in node.args:
            # A star before the only or last arguments is fine; lowering sees to the others.
            self.visit(part.value if isinstance(part, ast.Starred) else part)
        for keyword in node.keywords:
            self.visit(keyword.value)

    def _check_neighbour(self, node: Ref) -> None:
        """Plugins import the kernel and themselves, never each other."""
        other = self._program.root_of(node.symbol.module)
        if other is None or other.package in (self._module.package, *_SHARED):
            return
        if self._module.package not in _WIRING:
            problem = f"{self._module.package} imports {node.symbol} of another plugin"
            self._refuse(node, "D504", problem)

    def _check_outside(self, node: ast.AST, symbol: Symbol) -> None:
        top = symbol.module.partition(".")[0]
        if top in dialect.MODULES or self._guarded:
            return
        if not top:
            problem = f"{symbol.name} is imported from a package, but this module is in none"
            self._refuse(node, "D505", problem, "make the plugin a folder with an __init__.py")
            return
        if top in dialect.EITHER_NAME:
            self._refuse(node, "D208")
        elif top in dialect.UNSAFE_MODULES:
            self._refuse(node, "D209", f"module {top}", dialect.UNSAFE_MODULES[top])
        else:
            advice = dialect.MISSING_MODULES.get(top, "")
            problem = f"module {symbol.module} does not exist on a device"
            self._refuse(node, "D201", problem, advice)

    def _check_member(self, node: ast.expr) -> None:
        self._refuse_member(node, firmware_name(node))

    def _refuse_member(self, node: ast.AST, name: str) -> None:
        advice = dialect.MISSING_MEMBERS.get(name)
        if advice is not None and not self._guarded:
            self._refuse(node, "D204", f"{name} does not exist on a device", advice)

    def _enter(self, node: ast.AST) -> None:
        """Visit a scope's inside, its own names being known there."""
        context = self._context
        before = context.names
        context.names = local_kinds(node, before)
        context.scopes.append(_local_names(node))
        self.generic_visit(node)
        context.scopes.pop()
        context.names = before

    def _refuse(self, node: ast.AST, code: str, problem: str = "", advice: str = "") -> None:
        self._findings.refuse(self._module.shown, node, code, problem, advice)


def _local_names(node: ast.AST) -> set[str]:
    """Every name bound anywhere inside; enough to tell local names from missing ones."""
    names: set[str] = set()
    for part in walk(node):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, ast.arg):
            names.add(part.arg)
        elif isinstance(part, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
            names.add(part.name or "")
        elif isinstance(part, ast.alias):
            names.add(part.asname or part.name.partition(".")[0])
    return names


def _caught(handler: ast.ExceptHandler) -> list[ast.AST]:
    return [] if handler.type is None else walk(handler.type)
