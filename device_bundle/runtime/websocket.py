"""WebSocket client protocol (RFC 6455) without sockets. Portable.

`WebSocket` holds one connection's state over a `Stream`. Every frame goes out in a single write:
header, mask and payload in separate writes cost a delayed acknowledgement each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_bundle.runtime.websocket_frames import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    TOO_BIG,
    FrameError,
    FrameReader,
    close_status,
    decoded,
    encode,
)

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


# Bytes asked of the socket while closing, which must succeed even when that is done for lack of
# memory.
_SIP = 128
# Frames read in one call of `receive`: a flood of pings must not hold the main loop.
_READS = 64


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
            return decoded(payload)
        if kind == PING:
            self._send(PONG, payload)
        elif kind == PONG:
            self._pong_by = -1
        elif kind == CLOSE:
            code = close_status(payload)
            self._send(CLOSE, payload[:2])
            self._end(f"closed by the server with code {code} {decoded(payload[2:])}".strip())
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
