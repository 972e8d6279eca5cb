"""A simulated connector: contactor, lock, meter and whatever EV is plugged in. Portable.

Integers only: Wh and Ws, mA, V, W. The meter is integrated over the time that really passed, so
that it is right whenever it is read.
"""

from __future__ import annotations

from .battery import Battery

#: The least current at which EVs charge, in mA (IEC 61851-1).
LEAST_CURRENT = 6000


class Outlet:
    """One connector; ``number`` counts from 1."""

    def __init__(self, number: int, voltage: int, phases: int, ev_current: int) -> None:
        self.number = number
        self.phases = phases
        self.battery: Battery | None = None
        self.on = False
        self.locked = False
        #: The lock does not move.
        self.jammed = False
        self.offered = 0
        #: The register in Ws.
        self.register = 0
        #: Watts drawn since ``read_at``.
        self.power = 0
        self.read_at = 0
        #: Whether the EV was last said to ask for energy.
        self.ready = True
        self._voltage = voltage
        self._ev_current = ev_current

    def advance(self, now: int) -> None:
        """Counts what was drawn until now, and finds out what is drawn from now on."""
        energy = self.power * (now - self.read_at)
        self.read_at = now
        self.register += energy
        if self.battery is not None and energy:
            self.battery.store(energy)
        self.power = self._draw()

    def reading(self) -> int:
        """The register in Wh, rounded up."""
        return (self.register + 3599) // 3600

    def is_charging(self) -> bool:
        """Whether time changes anything here."""
        return self.power > 0

    def current(self) -> int:
        """The current per phase, in mA."""
        return self.power * 1000 // (self._voltage * self.phases)

    def voltage(self) -> int:
        """The voltage in mV; it sags a little under load."""
        return self._voltage * 1000 - self.current() // 20

    def wants_energy(self) -> bool:
        """Whether the EV would draw something if it could."""
        return self.battery is not None and not self.battery.is_full

    def _draw(self) -> int:
        if self.battery is None or not self.on or self.offered < LEAST_CURRENT:
            return 0
        current = min(self.offered, self._ev_current)
        return self.battery.demand(current * self._voltage * self.phases // 1000)


def thousandths(value: int) -> str:
    """A number of thousandths as decimal text with one digit after the point."""
    return f"{value // 1000}.{value % 1000 // 100}"
