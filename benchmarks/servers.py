"""The servers that benchmarks compare: ``python servers.py bare|ours|stored|mobilityhouse``.

Prints the port, then the CPU seconds used so far for every line read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import tempfile
import time
from typing import Any

import frames
import msgspec
import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result

from ocpp_kernel.build import build_central
from ocpp_kernel.config import Config, parse_config
from ocpp_kernel.transports.websocket_server import WebSocketServer

ANSWERS: dict[str, Any] = {
    "BootNotification": {
        "currentTime": frames.TIMESTAMP,
        "interval": 300,
        "status": "Accepted",
    },
    "Heartbeat": {"currentTime": frames.TIMESTAMP},
    "StartTransaction": {"transactionId": 1, "idTagInfo": {"status": "Accepted"}},
    "MeterValues": {},
}


async def bare() -> int:
    """Decodes and encodes JSON, and nothing more."""
    decode = msgspec.json.Decoder().decode
    encode = msgspec.json.Encoder().encode

    async def serve(ws: websockets.ServerConnection) -> None:
        async for text in ws:
            message = decode(text)
            await ws.send(encode([3, message[1], ANSWERS[message[2]]]).decode())

    return _port(await websockets.serve(serve, "127.0.0.1", 0, subprotocols=_subprotocols()))


async def ours() -> int:
    """The central system as it starts with no configuration."""
    return await _serve(Config())


async def stored() -> int:
    """The same, with its state in a database."""
    folder = tempfile.TemporaryDirectory()
    _keep.append(folder)
    return await _serve(
        parse_config({"central_system": {"central_store": {"file": f"{folder.name}/central.db"}}})
    )


async def _serve(config: Config) -> int:
    central = build_central(config, lambda level, text: None)
    server = WebSocketServer(central, "127.0.0.1", 0)
    await server.start()
    _keep.append(server)
    return server.port


class _Peer(ChargePoint):  # type: ignore[misc]  # mobilityhouse's class is untyped
    @on("BootNotification")  # type: ignore[untyped-decorator]
    def on_boot_notification(self, **_: Any) -> Any:
        return call_result.BootNotification(
            current_time=frames.TIMESTAMP, interval=300, status="Accepted"
        )

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def on_heartbeat(self) -> Any:
        return call_result.Heartbeat(current_time=frames.TIMESTAMP)

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def on_start_transaction(self, **_: Any) -> Any:
        return call_result.StartTransaction(transaction_id=1, id_tag_info={"status": "Accepted"})

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def on_meter_values(self, **_: Any) -> Any:
        return call_result.MeterValues()


async def mobilityhouse() -> int:
    """A central system as mobilityhouse/ocpp's examples write it."""
    logging.getLogger("ocpp").setLevel(logging.ERROR)

    async def serve(ws: websockets.ServerConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            await _Peer("CP", ws).start()

    return _port(await websockets.serve(serve, "127.0.0.1", 0, subprotocols=_subprotocols()))


def _subprotocols() -> list[websockets.Subprotocol]:
    return [websockets.Subprotocol("ocpp1.6")]


def _port(server: websockets.Server) -> int:
    _keep.append(server)
    return int(next(iter(server.sockets)).getsockname()[1])


_keep: list[Any] = []


async def main(kind: str) -> None:
    """Serves until killed."""
    kinds = {"bare": bare, "ours": ours, "stored": stored, "mobilityhouse": mobilityhouse}
    port = await kinds[kind]()
    print(port, flush=True)
    asyncio.get_running_loop().add_reader(sys.stdin, _tell_cpu)
    await asyncio.Event().wait()


def _tell_cpu() -> None:
    sys.stdin.readline()
    print(time.process_time(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
