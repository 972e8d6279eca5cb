"""Monotonic seconds out of a millisecond counter that wraps. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Whole seconds since this object was made, never going back.

    utime.ticks_ms() wraps at 2**30 (12.4 days) and ticks_diff() is right for half of that, so
    `now` must be called at least every 6 days; the main loop does it several times a second.
    """

    def __init__(
        self,
        ticks_ms: Callable[[], int],
        ticks_diff: Callable[[int, int], int],
        sleep_ms: Callable[[int], object],
    ) -> None:
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._sleep_ms = sleep_ms
        self._mark = ticks_ms()
        self._rest = 0
        self._seconds = 0

    def now(self) -> int:
        """Seconds, an int."""
        ticks = self._ticks_ms()
        passed = self._ticks_diff(ticks, self._mark)
        if passed > 0:
            self._mark = ticks
            passed += self._rest
            self._seconds += passed // 1000
            self._rest = passed % 1000
        return self._seconds

    def sleep(self, milliseconds: int) -> None:
        """Do nothing for a while."""
        if milliseconds > 0:
            self._sleep_ms(milliseconds)
