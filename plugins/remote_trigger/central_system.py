"""The central system's side of the Remote Trigger profile.

``await station.call(TriggerMessage({...}))`` is all an application needs. Here it is checked, what
comes of it is let in from stations that are not accepted yet, and stations that do not know that
this central system was restarted are asked to register again.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, get_args

from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.errors import LocalError, OcppError, PropertyConstraintViolation
from ocpp_kernel.events_central import (
    RegistrationMissing,
    StationBooted,
    StationDisconnected,
    StationRestored,
)

from .messages import (
    MessageTrigger,
    TriggerMessage,
    TriggerMessageRequest,
    TriggerMessageResponse,
)

#: The messages that may be triggered.
TRIGGERS: Final = get_args(MessageTrigger)
BOOT: Final = "BootNotification"

#: Names in a station's ``shared``: its registration as last decided, and the actions it was asked
#: for, which whoever refuses messages before acceptance lets pass (CORE-014).
REGISTRATION: Final = "remote_trigger"
ASKED_FOR: Final = "asked_for"

#: The events that say something about a station's registration.
HEARD: Final = (RegistrationMissing, StationBooted, StationDisconnected, StationRestored)


class NotTriggered(LocalError):
    """This message must not be triggered now."""

    code = "GenericError"


class Settings:
    """``[central_system.remote_trigger]``."""

    #: Whether a station that sends messages without having registered here is asked to register.
    register_again: bool = True


class CentralSystem:
    """Sees to it that stations are triggered as the specification has it."""

    profile = "RemoteTrigger"
    settings = Settings

    def __init__(self, central: Central, settings: Settings) -> None:
        self.central = central
        self.options = settings
        central.outgoing_gates.append(self._gate)
        central.on_answer(TriggerMessage.name, self._answered)

    def ocpp_on_event(self, event: object) -> None:
        """What becomes of a station's registration."""
        if not isinstance(event, HEARD):
            return
        station = self.central.stations.get(event.identity)
        if station is None:
            return
        if isinstance(event, RegistrationMissing):
            if self.options.register_again:
                # The refusal that brought this about goes first.
                station.after_response(partial(self._register_again, station))
            return
        station.shared.pop(ASKED_FOR, None)
        if isinstance(event, StationBooted | StationRestored):
            station.shared[REGISTRATION] = event.status

    def _gate(self, station: ConnectedStation, action: str, request: Any) -> None:
        """RT-011, and what no station could do; nothing of that is sent."""
        if action != TriggerMessage.name:
            return
        wanted: TriggerMessageRequest = request
        message = wanted["requestedMessage"]
        if message not in TRIGGERS:
            raise PropertyConstraintViolation(
                f"TriggerMessage: requestedMessage {message[:50]!r} is none of "
                f"{', '.join(TRIGGERS)}"
            )
        if wanted.get("connectorId", 0) < 0:
            raise PropertyConstraintViolation("TriggerMessage: connectorId is negative")
        if message == BOOT and station.shared.get(REGISTRATION) == "Accepted":
            raise NotTriggered(
                f"TriggerMessage: {station.identity} is Accepted; it registers by itself when it "
                "restarts (Reset)"
            )

    def _answered(
        self,
        station: ConnectedStation,
        request: TriggerMessageRequest,
        answer: TriggerMessageResponse,
    ) -> None:
        """RT-009, CORE-014: what was asked for is let in before acceptance."""
        if answer["status"] == "Accepted" and station.shared.get(REGISTRATION) != "Accepted":
            station.shared.setdefault(ASKED_FOR, set()).add(request["requestedMessage"])

    def _register_again(self, station: ConnectedStation) -> None:
        """FRM-012, FRM-041: a station that only reconnected does not know that it must."""
        try:
            station.post(
                TriggerMessage({"requestedMessage": BOOT}), partial(self._registering, station)
            )
        except LocalError as refusal:
            self._tell(station, str(refusal))

    def _registering(
        self,
        station: ConnectedStation,
        answer: TriggerMessageResponse | None,
        error: OcppError | None,
    ) -> None:
        if answer is None:
            self._tell(station, str(error))
        elif answer["status"] != "Accepted":
            self._tell(station, f"it answers TriggerMessage with {answer['status']}")

    def _tell(self, station: ConnectedStation, why: str) -> None:
        self.central.log(
            "warning",
            f"{station.identity} has not registered here, and could not be asked to: {why}; its "
            "messages are refused until it does, which a restart of it brings about",
        )
