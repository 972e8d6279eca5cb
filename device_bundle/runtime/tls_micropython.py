"""TLS of stock MicroPython: stands for `tls` there. Portable.

As on QuecPython a server is known by the pinned SHA-256 of its certificate: few boards have a
clock that is right before they are connected, and certificates cannot be judged without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.pinning import check_pin

try:
    import ssl
except ImportError:
    ssl = None  # type: ignore[assignment]  # a board without TLS

if TYPE_CHECKING:
    from collections.abc import Callable

    import usocket


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
        return tls

    return wrap
