"""Finding plugins and importing the role that runs.

One entry-point group, ``ocpp_kernel``, holds in-tree and third-party plugins alike; the
configuration adds modules and files. What is switched off is never imported. A plugin that fails
is named in :attr:`PluginSet.problems` and the rest goes on.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import pkgutil
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ocpp_kernel import schema
from ocpp_kernel.config import Config, ConfigError, unknown
from ocpp_kernel.config_values import is_path, name_of
from ocpp_kernel.contracts import Action
from ocpp_kernel.failures import place
from ocpp_kernel.hookspecs import SINGLE_OWNER
from ocpp_kernel.importing import Found, import_module, import_part, module_of
from ocpp_kernel.role_faults import ROLE_CLASSES, PluginError, is_hook, role_fault, unmet
from ocpp_kernel.roles import deprecations, hooks_of, routes_of

__all__ = [
    "Found",
    "Plugin",
    "PluginError",
    "PluginSet",
    "actions_of",
    "discover",
    "enabled",
    "giving_way",
    "hooks_of",
    "load",
    "load_part",
    "load_plugin",
    "modules_of",
    "refuse_missing",
    "refuse_unmet",
    "routes_of",
]

GROUP = "ocpp_kernel"
#: Whose entry points win where another distribution offers the same name.
_OWN = "ocpp-kernel"


@dataclass
class Plugin:
    """A plugin whose code is loaded; a role or messages it lacks are None."""

    found: Found
    messages: ModuleType | None = None
    role: Any = None

    @property
    def name(self) -> str:
        """The name by which the configuration knows it."""
        return self.found.name

    def actions(self) -> list[Action[Any, Any]]:
        """The actions its messages module defines."""
        if self.messages is None:
            return []
        return [value for value in vars(self.messages).values() if isinstance(value, Action)]


@dataclass
class PluginSet:
    """The loaded plugins of one role, and what went wrong with the others."""

    role: str
    plugins: list[Plugin] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    #: What works for now but should be changed.
    warnings: list[str] = field(default_factory=list)
    #: The names of all plugins that are there, switched on or not.
    there: frozenset[str] = frozenset()

    def leave_out(self, plugin: Plugin, why: str) -> None:
        """Takes a plugin out again; ``why`` becomes a problem."""
        self.plugins.remove(plugin)
        self.problems.append(f"plugin {plugin.name}: {why}")


def discover(config: Config) -> list[Found]:
    """Every plugin that could run, switched on or not, sorted by name."""
    found: dict[str, Found] = {}
    for maker, point in _entry_points():
        first = found.get(point.name)
        if first is None:
            source, own = f"installed by {maker}", maker == _OWN
            found[point.name] = Found(point.name, point.value, source, own=own)
        else:
            found[point.name] = replace(first, rivals=(*first.rivals, maker))
    for text in config.load:
        name = name_of(text)
        if name in found:
            raise ConfigError(
                f"{config.file}: plugins.load: a plugin named {name} is there already "
                f"({found[name].source}); rename one of them"
            )
        source = "plugins.load" if config.path is None else f"{config.file}: plugins.load"
        found[name] = Found(name, _located(config, text), source)
    return sorted(found.values(), key=lambda plugin: plugin.name)


def enabled(config: Config) -> list[Found]:
    """The plugins to run. Raises ConfigError where the file names one that is not there."""
    found = discover(config)
    names = [plugin.name for plugin in found]
    for name in config.profiles:
        if name not in names:
            raise ConfigError(unknown(config.file, f"profiles.{name}", name, names))
    for role, tables in config.settings.items():
        for name in tables:
            if name not in names:
                raise ConfigError(unknown(config.file, f"[{role}.{name}]", name, names))
    for name in config.require:
        if name not in names:
            raise ConfigError(unknown(config.file, f"plugins.require: {name}", name, names))
        if not config.is_enabled(name):
            raise ConfigError(
                f"{config.file}: plugins.require: {name} is switched off in [profiles]; "
                "switch it on, or require it no longer"
            )
    return [plugin for plugin in found if config.is_enabled(plugin.name)]


def load(config: Config, role: str) -> PluginSet:
    """Imports messages and role of every enabled plugin."""
    loaded = PluginSet(role, there=frozenset(found.name for found in discover(config)))
    for found in enabled(config):
        for rival in found.rivals:
            loaded.problems.append(
                f"plugin {found.name}: {rival} offers one of that name too; the one "
                f"{found.source} is used, uninstall one of them"
            )
        try:
            loaded.plugins.append(load_plugin(found, role))
        except PluginError as error:
            loaded.problems.append(str(error))
    _give_way(config, loaded)
    for plugin in loaded.plugins:
        texts = deprecations(plugin.role) if plugin.role is not None else []
        loaded.warnings.extend(f"plugin {plugin.name}: {text}" for text in texts)
    refuse_unmet(loaded)
    return loaded


def giving_way(config: Config, hooks: Mapping[str, Container[str]]) -> dict[str, str]:
    """Plugins that do not run, each with the one it gives way to.

    Of several that own a hook which has one owner, such as drivers, those give way that the
    configuration does not name where it names another: installing one must not stop what runs.
    ``hooks`` are those each plugin has.
    """
    given: dict[str, str] = {}
    for hook in SINGLE_OWNER:
        owners = [name for name, its in hooks.items() if hook in its]
        named = [name for name in owners if _asks_for(config, name)]
        if named:
            given.update({name: named[0] for name in owners if name not in named})
    return given


def _asks_for(config: Config, name: str) -> bool:
    """Whether the configuration itself names a plugin as one that is to run."""
    return config.profiles.get(name, False) or name in (*config.require, *map(name_of, config.load))


def _give_way(config: Config, loaded: PluginSet) -> None:
    hooks = {plugin.name: dir(plugin.role) for plugin in loaded.plugins if plugin.role is not None}
    given = giving_way(config, hooks)
    loaded.plugins = [plugin for plugin in loaded.plugins if plugin.name not in given]
    for name, other in given.items():
        loaded.warnings.append(
            f"plugin {name}: gives way to {other}, which {config.file} names and which does the "
            f"same; to say so, write {name} = false in [profiles]"
        )


def refuse_missing(config: Config, loaded: PluginSet) -> None:
    """Raises PluginError where a plugin of ``[plugins] require`` was left out."""
    names = [plugin.name for plugin in loaded.plugins]
    missing = [name for name in config.require if name not in names]
    if missing:
        reasons = [text for text in loaded.problems if _about(text) in missing]
        raise PluginError(
            f"{config.file}: plugins.require: without {', '.join(missing)} nothing starts: "
            + "; ".join(reasons)
        )


def _about(problem: str) -> str:
    """The plugin a problem is about."""
    return problem.removeprefix("plugin ").partition(":")[0]


def load_plugin(found: Found, role: str) -> Plugin:
    """Imports one plugin for a role; raises :class:`PluginError`."""
    package = import_module(found, found.module)
    if hasattr(package, "__path__"):
        plugin = _load_folder(found, package, role)
    else:
        plugin = _load_module(found, package, role)
    fault = role_fault(role, plugin.role) if plugin.role is not None else ""
    fault = fault or next(filter(None, map(_contract_fault, plugin.actions())), "")
    if fault:
        raise PluginError(f"plugin {found.name}: {fault}")
    return plugin


def _contract_fault(action: Action[Any, Any]) -> str:
    """Why an action's messages cannot be validated; "" if they can."""
    messages: tuple[Any, ...] = (action.request, action.response)
    for message in messages:
        try:
            schema.compiled(message)
        except Exception as error:  # noqa: BLE001 - annotations may name anything
            what = getattr(message, "__name__", repr(message))
            return f"action {action.name}: {what}: {error} {place(message)}".rstrip()
    return ""


