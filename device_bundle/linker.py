"""From the enabled plugins to one program: everything a device reaches, lowered and checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from device_bundle import app, later
from device_bundle.check import check
from device_bundle.contracts import Messages, read_messages, refuse_wrong_direction, tables
from device_bundle.findings import BundleError, Finding, Findings
from device_bundle.firmware import OWN, firmware_names
from device_bundle.lowering import lower
from device_bundle.optimise import Wishes, optimise
from device_bundle.program import Definition, Module, Symbol
from device_bundle.roles import CLASS, ROLE, Role, read_role, refuse_conflicts
from device_bundle.scopes import resolve
from device_bundle.settings import fold, fold_plugin
from device_bundle.shapes import Shapes, classify
from device_bundle.sources import Program, Root
from device_bundle.targets import refuse_absent, target_of
from device_bundle.told import TOLD, file_texts
from device_bundle.unused import Reach
from ocpp_kernel.config import Config
from ocpp_kernel.plugins import Found, giving_way

KERNEL = Root("ocpp_kernel", "ocpp_kernel")
#: What tells the sentences of a file; it stands before all that may use it.
TEXTS = Root(TOLD.module, KERNEL.package)
RUNTIME = Root("device_bundle.runtime", "runtime")
#: Files every bundle has, without their endings; no plugin may be called so.
_OWN_FILES = (KERNEL.package, RUNTIME.package, app.TABLES, app.NAME, "main", "texts")


@dataclass
class Linked:
    """The program of one device."""

    roles: list[Role]
    #: What is reached, and the names it takes from the firmware.
    definitions: list[Definition]
    outside: set[Symbol]
    #: Packages, those others depend on first.
    order: list[str]
    #: Attributes that may be those of firmware objects.
    firmware_names: set[str]
    #: The file of sentences beside the program; empty for none.
    texts: bytes = b""
    #: Whether it moves files and installs images.
    moving: bool = False
    #: The files it was read from, as the marks of `origins` count them.
    files: Sequence[Module] = ()
    #: What may be right, but means something else on a device.
    warnings: Sequence[Finding] = ()

    def __post_init__(self) -> None:
        """Sort the definitions as in the source, so that nothing depends on chance; file texts."""
        self.definitions.sort(key=self._place)
        self.texts = file_texts(self.definitions)

    def _place(self, definition: Definition) -> tuple[int, str, int]:
        module = definition.module
        return self.order.index(module.package), module.name, definition.node.lineno


def link(
    config: Config, plugins: Sequence[Found], base: Path | None = None, *, readable: bool = False
) -> Linked:
    """Read, lower and check everything the plugins' charge points need.

    `base` is the folder that paths in messages are relative to; `readable` leaves every function
    where it is. Raises ConfigError for settings that do not fit, BundleError with every finding.
    """
    roots = [root_of(found) for found in plugins]
    _refuse_names(roots)
    target = target_of(config)
    replaced = target.roots()
    program = Program([KERNEL, RUNTIME, TEXTS, *app.ROOTS, *roots, *replaced], Findings(), base)
    symbols = [(root, role_symbol(program, root)) for root in roots]
    host = [app.RUN, app.SETTINGS, app.OFFER, TOLD]
    shapes = resolve_all(program, [*host, *(s for _, s in symbols if s)])
    moving = app.asks_for(_defined(program, roots), app.OFFERED)
    roles = [read_role(program, shapes, root.package, s) for root, s in symbols if s]
    given = giving_way(config, {role.plugin: role.hooks for role in roles})
    if given:
        left = [found for found in plugins if found.name not in given]
        return link(config, left, base, readable=readable)
    if program.findings:
        _tell_all(program, shapes, roles)
    refuse_conflicts(roles)
    messages = read_messages(plugins, {symbol.module for symbol in shapes.actions})
    refuse_wrong_direction(messages, roles)
    _fold_settings(program, config, roles, messages)
    program.add(app.tables_module({}, ()))
    reach = follow(program, shapes, app.app_module(roles, moving, config.charge_point.lenient))
    _add_tables(program, reach, roles, messages)
    order = [KERNEL.package, *(root.package for root in roots), RUNTIME.package]
    wishes = Wishes(config.bundle.log, config.bundle.texts, readable)
    refuse_absent(target, reach.definitions, program.findings)
    linked = finish(program, reach, [*order, app.TABLES, app.NAME], roles, wishes)
    linked.moving = moving
    return linked


def _refuse_names(roots: Sequence[Root]) -> None:
    """Raises BundleError for plugins that cannot be a file of the bundle by their name."""
    faults = [
        f"plugin {root.package}: {why}; rename it"
        for root in roots
        for why in (_name_fault(root.package),)
        if why
    ]
    if faults:
        raise BundleError(*faults)


def _name_fault(name: str) -> str:
    if name in _OWN_FILES or name.startswith(later.PREFIX):
        return "every bundle has a file of that name"
    return "" if name.isidentifier() else "a module imports names of letters, digits and _ only"


def _tell_all(program: Program, shapes: Shapes, roles: Sequence[Role]) -> None:
    """Raises BundleError for roles that are wrong, and for what else a device cannot run."""
    program.add(app.tables_module({}, ()))
    reach = follow(program, shapes, app.app_module(roles))
    reach.definitions[:] = [part for part in reach.definitions if part.module.name != app.TABLES]
    finish(program, reach, [])


def resolve_all(program: Program, symbols: Iterable[Symbol]) -> Shapes:
    """Resolve every module reached by imports from where these symbols are defined."""
    for symbol in symbols:
        program.definition(symbol)
    done: set[str] = set()
    while True:
        waiting = [module for name, module in program.modules().items() if name not in done]
        if not waiting:
            return classify(program)
        for module in waiting:
            resolve(program, module)
            done.add(module.name)


def follow(program: Program, shapes: Shapes, entry: Module) -> Reach:
    """Lower the program and find what the last statement of `entry`, which starts it, needs."""
    program.add(entry)
    resolve(program, entry)
    lower(program, shapes)
    reach = Reach(program)
    reach.follow(entry.definitions[-1])
    reach.drop_unused_members()
    return reach


def finish(
    program: Program,
    reach: Reach,
    order: list[str],
    roles: Sequence[Role] = (),
    wishes: Wishes = Wishes(),  # noqa: B008  # a tuple, which nobody can change
) -> Linked:
    """Check what was reached and make it small; raises BundleError with every finding."""
    for definition in reach.definitions:
        program.findings.include(definition.findings)
    check(program, reach.definitions, program.findings)
    program.findings.raise_if_any()
    names = firmware_names(program, reach.definitions)
    reach = optimise(program, reach, names, wishes)
    own = {part.module.shown for part in reach.definitions if part.module.name.startswith(OWN)}
    return Linked(
        list(roles),
        reach.definitions,
        reach.outside,
        order,
        names,
        files=program.files,
        warnings=[found for found in program.findings.warnings if found.path not in own],
    )


def root_of(found: Found) -> Root:
    """Where a plugin's source is."""
    if "/" in found.module or "\\" in found.module:
        return Root(f"ocpp_plugin_{found.name}", found.name, Path(found.module))
    return Root(found.module, found.name)


