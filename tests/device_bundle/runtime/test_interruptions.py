"""What interrupts a connection without harming it does not end it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from device_bundle.runtime.websocket_frames import FrameReader


class Socket:
    """Raises the faults it is given, one a call, then does what it should."""

    def __init__(self, *faults: int) -> None:
        self.faults = list(faults)
        self.sent = b""

    def settimeout(self, seconds: float) -> None:
        """A time-out is no matter here."""

    def _strike(self) -> None:
        if self.faults:
            raise OSError(self.faults.pop(0))

    def send(self, data: bytes | memoryview) -> int:
        self._strike()
        taken = bytes(data[:3])
        self.sent += taken
        return len(taken)

    write = send

    def recv(self, size: int) -> bytes:
        self._strike()
        return b"data"[:size]

    def readinto(self, buffer: bytearray) -> int:
        self._strike()
        buffer[0] = 65
        return 1


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import importlib

    clock = ModuleType("utime")
    vars(clock).update(ticks_ms=lambda: 0, ticks_diff=lambda later, earlier: later - earlier)
    monkeypatch.setitem(sys.modules, "utime", clock)
    monkeypatch.setitem(sys.modules, "usocket", ModuleType("usocket"))
    name = "device_bundle.runtime.streams"
    sys.modules.pop(name, None)
    yield importlib.import_module(name)
    del sys.modules[name]


@pytest.mark.parametrize("fault", [4, 11])
def test_sending_goes_on(streams: Any, fault: int) -> None:
    socket = Socket(fault, fault, fault)
    streams.SocketStream(socket, None).write(b"whole message")
    assert socket.sent == b"whole message"


@pytest.mark.parametrize("fault", [-4, -11, -26880, -26752])
def test_sending_through_tls_goes_on(streams: Any, fault: int) -> None:
    tls = Socket(fault, fault)
    streams.SocketStream(Socket(), tls).write(b"whole message")
    assert tls.sent == b"whole message"


@pytest.mark.parametrize("faults", [[110], [104], [4] * 50])
def test_what_does_not_pass_is_told(streams: Any, faults: list[int]) -> None:
    with pytest.raises(OSError, match=str(faults[0])):
        streams.SocketStream(Socket(*faults), None).write(b"whole message")


def test_reading_tries_again_later(streams: Any) -> None:
    stream = streams.SocketStream(Socket(4, 11, 110), None)
    assert [stream.read(4) for _ in range(4)] == [None, None, None, b"data"]


def test_a_reader_told_to_forget_keeps_no_data_but_hears_the_closing() -> None:
    """While closing for lack of memory, the message that was too much is read past."""
    reader = FrameReader(1000)
    frame = b"\x81\x7e\x01\xf4" + b"x" * 500
    for at in range(100):
        reader.feed(frame[at : at + 1])
    reader.forget()
    rest = frame[100:] + b"\x81\x03abc" + b"\x88\x02\x03\xe8"
    kinds = []
    while rest:
        size = reader.wanted
        kinds.append(reader.feed(rest[:size]))
        rest = rest[size:]
    assert [kind for kind in kinds if kind] == [16, 16, 8]
    assert reader.payload == b"\x03\xe8"
