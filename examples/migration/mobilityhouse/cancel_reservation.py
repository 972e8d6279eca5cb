"""Answers CancelReservation: a plugin of one module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpp_plugins.reservation.messages import (
    CancelReservation,
    CancelReservationRequest,
    CancelReservationResponse,
)

from ocpp_kernel.contracts import on

if TYPE_CHECKING:
    from ocpp_kernel.station import Station


class Settings:
    """``[charge_point.cancel_reservation]``."""

    #: The one reservation this charge point holds.
    held: int = 7


class ChargePoint:
    """Boot, heartbeats, charging are the Core profile's."""

    settings = Settings

    def __init__(self, station: Station, settings: Settings) -> None:
        self._station = station
        self._held = [settings.held]

    @on(CancelReservation)
    def on_cancel_reservation(
        self,
        request: CancelReservationRequest,
    ) -> CancelReservationResponse:
        """What is not held, or no longer, is Rejected."""
        number = request["reservationId"]
        if number not in self._held:
            return {"status": "Rejected"}
        self._held.remove(number)
        self._station.after_response(self._tell)
        return {"status": "Accepted"}

    def _tell(self) -> None:
        self._station.log("info", "the reservation is cancelled, as was answered")
