"""Reads a module's top level: what it imports, what it defines, what it must not do there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from device_bundle.program import Module, Symbol

_RUNS_AT_IMPORT = "code that runs when the module is imported"
_PUT_IN_INSTANCE = "state and start-up belong in the role's instance"


def collect(module: Module) -> None:
    """Fill in `module.imports` and `module.definitions` from its tree."""
    for node in _statements(module.tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module.imports.update(imported(module, node))
        elif not _ignored(node):
            names = bound_names(node)
            if names or not isinstance(node, ast.AnnAssign):
                module.define(names, node)


def imported(module: Module, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Symbol]]:
    """The local names an import statement binds, and what each stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, Symbol(alias.name, "")) if alias.asname else (top, Symbol(top, ""))
        return
    source = _absolute(module, node)
    for alias in node.names:
        yield alias.asname or alias.name, Symbol(source, alias.name)


def misplaced(node: ast.stmt) -> str:
    """Why `node` may not stand at a module's top level, or "" when it may."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return ""
    if isinstance(node, ast.Assign | ast.AnnAssign) and bound_names(node):
        return ""
    if isinstance(node, ast.Try) and is_import_guard(node):
        return ""
    return f"{_RUNS_AT_IMPORT}; {_PUT_IN_INSTANCE}"


def bound_names(node: ast.stmt) -> tuple[str, ...]:
    """The module-level names a statement binds; () when it binds none or something else too."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.AnnAssign):
        return _target_names([node.target]) if node.value is not None else ()
    if isinstance(node, ast.Assign):
        return _target_names(node.targets)
    if isinstance(node, ast.Try):
        return tuple(dict.fromkeys(_guard_names(node)))
    return ()


def is_import_guard(node: ast.Try) -> bool:
    """True for `try: import a ... except ImportError: import b ...`, assignments included."""
    catches = all(
        isinstance(handler.type, ast.Name) and handler.type.id == "ImportError"
        for handler in node.handlers
    )
    simple = ast.Import | ast.ImportFrom | ast.Assign | ast.Pass
    return catches and all(isinstance(part, simple) for part in _guard_parts(node))


def _guard_parts(node: ast.Try) -> list[ast.stmt]:
    parts = node.body + node.orelse + node.finalbody
    for handler in node.handlers:
        parts = parts + handler.body
    return parts


def _guard_names(node: ast.Try) -> Iterator[str]:
    for part in _guard_parts(node):
        if isinstance(part, ast.Assign):
            yield from _target_names(part.targets)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            for alias in part.names:
                yield alias.asname or alias.name.partition(".")[0]


def _target_names(targets: list[ast.expr]) -> tuple[str, ...]:
    names: list[str] = []
    for target in targets:
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        for part in parts:
            if not isinstance(part, ast.Name):
                return ()
            names.append(part.id)
    return tuple(names)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that exist at run time: not those under `if TYPE_CHECKING`."""
    for node in body:
        if isinstance(node, ast.If) and _names(node.test, "TYPE_CHECKING"):
            yield from _statements(node.orelse)
        elif not (isinstance(node, ast.If) and _is_main_guard(node.test)):
            yield node


def _names(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == name
    return isinstance(node, ast.Name) and node.id == name


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and _names(test.left, "__name__")


def _ignored(node: ast.stmt) -> bool:
    """Docstrings, `pass`, overload declarations and `__all__` mean nothing on a device."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.FunctionDef):
        return any(_names(decorator, "overload") for decorator in node.decorator_list)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return bound_names(node) == ("__all__",)
    return isinstance(node, ast.Pass) or type(node).__name__ == "TypeAlias"


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    keep = len(parts) - node.level + (1 if module.is_package else 0)
    return ".".join(parts[:keep] + ([node.module] if node.module else []))
