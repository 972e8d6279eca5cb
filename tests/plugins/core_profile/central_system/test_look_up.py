"""Tags that are looked up asynchronously: answers wait for it, and survive its failure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from .conftest import START, Bench, stop

Settled = Callable[[], Awaitable[None]]


async def test_tags_may_be_looked_up_asynchronously(bench: Bench, settled: Settled) -> None:
    async def look_up(station: Any, id_tag: str) -> Any:
        await asyncio.sleep(0)
        return {"status": "Blocked"}

    bench.core.look_up = look_up
    link = bench.boot()
    assert link.session is not None
    for number, (action, payload) in enumerate(
        [
            ("Authorize", {"idTag": "T"}),
            ("StartTransaction", START),
            ("StopTransaction", stop(-1, idTag="T")),
        ]
    ):
        link.session.receive(json.dumps([2, str(number), action, payload]), link.now())
    await settled()
    answers = {answer[1]: answer[2]["idTagInfo"]["status"] for answer in link.sent}
    assert answers == {"0": "Blocked", "1": "Blocked", "2": "Blocked"}


async def test_core_050_a_start_sent_again_while_its_tag_is_looked_up(
    bench: Bench, settled: Settled
) -> None:
    release = asyncio.Event()

    async def look_up(station: Any, id_tag: str) -> Any:
        await release.wait()
        return {"status": "Accepted"}

    bench.core.look_up = look_up
    link = bench.boot()
    assert link.session is not None
    for call_id in ("a", "b"):
        link.session.receive(json.dumps([2, call_id, "StartTransaction", START]), link.now())
    release.set()
    await settled()
    numbers = [answer[2]["transactionId"] for answer in link.sent]
    assert len(numbers) == 2
    assert len(set(numbers)) == 1


async def test_core_063_an_end_is_answered_although_its_tag_cannot_be_looked_up(
    bench: Bench,
) -> None:
    def fail(station: Any, id_tag: str) -> Any:
        raise RuntimeError("no database")

    async def fail_later(station: Any, id_tag: str) -> Any:
        raise RuntimeError("no database")

    link = bench.boot()
    number = link.ask("StartTransaction", START)["transactionId"]
    for look_up in (fail, fail_later):
        bench.core.look_up = look_up
        link.say([2, "s", "StopTransaction", stop(number, idTag="T")])
        await asyncio.sleep(0.001)
        assert link.sent.pop() == [3, "s", {}]
    assert len(bench.told("TransactionEnded")) == 1
    assert ("warning", "CP1: look_up failed: RuntimeError('no database')") in bench.log
