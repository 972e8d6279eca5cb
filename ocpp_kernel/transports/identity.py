"""A charge point's identity: in the connection URL, and in the Authorization header.

OCPP-J 1.6 sections 3.1.1 and 6.2.2 (FRM-001 to FRM-003, SEC-004 to SEC-006).
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote, unquote, urlsplit, urlunsplit


def connection_url(endpoint: str, identity: str) -> str:
    """The URL a charge point connects to: the endpoint's path, "/", the identity, escaped.

    A trailing "/" of the endpoint is not doubled, and a query stays behind the path (FRM-002).
    Raises ValueError for an endpoint that is no WebSocket URL, or an empty identity.
    """
    check_endpoint(endpoint)
    parts = urlsplit(endpoint)
    if not identity:
        raise ValueError("a charge point's identity cannot be empty")
    path = parts.path.rstrip("/") + "/" + quote(identity, safe="")
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def check_endpoint(endpoint: str) -> None:
    """Raises ValueError, with the remedy, for a text that cannot be a charge point's endpoint."""
    if not endpoint.startswith(("ws://", "wss://")):
        raise ValueError(f"{endpoint!r} is no WebSocket URL; it must begin with ws:// or wss://")
    parts = urlsplit(endpoint)
    if not parts.hostname:
        raise ValueError(f"{endpoint!r} names no host; write one behind the //")
    if parts.fragment:
        raise ValueError(f"{endpoint!r}: a WebSocket URL has no '#' part; remove it")
    try:
        parts.port  # noqa: B018 - it is read, and checked, when it is asked for
    except ValueError:
        raise ValueError(f"{endpoint!r}: the port must be a number up to 65535") from None


def identity_of(target: str) -> str | None:
    """The identity a request's target names: its last path segment, decoded once (FRM-003).

    None where there is none, or where it is not printable text.
    """
    segment = target.partition("?")[0].rpartition("/")[2]
    try:
        identity = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return None
    return identity if identity and identity.isprintable() else None


def basic_authorization(identity: str, password: bytes) -> str:
    """The Authorization header's value; a password is bytes, not text (SEC-005)."""
    return "Basic " + base64.b64encode(identity.encode() + b":" + password).decode()


def parse_basic(header: str) -> tuple[bytes, bytes] | None:
    """User and password of an Authorization header, split at the first ":" (SEC-006).

    None for anything but well-formed Basic credentials.
    """
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None


def key_bytes(key: str) -> bytes:
    """The password an AuthorizationKey stands for: the bytes its hex digits write (SEC-005).

    A key that is not hexadecimal is taken as text, so that an operator may set one by hand.
    """
    try:
        return bytes.fromhex(key)
    except ValueError:
        return key.encode()
