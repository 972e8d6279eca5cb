"""TLS of stock MicroPython: stands for `tls` there. Portable.

As on QuecPython a server is known by the pinned SHA-256 of its certificate: few boards have a
clock that is right before they are connected, and certificates cannot be judged without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uselect

from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.pinning import check_pin

try:
    import ssl
except ImportError:
    ssl = None  # type: ignore[assignment]  # a board without TLS

if TYPE_CHECKING:
    from collections.abc import Callable

    import usocket

# Milliseconds a read waits, as `streams` has it, and a write; `streams` tries that one again.
_READ = 200
_WRITE = 2500


class _Secured:
    """A wrapped socket whose reads and writes may time out.

    TLS of stock MicroPython never works again once its socket had a time-out: the socket never
    blocks, and what is waited for is waited for out here.
    """

    def __init__(self, socket: Any, tls: Any) -> None:
        self._socket = socket
        self._tls = tls

    def readinto(self, buffer: bytearray) -> int:
        """As of the wrapped socket; OSError 11 if nothing came for a moment."""
        return self._wait(self._tls.readinto, buffer, uselect.POLLIN, _READ)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """How many bytes were sent; OSError 11 if none could be."""
        return self._wait(self._tls.write, data, uselect.POLLOUT, _WRITE)

    def _wait(self, function: Callable[..., Any], data: Any, event: int, milliseconds: int) -> int:
        self._socket.setblocking(False)  # `streams` has set a time-out
        done = function(data)
        if done is None:
            poll = uselect.poll()
            poll.register(self._socket, event)
            poll.poll(milliseconds)
            done = function(data)  # once: what arrived may be no more than a part of a record
        if done is None:
            raise OSError(11)
        return int(done)

    def close(self) -> None:
        """Says goodbye, and frees what TLS takes."""
        self._tls.close()


def wrapper(certificate: str, key: str, pin: str) -> Callable[[usocket.socket, str], Any]:
    """Function that wraps a connected socket: wrap(socket, host).

    certificate, key: PEM of the client, "" for none. pin: SHA-256 of the server's certificate
    as 64 hexadecimal digits, "" to accept any server. The function raises OSError when TLS
    fails, HandshakeError when the board has no TLS or the server is not the pinned one.
    """

    def wrap(socket: Any, host: str) -> Any:
        if ssl is None:
            raise HandshakeError("TLS: this board has none; use a ws:// address")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(certificate.encode(), key.encode())
        tls = context.wrap_socket(socket, server_hostname=host)
        if pin:
            check_pin(tls, pin)
        return _Secured(socket, tls)

    return wrap
