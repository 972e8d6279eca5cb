"""Finding plugins, importing the role that runs, and connecting what they offer.

One entry-point group, ``ocpp_kernel``, holds in-tree and third-party plugins alike; the
configuration adds modules and files. What is switched off is never imported. A plugin that fails
is named in :attr:`PluginSet.problems` and the rest goes on.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from ocpp_kernel.config import Config, ConfigError, unknown
from ocpp_kernel.contracts import BOTH, Action
from ocpp_kernel.dispatch import Handler
from ocpp_kernel.hooks import Implementations
from ocpp_kernel.hookspecs import PROJECT, SINGLE_OWNER, SPECIFICATIONS

GROUP = "ocpp_kernel"
ROLE_CLASSES = {"charge_point": "ChargePoint", "central_system": "CentralSystem"}
PREFIX = "ocpp_"


class PluginError(Exception):
    """A plugin cannot be used; the text names it, the fault and the remedy."""


@dataclass(frozen=True)
class Found:
    """A plugin that is there, imported or not; ``module`` is an import name or a file."""

    name: str
    module: str
    source: str


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


def discover(config: Config) -> list[Found]:
    """Every plugin that could run, switched on or not, sorted by name."""
    found: dict[str, Found] = {}
    for point in importlib.metadata.entry_points(group=GROUP):
        maker = point.dist.name if point.dist is not None else "unknown distribution"
        found.setdefault(point.name, Found(point.name, point.value, f"installed by {maker}"))
    for text in config.load:
        name = Path(text).stem if _is_path(text) else text.rpartition(".")[2]
        if name in found:
            raise ConfigError(
                f"{config.file}: plugins.load: a plugin named {name} is there already "
                f"({found[name].source}); rename one of them"
            )
        found[name] = Found(name, _located(config, text), f"{config.file}: plugins.load")
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
    return [plugin for plugin in found if config.is_enabled(plugin.name)]


def load(config: Config, role: str) -> PluginSet:
    """Imports messages and role of every enabled plugin."""
    loaded = PluginSet(role)
    for found in enabled(config):
        try:
            loaded.plugins.append(load_plugin(found, role))
        except PluginError as error:
            loaded.problems.append(str(error))
    _refuse_unmet(loaded)
    return loaded


def load_plugin(found: Found, role: str) -> Plugin:
    """Imports one plugin for a role; raises :class:`PluginError`."""
    package = _import(found, found.module)
    if not hasattr(package, "__path__"):
        return Plugin(found, package, getattr(package, ROLE_CLASSES[role], None))
    messages = _import_part(found, package, "messages")
    module = _import_part(found, package, role)
    if module is None:
        return Plugin(found, messages)
    cls = getattr(module, ROLE_CLASSES[role], None)
    if cls is None:
        raise PluginError(
            f"plugin {found.name}: {module.__name__} has no class {ROLE_CLASSES[role]}; add one"
        )
    return Plugin(found, messages, cls)


def actions_of(loaded: PluginSet) -> dict[str, Action[Any, Any]]:
    """Every action by name; raises PluginError where two plugins define the same one."""
    actions: dict[str, Action[Any, Any]] = {}
    owners: dict[str, str] = {}
    for plugin in loaded.plugins:
        for action in plugin.actions():
            other = owners.get(action.name)
            if other is not None:
                raise PluginError(
                    f"action {action.name} is defined by plugins {other} and {plugin.name}; "
                    "switch one of them off in [profiles]"
                )
            actions[action.name], owners[action.name] = action, plugin.name
    return actions


def routes_of(role: str, instances: dict[str, Any]) -> dict[str, Handler]:
    """Action -> handler of all role objects; raises PluginError for a duplicate or wrong role."""
    routes: dict[str, Handler] = {}
    owners: dict[str, str] = {}
    for name, instance in instances.items():
        for attribute in dir(type(instance)):
            action = getattr(getattr(type(instance), attribute), "ocpp_action", None)
            if not isinstance(action, Action):
                continue
            if action.sent_by not in (BOTH, _peer(role)):
                raise PluginError(
                    f"plugin {name}: {attribute} handles {action.name}, "
                    f"which a {role.replace('_', ' ')} never receives; remove the handler"
                )
            if action.name in routes:
                raise PluginError(
                    f"{action.name} is handled by plugins {owners[action.name]} and {name}; "
                    "switch one of them off in [profiles]"
                )
            routes[action.name], owners[action.name] = getattr(instance, attribute), name
    return routes


def hooks_of(role: str, instances: dict[str, Any], problems: list[str]) -> Implementations:
    """Hook -> implementations of all role objects, checked by pluggy.

    Objects with a misnamed or misshaped hook are left out and named in ``problems``.
    """
    manager = _Manager(PROJECT)
    manager.add_hookspecs(SPECIFICATIONS[role])
    for name, instance in instances.items():
        fault = _hook_fault(manager, instance)
        if fault:
            problems.append(f"plugin {name}: {fault}; none of its hooks is used")
        else:
            manager.register(instance, name)
    manager.check_pending()
    implementations: Implementations = {}
    for name in _hook_names(role):
        found = getattr(manager.hook, name).get_hookimpls()
        if name in SINGLE_OWNER and len(found) > 1:
            owners = " and ".join(sorted(impl.plugin_name for impl in found))
            raise PluginError(f"plugins {owners} both implement {name}; switch one off")
        if found:
            implementations[name] = tuple(impl.function for impl in found)
    return implementations


class _Manager(pluggy.PluginManager):
    """Takes every method named as a hook for an implementation; no marker is needed."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if not name.startswith(PREFIX):
            return None
        return pluggy.HookimplOpts(
            wrapper=False,
            hookwrapper=False,
            optionalhook=False,
            tryfirst=False,
            trylast=False,
            specname=None,
        )


