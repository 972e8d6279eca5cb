"""Role objects of plugins: what is wrong with a class, its routes, and its hooks.

A role class marks handlers with ``@on``; a method named as a hook implements it.
"""

from __future__ import annotations

import inspect
from collections.abc import Container, Iterator, Sequence
from typing import Any

import pluggy

from ocpp_kernel import CONTRACT, OLDEST_CONTRACT
from ocpp_kernel.config import unknown
from ocpp_kernel.contracts import BOTH, Action
from ocpp_kernel.dispatch import Handler
from ocpp_kernel.failures import named, named_within, place
from ocpp_kernel.hooks import Implementations
from ocpp_kernel.hookspecs import DEPRECATED, PROJECT, SINGLE_OWNER, SPECIFICATIONS

PREFIX = "ocpp_"
#: Hooks whose answers hold functions of the plugin's that are called later.
COLLECTED = "ocpp_register_"
#: What a handler of each role is given.
HANDLER_ARGUMENTS = {"charge_point": ["request"], "central_system": ["station", "request"]}


class PluginError(Exception):
    """A plugin cannot be used; the text names it, the fault and the remedy."""


def routes_of(role: str, instances: dict[str, Any]) -> dict[str, Handler]:
    """Action -> handler of all role objects; raises PluginError for a duplicate or wrong role."""
    routes: dict[str, Handler] = {}
    owners: dict[str, str] = {}
    for name, instance in instances.items():
        for attribute, action in handlers_in(type(instance)):
            fault = _handler_fault(role, type(instance), attribute, action)
            if fault:
                raise PluginError(f"plugin {name}: {fault}")
            if action.name in routes:
                raise PluginError(
                    f"{action.name} is handled by plugins {owners[action.name]} and {name}; "
                    "switch one of them off in [profiles]"
                )
            routes[action.name] = named(name, getattr(instance, attribute))
            owners[action.name] = name
    return routes


def hooks_of(role: str, instances: dict[str, Any], problems: list[str]) -> Implementations:
    """Hook -> implementations of all role objects, checked by pluggy.

    Objects with a misnamed or misshaped hook are left out and named in ``problems``.
    """
    manager = _Manager(PROJECT)
    manager.add_hookspecs(SPECIFICATIONS[role])
    for name, instance in instances.items():
        fault = _hook_fault(role, type(instance))
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
            guard = named_within if name.startswith(COLLECTED) else named
            implementations[name] = tuple(guard(impl.plugin_name, impl.function) for impl in found)
    return implementations


def deprecations(cls: type) -> list[str]:
    """A sentence for each hook a role class implements under a former name."""
    return [DEPRECATED[name].remedy(name) for name in dir(cls) if name in DEPRECATED]


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
            specname=DEPRECATED[name].replaced_by if name in DEPRECATED else None,
        )


def handlers_in(cls: type) -> Iterator[tuple[str, Action[Any, Any]]]:
    """The methods of a role class that handle an action, with that action."""
    for attribute in dir(cls):
        action = getattr(getattr(cls, attribute, None), "ocpp_action", None)
        if isinstance(action, Action):
            yield attribute, action


def role_fault(role: str, cls: type) -> str:
    """What is wrong with a role class, found without making an instance; "" if nothing is."""
    fault = contract_fault(getattr(cls, "contract", CONTRACT)) or _declaration_fault(cls)
    if fault:
        return f"{fault} {place(cls)}"
    try:
        inspect.signature(cls).bind("host", "settings")
    except TypeError:
        host = "central" if role == "central_system" else "station"
        return f"{cls.__name__} must be made with ({host}, settings); see its __init__ {place(cls)}"
    for attribute, action in handlers_in(cls):
        fault = _handler_fault(role, cls, attribute, action)
        if fault:
            return f"{fault} {place(getattr(cls, attribute))}"
    return _hook_fault(role, cls)


