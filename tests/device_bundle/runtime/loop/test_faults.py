"""Faults of a turn: what is tried, what is logged, and when the software gives itself up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from device_bundle.runtime.websocket import WebSocket
from ocpp_kernel import events

# Makes the Setup of conftest.py, which is not a module to import.
Make = Callable[..., Any]


def stop_at(setup: Any, kind: type) -> None:
    """Ends `run` once an event of that kind came."""

    def heard(event: Any) -> None:
        if isinstance(event, kind):
            setup.station.exit = "Soft"

    setup.probe.on_event = heard


def test_faults_are_logged_and_the_connection_made_anew(make: Make) -> None:
    setup = make(retry_minimum=1, retry_maximum=1)
    setup.turn(2)
    first = setup.socket
    faults = ["one", "two"]

    def failing(text: str, now: int) -> None:
        if faults:
            raise RuntimeError(faults.pop(0))
        setup.station.exit = "Soft"

    setup.station.receive = failing  # a fault of ours
    first.incoming.append("x")
    poll = setup.world.poll

    def poll_and_speak(now: int, report: Callable[[str], object], /) -> WebSocket | None:
        socket: WebSocket | None = poll(now, report)
        setup.socket.incoming.append("x")
        return socket

    setup.world.poll = poll_and_speak  # each peer says something
    assert setup.loop.run() == "Soft"
    assert [text for level, text in setup.world.logs if level == "error"] == [
        "internal fault: RuntimeError('one')",
        "internal fault: RuntimeError('two')",
    ]
    assert first.closes == [1001]
    assert first.finished


def test_a_fault_while_connecting_gives_the_attempt_up(make: Make) -> None:
    setup = make()
    setup.world.outcomes = [MemoryError()]
    stop_at(setup, events.Connected)
    assert setup.loop.run() == "Soft"
    assert setup.world.aborts == 1
    assert len(setup.world.attempts) == 2


@pytest.mark.parametrize(("fault", "most"), [(MemoryError, 5), (RuntimeError, 20)])
def test_when_turns_fail_again_and_again_the_software_restarts(
    make: Make, fault: type[Exception], most: int
) -> None:
    setup = make()

    def failing(now: int) -> None:
        raise fault

    setup.station.tick = failing  # a fault of ours
    assert setup.loop.run() == "Reboot"
    assert len(setup.lines_with("internal fault")) == most
    assert setup.lines_with("turns fail again and again, restarting")


def failing_every(seconds: int, setup: Any, fault: type[Exception]) -> None:
    tick = setup.station.tick
    due = [seconds]

    def failing(now: int) -> None:
        if now >= due[0]:
            due[0] = now + seconds
            raise fault
        tick(now)

    setup.station.tick = failing


def test_memory_that_fails_once_in_a_while_though_other_turns_succeed_ends_in_a_restart(
    make: Make,
) -> None:
    setup = make()
    failing_every(300, setup, MemoryError)
    assert setup.loop.run() == "Reboot"
    assert len(setup.lines_with("MemoryError")) == 5
    assert setup.world.collections >= 5


def test_faults_far_apart_are_forgiven(make: Make) -> None:
    setup = make()
    failing_every(1000, setup, MemoryError)
    setup.station.after(20_000, lambda: setattr(setup.station, "exit", "Soft"))
    assert setup.loop.run() == "Soft"
    assert len(setup.lines_with("MemoryError")) > 10


def test_memory_that_fails_while_a_fault_is_dealt_with_ends_in_a_restart(make: Make) -> None:
    """Whoever waits for an answer may not have been told that there will be none."""
    setup = make()
    setup.turn(2)

    def failing(*arguments: Any) -> None:
        raise MemoryError

    setup.station.receive = failing
    setup.station.disconnected = failing
    setup.socket.incoming.append("x")
    assert setup.loop.run() == "Reboot"
    assert setup.world.collections >= 2


def test_a_restart_comes_even_if_the_farewell_fails(make: Make) -> None:
    setup = make()
    setup.turn(2)

    def failing(*arguments: Any) -> None:
        raise MemoryError

    setup.station.flush = failing
    setup.station.exit = "Hard"
    setup.loop._serve = lambda socket, now: None  # the turn itself goes well
    assert setup.loop.run() == "Hard"


@pytest.mark.parametrize("where", ["listener", "timer", "answer"])
def test_memory_that_runs_out_in_a_plugin_counts_like_that_of_a_turn(
    make: Make, where: str
) -> None:
    """The plugin may have come half way: it begins anew with a new connection."""
    setup = make(retry_minimum=1, retry_maximum=1)

    def exhaust(*arguments: Any) -> None:
        raise MemoryError

    def heard(event: Any) -> None:
        if isinstance(event, events.Connected):
            if where == "listener":
                exhaust()
            elif where == "timer":
                setup.station.after(2, exhaust)
            else:
                setup.station.call(("Heartbeat", {}), exhaust)
                setup.station.after(2, lambda: setup.socket.die("gone"))

    setup.probe.on_event = heard
    assert setup.loop.run() == "Reboot"
    assert len(setup.lines_with("internal fault: MemoryError('in a plugin')")) == 5
    assert len(setup.world.sockets) == 5


def test_garbage_is_collected_once_after_messages(make: Make) -> None:
    setup = make()
    setup.turn(2)
    before = setup.world.collections
    setup.socket.incoming += ['[2,"1","Unknown",{}]'] * 3
    setup.turn(5)
    assert setup.world.collections == before + 1


@pytest.mark.parametrize("charging", [False, True])
def test_little_memory_left_restarts_the_module_between_transactions(
    make: Make, charging: bool
) -> None:
    setup = make(least_memory=16384)
    setup.turn(3600)
    setup.station.shared["connectors"] = [Busy(None), Busy(object() if charging else None)]
    setup.world.free = 16383
    setup.socket.incoming.append('[2,"1","Unknown",{}]')
    setup.station.after(100, lambda: setattr(setup.station, "exit", "Soft"))
    assert setup.loop.run() == ("Soft" if charging else "Reboot")
    assert len(setup.lines_with("only 16383 B of memory are left")) == 1
    assert bool(setup.lines_with("restarting for want of memory")) is not charging
    assert ("PowerFailing" in setup.probe.kinds()) is not charging


def test_a_heap_that_is_too_small_from_the_start_is_told_once_and_lived_with(make: Make) -> None:
    """Restarting would not help: it would only be done again and again."""
    setup = make(least_memory=16384)
    setup.turn(2)
    setup.world.free = 9000
    for _ in range(10):
        setup.socket.incoming.append('[2,"1","Unknown",{}]')
        setup.turn(60)
    assert setup.lines_with("of memory") == ["only 9000 B of memory are left"]
    setup.station.exit = "Soft"
    assert setup.loop.run() == "Soft"


@pytest.mark.parametrize(("least", "free"), [(0, 100), (16384, -1), (16384, 16384)])
def test_memory_that_suffices_or_is_not_told_is_no_reason(
    make: Make, least: int, free: int
) -> None:
    setup = make(least_memory=least)
    setup.turn(3600)
    setup.world.free = free
    setup.socket.incoming.append('[2,"1","Unknown",{}]')
    setup.station.after(100, lambda: setattr(setup.station, "exit", "Soft"))
    assert setup.loop.run() == "Soft"


class Busy:
    def __init__(self, transaction: object) -> None:
        self.transaction = transaction
