"""What is wrong at a connector, and what of it is told: one error at a time. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpp_kernel.events import FaultCleared, FaultRaised

if TYPE_CHECKING:
    from ocpp_kernel.station import Station

#: The errors this driver reports, the most important first. A connector has one error code.
ORDER = (
    "GroundFailure",
    "PowerSwitchFailure",
    "OverCurrentFailure",
    "HighTemperature",
    "InternalError",
    "PowerMeterFailure",
    "EVCommunicationError",
    "ReaderFailure",
)
#: Errors after which the connector stays usable.
WARNINGS = ("EVCommunicationError", "ReaderFailure")


class Faults:
    """The errors of one connector."""

    def __init__(self, station: Station, connector_id: int) -> None:
        self._station = station
        self._connector_id = connector_id
        self._active: dict[str, str] = {}
        self._told = ""

    def set(self, error_code: str, info: str) -> None:
        """An error is there, described by `info`, or over: ""."""
        if info:
            self._active[error_code] = info
        elif error_code in self._active:
            del self._active[error_code]

    def forbids_energy(self) -> bool:
        """Whether the contactor must be open: always but for a broken reader."""
        return any(error_code != "ReaderFailure" for error_code in self._active)

    def tell(self) -> None:
        """Reports the most important error where that is another one than before.

        One error may take another's place, but a warning cannot take that of a fault: the fault
        is reported as over first.
        """
        worst = ""
        for error_code in ORDER:
            if error_code in self._active:
                worst = error_code
                break
        if worst == self._told:
            return
        told, self._told = self._told, worst
        if told and (not worst or worst in WARNINGS):
            self._station.emit(FaultCleared(self._connector_id))
        if worst:
            self._station.emit(FaultRaised(self._connector_id, worst, self._active[worst]))
