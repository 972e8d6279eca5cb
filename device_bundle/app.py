"""Writes the application module: plugin instances, routes, hooks and contracts as literals.

It is made as ordinary source and goes through the same passes as everything else. On CPython
`ocpp_kernel.build` does the same by discovery.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from device_bundle.program import Definition, Module, Symbol
from device_bundle.roles import Role
from device_bundle.sources import Root
from device_bundle.toplevel import collect
from device_bundle.trees import walk

NAME = "app"
#: The tables are a module of their own: once imported, the code that built them is garbage,
#: whereas that of the application module lives as long as the application runs.
TABLES = "tables"
ROOTS = (Root(NAME, NAME), Root(TABLES, TABLES))
OFFER = Symbol("device_bundle.runtime.moving", "offer")
#: The name by which a plugin asks for what `OFFER` offers.
OFFERED = "transfers"
RUN = Symbol("device_bundle.runtime.start", "run")
SETTINGS = Symbol("device_bundle.runtime.settings", "Settings")


def tables_module(contracts: Mapping[str, object], foreign: Iterable[int]) -> Module:
    """The module with the contracts, and the fingerprints of what this station only knows of."""
    ordered = {name: contracts[name] for name in sorted(contracts)}
    shared = _Shared(ordered)
    table = shared.text(ordered)
    return generated(
        TABLES,
        [*shared.lines, f"CONTRACTS = {table}", f"FOREIGN = {tuple(sorted(foreign))!r}"],
    )


def app_module(roles: Sequence[Role], moving: bool = False, lenient: bool = False) -> Module:
    """The module that makes the plugins and starts the main loop when it is imported.

    moving: whether the plugins are to be offered what moves files and installs images; lenient:
    whether messages may hold what their contracts do not know.
    """
    symbols = (RUN, SETTINGS, OFFER) if moving else (RUN, SETTINGS)
    lines = [*_imports(roles, symbols), *_install(roles, lenient)]
    arguments = ["install", *(symbol.name for symbol in symbols[1:])]
    return generated(NAME, lines, f"{RUN.name}({', '.join(arguments)})")


def asks_for(definitions: Iterable[Definition], name: str) -> bool:
    """Whether anything in the definitions names what a shell offers by that name."""
    return name in texts(definitions)


def texts(definitions: Iterable[Definition]) -> set[str]:
    """Every text in the program: those that are names of actions may be actions it calls."""
    return {
        node.value
        for definition in definitions
        if definition.module.name not in (NAME, TABLES)
        for node in walk(definition.node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


class _Shared:
    """Parts that occur in several contracts, each made once: a device holds them but once."""

    def __init__(self, value: object) -> None:
        self.lines: list[str] = []
        self._names: dict[str, str] = {}
        self._uses: Counter[str] = Counter()
        self._count(value)

    def _count(self, value: object) -> None:
        if isinstance(value, dict | list | tuple):
            self._uses[repr(value)] += 1
            if self._uses[repr(value)] == 1:
                for part in value.values() if isinstance(value, dict) else value:
                    self._count(part)

    def text(self, value: object) -> str:
        """The value as source; repeated parts are names, defined in `lines`."""
        whole = repr(value)
        if not isinstance(value, dict | list | tuple):
            return whole
        if whole in self._names:
            return self._names[whole]
        text = self._parts(value)
        if self._uses[whole] < 2:
            return text
        name = self._names[whole] = f"part{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def _parts(self, value: dict[str, object] | list[object] | tuple[object, ...]) -> str:
        if isinstance(value, dict):
            items = [f"{key!r}: {self.text(part)}" for key, part in value.items()]
            return "{" + ", ".join(items) + "}"
        parts = ", ".join(self.text(part) for part in value)
        if isinstance(value, list):
            return f"[{parts}]"
        return f"({parts},)" if parts else "()"


def generated(name: str, lines: Sequence[str], start: str = "") -> Module:
    """A module made of these lines; `start` is the statement by which importing it begins work."""
    tree = ast.parse("\n".join(lines))
    module = Module(name, Path(f"{name}.py"), f"(generated {name}.py)", name, False, [], tree)
    collect(module)
    for statement in ast.parse(start).body:
        module.define((), statement)
    return module


def _imports(roles: Sequence[Role], symbols: Sequence[Symbol]) -> list[str]:
    lines = [f"from {symbol.module} import {symbol.name}" for symbol in symbols]
    lines.append(f"from {TABLES} import CONTRACTS, FOREIGN")
    for number, role in enumerate(roles):
        lines.append(f"from {role.symbol.module} import {role.symbol.name} as role{number}")
        if role.settings is not None:
            source, name = role.settings
            lines.append(f"from {source} import {name} as settings{number}")
    return lines


def _install(roles: Sequence[Role], lenient: bool) -> list[str]:
    lines = ["def install(station):"]
    for number, role in enumerate(roles):
        settings = f"settings{number}" if role.settings is not None else "None"
        lines.append(f"    plugin{number} = role{number}(station, {settings})")
    profiles = tuple(sorted({role.profile for role in roles if role.profile}))
    tables = f"CONTRACTS, {_routes(roles)}, {_hooks(roles)}, {profiles!r}, FOREIGN"
    lines.append(f"    station.install({tables}{', lenient=True' if lenient else ''})")
    return lines


def _routes(roles: Sequence[Role]) -> str:
    routes = {
        action: f"plugin{number}.{method}"
        for number, role in enumerate(roles)
        for action, method in role.routes.items()
    }
    return "{" + ", ".join(f"{action!r}: {routes[action]}" for action in sorted(routes)) + "}"


def _hooks(roles: Sequence[Role]) -> str:
    names = sorted({hook for role in roles for hook in role.hooks})
    entries = []
    for name in names:
        owners = [f"plugin{n}.{name}," for n, role in enumerate(roles) if name in role.hooks]
        entries.append(f"{name!r}: ({' '.join(owners)})")
    return "{" + ", ".join(entries) + "}"
