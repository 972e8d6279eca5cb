"""Frames of the WebSocket protocol (RFC 6455) as a client reads and writes them. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


TEXT = 1
BINARY = 2
CLOSE = 8
PING = 9
PONG = 10
# Not an opcode of the wire: a data message that was skipped because it was over the limit.
TOO_BIG = 16

CLOSE_NORMAL = 1000
CLOSE_GOING_AWAY = 1001
CLOSE_PROTOCOL_ERROR = 1002
CLOSE_BAD_TEXT = 1007
CLOSE_TOO_BIG = 1009

# Bytes asked of the socket at a time: one typical message, and small enough for a full heap.
_CHUNK = 1024
# Skipping a message costs airtime; beyond this many bytes the connection is given up instead.
_SKIP_LIMIT = 1048576

_HEAD = 0
_LENGTH = 1
_BODY = 2


class FrameError(Exception):
    """The peer broke RFC 6455; the connection must be closed with `code`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class FrameReader:
    """Pull parser for frames a server sends.

    Feed it at most `wanted` bytes at a time: so nothing beyond the current frame is ever
    taken from the socket, and each piece of payload arrives in a buffer of its size.
    """

    def __init__(self, limit: int) -> None:
        """limit: bytes of the largest data message that is kept."""
        self.limit = limit
        self.payload = b""
        self.wanted = 2
        self._state = _HEAD
        self._head = b""
        self._opcode = 0
        self._final = True
        self._left = 0
        self._control = b""
        self._message = 0
        self._size = 0
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> int:
        """Opcode of the message these bytes complete (its content in `payload`), or 0.

        TOO_BIG stands for a data message over the limit, read past and not kept. Raises
        FrameError for anything RFC 6455 forbids a server to send.
        """
        if self._state == _BODY:
            return self._take(data)
        self._head = self._head + data if self._head else data
        self.wanted -= len(data)
        if self.wanted:
            return 0
        if self._state == _HEAD:
            return self._read_head(self._head[0], self._head[1])
        return self._read_length(int.from_bytes(self._head, "big"), len(self._head))

    def forget(self) -> None:
        """Keep nothing of the data still to come; frames are told apart as before."""
        self.limit = 0
        self._parts = []

    def _read_head(self, first: int, second: int) -> int:
        if first & 0x70:
            raise FrameError(CLOSE_PROTOCOL_ERROR, "reserved bits set without an extension")
        if second & 0x80:
            raise FrameError(CLOSE_PROTOCOL_ERROR, "masked frame from the server")
        self._opcode = first & 15
        self._final = first & 0x80 != 0
        length = second & 127
        self._check_opcode(length)
        self._head = b""
        if length < 126:
            return self._begin_body(length)
        self._state = _LENGTH
        self.wanted = 2 if length == 126 else 8
        return 0

    def _check_opcode(self, length: int) -> None:
        opcode = self._opcode
        if opcode >= CLOSE:
            if opcode > PONG:
                raise FrameError(CLOSE_PROTOCOL_ERROR, f"unknown control opcode {opcode}")
            if not self._final or length > 125:
                raise FrameError(CLOSE_PROTOCOL_ERROR, "control frame fragmented or too long")
        elif opcode > BINARY:
            raise FrameError(CLOSE_PROTOCOL_ERROR, f"unknown opcode {opcode}")
        elif opcode:
            if self._message:
                raise FrameError(CLOSE_PROTOCOL_ERROR, "new message inside a fragmented one")
            self._message = opcode
        elif not self._message:
            raise FrameError(CLOSE_PROTOCOL_ERROR, "continuation of no message")

    def _read_length(self, length: int, width: int) -> int:
        if length < (126 if width == 2 else 65536):
            raise FrameError(CLOSE_PROTOCOL_ERROR, "length not in its shortest form")
        self._head = b""
        return self._begin_body(length)

    def _begin_body(self, length: int) -> int:
        self._left = length
        if self._opcode < CLOSE:
            self._size += length
            if self._size > self.limit:
                self._parts = []
                if self._size > _SKIP_LIMIT:
                    raise FrameError(CLOSE_TOO_BIG, f"message of {self._size} bytes")
        if not length:
            return self._finish()
        self._state = _BODY
        self.wanted = min(length, _CHUNK)
        return 0

    def _take(self, data: bytes) -> int:
        self._left -= len(data)
        if self._opcode >= CLOSE:
            self._control = self._control + data if self._control else data
        elif self._size <= self.limit:
            self._parts.append(data)
        if self._left:
            self.wanted = min(self._left, _CHUNK)
            return 0
        return self._finish()

    def _finish(self) -> int:
        """The frame is complete; so is the message, unless more fragments follow."""
        self._state = _HEAD
        self.wanted = 2
        opcode = self._opcode
        if opcode >= CLOSE:
            self.payload = self._control
            self._control = b""
            return opcode
        if not self._final:
            return 0
        opcode = self._message if self._size <= self.limit else TOO_BIG
        parts = self._parts
        self.payload = parts[0] if len(parts) == 1 else b"".join(parts)
        self._message = 0
        self._size = 0
        self._parts = []
        return opcode


def encode(opcode: int, payload: bytes, random: Callable[[int], int]) -> bytearray:
    """One final client frame, masked; random(n) gives n random bits."""
    length = len(payload)
    if length < 126:
        start = 6
    elif length < 65536:
        start = 8
    else:
        start = 14
    frame = bytearray(start + length)
    frame[0] = 0x80 | opcode
    if length < 126:
        frame[1] = 0x80 | length
    else:
        frame[1] = 0xFE if length < 65536 else 0xFF
        rest = length
        for i in range(start - 5, 1, -1):
            frame[i] = rest & 255
            rest >>= 8
    # Drawn byte by byte: 32 bits at once would be a big integer on a small module.
    a = frame[start - 4] = random(8)
    b = frame[start - 3] = random(8)
    c = frame[start - 2] = random(8)
    d = frame[start - 1] = random(8)
    # Four at a time and straight into the frame: the fastest form that allocates nothing.
    whole = length & ~3
    for i in range(0, whole, 4):
        j = start + i
        frame[j] = payload[i] ^ a
        frame[j + 1] = payload[i + 1] ^ b
        frame[j + 2] = payload[i + 2] ^ c
        frame[j + 3] = payload[i + 3] ^ d
    for i in range(whole, length):
        frame[start + i] = payload[i] ^ frame[start - 4 + (i & 3)]
    return frame


def close_status(payload: bytes) -> int:
    """Status code of a close frame, 0 if it has none. Raises FrameError (RFC 6455, 7.4)."""
    if not payload:
        return 0
    if len(payload) == 1:
        raise FrameError(CLOSE_PROTOCOL_ERROR, "close frame of one byte")
    code = payload[0] << 8 | payload[1]
    if not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in (1004, 1005, 1006):
        raise FrameError(CLOSE_PROTOCOL_ERROR, f"close code {code} is not allowed")
    decoded(payload[2:])
    return code


def decoded(payload: bytes) -> str:
    """The text of a message, or of a reason to close. Raises FrameError."""
    try:
        return payload.decode()
    except ValueError:  # UnicodeError is a ValueError; some modules do not have its name
        raise FrameError(CLOSE_BAD_TEXT, "text is not UTF-8") from None
