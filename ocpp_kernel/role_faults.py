"""What is wrong with a role class, found before anything runs; each with its remedy.

CPython only: bundles are made of what was found fit here.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, get_type_hints

from ocpp_kernel import CONTRACT, OLDEST_CONTRACT
from ocpp_kernel.config import unknown
from ocpp_kernel.contracts import BOTH, Action
from ocpp_kernel.failures import place
from ocpp_kernel.hookspecs import DEPRECATED, SPECIFICATIONS

PREFIX = "ocpp_"
#: What a handler of each role is given.
HANDLER_ARGUMENTS = {"charge_point": ["request"], "central_system": ["station", "request"]}
#: The class a module has for each role.
ROLE_CLASSES = {"charge_point": "ChargePoint", "central_system": "CentralSystem"}


class PluginError(Exception):
    """A plugin cannot be used; the text names it, the fault and the remedy."""


def handlers_in(cls: type) -> Iterator[tuple[str, Action[Any, Any]]]:
    """The methods of a role class that handle an action, with that action."""
    for attribute in dir(cls):
        action = getattr(getattr(cls, attribute, None), "ocpp_action", None)
        if isinstance(action, Action):
            yield attribute, action


def role_fault(role: str, cls: Any) -> str:
    """What is wrong with a role class, found without making an instance; "" if nothing is."""
    name = ROLE_CLASSES[role]
    if not isinstance(cls, type):
        return f"{name} must be a class, not {type(cls).__name__} {place(cls)}".rstrip()
    fault = contract_fault(getattr(cls, "contract", CONTRACT)) or _declaration_fault(cls)
    if fault:
        return f"{fault} {place(cls)}"
    try:
        inspect.signature(cls).bind("host", "settings")
    except TypeError:
        host = "central" if role == "central_system" else "station"
        return f"{name} must be made with ({host}, settings); see its __init__ {place(cls)}"
    return _settings_fault(cls) or _handlers_fault(role, cls) or hook_fault(role, cls)


def _handlers_fault(role: str, cls: type) -> str:
    handled: dict[str, str] = {}
    for attribute, action in handlers_in(cls):
        fault = handler_fault(role, cls, attribute, action)
        other = handled.setdefault(action.name, attribute)
        if not fault and other != attribute:
            fault = f"{other} and {attribute} both handle {action.name}; remove one"
        if fault:
            return f"{fault} {place(getattr(cls, attribute))}"
    return ""


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
    wrong = [name for name in requires if not isinstance(name, str)]
    if wrong:
        return f"requires must be a tuple of names, as texts; {wrong[0]!r} is none"
    profile = getattr(cls, "profile", None)
    if profile is not None and not isinstance(profile, str):
        return f"profile must be a name as in SupportedFeatureProfiles, not {profile!r}"
    if settings is not None and not isinstance(settings, type):
        return f"settings must be a class with an annotated attribute for each, not {settings!r}"
    return ""


def _settings_fault(cls: Any) -> str:
    """Settings are made without arguments, and each is set on its own."""
    settings = getattr(cls, "settings", None)
    if settings is None:
        return ""
    try:
        made = settings()
        for name in get_type_hints(settings):
            if hasattr(made, name):
                setattr(made, name, getattr(made, name))
    except Exception as error:  # noqa: BLE001 - a plugin may fail in any way
        return (
            f"its settings cannot be used: {type(error).__name__}: {error}; write a plain class "
            f'with a line such as "most: int = 5" for each {place(settings)}'
        )
    return ""


def handler_fault(role: str, cls: type, attribute: str, action: Action[Any, Any]) -> str:
    """What is wrong with a method that handles an action; "" if nothing is."""
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


def unmet(
    missing: Sequence[str], there: Iterable[str] | None = None, failed: Container[str] = ()
) -> str:
    """The sentence for what a plugin requires and nobody brings: plugins, or hooks.

    ``there`` are the plugins that could be switched on, where that is known, and ``failed`` those
    that are, but cannot be used.
    """
    broken = [name for name in missing if name in failed]
    if broken:
        return f"requires {', '.join(broken)}, which cannot be used; mend that one"
    hooks = [name for name in missing if is_hook(name)]
    known = [] if there is None else list(there)
    absent = [name for name in missing if name not in hooks and known and name not in known]
    names = {name for role in SPECIFICATIONS for name in hook_names(role)}
    for name, candidates in [*((n, known) for n in absent), *((n, names) for n in hooks)]:
        near = difflib.get_close_matches(name, candidates, 1, 0.8)
        if near and near[0] != name:
            return f'requires {name}, which is not known; did you mean "{near[0]}"?'
    if len(hooks) == len(missing):
        return f"requires a plugin that implements {', '.join(hooks)}; switch one on in [profiles]"
    if absent:
        return f"requires {', '.join(absent)}, which is not installed; install it"
    return f"requires {', '.join(missing)}; switch it on in [profiles]"


def hook_names(role: str) -> list[str]:
    """The hooks of a role."""
    return [name for name in dir(SPECIFICATIONS[role]) if name.startswith(PREFIX)]


def hook_fault(role: str, cls: type) -> str:
    """What is wrong with the methods of a role class that are named as hooks."""
    for name in dir(cls):
        if not is_hook(name):
            continue
        method = getattr(cls, name)
        known = DEPRECATED[name].replaced_by if name in DEPRECATED else name
        specification = getattr(SPECIFICATIONS[role], known, None)
        if specification is None:
            fault = _unknown_hook(role, cls, name)
        else:
            fault = _shape_fault(name, method, specification)
        if fault:
            return f"{fault} {place(method) or place(cls)}"
    return ""


def own_hook_fault(instance: Any) -> str:
    """What is wrong with an object that has a hook its class lacks."""
    own = [name for name in getattr(instance, "__dict__", ()) if is_hook(name)]
    if not own:
        return ""
    return f"{own[0]} must be a method of the class, not set in __init__ {place(type(instance))}"


def _unknown_hook(role: str, cls: type, name: str) -> str:
    for other, specification in SPECIFICATIONS.items():
        if hasattr(specification, name):
            return (
                f"{name} is a hook of a {other.replace('_', ' ')}; move it to the class "
                f"{ROLE_CLASSES[other]}"
            )
    return unknown(f"{cls.__module__} ({role})", f"hook {name}", name, hook_names(role))


def _shape_fault(name: str, function: Any, specification: Any) -> str:
    if not inspect.isroutine(function):
        return f"{name} is named as a hook, but is no method; rename it"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return f"{name} must not be async: hooks answer at once"
    if inspect.isgeneratorfunction(function):
        return f"{name} must not yield: hooks answer at once, with return"
    given, wanted = _arguments(function), _arguments(specification)
    if given != wanted:
        return f"{name} must take ({', '.join(wanted)}), not ({', '.join(given)})"
    return ""


def _arguments(method: Any) -> list[str]:
    """The names of a method's arguments after ``self``."""
    return list(inspect.signature(method).parameters)[1:]


def _peer(role: str) -> str:
    return "central_system" if role == "charge_point" else "charge_point"
