"""The dialect gate: refuses what a device cannot run, naming file, line and remedy.

It runs on what is left after lowering and dropping, so only code that would reach a device counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from device_bundle import dialect
from device_bundle.findings import Findings
from device_bundle.program import TYPING_MODULES, Definition, Ref, Symbol, target
from device_bundle.sources import Program
from device_bundle.toplevel import misplaced
from device_bundle.trees import walk

_NO_ASYNC = ("async code", "use station.after() and callbacks")
_CONSTRUCTS: dict[type[ast.AST], tuple[str, str]] = {
    ast.NamedExpr: ("an assignment expression (:=)", "assign on a line of its own"),
    ast.Match: ("a match statement", "use if and elif"),
    ast.TryStar: ("except*", "use except"),
    ast.AsyncFunctionDef: _NO_ASYNC,
    ast.AsyncFor: _NO_ASYNC,
    ast.AsyncWith: _NO_ASYNC,
    ast.Await: _NO_ASYNC,
    ast.Global: ("a global statement", "state belongs in the role's instance"),
}
_NESTED_FIELD = re.compile(r"\{[^{}]*\{|\{[^{}:!]*[.\[]")


def check(program: Program, definitions: Iterable[Definition], findings: Findings) -> None:
    """Add a finding for everything in `definitions` that a device lacks."""
    known = list(definitions)
    own = _own_attributes(known)
    for module in {definition.module.name: definition.module for definition in known}.values():
        seen: set[str] = set()
        for definition in module.definitions:
            known_code = definition.names or module.package in _WIRING
            problem = "" if known_code else misplaced(definition.node)
            if problem:
                problem, advice = problem.split("; ")
                findings.add(module.shown, definition.node.lineno, problem, advice)
            for name in seen.intersection(definition.names):
                line = definition.node.lineno
                findings.add(module.shown, line, f"{name} is defined twice", "rename one")
            seen.update(definition.names)
    for definition in known:
        _Checker(program, definition, own, findings).visit(definition.node)


def _own_attributes(definitions: Iterable[Definition]) -> set[str]:
    """Method and attribute names the bundle's own classes have."""
    names: set[str] = set()
    for definition in definitions:
        for node in walk(definition.node):
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


