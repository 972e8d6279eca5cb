"""A card reader that sends the card's number as text over a UART. Portable.

A frame is STX (0x02), the number in hexadecimal digits, two more digits that are the exclusive or
of the number's bytes, and ETX (0x03); CR and LF before ETX are passed over. Readers of 125 kHz
cards commonly send ten digits this way, those with a Wiegand converter six, those of 13.56 MHz
cards eight to twenty. A reader repeats the number while a card lies on it: that is one card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .board import Port

STX = b"\x02"
ETX = b"\x03"
#: Bytes of the longest frame, its ends included: an idTag has 20 characters at most.
LONGEST = 26
#: Frames in a row that must be wrong for the reader to be called broken.
BROKEN = 5


def number_of(frame: bytes) -> str:
    """The number in what stands between STX and ETX, "" where it is no valid frame."""
    try:
        digits = frame.decode().strip().upper()
    except ValueError:
        return ""
    if len(digits) % 2 or not 8 <= len(digits) <= 22:
        return ""
    check = 0
    for position in range(0, len(digits), 2):
        try:
            check ^= int(digits[position : position + 2], 16)
        except ValueError:
            return ""
    return "" if check else digits[:-2]


class Reader:
    """Cards presented to the reader."""

    def __init__(self, port: Port, debounce: int) -> None:
        """debounce: seconds a card must be away to count as presented again."""
        self._port = port
        self._debounce = debounce
        self._rest = b""
        self._last = ""
        self._seen_at = 0
        #: Wrong frames in a row.
        self.wrong = 0

    def poll(self, now: int) -> str:
        """The number of a card that was presented just now, else ""."""
        self._rest += self._port.receive()
        number = ""
        while not number:
            end = self._rest.find(ETX)
            if end < 0:
                break
            start = self._rest.rfind(STX, 0, end)
            frame = self._rest[start + 1 : end] if start >= 0 else b""
            self._rest = self._rest[end + 1 :]
            number = self._judge(number_of(frame), now)
        if len(self._rest) > LONGEST:
            self._rest = self._rest[-LONGEST:]
        return number

    def is_broken(self) -> bool:
        """Whether frames come but none is right."""
        return self.wrong >= BROKEN

    def _judge(self, number: str, now: int) -> str:
        if not number:
            self.wrong += 1
            return ""
        self.wrong = 0
        is_new = number != self._last or now - self._seen_at > self._debounce
        self._last = number
        self._seen_at = now
        return number if is_new else ""
