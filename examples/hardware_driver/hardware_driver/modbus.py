"""Modbus RTU, the asking side, without ever waiting. Portable.

One request at a time: :meth:`Master.ask` sends it, :meth:`Master.poll` is called every turn and
collects the answer in whatever pieces it comes. Noise before the answer, and the echo some RS-485
transceivers make, are passed over; an answer with a wrong checksum is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .board import Port

READ_INPUT_REGISTERS = 4
#: Seconds an answer may take; a whole second more may pass, as time is counted in seconds.
WAIT = 1
#: Bytes kept of what arrives; the longest answer has 255.
MOST = 320


def crc16(data: bytes) -> int:
    """The checksum of a Modbus RTU frame; sent with its low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def sealed(body: bytes) -> bytes:
    """A frame: the body and its checksum."""
    crc = crc16(body)
    return body + bytes((crc & 255, crc >> 8))


class Master:
    """Asks one device for registers."""

    def __init__(self, port: Port, address: int) -> None:
        self._port = port
        self._address = address
        self._buffer = b""
        self._size = 0
        self._asked_at = 0
        self._is_busy = False
        #: Why the last request failed, "" if it did not.
        self.error = ""

    def ask(self, first: int, count: int, now: int) -> None:
        """Asks for `count` registers from `first` on."""
        self._port.receive()  # what came too late for the request before
        self._buffer = b""
        self._size = 2 * count
        self._asked_at = now
        self._is_busy = True
        head = bytes((self._address, READ_INPUT_REGISTERS))
        self._port.send(sealed(head + first.to_bytes(2, "big") + count.to_bytes(2, "big")))

    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._is_busy

    def poll(self, now: int) -> bytes:
        """The registers once they are there, else b"".

        Afterwards `is_busy` tells whether to go on asking for them, `error` whether they failed.
        """
        self._buffer += self._port.receive()
        data = self._find()
        if data or now - self._asked_at <= WAIT:
            return data
        got = len(self._buffer)
        self._end("no answer" if not got else f"no valid answer in {got} bytes")
        return b""

    def _find(self) -> bytes:
        """The answer, wherever in the buffer it begins."""
        buffer = self._buffer
        for start in range(len(buffer) - 4):
            if buffer[start] != self._address:
                continue
            function = buffer[start + 1]
            if function == READ_INPUT_REGISTERS and buffer[start + 2] == self._size:
                body = buffer[start : start + 3 + self._size]
                if buffer[start : start + 5 + self._size] == sealed(body):
                    self._end("")
                    return body[3:]
            elif function == READ_INPUT_REGISTERS | 0x80:
                frame = buffer[start : start + 5]
                if frame == sealed(frame[:3]):
                    self._end(f"refused with code {frame[2]}")
                    return b""
        self._buffer = buffer[-MOST:]
        return b""

    def _end(self, error: str) -> None:
        self._is_busy = False
        self.error = error
        self._buffer = b""
