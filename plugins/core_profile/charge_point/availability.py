"""ChangeAvailability: in and out of use, at once or after the transaction. Portable.

CORE-103 to CORE-110. What was set survives restarts (CORE-109).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .connector import Connector

if TYPE_CHECKING:
    from .plugin import ChargePoint


class Availability:
    """Takes connectors, or the whole charge point, out of use and back."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station

    def change(self, connector_id: int, operative: bool) -> str:
        """Does what ChangeAvailability asks once its response is sent; the AvailabilityStatus."""
        connectors = self._core.connectors
        if not 0 <= connector_id < len(connectors):
            return "Rejected"
        chosen = connectors if connector_id == 0 else [connectors[connector_id]]
        scheduled = False
        for connector in chosen:
            connector.operative = operative
            if connector.transaction is not None and not operative:
                scheduled = True
        self._core.save_state()
        self._station.after_response(self.settle)
        return "Scheduled" if scheduled else "Accepted"

    def settle(self) -> None:
        """Gives every connector that is free for it the status it was set to."""
        busy = False
        for connector in self._core.connectors[1:]:
            if connector.transaction is not None:
                busy = True
            elif connector.idle_status == "Available":
                self._to_use(connector)
            else:
                self._out_of_use(connector)
        zero = self._core.connectors[0]
        if zero.state != zero.idle_status and not (busy and zero.state == "Available"):
            zero.move(zero.idle_status)

    def _to_use(self, connector: Connector) -> None:
        if connector.state == "Unavailable":
            if connector.plugged:
                connector.move("Preparing")
                self._core.usage.await_user(connector)
            else:
                connector.move("Available")

    def _out_of_use(self, connector: Connector) -> None:
        if connector.state == "Preparing":
            self._core.usage.cancel(connector)
        if connector.state != "Unavailable":
            connector.move("Unavailable")
