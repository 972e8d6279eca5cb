"""How long to wait before trying again: doubling, bounded, with jitter. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Backoff:
    """Delays for one kind of attempt.

    Each is drawn from the upper half of a span that doubles, so that stations that lost the
    same central system at the same moment do not come back together.
    """

    def __init__(self, minimum: int, maximum: int, random: Callable[[int], int]) -> None:
        """minimum, maximum: seconds, the first and the last span; random(n): n random bits."""
        self._minimum = max(1, minimum)
        self._maximum = max(self._minimum, maximum)
        self._random = random
        self._span = self._minimum

    def next(self) -> int:
        """Seconds to wait before the next attempt."""
        span = self._span
        self._span = min(span * 2, self._maximum)
        half = (span + 1) // 2
        return span - half + (half * self._random(10) + 512) // 1024

    def reset(self) -> None:
        """Begin with the minimum again."""
        self._span = self._minimum
