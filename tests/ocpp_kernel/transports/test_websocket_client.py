"""The charge point's shell connects: addresses, subprotocols, delays, credentials."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from ocpp_kernel import events
from ocpp_kernel.errors import Disconnected
from ocpp_kernel.transports.websocket_client import Backoff

_SPEC = importlib.util.spec_from_file_location(
    "client_point_connecting", Path(__file__).with_name("client_point.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
_made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_made)
Point, running, odd_server, silent = _made.Point, _made.running, _made.odd_server, _made.silent

#: A central system of a protocol of one action; see conftest.py.
House = Any
SUBPROTOCOL = "toy1"


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


def test_a_url_that_is_none_is_refused(closed_house: House) -> None:
    with pytest.raises(ValueError, match="ws://"):
        Point(closed_house, "http://127.0.0.1")


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
    def point_of(url: str) -> Any:
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
