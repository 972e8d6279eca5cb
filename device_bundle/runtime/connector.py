"""From settings to an open WebSocket: one attempt. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_bundle.runtime.handshake import (
    HandshakeError,
    ResponseReader,
    accept_value,
    basic_credentials,
    build_request,
    parse_url,
    request_target,
)
from device_bundle.runtime.websocket import WebSocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from device_bundle.runtime.settings import Settings
    from device_bundle.runtime.websocket import Stream


# Bytes of the answer read in one call of `poll`: a server that dribbles must not hold the loop.
_READS = 32
# Seconds by which an answer may be late as long as more of it comes.
_LATE = 30


class Connector:
    """Opens connections to one central system, one at a time.

    Everything that touches the machine is handed in: dial(host, port, secure) gives a connected
    `Stream`, random(n) n random bits, sha1 and to_base64 work on bytes.

    `begin` may take as long as the firmware needs to connect; awaiting the answer does not: call
    `poll` until it returns the WebSocket or raises.
    """

    def __init__(
        self,
        settings: Settings,
        identity: str,
        dial: Callable[[str, int, bool], Stream],
        random: Callable[[int], int],
        sha1: Callable[[bytes], bytes],
        to_base64: Callable[[bytes], bytes],
    ) -> None:
        """Raises ValueError for a url or identity that cannot be used."""
        self._settings = settings
        self._identity = identity
        self._dial = dial
        self._random = random
        self._sha1 = sha1
        self._to_base64 = to_base64
        self._endpoint = parse_url(settings.url)
        self._target = request_target(self._endpoint, identity)
        self._stream: Stream | None = None
        self._response = ResponseReader()
        self._accept = ""
        self._give_up = 0

    def begin(self, password: bytes, now: int) -> None:
        """Connect and send the upgrade request. password: raw bytes, b"" for none.

        Raises HandshakeError, OSError, or ValueError (identity and password do not go together).
        """
        authorization = ""
        if password:
            authorization = basic_credentials(self._identity, password, self._to_base64)
        nonce = bytes([self._random(8) for _ in range(16)])
        key = self._to_base64(nonce).decode().strip()
        endpoint = self._endpoint
        offered = self._settings.subprotocols
        request = build_request(endpoint, self._target, key, offered, authorization)
        self._accept = accept_value(key, self._sha1, self._to_base64)
        self._response = ResponseReader()
        self._give_up = now + self._settings.connect_timeout
        stream = self._dial(endpoint.host, endpoint.port, endpoint.secure)
        self._stream = stream
        try:
            stream.write(request)
        except OSError:
            self.abort()
            raise

    def poll(self, now: int, report: Callable[[str], object]) -> WebSocket | None:
        """The WebSocket once the answer is there, None while it is not.

        report(sentence) will hear of messages the WebSocket refuses. Raises HandshakeError or
        OSError when there will be none.
        """
        stream = self._stream
        if stream is None:
            return None
        try:
            if not self._read(stream, now):
                return None
            self._response.check(self._accept, self._settings.subprotocols)
        except (OSError, HandshakeError):
            self.abort()
            raise
        self._stream = None
        settings = self._settings
        socket = WebSocket(stream, self._random, report, settings.message_limit)
        socket.pong_timeout = settings.pong_timeout
        return socket

    def abort(self) -> None:
        """Give the attempt up."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _read(self, stream: Stream, now: int) -> bool:
        """Take in what there is of the answer; True once it is complete."""
        late = self._give_up + _LATE
        for _ in range(_READS):
            data = stream.read(1)
            if data is None:
                late = self._give_up
                break
            if not data:
                raise HandshakeError("the connection was refused or closed during the handshake")
            if self._response.feed(data):
                return True
        if now >= late:
            raise HandshakeError("the server did not answer the handshake in time")
        return False
