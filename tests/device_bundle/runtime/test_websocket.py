"""Frames and connection state, RFC 6455 sections 5 and 7."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bundle.runtime.websocket import WebSocket
from device_bundle.runtime.websocket_frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    TOO_BIG,
    FrameError,
    FrameReader,
    close_status,
    encode,
)


def server_frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A frame as a server sends it: unmasked."""
    head = bytes([(0x80 if fin else 0) | rsv | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65536:
        return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload
    return head + b"\x7f" + len(payload).to_bytes(8, "big") + payload


def client_frame(frame: bytes) -> tuple[int, bytes]:
    """Opcode and payload of one whole masked frame."""
    assert frame[0] & 0xF0 == 0x80, "a single final frame without reserved bits"
    assert frame[1] & 0x80, "masked"
    length, start = frame[1] & 127, 2
    if length == 126:
        length, start = int.from_bytes(frame[2:4], "big"), 4
        assert length > 125, "shortest form"
    elif length == 127:
        length, start = int.from_bytes(frame[2:10], "big"), 10
        assert length > 65535, "shortest form"
    mask, body = frame[start : start + 4], frame[start + 4 :]
    assert len(body) == length
    return frame[0] & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(body))


def feed_all(reader: FrameReader, data: bytes, step: int = 1 << 30) -> list[tuple[int, bytes]]:
    """Feed as much as the reader wants, at most `step` bytes at a time."""
    messages = []
    while data:
        size = min(reader.wanted, step)
        kind = reader.feed(data[:size])
        data = data[size:]
        if kind:
            messages.append((kind, reader.payload))
    return messages


class FakeStream:
    """A socket whose peer says what the test wants; `end` closes it after that."""

    def __init__(self, data: bytes = b"", *, end: bool = False, step: int = 1 << 30) -> None:
        self.data = data
        self.end = end
        self.step = step
        self.writes: list[bytes] = []
        self.closed = False
        self.fail: OSError | None = None

    def read(self, size: int) -> bytes | None:
        if self.fail is not None:
            raise self.fail
        if not self.data:
            return b"" if self.end else None
        part = self.data[: min(size, self.step)]
        self.data = self.data[len(part) :]
        return part

    def write(self, data: bytes | bytearray) -> None:
        if self.fail is not None:
            raise self.fail
        self.writes.append(bytes(data))

    def hurry(self, on: bool) -> None:
        self.hurried = on

    def close(self) -> None:
        self.closed = True

    def sent(self) -> list[tuple[int, bytes]]:
        return [client_frame(frame) for frame in self.writes]


BITS = random.Random(1).getrandbits  # noqa: S311  # repeatable


def open_socket(stream: FakeStream, limit: int = 16384) -> tuple[WebSocket, list[str]]:
    reports: list[str] = []
    return WebSocket(stream, BITS, reports.append, limit), reports


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 125, 126, 127, 4096, 65535, 65536, 70001])
def test_frames_are_masked_and_whole(size: int) -> None:
    payload = bytes(i % 251 for i in range(size))
    assert client_frame(bytes(encode(TEXT, payload, BITS))) == (TEXT, payload)


def test_each_frame_has_a_mask_of_its_own() -> None:
    assert encode(TEXT, b"same text", BITS) != encode(TEXT, b"same text", BITS)


def test_a_message_is_one_write() -> None:
    stream = FakeStream()
    socket, _ = open_socket(stream)
    socket.send('[3,"1",{"é":"电"}]')
    assert stream.sent() == [(TEXT, '[3,"1",{"é":"电"}]'.encode())]


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.integers(1, 2000))
def test_messages_survive_any_cutting(payloads: list[bytes], step: int) -> None:
    wire = b"".join(server_frame(TEXT, payload) for payload in payloads)
    assert feed_all(FrameReader(4000), wire, step) == [(TEXT, payload) for payload in payloads]


