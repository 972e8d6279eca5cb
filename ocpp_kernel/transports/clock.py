"""The time a charge point lives in: that of this computer, or faster."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Whole seconds since the start, ``speed`` times as fast as those of ``source``.

    ``source`` gives monotonic seconds.
    """

    def __init__(self, speed: float = 1.0, source: Callable[[], float] = time.monotonic) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._source = source
        self._start = source()

    def now(self) -> int:
        """Seconds of this clock, full ones only."""
        return int(self._elapsed())

    def delay(self, due: float) -> float:
        """Real seconds until this clock shows ``due``; 0 if it does already."""
        return max(0.0, (due - self._elapsed()) / self.speed)

    def _elapsed(self) -> float:
        return (self._source() - self._start) * self.speed
