"""The server, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ocpp_kernel.central import UNKNOWN_STATION, ConnectedStation
from ocpp_kernel.config import CentralSystemHost, ConfigError
from ocpp_kernel.errors import CallTimeout, Disconnected, PropertyConstraintViolation
from ocpp_kernel.events_central import CentralStarted, StationConnected, StationDisconnected
from ocpp_kernel.transports import websocket_server
from ocpp_kernel.transports.identity import basic_authorization
from ocpp_kernel.transports.websocket_server import WebSocketServer

#: A central system of a protocol of one action; see conftest.py.
House = Any
SUBPROTOCOL = "toy1"


def say(call_id: str, text: str, **more: Any) -> str:
    return json.dumps([2, call_id, "Say", {"text": text, **more}])


async def ask(socket: Any, text: str) -> Any:
    await socket.send(text)
    return json.loads(await socket.recv())


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
            await socket.send(say("1", "hello"))
            await socket.recv()
    assert house.toy.said == []


async def test_frm_003_identity_is_the_decoded_last_segment(house: House) -> None:
    async with house.connect("/ocpp/RDAM%20123") as socket:
        await ask(socket, say("1", "x"))
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
        assert await ask(socket, say("1", "x")) == [3, "1", {"text": "X"}]


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
        assert await ask(socket, say("1", "x" * 1000)) == [3, "1", {"text": "X" * 1000}]


async def test_plain_http_is_told_to_upgrade(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
    writer.write(b"GET /CP1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 426 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


# Messages.


async def test_frm_021_a_call_is_answered_with_its_id(house: House) -> None:
    async with house.connect() as socket:
        assert await ask(socket, say("id-1", "hello")) == [3, "id-1", {"text": "HELLO"}]


async def test_a_refusal_travels_as_callerror(house: House) -> None:
    async with house.connect() as socket:
        answer = await ask(socket, say("1", "x", fail=True))
    assert answer == [4, "1", "NotSupported", "as asked", {}]


BAD_FRAMES = [
    b"",
    b"\x00",
    b"{",
    b"null",
    b"[]",
    b'{"a": 1}',
    b'"text"',
    b"[99]",
    b'[2, "1"]',
    b"\xff\xfe",
    b'[2, "1", "Say", {"text": "\xff"}]',
    b"[" * 100_000,
    b'[3, "nobody asked", {}]',
    b'[4, "nobody asked", "GenericError", "", {}]',
]


@pytest.mark.parametrize("bad", BAD_FRAMES, ids=lambda bad: repr(bad[:24]))
async def test_frm_035_bad_frames_never_end_the_session(house: House, bad: bytes) -> None:
    async with house.connect() as socket:
        await socket.send(bad, text=True)
        await socket.send(say("ok", "still here"))
        answers = [json.loads(await socket.recv())]
        while answers[-1][1] != "ok":
            answers.append(json.loads(await socket.recv()))
    assert answers[-1] == [3, "ok", {"text": "STILL HERE"}]


async def test_frm_014_a_binary_message_is_dropped_with_a_warning(house: House) -> None:
    async with house.connect() as socket:
        await socket.send(say("1", "binary").encode())
        assert await ask(socket, say("2", "text")) == [3, "2", {"text": "TEXT"}]
    assert house.toy.said == [("CP1", "text")]
    assert [text for level, text in house.log if "binary" in text and level == "warning"]


async def test_fragments_are_put_together_in_order(house: House) -> None:
    whole = say("1", "äöü" * 1000).encode()
    parts = [whole[i : i + 7].decode("latin-1") for i in range(0, len(whole), 7)]
    async with house.connect() as socket:
        await socket.send((part.encode("latin-1") for part in parts), text=True)
        await socket.send(say("2", "after"))
        assert json.loads(await socket.recv())[1] == "1"
        assert json.loads(await socket.recv())[1] == "2"
    assert house.toy.said == [("CP1", "äöü" * 1000), ("CP1", "after")]


async def test_a_message_of_a_megabyte_survives(house: House) -> None:
    text = "x" * 1_000_000
    async with house.connect(max_size=None) as socket:
        assert await ask(socket, say("1", text)) == [3, "1", {"text": text.upper()}]


async def test_a_message_beyond_the_limit_ends_that_connection_only(closed_house: House) -> None:
    closed_house.server = WebSocketServer(closed_house.central, "127.0.0.1", 0, max_message=1000)
    async with closed_house.server, closed_house.connect("/CP2") as other:
        async with closed_house.connect("/CP1") as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.send(say("1", "x" * 1000))
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
        assert await ask(other, say("1", "x")) == [3, "1", {"text": "X"}]


async def test_a_message_beyond_the_limit_in_fragments(closed_house: House) -> None:
    closed_house.server = WebSocketServer(closed_house.central, "127.0.0.1", 0, max_message=1000)
    async with closed_house.server, closed_house.connect("/CP1") as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.send("x" * 100 for _ in range(100))
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_frm_043_pings_are_answered(house: House) -> None:
    async with house.connect() as socket:
        await (await socket.ping(b"are you there"))


async def test_the_server_s_pings_keep_watch(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_server, "CLOSE_TIMEOUT", 0.1)
    closed_house.server = WebSocketServer(
        closed_house.central, "127.0.0.1", 0, ping_interval=0.01, ping_timeout=0.05
    )
    async with closed_house.server:
        reader, writer = await _upgraded(closed_house, "CP1")
        station = await closed_house.station()
        await closed_house.until(lambda: not station.online)  # it never answers a ping
        writer.close()
        await writer.wait_closed()
    assert reader is not None


async def _upgraded(
    house: House, identity: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection whose peer does nothing by itself."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
    writer.write(
        f"GET /{identity} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def _frame(text: str) -> bytes:
    """A masked text frame; a mask of zeros leaves the payload as it is."""
    data = text.encode()
    return b"\x81\xfe" + len(data).to_bytes(2, "big") + bytes(4) + data


async def test_many_messages_in_one_segment_are_all_answered_in_order(house: House) -> None:
    reader, writer = await _upgraded(house, "CP1")
    writer.write(b"".join(_frame(say(str(n), "x" * 200)) for n in range(50)))
    answer = json.dumps([3, "0", {"text": "X" * 200}], separators=(",", ":"))
    for n in range(50):
        head = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(head[2:], "big"))
        assert json.loads(body)[1] == str(n)
    assert len(answer) > 125  # so that every frame has a head of four bytes
    writer.close()
    await writer.wait_closed()


async def test_a_station_that_reads_nothing_is_not_read_from_either(house: House) -> None:
    """Answers to one that only asks must not pile up."""
    _, writer = await _upgraded(house, "CP1")
    writer.transport.set_write_buffer_limits(high=1)
    sent = 0
    text = "x" * 30_000
    with pytest.raises(TimeoutError):
        while sent < 2000:
            writer.write(_frame(say(str(sent), text)))
            sent += 1
            async with asyncio.timeout(0.5):
                await writer.drain()
    handled = len(house.toy.said)
    assert handled < sent
    session = (await house.station()).session
    assert session is not None
    link: Any = session.link
    assert link._socket.transport.get_write_buffer_size() < 1_000_000
    writer.transport.abort()


async def test_a_station_that_reads_late_gets_every_answer(house: House) -> None:
    """Reading from it stops and goes on again."""
    reader, writer = await _upgraded(house, "CP1")
    text = "x" * 30_000
    sending = asyncio.create_task(_send_all(writer, [say(str(n), text) for n in range(400)]))
    station = await house.station()
    await house.until(lambda: station.session.link._socket.paused)
    handled = len(house.toy.said)
    assert handled < 400
    for n in range(400):
        head = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(head[2:], "big"))
        assert json.loads(body) == [3, str(n), {"text": text.upper()}]
    await sending
    writer.close()
    await writer.wait_closed()


async def _send_all(writer: asyncio.StreamWriter, texts: list[str]) -> None:
    for text in texts:
        writer.write(_frame(text))
        await writer.drain()


# Slow handlers.


async def test_a_slow_handler_delays_nobody_on_its_connection(house: House) -> None:
    async with house.connect() as socket:
        await socket.send(say("slow", "a", wait=True))
        assert await ask(socket, say("fast", "b")) == [3, "fast", {"text": "B"}]
        house.toy.release.set()
        assert json.loads(await socket.recv()) == [3, "slow", {"text": "A"}]


async def test_frm_036_an_id_being_handled_is_refused_and_not_run_twice(house: House) -> None:
    async with house.connect() as socket:
        await socket.send(say("1", "a", wait=True))
        assert (await ask(socket, say("1", "a", wait=True)))[0] == 4
        house.toy.release.set()
        assert json.loads(await socket.recv()) == [3, "1", {"text": "A"}]
    assert len(house.toy.said) == 1


async def test_slow_handlers_end_with_their_connection(house: House) -> None:
    async with house.connect() as socket:
        await socket.send(say("1", "a", wait=True))
        await house.until(lambda: bool(house.toy.said))
    await house.until(lambda: house.toy.cancelled == 1)


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
        assert await ask(socket, say(call[1], "same id")) == [3, call[1], {"text": "SAME ID"}]
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
        late = json.loads(await socket.recv())
        station.session.timeout = 60
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
        call = await ask(socket, say("1", "a"))
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
            assert await ask(socket, say(text, "x", wait=wait)) == [3, text, {"text": text}]
            call = json.loads(await socket.recv())
            assert call[2:] == ["Say", {"text": "after"}]
            await socket.send(json.dumps([3, call[1], {"text": "ok"}]))


async def test_disconnect_closes_after_what_was_to_be_sent(house: House) -> None:
    def on_say(station: ConnectedStation, request: Any) -> Any:
        station.after_response(lambda: station.disconnect("bye"))
        return {"text": "last words"}

    house.central.router.routes["Say"] = on_say
    async with house.connect() as socket:
        assert await ask(socket, say("1", "x")) == [3, "1", {"text": "last words"}]
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.reason == "bye"


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
    reader, writer = await _upgraded(house, "CP1")  # it will not answer the close frame
    await house.station()
    async with house.connect() as new:
        await ask(new, say("1", "new"))
        writer.write(_frame(say("2", "x" * 200)))
        await writer.drain()
        await ask(new, say("3", "new again"))
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
        await ask(socket, say("1", "x"))
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
            assert await ask(socket, say("1", "x")) == [3, "1", {"text": "X"}]


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
