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

    from device_bundle.runtime.clock import Clock
    from device_bundle.runtime.settings import Settings
    from device_bundle.runtime.websocket import Stream


class Connector:
    """Opens connections to one central system.

    Everything that touches the machine is handed in: dial(host, port, secure) gives a connected
    `Stream`, random(n) n random bits, sha1 and to_base64 work on bytes.
    """

    def __init__(
        self,
        settings: Settings,
        identity: str,
        clock: Clock,
        dial: Callable[[str, int, bool], Stream],
        random: Callable[[int], int],
        sha1: Callable[[bytes], bytes],
        to_base64: Callable[[bytes], bytes],
    ) -> None:
        """Raises ValueError for a url or identity that cannot be used."""
        self._settings = settings
        self._identity = identity
        self._clock = clock
        self._dial = dial
        self._random = random
        self._sha1 = sha1
        self._to_base64 = to_base64
        self._endpoint = parse_url(settings.url)
        self._target = request_target(self._endpoint, identity)

    def open(self, password: bytes, report: Callable[[str], object]) -> WebSocket:
        """A WebSocket ready for messages. password: raw bytes, b"" for none.

        report(sentence) later hears of messages refused. Raises HandshakeError, OSError, or
        ValueError (identity and password do not go together).
        """
        settings = self._settings
        authorization = ""
        if password:
            authorization = basic_credentials(self._identity, password, self._to_base64)
        nonce = bytes([self._random(8) for _ in range(16)])
        key = self._to_base64(nonce).decode().strip()
        request = build_request(
            self._endpoint, self._target, key, settings.subprotocols, authorization
        )
        endpoint = self._endpoint
        stream = self._dial(endpoint.host, endpoint.port, endpoint.secure)
        try:
            stream.write(request)
            response = self._read_response(stream)
            response.check(
                accept_value(key, self._sha1, self._to_base64), tuple(settings.subprotocols)
            )
        except (OSError, HandshakeError):
            stream.close()
            raise
        socket = WebSocket(stream, self._random, report, settings.message_limit)
        socket.ping_interval = settings.ping_interval
        socket.pong_timeout = settings.pong_timeout
        return socket

    def _read_response(self, stream: Stream) -> ResponseReader:
        response = ResponseReader()
        give_up = self._clock.now() + self._settings.connect_timeout
        while True:
            data = stream.read(1)
            if data is None:
                if self._clock.now() >= give_up:
                    raise HandshakeError("the server did not answer the handshake in time")
            elif not data:
                raise HandshakeError("the connection was refused or closed during the handshake")
            elif response.feed(data):
                return response
