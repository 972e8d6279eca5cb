"""The server's calls to stations, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from ocpp_kernel.central import ConnectedStation
from ocpp_kernel.errors import CallTimeout, Disconnected

#: A central system of a protocol of one action; see conftest.py.
House = Any


# Calls to stations.


async def test_a_call_gets_its_typed_answer(house: House) -> None:
    async with house.connect() as socket:
        station = await house.station()
        task = asyncio.create_task(station.call(house.Say({"text": "hi"})))
        call = json.loads(await socket.recv())
        assert call[0] == 2
        assert call[2:] == ["Say", {"text": "hi"}]
        await socket.send(json.dumps([3, call[1], {"text": "HI"}]))
        assert (await task)["text"] == "HI"


async def test_frm_022_calls_made_at_once_are_sent_one_by_one(house: House) -> None:
    async with house.connect() as socket:
        station = await house.station()
        tasks = [asyncio.create_task(station.call(house.Say({"text": str(n)}))) for n in range(5)]
        for n in range(5):
            call = json.loads(await socket.recv())
            assert call[3] == {"text": str(n)}
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await socket.recv()
            await socket.send(json.dumps([3, call[1], {"text": str(-n)}]))
        assert [answer["text"] for answer in await asyncio.gather(*tasks)] == [
            str(-n) for n in range(5)
        ]


async def test_frm_023_calls_cross(house: House) -> None:
    async with house.connect() as socket:
        station = await house.station()
        task = asyncio.create_task(station.call(house.Say({"text": "hi"})))
        call = json.loads(await socket.recv())
        assert await house.ask(socket, house.say(call[1], "same id")) == [
            3,
            call[1],
            {"text": "SAME ID"},
        ]
        await socket.send(json.dumps([3, call[1], {"text": "HI"}]))
        assert (await task)["text"] == "HI"


async def test_frm_024_a_silent_station_blocks_no_other(house: House) -> None:
    async with house.connect("/CP1") as silent, house.connect("/CP2") as socket:
        waiting = asyncio.create_task((await house.station("CP1")).call(house.Say({"text": "a"})))
        await silent.recv()
        task = asyncio.create_task((await house.station("CP2")).call(house.Say({"text": "b"})))
        call = json.loads(await socket.recv())
        await socket.send(json.dumps([3, call[1], {"text": "B"}]))
        assert (await task)["text"] == "B"
        assert not waiting.done()
    with pytest.raises(Disconnected):
        await waiting


async def test_frm_025_an_unanswered_call_times_out_and_the_next_goes(house: House) -> None:
    house.central.call_timeout = 0.05
    async with house.connect() as socket:
        station = await house.station()
        first = asyncio.create_task(station.call(house.Say({"text": "1"})))
        second = asyncio.create_task(station.call(house.Say({"text": "2"})))
        await asyncio.sleep(0)  # the first is under way, and its time-out is set
        station.session.timeout = 60
        late = json.loads(await socket.recv())
        with pytest.raises(CallTimeout):
            await first
        call = json.loads(await socket.recv())
        assert call[3] == {"text": "2"}
        await socket.send(json.dumps([3, late[1], {"text": "late"}]))  # FRM-026: dropped
        await socket.send(json.dumps([3, call[1], {"text": "in time"}]))
        assert (await second)["text"] == "in time"


async def test_a_shorter_time_out_is_kept_although_a_longer_one_was_set_before(
    house: House,
) -> None:
    async with house.connect() as socket:
        station = await house.station()
        assert station.session is not None
        first = asyncio.create_task(station.call(house.Say({"text": "1"})))
        call = json.loads(await socket.recv())
        await socket.send(json.dumps([3, call[1], {"text": "x"}]))
        await first
        station.session.timeout = 0.01
        with pytest.raises(CallTimeout):
            await station.call(house.Say({"text": "2"}))


async def test_a_cancelled_call_that_still_queues_is_never_sent(house: House) -> None:
    async with house.connect() as socket:
        station = await house.station()
        first = asyncio.create_task(station.call(house.Say({"text": "1"})))
        second = asyncio.create_task(station.call(house.Say({"text": "2"})))
        third = asyncio.create_task(station.call(house.Say({"text": "3"})))
        call = json.loads(await socket.recv())
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        await socket.send(json.dumps([3, call[1], {"text": "x"}]))
        await first
        call = json.loads(await socket.recv())
        assert call[3] == {"text": "3"}
        await socket.send(json.dumps([3, call[1], {"text": "x"}]))
        await third


async def test_calls_fail_at_once_when_the_connection_ends(house: House) -> None:
    async with house.connect() as socket:
        station = await house.station()
        tasks = [asyncio.create_task(station.call(house.Say({"text": str(n)}))) for n in range(3)]
        await socket.recv()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, Disconnected)
    with pytest.raises(Disconnected, match="CP1 is not connected"):
        await station.call(house.Say({"text": "x"}))


async def test_a_handler_may_call_back_and_act_on_the_result(house: House) -> None:
    async def on_say(station: ConnectedStation, request: Any) -> Any:
        answer = await station.call(house.Say({"text": "what?"}))
        return {"text": request["text"] + answer["text"]}

    house.central.router.routes["Say"] = on_say
    async with house.connect() as socket:
        call = await house.ask(socket, house.say("1", "a"))
        await socket.send(json.dumps([3, call[1], {"text": "b"}]))
        assert json.loads(await socket.recv()) == [3, "1", {"text": "ab"}]


async def test_rt_001_after_response_follows_the_response_of_sync_and_async_handlers(
    house: House,
) -> None:
    def later(station: ConnectedStation) -> None:
        station.after_response(lambda: station.post(house.Say({"text": "after"}), lambda *_: None))

    def on_say(station: ConnectedStation, request: Any) -> Any:
        if request.get("wait"):
            return on_say_async(station)
        later(station)
        return {"text": "sync"}

    async def on_say_async(station: ConnectedStation) -> Any:
        later(station)
        await asyncio.sleep(0)
        return {"text": "async"}

    house.central.router.routes["Say"] = on_say
    async with house.connect() as socket:
        for wait, text in ((False, "sync"), (True, "async")):
            assert await house.ask(socket, house.say(text, "x", wait=wait)) == [
                3,
                text,
                {"text": text},
            ]
            call = json.loads(await socket.recv())
            assert call[2:] == ["Say", {"text": "after"}]
            await socket.send(json.dumps([3, call[1], {"text": "ok"}]))


async def test_disconnect_closes_after_what_was_to_be_sent(house: House) -> None:
    def on_say(station: ConnectedStation, request: Any) -> Any:
        station.after_response(lambda: station.disconnect("bye"))
        return {"text": "last words"}

    house.central.router.routes["Say"] = on_say
    async with house.connect() as socket:
        assert await house.ask(socket, house.say("1", "x")) == [3, "1", {"text": "last words"}]
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.reason == "bye"
