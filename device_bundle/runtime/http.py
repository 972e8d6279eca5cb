"""HTTP/1.1 for files, over a `streams.SocketStream`: one request a connection. Portable.

RFC 9110 and 9112, as far as moving a file needs it. Nothing here waits longer than one read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from device_bundle.runtime.handshake import HandshakeError, ResponseReader, host_port, split

if TYPE_CHECKING:
    from device_bundle.runtime.streams import SocketStream

# Bytes of a head read in one turn of the main loop, and of a line between chunks, at most: a peer
# that dribbles must not hold it up.
_LINE_READS = 64
# Interim answers before the one that counts, at most.
_INTERIM = 32


class Address(NamedTuple):
    """A file's URL, taken apart; `target` is path and query, escaped."""

    secure: bool
    host: str
    port: int
    target: str
    user: str
    password: bytes


def parse_address(url: str) -> Address:
    """Take an http or https URL apart.

    Raises ValueError, never with the address in its text: that may hold a password.
    """
    scheme, _, rest = split(url, "://")
    secure = scheme.lower() == "https"
    if not secure and scheme.lower() != "http":
        raise ValueError("the address is no http or https URL")
    rest = split(rest, "#")[0]
    authority = split(split(rest, "/")[0], "?")[0]
    target = rest[len(authority) :]
    at = authority.rfind("@")  # the last one: passwords have them too, escaped or not
    for character in authority:
        if not "!" <= character <= "~":
            raise ValueError("the address has characters that must be escaped")
    host, port = host_port("of the file", authority[at + 1 :])
    user, _, password = split(authority[: max(at, 0)], ":")
    return Address(
        secure,
        host,
        port or (443 if secure else 80),
        _escaped(target if target[:1] == "/" else "/" + target),
        _unescaped(user).decode(),
        _unescaped(password),
    )


def _escaped(text: str) -> str:
    """With what must not stand in a request line as %XX; what is escaped already stays."""
    out = []
    for byte in text.encode():
        out.append(chr(byte) if 0x21 <= byte <= 0x7E else f"%{byte:02X}")
    return "".join(out)


def _unescaped(text: str) -> bytes:
    parts = text.encode().split(b"%")
    out = parts[0]
    for part in parts[1:]:
        try:
            out += bytes([int(part[:2].decode(), 16)])
        except ValueError:
            raise ValueError("the address has a % that escapes nothing") from None
        out += part[2:]
    return out


def redirected(url: str, location: str) -> str:
    """Where a redirection leads. Raises HandshakeError where it would give up encryption."""
    scheme, _, rest = split(url, "://")
    if split(location, "://")[1]:
        if scheme.lower() == "https" and location[:6].lower() != "https:":
            raise HandshakeError("the server redirects from https to an address without")
        return location
    host = split(rest, "/")[0]
    if location[:2] == "//":
        return f"{scheme}:{location}"
    if location[:1] != "/":
        path = split(split(rest, "?")[0], "#")[0]
        location = path[len(host) : path.rfind("/") + 1] + location
    return f"{scheme}://{host}{'' if location[:1] == '/' else '/'}{location}"


def build_head(method: str, address: Address, headers: list[str]) -> bytes:
    """A request's head; `headers` are lines without their ends."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    if address.port != (443 if address.secure else 80):
        host = f"{host}:{address.port}"
    lines = [f"{method} {address.target} HTTP/1.1", f"Host: {host}", "Connection: close"]
    return ("\r\n".join(lines + headers) + "\r\n\r\n").encode()


class Exchange:
    """The answer to one request; `status` is 0 until its head is there."""

    def __init__(self, stream: SocketStream) -> None:
        self.stream = stream
        self.status = 0
        self.headers: dict[str, str] = {}
        self._head = ResponseReader()
        self._interim = 0
        #: Bytes of the body, or of a chunk of it, that are still to come; -1: until it closes.
        self._left = -1
        self._chunked = False
        self._line = b""

    def poll(self) -> int:
        """Take in what there is of the head; how many bytes that was.

        Raises OSError or HandshakeError.
        """
        for count in range(_LINE_READS):
            byte = self.stream.read(1)
            if byte is None:
                return count
            if not byte:
                raise HandshakeError("the server closed the connection without an answer")
            if self._head.feed(byte):
                self.status, self.headers = self._head.parse()
                if self.status >= 200:
                    self._find_length()
                    break
                self.status = 0  # an interim answer: another one follows
                self._interim += 1
                if self._interim > _INTERIM:
                    raise HandshakeError("the server's answer is not HTTP")
                self._head = ResponseReader()
        return _LINE_READS

    def read(self, size: int) -> bytes | None:
        """Up to `size` bytes of the body; None: nothing came for a moment; b"": it is complete.

        Raises OSError, or HandshakeError where the connection ends before it.
        """
        lines = 2  # a chunk's, and the empty one before it: a flood of them must not keep us here
        while self._chunked and not self._left:
            if not lines or not self._read_chunk_head():
                return None
            lines -= 1
        left = self._left
        if not left:
            return b""
        data = self.stream.read(size if left < 0 or left > size else left)
        if data and left > 0:
            self._left = left - len(data)
        elif data is not None and left > 0:
            raise HandshakeError(f"the connection ended {left} bytes too early")
        return data

    def left(self) -> int | None:
        """Bytes of the body still to come, None where the server does not tell."""
        return None if self._chunked or self._left < 0 else self._left

    def _find_length(self) -> None:
        length = self.headers.get("content-length", "")
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            self._chunked = True
            self._left = 0
        elif length.isdigit():
            self._left = int(length)

    def _read_chunk_head(self) -> bool:
        """Take in the line before a chunk; False while it is not complete."""
        while self._line[-1:] != b"\n":
            byte = self.stream.read(1)
            if byte is None:
                return False
            if not byte or len(self._line) > _LINE_READS:
                raise HandshakeError("the connection ended before the file did")
            self._line += byte
        line = split(self._line.decode(), ";")[0].strip()
        self._line = b""
        if not line:
            return True  # the line feed after the chunk before
        try:
            self._left = int(line, 16)
        except ValueError:
            self._left = -1
        if self._left < 0:
            raise HandshakeError("the server's answer is not HTTP")
        if not self._left:
            self._chunked = False  # the last one; what may follow says nothing that matters
        return True
