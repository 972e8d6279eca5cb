"""The simulated hardware's console: what an operator may type, and what comes of it. Portable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ocpp_kernel import events

from .outlet import Outlet

if TYPE_CHECKING:
    from ocpp_kernel.station import Station

    from .charge_point import ChargePoint

USAGE = (
    "plug N [PERCENT], unplug N, tag [N] IDTAG, stop N [REASON], fault N ERRORCODE [TEXT], "
    "clear N, jam N, free N, status, help"
)
REASONS = "Local EmergencyStop Other"
#: ChargePointErrorCode but for NoError.
ERROR_CODES = (
    "ConnectorLockFailure EVCommunicationError GroundFailure HighTemperature InternalError "
    "LocalListConflict OtherError OverCurrentFailure OverVoltage PowerMeterFailure "
    "PowerSwitchFailure ReaderFailure ResetFailure UnderVoltage WeakSignal"
)


class CommandError(Exception):
    """A line that cannot be carried out; the text says why and what would work."""


class Console:
    """Carries out lines such as ``plug 1``; answers go to the log."""

    def __init__(self, station: Station, hardware: ChargePoint) -> None:
        self._station = station
        self._hardware = hardware
        self._commands: dict[str, Callable[[list[str]], str]] = {
            "plug": self._plug,
            "unplug": self._unplug,
            "tag": self._tag,
            "stop": self._stop,
            "fault": self._fault,
            "clear": self._clear,
            "jam": self._jam,
            "free": self._free,
            "status": self._status,
            "help": lambda words: USAGE,
        }

    def obey(self, line: str) -> None:
        """Does what the line says, or says why not."""
        words = line.split()
        if not words:
            return
        try:
            command = self._commands.get(words[0].lower())
            if command is None:
                raise CommandError(f"{words[0]} is no command; there are: {USAGE}")
            self._station.log("info", command(words[1:]))
        except CommandError as error:
            self._station.log("error", str(error))

    def _outlet(self, words: list[str]) -> Outlet:
        outlets = self._hardware.outlets
        if words and len(words[0]) < 4 and words[0].isdigit():
            number = int(words[0])
            if 1 <= number <= len(outlets):
                return outlets[number - 1]
        given = words[0] if words else "nothing"
        raise CommandError(f"a connector from 1 to {len(outlets)} is wanted, not {given}")

    def _number(self, words: list[str]) -> int:
        """A connector, or 0 for the charge point."""
        return 0 if words[:1] == ["0"] else self._outlet(words).number

    def _plug(self, words: list[str]) -> str:
        outlet = self._outlet(words)
        if outlet.battery is not None:
            raise CommandError(f"an EV is at connector {outlet.number} already; unplug it first")
        percent = None
        if len(words) > 1:
            if not words[1].isdigit() or int(words[1]) > 100:
                raise CommandError(f"a state of charge is 0 to 100 percent, not {words[1]}")
            percent = int(words[1])
        percent = self._hardware.plug(outlet, percent)
        return f"an EV at {percent} % is plugged in at connector {outlet.number}"

    def _unplug(self, words: list[str]) -> str:
        outlet = self._outlet(words)
        if outlet.battery is None:
            raise CommandError(f"no EV is at connector {outlet.number}; plug one in first")
        self._hardware.unplug(outlet)
        return f"the EV at connector {outlet.number} is unplugged"

    def _tag(self, words: list[str]) -> str:
        number = self._outlet(words).number if len(words) > 1 else 0
        id_tag = words[-1] if words else ""
        if not 1 <= len(id_tag) <= 20 or len(words) > 2:
            raise CommandError("an idTag of 1 to 20 characters without blanks is wanted")
        self._station.emit(events.TagPresented(number, id_tag))
        return "the idTag was presented"  # logged, so not which

    def _stop(self, words: list[str]) -> str:
        outlet = self._outlet(words)
        reason = words[1] if len(words) > 1 else "Local"
        if reason not in REASONS.split():
            raise CommandError(f"{reason} is none of the reasons {REASONS}")
        self._station.emit(events.StopPressed(outlet.number, reason))
        return f"stop was pressed at connector {outlet.number}"

    def _fault(self, words: list[str]) -> str:
        number = self._number(words)
        code = words[1] if len(words) > 1 else "nothing"
        if code not in ERROR_CODES.split():
            raise CommandError(f"{code} is none of the codes {ERROR_CODES}")
        self._station.emit(events.FaultRaised(number, code, " ".join(words[2:])))
        return f"{code} at connector {number}"

    def _clear(self, words: list[str]) -> str:
        number = self._number(words)
        self._station.emit(events.FaultCleared(number))
        return f"no fault at connector {number} any more"

    def _jam(self, words: list[str]) -> str:
        outlet = self._outlet(words)
        outlet.jammed = True
        return f"the lock of connector {outlet.number} is jammed"

    def _free(self, words: list[str]) -> str:
        outlet = self._outlet(words)
        outlet.jammed = False
        return f"the lock of connector {outlet.number} moves"

    def _status(self, words: list[str]) -> str:
        parts = []
        for outlet in self._hardware.outlets:
            ev = "no EV"
            if outlet.battery is not None:
                ev = f"EV at {outlet.battery.charge // 10} %"
            lock = "locked" if outlet.locked else "unlocked"
            energy = outlet.register // 3600
            parts.append(f"connector {outlet.number}: {ev}, {outlet.power} W, {energy} Wh, {lock}")
        return "; ".join(parts)
