"""A lamp that shows the connector's status. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .board import Output

#: On or off in each of four seconds, the first one last; statuses that are not here stay dark.
PATTERNS = {
    "Available": 0b0001,
    "Preparing": 0b0101,
    "Charging": 0b1111,
    "SuspendedEV": 0b0111,
    "SuspendedEVSE": 0b0011,
    "Finishing": 0b0101,
    "Reserved": 0b1110,
}


class Lamp:
    """Shows one status."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._is_on = False
        self.status = "Available"

    def show(self, now: int) -> None:
        """Once a turn."""
        wanted = PATTERNS.get(self.status, 0) >> (now & 3) & 1 == 1
        if wanted != self._is_on:
            self._is_on = wanted
            self._output.write(wanted)
