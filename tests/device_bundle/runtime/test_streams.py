"""The socket shell over sockets that behave as the firmware's do."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from device_bundle.runtime.handshake import HandshakeError

NOTHING = OSError(110)


class FakeSocket:
    """Each read gives the next of `script`: bytes, or an error to raise."""

    def __init__(self, script: list[bytes | OSError | None] | None = None) -> None:
        self.script = script or []
        self.sent: list[bytes] = []
        self.accepts: list[int | OSError | None] = []
        self.timeouts: list[float] = []
        self.closed = 0
        self.address: Any = None
        self.fault: OSError | None = None

    def settimeout(self, seconds: float) -> None:
        self.timeouts.append(seconds)

    def connect(self, address: Any) -> None:
        self.address = address
        if self.fault is not None:
            raise self.fault

    def recv(self, size: int) -> bytes:
        part = self.script.pop(0)
        if isinstance(part, OSError):
            raise part
        assert part is not None
        if len(part) > size:
            self.script.insert(0, part[size:])
        return part[:size]

    def readinto(self, buffer: bytearray) -> int | None:
        assert len(buffer) == 1, "a longer read would lose bytes when it times out"
        if not self.script:
            raise OSError(-110)
        part = self.script.pop(0)
        if isinstance(part, OSError):
            raise part
        if part is None or not part:
            return None if part is None else 0
        buffer[0] = part[0]
        if len(part) > 1:
            self.script.insert(0, part[1:])
        return 1

    def send(self, data: bytes | bytearray | memoryview) -> int | None:
        assert self.timeouts[-1] > 1, "sending may take longer than a moment"
        most = self.accepts.pop(0) if self.accepts else len(data)
        if isinstance(most, OSError):
            raise most
        if most is None:
            return None
        self.sent.append(bytes(data[:most]))
        return most

    write = send

    def close(self) -> None:
        self.closed += 1
        if self.closed > 1:
            raise OSError(9)


class FakeSockets(ModuleType):
    SOCK_STREAM = 1

    def __init__(self) -> None:
        super().__init__("usocket")
        self.made: list[FakeSocket] = []
        self.next = FakeSocket()
        self.addresses: list[Any] = [(2, 1, 0, "", ("10.0.0.1", 80))]

    def socket(self, family: int, kind: int) -> FakeSocket:
        self.made.append(self.next)
        return self.next

    def getaddrinfo(self, host: str, port: int) -> list[Any]:
        return self.addresses


@pytest.fixture
def usocket(monkeypatch: pytest.MonkeyPatch) -> FakeSockets:
    fake = FakeSockets()
    monkeypatch.setitem(sys.modules, "usocket", fake)
    return fake


@pytest.fixture
def utime(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still until its `ms` are changed; they wrap."""
    period = 1 << 30
    clock = SimpleNamespace(ms=period - 500)
    fake: Any = ModuleType("utime")
    fake.ticks_ms = lambda: clock.ms % period
    fake.ticks_diff = lambda later, earlier: (later - earlier + period // 2) % period - period // 2
    monkeypatch.setitem(sys.modules, "utime", fake)
    return clock


@pytest.fixture
def streams(usocket: FakeSockets, utime: SimpleNamespace) -> Iterator[Any]:
    name = "device_bundle.runtime.streams"
    sys.modules.pop(name, None)
    yield importlib.import_module(name)
    del sys.modules[name]


Make = Callable[[list[bytes | OSError | None]], Any]


@pytest.fixture(params=["plain", "tls"])
def make(request: pytest.FixtureRequest, streams: Any) -> Make:
    """A stream whose socket follows a script, plain or through TLS."""

    def stream(script: list[bytes | OSError | None]) -> Any:
        socket = FakeSocket(script)
        if request.param == "plain":
            return streams.SocketStream(socket, None)
        return streams.SocketStream(FakeSocket(), socket)

    return stream


def test_reads_what_there_is(make: Make) -> None:
    stream = make([b"hello", NOTHING, NOTHING])
    assert stream.read(2) == b"he"
    assert stream.read(3) == b"llo"
    assert stream.read(1) is None


@pytest.mark.parametrize("code", [11, 110, -11, -110, -26880])
def test_time_outs_in_all_their_spellings(make: Make, code: int) -> None:
    stream = make([OSError(code), b"x", OSError(code)])
    assert stream.read(1) is None
    assert stream.read(1) == b"x"
    assert stream.read(1) is None


@pytest.mark.parametrize("code", [107, 128])
def test_not_connected_is_the_end(make: Make, code: int) -> None:
    assert make([OSError(code)]).read(5) == b""


def test_other_faults_are_raised(make: Make) -> None:
    with pytest.raises(OSError, match="104"):
        make([OSError(104)]).read(5)


def test_tls_gives_what_it_has_before_a_time_out_or_a_fault(streams: Any) -> None:
    tls = FakeSocket([b"ab", OSError(-110), b"cd", None, b"e", OSError(-0x7200), b"", b""])
    stream = streams.SocketStream(FakeSocket(), tls)
    assert stream.read(10) == b"ab"
    assert stream.read(10) == b"cd"
    assert stream.read(10) == b"e"
    assert stream.read(10) == b""


def test_a_moment_is_short(make: Make) -> None:
    stream = make([])
    assert 0 < stream._socket.timeouts[-1] <= 0.5


def test_writes_are_completed_when_short(streams: Any) -> None:
    socket = FakeSocket()
    socket.accepts = [3, 1]
    stream = streams.SocketStream(socket, None)
    stream.write(bytearray(b"abcdefgh"))
    assert b"".join(socket.sent) == b"abcdefgh"
    assert len(socket.sent) == 3
    assert socket.timeouts[-1] < 1


def test_a_frame_is_one_write(streams: Any) -> None:
    socket = FakeSocket()
    streams.SocketStream(socket, None).write(b"x" * 5000)
    assert len(socket.sent) == 1


@pytest.mark.parametrize("accepts", [[0], [3, 0], [None], [OSError(110)], [2, OSError(104)]])
def test_a_write_that_does_not_go_on_is_an_error(
    streams: Any, accepts: list[int | OSError | None]
) -> None:
    socket = FakeSocket()
    socket.accepts = [*accepts, 0, 0]
    with pytest.raises(OSError, match=r"1\d\d"):
        streams.SocketStream(socket, None).write(b"abcdefgh")
    assert socket.timeouts[-1] < 1, "closing reads on, and must not wait for long"


def test_closing_twice_is_harmless(make: Make) -> None:
    stream = make([])
    stream.close()
    stream.close()
    assert stream._socket.closed >= 1


def test_connects_with_a_time_out(streams: Any, usocket: FakeSockets) -> None:
    stream = streams.connect("h", 80, 9, None)
    assert isinstance(stream, streams.SocketStream)
    assert usocket.next.address == ("10.0.0.1", 80)
    assert usocket.next.timeouts[0] == 9


def test_a_name_that_cannot_be_resolved(streams: Any, usocket: FakeSockets) -> None:
    usocket.addresses = []
    with pytest.raises(HandshakeError, match="cannot be resolved"):
        streams.connect("nowhere", 80, 9, None)
    assert usocket.made == []


def test_a_failed_connect_closes_the_socket(streams: Any, usocket: FakeSockets) -> None:
    usocket.next.fault = OSError(110)
    with pytest.raises(OSError, match="110"):
        streams.connect("h", 80, 9, None)
    assert usocket.next.closed == 1


@pytest.mark.parametrize("fault", [OSError(-9984), HandshakeError("pin"), ValueError("bad key")])
def test_failed_tls_closes_the_socket(streams: Any, usocket: FakeSockets, fault: Exception) -> None:
    def wrap(socket: Any, host: str) -> Any:
        raise fault

    with pytest.raises(type(fault)):
        streams.connect("h", 443, 9, wrap)
    assert usocket.next.closed == 1


class QuickSocket(FakeSocket):
    """A socket that is not asked to finish what it sends."""

    def send(self, data: bytes | bytearray | memoryview) -> int | None:
        assert self.timeouts[-1] < 1, "what moves beside the station must not hold it up"
        self.timeouts.append(20)
        return super().send(data)

    write = send


def test_hurrying_shortens_the_moment_and_a_frame_leaves_it_as_it_was(streams: Any) -> None:
    socket = FakeSocket()
    stream = streams.SocketStream(socket, None)
    stream.hurry(False)
    assert len(socket.timeouts) == 1
    stream.hurry(True)
    stream.hurry(True)
    assert len(socket.timeouts) == 2
    brief = socket.timeouts[-1]
    assert 0 < brief < socket.timeouts[0], "0 means for ever on some firmware"
    stream.write(b"frame")
    assert socket.timeouts[-1] == brief
    stream.hurry(False)
    assert socket.timeouts[-1] == socket.timeouts[0]


@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("code", [11, 110, -110, -26752])
def test_sending_takes_what_fits(streams: Any, wrapped: bool, code: int) -> None:
    socket = QuickSocket()
    stream = streams.SocketStream(socket, socket if wrapped else None)
    socket.accepts = [3]
    assert stream.send(b"12345") == 3
    assert socket.sent == [b"123"]
    socket.timeouts.append(0.2)
    socket.accepts = [OSError(code)]
    assert stream.send(b"45") == 0
    socket.timeouts.append(0.2)
    socket.accepts = [None]
    assert stream.send(b"45") == 0
    socket.timeouts.append(0.2)
    socket.accepts = [OSError(104)]
    with pytest.raises(OSError, match="104"):
        stream.send(b"45")


def test_a_peer_that_dribbles_over_tls_does_not_hold_a_read(
    streams: Any, utime: SimpleNamespace
) -> None:
    class Dribble(FakeSocket):
        def readinto(self, buffer: bytearray) -> int | None:
            utime.ms += 190
            buffer[0] = 1
            return 1

    stream = streams.SocketStream(FakeSocket(), Dribble())
    begun = utime.ms
    data = stream.read(1024)
    assert 0 < len(data) < 64
    assert utime.ms - begun < 10_000


def test_a_peer_that_takes_a_byte_at_a_time_does_not_hold_a_write(
    streams: Any, utime: SimpleNamespace
) -> None:
    class Slow(FakeSocket):
        def send(self, data: bytes | bytearray | memoryview) -> int | None:
            utime.ms += 15_000
            self.sent.append(bytes(data[:1]))
            return 1

    stream = streams.SocketStream(Slow(), None)
    begun = utime.ms
    with pytest.raises(OSError, match="110"):
        stream.write(b"x" * 1000)
    assert utime.ms - begun <= 60_000
    assert stream.write(b"12") is None, "what fits in time is sent"


def test_each_step_of_connecting_has_the_watchdog_to_itself(
    streams: Any, usocket: FakeSockets
) -> None:
    steps: list[str] = []
    usocket.getaddrinfo = lambda host, port: steps.append("name") or usocket.addresses  # type: ignore[func-returns-value,method-assign]  # a fake notes
    usocket.next.connect = lambda address: steps.append("connect")  # type: ignore[method-assign]  # a fake notes

    def wrap(socket: Any, host: str) -> Any:
        steps.append("tls")
        return FakeSocket()

    streams.connect("h", 443, 9, wrap, lambda: steps.append("fed"))
    assert steps == ["name", "fed", "connect", "fed", "tls"]
