"""The driver: what the Core profile asks of hardware, and the turn in which it looks. Portable.

Everything is looked at once a turn of the main loop, some five times a second. What must be
faster than that, or must work while the software hangs, is wired: the residual current device and
the pilot controller's permit are in series with the contactor's coil.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ocpp_kernel import events
from ocpp_kernel.store import StoreError

from . import pilot as wave
from .board import Board
from .contactor import Contactor
from .faults import Faults
from .lamp import Lamp
from .lock import Lock
from .meter import BLOCKS, ENERGY, Meter, decimal
from .pilot import Pilot
from .reader import Reader

if TYPE_CHECKING:
    from ocpp_kernel.station import Station

#: The one connector.
CONNECTOR = 1
#: Seconds an EV is given to stop drawing once it is offered nothing.
GRACE = 5
#: Seconds an EV may draw more than it is offered, by a tenth and an ampere.
PATIENCE = 10
#: Under this name the store keeps the register as last read.
STORED = "hardware_driver"


class Settings:
    """The wiring. Pins are GPIO numbers, 0 for "not wired"; ports are UART numbers."""

    contactor_pin: int = 1
    #: Mirror contact of the contactor.
    mirror_pin: int = 2
    #: Contact of the residual current device, closed while nothing is wrong; needed.
    rcd_pin: int = 3
    stop_pin: int = 4
    #: Reason of a stop by that button.
    stop_reason: Literal["Local", "EmergencyStop", "Other"] = "Local"
    #: The motor's two directions, and the switch that is closed while the plug is locked; needed
    #: where ``lockable``.
    lock_pin: int = 5
    unlock_pin: int = 6
    locked_pin: int = 7
    #: Milliseconds the motor may take.
    lock_time: int = 600
    lamp_pin: int = 8
    pilot_uart: int = 1
    pilot_baud: int = 115200
    meter_uart: int = 2
    meter_baud: int = 9600
    #: 0 none, 1 even, 2 odd.
    meter_parity: int = 0
    #: High while the RS-485 transceiver is to send; 0 for one that sees it for itself.
    meter_direction_pin: int = 9
    #: Modbus address.
    meter_address: int = 1
    #: Seconds between readings, and how long one stays good.
    meter_interval: int = 5
    meter_patience: int = 20
    #: Whether energy stops where it cannot be measured.
    meter_required: bool = True
    #: -1 for no reader.
    reader_uart: int = 4
    reader_baud: int = 9600
    #: Seconds a card must be away from the reader to count as presented again.
    debounce: int = 3
    #: Whether there is a socket with a lock; False for a fixed cable.
    lockable: bool = True
    #: In mA per phase, 6000 to 80000.
    max_current: int = 32000
    phases: int = 3
    #: Degrees Celsius above which charging stops, until it is 10 degrees cooler.
    hottest: int = 80


class ChargePoint:
    """A wallbox with one socket."""

    settings = Settings

    def __init__(self, station: Station, settings: Settings) -> None:
        self._station = station
        self._settings = settings
        self.connectors: int = 1
        self.lockable: bool = settings.lockable
        self.max_current: int = settings.max_current
        if not wave.LEAST <= self.max_current <= wave.MOST:
            raise ValueError(
                f"max_current is in mA, {wave.LEAST} to {wave.MOST}, not {self.max_current}"
            )
        self.measurands = self._list_measurands()
        board = Board()
        # First of all: whatever happened before, the contactor is open now.
        self._contactor = Contactor(
            board.output(settings.contactor_pin), board.contact(settings.mirror_pin)
        )
        self._lock = Lock(
            board.output(settings.lock_pin),
            board.output(settings.unlock_pin),
            board.contact(settings.locked_pin),
            board.pause,
            settings.lock_time,
        )
        self._rcd = board.contact(settings.rcd_pin)
        self._button = board.button(settings.stop_pin, self._press)
        self._lamp = Lamp(board.output(settings.lamp_pin))
        self._pilot = Pilot(board.port(settings.pilot_uart, settings.pilot_baud, 0, 0))
        meter = board.port(
            settings.meter_uart,
            settings.meter_baud,
            settings.meter_parity,
            settings.meter_direction_pin,
        )
        self._meter = Meter(
            meter, settings.meter_address, settings.meter_interval, settings.meter_patience
        )
        reader = board.port(settings.reader_uart, settings.reader_baud, 0, 0)
        self._reader = Reader(reader, settings.debounce)
        self._faults = Faults(station, CONNECTOR)
        #: Seconds between turns: 0 for each turn of a module's loop.
        self._pause = 0 if board.is_module else 1
        self._is_pressed = False
        #: What the Core profile wants.
        self._wanted = False
        self._offered = 0
        #: Since when nothing is offered, and since when too much is drawn; -1 for not at all.
        self._waiting_since = 0
        self._excess_since = -1
        #: The pilot's state as last told, "" before there was one.
        self._seen = ""
        self._is_plugged = False
        self._is_ready = False
        #: The register as last stored, for as long as the meter was not read.
        self._stored = 0

    # Hooks.

    def ocpp_driver(self) -> ChargePoint:
        return self

    def ocpp_veto_start(self, connector_id: int, id_tag: str) -> str:
        """Without a register to begin with, energy could not be told."""
        return "the meter was not read yet" if self._meter.energy is None else ""

    def ocpp_charging_limit(self, connector_id: int, at: int) -> int | None:
        """No more than the cable may carry."""
        return self._pilot.cable or None

    def ocpp_on_event(self, event: Any) -> None:
        if isinstance(event, events.Started):
            self._start()
        elif isinstance(event, events.StatusChanged):
            if event.connector_id == CONNECTOR:
                self._lamp.status = event.new
        elif isinstance(
            event, (events.TransactionStarted, events.TransactionStopped, events.PowerFailing)
        ):
            self._save()

    # What the Core profile asks of a driver (ocpp_kernel.driver.Driver).

    def read_energy(self, connector_id: int) -> int:
        energy = self._meter.energy
        return self._stored if energy is None else energy

    def read(self, connector_id: int, measurand: str, phase: str) -> str | None:
        if measurand == "Current.Offered":
            return decimal(self._offered if self._wanted else 0)
        if measurand == "Temperature":
            return str(self._pilot.temperature) if self._pilot.state else None
        value = self._meter.values.get(f"{measurand}.{phase}" if phase else measurand)
        if value is None or self._meter.is_lost(self._station.now):
            return None
        return decimal(value)

    def energise(self, connector_id: int, on: bool) -> None:
        self._wanted = on
        self._apply()

    def offer_current(self, connector_id: int, milliampere: int) -> None:
        if milliampere < wave.LEAST <= self._offered:
            self._waiting_since = self._station.now
        self._offered = milliampere
        self._apply()

    def lock(self, connector_id: int) -> bool:
        return self._lock.move(True)

    def unlock(self, connector_id: int) -> bool:
        # Nobody may touch the pins of a socket that is live although it is switched off.
        return not self._contactor.is_welded and self._lock.move(False)

    def is_plugged(self, connector_id: int) -> bool:
        return self._is_plugged

    def restart(self, kind: str) -> None:
        self._wanted = False
        self._apply()

    def collect_logs(self) -> list[str]:
        """What GetDiagnostics tells of the hardware (ocpp_kernel.driver.Witness)."""
        pilot, meter = self._pilot, self._meter
        return [
            f"pilot {pilot.state or 'silent'}, cable {pilot.cable} mA, {pilot.temperature} Celsius",
            f"contactor closed {self._contactor.closings} times; {self._contactor.failure or 'ok'}",
            f"meter {meter.energy} Wh, {meter.failures} requests failed; {meter.error or 'ok'}",
            f"reader: {self._reader.wrong} wrong frames in a row",
        ]

    # Turns.

    def _start(self) -> None:
        """No transaction outlives a restart, so nothing is locked, offered or on."""
        now = self._station.now
        try:
            stored = self._station.store.load(STORED)
            self._stored = stored if type(stored) is int else 0
        except StoreError as error:
            self._station.log("error", f"the register's last value is lost: {error}")
        if self.lockable:
            self._lock.move(False)
        self._pilot.start(now)
        self._meter.start(now)
        # Not now: other plugins may not have heard yet that everything has started.
        self._station.after(0, self._turn)

    def _turn(self) -> None:
        # Set first: whatever goes wrong below, there is a next turn.
        self._station.after(self._pause, self._turn)
        is_done = False
        try:
            self._look(self._station.now)
            is_done = True
        finally:
            if not is_done:
                self._contactor.switch(False, self._station.now)

    def _look(self, now: int) -> None:
        """Reads first and judges afterwards: after a long turn answers wait to be read."""
        self._pilot.poll(now)
        self._meter.poll(now)
        card = self._reader.poll(now)
        self._judge(now)
        self._apply()
        self._faults.tell()
        self._follow_pilot()
        if self._is_pressed:
            self._is_pressed = False
            self._station.emit(events.StopPressed(CONNECTOR, self._settings.stop_reason))
        if card:
            self._station.emit(events.TagPresented(CONNECTOR, card))
        self._lamp.show(now)

    def _judge(self, now: int) -> None:
        """Every error there can be, and whether it is there."""
        faults, pilot = self._faults, self._pilot
        tripped = "" if self._rcd.is_closed() else "residual current device tripped"
        faults.set("GroundFailure", tripped)
        faults.set("PowerSwitchFailure", self._contactor.check(now))
        faults.set("OverCurrentFailure", self._excess(now))
        if pilot.temperature > self._settings.hottest:
            faults.set("HighTemperature", f"{pilot.temperature} degrees Celsius")
        elif pilot.temperature <= self._settings.hottest - 10:
            faults.set("HighTemperature", "")
        unmeasured = self._settings.meter_required and self._meter.is_lost(now)
        faults.set("PowerMeterFailure", (self._meter.error or "no answer") if unmeasured else "")
        controller = "the pilot controller is silent" if pilot.is_lost(now) else ""
        if pilot.state == "F" and not self._contactor.failure:
            controller = "the pilot controller is out of order"
        faults.set("InternalError", controller)
        shorted = "the pilot is shorted" if pilot.state == "E" else ""
        faults.set("EVCommunicationError", shorted)
        faults.set("ReaderFailure", "garbled frames" if self._reader.is_broken() else "")

    def _excess(self, now: int) -> str:
        """The EV draws more than it is offered, or did since it was plugged in."""
        if not self._is_plugged:
            self._excess_since = -1
        elif self._excess_since < 0 or now - self._excess_since <= PATIENCE:
            most = self._offered + self._offered // 10 + 1000
            if not self._contactor.is_on or self._meter.current() <= most:
                self._excess_since = -1
            elif self._excess_since < 0:
                self._excess_since = now
        if self._excess_since >= 0 and now - self._excess_since > PATIENCE:
            return "the EV draws more than it is offered"
        return ""

    def _follow_pilot(self) -> None:
        """Tells what the EV does. What E and F mean for it is not known."""
        state = self._pilot.state
        if state == self._seen or state not in ("A", "B", "C", "D"):
            return
        self._seen = state
        if state == "A":
            if self._is_plugged:
                self._is_plugged = False
                self._station.emit(events.CableUnplugged(CONNECTOR))
            return
        if not self._is_plugged:
            self._is_plugged = True
            self._is_ready = True  # as the Core profile takes it until it is told
            self._station.emit(events.CablePlugged(CONNECTOR))
        # An EV that wants ventilation, D, gets nothing here.
        if self._is_ready != (state == "C"):
            self._is_ready = state == "C"
            self._station.emit(events.EvReady(CONNECTOR, self._is_ready))

    # What comes of it all.

    def _apply(self) -> None:
        """The contactor and the wave, from what is wanted and what is wrong."""
        now = self._station.now
        self._contactor.switch(self._may_flow(now), now)
        duty = wave.WAIT
        if self._contactor.failure:
            duty = wave.OUT_OF_ORDER
        elif self._wanted and not self._faults.forbids_energy():
            duty = wave.duty_of(self._offered)
        self._pilot.set(duty, now)

    def _may_flow(self, now: int) -> bool:
        if not self._wanted or self._pilot.state != "C" or self._faults.forbids_energy():
            return False
        if self._offered >= wave.LEAST:
            return True
        # The EV is asked to stop first: contacts that open under load wear.
        return self._contactor.is_on and now - self._waiting_since <= GRACE

    def _press(self, edge: Any) -> None:
        self._is_pressed = True

    def _save(self) -> None:
        if self._meter.energy is None:
            return
        try:
            self._station.store.save(STORED, self._meter.energy)
        except StoreError as error:
            self._station.log("error", f"the register was not stored: {error}")

    def _list_measurands(self) -> tuple[str, ...]:
        names = [ENERGY, "Current.Offered", "Temperature"]
        for _, block in BLOCKS:
            for name in block:
                phase = name.find(".L")
                wired = phase < 0 or int(name[phase + 2]) <= self._settings.phases
                if wired and name != ENERGY:
                    names.append(name)
        return tuple(names)