class _Checker(ast.NodeVisitor):
    def __init__(
        self, program: Program, definition: Definition, own: set[str], findings: Findings
    ) -> None:
        self._program = program
        self._module = definition.module
        self._own = own
        self._findings = findings
        self._locals: list[set[str]] = []
        self._guarded = False

    def visit(self, node: ast.AST) -> None:
        known = _CONSTRUCTS.get(type(node))
        if known is not None:
            self._refuse(node, *known)
        super().visit(node)

    def visit_Ref(self, node: Ref) -> None:
        symbol = node.symbol
        if self._program.definition(symbol) is not None:
            self._check_neighbour(node)
        elif symbol.module in TYPING_MODULES:
            self._refuse(node, f"{symbol} at run time", "it exists for type checkers only")
        elif self._program.module(symbol.module) is not None and symbol.name:
            self._refuse(node, f"{symbol.module} defines no {symbol.name}", "mend the import")
        elif self._program.module(symbol.module) is not None:
            self._refuse(node, f"module {symbol} used as an object", "name what is needed of it")
        else:
            self._check_outside(node, symbol)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in dialect.BUILTINS or any(node.id in names for names in self._locals):
            return
        advice = dialect.MISSING_BUILTINS.get(node.id)
        if advice is not None:
            self._refuse(node, f"{node.id} does not exist on a device", advice)
        else:
            self._refuse(node, f"nothing defines the name {node.id}", "mend the spelling")

    def visit_Try(self, node: ast.Try) -> None:
        """Inside `try: import x / except ImportError` any module may be tried."""
        guarded = any(
            isinstance(handler.type, ast.Name) and handler.type.id == "ImportError"
            for handler in node.handlers
        )
        before, self._guarded = self._guarded, self._guarded or guarded
        self.generic_visit(node)
        self._guarded = before

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._check_outside(node, Symbol(alias.name, ""))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or self._program.root_of(node.module or "") is not None:
            self._refuse(node, "an import inside a function", "import at the top of the module")
        else:
            self._check_outside(node, Symbol(node.module or "", ""))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.args.posonlyargs:
            self._refuse(node, "positional-only parameters (/)", "leave the / out")
        for decorator in node.decorator_list:
            self._check_decorator(decorator)
        advice = dialect.IGNORED_METHODS.get(node.name)
        if advice is not None:
            self._refuse(node, f"{node.name} is never called on a device", advice)
        self._enter(node, _local_names(node))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        if node.args.posonlyargs:
            self._refuse(node, "positional-only parameters (/)", "leave the / out")
        self._enter(node, _local_names(node))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if node.keywords:
            self._refuse(node, "keywords after a class's bases", "there are no metaclasses")
        for decorator in node.decorator_list:
            self._refuse(decorator, "a class decorator", "write out what it does")
        self._enter(node, _local_names(node))

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._enter(node, _local_names(node))

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._enter(node, _local_names(node))

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._enter(node, _local_names(node))

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._enter(node, _local_names(node))

    def visit_comprehension(self, node: ast.comprehension) -> None:
        if node.is_async:
            self._refuse(node.iter, *_NO_ASYNC)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        if None in node.keys:
            self._refuse(node, "** inside a dict", "copy with dict(x), then update()")
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        if isinstance(node.ctx, ast.Load):
            self._refuse(node, "* inside a list, tuple or set", "concatenate or loop")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        starred = [index for index, part in enumerate(node.args) if isinstance(part, ast.Starred)]
        if len(starred) > 1 or (starred and starred[0] != len(node.args) - 1):
            self._refuse(node, "an argument after *arguments", "build one tuple first")
        if sum(keyword.arg is None for keyword in node.keywords) > 1:
            self._refuse(node, "two ** in a call", "build one dict first")
        self._check_builtin_call(node)
        self._check_method_call(node)
        self.visit(node.func)
        for part in node.args:
            self.visit(part.value if isinstance(part, ast.Starred) else part)
        for keyword in node.keywords:
            self.visit(keyword.value)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = node.attr
        advice = dialect.MISSING_ATTRIBUTES.get(name)
        if advice is not None and name not in self._own and isinstance(node.ctx, ast.Load):
            self._refuse(node, f".{name} does not exist on a device", advice)
        if name == "__name__" and not _is_class(node.value):
            self._refuse(node, "the name of a function", "use a constant, or type(x).__name__")
        if name.startswith("__") and not name.endswith("__"):
            self._refuse(node, f"{name} is not mangled on a device", "use one underscore")
        self._check_function_attribute(node)
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Slice) and node.slice.step is not None:
            self._refuse(node, "a slice with a step", "loop over range()")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.MatMult):
            self._refuse(node, "the operator @", "write a method")
        sides = (node.left, node.right)
        if isinstance(node.op, ast.BitOr) and any(isinstance(side, ast.Dict) for side in sides):
            self._refuse(node, "| between dicts", "copy with dict(x), then update()")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, complex):
            self._refuse(node, "a complex number", "use two numbers")

    def _check_neighbour(self, node: Ref) -> None:
        """Plugins import the kernel and themselves, never each other."""
        other = self._program.root_of(node.symbol.module)
        if other is None or other.package in (self._module.package, *_SHARED):
            return
        if self._module.package not in _WIRING:
            problem = f"{self._module.package} imports {node.symbol} of another plugin"
            self._refuse(node, problem, "tell each other by events, hooks or station.shared")

    def _check_outside(self, node: ast.AST, symbol: Symbol) -> None:
        top = symbol.module.partition(".")[0]
        if top in dialect.MODULES or self._guarded:
            return
        advice = dialect.MISSING_MODULES.get(top, "a plugin imports the kernel and itself")
        self._refuse(node, f"module {symbol.module} does not exist on a device", advice)

    def _check_decorator(self, node: ast.expr) -> None:
        if isinstance(node, ast.Subscript):
            self._refuse(node, "a decorator with a subscript", "name it first")

    def _check_builtin_call(self, node: ast.Call) -> None:
        name = node.func.id if type(node.func) is ast.Name else ""
        given = {keyword.arg for keyword in node.keywords}
        if name == "next" and len(node.args) > 1:
            self._refuse(node, "next() with a default", "use a loop")
        elif name in ("min", "max") and "default" in given:
            self._refuse(node, f"{name}() with a default", "test for emptiness first")
        elif name == "zip" and given:
            self._refuse(node, "zip() with strict", "leave it out")
        elif name == "isinstance" and len(node.args) == 2:
            self._check_isinstance(node.args[1])
        elif name in dialect.BY_NAME and not isinstance(node.args[1], ast.Constant):
            self._refuse(node, f"{name}() with a computed name", "use a dict")

    def _check_isinstance(self, kinds: ast.expr) -> None:
        if isinstance(kinds, ast.BinOp):
            self._refuse(kinds, "isinstance() with |", "use a tuple")
        parts = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
        if any(type(part) is ast.Name and part.id == "int" for part in parts):
            self._refuse(kinds, "isinstance(x, int): True is no int here", "use type(x) is int")

    def _check_method_call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Attribute):
            return
        name, first = node.func.attr, node.args[0] if node.args else None
        if name in ("startswith", "endswith") and self._is_tuple(first):
            self._refuse(node, f"{name}() with a tuple", "join two tests with or")
        if name in dialect.NO_KEYWORDS and name not in self._own and node.keywords:
            self._refuse(node, f"{name}() with keywords", "pass them by position")
        text = node.func.value.value if isinstance(node.func.value, ast.Constant) else ""
        plain = str(text).replace("{{", "").replace("}}", "")
        if name == "format" and _NESTED_FIELD.search(plain):
            self._refuse(node, "nested fields in a format", "compute the value first")

    def _is_tuple(self, node: ast.expr | None) -> bool:
        symbol = target(node)
        definition = None if symbol is None else self._program.definition(symbol)
        if definition is not None and isinstance(definition.node, ast.Assign):
            node = definition.node.value
        return isinstance(node, ast.Tuple)

    def _check_function_attribute(self, node: ast.Attribute) -> None:
        symbol = target(node.value)
        definition = None if symbol is None else self._program.definition(symbol)
        if definition is not None and isinstance(definition.node, ast.FunctionDef):
            self._refuse(node, "an attribute of a function", "keep it in the instance")

    def _enter(self, node: ast.AST, names: set[str]) -> None:
        self._locals.append(names)
        self.generic_visit(node)
        self._locals.pop()

    def _refuse(self, node: ast.AST, problem: str, advice: str) -> None:
        line = getattr(node, "lineno", 0)
        self._findings.add(self._module.shown, line, problem, advice)


_SHARED = ("ocpp_kernel", "runtime")
_WIRING = ("app",)


def _is_class(node: ast.expr) -> bool:
    """`type(x)` or `x.__class__`: classes do have names."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "type"
    return isinstance(node, ast.Attribute) and node.attr == "__class__"


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
