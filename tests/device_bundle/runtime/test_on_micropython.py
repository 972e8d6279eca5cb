"""The bundled runtime under MicroPython against servers on loopback, good ones and bad."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from device_bundle.emulator import find_interpreter

pytestmark = pytest.mark.usefixtures("interpreter")

# Types of conftest.py, which is not a module to import.
Start = Callable[..., Any]
Server = Any
Peer = Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
#: Of [device], where pings are what a test is about.
PINGS = "ping_interval = 60"


@pytest.fixture(scope="session")
def interpreter() -> Path:
    return find_interpreter()


def call(text: str, number: str = "1", ascii_only: bool = False) -> str:
    return json.dumps([2, number, "Echo", {"text": text}], ensure_ascii=ascii_only)


def answer(text: str, number: str = "1") -> list[object]:
    return [3, number, {"text": text}]


async def echoed(peer: Peer, text: str) -> None:
    """The device answers a CALL, so the connection works."""
    peer.send(TEXT, call(text).encode())
    assert json.loads((await peer.receive())[1]) == answer(text)


async def test_frm_001_004_connects_and_answers(device: Start) -> None:
    connected: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def handler(connection: ServerConnection) -> None:
        await connected.put(connection)
        await connection.wait_closed()

    async with serve(handler, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:  # type: ignore[list-item]  # a NewType of str
        station = device(server.sockets[0].getsockname()[1])
        connection = await asyncio.wait_for(connected.get(), 100)
        assert connection.request is not None
        assert connection.request.path == "/ocpp/CP001"
        assert connection.subprotocol == "ocpp1.6"
        for size in (0, 1, 125, 126, 5000, 16000):
            await connection.send(call("x" * size))
            assert json.loads(await connection.recv()) == answer("x" * size)
        await connection.send(["[2,", '"1",', '"Echo",{"text"', ':"in four"}]'])
        assert json.loads(await connection.recv()) == answer("in four")
        await (await connection.ping(b"payload"))
        station.type("echo from the device")
        assert json.loads(await connection.recv()) == [2, "1", "Echo", {"text": "from the device"}]
        await connection.send('[3,"1",{"text":"heard"}]')
        await station.says("probe: heard")
        await connection.close(1012, "service restart")
        assert connection.close_code == 1012
        await station.says("closed by the server with code 1012")


@pytest.mark.parametrize("ascii_only", [True, False], ids=["escaped", "raw"])
async def test_frm_014_text_beyond_ascii(device: Start, server: Server, ascii_only: bool) -> None:
    device(server.port)
    peer = await server.accept()
    peer.send(TEXT, call('é 电 \U0001f697 \\ "q" \n', "1", ascii_only).encode())
    opcode, payload = await peer.receive()
    assert opcode == TEXT
    assert json.loads(payload) == answer('é 电 \U0001f697 \\ "q" \n')


async def test_frm_035_bad_frames_end_nothing(device: Start, server: Server) -> None:
    device(server.port)
    peer = await server.accept()
    for text in ('[2,"a"', "xx", "{}", "[9]", "[]", "", "[2", '{"a":1', '[3,"no such id",{}]'):
        peer.send(TEXT, text.encode())
    peer.send(2, b"\x00\x01")
    peer.send(TEXT, call("x" * 20000).encode())
    await echoed(peer, "still there")


async def test_fragments_and_single_bytes(device: Start, server: Server) -> None:
    station = device(server.port)
    peer = await server.accept()
    text = call("slow").encode()
    peer.send(TEXT, text[:5], fin=False)
    peer.send(PING, b"between")
    peer.send(0, b"", fin=False)
    assert await peer.receive() == (PONG, b"between")
    peer.send(0, text[5:])
    assert json.loads((await peer.receive())[1]) == answer("slow")
    for byte in frame(call("bytes", "2").encode()):
        peer.writer.write(bytes([byte]))
        await peer.writer.drain()
        await asyncio.sleep(0.002)
    assert json.loads((await peer.receive())[1]) == answer("bytes", "2")
    station.type("now")
    await station.says("probe: now")


def frame(payload: bytes) -> bytes:
    """A short text frame."""
    return bytes([0x81, len(payload)]) + payload


@pytest.mark.parametrize(
    "wire", [b"\xc1\x00", b"\x83\x00", b"\x81\x80\x00\x00\x00\x00", b"\x80\x00", b"\x09\x00"]
)
async def test_protocol_errors_close_with_1002(device: Start, server: Server, wire: bytes) -> None:
    station = device(server.port)
    peer = await server.accept()
    peer.writer.write(wire)
    opcode, payload = await peer.receive()
    assert (opcode, payload[:2]) == (CLOSE, (1002).to_bytes(2, "big"))
    peer.send(CLOSE, payload[:2])
    assert await peer.ended()
    await station.says("closed with code 1002")
    await echoed(await server.accept(), "again")


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp1.6.0", ""])
async def test_frm_007_subprotocol_not_offered(
    device: Start, server: Server, protocol: str
) -> None:
    station = device(server.port)
    peer = await server.accept(protocol)
    assert await peer.ended()
    line = await station.says("no connection")
    assert "subprotocol" in line
    await echoed(await server.accept(), "then the right one")


@pytest.mark.parametrize(("status", "most"), [(401, 300), (404, 300), (503, 60)])
async def test_frm_009_refusals_are_retried_later_each_time(
    device: Start, server: Server, status: int, most: int
) -> None:
    """Faster where somebody has to set something first."""
    station = device(server.port)
    delays = []
    for _ in range(3):
        await server.refuse(status)
        line = await station.says(f"HTTP {status}")
        delays.append(int(line.rsplit(" in ", 1)[1].split(" ")[0]))
    assert delays[0] < delays[2] < most
    await echoed(await server.accept(), "let in")


async def test_frm_008_wrong_path_with_a_real_server(device: Start) -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        return connection.respond(404, "no such station\n")

    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(handler, "127.0.0.1", 0, process_request=refuse) as server:
        station = device(server.sockets[0].getsockname()[1])
        await station.says("HTTP 404")
        await station.says("HTTP 404")


@pytest.mark.parametrize(
    ("password", "header"),
    [
        ("secret", "Basic QUwxMDAwOnNlY3JldA=="),
        (
            "hex:0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF",
            "Basic QUwxMDAwOgABAgMEBQYH////////////////",
        ),
    ],
)
async def test_frm_011_password_is_sent_each_time(
    device: Start, server: Server, password: str, header: str
) -> None:
    device(server.port, more=f'identity = "AL1000"\npassword = "{password}"')
    await server.refuse(401)
    await server.accept()
    assert [request["authorization"] for request in server.requests] == [header, header]


async def test_frm_002_identity_is_escaped(device: Start, server: Server) -> None:
    device(
        server.port,
        url='url = "ws://127.0.0.1:65017/ocpp/?site=4"',
        more='identity = "RDAM 123/é?#%"',
    )
    await server.accept()
    assert server.requests[0]["target"] == "/ocpp/RDAM%20123%2F%C3%A9%3F%23%25?site=4"


async def test_identity_may_be_the_imei(device: Start, server: Server) -> None:
    device(server.port, more='identity = ""', imei="861234500000012")
    await server.accept()
    assert server.requests[0]["target"] == "/ocpp/861234500000012"


async def test_a_server_that_dies_is_reconnected(device: Start, server: Server) -> None:
    station = device(server.port)
    for number in range(3):
        peer = await server.accept()
        await echoed(peer, f"life {number}")
        peer.writer.transport.abort()
        await station.says("disconnected")
    keys = {request["sec-websocket-key"] for request in server.requests}
    assert len(keys) == 3


async def test_a_server_that_is_not_there_yet(device: Start, server: Server) -> None:
    port = server.port
    await server.stop()
    station = device(port)
    await station.says("no connection")
    await server.start(port)
    await echoed(await server.accept(), "at last")


async def test_without_its_file_of_texts_a_station_works_and_tells_their_places(
    device: Start, server: Server
) -> None:
    station = device(server.port, texts=False)
    peer = await server.accept()
    await echoed(peer, "no texts")
    peer.writer.transport.abort()
    assert re.search(r"info text \d+: \(.*\)$", await station.says(" text "))
    await echoed(await server.accept(), "connected again")


async def test_a_server_that_accepts_and_says_nothing(device: Start, server: Server) -> None:
    station = device(server.port)
    await server.request()
    await station.says("did not answer the handshake in time")
    await echoed(await server.accept(), "awake")


async def test_frm_042_044_pings_and_a_missing_pong(device: Start, server: Server) -> None:
    station = device(server.port, settings=PINGS)
    peer = await server.accept()
    for _ in range(2):
        opcode, payload = await peer.receive()
        assert opcode == PING
        peer.send(PONG, payload)
    assert (await peer.receive())[0] == PING
    await station.says("no pong within 20 s")
    assert await peer.ended()
    await echoed(await server.accept(), "new connection")


async def test_a_restart_says_goodbye_and_comes_back(device: Start, server: Server) -> None:
    station = device(server.port)
    peer = await server.accept()
    # Before it has read the answer there is no connection to say goodbye on.
    await station.says("connected to the central system")
    station.type("exit Soft")
    opcode, payload = await peer.receive()
    assert (opcode, payload[:2]) == (CLOSE, (1001).to_bytes(2, "big"))
    peer.send(CLOSE, payload[:2])
    assert await peer.ended()
    await station.says("Soft restart")
    await station.says("probe: started by Soft")
    await echoed(await server.accept(), "restarted")
    assert station.emulator.restarts == 1


async def test_a_watchdog_restart_is_told(device: Start, server: Server) -> None:
    station = device(server.port, reason=5)
    await station.says("probe: started by Watchdog")


async def test_reconnecting_on_demand_does_not_wait(device: Start, server: Server) -> None:
    station = device(server.port)
    peer = await server.accept()
    # Before it has read the answer there is no connection to say goodbye on.
    await station.says("connected to the central system")
    station.type("reconnect")
    assert (await peer.receive())[0] == CLOSE
    peer.send(CLOSE, b"\x03\xe8")
    assert await peer.ended()
    await echoed(await server.accept(), "new connection")


async def test_state_survives_a_power_cut(device: Start, server: Server) -> None:
    station = device(server.port)
    for word in ("one", "two"):
        station.type(f"append {word}")
        await station.says("probe: appended")
    for word in ("old", "new"):
        station.type(f"save {word}")
        await station.says("probe: saved")
    station.emulator.kill()
    journal = station.emulator.state / "probe"
    journal.write_bytes(journal.read_bytes()[:-2])
    station.emulator.start()
    station.type("append three")
    await station.says("probe: appended")
    station.type("records")
    await station.says("damaged record")
    await station.says("probe: ['one', 'three']")
    station.type("load")
    await station.says("probe: new")
    assert len(station.lines_with("probe: started by PowerUp")) == 2


async def test_a_failing_plugin_does_not_end_the_station(device: Start, server: Server) -> None:
    station = device(server.port)
    peer = await server.accept()
    for _ in range(3):
        station.type("raise oops")
        await station.says("oops")
    await echoed(peer, "alive")


async def test_short_writes_are_completed(device: Start, server: Server) -> None:
    device(server.port, send=7)
    await echoed(await server.accept(), "x" * 3000)


async def test_the_tick_counter_may_wrap(device: Start, server: Server) -> None:
    station = device(server.port, settings=PINGS, ticks=(1 << 30) - 5000)
    peer = await server.accept()
    opcode, payload = await peer.receive()  # the ping after 60 s: well past the wrap
    assert opcode == PING
    peer.send(PONG, payload)
    station.type("now")
    line = await station.says("probe: now")
    assert 55 <= int(line.rsplit(" ", 1)[1]) < 100_000


async def test_without_a_network_nothing_is_tried(device: Start, server: Server) -> None:
    station = device(server.port, network=False)
    station.type("now")
    await station.says("probe: now")
    assert station.lines_with("no connection") == []
    station.emulator.set_network(True)
    await echoed(await server.accept(), "network")


async def test_tls(device: Start) -> None:
    data = Path(__file__).parent / "data"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(data / "server.pem", data / "server_key.pem")
    connected: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def handler(connection: ServerConnection) -> None:
        await connected.put(connection)
        await connection.wait_closed()

    async with serve(
        handler,
        "127.0.0.1",
        0,
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]  # a NewType of str
        ssl=context,
    ) as server:
        station = device(
            server.sockets[0].getsockname()[1], url='url = "wss://localhost:65017/ocpp"'
        )
        connection = await asyncio.wait_for(connected.get(), 100)
        for size in (0, 1, 125, 126, 5000):
            await connection.send(call("x" * size))
            assert json.loads(await connection.recv()) == answer("x" * size)
            await asyncio.sleep(0.1)  # many reads of the module's end in vain
        await connection.close()
        await station.says("disconnected")
        await asyncio.wait_for(connected.get(), 100)
