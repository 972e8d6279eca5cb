"""The Remote Trigger profile of a charge point (OCPP 1.6 section 5.17). Portable.

It sends nothing itself: whichever plugin owns a message offers to send it through
``ocpp_register_triggers``, and says what becomes of it. RT-001 to RT-013.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ocpp_kernel import events
from ocpp_kernel.contracts import on

from .messages import TriggerMessage, TriggerMessageRequest, TriggerMessageResponse

if TYPE_CHECKING:
    from ocpp_kernel.station import Station


class ChargePoint:
    """Passes what is asked for on to who can send it."""

    profile = "RemoteTrigger"

    def __init__(self, station: Station, settings: object) -> None:
        self._station = station
        self._senders: dict[str, Callable[[int | None], str]] = {}

    def ocpp_on_event(self, event: Any) -> None:
        if type(event) is events.Started:
            self._senders = self._station.hooks.register_triggers()

    @on(TriggerMessage)
    def on_trigger_message(self, request: TriggerMessageRequest) -> TriggerMessageResponse:
        sender = self._senders.get(request["requestedMessage"])
        status: Any = "NotImplemented"
        if sender is not None:
            status = sender(request.get("connectorId"))
        return {"status": status}
