"""TLS of a module: encryption, a client certificate, and a pinned server certificate. Portable.

The firmware's `ussl` does not verify the server: pinning its certificate's SHA-256 is the only
way to know whom one talks to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.pinning import check_pin

if TYPE_CHECKING:
    from collections.abc import Callable

    import usocket
    import ussl


def wrapper(certificate: str, key: str, pin: str) -> Callable[[usocket.socket, str], ussl.Socket]:
    """Function that wraps a connected socket: wrap(socket, host).

    certificate, key: PEM of the client, "" for none. pin: SHA-256 of the server's certificate
    as 64 hexadecimal digits, "" to accept any server. The function raises OSError when TLS
    fails, HandshakeError when the firmware has no TLS or the server is not the pinned one.
    """

    def wrap(socket: usocket.socket, host: str) -> ussl.Socket:
        try:
            import ussl  # noqa: PLC0415  # not at the top: a charge point without it works offline
        except ImportError:
            raise HandshakeError("TLS: this firmware has none; use a ws:// address") from None
        if certificate:
            tls = ussl.wrap_socket(socket, server_hostname=host, cert=certificate, key=key)
        else:
            tls = ussl.wrap_socket(socket, server_hostname=host)
        if pin:
            check_pin(tls, pin)
        return tls

    return wrap
