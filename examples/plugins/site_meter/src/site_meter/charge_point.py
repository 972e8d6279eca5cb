"""The charge point keeps a building's fuse. Runs on CPython and, bundled, on a module.

The limit goes through the hook ``ocpp_charging_limit``; of all plugins that answer it the lowest
counts, so profiles of the central system still hold. Whoever reads the building's meter, such as
a driver on the same device, tells it with ``station.shared["site_meter"](milliampere)``; a site
controller elsewhere does so with a DataTransfer of messageId ``SiteCurrent``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel import events
from ocpp_kernel.hooks import DataTransferHandler

if TYPE_CHECKING:
    from ocpp_kernel.station import Station, Timer

VENDOR = "org.example.site_meter"
#: The least current at which EVs charge, in mA.
LEAST = 6000


class Settings:
    """The installation; all currents are in mA per phase."""

    #: What the building may draw, its EVs included.
    fuse: int = 35000
    #: What EVs together may draw while the meter is silent.
    fallback: int = 6000
    #: Seconds after which a reading is too old.
    patience: int = 60
    #: Changes of the building's load below this are passed over.
    step: int = 500


class ChargePoint:
    """Keeps the fuse."""

    settings = Settings
    requires = ("core_profile",)
    contract = 1

    def __init__(self, station: Station, settings: Settings) -> None:
        self._station = station
        self._settings = settings
        #: What the EVs may draw together.
        self._free = settings.fallback
        self._timer: Timer | None = None

    # Hooks.

    def ocpp_on_event(self, event: Any) -> None:
        if isinstance(event, events.Started):
            self._station.shared["site_meter"] = self._measured
        elif isinstance(event, (events.TransactionStarted, events.TransactionStopped)):
            # There are other parts now.
            self._station.emit(events.LimitChanged(0))

    def ocpp_register_data_transfer(self) -> list[DataTransferHandler]:
        return [DataTransferHandler(VENDOR, "SiteCurrent", self._transferred)]

    def ocpp_charging_limit(self, connector_id: int, at: int) -> int | None:
        if connector_id == 0:
            return self._free
        running = 0
        for connector in self._station.shared["connectors"]:
            if connector.transaction is not None:
                running += 1
        part = self._free // max(running, 1)
        return part if part >= LEAST else 0

    # The meter.

    def _transferred(self, message_id: str | None, data: str | None) -> tuple[str, str | None]:
        if data is None or not data.isdigit():
            return "Rejected", "data must be the building's current in mA"
        self._measured(int(data))
        return "Accepted", None

    def _measured(self, milliampere: int) -> None:
        """What the building draws without its EVs, on the phase that draws most."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._station.after(self._settings.patience, self._silent)
        self._leave(max(self._settings.fuse - milliampere, 0))

    def _silent(self) -> None:
        self._timer = None
        self._station.log("warning", "the site's meter is silent: EVs get the least")
        self._leave(min(self._free, self._settings.fallback))

    def _leave(self, free: int) -> None:
        if abs(free - self._free) >= self._settings.step or free < self._free:
            self._free = free
            self._station.emit(events.LimitChanged(0))