def load_part(found: Found, part: str) -> ModuleType | None:
    """Imports another module of a plugin's folder; None where it has none, or is one module.

    Raises :class:`PluginError`.
    """
    package = import_module(found, found.module)
    return import_part(found, package, part) if hasattr(package, "__path__") else None


def _load_module(found: Found, module: ModuleType, role: str) -> Plugin:
    plugin = Plugin(found, module, getattr(module, ROLE_CLASSES[role], None))
    if not plugin.actions() and not any(hasattr(module, name) for name in ROLE_CLASSES.values()):
        raise PluginError(
            f"plugin {found.name}: {module.__name__} has neither a class "
            f"{' nor '.join(ROLE_CLASSES.values())} nor any action; "
            f"{_remedy(module, *ROLE_CLASSES.values())}"
        )
    return plugin


def _remedy(module: ModuleType, *wanted: str) -> str:
    """What to do where a module lacks the class wanted."""
    here = [name for name, value in vars(module).items() if isinstance(value, type)]
    for name in wanted:
        near = difflib.get_close_matches(name.lower(), [n.lower() for n in here], 1, 0.8)
        if near:
            misnamed = next(n for n in here if n.lower() == near[0])
            return f"rename {misnamed} to {name} ({module.__file__})"
    return f"add one ({module.__file__})"


