"""The charge point's shell while it runs: pings, time, restarts, messages."""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from ocpp_kernel import events
from ocpp_kernel.station import Station
from ocpp_kernel.transports import websocket_client
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.websocket_client import Backoff, WebSocketClient

_SPEC = importlib.util.spec_from_file_location(
    "client_point_running", Path(__file__).with_name("client_point.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
_made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_made)
Point, running, odd_server, silent = _made.Point, _made.running, _made.odd_server, _made.silent

#: A central system of a protocol of one action; see conftest.py.
House = Any


# Pings.


async def test_frm_042_no_pings_while_the_interval_is_0(house: House) -> None:
    async with running(Point(house, house.server.url)) as point:
        await house.until(lambda: point.station.online)
        assert point.client._pings is None


async def test_frm_042_pings_follow_the_configured_interval(house: House) -> None:
    point = Point(house, house.server.url)
    async with running(point):
        await house.until(lambda: point.station.online)
        pings: list[Any] = []
        socket = (await house.station("RDAM 1")).session.link._socket
        process = socket.process_event
        socket.process_event = lambda event: (pings.append(event.opcode), process(event))
        point.client.do(lambda s: s.configuration.change("WebSocketPingInterval", "1"))
        await house.until(lambda: len(pings) >= 2)
        assert point.station.online
        point.client.do(lambda s: s.configuration.change("WebSocketPingInterval", "0"))
        assert point.client._pings is None
    assert {int(opcode) for opcode in pings[:2]} == {9}


async def test_frm_044_a_missing_pong_makes_it_connect_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_client, "CLOSE_TIMEOUT", 0.1)

    async def deaf(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await socket.wait_closed()

    async with odd_server(deaf, ping_interval=None, close_timeout=0.1) as url:
        point = Point(house, url)
        point.store.save("configuration", {"websocketpinginterval": "1"})
        async with running(point):
            await house.until(lambda: point.client.connections == 2)
            assert point.logged("no answer to a ping in 1 s")


async def test_frm_043_pings_of_the_server_are_answered(house: House) -> None:
    pongs: list[float] = []

    async def handler(socket: ServerConnection) -> None:
        pongs.append(await (await socket.ping()))
        await silent(socket)

    async with odd_server(handler) as url, running(Point(house, url)):
        await house.until(lambda: bool(pongs))


# Time.


async def test_timers_run_without_a_connection(house: House) -> None:
    await house.server.stop()
    due: list[int] = []
    point = Point(house, "ws://127.0.0.1:1", clock=Clock(1000))
    async with running(point):
        point.client.do(lambda station: station.after(5, lambda: due.append(station.now)))
        await house.until(lambda: bool(due))
    assert due[0] >= 5


async def test_simulated_time_passes_faster(house: House) -> None:
    point = Point(house, house.server.url, clock=Clock(36_000))
    ticks: list[int] = []

    def again(station: Station) -> None:
        ticks.append(station.now)
        station.after(3600, lambda: again(station))

    async with running(point):
        point.client.do(again)
        await house.until(lambda: len(ticks) >= 4)
    assert all(later - earlier >= 3600 for earlier, later in pairwise(ticks))


async def test_an_earlier_timer_is_not_missed(house: House) -> None:
    point = Point(house, house.server.url, clock=Clock(1000))
    order: list[str] = []
    async with running(point):
        point.client.do(lambda station: station.after(10_000, lambda: order.append("late")))
        point.client.do(lambda station: station.after(10, lambda: order.append("early")))
        await house.until(lambda: bool(order))
    assert order == ["early"]


# Restarts.


async def test_a_restart_builds_a_new_station_and_says_why(house: House) -> None:
    point = Point(house, house.server.url)
    async with running(point):
        await house.until(lambda: point.station.online)
        first = point.station
        point.client.do(lambda station: setattr(station, "exit", "Soft"))
        await house.until(lambda: point.client.connections == 2 and point.station.online)
        assert point.station is not first
        assert not first.online
    causes = [event.cause for event in point.events if isinstance(event, events.Started)]
    assert causes[0] == "PowerUp"
    assert causes[1] == "Soft"


async def test_rt_001_the_response_is_sent_before_the_restart(house: House) -> None:
    point = Point(house, house.server.url)

    def on_say(request: Any) -> Any:
        station = point.station
        station.after_response(lambda: setattr(station, "exit", "Hard"))
        return {"text": "going down"}

    point.on_say = on_say  # type: ignore[method-assign]  # another handler for this test
    point.client = WebSocketClient(point.build, house.server.url, proxy=None)
    async with running(point):
        station = await house.station("RDAM 1")
        await house.until(lambda: point.station.online)
        assert (await station.call(house.Say({"text": "reset"})))["text"] == "going down"
        await house.until(lambda: point.client.connections == 2)


async def test_a_restart_is_possible_while_nobody_can_be_reached(house: House) -> None:
    await house.server.stop()
    point = Point(house, "ws://127.0.0.1:1", backoff=Backoff(first=1000))
    async with running(point):
        await house.until(lambda: bool(point.log))
        first = point.station
        point.client.do(lambda station: setattr(station, "exit", "Soft"))
        await house.until(lambda: point.station is not first)


async def test_stopping_tells_the_station_and_closes(house: House) -> None:
    point = Point(house, house.server.url)
    async with running(point):
        await house.until(lambda: point.station.online)
    assert isinstance(point.events[-1], events.Disconnected)
    await house.until(lambda: not house.central.stations["RDAM 1"].online)


async def test_a_binary_message_is_dropped(house: House) -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send(b'[2, "1", "Say", {"text": "x"}]')
        await socket.send('[2, "2", "Say", {"text": "y"}]')
        await silent(socket)

    async with odd_server(handler) as url, running(Point(house, url)) as point:
        await house.until(lambda: bool(point.said))
        assert point.said == ["y"]
        assert point.logged("binary")


async def test_what_arrives_with_the_handshake_is_not_lost(house: House) -> None:
    """A server may speak in the very segment of its 101 response."""

    async def handler(socket: ServerConnection) -> None:
        for n in range(20):
            await socket.send(f'[2, "{n}", "Say", {{"text": "{n}"}}]')
        await silent(socket)

    async with odd_server(handler) as url, running(Point(house, url)) as point:
        await house.until(lambda: len(point.said) == 20)
        assert point.said == [str(n) for n in range(20)]