def contract_fault(contract: Any) -> str:
    """Why a plugin written for this version of the contract cannot run; "" if it can."""
    if type(contract) is not int:
        return f"contract must be a whole number such as {CONTRACT}, not {contract!r}"
    if contract > CONTRACT:
        return (
            f"was made for a newer ocpp-kernel: it needs contract {contract}, this one has "
            f"{CONTRACT}; pip install --upgrade ocpp-kernel"
        )
    if contract < OLDEST_CONTRACT:
        return (
            f"was made for an older ocpp-kernel: it needs contract {contract}, this one has "
            f"{OLDEST_CONTRACT} to {CONTRACT}; install a newer version of the plugin"
        )
    return ""


def _declaration_fault(cls: type) -> str:
    requires, settings = getattr(cls, "requires", ()), getattr(cls, "settings", None)
    if not isinstance(requires, (tuple, list)):
        return f"requires must be a tuple of names such as ({str(requires)!r},), not {requires!r}"
    if settings is not None and not isinstance(settings, type):
        return f"settings must be a class with an annotated attribute for each, not {settings!r}"
    return ""


def _handler_fault(role: str, cls: type, attribute: str, action: Action[Any, Any]) -> str:
    function = getattr(cls, attribute)
    if action.sent_by not in (BOTH, _peer(role)):
        return (
            f"{attribute} handles {action.name}, which a {role.replace('_', ' ')} never "
            "receives; remove the handler"
        )
    if role == "charge_point" and inspect.iscoroutinefunction(function):
        return f"{attribute} must not be async: it has to run on a device too; return a Deferred"
    given, wanted = _arguments(function), HANDLER_ARGUMENTS[role]
    if len(given) != len(wanted):
        return f"{attribute} must take ({', '.join(wanted)}), not ({', '.join(given)})"
    return ""


def is_hook(name: str) -> bool:
    """Whether a name is one that hooks have."""
    return name.startswith(PREFIX)


def unmet(missing: Sequence[str], there: Container[str] | None = None) -> str:
    """The sentence for what a plugin requires and nobody brings: plugins, or hooks.

    ``there`` are the plugins that could be switched on, where that is known.
    """
    hooks = [name for name in missing if is_hook(name)]
    if len(hooks) == len(missing):
        return f"requires a plugin that implements {', '.join(hooks)}; switch one on in [profiles]"
    absent = [name for name in missing if name not in hooks and there and name not in there]
    if absent:
        return f"requires {', '.join(absent)}, which is not installed; install it"
    return f"requires {', '.join(missing)}; switch it on in [profiles]"


def _hook_names(role: str) -> list[str]:
    return [name for name in dir(SPECIFICATIONS[role]) if name.startswith(PREFIX)]


def _hook_fault(role: str, cls: type) -> str:
    for name in dir(cls):
        if not name.startswith(PREFIX):
            continue
        known = DEPRECATED[name].replaced_by if name in DEPRECATED else name
        specification = getattr(SPECIFICATIONS[role], known, None)
        if specification is None:
            where = f"{cls.__module__} ({role})"
            text = unknown(where, f"hook {name}", name, _hook_names(role))
            return f"{text} {place(getattr(cls, name))}"
        fault = _shape_fault(name, getattr(cls, name), specification)
        if fault:
            return f"{fault} {place(getattr(cls, name))}"
    return ""


def _shape_fault(name: str, function: Any, specification: Any) -> str:
    if not inspect.isroutine(function):
        return f"{name} is named as a hook, but is no method; rename it"
    if inspect.iscoroutinefunction(function):
        return f"{name} must not be async: hooks answer at once"
    given, wanted = _arguments(function), _arguments(specification)
    if given != wanted:
        return f"{name} must take ({', '.join(wanted)}), not ({', '.join(given)})"
    return ""


def _arguments(method: Any) -> list[str]:
    """The names of a method's arguments after ``self``."""
    return list(inspect.signature(method).parameters)[1:]


def _peer(role: str) -> str:
    return "central_system" if role == "charge_point" else "charge_point"
