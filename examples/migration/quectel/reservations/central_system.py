"""Cancels a reservation at every station that has booted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel.events_central import StationBooted

from .messages import CancelReservation

if TYPE_CHECKING:
    from ocpp_kernel.central import Central, ConnectedStation


class Settings:
    """``[central_system.reservations]``."""

    #: The reservation to cancel.
    cancel: int = 7


class CentralSystem:
    """Acts on what the Core profile reports; BootNotification is answered there."""

    settings = Settings

    def __init__(self, central: Central, settings: Settings) -> None:
        self._central = central
        self._number = settings.cancel

    def ocpp_on_event(self, event: object) -> None:
        """The request must not overtake the response to BootNotification."""
        if isinstance(event, StationBooted) and event.status == "Accepted":
            station = self._central.stations[event.identity]
            station.after_response(lambda: self._cancel(station))

    def _cancel(self, station: ConnectedStation) -> None:
        def done(answer: Any, error: Exception | None) -> None:
            outcome = answer["status"] if error is None else error
            self._central.log("info", f"{station.identity}: CancelReservation: {outcome}")

        station.post(CancelReservation({"reservationId": self._number}), done)
