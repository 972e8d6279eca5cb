"""The motor that locks the plug in the socket, and the switch that tells where it is. Portable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .board import Contact, Output

#: Milliseconds between looks at the switch while the motor runs.
STEP = 20


class Lock:
    """Moves the bolt and waits for it, at most `longest` milliseconds.

    This is the one place where the driver waits: whether the plug is free is the answer to
    UnlockConnector, and is wanted at once.
    """

    def __init__(
        self,
        forward: Output,
        back: Output,
        locked: Contact,
        pause: Callable[[int], None],
        longest: int,
    ) -> None:
        self._forward = forward
        self._back = back
        self._locked = locked
        self._pause = pause
        self._longest = longest

    def move(self, locked: bool) -> bool:
        """Locks or releases; whether it is so now."""
        motor = self._forward if locked else self._back
        left = self._longest
        motor.write(True)
        while self._locked.is_closed() != locked and left > 0:
            self._pause(STEP)
            left -= STEP
        motor.write(False)
        return self._locked.is_closed() == locked