@pytest.mark.parametrize("step", [1, 2, 7, 1 << 20])
def test_fragments_with_control_frames_between(step: int) -> None:
    wire = (
        server_frame(TEXT, b"one ", fin=False)
        + server_frame(PING, b"p")
        + server_frame(0, b"", fin=False)
        + server_frame(PONG)
        + server_frame(0, b"two")
        + server_frame(BINARY, b"\x00")
    )
    assert feed_all(FrameReader(100), wire, step) == [
        (PING, b"p"),
        (PONG, b""),
        (TEXT, b"one two"),
        (BINARY, b"\x00"),
    ]


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (server_frame(TEXT, b"x", rsv=0x40), "reserved bits"),
        (server_frame(TEXT, b"x", rsv=0x20), "reserved bits"),
        (server_frame(TEXT, b"x", rsv=0x10), "reserved bits"),
        (b"\x81\x81\x00\x00\x00\x00x", "masked"),
        (server_frame(3), "opcode 3"),
        (server_frame(7), "opcode 7"),
        (server_frame(11), "opcode 11"),
        (server_frame(15), "opcode 15"),
        (server_frame(PING, b"x", fin=False), "control frame"),
        (server_frame(PING, b"x" * 126), "control frame"),
        (server_frame(0, b"x"), "continuation"),
        (server_frame(TEXT, b"x", fin=False) + server_frame(TEXT, b"x"), "inside a fragmented"),
        (b"\x81\x7e\x00\x05", "shortest form"),
        (b"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", "shortest form"),
    ],
)
def test_what_a_server_may_not_send_ends_with_1002(wire: bytes, text: str) -> None:
    stream = FakeStream(wire)
    socket, _ = open_socket(stream)
    for _ in range(4):
        assert socket.receive() is None
    assert not socket.open
    assert text in socket.reason
    (opcode, payload), *rest = stream.sent()
    assert (opcode, payload[:2], rest) == (CLOSE, (1002).to_bytes(2, "big"), [])


@pytest.mark.parametrize("step", [1, 1000, 1 << 20])
def test_a_message_over_the_limit_is_skipped_and_the_connection_lives(step: int) -> None:
    stream = FakeStream(server_frame(TEXT, b"x" * 2001) + server_frame(TEXT, b"after"), step=step)
    socket, reports = open_socket(stream, limit=2000)
    texts = [text for _ in range(4000) if (text := socket.receive()) is not None]
    assert texts == ["after"]
    assert socket.open
    assert reports == ["skipped a message of more than 2000 bytes"]


def test_fragments_over_the_limit_together_are_skipped() -> None:
    wire = server_frame(TEXT, b"x" * 60, fin=False) + server_frame(0, b"y" * 60)
    reader = FrameReader(100)
    assert feed_all(reader, wire + server_frame(TEXT, b"z" * 100)) == [
        (TOO_BIG, b""),
        (TEXT, b"z" * 100),
    ]


def test_a_skipped_message_is_not_kept_in_memory() -> None:
    reader = FrameReader(100)
    for byte in b"\x81\x7f" + (1 << 20).to_bytes(8, "big"):
        reader.feed(bytes([byte]))
    reader.feed(b"x" * reader.wanted)
    assert reader.wanted <= 1024
    assert reader._parts == []


def test_an_endless_message_is_refused() -> None:
    reader = FrameReader(100)
    with pytest.raises(FrameError) as caught:
        feed_all(reader, b"\x81\x7f" + (1 << 62).to_bytes(8, "big"))
    assert caught.value.code == 1009


def test_text_that_is_not_utf8_ends_with_1007() -> None:
    stream = FakeStream(server_frame(TEXT, b"\xff\xfe"))
    socket, _ = open_socket(stream)
    assert socket.receive() is None
    assert stream.sent()[0][1][:2] == (1007).to_bytes(2, "big")


def test_binary_messages_are_reported_and_skipped() -> None:
    socket, reports = open_socket(FakeStream(server_frame(BINARY, b"\x00")))
    assert socket.receive() is None
    assert socket.open
    assert len(reports) == 1
    assert "binary" in reports[0]


def test_frm_043_ping_is_answered_with_its_payload() -> None:
    stream = FakeStream(server_frame(PING, b"abc") + server_frame(TEXT, b"t"))
    socket, _ = open_socket(stream)
    assert socket.receive() == "t"
    assert stream.sent() == [(PONG, b"abc")]


def test_a_flood_of_pings_does_not_hold_the_loop() -> None:
    stream = FakeStream(server_frame(PING) * 1000 + server_frame(TEXT, b"t"))
    socket, _ = open_socket(stream)
    assert socket.receive() is None
    assert 0 < len(stream.writes) < 1000


def test_a_peer_that_dribbles_does_not_hold_the_loop() -> None:
    stream = FakeStream(server_frame(TEXT, b"text"), step=1)
    socket, _ = open_socket(stream)
    reads = 0
    while (text := socket.receive()) is None:
        reads += 1
    assert text == "text"
    assert reads > 2


def test_frm_042_pings_are_sent_every_interval() -> None:
    stream = FakeStream()
    socket, _ = open_socket(stream)
    socket.ping_interval = 10
    sent_at = []
    for now in range(100, 141):
        before = len(stream.writes)
        socket.tick(now)
        if len(stream.writes) > before:
            sent_at.append(now)
            stream.data += server_frame(PONG)
        socket.receive()
    assert sent_at == [110, 120, 130, 140]
    assert {opcode for opcode, _ in stream.sent()} == {PING}


