"""An EV's battery and charger: how much it draws at which state of charge. Portable.

Constant power up to ``TAPER``, then less and less, as a constant-voltage phase does.
"""

from __future__ import annotations

#: State of charge, in thousandths, from which the EV draws less.
TAPER = 800
#: What is drawn just before the battery is full, in thousandths of the most.
TRICKLE = 60


class Battery:
    """Energy is in Ws, the state of charge in thousandths."""

    def __init__(self, capacity_wh: int, charge: int) -> None:
        self._capacity = capacity_wh * 3600
        self._held = self._capacity * charge // 1000

    @property
    def charge(self) -> int:
        """The state of charge."""
        return self._held * 1000 // self._capacity

    @property
    def is_full(self) -> bool:
        """Whether nothing more goes in."""
        return self._held >= self._capacity

    def demand(self, most: int) -> int:
        """What it draws of at most ``most`` watts."""
        if self.is_full:
            return 0
        charge = self.charge
        if charge < TAPER:
            return most
        share = 1000 - (charge - TAPER) * (1000 - TRICKLE) // (1000 - TAPER)
        return most * share // 1000

    def store(self, energy: int) -> None:
        """Takes up energy."""
        self._held = min(self._held + energy, self._capacity)
