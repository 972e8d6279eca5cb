"""TLS of a module: encryption, a client certificate, and a pinned server certificate. Portable.

The firmware's `ussl` does not verify the server: pinning its certificate's SHA-256 is the only
way to know whom one talks to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ubinascii
import uhashlib

from device_bundle.runtime.handshake import HandshakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import usocket
    import ussl

    from device_bundle.runtime.settings import Settings


def security(settings: Settings) -> tuple[str, str]:
    """Level and text of the log line that says what protects the connection, and what does not."""
    if settings.url[:4].lower() != "wss:":
        return "warning", "no TLS: others can read and change what is sent"
    if not settings.server_certificate_sha256:
        return "warning", "TLS encrypts, but anybody may pose as the server: none is pinned"
    return "info", "TLS to the server whose certificate is pinned; no other is trusted"


def wrapper(certificate: str, key: str, pin: str) -> Callable[[usocket.socket, str], ussl.Socket]:
    """Function that wraps a connected socket: wrap(socket, host).

    certificate, key: PEM of the client, "" for none. pin: SHA-256 of the server's certificate
    as 64 hexadecimal digits, "" to accept any server. The function raises OSError when TLS
    fails, HandshakeError when the server is not the pinned one.
    """

    import ussl  # noqa: PLC0415  # not at the top: firmware without TLS has no such module

    def wrap(socket: usocket.socket, host: str) -> ussl.Socket:
        if certificate:
            tls = ussl.wrap_socket(socket, server_hostname=host, cert=certificate, key=key)
        else:
            tls = ussl.wrap_socket(socket, server_hostname=host)
        if pin:
            _check_pin(tls, pin)
        return tls

    return wrap


def _check_pin(tls: ussl.Socket, pin: str) -> None:
    try:
        certificate = tls.getpeercert(True)
    except AttributeError:
        certificate = None
    if not certificate:
        tls.close()
        raise HandshakeError("TLS: this firmware does not show the server's certificate")
    digest = ubinascii.hexlify(uhashlib.sha256(certificate).digest()).decode()
    if digest != pin.lower().replace(":", ""):
        tls.close()
        raise HandshakeError(f"TLS: the server's certificate is not the expected one: {digest}")
