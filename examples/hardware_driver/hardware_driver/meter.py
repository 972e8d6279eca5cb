"""The energy meter: a Modbus RTU meter with the register layout of Eastron's SDM types. Portable.

Another meter is another :data:`BLOCKS`; one whose registers are integers is another
:func:`thousandths`. One block is read after the other, each in turns of the main loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .modbus import Master

if TYPE_CHECKING:
    from .board import Port

ENERGY = "Energy.Active.Import.Register"
#: The first input register of a block, and what it holds: two registers each, a 32-bit float with
#: the high word first. V, A, W, Hz and kWh. Single-phase meters answer 0 for L2 and L3.
BLOCKS = (
    (
        0x0000,
        (
            "Voltage.L1-N",
            "Voltage.L2-N",
            "Voltage.L3-N",
            "Current.Import.L1",
            "Current.Import.L2",
            "Current.Import.L3",
        ),
    ),
    (0x0034, ("Power.Active.Import",)),
    (0x0046, ("Frequency", ENERGY)),
)


def thousandths(data: bytes, at: int) -> int | None:
    """A big-endian IEEE 754 single in thousandths, rounded; None for what is no number.

    Whole numbers only: a module's own float may have 32 bits, and would lose Wh of a register.
    """
    bits = int.from_bytes(data[at : at + 4], "big")
    exponent = bits >> 23 & 255
    if exponent == 255:
        return None
    mantissa = (bits & 0x7FFFFF | 0x800000) * 1000 if exponent else 0
    shift = exponent - 150
    value = mantissa << shift if shift >= 0 else (mantissa + (1 << -shift - 1)) >> -shift
    return -value if bits >> 31 else value


def decimal(value: int) -> str:
    """Thousandths as text with two decimals."""
    hundredths = (abs(value) + 5) // 10
    sign = "-" if value < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


class Meter:
    """The readings, and how old they are."""

    def __init__(self, port: Port, address: int, interval: int, patience: int) -> None:
        """interval: seconds between readings. patience: seconds a reading stays good."""
        self._master = Master(port, address)
        self._interval = interval
        self._patience = patience
        self._block = 0
        self._next_at = 0
        self._read_at = 0
        #: The import register in Wh, None before it was first read.
        self.energy: int | None = None
        #: In thousandths of the unit.
        self.values: dict[str, int] = {}
        #: Why the last request failed, "" if it did not.
        self.error = ""
        #: How many failed since the start.
        self.failures = 0

    def start(self, now: int) -> None:
        """The time for a first reading begins."""
        self._read_at = now

    def poll(self, now: int) -> None:
        """Goes on reading."""
        master = self._master
        if master.is_busy():
            data = master.poll(now)
            if data:
                self._take(data, now)
            elif not master.is_busy():
                self.error = master.error
                self.failures += 1
                self._block = 0
        if not master.is_busy() and (self._block or now >= self._next_at):
            first, names = BLOCKS[self._block]
            master.ask(first, 2 * len(names), now)
            self._next_at = now + self._interval

    def is_lost(self, now: int) -> bool:
        """Whether there is no reading that is good. Ask after `poll`."""
        return now - self._read_at > self._patience

    def current(self) -> int:
        """The current of the phase that draws most, in mA."""
        most = 0
        for name in BLOCKS[0][1][3:]:
            most = max(most, self.values.get(name, 0))
        return most

    def _take(self, data: bytes, now: int) -> None:
        names = BLOCKS[self._block][1]
        for position in range(len(names)):
            value = thousandths(data, 4 * position)
            if value is None:
                continue
            if names[position] != ENERGY:
                self.values[names[position]] = value
            elif self.energy is None or value > self.energy:
                self.energy = value
        self._block += 1
        if self._block == len(BLOCKS):
            self._block = 0
            if self.energy is not None:
                self._read_at = now
                self.error = ""