def _hook_names(role: str) -> list[str]:
    return [name for name in dir(SPECIFICATIONS[role]) if name.startswith(PREFIX)]


def _hook_fault(manager: pluggy.PluginManager, instance: Any) -> str:
    for name in dir(type(instance)):
        if not name.startswith(PREFIX):
            continue
        caller = getattr(manager.hook, name, None)
        if caller is None:
            known = [hook for hook in vars(manager.hook) if hook.startswith(PREFIX)]
            return unknown(type(instance).__module__, f"hook {name}", name, known)
        wanted = list(caller.spec.argnames)
        function = getattr(type(instance), name)
        given = list(function.__code__.co_varnames[1 : function.__code__.co_argcount])
        if given != wanted:
            return f"{name} must take ({', '.join(wanted)}), not ({', '.join(given)})"
    return ""


def _refuse_unmet(loaded: PluginSet) -> None:
    """Leaves out plugins whose ``requires`` names one that does not run."""
    names = {plugin.name for plugin in loaded.plugins}
    kept = []
    for plugin in loaded.plugins:
        missing = [name for name in getattr(plugin.role, "requires", ()) if name not in names]
        if missing:
            loaded.problems.append(
                f"plugin {plugin.name} requires {', '.join(missing)}; switch it on in [profiles]"
            )
        else:
            kept.append(plugin)
    loaded.plugins = kept


def _peer(role: str) -> str:
    return "central_system" if role == "charge_point" else "charge_point"


def _is_path(text: str) -> bool:
    return "/" in text or "\\" in text or text.endswith(".py")


def _located(config: Config, text: str) -> str:
    if not _is_path(text):
        return text
    folder = config.path.parent if config.path is not None else Path()
    return str((folder / text).resolve())


def _import(found: Found, module: str) -> ModuleType:
    try:
        return _import_path(found, Path(module)) if _is_path(module) else _import_name(module)
    except PluginError:
        raise
    except ModuleNotFoundError as error:
        raise PluginError(
            f"plugin {found.name} ({found.source}): module {error.name} is not installed"
        ) from error
    except Exception as error:
        raise PluginError(
            f"plugin {found.name} ({found.source}) fails when imported: "
            f"{type(error).__name__}: {error}"
        ) from error


def _import_name(module: str) -> ModuleType:
    return importlib.import_module(module)


def _import_path(found: Found, path: Path) -> ModuleType:
    file = path / "__init__.py" if path.is_dir() else path
    if not file.is_file():
        raise PluginError(f"plugin {found.name} ({found.source}): there is no file {file}")
    name = f"ocpp_plugin_{found.name}"
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(path)] if path.is_dir() else None
    )
    if spec is None or spec.loader is None:
        raise PluginError(f"plugin {found.name} ({found.source}): {file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _import_part(found: Found, package: ModuleType, part: str) -> ModuleType | None:
    name = f"{package.__name__}.{part}"
    if importlib.util.find_spec(name) is None:
        return None
    return _import(found, name)
