"""From the enabled plugins to one program: everything a device reaches, lowered and checked."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from device_bundle import app
from device_bundle.check import check
from device_bundle.contracts import Messages, read_messages, refuse_wrong_direction, tables
from device_bundle.findings import BundleError, Findings
from device_bundle.lower_typing import NAMEDTUPLE
from device_bundle.lowering import lower
from device_bundle.program import Definition, Symbol, target
from device_bundle.roles import CLASS, ROLE, Role, read_role, refuse_conflicts
from device_bundle.scopes import resolve
from device_bundle.settings import fold, fold_plugin
from device_bundle.shapes import Shapes, classify
from device_bundle.sources import Program, Root
from device_bundle.unused import Reach
from ocpp_kernel.config import Config
from ocpp_kernel.plugins import Found

KERNEL = Root("ocpp_kernel", "ocpp_kernel")
RUNTIME = Root("device_bundle.runtime", "runtime")

_OWN = ("ocpp_kernel.", "ocpp_plugins.", "device_bundle.")


@dataclass
class Linked:
    """The program of one device."""

    roles: list[Role]
    #: What is reached, and the names it takes from the firmware.
    definitions: list[Definition]
    outside: set[Symbol]
    #: Packages, those others depend on first.
    order: list[str]
    #: Modules that may handle objects of the firmware.
    firmware_users: set[str]

    def __post_init__(self) -> None:
        """Sort the definitions as they stand in the source, so that nothing depends on chance."""
        self.definitions.sort(key=self._place)

    def _place(self, definition: Definition) -> tuple[int, str, int]:
        module = definition.module
        return self.order.index(module.package), module.name, definition.node.lineno


def link(config: Config, plugins: Sequence[Found], base: Path | None = None) -> Linked:
    """Read, lower and check everything the plugins' charge points need.

    Raises ConfigError for settings that do not fit, BundleError with every finding.
    """
    findings = Findings()
    roots = [_root(found) for found in plugins]
    program = Program([KERNEL, RUNTIME, *app.ROOTS, *roots], findings, base)
    shapes = _resolve_all(program, [app.RUN, *_role_symbols(program, roots)])
    roles = [
        read_role(program, shapes, root.package, symbol)
        for root in roots
        for symbol in _role_symbols(program, [root])
    ]
    refuse_conflicts(roles)
    messages = read_messages(plugins)
    refuse_wrong_direction(messages, roles)
    _fold_settings(program, config, roles, messages)
    module = app.app_module(roles)
    program.add(app.tables_module({}, ()))
    program.add(module)
    resolve(program, module)
    lower(program, shapes)
    reach = Reach(program)
    reach.follow(module.definitions[-1])
    reach.drop_unused_members()
    _add_tables(program, reach, roles, messages)
    for definition in reach.definitions:
        findings.include(definition.findings)
    check(program, reach.definitions, findings)
    findings.raise_if_any()
    order = [KERNEL.package, *(root.package for root in roots), RUNTIME.package]
    return Linked(
        roles,
        reach.definitions,
        reach.outside,
        [*order, app.TABLES, app.NAME],
        _firmware_users(program, reach.definitions),
    )


def _root(found: Found) -> Root:
    if "/" in found.module or "\\" in found.module:
        return Root(f"ocpp_plugin_{found.name}", found.name, Path(found.module))
    return Root(found.module, found.name)


def _role_symbols(program: Program, roots: Iterable[Root]) -> list[Symbol]:
    """The charge point class of each plugin that has one."""
    found = []
    for root in roots:
        module = program.module(root.name)
        if module is None:
            raise BundleError(f"plugin {root.package}: there is no source for {root.name}")
        part = program.module(f"{root.name}.{ROLE}") if module.is_package else module
        if part is None or (part is module and CLASS not in part.by_name):
            continue
        symbol = program.canonical(Symbol(part.name, CLASS))
        if program.definition(symbol) is None:
            raise BundleError(f"{part.shown}:1: there is no class {CLASS}; add one")
        found.append(symbol)
    return found


def _resolve_all(program: Program, symbols: Iterable[Symbol]) -> Shapes:
    """Resolve every module reached by imports from where these symbols are defined."""
    for symbol in [*symbols, app.SETTINGS]:
        program.definition(symbol)
    done: set[str] = set()
    while True:
        waiting = [module for name, module in program.modules().items() if name not in done]
        if not waiting:
            return classify(program)
        for module in waiting:
            resolve(program, module)
            done.add(module.name)


def _fold_settings(
    program: Program, config: Config, roles: Sequence[Role], messages: Messages
) -> None:
    for role in roles:
        fold_plugin(program, config, role.plugin, role.settings)
    host = program.definition(app.SETTINGS)
    assert host is not None
    given = {name: getattr(config.charge_point, name) for name in ("url", "identity", "password")}
    fold(host, {**given, "subprotocols": messages.subprotocols})


def _add_tables(
    program: Program, reach: Reach, roles: Sequence[Role], messages: Messages
) -> None:
    """Fill the tables in, now that it is known what the program calls."""
    handled = {action for role in roles for action in role.routes}
    contracts, foreign = tables(messages, handled, app.texts(reach.definitions))
    filled = app.tables_module(contracts, foreign)
    resolve(program, filled)
    for empty, full in zip(program.modules()[app.TABLES].definitions, filled.definitions, strict=True):
        empty.node = full.node


def _firmware_users(program: Program, definitions: Sequence[Definition]) -> set[str]:
    """Modules that import the firmware's; of foreign plugins the whole package, to be safe."""
    names: set[str] = set()
    packages: set[str] = set()
    for definition in definitions:
        if any(_uses_firmware(program, node) for node in ast.walk(definition.node)):
            names.add(definition.module.name)
            if not definition.module.name.startswith(_OWN):
                packages.add(definition.module.package)
    return names | {d.module.name for d in definitions if d.module.package in packages}


def _uses_firmware(program: Program, node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    symbol = target(node)
    return symbol not in (None, NAMEDTUPLE) and program.definition(symbol) is None
