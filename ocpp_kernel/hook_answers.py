"""What hooks must answer, checked where a plugin gives it, so that the plugin is told.

CPython only: on a device answers are taken as they are, after the tests that ran here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable
from functools import partial, wraps
from typing import Any

from ocpp_kernel.configuration import BOOLEAN, INTEGER, Key
from ocpp_kernel.driver import Driver
from ocpp_kernel.failures import Check, Log, named
from ocpp_kernel.hooks import DataTransferHandler, TagInfo
from ocpp_kernel.session import Deferred

#: Characters the name of a configuration key may have (CiString50Type).
LONGEST_KEY = 50


class Answers:
    """The checks of one host, which knows what its plugins have claimed."""

    def __init__(self, role: str, log: Log | None = None) -> None:
        self._role = role
        self._log = log
        self._owners: dict[Hashable, str] = {}

    def checked(self, plugin: str, hook: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """An implementation that raises PluginFailure for whatever is wrong with it."""
        fault = _FAULTS[self._role].get(hook)
        checked = named(plugin, function, None if fault is None else partial(_told, hook, fault))
        keep = _KEEPERS.get(hook)
        if keep is None:
            return checked

        @wraps(function)
        def kept() -> Any:
            return keep(self, plugin, checked())

        return kept

    def _keys(self, plugin: str, keys: list[Key]) -> list[Key]:
        return [
            key if key.check is None else key._replace(check=named(plugin, key.check))
            for key in keys
            if self._claims(plugin, f"configuration key {key.name}", key.name)
        ]

    def _handlers(self, plugin: str, handlers: list[Any]) -> list[Any]:
        """Each answers for its plugin, and for a vendor's message that is nobody else's."""
        return [
            handler._replace(handle=named(plugin, handler.handle, _vendor_fault))
            for handler in handlers
            if self._claims(plugin, *_message_of(handler))
        ]

    def _senders(self, plugin: str, senders: dict[str, Any]) -> dict[str, Any]:
        return {
            name: named(plugin, sender, partial(_told, f"the sender of {name}", _status_fault))
            for name, sender in senders.items()
            if self._claims(plugin, f"the trigger {name}", name)
        }

    def _claims(self, plugin: str, what: str, *key: str | None) -> bool:
        """Whether it is this plugin's; told where another has it already."""
        claim = (what.partition(" ")[0], *[part and part.lower() for part in key])
        owner = self._owners.setdefault(claim, plugin)
        if owner == plugin:
            return True
        if self._log is not None:
            self._log(
                "error",
                f"plugin {plugin}: {what} is declared by plugin {owner} already, whose is used; "
                "rename one, or switch one of them off in [profiles]",
            )
        return False


def _message_of(handler: Any) -> tuple[str, str, str | None]:
    words = f"messageId {handler.message_id}" if handler.message_id else "any messageId"
    return f"vendor {handler.vendor_id}, {words},", handler.vendor_id, handler.message_id


def _told(what: str, fault: Check, answer: Any) -> str:
    text = fault(answer)
    return f"{what} must answer {text}" if text else ""


def _keys_fault(answer: Any) -> str:
    if not isinstance(answer, (list, tuple)) or isinstance(answer, Key):
        return f"a list of Key, not {answer!r}"
    for key in answer:
        fault = _key_fault(key)
        if fault:
            return fault
    return ""


def _key_fault(key: Any) -> str:
    if not isinstance(key, Key):
        return f"a list of Key, such as integer(...), not of {key!r}"
    if not 1 <= len(key.name) <= LONGEST_KEY:
        return f"keys of 1 to {LONGEST_KEY} characters, not {key.name!r}"
    wanted = {BOOLEAN: bool, INTEGER: int}.get(key.kind, str)
    if type(key.default) is not wanted:
        return f"a default of type {wanted.__name__} for {key.name}, not {key.default!r}"
    return ""


def _handlers_fault(answer: Any) -> str:
    if not isinstance(answer, (list, tuple)) or hasattr(answer, "_fields"):
        return f"a list of handlers, not {answer!r}"
    for handler in answer:
        if getattr(handler, "_fields", None) != DataTransferHandler._fields:
            return f"a list of {DataTransferHandler.__name__}, not of {handler!r}"
        if not callable(handler.handle):
            return f"handlers whose handle is a function, not {handler.handle!r}"
    return ""


def _station_handlers_fault(answer: Any) -> str:
    fault = _handlers_fault(answer)
    if fault or all(isinstance(handler, DataTransferHandler) for handler in answer):
        return fault
    return f"a list of {DataTransferHandler.__name__}; others are for a central system"


def _senders_fault(answer: Any) -> str:
    if not isinstance(answer, dict):
        return f"a dict of functions by message name, not {answer!r}"
    wrong = [name for name, sender in answer.items() if not callable(sender)]
    return f"a function for {wrong[0]}, not {answer[wrong[0]]!r}" if wrong else ""


def _vendor_fault(answer: Any) -> str:
    """Of a vendor's handler: what it returned, which may be there later only."""
    if isinstance(answer, Deferred) or inspect.isawaitable(answer):
        return ""
    if isinstance(answer, tuple) and [type(part) for part in answer] in _VENDOR_ANSWERS:
        return ""
    return (
        'the handler must answer a status and a text or None, as in ("Accepted", None), not '
        f"{answer!r}"
    )


def _status_fault(answer: Any) -> str:
    return "" if isinstance(answer, str) else f'a status such as "Accepted", not {answer!r}'


def _reason_fault(answer: Any) -> str:
    # None is what a method without a return gives, and vetoes as little as "".
    return "" if answer is None or isinstance(answer, str) else f'a reason, or "", not {answer!r}'


def _limit_fault(answer: Any) -> str:
    return "" if answer is None or type(answer) is int else f"whole mA, or None, not {answer!r}"


def _tag_fault(answer: Any) -> str:
    return (
        ""
        if answer is None or isinstance(answer, TagInfo)
        else f"a TagInfo or None, not {answer!r}"
    )


def _driver_fault(answer: Any) -> str:
    missing = [name for name in _DRIVER if not hasattr(answer, name)]
    return f"a Driver; {answer!r} has no {', '.join(missing)}" if missing else ""


_DRIVER = sorted({name for name in (*vars(Driver), *Driver.__annotations__) if name[0] != "_"})
_VENDOR_ANSWERS = ([str, str], [str, type(None)])

_FAULTS: dict[str, dict[str, Check]] = {
    "charge_point": {
        "ocpp_register_data_transfer": _station_handlers_fault,
        "ocpp_register_configuration": _keys_fault,
        "ocpp_register_triggers": _senders_fault,
        "ocpp_driver": _driver_fault,
        "ocpp_look_up_tag": _tag_fault,
        "ocpp_veto_start": _reason_fault,
        "ocpp_charging_limit": _limit_fault,
    },
    "central_system": {
        "ocpp_register_data_transfer": _handlers_fault,
        "ocpp_accept_station": _reason_fault,
    },
}
_KEEPERS: dict[str, Callable[[Answers, str, Any], Any]] = {
    "ocpp_register_configuration": Answers._keys,
    "ocpp_register_data_transfer": Answers._handlers,
    "ocpp_register_triggers": Answers._senders,
}