def role_symbol(program: Program, root: Root) -> Symbol | None:
    """A plugin's charge point class; None where it has no such role.

    Raises BundleError where there is no source, or a role module without its class.
    """
    module = program.module(root.name)
    if module is None:
        raise BundleError(f"plugin {root.package}: there is no source for {root.name}")
    part = program.module(f"{root.name}.{ROLE}") if module.is_package else module
    if part is None or (part is module and CLASS not in part.by_name):
        return None
    symbol = program.canonical(Symbol(part.name, CLASS))
    if program.definition(symbol) is None:
        raise BundleError(f"{part.shown}:1: there is no class {CLASS}; add one")
    return symbol


def _defined(program: Program, roots: Sequence[Root]) -> list[Definition]:
    """Everything defined in these packages, as far as it was needed."""
    packages = {root.package for root in roots}
    modules = [part for part in program.modules().values() if part.package in packages]
    return [definition for module in modules for definition in module.definitions]


def _fold_settings(
    program: Program, config: Config, roles: Sequence[Role], messages: Messages
) -> None:
    for role in roles:
        fold_plugin(program, config, role.plugin, role.settings)
    given = {name: getattr(config.charge_point, name) for name in ("url", "identity", "password")}
    given |= msgspec.structs.asdict(config.device)
    given["target"] = config.bundle.target
    fold(program, app.SETTINGS, {**given, "subprotocols": messages.subprotocols})


def _add_tables(program: Program, reach: Reach, roles: Sequence[Role], messages: Messages) -> None:
    """Put the tables in place of the empty ones, now that it is known what the program calls."""
    handled = {action for role in roles for action in role.routes}
    contracts, foreign = tables(messages, handled, app.texts(reach.definitions))
    module = app.tables_module(contracts, foreign)
    program.add(module)
    resolve(program, module)
    others = [part for part in reach.definitions if part.module.name != app.TABLES]
    reach.definitions[:] = [*others, *module.definitions]
