"""What a central system sends: one call at a time, checked, and answered whatever happens."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ocpp_kernel.central import ConnectedStation
from ocpp_kernel.errors import (
    Disconnected,
    FormationViolation,
    InvalidAnswer,
    LocalError,
    PropertyConstraintViolation,
    ProtocolError,
    RemoteError,
    SecurityError,
    TypeConstraintViolation,
    UnknownAction,
)

from .conftest import HELLO, Bench, Other, Say, receive


async def test_frm_022_one_call_at_a_time() -> None:
    station, link = Bench().connect()
    tasks = [asyncio.create_task(station.call(HELLO)) for _ in range(3)]
    await asyncio.sleep(0)
    for n in range(1, 4):
        assert len(link.sent) == n
        receive(link, f'[3,"{n}",{{}}]')
    assert await asyncio.gather(*tasks) == [{}, {}, {}]


async def test_frm_026_an_answer_from_the_connection_before_fits_no_new_call() -> None:
    bench = Bench()
    station, link = bench.connect()
    lost = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    old_id = json.loads(link.sent[-1])[1]
    _, link = bench.connect()
    with pytest.raises(Disconnected):
        await lost
    task = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    receive(link, f'[4,"{old_id}","GenericError","late",{{}}]')
    receive(link, f'[3,"{json.loads(link.sent[-1])[1]}",{{}}]')
    assert await task == {}


async def test_a_callerror_is_raised_as_it_came() -> None:
    station, link = Bench().connect()
    task = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    receive(link, '[4,"1","Strange","why",{"a":1}]')
    with pytest.raises(RemoteError) as raised:
        await task
    assert (raised.value.code, raised.value.description) == ("Strange", "why")
    assert raised.value.details == {"a": 1}


async def test_an_answer_that_breaks_its_contract_is_raised() -> None:
    station, link = Bench().connect()
    task = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    receive(link, '[3,"1",{"unknown":1}]')
    with pytest.raises(InvalidAnswer, match="Say: unknown"):
        await task


@pytest.mark.parametrize(
    ("payload", "error", "where"),
    [
        ({}, ProtocolError, "Say: items"),
        ({"items": [{}]}, ProtocolError, r"Say: items\[0\]\.name"),
        ({"items": [{"name": 1}]}, TypeConstraintViolation, r"Say: items\[0\]\.name"),
        ({"items": [{"name": "toolong"}]}, PropertyConstraintViolation, r"Say: items\[0\]\.name"),
        ({"items": [], "more": 1}, FormationViolation, "Say: more"),
        ([], FormationViolation, "Say: "),
    ],
)
async def test_a_request_that_breaks_its_contract_is_never_sent(
    payload: Any, error: type[LocalError], where: str
) -> None:
    station, link = Bench().connect()
    with pytest.raises(error, match=where):
        await station.call(Say(payload))
    assert link.sent == []


async def test_leniency_is_not_for_what_is_sent() -> None:
    bench = Bench()
    bench.central.router.lenient = True
    station, link = bench.connect()
    receive(link, '[2,"1","Say",{"items":[],"more":1}]')
    assert link.sent == ['[3,"1",{}]']
    with pytest.raises(FormationViolation):
        await station.call(Say({"items": [], "more": 1}))  # type: ignore[typeddict-unknown-key]  # the point


def test_what_leniency_lets_through_is_told_of_its_station() -> None:
    bench = Bench()
    bench.central.router.lenient = lambda sentence: None  # as with ``lenient`` in the configuration
    _, link = bench.connect("CP7")
    receive(link, '[2,"1","Say",{"items":[],"more":1}]')
    assert link.sent == ['[3,"1",{}]']
    (warning,) = bench.log
    assert warning[1].startswith("CP7: ")
    assert "more is not a field" in warning[1]


@pytest.mark.parametrize(
    "payload",
    [
        {"items": [{"name": "\ud800"}]},
        {"items": [{"name": "\ud800toolong"}]},
        {"items": [], "\udfff": 1},
    ],
)
async def test_what_json_cannot_say_is_refused_before_it_is_queued(payload: Any) -> None:
    station, link = Bench().connect()
    with pytest.raises(FormationViolation, match="Say: cannot be put into JSON"):
        await station.call(Say(payload))
    assert link.sent == []


async def test_an_action_nobody_brings_is_refused() -> None:
    station, _ = Bench().connect()
    with pytest.raises(UnknownAction, match="Other"):
        await station.call(Other({}))


async def test_offline_is_told_at_once() -> None:
    bench = Bench()
    station, link = bench.connect()
    assert link.session is not None
    bench.central.disconnected(link.session, "gone")
    with pytest.raises(Disconnected, match="CP1"):
        await station.call(HELLO)


async def test_every_outgoing_gate_is_asked_with_what_is_to_be_sent() -> None:
    bench = Bench()
    seen: list[Any] = []

    def look(station: ConnectedStation, action: str, payload: Any) -> None:
        seen.append((station.identity, action, payload))

    def refuse(station: ConnectedStation, action: str, payload: Any) -> None:
        raise SecurityError(f"{action} not to {station.identity}")

    bench.central.outgoing_gates += [look, refuse]
    station, link = bench.connect()
    with pytest.raises(SecurityError, match="Say not to CP1"):
        await station.call(HELLO)
    assert seen == [("CP1", *HELLO)]
    with pytest.raises(LocalError, match="Say: payload"):
        await station.call(Say([]))  # type: ignore[arg-type]  # gates see valid payloads only
    assert len(seen) == 1
    assert link.sent == []


async def test_who_keeps_books_of_an_action_is_told_before_the_caller() -> None:
    bench = Bench()
    told: list[Any] = []

    def fail(station: ConnectedStation, request: Any, answer: Any) -> None:
        raise ValueError("books are closed")

    bench.central.on_answer("Say", fail)
    bench.central.on_answer("Say", lambda station, *exchange: told.append(exchange))
    bench.central.on_answer("Other", lambda *never: told.append(never))
    station, link = bench.connect()
    station.post(HELLO, lambda *outcome: told.append(outcome))
    receive(link, '[3,"1",{}]')
    assert told == [(HELLO[1], {}), ({}, None)]
    assert any("books are closed" in text for _, text in bench.log)
    told.clear()
    station.post(HELLO, lambda answer, error: told.append(error))
    receive(link, '[4,"2","GenericError","",{}]')
    assert [type(error).__name__ for error in told] == ["RemoteError"]
    assert link.session is not None
    bench.central.disconnected(link.session, "gone")
    station.post(HELLO, lambda answer, error: told.append(error))
    assert [type(error).__name__ for error in told] == ["RemoteError", "Disconnected"]


async def test_a_call_that_is_watched_can_be_given_up_too() -> None:
    bench = Bench()
    bench.central.on_answer("Say", lambda *_: None)
    station, link = bench.connect()
    first = asyncio.create_task(station.call(HELLO))
    second = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    receive(link, '[3,"1",{}]')
    assert await first == {}
    assert len(link.sent) == 1


async def test_a_caller_who_gave_up_after_sending_disturbs_nobody() -> None:
    station, link = Bench().connect()
    first = asyncio.create_task(station.call(HELLO))
    second = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    assert len(link.sent) == 1  # the answer is still awaited: one CALL at a time
    receive(link, '[3,"1",{}]')
    receive(link, '[3,"2",{}]')
    assert await second == {}
