"""Resolves names: every use of a module-level name becomes a `Ref` to its own definition."""

from __future__ import annotations

import ast
from typing import NamedTuple

from device_bundle.program import TYPING_MODULES, LaterRef, Module, Symbol, make_ref, target
from device_bundle.sources import Program
from device_bundle.toplevel import imported
from device_bundle.trees import walk

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_Code = ast.FunctionDef | ast.ClassDef
#: Classes that lowering makes something else of, wherever they are named.
_REWRITTEN = {"NamedTuple", "TypedDict", "Protocol"}


class _Frame(NamedTuple):
    is_class: bool
    names: frozenset[str]


def resolve(program: Program, module: Module) -> None:
    """Rewrite all definitions of `module` in place."""
    resolver = _Resolver(program, module)
    for definition in module.definitions:
        definition.node = resolver.visit(definition.node)


class _Resolver(ast.NodeTransformer):
    def __init__(self, program: Program, module: Module) -> None:
        self._program = program
        self._module = module
        self._frames: list[_Frame] = []

    def visit_Name(self, node: ast.Name) -> ast.expr:
        symbol = self._look_up(node.id)
        return node if symbol is None else make_ref(symbol, node, node.ctx, self._taken())

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        value = self.visit(node.value)
        symbol = target(value)
        if symbol is not None and not symbol.name and self._is_known(symbol.module):
            found = self._program.canonical(Symbol(symbol.module, node.attr))
            return make_ref(found, node, node.ctx, self._taken())
        node.value = value
        return node

    def _is_known(self, module: str) -> bool:
        """Whether a module's names can be told apart here; a firmware's may or may not exist."""
        return module in TYPING_MODULES or self._program.root_of(module) is not None

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.target = self.visit(node.target)
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.stmt]:
        """Inside a function, of functions and classes of its own package: loaded when it runs."""
        if not self._frames or self._frames[-1].is_class:
            return node
        found = {
            name: self._program.canonical(symbol) for name, symbol in imported(self._module, node)
        }
        if not all(self._is_own_code(symbol) for symbol in found.values()):
            return node
        return [self._later(node, name, symbol) for name, symbol in found.items()]

    def _is_own_code(self, symbol: Symbol) -> bool:
        definition = self._program.definition(symbol)
        if definition is None or definition.module.package != self._module.package:
            return False
        bases = getattr(definition.node, "bases", [])
        names = {getattr(base, "id", getattr(base, "attr", "")) for base in bases}
        return isinstance(definition.node, _Code) and not names & _REWRITTEN

    def _later(self, node: ast.ImportFrom, name: str, symbol: Symbol) -> ast.stmt:
        ref = LaterRef(id=symbol.name, ctx=ast.Load())
        ref.symbol, ref.taken = symbol, self._taken()
        ast.copy_location(ref, node)
        place = ast.copy_location(ast.Name(name, ast.Store()), node)
        return ast.copy_location(ast.Assign([place], ref), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._defaults(node.args)
        with _Entered(self, _parameters(node.args)):
            node.body = self.visit(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.bases = [self.visit(base) for base in node.bases]
        for keyword in node.keywords:
            self.visit(keyword)
        with _Entered(self, _bound(node.body), is_class=True):
            node.body = [self.visit(part) for part in node.body]
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._comprehension(node)

    def _function(self, node: _Function) -> ast.AST:
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.returns = None
        self._defaults(node.args)
        names = _parameters(node.args) | _bound(node.body)
        with _Entered(self, names - _declared(node.body)):
            node.body = [self.visit(part) for part in node.body]
        return node

    def _defaults(self, args: ast.arguments) -> None:
        args.defaults = [self.visit(default) for default in args.defaults]
        args.kw_defaults = [
            None if default is None else self.visit(default) for default in args.kw_defaults
        ]
        for arg in _all_args(args):
            arg.annotation = None

    def _comprehension(self, node: _Comprehension) -> ast.AST:
        first, *others = node.generators
        first.iter = self.visit(first.iter)
        names = frozenset().union(*(_bound_targets(part.target) for part in node.generators))
        with _Entered(self, names):
            for part in others:
                part.iter = self.visit(part.iter)
            for part in node.generators:
                part.ifs = [self.visit(test) for test in part.ifs]
            if isinstance(node, ast.DictComp):
                node.key, node.value = self.visit(node.key), self.visit(node.value)
            else:
                node.elt = self.visit(node.elt)
        return node

    def _look_up(self, name: str) -> Symbol | None:
        """The symbol `name` means here; None for a local name or a builtin."""
        for depth, frame in enumerate(reversed(self._frames)):
            if name in frame.names and (depth == 0 or not frame.is_class):
                return None
        if name in self._module.by_name:
            return Symbol(self._module.name, name)
        found = self._module.imports.get(name)
        return None if found is None else self._program.canonical(found)

    def _taken(self) -> frozenset[str]:
        inner = self._frames[-1:]
        outer = [frame for frame in self._frames[:-1] if not frame.is_class]
        return frozenset().union(*(frame.names for frame in [*outer, *inner]))


class _Entered:
    """`with _Entered(resolver, names):` resolve inside one more scope."""

    def __init__(self, resolver: _Resolver, names: frozenset[str], is_class: bool = False) -> None:
        self._frames = resolver._frames
        self._frame = _Frame(is_class, names)

    def __enter__(self) -> None:
        self._frames.append(self._frame)

    def __exit__(self, *error: object) -> None:
        self._frames.pop()


def _all_args(args: ast.arguments) -> list[ast.arg]:
    named = args.posonlyargs + args.args + args.kwonlyargs
    return named + [extra for extra in (args.vararg, args.kwarg) if extra is not None]


def _parameters(args: ast.arguments) -> frozenset[str]:
    return frozenset(arg.arg for arg in _all_args(args))


def _bound(body: list[ast.stmt]) -> frozenset[str]:
    """Names a scope binds itself: assignments, imports, definitions; not those of inner scopes."""
    collector = _BoundNames()
    for node in body:
        collector.visit(node)
    return frozenset(collector.names)


def _bound_targets(target: ast.expr) -> frozenset[str]:
    return frozenset(part.id for part in walk(target) if isinstance(part, ast.Name))


def _declared(body: list[ast.stmt]) -> frozenset[str]:
    """Names declared `nonlocal` or `global`: they belong to an outer scope."""
    collector = _BoundNames()
    for node in body:
        collector.visit(node)
    return frozenset(collector.declared)


class _BoundNames(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()
        self.declared: set[str] = set()

    def visit_Global(self, node: ast.Global) -> None:
        self.declared.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.declared.update(node.names)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.names.add(node.id)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.names.add(node.name)
        for part in node.decorator_list:
            self.visit(part)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.names.add(node.name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.add(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A lambda's names are its own."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.names.add(node.name)
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        self.names.add(node.asname or node.name.partition(".")[0])

    def generic_visit(self, node: ast.AST) -> None:
        """A comprehension's targets are its own; a walrus in it is refused anyway."""
        if not isinstance(node, _Comprehension):
            super().generic_visit(node)