def test_frm_042_interval_zero_sends_no_pings() -> None:
    stream = FakeStream()
    socket, _ = open_socket(stream)
    for now in range(1000):
        socket.tick(now)
    assert stream.writes == []


def test_frm_042_a_shorter_interval_counts_at_once() -> None:
    stream = FakeStream()
    socket, _ = open_socket(stream)
    socket.ping_interval = 1000
    socket.tick(0)
    socket.ping_interval = 5
    for now in range(1, 7):
        socket.tick(now)
    assert len(stream.writes) == 1


def test_frm_044_missing_pong_gives_the_connection_up() -> None:
    stream = FakeStream()
    socket, _ = open_socket(stream)
    socket.ping_interval = 10
    socket.pong_timeout = 7
    socket.tick(0)
    socket.tick(10)
    socket.tick(16)
    assert socket.reason == ""
    socket.tick(17)
    assert not socket.open
    assert "pong" in socket.reason


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_a_close_frame_is_echoed(code: int) -> None:
    stream = FakeStream(server_frame(CLOSE, code.to_bytes(2, "big") + b"bye"), end=True)
    socket, _ = open_socket(stream)
    assert socket.receive() is None
    assert not socket.open
    assert str(code) in socket.reason
    assert stream.sent() == [(CLOSE, code.to_bytes(2, "big"))]
    socket.finish(10)
    assert stream.closed


def test_a_close_frame_without_code_is_echoed_without_one() -> None:
    stream = FakeStream(server_frame(CLOSE))
    socket, _ = open_socket(stream)
    socket.receive()
    assert stream.sent() == [(CLOSE, b"")]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
def test_close_codes_that_must_not_appear(code: int) -> None:
    with pytest.raises(FrameError) as caught:
        close_status(code.to_bytes(2, "big"))
    assert caught.value.code == 1002


@pytest.mark.parametrize(("payload", "code"), [(b"\x03", 1002), (b"\x03\xe8\xff", 1007)])
def test_malformed_close_payloads(payload: bytes, code: int) -> None:
    with pytest.raises(FrameError) as caught:
        close_status(payload)
    assert caught.value.code == code


def test_closing_waits_for_the_peers_close_frame() -> None:
    stream = FakeStream(server_frame(TEXT, b"late") + server_frame(CLOSE, b"\x03\xe8") + b"rest")
    socket, _ = open_socket(stream)
    socket.close(1001, "restarting")
    assert not socket.open
    socket.finish(3)
    assert stream.sent() == [(CLOSE, b"\x03\xe9restarting")]
    assert stream.data == b"rest"
    assert stream.closed


def test_after_a_protocol_error_what_follows_is_read_but_not_understood() -> None:
    stream = FakeStream(b"\xc1\x00" + server_frame(CLOSE, b"\x03\xe8") * 3)
    socket, _ = open_socket(stream)
    assert socket.receive() is None
    socket.finish(3)
    assert stream.data == b""
    assert stream.closed
    assert [opcode for opcode, _ in stream.sent()] == [CLOSE]


def test_nothing_is_sent_after_closing() -> None:
    stream = FakeStream()
    socket, _ = open_socket(stream)
    socket.close(1000, "done")
    socket.send("late")
    socket.close(1000, "again")
    socket.ping_interval = 1
    socket.tick(0)
    socket.tick(9)
    assert [opcode for opcode, _ in stream.sent()] == [CLOSE]


def test_the_end_of_the_stream_is_noticed() -> None:
    socket, _ = open_socket(FakeStream(end=True))
    assert socket.receive() is None
    assert not socket.open
    assert "closed by the server" in socket.reason


def test_a_fault_while_reading_or_writing_ends_the_connection() -> None:
    stream = FakeStream()
    stream.fail = OSError(104)
    reader, _ = open_socket(stream)
    assert reader.receive() is None
    assert not reader.open
    writer, _ = open_socket(stream)
    writer.send("x")
    assert not writer.open
    writer.finish(5)
    assert stream.closed


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_end_in_messages_or_a_clean_refusal(data: bytes, step: int) -> None:
    stream = FakeStream(data, end=True, step=step)
    socket, _ = open_socket(stream, limit=100)
    for _ in range(len(data) + 2):
        text = socket.receive()
        assert text is None or len(text.encode()) <= 100
    assert not socket.open
