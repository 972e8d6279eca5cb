"""A driver for hardware that is not there: connectors, cables, meters and EVs. Portable.

Operators play with it from the charge point's console (:mod:`.console`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ocpp_kernel import events
from ocpp_kernel.store import StoreError

from .battery import Battery
from .console import Console
from .outlet import Outlet, thousandths

if TYPE_CHECKING:
    from ocpp_kernel.station import Station, Timer

#: While energy flows a register is stored this many Wh ahead, so that it never goes back
#: (CORE-080) and flash is written seldom.
STEP = 1000
#: Seconds it takes to install firmware.
INSTALLING = 5


class Settings:
    """The hardware to simulate."""

    #: How many, each with a cable and an EV of its own.
    connectors: Annotated[int, range(1, 1000)] = 2
    #: Whether the cable is locked at the charge point's side.
    lockable: bool = True
    #: Most current per phase the hardware offers, in mA.
    max_current: Annotated[int, range(2**31)] = 32000
    #: Most current per phase the EVs draw, in mA.
    ev_current: Annotated[int, range(2**31)] = 16000
    #: Phases each EV draws from.
    phases: Annotated[int, range(1, 4)] = 3
    #: Between phase and neutral, in V.
    voltage: Annotated[int, range(1, 1001)] = 230
    #: Of the EVs' batteries.
    capacity_wh: Annotated[int, range(1, 2**31)] = 50000
    #: State of charge in percent of an EV that comes.
    arrives_with: Annotated[int, range(101)] = 30
    #: Seconds between looks at what the EVs do.
    interval: Annotated[int, range(1, 2**31)] = 10
    #: An idTag: after the boot an EV comes to connector 1 and this tag is presented. "" for none.
    auto: Annotated[str, range(21)] = ""


class ChargePoint:
    """The driver, and its console."""

    settings = Settings
    #: What others can do for real they need not leave to this.
    simulated = True

    def __init__(self, station: Station, settings: Settings) -> None:
        self._station = station
        self._settings = settings
        self.connectors: int = settings.connectors
        self.lockable: bool = settings.lockable
        self.max_current: int = settings.max_current
        self.measurands = self._list_measurands()
        self._outlets = [
            Outlet(number + 1, settings.voltage, settings.phases, settings.ev_current)
            for number in range(settings.connectors)
        ]
        #: The registers as stored, in Wh.
        self._stored = [0] * settings.connectors
        self._timer: Timer | None = None
        #: When the image being installed is ready for the restart; -1 for none.
        self._installed_at = -1
        self._console = Console(station, self)
        self._restore()

    # Hooks.

    def ocpp_driver(self) -> ChargePoint:
        return self

    def ocpp_on_event(self, event: Any) -> None:
        if isinstance(event, events.Command):
            self._console.obey(event.line)
        elif isinstance(event, events.PowerFailing):
            self._advance()
            self._save(True)
        elif isinstance(event, events.BootAccepted) and self._settings.auto:
            if not self.is_plugged(1):
                self._console.obey("plug 1")
            self._console.obey(f"tag 1 {self._settings.auto}")

    # What the Core profile asks of a driver (ocpp_kernel.driver.Driver).

    def read_energy(self, connector_id: int) -> int:
        self._advance()
        self._save(False)
        if connector_id:
            return self._outlets[connector_id - 1].register // 3600
        return sum([outlet.register for outlet in self._outlets]) // 3600

    def read(self, connector_id: int, measurand: str, phase: str) -> str | None:
        self._advance()
        if connector_id == 0:
            return self._read_main(measurand)
        outlet = self._outlets[connector_id - 1]
        value: str | None = None
        if measurand == "Power.Active.Import":
            value = str(outlet.power)
        elif measurand == "Power.Offered":
            value = str(outlet.offered * self._settings.voltage * outlet.phases // 1000)
        elif measurand == "Current.Import":
            value = thousandths(outlet.current())
        elif measurand == "Current.Offered":
            value = thousandths(outlet.offered)
        elif measurand == "Voltage":
            value = thousandths(outlet.voltage())
        elif measurand == "Temperature":
            value = thousandths(25000 + outlet.power)
        elif measurand == "Frequency":
            value = "50.00"
        elif measurand == "SoC" and outlet.battery is not None:
            value = str(outlet.battery.charge // 10)
        return value

    def energise(self, connector_id: int, on: bool) -> None:
        outlet = self._outlets[connector_id - 1]
        if outlet.on != on:
            self._advance()
            outlet.on = on
            self._advance()
            self._save(not on)
            self._watch()

    def offer_current(self, connector_id: int, milliampere: int) -> None:
        self._advance()
        self._outlets[connector_id - 1].offered = milliampere
        self._advance()
        self._watch()

    def lock(self, connector_id: int) -> bool:
        outlet = self._outlets[connector_id - 1]
        outlet.locked = outlet.locked or not outlet.jammed
        return outlet.locked

    def unlock(self, connector_id: int) -> bool:
        outlet = self._outlets[connector_id - 1]
        outlet.locked = outlet.locked and outlet.jammed
        return not outlet.locked

    def is_plugged(self, connector_id: int) -> bool:
        return self._outlets[connector_id - 1].battery is not None

    def restart(self, kind: str) -> None:
        self._advance()
        self._save(True)

    def install_firmware(self, path: str) -> str:
        """Notes which image the restart is for, and finds it installed after it."""
        store = self._station.store
        if store.load("simulated_firmware") == path:
            store.delete("simulated_firmware")
            return "Installed"
        if self._installed_at < 0:
            with open(path, "rb") as image:  # noqa: PTH123 - a module has no pathlib
                if not image.read(1):
                    raise OSError(22, "the image is empty")
            self._installed_at = self._station.now + INSTALLING
        if self._station.now < self._installed_at:
            return "Installing"
        store.save("simulated_firmware", path)
        return "Restart"

    # What the console does with it.

    @property
    def outlets(self) -> list[Outlet]:
        """The connectors as they are now."""
        self._advance()
        return self._outlets

    def plug(self, outlet: Outlet, percent: int | None) -> int:
        """An EV comes, with that state of charge; tells the one it has."""
        if percent is None:
            percent = self._settings.arrives_with
        outlet.battery = Battery(self._settings.capacity_wh, percent * 10)
        outlet.ready = True
        self._save(True)
        self._station.emit(events.CablePlugged(outlet.number))
        self._tell_ready(outlet)
        return percent

    def unplug(self, outlet: Outlet) -> None:
        """The EV leaves."""
        outlet.battery = None
        self._advance()
        self._save(True)
        self._station.emit(events.CableUnplugged(outlet.number))

    # Time.

    def _advance(self) -> None:
        for outlet in self._outlets:
            outlet.advance(self._station.now)

    def _watch(self) -> None:
        """Looks again soon while anything flows."""
        if self._timer is None:
            for outlet in self._outlets:
                if outlet.is_charging():
                    self._timer = self._station.after(self._settings.interval, self._look)
                    return

    def _look(self) -> None:
        self._timer = None
        self._advance()
        for outlet in self._outlets:
            self._tell_ready(outlet)
        self._watch()

    def _tell_ready(self, outlet: Outlet) -> None:
        ready = outlet.wants_energy()
        if outlet.battery is not None and outlet.ready != ready:
            outlet.ready = ready
            self._station.emit(events.EvReady(outlet.number, ready))

    # What outlives a restart: registers, and who is plugged in.

    def _restore(self) -> None:
        try:
            stored = self._station.store.load("simulated_ev")
        except StoreError as error:
            self._station.log("error", f"simulated meters start at 0: {error}")
            return
        for outlet in self._outlets:
            state = None
            if type(stored) is list and outlet.number <= len(stored):
                state = stored[outlet.number - 1]
            if type(state) is list and len(state) == 2 and type(state[0]) is type(state[1]) is int:
                register, charge = state
                outlet.register = register * 3600
                self._stored[outlet.number - 1] = register
                if charge >= 0:
                    outlet.battery = Battery(self._settings.capacity_wh, charge)

    def _save(self, exactly: bool) -> None:
        """Stores the registers: as they are, or as they will not exceed for a while.

        After a cut of power a register goes on from what is stored, so that must never be less
        than what was told of it.
        """
        needed = exactly
        for outlet in self._outlets:
            if outlet.reading() > self._stored[outlet.number - 1]:
                needed = True
        if not needed:
            return
        state = []
        for outlet in self._outlets:
            reading = outlet.reading() + (STEP if outlet.is_charging() else 0)
            self._stored[outlet.number - 1] = reading
            state.append([reading, -1 if outlet.battery is None else outlet.battery.charge])
        try:
            self._station.store.save("simulated_ev", state)
        except StoreError as error:
            self._station.log("error", f"simulated meters were not stored: {error}")

    # Measurands.

    def _list_measurands(self) -> tuple[str, ...]:
        names = [
            "Energy.Active.Import.Register",
            "Power.Active.Import",
            "Power.Offered",
            "Current.Offered",
            "SoC",
            "Temperature",
            "Frequency",
        ]
        for phase in range(1, self._settings.phases + 1):
            names.append(f"Current.Import.L{phase}")
            names.append(f"Voltage.L{phase}-N")
        return tuple(names)

    def _read_main(self, measurand: str) -> str | None:
        """The meter of the charge point's own supply."""
        if measurand == "Power.Active.Import":
            return str(sum([outlet.power for outlet in self._outlets]))
        if measurand == "Current.Import":
            return thousandths(sum([outlet.current() for outlet in self._outlets]))
        if measurand == "Voltage":
            return thousandths(self._settings.voltage * 1000)
        return "50.00" if measurand == "Frequency" else None