def _load_folder(found: Found, package: ModuleType, role: str) -> Plugin:
    messages = import_part(found, package, "messages")
    module = import_part(found, package, role)
    misnamed = "" if module is not None else _misnamed(package, role)
    if misnamed:
        raise PluginError(f"plugin {found.name}: rename {misnamed} to {role}.py")
    if module is None:
        parts = ["messages", *ROLE_CLASSES]
        if not any(importlib.util.find_spec(f"{package.__name__}.{part}") for part in parts):
            raise PluginError(
                f"plugin {found.name}: {package.__name__} has none of the modules "
                f"{', '.join(parts)}; add one ({package.__file__})"
            )
        return Plugin(found, messages)
    cls = getattr(module, ROLE_CLASSES[role], None)
    if cls is None:
        raise PluginError(
            f"plugin {found.name}: {module.__name__} has no class {ROLE_CLASSES[role]}; "
            f"{_remedy(module, ROLE_CLASSES[role])}"
        )
    return Plugin(found, messages, cls)


def _misnamed(package: ModuleType, part: str) -> str:
    """A file of the package that seems to be the part it lacks."""
    parts = ("messages", "commands", *ROLE_CLASSES)
    there = [m.name for m in pkgutil.iter_modules(package.__path__) if m.name not in parts]
    near = difflib.get_close_matches(part, there, 1, 0.8)
    return str(Path(package.__path__[0]) / f"{near[0]}.py") if near else ""


def actions_of(loaded: PluginSet) -> dict[str, Action[Any, Any]]:
    """Every action by name; raises PluginError where two plugins define the same one.

    An action that a plugin imports from another is the same one.
    """
    actions: dict[str, Action[Any, Any]] = {}
    owners: dict[str, str] = {}
    for plugin in loaded.plugins:
        for action in plugin.actions():
            other = owners.get(action.name)
            if actions.get(action.name) is action:
                continue
            if other is not None:
                raise PluginError(
                    f"action {action.name} is defined by plugins {other} and {plugin.name}; "
                    "switch one of them off in [profiles]"
                )
            actions[action.name], owners[action.name] = action, plugin.name
    return actions


def modules_of(loaded: PluginSet) -> dict[str, str]:
    """The module, or the package, that each plugin is in."""
    every = [plugin.found for plugin in loaded.plugins]
    return {f.name: module_of(f.name) if is_path(f.module) else f.module for f in every}


def refuse_unmet(loaded: PluginSet) -> None:
    """Leaves out plugins whose ``requires`` names a plugin, or a hook, that is not there."""
    while True:
        roles = [plugin for plugin in loaded.plugins if plugin.role is not None]
        names = {plugin.name for plugin in roles}
        names.update(name for plugin in roles for name in dir(plugin.role) if is_hook(name))
        for plugin in loaded.plugins:
            missing = [n for n in getattr(plugin.role, "requires", ()) if n not in names]
            if missing:
                why = f"{_unmet(loaded, missing)} {place(plugin.role)}"
                loaded.leave_out(plugin, why.rstrip())
                break
        else:
            return


def _unmet(loaded: PluginSet, missing: list[str]) -> str:
    failed = {_about(text) for text in loaded.problems}
    silent = {plugin.name for plugin in loaded.plugins if plugin.role is None}
    if not silent.isdisjoint(missing):
        name = next(name for name in missing if name in silent)
        return f"requires {name}, which has no part for a {loaded.role.replace('_', ' ')}"
    return unmet(missing, loaded.there, failed)


def _located(config: Config, text: str) -> str:
    if not is_path(text):
        return text
    return str(config.beside(text).resolve())


def _entry_points() -> list[tuple[str, importlib.metadata.EntryPoint]]:
    """Every entry point of the group with its distribution, this one's own first."""
    points = [
        (point.dist.name if point.dist is not None else "an unknown distribution", point)
        for point in importlib.metadata.entry_points(group=GROUP)
    ]
    return sorted(points, key=lambda pair: (pair[0] != _OWN, pair[0], pair[1].name))
