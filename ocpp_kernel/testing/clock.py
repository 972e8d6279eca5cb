"""Time that passes when told to."""

from __future__ import annotations


class FakeClock:
    """Seconds that pass when told to. ``epoch`` is what UTC is at 0."""

    def __init__(self, now: int = 0, epoch: int = 1_767_225_600) -> None:
        self.now = now
        self._offset = epoch - now

    def utc(self) -> int:
        """Seconds since 1970 UTC."""
        return self.now + self._offset
