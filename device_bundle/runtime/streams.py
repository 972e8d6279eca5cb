"""Sockets of a module: connecting, TLS, and reading that never waits long. Portable.

What is worked around, all of it seen in firmware sources: `connect` reports success for a
refused connection (the first read or write then fails); name look-up failures are an empty
list; a read that times out half way through loses what it had, unless it asked for one byte
(TLS) or used `recv` (plain); TLS passes a time-out on as a negative number.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import usocket
import utime

from device_bundle.runtime.handshake import HandshakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import ussl

# Seconds one read waits at most; the firmware rounds up to steps of 100 ms.
_MOMENT = 0.2
# The same while something else has work to do; 0 is no time-out but none at all on some firmware.
_BRIEF = 0.01
# Seconds without progress after which sending is given up, and milliseconds for all of it.
_WRITE_TIMEOUT = 20
_WRITE_TOTAL = 30000
# Milliseconds one read over TLS may take of a peer that dribbles, looked at every so many bytes.
_READ_TOTAL = 1000
_LOOK = 16
# EINTR, EAGAIN, ETIMEDOUT, the same as TLS hands them on, mbedTLS's "want read" and "want write".
_NOTHING_YET = (4, 11, 110, -4, -11, -110, -26880, -26752)
# Of those, the ones after which sending may go on at once.
_INTERRUPTED = (4, 11, -4, -11, -26880, -26752)
# How often in a row it may.
_INTERRUPTIONS = 8
# ENOTCONN in its two spellings: the peer has closed.
_CLOSED = (107, 128)


class SocketStream:
    """A connected socket as a `websocket.Stream`; `tls` is the wrapped socket or None."""

    def __init__(self, socket: usocket.socket, tls: ussl.Socket | None) -> None:
        self._socket = socket
        self._tls = tls
        self._byte = bytearray(1)
        self._moment = _MOMENT
        socket.settimeout(_MOMENT)

    def hurry(self, on: bool) -> None:
        """Whether reads and `send` are to wait hardly at all, since something else has work."""
        moment = _BRIEF if on else _MOMENT
        if moment != self._moment:
            self._moment = moment
            self._socket.settimeout(moment)

    def read(self, size: int) -> bytes | None:
        """Up to `size` bytes, None if nothing came for a moment, b"" at the end. Raises OSError."""
        try:
            if self._tls is None:
                return self._socket.recv(size)
            return self._read_tls(self._tls, size)
        except OSError as error:
            code = error.args[0] if error.args else 0
            if code in _NOTHING_YET:
                return None
            if code in _CLOSED:
                return b""
            raise

    def _read_tls(self, tls: ussl.Socket, size: int) -> bytes | None:
        """Byte by byte: a longer read loses what it had when it times out."""
        byte = self._byte
        data = bytearray(size)
        count = 0
        begun = utime.ticks_ms()
        while count < size:
            try:
                got = tls.readinto(byte)
            except OSError as error:
                if not count:
                    raise
                if error.args[0] not in _NOTHING_YET:
                    break  # what came before the fault is delivered; the next read meets it again
                got = None
            if not got:
                if got is None and not count:
                    return None
                break
            data[count] = byte[0]
            count += 1
            if not count % _LOOK and utime.ticks_diff(utime.ticks_ms(), begun) > _READ_TOTAL:
                break
        return bytes(data) if count == size else bytes(data[:count])

    def write(self, data: bytes | bytearray) -> None:
        """Send all of it. Raises OSError."""
        socket = self._socket
        begun = utime.ticks_ms()
        socket.settimeout(_WRITE_TIMEOUT)
        send = socket.send if self._tls is None else self._tls.write
        try:
            sent = _persist(send, data) or 0
            while sent < len(data):
                late = utime.ticks_diff(utime.ticks_ms(), begun) > _WRITE_TOTAL
                count = 0 if late else _persist(send, memoryview(data)[sent:])
                if not count:
                    raise OSError(110)
                sent += count
        finally:
            socket.settimeout(self._moment)  # what closes the connection still reads

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Send what is taken within a moment; how many bytes that was, perhaps 0. Raises OSError.

        After 0 the same bytes must come first again: TLS may have begun to send them.
        """
        try:
            count = self._socket.send(data) if self._tls is None else self._tls.write(data)
        except OSError as error:
            if error.args and error.args[0] in _NOTHING_YET:
                return 0
            raise
        return count or 0

    def close(self) -> None:
        """Release the socket; harmless when repeated. TLS contexts leak unless closed."""
        for part in (self._tls, self._socket):
            if part is not None:
                try:  # noqa: SIM105  # no contextlib on a module
                    part.close()
                except OSError:
                    pass  # closed by the peer, or twice: it is gone, which is the aim
        self._tls = None


def _persist(send: Callable[..., int | None], data: bytes | bytearray | memoryview) -> int | None:
    """send(data), and again where it was merely interrupted. Raises OSError."""
    tries = 0
    while True:
        try:
            return send(data)
        except OSError as error:
            tries += 1
            if error.args[0] not in _INTERRUPTED or tries > _INTERRUPTIONS:
                raise


def connect(
    host: str,
    port: int,
    timeout: int,
    wrap: Callable[[usocket.socket, str], ussl.Socket] | None,
    feed: Callable[[], object] | None = None,
) -> SocketStream:
    """A stream to host:port, over TLS if `wrap` is given. timeout: seconds, 1 to 24.

    feed() is called between the steps, each of which may keep the main loop waiting: looking the
    name up, connecting, TLS. Raises OSError, or HandshakeError when the name cannot be resolved.
    """
    gc.collect()  # closes sockets left over, and leaves TLS the memory it needs
    addresses = usocket.getaddrinfo(host, port)
    if not addresses:
        raise HandshakeError(f"{host}: the name cannot be resolved")
    socket = usocket.socket(addresses[0][0], usocket.SOCK_STREAM)
    try:
        socket.settimeout(timeout)
        if feed is not None:
            feed()
        socket.connect(addresses[0][-1])
        if feed is not None:
            feed()
        return SocketStream(socket, wrap(socket, host) if wrap is not None else None)
    except (OSError, ValueError, HandshakeError):
        socket.close()
        raise
