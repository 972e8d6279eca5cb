"""One attempt to connect: request, answer, time-out."""

from __future__ import annotations

import base64
import hashlib
import random
from typing import Any, cast

import pytest

from device_bundle.runtime.connector import Connector
from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.settings import Settings
from device_bundle.runtime.websocket import WebSocket

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class FakeStream:
    def __init__(self) -> None:
        self.written = b""
        self.data = b""
        self.end = False
        self.closed = False
        self.fault: OSError | None = None

    def read(self, size: int) -> bytes | None:
        if self.fault is not None:
            raise self.fault
        if not self.data:
            return b"" if self.end else None
        part, self.data = self.data[:size], self.data[size:]
        return part

    def write(self, data: bytes | bytearray) -> None:
        if self.fault is not None:
            raise self.fault
        self.written += data

    def hurry(self, on: bool) -> None:
        self.hurried = on

    def close(self) -> None:
        self.closed = True

    def accept(self, more: bytes = b"") -> None:
        key = self.written.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        digest = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        self.data += (
            b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: " + digest + b"\r\n\r\n"
        ) + more


class Dialled:
    def __init__(self) -> None:
        self.streams: list[FakeStream] = []
        self.calls: list[tuple[str, int, bool]] = []

    def __call__(self, host: str, port: int, secure: bool) -> FakeStream:
        self.calls.append((host, port, secure))
        self.streams.append(FakeStream())
        return self.streams[-1]


def connector(dial: Dialled, **changes: Any) -> Connector:
    settings = Settings()
    settings.url = "wss://h:444/ocpp"
    for name, value in changes.items():
        setattr(settings, name, value)
    return Connector(
        cast("Any", settings),
        "CP 1",
        dial,
        random.Random(3).getrandbits,  # noqa: S311  # repeatable
        lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
        lambda data: base64.b64encode(data) + b"\n",
    )


def polled(attempt: Connector, now: int) -> WebSocket | None:
    """What comes of some turns of the main loop within a second."""
    for _ in range(20):
        socket = attempt.poll(now, ignore)
        if socket is not None:
            return socket
    return None


def ignore(text: str) -> None:
    pytest.fail(f"reported: {text}")


def test_an_answer_that_comes_late_makes_a_websocket() -> None:
    dial = Dialled()
    attempt = connector(dial, message_limit=99)
    attempt.begin(b"", 100)
    (stream,) = dial.streams
    assert dial.calls == [("h", 444, True)]
    assert stream.written.startswith(b"GET /ocpp/CP%201 HTTP/1.1\r\n")
    assert attempt.poll(101, ignore) is None
    stream.accept(b"\x81\x02hi")
    socket = polled(attempt, 102)
    assert isinstance(socket, WebSocket)
    assert socket.receive() == "hi"
    assert attempt.poll(103, ignore) is None
    assert not stream.closed


def test_an_answer_that_is_there_counts_though_nobody_looked_for_a_while() -> None:
    dial = Dialled()
    attempt = connector(dial, connect_timeout=10)
    attempt.begin(b"", 100)
    dial.streams[0].accept()
    assert isinstance(polled(attempt, 115), WebSocket)


def test_each_attempt_has_a_key_of_16_bytes_of_its_own() -> None:
    dial = Dialled()
    attempt = connector(dial)
    for _ in range(3):
        attempt.begin(b"", 0)
        attempt.abort()
    keys = {
        stream.written.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0] for stream in dial.streams
    }
    assert len(keys) == 3
    assert {len(base64.b64decode(key)) for key in keys} == {16}
    assert all(stream.closed for stream in dial.streams)


def test_frm_011_password_is_sent() -> None:
    dial = Dialled()
    connector(dial).begin(b"\x00\xff", 0)
    assert b"\r\nAuthorization: Basic Q1AgMToA/w==\r\n" in dial.streams[0].written


def test_no_answer_in_time_closes() -> None:
    dial = Dialled()
    attempt = connector(dial, connect_timeout=10)
    attempt.begin(b"", 100)
    dial.streams[0].data = b"HTTP/1.1 101 OK\r\n"
    assert attempt.poll(109, ignore) is None
    with pytest.raises(HandshakeError, match="in time"):
        attempt.poll(110, ignore)
    assert dial.streams[0].closed


def test_a_refused_connection_that_seemed_to_succeed() -> None:
    dial = Dialled()
    attempt = connector(dial)
    attempt.begin(b"", 0)
    dial.streams[0].end = True
    with pytest.raises(HandshakeError, match="refused or closed"):
        attempt.poll(1, ignore)
    assert dial.streams[0].closed


def test_a_fault_while_waiting_closes() -> None:
    dial = Dialled()
    attempt = connector(dial)
    attempt.begin(b"", 0)
    dial.streams[0].fault = OSError(104)
    with pytest.raises(OSError, match="104"):
        attempt.poll(1, ignore)
    assert dial.streams[0].closed


def test_a_fault_while_sending_the_request_closes() -> None:
    class Broken(Dialled):
        def __call__(self, host: str, port: int, secure: bool) -> FakeStream:
            stream = super().__call__(host, port, secure)
            stream.fault = OSError(107)
            return stream

    dial = Broken()
    attempt = connector(dial)
    with pytest.raises(OSError, match="107"):
        attempt.begin(b"", 0)
    assert dial.streams[0].closed
    assert attempt.poll(1, ignore) is None


def test_frm_009_a_refusal_closes_and_carries_its_status() -> None:
    dial = Dialled()
    attempt = connector(dial)
    attempt.begin(b"", 0)
    dial.streams[0].data = b"HTTP/1.1 404 Not Found\r\n\r\n"
    with pytest.raises(HandshakeError) as caught:
        attempt.poll(1, ignore)
    assert caught.value.status == 404
    assert dial.streams[0].closed


def test_a_bad_url_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="url"):
        connector(Dialled(), url="http://h/")
