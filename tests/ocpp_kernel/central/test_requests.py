"""What a central system receives, and what its handlers make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ocpp_kernel.central import ConnectedStation
from ocpp_kernel.errors import Ignored, SecurityError
from ocpp_kernel.session import Deferred

from .conftest import Bench, Nothing, Word, receive

Settled = Callable[[], Awaitable[None]]


def test_the_gate_refuses_or_drops() -> None:
    bench = Bench()

    def gate(station: ConnectedStation, action: str) -> None:
        if station.identity == "CP1":
            raise SecurityError("not you")
        raise Ignored

    bench.central.gate = gate
    _, first = bench.connect("CP1")
    _, second = bench.connect("CP2")
    for link in (first, second):
        receive(link, '[2,"1","Say",{"items":[]}]')
    assert first.sent == ['[4,"1","SecurityError","not you",{}]']
    assert second.sent == []


async def test_an_async_handler_that_fails_is_an_internal_error(settled: Settled) -> None:
    async def fail(station: ConnectedStation, request: Word) -> Nothing:
        raise ValueError("secret detail")

    bench = Bench(fail)
    _, link = bench.connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    await settled()
    assert link.sent[0].startswith('[4,"1","InternalError"')
    assert "secret" not in link.sent[0]
    assert any("secret detail" in text for _, text in bench.log)


async def test_an_async_handler_may_refuse(settled: Settled) -> None:
    async def refuse(station: ConnectedStation, request: Word) -> Nothing:
        raise SecurityError("no")

    _, link = Bench(refuse).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    await settled()
    assert link.sent == ['[4,"1","SecurityError","no",{}]']


async def test_an_async_handler_without_a_payload_is_an_internal_error(settled: Settled) -> None:
    async def forget(station: ConnectedStation, request: Word) -> None:
        return

    _, link = Bench(forget).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    await settled()
    assert link.sent[0].startswith('[4,"1","InternalError"')


def test_a_handler_without_a_payload_is_an_internal_error() -> None:
    _, link = Bench(lambda station, request: None).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    assert link.sent[0].startswith('[4,"1","InternalError"')


async def test_an_async_handler_that_was_cancelled_is_answered(settled: Settled) -> None:
    async def give_up(station: ConnectedStation, request: Word) -> Nothing:
        raise asyncio.CancelledError

    _, link = Bench(give_up).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    await settled()
    assert link.sent[0].startswith('[4,"1","InternalError"')


def test_a_deferred_answer_is_sent_when_it_is_there() -> None:
    later = Deferred()
    _, link = Bench(lambda station, request: later).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    assert link.sent == []
    later.resolve({})
    assert link.sent == ['[3,"1",{}]']


async def test_an_answer_after_the_connection_ended_goes_nowhere(settled: Settled) -> None:
    release = asyncio.Event()
    cancelled: list[bool] = []

    async def slow(station: ConnectedStation, request: Word) -> Nothing:
        try:
            await release.wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return {}

    bench = Bench(slow)
    _, old = bench.connect()
    receive(old, '[2,"1","Say",{"items":[]}]')
    await asyncio.sleep(0)
    _, new = bench.connect()
    await settled()
    assert cancelled == [True]
    assert old.sent == new.sent == []


def test_frames_are_shown_to_who_wants_to_see_them() -> None:
    frames: list[tuple[str, str, str]] = []
    _, link = Bench(ocpp_on_frame=(lambda *seen: frames.append(seen),)).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    assert frames == [
        ("CP1", "in", '[2,"1","Say",{"items":[]}]'),
        ("CP1", "out", '[3,"1",{}]'),
    ]


def test_bad_frames_are_reported_with_the_identity() -> None:
    bench = Bench()
    _, link = bench.connect("CP7")
    receive(link, "{")
    assert bench.log[0][0] == "warning"
    assert bench.log[0][1].startswith("CP7: bad frame")
