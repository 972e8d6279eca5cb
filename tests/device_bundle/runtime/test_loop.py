"""The main loop against a machine, a network and a time that the test controls."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from device_bundle.runtime.clock import Clock
from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.loop import Loop
from device_bundle.runtime.settings import Settings
from device_bundle.runtime.websocket import WebSocket
from ocpp_kernel import configuration, events
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.station import Station
from ocpp_kernel.store import MemoryStore


class World:
    """Board, connector and clock in one; every moment waited passes on the clock."""

    def __init__(self) -> None:
        self.ms = 0
        self.network = True
        self.radio_restarts = 0
        self.feeds = 0
        self.logs: list[tuple[str, str]] = []
        self.commands: list[str] = []
        self.passwords: list[bytes] = []
        self.attempts: list[int] = []
        self.aborts = 0
        self.outcomes: list[Exception | None] = []
        self.sockets: list[FakeSocket] = []
        self.clock = Clock(lambda: self.ms, lambda later, earlier: later - earlier, self.sleep)

    def sleep(self, milliseconds: int) -> None:
        self.ms += milliseconds

    # The board.

    def random(self, bits: int, /) -> int:
        return (1 << bits) - 1

    def from_hex(self, digits: str, /) -> bytes:
        return binascii.unhexlify(digits)

    def network_ready(self) -> bool:
        self.ms += 200
        return self.network

    def restart_network(self) -> None:
        self.radio_restarts += 1

    def feed(self) -> None:
        self.feeds += 1

    def log(self, level: str, text: str, /) -> None:
        self.logs.append((level, text))

    def read_command(self) -> str | None:
        return self.commands.pop(0) if self.commands else None

    # The connector. An outcome of None is a connection; OSError fails while connecting, another
    # error after it.

    def begin(self, password: bytes, now: int, /) -> None:
        self.passwords.append(password)
        self.attempts.append(now)
        if self.outcomes and isinstance(self.outcomes[0], OSError):
            raise cast("Exception", self.outcomes.pop(0))

    def poll(self, now: int, report: Callable[[str], object], /) -> WebSocket | None:
        self.ms += 200
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        self.sockets.append(FakeSocket(self))
        return cast("WebSocket", self.sockets[-1])

    def abort(self) -> None:
        self.aborts += 1


class FakeSocket:
    """A WebSocket without a wire."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open = True
        self.reason = ""
        self.ping_interval = 0
        self.ticks: list[int] = []
        self.incoming: list[str] = []
        self.sent: list[str] = []
        self.closes: list[int] = []
        self.finished = False
        self.dies_when_sending = False

    def receive(self) -> str | None:
        if self.incoming:
            return self.incoming.pop(0)
        self.world.ms += 200
        return None

    def send(self, text: str) -> None:
        if self.dies_when_sending:
            self.die("sending failed")
        if self.open:
            self.sent.append(text)

    def tick(self, now: int) -> None:
        self.ticks.append(now)

    def close(self, code: int, reason: str) -> None:
        if self.open:
            self.closes.append(code)
            self.die(reason)

    def finish(self, waits: int) -> None:
        self.finished = True

    def die(self, reason: str) -> None:
        self.open = False
        self.reason = reason


