"""The contactor and its mirror contact, which tells whether it does as it is told. Portable.

A mirror contact (IEC 60947-4-1, annex F) is closed only while every main contact is open: closed
although the coil is on, the contactor did not pull in; open although the coil is off, a main
contact is welded and the socket live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .board import Contact, Output

#: Seconds the contacts may take to follow.
SETTLE = 1


class Contactor:
    """Opens in doubt. A failure lasts until the software starts again: somebody must look."""

    def __init__(self, coil: Output, mirror: Contact) -> None:
        self._coil = coil
        self._mirror = mirror
        self._changed_at = 0
        #: What the coil is told.
        self.is_on = False
        #: What is wrong with it, "" for nothing.
        self.failure = ""
        #: How often it was closed since the start; contacts wear.
        self.closings = 0
        coil.write(False)

    @property
    def is_welded(self) -> bool:
        """Whether the socket may be live although it is switched off."""
        return bool(self.failure) and self._mirror.is_wired and not self._mirror.is_closed()

    def switch(self, on: bool, now: int) -> None:
        """Closes or opens it."""
        if on != self.is_on:
            self.is_on = on
            self._changed_at = now
            self.closings += 1 if on else 0
            self._coil.write(on)

    def check(self, now: int) -> str:
        """What is wrong with it, "" for nothing."""
        if self.failure or not self._mirror.is_wired or now - self._changed_at <= SETTLE:
            return self.failure
        if self._mirror.is_closed() == self.is_on:
            self.failure = "contactor does not close" if self.is_on else "contactor welded"
        return self.failure
