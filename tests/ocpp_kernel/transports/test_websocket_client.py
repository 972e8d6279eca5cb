"""The charge point's shell, against real servers on loopback."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from ocpp_kernel import configuration, events, schema
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.errors import Disconnected
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station
from ocpp_kernel.transports import websocket_client
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.websocket_client import Backoff, WebSocketClient

#: A central system of a protocol of one action; see conftest.py.
House = Any
SUBPROTOCOL = "toy1"


class Quick(Backoff):
    """Delays are noted, not waited for."""

    def __init__(self) -> None:
        super().__init__(spread=lambda low, high: 1.0)
        self.delays: list[float] = []

    def next(self) -> float:
        self.delays.append(super().next())
        return 0.001


class Point:
    """A charge point that can say things, and everything that happened to it."""

    def __init__(self, house: House, url: str, **options: Any) -> None:
        self.log: list[str] = []
        self.events: list[Any] = []
        self.said: list[str] = []
        self.keys: list[configuration.Key] = [
            configuration.integer("WebSocketPingInterval", 0),
            configuration.Key(
                "AuthorizationKey", configuration.STRING, "", "W", None, None, None, False
            ),
        ]
        self._house = house
        self.store = MemoryStore()
        self.backoff = Quick()
        options.setdefault("backoff", self.backoff)
        options.setdefault("proxy", None)
        self.client = WebSocketClient(self.build, url, **options)

    def build(self) -> Station:
        station = Station(
            "RDAM 1", MsgspecCodec(), self.store, lambda level, text: self.log.append(text)
        )
        station.install(
            schema.contracts_of([self._house.Say]),
            {"Say": self.on_say},
            {
                "ocpp_on_event": (self.events.append,),
                "ocpp_register_configuration": (lambda: self.keys,),
            },
            (),
            check=schema.check,
        )
        station.subprotocols = (SUBPROTOCOL,)  # type: ignore[attr-defined]  # as build.py does
        return station

    def on_say(self, request: Any) -> Any:
        self.said.append(request["text"])
        return {"text": request["text"].upper()}

    @property
    def station(self) -> Station:
        return self.client.station

    def logged(self, part: str) -> bool:
        return any(part in text for text in self.log)

    async def say(self, house: House, text: str) -> str:
        """Calls the central system and waits for the answer."""
        outcome: list[Any] = []
        self.client.do(
            lambda station: station.call(
                house.Say({"text": text}), lambda answer, error: outcome.append((answer, error))
            )
        )
        await house.until(lambda: bool(outcome))
        answer, error = outcome[0]
        if error is not None:
            raise error
        return str(answer["text"])


@asynccontextmanager
async def running(point: Point) -> AsyncIterator[Point]:
    task = asyncio.create_task(point.client.run())
    try:
        yield point
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


Handler = Callable[[ServerConnection], Any]


@asynccontextmanager
async def odd_server(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """A server that may break the rules; gives its URL."""
    options.setdefault("subprotocols", [SUBPROTOCOL])
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def silent(socket: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        async for _ in socket:
            pass


async def test_frm_001_connects_under_its_escaped_identity(house: House) -> None:
    async with running(Point(house, house.server.url + "/ocpp/")) as point:
        assert point.client.url.endswith("/ocpp/RDAM%201")
        assert (await house.station("RDAM 1")).online


async def test_calls_go_both_ways(house: House) -> None:
    async with running(Point(house, house.server.url)) as point:
        station = await house.station("RDAM 1")
        await house.until(lambda: point.station.online)
        assert await point.say(house, "from the station") == "FROM THE STATION"
        assert (await station.call(house.Say({"text": "hi"})))["text"] == "HI"
        assert point.said == ["hi"]


async def test_frm_004_offers_the_plugins_subprotocols_in_order(house: House) -> None:
    seen: list[str] = []

    async def handler(socket: ServerConnection) -> None:
        assert socket.request is not None
        seen.extend(socket.request.headers.get_all("Sec-WebSocket-Protocol"))
        await silent(socket)

    async with (
        odd_server(handler) as url,
        running(Point(house, url, subprotocols=["toy2", SUBPROTOCOL])) as point,
    ):
        await house.until(lambda: point.station.online)
    assert seen == [f"toy2, {SUBPROTOCOL}"]


async def test_frm_007_no_subprotocol_in_the_answer_closes_and_retries(house: House) -> None:
    frames: list[Any] = []

    async def handler(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in socket:
                frames.append(frame)

    async with odd_server(handler, subprotocols=None) as url:
        point = Point(house, url)
        async with running(point):
            await house.until(lambda: len(point.backoff.delays) >= 3)
    assert point.backoff.delays[:3] == [1, 2, 4]
    assert frames == []
    assert not any(isinstance(event, events.Connected) for event in point.events)


async def test_frm_007_an_unoffered_subprotocol_closes_and_retries(house: House) -> None:
    frames: list[Any] = []

    async def handler(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in socket:
                frames.append(frame)

    def spoil(socket: ServerConnection, request: Request, response: Response) -> None:
        response.headers["Sec-WebSocket-Protocol"] = "toy9"

    async with odd_server(handler, subprotocols=None, process_response=spoil) as url:
        point = Point(house, url)
        async with running(point):
            await house.until(lambda: len(point.backoff.delays) >= 2)
    assert frames == []
    assert not any(isinstance(event, events.Connected) for event in point.events)


async def test_frm_009_after_404_it_retries_ever_more_slowly(house: House) -> None:
    house.central.admit_only(["somebody else"], {})
    point = Point(house, house.server.url)
    async with running(point):
        await house.until(lambda: len(point.backoff.delays) >= 10)
        assert point.logged("HTTP 404, this identity is not known there")
        house.central.admit_only([], {})
        await house.until(lambda: point.station.online)
    assert point.backoff.delays[:10] == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]


async def test_frm_009_a_connection_that_works_makes_delays_short_again(house: House) -> None:
    point = Point(house, house.server.url)
    async with running(point):
        for _ in range(3):
            await house.until(lambda: point.station.online)
            await point.say(house, "x")
            house.central.stations["RDAM 1"].disconnect()
            await house.until(lambda: not point.station.online)
    assert set(point.backoff.delays) == {1}


async def test_frm_009_a_server_that_accepts_and_closes_does_not(house: House) -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.close()

    async with odd_server(handler) as url:
        point = Point(house, url)
        async with running(point):
            await house.until(lambda: len(point.backoff.delays) >= 4)
    assert point.backoff.delays[:4] == [1, 2, 4, 8]


def test_frm_009_delays_grow_whatever_the_jitter() -> None:
    for worst in (lambda low, high: low, lambda low, high: high):
        backoff = Backoff(spread=worst)
        delays = [backoff.next() for _ in range(7)]
        assert delays == sorted(set(delays))
    highest, lowest = Backoff(spread=lambda low, high: high), Backoff(spread=lambda low, high: low)
    assert highest.next() < (lowest.next(), lowest.next())[1]


async def test_nobody_listening_is_told_and_retried(house: House) -> None:
    await house.server.stop()
    point = Point(house, "ws://127.0.0.1:1")
    async with running(point):
        await house.until(lambda: len(point.backoff.delays) >= 2)
    assert point.logged(
        "cannot connect to ws://127.0.0.1:1/RDAM%201: connection refused: nobody listens there"
    )


async def test_it_reconnects_after_the_server_was_away(house: House) -> None:
    point = Point(house, house.server.url)
    async with running(point):
        await house.until(lambda: point.station.online)
        port = house.server.port
        await house.server.stop()
        await house.until(lambda: not point.station.online)
        house.server._port = port
        await house.server.start()
        await house.until(lambda: point.station.online)
        await house.server.stop()
    kinds = [type(event) for event in point.events]
    assert kinds.count(events.Started) == 1  # FRM-012: reconnecting is no restart
    assert kinds.count(events.Connected) == 2


async def test_calls_fail_when_the_connection_ends(house: House) -> None:
    async with odd_server(silent) as url, running(Point(house, url)) as point:
        await house.until(lambda: point.station.online)
        waiting = asyncio.create_task(point.say(house, "x"))
        await asyncio.sleep(0)
        assert point.client.socket is not None
        point.client.socket.transport.abort()
        with pytest.raises(Disconnected):
            await waiting


# Credentials.


async def _authorization(house: House, point_of: Callable[[str], Point]) -> list[str | None]:
    seen: list[str | None] = []

    def look(socket: ServerConnection, request: Request) -> Response:
        seen.append(request.headers.get("Authorization"))
        return socket.respond(401, "no\n")

    async with odd_server(silent, process_request=look) as url:
        point = point_of(url)
        async with running(point):
            await house.until(lambda: len(seen) >= 2)
        assert point.logged("HTTP 401, credentials missing or wrong")
    return seen[:2]


async def test_sec_004_credentials_go_with_every_request(house: House) -> None:
    seen = await _authorization(house, lambda url: Point(house, url, password=b"\xff:\x00"))
    assert seen == ["Basic " + base64.b64encode(b"RDAM 1:\xff:\x00").decode()] * 2


async def test_frm_011_the_authorization_key_goes_before_the_first_password(house: House) -> None:
    def point_of(url: str) -> Point:
        point = Point(house, url, password=b"first")
        point.store.save("configuration", {"authorizationkey": "00" * 19 + "FF"})
        return point

    seen = await _authorization(house, point_of)
    assert seen == ["Basic " + base64.b64encode(b"RDAM 1:" + bytes(19) + b"\xff").decode()] * 2


async def test_without_a_password_there_is_no_header(house: House) -> None:
    assert await _authorization(house, lambda url: Point(house, url)) == [None, None]


async def test_sec_009_a_new_key_is_used_on_the_reconnection_asked_for(house: House) -> None:
    house.central.admit_only([], {"RDAM 1": bytes(16)})
    point = Point(house, house.server.url, password=bytes(16))
    async with running(point):
        await house.until(lambda: point.station.online)
        house.central.admit_only([], {"RDAM 1": b"\xff" * 16})
        assert point.station.configuration.change("AuthorizationKey", "FF" * 16) == "Accepted"
        point.client.do(lambda station: station.reconnect())
        await house.until(lambda: point.client.connections == 2)
        await house.until(lambda: point.station.online)
    assert point.backoff.delays == []  # what the station asked for is done at once


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


def test_a_url_that_is_none_is_refused(closed_house: House) -> None:
    with pytest.raises(ValueError, match="ws://"):
        Point(closed_house, "http://127.0.0.1")