class Probe:
    """A plugin that keeps the events and does something on request."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.on_event: Callable[[Any], None] = lambda event: None

    def ocpp_on_event(self, event: Any) -> None:
        self.events.append(event)
        self.on_event(event)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


class Setup:
    def __init__(self, **settings: Any) -> None:
        self.world = World()
        self.settings = Settings()
        for name, value in settings.items():
            assert hasattr(Settings, name)
            setattr(self.settings, name, value)
        self.station = Station("CP1", MsgspecCodec(), MemoryStore(), self.world.log)
        self.probe = Probe()
        self.station.install({}, {}, {"ocpp_on_event": (self.probe.ocpp_on_event,)}, ())
        self.station.start(0)
        self.loop = Loop(
            self.station, self.world.clock, self.world, self.world, cast("Any", self.settings)
        )

    def turn(self, seconds: int) -> None:
        """Let the loop turn for so many seconds."""
        end = self.world.ms + seconds * 1000
        while self.world.ms < end:
            before = self.world.ms
            busy = bool(self.world.sockets and self.socket.incoming)
            self.loop.turn()
            assert busy or self.world.ms > before, "a turn without events must wait"

    @property
    def socket(self) -> FakeSocket:
        return self.world.sockets[-1]


def test_connects_and_carries_frames() -> None:
    setup = Setup()
    setup.turn(2)
    assert setup.station.online
    setup.station.call(("Heartbeat", {}), lambda answer, error: None)
    setup.socket.incoming.append('[2,"77","Unknown",{}]')
    setup.turn(1)
    frames = [json.loads(text) for text in setup.socket.sent]
    assert [2, "1", "Heartbeat", {}] in frames
    assert [frame[:3] for frame in frames if frame[1] == "77"] == [[4, "77", "NotImplemented"]]


def test_an_answer_goes_out_in_the_turn_its_call_came_in() -> None:
    setup = Setup()
    setup.turn(2)
    setup.socket.incoming.append('[2,"77","Unknown",{}]')
    setup.loop.turn()
    assert len(setup.socket.sent) == 1


@pytest.mark.parametrize(
    "fault", [OSError(113), HandshakeError("HTTP 404", 404), HandshakeError("HTTP 401", 401)]
)
def test_frm_009_attempts_grow_apart_up_to_the_maximum(fault: Exception) -> None:
    setup = Setup(retry_minimum=4, retry_maximum=60)
    setup.world.outcomes = [fault] * 8
    setup.turn(600)
    gaps = [b - a for a, b in zip(setup.world.attempts, setup.world.attempts[1:], strict=False)]
    assert gaps == sorted(gaps)
    assert gaps[0] <= 6
    assert 50 <= gaps[-1] <= 62
    assert setup.station.online


def test_back_off_starts_over_after_a_stable_connection_only() -> None:
    def delays_after(lasting: int) -> int:
        setup = Setup(retry_minimum=2, retry_maximum=64, stable_after=30)
        setup.world.outcomes = [OSError(113)] * 5
        while not setup.station.online:
            setup.loop.turn()
        setup.turn(lasting)
        setup.socket.die("gone")
        setup.turn(1)
        before = setup.world.attempts[-1]
        setup.turn(80)
        return setup.world.attempts[-1] - before

    assert delays_after(40) - 40 < 10
    assert delays_after(5) > 25


def test_an_attempt_does_not_keep_timers_waiting() -> None:
    setup = Setup()
    fired: list[int] = []
    setup.world.poll = lambda now, report: setup.world.sleep(200)  # type: ignore[method-assign]  # a server that never answers
    setup.station.after(3, lambda: fired.append(setup.station.now))
    setup.turn(6)
    assert fired == [3]


def test_the_end_of_a_connection_is_told_and_the_socket_let_go() -> None:
    setup = Setup()
    setup.turn(2)
    outcomes: list[Any] = []
    setup.station.call(("Heartbeat", {}), lambda answer, error: outcomes.append(error))
    setup.turn(1)
    setup.socket.die("connection lost")
    setup.turn(1)
    assert not setup.station.online
    assert len(outcomes) == 1
    assert setup.probe.kinds()[-1] == "Disconnected"
    assert setup.world.sockets[0].finished


def test_a_connection_that_dies_while_sending_is_noticed_in_the_same_turn() -> None:
    setup = Setup()
    setup.turn(2)
    setup.socket.dies_when_sending = True
    setup.station.call(("Heartbeat", {}), lambda answer, error: None)
    setup.loop.turn()
    assert not setup.station.online


def test_offline_time_goes_on() -> None:
    setup = Setup()
    setup.world.network = False
    fired: list[int] = []
    setup.station.after(7, lambda: fired.append(setup.station.now))
    setup.turn(10)
    assert fired == [7]
    assert setup.world.attempts == []


def test_the_radio_is_restarted_after_long_silence() -> None:
    setup = Setup()
    setup.world.network = False
    setup.turn(290)
    assert setup.world.radio_restarts == 0
    setup.turn(600)
    assert setup.world.radio_restarts == 2
    setup.world.network = True
    setup.turn(10)
    assert setup.station.online


def test_frm_042_ping_interval_follows_the_configuration_key() -> None:
    setup = Setup(ping_interval=45)
    setup.turn(2)
    assert setup.socket.ping_interval == 45
    setup.station.configuration.declare(configuration.integer("WebSocketPingInterval", 30, 0, 900))
    setup.turn(2)
    assert setup.socket.ping_interval == 30
    assert setup.station.configuration.change("WebSocketPingInterval", "0") == "Accepted"
    setup.turn(2)
    assert setup.socket.ping_interval == 0


def test_the_socket_is_told_the_time_once_a_second() -> None:
    setup = Setup()
    setup.turn(2)
    setup.turn(10)
    ticks = setup.socket.ticks
    assert ticks == sorted(set(ticks))
    assert len(ticks) >= 10


@pytest.mark.parametrize(
    ("password", "expected"), [("", b""), ("secret", b"secret"), ("hex:00FF10", b"\x00\xff\x10")]
)
def test_frm_011_password_of_the_settings(password: str, expected: bytes) -> None:
    setup = Setup(password=password)
    setup.turn(2)
    assert setup.world.passwords == [expected]


def test_sec_005_009_authorization_key_takes_its_place_at_the_next_connection() -> None:
    setup = Setup(password="first")  # noqa: S106  # made up
    key = configuration.Key("AuthorizationKey", "String", "", "W", None, None, None, False)
    setup.station.configuration.declare(key)
    setup.turn(2)
    setup.station.configuration.change("AuthorizationKey", "0102030405060708090A0B0C0D0E0F10")
    setup.station.reconnect()
    setup.turn(3)
    assert setup.world.passwords == [b"first", bytes(range(1, 17))]
    assert setup.station.online


@pytest.mark.parametrize("password", ["hex:0", "hex:zz"])
def test_a_password_that_is_no_hex_is_reported_and_does_not_end_the_loop(password: str) -> None:
    setup = Setup(password=password)
    setup.turn(30)
    assert not setup.station.online
    assert any("no connection" in text for _, text in setup.world.logs)
    assert not any(password in text for _, text in setup.world.logs)


def test_reconnecting_is_immediate_and_orderly() -> None:
    setup = Setup(retry_minimum=100, retry_maximum=100)
    setup.turn(2)
    setup.station.reconnect()
    setup.turn(2)
    assert setup.world.sockets[0].closes == [1000]
    assert setup.world.sockets[0].finished
    assert len(setup.world.sockets) == 2
    assert setup.station.online


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_a_restart_sends_what_is_due_then_closes(kind: str) -> None:
    setup = Setup()

    def handle(event: Any) -> None:
        if isinstance(event, events.Command):
            setup.station.call(("Heartbeat", {}), lambda answer, error: None)
            setup.station.exit = kind

    setup.probe.on_event = handle
    setup.turn(2)
    setup.world.commands.append("go")
    assert setup.loop.run() == kind
    assert [json.loads(text)[2] for text in setup.socket.sent] == ["Heartbeat"]
    assert setup.socket.closes == [1001]
    assert setup.socket.finished
    assert not setup.station.online


def test_a_restart_while_connecting_gives_the_attempt_up() -> None:
    setup = Setup()
    setup.loop.turn()
    setup.world.poll = lambda now, report: None  # type: ignore[method-assign]  # no answer yet
    setup.station.exit = "Hard"
    assert setup.loop.run() == "Hard"
    assert setup.world.aborts == 1


def test_commands_become_events() -> None:
    setup = Setup()
    setup.world.commands = ["plug 1", "tag 1 ABC"]
    setup.turn(2)
    lines = [event.line for event in setup.probe.events if isinstance(event, events.Command)]
    assert lines == ["plug 1", "tag 1 ABC"]


def test_the_watchdog_is_fed_once_a_turn() -> None:
    setup = Setup()
    for _ in range(7):
        setup.loop.turn()
    assert setup.world.feeds == 7


def test_faults_are_logged_and_the_connection_made_anew() -> None:
    setup = Setup(retry_minimum=1, retry_maximum=1)
    setup.turn(2)
    first = setup.socket
    faults = ["one", "two"]

    def failing(text: str, now: int) -> None:
        if faults:
            raise RuntimeError(faults.pop(0))
        setup.station.exit = "Soft"

    setup.station.receive = failing  # type: ignore[method-assign, assignment]  # a fault of ours
    first.incoming.append("x")
    poll = setup.world.poll

    def poll_and_speak(now: int, report: Callable[[str], object], /) -> WebSocket | None:
        socket = poll(now, report)
        setup.socket.incoming.append("x")
        return socket

    setup.world.poll = poll_and_speak  # type: ignore[method-assign]  # each peer says something
    assert setup.loop.run() == "Soft"
    assert [text for level, text in setup.world.logs if level == "error"] == [
        "internal fault: RuntimeError('one')",
        "internal fault: RuntimeError('two')",
    ]
    assert first.closes == [1001]
    assert first.finished


def test_a_fault_while_connecting_gives_the_attempt_up() -> None:
    setup = Setup()
    setup.world.outcomes = [MemoryError()]

    def stop(event: Any) -> None:
        setup.station.exit = "Soft" if isinstance(event, events.Connected) else None

    setup.probe.on_event = stop
    assert setup.loop.run() == "Soft"
    assert setup.world.aborts == 1
    assert len(setup.world.attempts) == 2


def test_when_no_turn_succeeds_the_software_restarts() -> None:
    setup = Setup()

    def failing(now: int) -> None:
        raise MemoryError

    setup.station.tick = failing  # type: ignore[method-assign]  # a fault of ours
    assert setup.loop.run() == "Hard"
    assert len([text for level, text in setup.world.logs if level == "error"]) > 5
