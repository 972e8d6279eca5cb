"""WebSocket client protocol (RFC 6455) without sockets. Portable.

`FrameReader` turns bytes into messages, `encode` makes a frame, `WebSocket` holds one
connection's state over a `Stream`. Every frame goes out in a single write: header, mask
and payload in separate writes cost a delayed acknowledgement each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Stream(Protocol):
        """What a WebSocket needs of a socket."""

        def read(self, size: int) -> bytes | None:
            """Up to `size` bytes; None: nothing came for a moment; b"": the peer closed.

            A moment is some 200 ms, so that the main loop turns several times a second.
            """

        def write(self, data: bytes | bytearray) -> None:
            """Send all of it or raise OSError."""

        def hurry(self, on: bool) -> None:
            """Whether reads are to wait hardly at all, since something else has work to do."""

        def close(self) -> None:
            """Release the socket; harmless when repeated."""


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
# The same while closing, which must succeed even when that is done for lack of memory.
_SIP = 128
# Skipping a message costs airtime; beyond this many bytes the connection is given up instead.
_SKIP_LIMIT = 1048576
# Frames read in one call of `receive`: a flood of pings must not hold the main loop.
_READS = 64

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
    _text(payload[2:])
    return code


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except ValueError:  # UnicodeError is a ValueError; some modules do not have its name
        raise FrameError(CLOSE_BAD_TEXT, "text is not UTF-8") from None


class WebSocket:
    """An open WebSocket connection; the loop that owns it calls `receive` and `tick`.

    `open` turns False once no more messages can be sent; `reason` then says why.
    """

    def __init__(
        self,
        stream: Stream,
        random: Callable[[int], int],
        report: Callable[[str], object],
        limit: int = 16384,
    ) -> None:
        """report(text) hears of messages that were refused; limit: bytes of a message."""
        self.open = True
        self.reason = ""
        self.ping_interval = 0
        self.pong_timeout = 20
        self._stream = stream
        self._random = random
        self._report = report
        self._reader = FrameReader(limit)
        self._pinged = 0
        self._ping_at = -1
        self._pong_by = -1
        # Whether what the peer sends makes no sense any more.
        self._broken = False

    def send(self, text: str) -> None:
        """Send a text message in one write. Does nothing once the connection is closed."""
        self._send(TEXT, text.encode())

    def hurry(self, on: bool) -> None:
        """Whether `receive` is to wait hardly at all, since something else has work to do."""
        self._stream.hurry(on)

    def receive(self) -> str | None:
        """The next text message, or None: none came for a moment, or the end came.

        Returns as soon as the peer falls behind, even in the middle of a message, so that one
        that dribbles cannot hold the main loop.
        """
        reader = self._reader
        reads = 0
        while self.open and reads < _READS:
            wanted = reader.wanted
            data = self._read(wanted)
            if data is None:
                return None
            try:
                kind = reader.feed(data)
                text = self._handle(kind) if kind else None
            except FrameError as error:
                self._fail(error.code, error.text)
                return None
            if text is not None:
                return text
            if len(data) < wanted:
                return None
            reads += 1
        return None

    def tick(self, now: int) -> None:
        """Send a ping when due; give the connection up when its pong is overdue (FRM-042, -044).

        now: monotonic seconds.
        """
        if self._pong_by >= 0:
            if now >= self._pong_by:
                self._end(f"no pong within {self.pong_timeout} s")
            return
        interval = self.ping_interval
        if interval <= 0:
            self._ping_at = -1
            return
        if self._ping_at < 0 or self._ping_at > now + interval:
            self._ping_at = now + interval
        elif now >= self._ping_at:
            self._ping_at = now + interval
            self._pong_by = now + self.pong_timeout
            self._send(PING, b"")

    def close(self, code: int, reason: str) -> None:
        """Start the close handshake; then call `finish`. reason: told to the peer and kept."""
        if self.open:
            self._reader.forget()  # what closes may be a lack of memory
            self._send(CLOSE, bytes((code >> 8, code & 255)) + reason.encode()[:120])
            self._end(reason)

    def finish(self, waits: int) -> None:
        """Read on to the peer's half of the closing for so many moments, not for ever; let go."""
        reader = self._reader
        broken = self._broken
        reads = 0
        try:
            while waits > 0 and reads < _READS:
                data = self._stream.read(_SIP if broken else min(reader.wanted, _SIP))
                reads += 1
                if data is None:
                    waits -= 1
                elif not data or (not broken and reader.feed(data) == CLOSE):
                    break
        except (OSError, FrameError):
            waits = 0  # it is over either way
        self._stream.close()

    def _read(self, size: int) -> bytes | None:
        try:
            data = self._stream.read(size)
        except OSError as error:
            self._end(f"connection lost: {error}")
            return None
        if data is not None and not data:
            self._end("connection closed by the server without a closing handshake")
            return None
        return data

    def _handle(self, kind: int) -> str | None:
        payload = self._reader.payload
        if kind == TEXT:
            return _text(payload)
        if kind == PING:
            self._send(PONG, payload)
        elif kind == PONG:
            self._pong_by = -1
        elif kind == CLOSE:
            code = close_status(payload)
            self._send(CLOSE, payload[:2])
            self._end(f"closed by the server with code {code} {_text(payload[2:])}".strip())
        elif kind == TOO_BIG:
            self._report(f"skipped a message of more than {self._reader.limit} bytes")
        else:
            self._report("skipped a binary message; OCPP-J uses text")
        return None

    def _send(self, opcode: int, payload: bytes) -> None:
        if not self.open:
            return
        try:
            self._stream.write(encode(opcode, payload, self._random))
        except OSError as error:
            self._end(f"sending failed: {error}")

    def _fail(self, code: int, text: str) -> None:
        self.close(code, text)
        self._broken = True
        self.reason = f"closed with code {code}: {text}"

    def _end(self, reason: str) -> None:
        if self.open:
            self.open = False
            self.reason = reason
