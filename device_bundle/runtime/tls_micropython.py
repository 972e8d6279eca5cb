"""TLS of stock MicroPython: stands for `tls` there. Portable.

As on QuecPython a server is known by the pinned SHA-256 of its certificate: few boards have a
clock that is right before they are connected, and certificates cannot be judged without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ubinascii
import uhashlib

from device_bundle.runtime.handshake import HandshakeError

try:
    import ssl
except ImportError:
    ssl = None  # type: ignore[assignment]  # a board without TLS

if TYPE_CHECKING:
    from collections.abc import Callable

    import usocket

    from device_bundle.runtime.settings import Settings


def security(settings: Settings) -> tuple[str, str]:
    """Level and text of the log line that says what protects the connection, and what does not."""
    if settings.url[:4].lower() != "wss:":
        return "warning", "no TLS: others can read and change what is sent"
    if not settings.server_certificate_sha256:
        return "warning", "TLS encrypts, but anybody may pose as the server: none is pinned"
    return "info", "TLS to the server whose certificate is pinned; no other is trusted"


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
            _check_pin(tls, pin)
        return tls

    return wrap


def _check_pin(tls: Any, pin: str) -> None:
    try:
        certificate = tls.getpeercert(True)
    except AttributeError:
        certificate = None
    if not certificate:
        tls.close()
        raise HandshakeError("TLS: this board does not show the server's certificate")
    digest = ubinascii.hexlify(uhashlib.sha256(certificate).digest()).decode()
    if digest != pin.lower().replace(":", ""):
        tls.close()
        raise HandshakeError(f"TLS: the server's certificate is not the expected one: {digest}")
