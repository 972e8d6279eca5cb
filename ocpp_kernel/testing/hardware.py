"""Hardware that does what a test says, and keeps what it was told to do.

This module is a plugin of one module: benches load it by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ocpp_kernel import events
from ocpp_kernel.station import Station

#: The measurand of the meter every connector has.
REGISTER = "Energy.Active.Import.Register"


class Settings:
    """What the hardware has."""

    connectors: int = 2
    lockable: bool = True
    #: In mA per phase.
    max_current: int = 32000


class FakeHardware:
    """A complete :class:`~ocpp_kernel.driver.Driver`.

    A test plays the world (:meth:`plug`, :meth:`present`, :meth:`raise_fault`, :meth:`deliver`)
    and looks at :attr:`calls`, or at the state they led to (:attr:`energised`, :attr:`offered`,
    :attr:`locked`, by connector).
    """

    settings = Settings

    def __init__(self, station: Station, settings: Settings) -> None:
        self.connectors = settings.connectors
        self.measurands: tuple[str, ...] = (REGISTER,)
        self.lockable = settings.lockable
        self.max_current = settings.max_current
        #: What the charge point told it, in order: ``("energise", 1, True)``.
        self.calls: list[tuple[Any, ...]] = []
        numbers = range(settings.connectors + 1)
        #: Registers in Wh; 0 is the main meter.
        self.energy = dict.fromkeys(numbers, 0)
        #: Further readings by measurand, or by ``Voltage.L1`` where it has a phase.
        self.readings: dict[str, str] = {}
        self.plugged = dict.fromkeys(numbers, False)
        self.energised = dict.fromkeys(numbers, False)
        #: In mA per phase; -1 while nothing was offered.
        self.offered = dict.fromkeys(numbers, -1)
        self.locked = dict.fromkeys(numbers, False)
        #: Whether the lock does not move.
        self.jammed = False
        #: Called after each event; a bench carries frames then.
        self.settle: Callable[[], None] = lambda: None
        self._station = station

    # What happens to it.

    def plug(self, connector_id: int = 1) -> None:
        """An EV comes."""
        self.plugged[connector_id] = True
        self._emit(events.CablePlugged(connector_id))

    def unplug(self, connector_id: int = 1) -> None:
        """The EV leaves."""
        self.plugged[connector_id] = False
        self._emit(events.CableUnplugged(connector_id))

    def present(self, id_tag: str, connector_id: int = 1) -> None:
        """A driver presents an idTag."""
        self._emit(events.TagPresented(connector_id, id_tag))

    def press_stop(self, connector_id: int = 1, reason: str = "Local") -> None:
        """Somebody ends charging here."""
        self._emit(events.StopPressed(connector_id, reason))

    def set_ev_ready(self, ready: bool, connector_id: int = 1) -> None:
        """The EV begins, or ceases, to ask for energy."""
        self._emit(events.EvReady(connector_id, ready))

    def raise_fault(self, error_code: str, connector_id: int = 1, info: str = "") -> None:
        """A fault, by its ChargePointErrorCode."""
        self._emit(events.FaultRaised(connector_id, error_code, info))

    def clear_fault(self, connector_id: int = 1) -> None:
        """The fault is over."""
        self._emit(events.FaultCleared(connector_id))

    def deliver(self, energy: int, connector_id: int = 1) -> None:
        """The meter counts so many Wh more."""
        self.energy[connector_id] += energy
        self.energy[0] += energy

    def take_over(self, before: FakeHardware) -> None:
        """Is the same hardware after a restart: meters, cables and locks are as they were."""
        for name in ("energy", "readings", "plugged", "locked", "jammed", "measurands", "calls"):
            setattr(self, name, getattr(before, name))

    # What the charge point makes of it (ocpp_kernel.driver.Driver).

    def ocpp_driver(self) -> FakeHardware:
        """This is the driver."""
        return self

    def read_energy(self, connector_id: int) -> int:
        return self.energy[connector_id]

    def read(self, connector_id: int, measurand: str, phase: str) -> str | None:
        return self.readings.get(f"{measurand}.{phase}" if phase else measurand)

    def energise(self, connector_id: int, on: bool) -> None:
        self.calls.append(("energise", connector_id, on))
        self.energised[connector_id] = on

    def offer_current(self, connector_id: int, milliampere: int) -> None:
        self.calls.append(("offer_current", connector_id, milliampere))
        self.offered[connector_id] = milliampere

    def lock(self, connector_id: int) -> bool:
        self.calls.append(("lock", connector_id))
        self.locked[connector_id] = self.locked[connector_id] or not self.jammed
        return self.locked[connector_id]

    def unlock(self, connector_id: int) -> bool:
        self.calls.append(("unlock", connector_id))
        self.locked[connector_id] = self.locked[connector_id] and self.jammed
        return not self.locked[connector_id]

    def is_plugged(self, connector_id: int) -> bool:
        return self.plugged[connector_id]

    def restart(self, kind: str) -> None:
        self.calls.append(("restart", kind))

    def _emit(self, event: Any) -> None:
        self._station.emit(event)
        self.settle()


#: The class the loader looks for.
ChargePoint = FakeHardware
