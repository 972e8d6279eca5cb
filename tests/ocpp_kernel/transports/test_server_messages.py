"""Messages to the server, and slow handlers, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from ocpp_kernel.transports import websocket_server
from ocpp_kernel.transports.websocket_server import WebSocketServer

#: A central system of a protocol of one action; see conftest.py.
House = Any


# Messages.


async def test_frm_021_a_call_is_answered_with_its_id(house: House) -> None:
    async with house.connect() as socket:
        assert await house.ask(socket, house.say("id-1", "hello")) == [3, "id-1", {"text": "HELLO"}]


async def test_a_refusal_travels_as_callerror(house: House) -> None:
    async with house.connect() as socket:
        answer = await house.ask(socket, house.say("1", "x", fail=True))
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
        await socket.send(house.say("ok", "still here"))
        answers = [json.loads(await socket.recv())]
        while answers[-1][1] != "ok":
            answers.append(json.loads(await socket.recv()))
    assert answers[-1] == [3, "ok", {"text": "STILL HERE"}]


async def test_frm_014_a_binary_message_is_dropped_with_a_warning(house: House) -> None:
    async with house.connect() as socket:
        await socket.send(house.say("1", "binary").encode())
        assert await house.ask(socket, house.say("2", "text")) == [3, "2", {"text": "TEXT"}]
    assert house.toy.said == [("CP1", "text")]
    assert [text for level, text in house.log if "binary" in text and level == "warning"]


async def test_fragments_are_put_together_in_order(house: House) -> None:
    whole = house.say("1", "äöü" * 1000).encode()
    parts = [whole[i : i + 7].decode("latin-1") for i in range(0, len(whole), 7)]
    async with house.connect() as socket:
        await socket.send((part.encode("latin-1") for part in parts), text=True)
        await socket.send(house.say("2", "after"))
        assert json.loads(await socket.recv())[1] == "1"
        assert json.loads(await socket.recv())[1] == "2"
    assert house.toy.said == [("CP1", "äöü" * 1000), ("CP1", "after")]


async def test_a_message_of_a_megabyte_survives(house: House) -> None:
    text = "x" * 1_000_000
    async with house.connect(max_size=None) as socket:
        assert await house.ask(socket, house.say("1", text)) == [3, "1", {"text": text.upper()}]


async def test_a_message_beyond_the_limit_ends_that_connection_only(closed_house: House) -> None:
    closed_house.server = WebSocketServer(closed_house.central, "127.0.0.1", 0, max_message=1000)
    async with closed_house.server, closed_house.connect("/CP2") as other:
        async with closed_house.connect("/CP1") as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.send(closed_house.say("1", "x" * 1000))
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
        assert await closed_house.ask(other, closed_house.say("1", "x")) == [3, "1", {"text": "X"}]


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
        reader, writer = await closed_house.upgraded("CP1")
        station = await closed_house.station()
        await closed_house.until(lambda: not station.online)  # it never answers a ping
        writer.close()
        await writer.wait_closed()
    assert reader is not None


async def test_many_messages_in_one_segment_are_all_answered_in_order(house: House) -> None:
    reader, writer = await house.upgraded("CP1")
    writer.write(b"".join(house.frame(house.say(str(n), "x" * 200)) for n in range(50)))
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
    _, writer = await house.upgraded("CP1")
    writer.transport.set_write_buffer_limits(high=1)
    sent = 0
    text = "x" * 30_000
    with pytest.raises(TimeoutError):
        while sent < 2000:
            writer.write(house.frame(house.say(str(sent), text)))
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


async def stall(house: House) -> asyncio.StreamWriter:
    """A station that asked for more answers than all buffers hold, and reads none."""
    _, writer = await house.upgraded("CP1")
    station = await house.station()
    texts = [house.say(str(n), "x" * 30_000) for n in range(2000)]
    sending = asyncio.create_task(_send_all(house, writer, texts))
    await house.until(lambda: station.session.link._socket.paused)
    sending.cancel()
    return writer


async def test_stopping_does_not_wait_for_a_station_that_reads_nothing(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_server, "CLOSE_TIMEOUT", 0.1)
    await closed_house.server.start()
    writer = await stall(closed_house)
    async with asyncio.timeout(20):
        await closed_house.server.stop()
    writer.transport.abort()


async def test_frm_010_nor_does_a_newer_connection(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_server, "CLOSE_TIMEOUT", 0.1)
    async with closed_house.server:
        writer = await stall(closed_house)
        stalled = closed_house.central.stations["CP1"].session.link._socket
        async with closed_house.connect() as socket:
            assert await closed_house.ask(socket, closed_house.say("1", "x"))
            await closed_house.until(stalled.transport.is_closing)
    writer.transport.abort()


async def test_a_station_that_reads_nothing_fails_to_answer_pings(closed_house: House) -> None:
    closed_house.server = WebSocketServer(
        closed_house.central, "127.0.0.1", 0, ping_interval=0.2, ping_timeout=0.2
    )
    async with closed_house.server:
        writer = await stall(closed_house)
        station = await closed_house.station()
        await closed_house.until(lambda: not station.online)
        writer.transport.abort()


async def test_a_station_that_reads_late_gets_every_answer(house: House) -> None:
    """Reading from it stops and goes on again."""
    reader, writer = await house.upgraded("CP1")
    text = "x" * 30_000
    sending = asyncio.create_task(
        _send_all(house, writer, [house.say(str(n), text) for n in range(400)])
    )
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


async def _send_all(house: House, writer: asyncio.StreamWriter, texts: list[str]) -> None:
    for text in texts:
        writer.write(house.frame(text))
        await writer.drain()


# Slow handlers.


async def test_a_slow_handler_delays_nobody_on_its_connection(house: House) -> None:
    async with house.connect() as socket:
        await socket.send(house.say("slow", "a", wait=True))
        assert await house.ask(socket, house.say("fast", "b")) == [3, "fast", {"text": "B"}]
        house.toy.release.set()
        assert json.loads(await socket.recv()) == [3, "slow", {"text": "A"}]


async def test_frm_036_an_id_being_handled_is_refused_and_not_run_twice(house: House) -> None:
    async with house.connect() as socket:
        await socket.send(house.say("1", "a", wait=True))
        assert (await house.ask(socket, house.say("1", "a", wait=True)))[0] == 4
        house.toy.release.set()
        assert json.loads(await socket.recv()) == [3, "1", {"text": "A"}]
    assert len(house.toy.said) == 1


async def test_slow_handlers_end_with_their_connection(house: House) -> None:
    async with house.connect() as socket:
        await socket.send(house.say("1", "a", wait=True))
        await house.until(lambda: bool(house.toy.said))
    await house.until(lambda: house.toy.cancelled == 1)
