"""The charge point as its plugins see it: wiring, calls, timers, time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import errors, events
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.configuration import integer
from ocpp_kernel.dispatch import fingerprint
from ocpp_kernel.hooks import Implementations
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import CALL_TIMEOUT, Station

Answer = tuple[Any, errors.OcppError | None]


class Host:
    """A station with one handler and one listener, driven by the test."""

    def __init__(self, handler: Callable[[Any], Any] = lambda request: {}, **hooks: Any) -> None:
        self.events: list[Any] = []
        self.logs: list[tuple[str, str]] = []
        self.ran: list[Any] = []
        self.station = Station(
            "CP001",
            MsgspecCodec(),
            MemoryStore(),
            lambda level, text: self.logs.append((level, text)),
        )
        implementations: Implementations = {"ocpp_on_event": (self.events.append,)}
        for name, implementation in hooks.items():
            implementations[name] = (implementation,)
        foreign = (fingerprint("Foreign"),)
        self.station.install({}, {"Ask": handler}, implementations, ("Core",), foreign)

    def flush(self) -> list[Any]:
        frames: list[Any] = []
        self.station.flush(lambda text: frames.append(json.loads(text)))
        return frames

    def call(self, name: str = "Tell") -> list[Answer]:
        ends: list[Answer] = []
        self.station.call((name, {}), lambda *end: ends.append(end))
        return ends

    def due(self) -> float | None:
        return self.station.deadline

    def online(self) -> bool:
        return self.station.online

    def wants_reconnect(self) -> bool:
        return self.station.reconnect_wanted

    def note(self, what: Any) -> Callable[[], None]:
        return lambda: self.ran.append(what)


# Wiring.


def test_start_collects_keys_restores_changes_and_then_tells_everybody() -> None:
    seen: list[Any] = []
    host = Host(ocpp_register_configuration=lambda: [integer("Interval", 5)])
    host.station.store.save("configuration", {"interval": "7"})
    host.station.hooks.implementations["ocpp_on_event"] = (
        lambda event: seen.append((event, host.station.configuration["Interval"])),
    )
    host.station.start(100, "Watchdog")
    assert seen == [(events.Started("Watchdog"), 7)]
    assert host.station.now == 100
    assert host.station.profiles == ("Core",)


def test_start_survives_a_plugin_that_fails() -> None:
    def fail() -> Any:
        raise RuntimeError("mine")

    host = Host(ocpp_register_configuration=fail)
    host.station.start(0)
    assert host.events == [events.Started("PowerUp")]
    assert [level for level, _ in host.logs] == ["warning"]


def test_incoming_calls_reach_their_handler() -> None:
    host = Host(lambda request: {"echo": request})
    host.station.connected(0)
    host.station.receive('[2,"1","Ask",{"a":1}]', 1)
    assert host.flush() == [[3, "1", {"echo": {"a": 1}}]]
    host.station.receive('[2,"2","Foreign",{}]', 1)
    host.station.receive('[2,"3","Unknown",{}]', 1)
    assert [frame[2] for frame in host.flush()] == ["NotSupported", "NotImplemented"]
    assert host.station.now == 1


def test_frm_041_the_gate_holds_for_every_connection_and_may_change() -> None:
    def refuse(action: str) -> None:
        raise errors.SecurityError(action)

    def ignore(action: str) -> None:
        raise errors.Ignored

    host = Host()
    host.station.gate = refuse
    host.station.connected(0)
    host.station.receive('[2,"1","Ask",{}]', 0)
    host.station.gate = ignore
    host.station.receive('[2,"2","Ask",{}]', 0)
    host.station.gate = None
    host.station.receive('[2,"3","Ask",{}]', 0)
    assert host.flush() == [[4, "1", "SecurityError", "Ask", {}], [3, "3", {}]]


def test_frames_are_shown_to_those_who_ask_for_them() -> None:
    frames: list[tuple[str, str, str]] = []
    host = Host(ocpp_on_frame=lambda *frame: frames.append(frame))
    host.station.connected(0)
    host.station.receive('[2,"1","Ask",{}]', 0)
    assert frames == [("CP001", "in", '[2,"1","Ask",{}]'), ("CP001", "out", '[3,"1",{}]')]
    quiet = Host()
    quiet.station.connected(0)
    assert quiet.station.session is not None
    assert quiet.station.session.observe is None


# Connections and calls.


def test_connection_comes_and_goes() -> None:
    host = Host()
    assert not host.online()
    host.station.reconnect()
    assert host.wants_reconnect()
    host.station.connected(5)
    assert host.online()
    assert not host.wants_reconnect()
    assert host.events == [events.Connected(host.station.session)]
    host.station.disconnected(6, "cable cut")
    assert not host.online()
    assert host.events[1:] == [events.Disconnected("cable cut")]
    host.station.disconnected(7)
    assert len(host.events) == 2
    assert host.station.now == 7


def test_calls_without_a_connection_end_at_once() -> None:
    host = Host()
    ends = host.call()
    assert isinstance(ends[0][1], errors.Disconnected)

    def fail(answer: Any, error: Any) -> None:
        raise RuntimeError("mine")

    host.station.call(("Tell", {}), fail)
    assert len(host.logs) == 1
    assert host.flush() == []


def test_calls_fail_once_when_the_connection_ends_and_before_anybody_is_told() -> None:
    order: list[Any] = []
    host = Host()
    host.station.connected(0)
    for name in ("One", "Two"):
        host.station.call((name, {}), lambda answer, error: order.append(host.station.online))
    host.station.hooks.implementations["ocpp_on_event"] = (order.append,)
    host.station.disconnected(1, "gone")
    assert order == [False, False, events.Disconnected("gone")]


def test_a_second_connection_ends_the_first_ones_calls() -> None:
    host = Host()
    host.station.connected(0)
    ends = host.call()
    host.station.connected(1)
    assert isinstance(ends[0][1], errors.Disconnected)
    assert [type(event).__name__ for event in host.events] == [
        "Connected",
        "Disconnected",
        "Connected",
    ]
    assert host.call() == []
    assert host.flush() == [[2, "1", "Tell", {}]]


def test_frm_025_calls_time_out_after_what_the_profile_set() -> None:
    host = Host()
    host.station.connected(10)
    first = host.call()
    assert host.due() == 10 + CALL_TIMEOUT
    host.station.call_timeout = 5
    second = host.call()
    host.station.tick(10 + CALL_TIMEOUT)
    assert isinstance(first[0][1], errors.CallTimeout)
    assert host.due() == 10 + CALL_TIMEOUT + 5
    host.station.tick(10 + CALL_TIMEOUT + 5)
    assert isinstance(second[0][1], errors.CallTimeout)
    assert host.due() is None


def test_frm_025_the_deadline_counts_from_the_stations_time() -> None:
    host = Host()
    host.station.connected(0)
    host.station.tick(1000)
    host.call()
    assert host.due() == 1000 + CALL_TIMEOUT


def test_text_without_a_connection_is_ignored() -> None:
    handled: list[Any] = []
    host = Host(handled.append)
    host.station.receive('[2,"1","Ask",{}]', 3)
    assert handled == []
    assert host.flush() == []


def test_rt_001_after_response_runs_after_the_response_or_at_the_next_tick() -> None:
    def handler(_: Any) -> Any:
        host.station.after_response(host.note("after"))
        return {}

    host = Host(handler)
    host.station.connected(0)
    host.station.receive('[2,"1","Ask",{}]', 0)
    assert host.ran == []
    host.flush()
    assert host.ran == ["after"]
    host.station.disconnected(1)
    host.station.after_response(host.note("offline"))
    assert host.ran == ["after"]
    host.station.tick(1)
    assert host.ran == ["after", "offline"]


# Timers.


def test_timers_run_in_order_of_time_then_of_setting() -> None:
    host = Host()
    for seconds, name in ((5, "e"), (1, "a"), (3, "c"), (1, "b"), (3, "d")):
        host.station.after(seconds, host.note(name))
    assert host.due() == 1
    host.station.tick(0)
    assert host.ran == []
    host.station.tick(1)
    assert host.ran == ["a", "b"]
    assert host.due() == 3
    host.station.tick(100)
    assert host.ran == ["a", "b", "c", "d", "e"]
    assert host.due() is None
    host.station.tick(200)
    assert len(host.ran) == 5


def test_zero_or_less_means_the_next_tick() -> None:
    host = Host()
    host.station.tick(10)
    host.station.after(0, host.note("zero"))
    host.station.after(-5, host.note("less"))
    assert host.ran == []
    assert host.due() == 10
    host.station.tick(10)
    assert host.ran == ["zero", "less"]


def test_a_timer_that_sets_another_for_now_does_not_keep_tick_from_ending() -> None:
    host = Host()

    def again() -> None:
        host.ran.append("ran")
        host.station.after(0, again)

    host.station.after(0, again)
    for count in range(1, 4):
        host.station.tick(0)
        assert len(host.ran) == count
        assert host.due() == 0


def test_a_cancelled_timer_does_not_run_and_leaves_nothing_behind() -> None:
    host = Host()
    keep = host.station.after(5, host.note("kept"))
    for _ in range(100):
        host.station.after(1, host.note("cancelled")).cancel()
    assert len(host.station._timers) == 1
    assert host.due() == 5
    host.station.tick(10)
    assert host.ran == ["kept"]
    keep.cancel()
    keep.cancel()


def test_a_timer_may_cancel_one_due_at_the_same_time_and_itself() -> None:
    host = Host()
    timers: list[Any] = []

    def first() -> None:
        host.ran.append("first")
        for timer in timers:
            timer.cancel()

    timers.append(host.station.after(1, first))
    timers.append(host.station.after(1, host.note("second")))
    timers.append(host.station.after(9, host.note("ninth")))
    host.station.after(2, host.note("third"))
    host.station.tick(20)
    assert host.ran == ["first", "third"]
    assert host.due() is None


def test_a_timer_that_fails_is_reported_and_stops_no_other() -> None:
    def fail() -> None:
        raise RuntimeError("mine")

    host = Host()
    host.station.after(1, fail)
    host.station.after(1, host.note("other"))
    host.station.tick(1)
    assert host.ran == ["other"]
    assert [level for level, _ in host.logs] == ["warning"]


def test_a_tick_within_a_timer_runs_nothing_twice() -> None:
    host = Host()

    def inner() -> None:
        host.ran.append("outer")
        host.station.tick(5)

    host.station.after(1, inner)
    host.station.after(1, host.note("second"))
    host.station.after(5, host.note("later"))
    host.station.tick(1)
    host.station.tick(5)
    assert sorted(host.ran) == ["later", "outer", "second"]


def test_deadline_is_the_earlier_of_timer_and_answer() -> None:
    host = Host()
    host.station.connected(0)
    host.station.after(CALL_TIMEOUT + 10, host.note("timer"))
    assert host.due() == CALL_TIMEOUT + 10
    host.call()
    assert host.due() == CALL_TIMEOUT
    soon = host.station.after(1, host.note("soon"))
    assert host.due() == 1
    soon.cancel()
    host.station.disconnected(0)
    assert host.due() == CALL_TIMEOUT + 10


# Time.


def test_utc_is_unknown_until_told_and_then_runs_with_the_monotonic_time() -> None:
    host = Host()
    host.station.tick(100)
    assert host.station.utc() is None
    assert host.station.utc_at(50) is None
    assert host.station.timestamp() is None
    host.station.set_utc(1_700_000_000)
    assert host.station.utc() == 1_700_000_000
    host.station.tick(160)
    assert host.station.utc() == 1_700_000_060
    assert host.station.utc_at(90) == 1_699_999_990
    assert host.station.timestamp() == "2023-11-14T22:14:20Z"


@pytest.mark.parametrize(("correction", "told"), [(0, []), (5, [5]), (-3, [-3])])
def test_a_corrected_clock_is_told_with_its_step(correction: int, told: list[int]) -> None:
    host = Host()
    host.station.set_utc(1000)
    assert host.events == [events.ClockSet(0)]
    host.station.tick(10)
    host.station.set_utc(1010 + correction)
    assert host.events[1:] == [events.ClockSet(step) for step in told]


def test_setting_the_clock_moves_no_timer() -> None:
    host = Host()
    host.station.after(10, host.note("timer"))
    host.station.set_utc(1_700_000_000)
    host.station.tick(9)
    assert host.ran == []
    host.station.tick(10)
    assert host.ran == ["timer"]
