"""The joints that other tests are made with."""

# No postponed annotations here: TypedDicts are made below.
import asyncio
from typing import Any, TypedDict

import pytest

from ocpp_kernel import events, schema
from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.contracts import BOTH, Action
from ocpp_kernel.errors import CallTimeout, Disconnected, NotSupported, RemoteError
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.session import Deferred
from ocpp_kernel.station import Station
from ocpp_kernel.testing import CentralPair, FakeClock, Seen


class Word(TypedDict):
    text: str


Say = Action("Say", Word, Word, sent_by=BOTH)


def answer(request: Word) -> Word:
    return {"text": request["text"].upper()}


def make_station(handler: Any = answer, seen: list[Any] | None = None) -> Station:
    station = Station("CP1", MsgspecCodec(), MemoryStore(), lambda level, text: None)
    hooks = {} if seen is None else {"ocpp_on_event": (seen.append,)}
    station.install(schema.contracts_of([Say]), {"Say": handler}, hooks, (), check=schema.check)
    return station


def make_pair(at_station: Any = answer, at_central: Any = None) -> CentralPair:
    central = Central(MsgspecCodec(), lambda level, text: None)
    handler = at_central or (lambda station, request: answer(request))
    central.install(schema.contracts_of([Say]), {"Say": handler}, {}, (), check=schema.check)
    return CentralPair(make_station(at_station), central)


def test_a_call_is_answered_without_time_passing() -> None:
    pair = make_pair()
    pair.connect()
    assert pair.call(Say({"text": "hi"})) == {"text": "HI"}
    assert pair.clock.now == 0


def test_every_frame_is_kept() -> None:
    pair = make_pair()
    pair.connect()
    pair.call(Say({"text": "hi"}))
    pair.station.call(Say({"text": "ho"}), lambda answer, error: None)
    pair.pump()
    assert pair.actions("right") == ["Say"]
    assert pair.actions("left") == ["Say"]
    assert [seen.message[0] for seen in pair.frames] == [2, 3, 2, 3]
    assert pair.frames[1] == Seen("left", '[3,"1",{"text":"HI"}]')
    assert pair.frames[1].action is None


def test_a_refusal_is_raised() -> None:
    def refuse(request: Word) -> Word:
        raise NotSupported("no")

    pair = make_pair(refuse)
    pair.connect()
    with pytest.raises(RemoteError, match="NotSupported: no"):
        pair.call(Say({"text": "hi"}))


def test_an_answer_that_needs_time_is_a_failed_assertion() -> None:
    pair = make_pair(lambda request: Deferred())
    pair.connect()
    with pytest.raises(AssertionError, match="not answered at once"):
        pair.call(Say({"text": "hi"}))


def test_lost_frames_are_marked_and_time_out() -> None:
    pair = make_pair()
    pair.connect()
    pair.lose = lambda sender, text: sender == "right"
    outcome: list[Any] = []
    pair.station.call_timeout = 30
    pair.station.call(Say({"text": "hi"}), lambda answer, error: outcome.append(error))
    pair.advance(29)
    assert outcome == []
    pair.advance(1)
    assert isinstance(outcome[0], CallTimeout)
    assert [seen.lost for seen in pair.frames] == [False, True]


def test_timers_run_at_their_second() -> None:
    pair = make_pair()
    ran: list[int] = []
    pair.station.after(10, lambda: ran.append(pair.clock.now))
    pair.station.after(5, lambda: ran.append(pair.clock.now))
    pair.advance(4)
    assert ran == []
    pair.advance(100)
    assert ran == [5, 10]
    assert pair.clock.now == 104


def test_a_timer_that_never_lets_time_pass_is_found() -> None:
    pair = make_pair()

    def again() -> None:
        pair.station.after(0, again)

    again()
    with pytest.raises(AssertionError, match="again and again"):
        pair.advance(1)


def test_an_endless_exchange_is_found() -> None:
    pair = make_pair()
    pair.connect()

    def again(*_: Any) -> None:
        pair.station.call(Say({"text": "again"}), again)

    again()
    with pytest.raises(AssertionError, match="endless exchange"):
        pair.pump()


def test_disconnecting_tells_both_and_fails_calls() -> None:
    pair = make_pair(lambda request: Deferred())
    pair.connect()
    outcome: list[Any] = []
    pair.connected.post(Say({"text": "hi"}), lambda answer, error: outcome.append(error))
    pair.pump()
    pair.disconnect()
    assert isinstance(outcome[0], Disconnected)
    assert not pair.station.online
    assert not pair.connected.online
    pair.connect()
    assert pair.station.online
    assert pair.connected.online


def test_connecting_twice_replaces_the_connection() -> None:
    pair = make_pair()
    pair.connect()
    before = pair.connected.session
    pair.connect()
    assert before is not None
    assert before.closed
    assert pair.station.online
    assert pair.call(Say({"text": "hi"})) == {"text": "HI"}


def test_frm_008_who_is_not_admitted_cannot_connect() -> None:
    pair = make_pair()
    pair.central.admit_only(["CP2"], {})
    with pytest.raises(AssertionError, match="CP1 is not admitted"):
        pair.connect()


def test_the_central_system_may_close() -> None:
    pair = make_pair()
    pair.connect()
    pair.connected.disconnect("enough")
    pair.pump()
    assert not pair.station.online
    assert not pair.connected.online


def test_a_restart_replaces_the_station() -> None:
    pair = make_pair()
    pair.connect()
    seen: list[Any] = []
    pair.restart(make_station(seen=seen), "Soft")
    pair.connect()
    assert [type(event) for event in seen] == [events.Started, events.Connected]
    assert seen[0] == events.Started("Soft")
    assert pair.call(Say({"text": "hi"})) == {"text": "HI"}


def test_core_022_signs_of_life_follow_the_fake_clock() -> None:
    pair = make_pair()
    pair.connect()
    pair.advance(100)
    pair.station.call(Say({"text": "hi"}), lambda answer, error: None)
    pair.pump()
    seen_at = pair.clock.utc()
    pair.advance(50)
    assert pair.connected.last_seen == seen_at


def test_the_clock_starts_where_it_is_told() -> None:
    clock = FakeClock(now=10, epoch=1000)
    assert clock.utc() == 1000
    clock.now += 5
    assert clock.utc() == 1005


async def test_with_an_event_loop_frames_travel_by_themselves() -> None:
    async def slow(station: ConnectedStation, request: Word) -> Word:
        await asyncio.sleep(0)
        return await station.call(Say({"text": request["text"] + "?"}))

    pair = make_pair(at_central=slow)
    pair.connect()
    assert await pair.connected.call(Say({"text": "hi"})) == {"text": "HI"}
    outcome: list[Any] = []
    pair.station.call(Say({"text": "ho"}), lambda answer, error: outcome.append(answer))
    await pair.settle()
    assert outcome == [{"text": "HO?"}]
