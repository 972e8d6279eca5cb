"""Finds and reads the modules that belong to the bundle, and follows names across them."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from device_bundle.findings import BundleError, Finding, Findings
from device_bundle.origins import mark
from device_bundle.program import Definition, Module, Symbol
from device_bundle.toplevel import collect


class Root(NamedTuple):
    """A package or single module that may be bundled.

    `package` names the group its code is emitted under; `path` is set for a plugin given as a file.
    """

    name: str
    package: str
    path: Path | None = None


class Program:
    """The modules reachable from the roots, read on demand; each is read once."""

    def __init__(self, roots: Iterable[Root], findings: Findings, base: Path | None = None) -> None:
        self._roots = {root.name: root for root in roots}
        self._modules: dict[str, Module | None] = {}
        self._files: list[Module] = []
        self._base = base or Path.cwd()
        self.findings = findings

    def root_of(self, name: str) -> Root | None:
        """The root that owns module `name`: the longest one that is a prefix of it."""
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            root = self._roots.get(".".join(parts[:end]))
            if root is not None:
                return root
        return None

    def module(self, name: str) -> Module | None:
        """The module called `name`, or None when it is not part of the bundle's sources."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def add(self, module: Module) -> None:
        """Put in a module that has no file."""
        self._modules[module.name] = module

    def modules(self) -> Mapping[str, Module]:
        """Every module read so far."""
        return {name: module for name, module in self._modules.items() if module is not None}

    @property
    def files(self) -> Sequence[Module]:
        """The modules that were read from files; the marks of `origins` are positions in it."""
        return self._files

    def definition(self, symbol: Symbol) -> Definition | None:
        """The statement that defines `symbol`, or None for names from outside the bundle."""
        module = self.module(symbol.module)
        return None if module is None else module.by_name.get(symbol.name)

    def canonical(self, symbol: Symbol) -> Symbol:
        """Follow imports and re-exports from `symbol` to the name's own definition."""
        seen = set()
        while symbol.name and symbol not in seen:
            seen.add(symbol)
            module = self.module(symbol.module)
            if module is not None and symbol.name in module.by_name:
                break
            imported = module.imports.get(symbol.name) if module is not None else None
            if imported is not None and imported != symbol:
                symbol = imported
                continue
            submodule = f"{symbol.module}.{symbol.name}"
            if self.root_of(submodule) is None or self.module(submodule) is None:
                break
            symbol = Symbol(submodule, "")
        return symbol

    def _read(self, name: str) -> Module | None:
        root = self.root_of(name)
        path = None if root is None else _locate(name, root)
        if root is None or path is None:
            return None
        shown = self._shown(path)
        try:
            text = path.read_text(encoding="utf-8-sig")  # some editors put a mark before it
            tree = ast.parse(text, filename=shown)
        except SyntaxError as error:
            raise BundleError(Finding(shown, error.lineno or 0, error.msg)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise BundleError(f"{shown}: cannot be read: {error}") from None
        is_package = path.name == "__init__.py"
        module = Module(name, path, shown, root.package, is_package, text.splitlines(), tree)
        module.place = _place(module, root)
        mark(tree, len(self._files))
        self._files.append(module)
        collect(module)
        return module

    def _shown(self, path: Path) -> str:
        """`path` as people write it: relative to where the bundler runs, where that is shorter."""
        try:
            return path.resolve().relative_to(self._base.resolve()).as_posix()
        except ValueError:
            return path.as_posix()


def _place(module: Module, root: Root) -> str:
    if root.path is None:
        parts = module.name.split(".") + ["__init__"] * module.is_package
        return f"{'/'.join(parts)}.py"
    return module.path.relative_to(root.path.parent).as_posix()


def _locate(name: str, root: Root) -> Path | None:
    """The source file of module `name`; no module code is run apart from package __init__s."""
    if root.path is not None:
        return _below(root.path, name.removeprefix(root.name).strip("."))
    try:
        spec = importlib.util.find_spec(name)
    except (ModuleNotFoundError, ValueError):
        loaded = getattr(sys.modules.get(name), "__file__", None)
        return Path(loaded) if loaded else None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


def _below(path: Path, rest: str) -> Path | None:
    """The file for the dotted name `rest` below a plugin's own file or folder."""
    if path.is_file():
        return path if not rest else None
    below = path.joinpath(*rest.split(".")) if rest else path
    candidates = [below.with_suffix(".py")] if rest else []
    return next((file for file in [*candidates, below / "__init__.py"] if file.is_file()), None)
