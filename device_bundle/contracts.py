"""The compact contracts of the messages a charge point receives."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from device_bundle.findings import BundleError
from device_bundle.roles import Role
from ocpp_kernel import schema
from ocpp_kernel.contracts import CENTRAL_SYSTEM, CHARGE_POINT, Action
from ocpp_kernel.dispatch import fingerprint
from ocpp_kernel.plugins import Found, PluginError, load_plugin


class Messages(NamedTuple):
    """What the plugins' message modules say."""

    actions: dict[str, Action[Any, Any]]
    standard: tuple[str, ...]
    subprotocols: tuple[str, ...]


def read_messages(plugins: Iterable[Found], with_actions: Container[str]) -> Messages:
    """The messages of every plugin; raises BundleError where two define the same action.

    A plugin that is one file is imported only if `with_actions` names its module: the others may
    need modules that only a device has.
    """
    actions: dict[str, Action[Any, Any]] = {}
    standard: list[str] = []
    subprotocols: list[str] = []
    for found in plugins:
        module = _messages_module(found, with_actions)
        if module is None:
            continue
        for value in vars(module).values():
            if isinstance(value, Action) and actions.setdefault(value.name, value) is not value:
                raise BundleError(f"action {value.name} is defined twice, by {found.name} too")
        standard.extend(getattr(module, "STANDARD_ACTIONS", ()))
        if hasattr(module, "SUBPROTOCOL"):
            subprotocols.append(module.SUBPROTOCOL)
    return Messages(actions, tuple(standard), tuple(subprotocols))


def refuse_wrong_direction(messages: Messages, roles: Sequence[Role]) -> None:
    """Raises BundleError for handlers of what a charge point never receives."""
    reasons = [
        f"plugin {role.plugin}: {method} handles {action}, which a charge point never receives; "
        "remove the handler"
        for role in roles
        for action, method in role.routes.items()
        if messages.actions[action].sent_by == CHARGE_POINT
    ]
    if reasons:
        raise BundleError(*reasons)


def tables(
    messages: Messages, handled: set[str], called: set[str]
) -> tuple[dict[str, tuple[Any, Any]], set[int]]:
    """Contracts of the halves this station receives, and fingerprints of what it only knows of.

    A request is received where it is handled; a response where the action is called.
    """
    contracts: dict[str, tuple[Any, Any]] = {}
    for name, action in messages.actions.items():
        sends = action.sent_by != CENTRAL_SYSTEM and name in called
        if name in handled or sends:
            request = schema.compact(action.request) if name in handled else None
            contracts[name] = (request, schema.compact(action.response) if sends else None)
    known = {*messages.standard, *messages.actions}
    return contracts, {fingerprint(name) for name in known.difference(contracts)}


def _messages_module(found: Found, with_actions: Container[str]) -> ModuleType | None:
    path = Path(found.module)
    if path.suffix == ".py":
        return _loaded(found) if f"ocpp_plugin_{found.name}" in with_actions else None
    if path.is_absolute():
        return _loaded(found)
    try:
        if importlib.util.find_spec(f"{found.module}.messages") is not None:
            return importlib.import_module(f"{found.module}.messages")
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError) or error.name != f"{found.module}.messages":
            raise BundleError(f"plugin {found.name}: {error}") from None
    return _loaded(found) if found.module in with_actions else None


def _loaded(found: Found) -> ModuleType | None:
    """The messages of a plugin that can only be imported together with its role."""
    try:
        return load_plugin(found, "charge_point").messages
    except PluginError as error:
        raise BundleError(f"{error}; messages.py of a package is imported without it") from None
