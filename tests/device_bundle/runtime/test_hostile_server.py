"""Servers that mean harm, or know no better: nothing holds the main loop, nothing grows."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any, cast

import pytest

from device_bundle.runtime.connector import Connector
from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.settings import Settings
from device_bundle.runtime.websocket import WebSocket
from device_bundle.runtime.websocket_frames import CLOSE, PING, PONG, TEXT

#: Most reads, each of which may wait for 200 ms, of one call; the watchdog has 60 s at least.
MOST_READS = 100


class Wire:
    """Gives what a function makes, byte by byte or as it comes, and counts the reads."""

    def __init__(self, data: bytes = b"", *, endless: bytes = b"", step: int = 1 << 20) -> None:
        self.data = data
        self.endless = endless
        self.step = step
        self.reads = 0
        self.writes: list[bytes] = []
        self.closed = False

    def read(self, size: int) -> bytes | None:
        self.reads += 1
        while self.endless and len(self.data) < size:
            self.data += self.endless
        if not self.data:
            return None
        part = self.data[: min(size, self.step)]
        self.data = self.data[len(part) :]
        return part

    def write(self, data: bytes | bytearray) -> None:
        self.writes.append(bytes(data))

    def hurry(self, on: bool) -> None:
        raise AssertionError(on)

    def close(self) -> None:
        self.closed = True

    def opcodes(self) -> list[int]:
        return [frame[0] & 15 for frame in self.writes]


def frame(opcode: int, payload: bytes = b"", fin: int = 0x80) -> bytes:
    assert len(payload) < 126
    return bytes([fin | opcode, len(payload)]) + payload


def opened(wire: Wire, limit: int = 16384) -> WebSocket:
    return WebSocket(wire, random.Random(1).getrandbits, lambda text: None, limit)  # noqa: S311  # repeatable


def attempt(wire: Wire, **changes: Any) -> Connector:
    settings = Settings()
    settings.url = "ws://h/ocpp"
    for name, value in changes.items():
        setattr(settings, name, value)
    made = Connector(
        cast("Any", settings),
        "CP1",
        lambda host, port, secure: wire,
        lambda bits: 1,
        lambda data: b"digest",
        lambda data: b"text",
    )
    made.begin(b"", 0)
    return made


def ignore(text: str) -> None:
    pytest.fail(f"reported: {text}")


def test_a_handshake_that_dribbles_holds_no_turn_and_ends_in_time() -> None:
    """A byte at a time, each just in time, for ever."""
    wire = Wire(endless=b"HTTP/1.1 101 Switching\r\nX: y\r\n")
    made = attempt(wire, connect_timeout=10)
    for second in range(10):
        before = wire.reads
        assert made.poll(second, ignore) is None
        assert wire.reads - before < MOST_READS
    with pytest.raises(HandshakeError, match="in time"):
        made.poll(60, ignore)
    assert wire.closed


@pytest.mark.parametrize("endless", [b"X-Bomb: " + b"x" * 500 + b"\r\n", b"\x00", b"HTTP/1.1 "])
def test_headers_without_end_are_given_up_at_a_few_thousand_bytes(endless: bytes) -> None:
    wire = Wire(b"HTTP/1.1 101 Switching Protocols\r\n", endless=endless)
    made = attempt(wire, connect_timeout=10)
    with pytest.raises(HandshakeError, match="too long"):
        for _ in range(MOST_READS * 10):
            made.poll(0, ignore)
    assert wire.reads < 5000
    assert wire.closed


def test_a_refusal_with_an_endless_body_is_read_no_further_than_its_head() -> None:
    wire = Wire(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 99999999\r\n\r\n", endless=b"x")
    made = attempt(wire)
    with pytest.raises(HandshakeError, match="403") as caught:
        for _ in range(10):
            made.poll(0, ignore)
    assert caught.value.status == 403
    assert wire.closed


@pytest.mark.parametrize("step", [1, 1 << 20])
@pytest.mark.parametrize("kind", [PING, PONG])
def test_a_flood_of_control_frames_holds_no_turn(kind: int, step: int) -> None:
    wire = Wire(endless=frame(kind, b"x" * 125), step=step)
    socket = opened(wire)
    for _ in range(3):
        before = wire.reads
        assert socket.receive() is None
        assert wire.reads - before <= MOST_READS
    assert socket.open
    assert set(wire.opcodes()) <= {PONG}


def test_a_flood_of_control_frames_inside_a_message_does_not_lose_it() -> None:
    wire = Wire(
        frame(TEXT, b"one ", fin=0) + frame(PING, b"p") * 200 + frame(0, b"message"), step=3
    )
    socket = opened(wire)
    texts = [socket.receive() for _ in range(400)]
    assert [text for text in texts if text is not None] == ["one message"]
    assert wire.opcodes() == [PONG] * 200


@pytest.mark.parametrize("payload", [b"", b"x"])
def test_fragments_without_end_do_not_grow(payload: bytes) -> None:
    """Neither many small ones, nor ever more empty ones."""
    wire = Wire(frame(TEXT, b"begin", fin=0), endless=frame(0, payload, fin=0))
    socket = opened(wire, limit=200)
    for _ in range(20):
        socket.receive()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(300):
        socket.receive()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4096


def test_both_sides_closing_at_once_is_the_end_of_it() -> None:
    wire = Wire(frame(CLOSE, b"\x03\xe8bye"))
    socket = opened(wire)
    socket.close(1001, "restarting")
    socket.finish(5)
    assert wire.opcodes() == [CLOSE]
    assert socket.reason == "restarting"
    assert wire.closed


def test_what_follows_a_close_frame_is_not_heard() -> None:
    wire = Wire(frame(CLOSE, b"\x03\xe8") + frame(TEXT, b"late") + frame(PING))
    socket = opened(wire)
    assert [socket.receive() for _ in range(5)] == [None] * 5
    assert wire.opcodes() == [CLOSE]
    assert not socket.open


@pytest.mark.parametrize("broken", [False, True])
def test_a_peer_that_goes_on_sending_is_not_listened_to_for_ever(broken: bool) -> None:
    wire = Wire(b"\xc1\x00" if broken else b"", endless=frame(TEXT, b"x" * 100))
    socket = opened(wire)
    if broken:
        socket.receive()
    else:
        socket.close(1000, "reconnecting")
    before = wire.reads
    socket.finish(10)
    assert wire.reads - before <= MOST_READS
    assert wire.closed


def test_closing_does_not_wait_for_ever() -> None:
    wire = Wire()
    socket = opened(wire)
    socket.close(1000, "")
    socket.finish(3)
    assert wire.reads == 3
    assert wire.closed


def test_the_reason_of_the_server_is_told() -> None:
    socket = opened(Wire(frame(CLOSE, b"\x03\xf4maintenance")))
    socket.receive()
    assert socket.reason == "closed by the server with code 1012 maintenance"


def test_a_half_open_connection_is_given_up_though_sending_works() -> None:
    """FRM-044: nothing is heard any more, and every write seems to succeed."""
    wire = Wire()
    socket = opened(wire)
    socket.ping_interval = 60
    socket.pong_timeout = 20
    for now in range(200):
        socket.receive()
        socket.tick(now)
        if not socket.open:
            break
    assert now == 80
    assert socket.reason == "no pong within 20 s"


def test_pongs_nobody_asked_for_keep_nothing_alive() -> None:
    wire = Wire(frame(PONG, b"unasked") * 5)
    socket = opened(wire)
    socket.ping_interval = 60
    for now in range(100):
        socket.receive()
        socket.tick(now)
    assert not socket.open
