"""Role objects of plugins: their routes, and their hooks.

A role class marks handlers with ``@on``; a method named as a hook implements it. What may be wrong
with a class is told by :mod:`ocpp_kernel.role_faults`.
"""

from __future__ import annotations

from typing import Any

import pluggy

from ocpp_kernel.dispatch import Handler
from ocpp_kernel.failures import Log, named, place
from ocpp_kernel.hook_answers import Answers
from ocpp_kernel.hooks import Implementations
from ocpp_kernel.hookspecs import DEPRECATED, PROJECT, SINGLE_OWNER, SPECIFICATIONS
from ocpp_kernel.role_faults import (
    PREFIX,
    PluginError,
    handler_fault,
    handlers_in,
    hook_fault,
    hook_names,
    own_hook_fault,
)


def routes_of(role: str, instances: dict[str, Any]) -> dict[str, Handler]:
    """Action -> handler of all role objects; raises PluginError for a duplicate or wrong role."""
    routes: dict[str, Handler] = {}
    owners: dict[str, str] = {}
    for name, instance in instances.items():
        for attribute, action in handlers_in(type(instance)):
            fault = handler_fault(role, type(instance), attribute, action)
            if fault:
                raise PluginError(f"plugin {name}: {fault}")
            if action.name in routes:
                here, there = getattr(instance, attribute), routes[action.name]
                raise PluginError(
                    f"{action.name} is handled by plugins {owners[action.name]} and {name}; "
                    f"switch one of them off in [profiles] {place(there)} {place(here)}"
                )
            routes[action.name] = named(name, getattr(instance, attribute))
            owners[action.name] = name
    return routes


def hooks_of(
    role: str, instances: dict[str, Any], problems: list[str], log: Log | None = None
) -> Implementations:
    """Hook -> implementations of all role objects, checked by pluggy.

    Objects with a misnamed or misshaped hook are left out and named in ``problems``. ``log`` is
    told, while all goes on, of what two plugins both claim.
    """
    manager = _Manager(PROJECT)
    manager.add_hookspecs(SPECIFICATIONS[role])
    for name, instance in instances.items():
        fault = hook_fault(role, type(instance)) or own_hook_fault(instance)
        if fault:
            problems.append(f"plugin {name}: {fault}; none of its hooks is used")
        else:
            manager.register(instance, name)
    manager.check_pending()
    answers = Answers(role, log)
    implementations: Implementations = {}
    for name in hook_names(role):
        found = getattr(manager.hook, name).get_hookimpls()
        if name in SINGLE_OWNER and len(found) > 1:
            owners = " and ".join(sorted(impl.plugin_name for impl in found))
            where = " ".join(place(impl.function) for impl in found)
            raise PluginError(
                f"plugins {owners} both implement {name}; switch one off in [profiles] {where}"
            )
        if found:
            implementations[name] = tuple(
                answers.checked(impl.plugin_name, name, impl.function) for impl in found
            )
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
