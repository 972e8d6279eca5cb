"""The main loop: what a turn does, how faults and restarts end (FRM-009, FRM-042, SEC-005)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from device_bundle.runtime.handshake import HandshakeError
from ocpp_kernel import configuration, events

# Makes the Setup of conftest.py, which is not a module to import.
Make = Callable[..., Any]


def test_connects_and_carries_frames(make: Make) -> None:
    setup = make()
    setup.turn(2)
    assert setup.station.online
    setup.station.call(("Heartbeat", {}), lambda answer, error: None)
    setup.socket.incoming.append('[2,"77","Unknown",{}]')
    setup.turn(1)
    frames = [json.loads(text) for text in setup.socket.sent]
    assert [2, "1", "Heartbeat", {}] in frames
    assert [frame[:3] for frame in frames if frame[1] == "77"] == [[4, "77", "NotImplemented"]]


def test_an_answer_goes_out_in_the_turn_its_call_came_in(make: Make) -> None:
    setup = make()
    setup.turn(2)
    setup.socket.incoming.append('[2,"77","Unknown",{}]')
    setup.loop.turn()
    assert len(setup.socket.sent) == 1


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        (OSError(113), 4),
        (HandshakeError("HTTP 503", 503), 4),
        (HandshakeError("HTTP 401", 401), 8),
        (HandshakeError("HTTP 403", 403), 8),
        (HandshakeError("HTTP 404", 404), 8),
    ],
)
def test_frm_009_attempts_grow_apart_up_to_the_maximum(
    make: Make, fault: Exception, first: int
) -> None:
    """Faster where somebody has to set something first: a password, or a path."""
    setup = make(retry_minimum=4, retry_maximum=60)
    setup.world.outcomes = [fault] * 8
    setup.turn(600)
    gaps = [b - a for a, b in zip(setup.world.attempts, setup.world.attempts[1:], strict=False)]
    assert gaps == sorted(gaps)
    assert first <= gaps[0] <= first + 2
    assert 50 <= gaps[-1] <= 62
    assert setup.station.online


def test_back_off_starts_over_after_a_stable_connection_only(make: Make) -> None:
    def delays_after(lasting: int) -> int:
        setup = make(retry_minimum=2, retry_maximum=64, stable_after=30)
        setup.world.outcomes = [OSError(113)] * 5
        while not setup.station.online:
            setup.loop.turn()
        setup.turn(lasting)
        setup.socket.die("gone")
        setup.turn(1)
        before = setup.world.attempts[-1]
        setup.turn(80)
        delay: int = setup.world.attempts[-1] - before
        return delay

    assert delays_after(40) - 40 < 10
    assert delays_after(5) > 25


def test_an_attempt_does_not_keep_timers_waiting(make: Make) -> None:
    setup = make()
    fired: list[int] = []
    setup.world.poll = lambda now, report: setup.world.sleep(200)  # a server that never answers
    setup.station.after(3, lambda: fired.append(setup.station.now))
    setup.turn(6)
    assert fired == [3]


def test_the_end_of_a_connection_is_told_and_the_socket_let_go(make: Make) -> None:
    setup = make()
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


def test_a_connection_that_dies_while_sending_is_noticed_in_the_same_turn(make: Make) -> None:
    setup = make()
    setup.turn(2)
    setup.socket.dies_when_sending = True
    setup.station.call(("Heartbeat", {}), lambda answer, error: None)
    setup.loop.turn()
    assert not setup.station.online


def test_offline_time_goes_on(make: Make) -> None:
    setup = make()
    setup.world.network = False
    fired: list[int] = []
    setup.station.after(7, lambda: fired.append(setup.station.now))
    setup.turn(10)
    assert fired == [7]
    assert setup.world.attempts == []


def test_frm_042_ping_interval_follows_the_configuration_key(make: Make) -> None:
    setup = make(ping_interval=45)
    setup.turn(2)
    assert setup.socket.ping_interval == 45
    setup.station.configuration.declare(configuration.integer("WebSocketPingInterval", 30, 0, 900))
    setup.turn(2)
    assert setup.socket.ping_interval == 30
    assert setup.station.configuration.change("WebSocketPingInterval", "0") == "Accepted"
    setup.turn(2)
    assert setup.socket.ping_interval == 0


def test_the_socket_is_told_the_time_once_a_second(make: Make) -> None:
    setup = make()
    setup.turn(2)
    setup.turn(10)
    ticks = setup.socket.ticks
    assert ticks == sorted(set(ticks))
    assert len(ticks) >= 10


@pytest.mark.parametrize(
    ("password", "expected"), [("", b""), ("secret", b"secret"), ("hex:00FF10", b"\x00\xff\x10")]
)
def test_frm_011_password_of_the_settings(make: Make, password: str, expected: bytes) -> None:
    setup = make(password=password)
    setup.turn(2)
    assert setup.world.passwords == [expected]


def test_sec_005_009_authorization_key_takes_its_place_at_the_next_connection(make: Make) -> None:
    setup = make(password="first")  # noqa: S106  # made up
    key = configuration.Key("AuthorizationKey", "String", "", "W", None, None, None, False)
    setup.station.configuration.declare(key)
    setup.turn(2)
    setup.station.configuration.change("AuthorizationKey", "0102030405060708090A0B0C0D0E0F10")
    setup.station.reconnect()
    setup.turn(3)
    assert setup.world.passwords == [b"first", bytes(range(1, 17))]
    assert setup.station.online


@pytest.mark.parametrize("password", ["hex:0", "hex:zz"])
def test_a_password_that_is_no_hex_is_reported_and_no_end(make: Make, password: str) -> None:
    setup = make(password=password)
    setup.turn(30)
    assert not setup.station.online
    assert any("no connection" in text for _, text in setup.world.logs)
    assert not any(password in text for _, text in setup.world.logs)


def test_reconnecting_is_immediate_and_orderly(make: Make) -> None:
    setup = make(retry_minimum=100, retry_maximum=100)
    setup.turn(2)
    setup.station.reconnect()
    setup.turn(2)
    assert setup.world.sockets[0].closes == [1000]
    assert setup.world.sockets[0].finished
    assert len(setup.world.sockets) == 2
    assert setup.station.online


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_a_restart_sends_what_is_due_then_closes(make: Make, kind: str) -> None:
    setup = make()

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


def test_a_restart_while_connecting_gives_the_attempt_up(make: Make) -> None:
    setup = make()
    setup.loop.turn()
    setup.world.poll = lambda now, report: None  # no answer yet
    setup.station.exit = "Hard"
    assert setup.loop.run() == "Hard"
    assert setup.world.aborts == 1


def test_commands_become_events(make: Make) -> None:
    setup = make()
    setup.world.commands = ["plug 1", "tag 1 ABC"]
    setup.turn(2)
    lines = [event.line for event in setup.probe.events if isinstance(event, events.Command)]
    assert lines == ["plug 1", "tag 1 ABC"]


def test_the_watchdog_is_fed_once_a_turn(make: Make) -> None:
    setup = make()
    for _ in range(7):
        setup.loop.turn()
    assert setup.world.feeds == 7


@pytest.mark.parametrize("lasting", [14, 15, 500])
def test_a_handler_that_hangs_feeds_no_watchdog_and_is_remarked_upon(
    make: Make, lasting: int
) -> None:
    setup = make()
    setup.turn(2)
    feeds: list[int] = []

    def hang(event: Any) -> None:
        feeds.append(setup.world.feeds)
        setup.world.sleep(lasting * 1000)
        feeds.append(setup.world.feeds)

    setup.probe.on_event = hang
    setup.world.commands.append("go")
    setup.turn(lasting + 1)
    assert feeds[0] == feeds[1]
    slow = setup.lines_with("a turn of the main loop took")
    assert len(slow) == (lasting >= 15)
    assert all(f"took {lasting} s" in line for line in slow)
