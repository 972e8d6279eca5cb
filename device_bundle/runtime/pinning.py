"""Whom TLS talks to: the server's certificate, pinned by its SHA-256. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ubinascii
import uhashlib

from device_bundle.runtime.handshake import HandshakeError

if TYPE_CHECKING:
    from device_bundle.runtime.settings import Settings


def security(settings: Settings) -> tuple[str, str]:
    """Level and text of the log line that says what protects the connection, and what does not."""
    if settings.url[:4].lower() != "wss:":
        return "warning", "no TLS: others can read and change what is sent"
    if not settings.server_certificate_sha256:
        return "warning", "TLS encrypts, but anybody may pose as the server: none is pinned"
    return "info", "TLS to the server whose certificate is pinned; no other is trusted"


def check_pin(tls: Any, pin: str) -> None:
    """Close the connection and raise HandshakeError where its server is not the pinned one.

    tls: a wrapped socket. pin: 64 hexadecimal digits, with or without colons.
    """
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
