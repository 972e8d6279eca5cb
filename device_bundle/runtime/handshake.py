"""WebSocket opening handshake, without sockets (RFC 6455 section 4; OCPP-J 3.1, 3.2). Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# Bytes of a response head that is still read; real ones have a few hundred.
_HEAD_LIMIT = 4096


class HandshakeError(Exception):
    """No WebSocket came about; status is the HTTP status, 0 when it was not about HTTP."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Endpoint(NamedTuple):
    """A central system's address, taken apart."""

    secure: bool
    host: str
    port: int
    path: str
    query: str


def parse_url(url: str) -> Endpoint:
    """Take a ws:// or wss:// URL apart. Raises ValueError saying what is wrong with it."""
    for character in url:
        if not "!" <= character <= "~":
            raise ValueError(f"url {url!r}: blanks and non-ASCII characters must be escaped")
    scheme, found, rest = split(url, "://")
    secure = scheme.lower() == "wss"
    if not found or not (secure or scheme.lower() == "ws"):
        raise ValueError(f"url {url!r}: must begin with ws:// or wss://")
    if "#" in rest:
        raise ValueError(f"url {url!r}: '#' is not allowed in a WebSocket address")
    rest, _, query = split(rest, "?")
    authority, _, path = split(rest, "/")
    if "@" in authority:
        raise ValueError("url: no user or password in it, set the password on its own")
    host, port = host_port(url, authority)
    return Endpoint(secure, host, port or (443 if secure else 80), "/" + path, query)


def host_port(url: str, authority: str) -> tuple[str, int]:
    """Host without brackets, and the port, 0 if none is given. Raises ValueError, naming `url`."""
    if authority[:1] == "[":
        host, found, tail = split(authority[1:], "]")
        if not found or tail[:1] not in ("", ":"):
            raise ValueError(f"url {url!r}: bad IPv6 address")
        port = tail[1:]
    else:
        host, found, port = split(authority, ":")
        tail = ":" if found else ""
    if not host:
        raise ValueError(f"url {url!r}: the host is missing")
    if not tail:
        return host, 0
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"url {url!r}: the port must be a number from 1 to 65535")
    return host, int(port)


def split(text: str, separator: str) -> tuple[str, bool, str]:
    """What is before the separator, whether it is there, and what follows it."""
    at = text.find(separator)
    if at < 0:
        return text, False, ""
    return text[:at], True, text[at + len(separator) :]


def percent_encode(text: str) -> str:
    """Escape everything but RFC 3986's unreserved characters, as UTF-8."""
    out = []
    for byte in text.encode():
        if byte in _UNRESERVED:
            out.append(chr(byte))
        else:
            out.append(f"%{byte:02X}")
    return "".join(out)


def request_target(endpoint: Endpoint, identity: str) -> str:
    """Path with the identity as its last segment, before any query (FRM-001, FRM-002)."""
    if not identity:
        raise ValueError("identity: the charge point's identity is empty")
    target = endpoint.path.rstrip("/") + "/" + percent_encode(identity)
    return f"{target}?{endpoint.query}" if endpoint.query else target


def basic_credentials(identity: str, password: bytes, to_base64: Callable[[bytes], bytes]) -> str:
    """Value of the Authorization header (FRM-011, SEC-004, SEC-005). password: raw bytes.

    Raises ValueError for an identity with ":", which Basic authentication cannot carry.
    """
    if ":" in identity:
        raise ValueError("identity: ':' is not possible together with a password")
    return "Basic " + to_base64(identity.encode() + b":" + password).decode().strip()


def build_request(
    endpoint: Endpoint, target: str, key: str, subprotocols: tuple[str, ...], authorization: str
) -> bytes:
    """The upgrade request as it goes over the wire.

    target is escaped by `request_target`, host and query were checked by `parse_url`, so no
    part can bring a line break of its own. Raises ValueError for a bad subprotocol name, or none.
    """
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    if endpoint.port != (443 if endpoint.secure else 80):
        host = f"{host}:{endpoint.port}"
    offered = ", ".join(subprotocols)
    token = offered.replace(", ", "")
    if not token or percent_encode(token) != token:
        raise ValueError(f"subprotocol {offered!r}: not the name of an OCPP version")
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {offered}",
    ]
    if authorization:
        lines.append(f"Authorization: {authorization}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def accept_value(
    key: str, sha1: Callable[[bytes], bytes], to_base64: Callable[[bytes], bytes]
) -> str:
    """The Sec-WebSocket-Accept a server must answer to `key`."""
    return to_base64(sha1((key + _GUID).encode())).decode().strip()


class ResponseReader:
    """Collects a response head. Feed single bytes, so that no frame behind it is swallowed."""

    def __init__(self) -> None:
        self._head = bytearray()

    def feed(self, data: bytes) -> bool:
        """True once the head is complete. Raises HandshakeError when it grows without end."""
        head = self._head
        head.extend(data)
        if data == b"\n" and (bytes(head[-4:]) == b"\r\n\r\n" or bytes(head[-2:]) == b"\n\n"):
            return True
        if len(head) > _HEAD_LIMIT:
            raise HandshakeError("the head of the server's answer is too long")
        return False

    def check(self, accept: str, subprotocols: tuple[str, ...]) -> str:
        """The agreed subprotocol. Raises HandshakeError, with the HTTP status if one was sent."""
        status, headers = self.parse()
        _check_status(status)
        return _check_headers(headers, accept, subprotocols)

    def parse(self) -> tuple[int, dict[str, str]]:
        """Status, and headers by lower-case name. Raises HandshakeError where this is not HTTP."""
        lines = self._lines()
        words = lines[0].split(" ", 2)
        if len(words) < 2 or words[0][:7] != "HTTP/1." or not words[1].isdigit():
            raise HandshakeError("the server's answer is not HTTP")
        headers = {}
        for line in lines[1:]:
            name, found, value = split(line, ":")
            if found:
                headers[name.strip().lower()] = value.strip()
        return int(words[1]), headers

    def _lines(self) -> list[str]:
        try:
            return bytes(self._head).decode().replace("\r", "").split("\n")
        except ValueError:
            raise HandshakeError("the server's answer is not HTTP") from None


def _check_status(status: int) -> None:
    if status == 101:
        return
    if status == 401:
        meaning = ", identity or password refused"
    else:
        meaning = ", identity or path not known there" if status == 404 else ""
    raise HandshakeError(f"HTTP {status}{meaning}", status)


def _check_headers(headers: dict[str, str], accept: str, subprotocols: tuple[str, ...]) -> str:
    if headers.get("upgrade", "").lower() != "websocket":
        raise HandshakeError("handshake without 'Upgrade: websocket'", 101)
    tokens = [token.strip().lower() for token in headers.get("connection", "").split(",")]
    if "upgrade" not in tokens:
        raise HandshakeError("handshake without 'Connection: Upgrade'", 101)
    if headers.get("sec-websocket-accept") != accept:
        raise HandshakeError("handshake with a wrong Sec-WebSocket-Accept", 101)
    if headers.get("sec-websocket-extensions"):
        raise HandshakeError("the server switched on an extension nobody offered", 101)
    agreed = headers.get("sec-websocket-protocol", "")
    if agreed not in subprotocols:
        offered = ", ".join(subprotocols)
        raise HandshakeError(
            f"subprotocol: {offered} was offered, the server chose {agreed or 'none'}", 101
        )
    return agreed
