"""Connections that come and go, and the server's settings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import Any
from unittest.mock import Mock

import pytest
from websockets.exceptions import ConnectionClosed

from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.config import CentralSystemHost, ConfigError
from ocpp_kernel.errors import Disconnected, PropertyConstraintViolation
from ocpp_kernel.events_central import CentralStarted, StationConnected, StationDisconnected
from ocpp_kernel.transports import websocket_server
from ocpp_kernel.transports.websocket_server import WebSocketServer

#: A central system of a protocol of one action; see conftest.py.
House = Any


# Connections come and go.


async def test_frm_010_the_newest_connection_wins(house: House) -> None:
    async with house.connect() as old:
        station = await house.station()
        pending = asyncio.create_task(station.call(house.Say({"text": "to the old one"})))
        await old.recv()
        async with house.connect() as new:
            with pytest.raises(Disconnected, match="newer connection"):
                await pending
            with pytest.raises(ConnectionClosed) as closed:
                await old.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.reason == "replaced by a newer connection"
            task = asyncio.create_task(station.call(house.Say({"text": "to the new one"})))
            call = json.loads(await new.recv())
            await new.send(json.dumps([3, call[1], {"text": "ok"}]))
            assert (await task)["text"] == "ok"
            assert station.online
    await house.until(lambda: not station.online)


async def test_frm_010_the_old_connection_is_not_heard_any_more(house: House) -> None:
    reader, writer = await house.upgraded("CP1")  # it will not answer the close frame
    await house.station()
    async with house.connect() as new:
        await house.ask(new, house.say("1", "new"))
        writer.write(house.frame(house.say("2", "x" * 200)))
        await writer.drain()
        await house.ask(new, house.say("3", "new again"))
    assert [text for _, text in house.toy.said] == ["new", "new again"]
    writer.transport.abort()
    assert reader is not None


async def test_events_tell_of_connections(house: House) -> None:
    async with house.connect():
        await house.station()
        async with house.connect():
            await house.until(lambda: len(house.events) >= 4)
    await house.until(lambda: len(house.events) >= 5)
    kinds = [type(event) for event in house.events]
    assert kinds == [
        CentralStarted,
        StationConnected,
        StationDisconnected,
        StationConnected,
        StationDisconnected,
    ]


async def test_core_022_anything_received_is_a_sign_of_life(house: House) -> None:
    house.central.utc = lambda: 1000
    async with house.connect() as socket:
        station = await house.station()
        await socket.send("no JSON at all")
        await house.ask(socket, house.say("1", "x"))
        assert station.last_seen == 1000
    await house.until(lambda: not station.online)
    house.central.utc = lambda: 9999
    assert station.last_seen == 1000


async def test_stopping_closes_every_connection_as_going_away(closed_house: House) -> None:
    async with closed_house.server:
        socket = await closed_house.connect().__aenter__()
        await closed_house.station()
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert not closed_house.central.stations["CP1"].online


async def test_stopping_does_not_wait_for_a_request_that_never_ends(closed_house: House) -> None:
    await closed_house.server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", closed_house.server.port)
    writer.write(b"GET /CP1 HTTP/1.1\r\n")
    async with closed_house.connect("/CP2"):  # by then the one before is known
        await closed_house.station("CP2")
        async with asyncio.timeout(websocket_server.HANDSHAKE_TIMEOUT / 2):
            await closed_house.server.stop()
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()


async def test_a_call_that_breaks_its_contract_is_not_sent(house: House) -> None:
    def refuse(station: ConnectedStation, action: str, payload: Any) -> None:
        raise PropertyConstraintViolation("not now")

    async with house.connect() as socket:
        station = await house.station()
        house.central.outgoing_gates.append(refuse)
        with pytest.raises(PropertyConstraintViolation, match="not now"):
            await station.call(house.Say({"text": "x"}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await socket.recv()


async def test_wait_closed_returns_when_the_server_was_stopped(closed_house: House) -> None:
    await closed_house.server.wait_closed()  # never started
    await closed_house.server.start()
    waiting = asyncio.create_task(closed_house.server.wait_closed())
    await asyncio.sleep(0)
    assert not waiting.done()
    await closed_house.server.stop()
    await waiting
    await closed_house.server.stop()


async def test_a_server_can_start_again(closed_house: House) -> None:
    for _ in range(2):
        async with closed_house.server, closed_house.connect() as socket:
            assert await closed_house.ask(socket, closed_house.say("1", "x")) == [
                3,
                "1",
                {"text": "X"},
            ]


# Configuration.


def test_from_config_takes_every_setting(closed_house: House) -> None:
    config = CentralSystemHost(
        host="::1",
        port=1234,
        identities=["CP1"],
        passwords={"CP2": "hex:00ff", "CP3": "text"},
        call_timeout=5,
    )
    server = WebSocketServer.from_config(closed_house.central, config)
    assert server.url == "ws://[::1]:1234"
    assert closed_house.central.identities == {"CP1"}
    assert closed_house.central.passwords == {"CP2": b"\x00\xff", "CP3": b"text"}
    assert closed_house.central.call_timeout == 5


def test_a_bad_password_is_a_configuration_error(closed_house: House) -> None:
    config = CentralSystemHost(passwords={"CP1": "hex:xy"})
    with pytest.raises(ConfigError, match="hex"):
        WebSocketServer.from_config(closed_house.central, config)


def test_by_default_only_this_computer_can_connect(closed_house: House) -> None:
    assert WebSocketServer(closed_house.central).host == "127.0.0.1"


async def test_without_a_protocol_there_is_nothing_to_serve(closed_house: House) -> None:
    closed_house.central.subprotocols = ()
    with pytest.raises(ValueError, match="subprotocol"):
        await closed_house.server.start()


async def test_a_port_in_use_is_an_oserror(house: House) -> None:
    second = WebSocketServer(house.central, "127.0.0.1", house.server.port)
    with pytest.raises(OSError, match="in use"):
        await second.start()


async def test_a_start_that_fails_lets_go_of_what_is_stored(house: House) -> None:
    """Some systems find a port taken only when it is to be listened on."""
    with socket.socket() as rival:
        rival.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        rival.bind(("127.0.0.1", 0))
        store = Mock()
        store.open.side_effect = rival.listen
        central = Central(house.central.codec, house.central.log)
        central.subprotocols = ("ocpp1.6",)
        central.keep_in(store)
        server = WebSocketServer(central, "127.0.0.1", rival.getsockname()[1])
        with pytest.raises(OSError, match=r"\[Errno"):
            await server.start()
    assert bool(store.open.call_count) == bool(store.close.call_count)
