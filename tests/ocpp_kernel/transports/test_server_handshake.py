"""The server's opening handshake, over real sockets on loopback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ocpp_kernel.central import UNKNOWN_STATION
from ocpp_kernel.transports.identity import basic_authorization

#: A central system of a protocol of one action; see conftest.py.
House = Any
SUBPROTOCOL = "toy1"


# The opening handshake.


async def test_frm_005_exactly_one_offered_subprotocol_is_echoed(house: House) -> None:
    async with house.connect(subprotocols=["other9", SUBPROTOCOL, "toy0"]) as socket:
        assert socket.response.headers.get_all("Sec-WebSocket-Protocol") == [SUBPROTOCOL]


async def test_frm_005_the_station_s_preference_decides(closed_house: House) -> None:
    closed_house.central.subprotocols = (SUBPROTOCOL, "toy2")
    async with (
        closed_house.server,
        closed_house.connect(subprotocols=["toy2", SUBPROTOCOL]) as socket,
    ):
        assert socket.subprotocol == "toy2"


@pytest.mark.parametrize("offered", [None, ["other9"]])
async def test_frm_006_no_common_subprotocol_completes_the_handshake_then_closes(
    house: House, offered: list[str] | None
) -> None:
    async with house.connect(subprotocols=offered) as socket:
        assert socket.response.status_code == 101
        assert "Sec-WebSocket-Protocol" not in socket.response.headers
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1002
    assert house.central.stations == {}


async def test_frm_006_what_such_a_station_sends_is_not_handled(house: House) -> None:
    async with house.connect(subprotocols=None) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.send(house.say("1", "hello"))
            await socket.recv()
    assert house.toy.said == []


async def test_frm_003_identity_is_the_decoded_last_segment(house: House) -> None:
    async with house.connect("/ocpp/RDAM%20123") as socket:
        await house.ask(socket, house.say("1", "x"))
    assert house.toy.said == [("RDAM 123", "x")]


@pytest.mark.parametrize("path", ["/", "/ocpp/", "/CP%FF"])
async def test_frm_008_no_identity_is_404(house: House, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with house.connect(path):
            pass
    assert refused.value.response.status_code == 404


async def test_frm_008_an_unknown_identity_is_404_without_upgrade(house: House) -> None:
    house.central.admit_only(["CP1"], {})
    async with house.connect("/CP1"):
        pass
    with pytest.raises(InvalidStatus) as refused:
        async with house.connect("/CP2"):
            pass
    assert refused.value.response.status_code == 404
    assert "CP2" not in house.central.stations


@pytest.mark.parametrize(("reason", "status"), [(UNKNOWN_STATION, 404), ("not today", 403)])
async def test_a_plugin_may_refuse_a_station(house: House, reason: str, status: int) -> None:
    asked: list[tuple[str, bytes | None]] = []

    def accept_station(identity: str, password: bytes | None) -> str:
        asked.append((identity, password))
        return reason

    house.central.hooks.implementations["ocpp_accept_station"] = (accept_station,)
    with pytest.raises(InvalidStatus) as refused:
        async with house.connect(
            additional_headers={"Authorization": basic_authorization("CP1", b"\xff")}
        ):
            pass
    assert refused.value.response.status_code == status
    assert asked == [("CP1", b"\xff")]


SECRET = bytes(range(20))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": basic_authorization("CP1", b"wrong")},
        {"Authorization": basic_authorization("CP1", b"")},
        {"Authorization": basic_authorization("CP1", SECRET + b"x")},
        {"Authorization": basic_authorization("CP2", SECRET)},
        {"Authorization": "Basic ???"},
        {"Authorization": "Bearer abc"},
        [("Authorization", basic_authorization("CP1", SECRET)), ("Authorization", "Basic eDp5")],
    ],
)
async def test_sec_007_missing_or_wrong_credentials_are_401(house: House, headers: Any) -> None:
    house.central.admit_only([], {"CP1": SECRET})
    with pytest.raises(InvalidStatus) as refused:
        async with house.connect("/CP1", additional_headers=headers):
            pass
    response = refused.value.response
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic realm=")


async def test_sec_006_the_right_bytes_are_let_in(house: House) -> None:
    house.central.admit_only([], {"CP1": SECRET})
    header = {"Authorization": basic_authorization("CP1", SECRET)}
    async with house.connect("/CP1", additional_headers=header) as socket:
        assert await house.ask(socket, house.say("1", "x")) == [3, "1", {"text": "X"}]


async def test_sec_004_another_user_than_the_identity_is_401_even_where_none_is_needed(
    house: House,
) -> None:
    header = {"Authorization": basic_authorization("CP2", b"x")}
    with pytest.raises(InvalidStatus) as refused:
        async with house.connect("/CP1", additional_headers=header):
            pass
    assert refused.value.response.status_code == 401


async def test_frm_008_unknown_comes_before_credentials(house: House) -> None:
    house.central.admit_only(["CP1"], {"CP1": SECRET})
    header = {"Authorization": "Basic ???"}
    with pytest.raises(InvalidStatus) as refused:
        async with house.connect("/CP2", additional_headers=header):
            pass
    assert refused.value.response.status_code == 404


async def test_frm_013_compression_is_declined(house: House) -> None:
    async with house.connect(compression="deflate") as socket:
        assert "Sec-WebSocket-Extensions" in socket.request.headers
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        assert await house.ask(socket, house.say("1", "x" * 1000)) == [3, "1", {"text": "X" * 1000}]


async def test_plain_http_is_told_to_upgrade(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
    writer.write(b"GET /CP1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 426 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
