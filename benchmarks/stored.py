"""What it costs a central system to store what it answers, against keeping it in memory.

Two servers, each a process of its own, get whole transactions from many stations at once: a start,
meter values and a stop. Every answer of the one that stores rests on a commit, with fsync, that it
shares with whatever else came meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import frames
import websockets
from rich.console import Console
from rich.table import Table
from server import Server

#: Stations at once, and messages each of them sends in a round.
LOADS = {1: 200, 20: 100, 200: 40}
ROUNDS = 3
KINDS = ("ours", "stored")


async def _charge(port: int, identity: str, count: int, meter: int, waits: list[float]) -> None:
    """One transaction of ``count`` messages; notes how long each answer took."""
    url = f"ws://127.0.0.1:{port}/{identity}"
    protocols = [websockets.Subprotocol("ocpp1.6")]
    async with websockets.connect(url, subprotocols=protocols, compression=None) as ws:

        async def ask(action: str, payload: dict[str, Any]) -> Any:
            began = time.perf_counter()
            await ws.send(frames.call("1", action, payload))
            answer = json.loads(await ws.recv())
            waits.append(time.perf_counter() - began)
            if answer[0] != 3:
                raise AssertionError(f"not answered: {answer!r}")
            return answer[2]

        await ask("BootNotification", frames.BOOT)
        start = {**frames.REQUESTS["StartTransaction"], "meterStart": meter}
        number = (await ask("StartTransaction", start))["transactionId"]
        (reading,) = frames.REQUESTS["MeterValues"]["meterValue"]
        for value in range(count - 3):
            stamp = f"2026-01-01T{value // 60:02}:{value % 60:02}:00Z"
            values = {"connectorId": 1, "transactionId": number}
            await ask("MeterValues", {**values, "meterValue": [{**reading, "timestamp": stamp}]})
        stop = {"transactionId": number, "meterStop": meter + 1, "timestamp": frames.TIMESTAMP}
        await ask("StopTransaction", stop)


async def _load(port: int, stations: int, meter: int) -> list[float]:
    waits: list[float] = []
    await asyncio.gather(
        *(_charge(port, f"CP{n}", LOADS[stations], meter, waits) for n in range(stations))
    )
    return waits


def _measure(server: Server, stations: int, meter: int) -> tuple[float, float, float]:
    """Server CPU per message, time per message, and the usual wait for an answer; in seconds."""
    cpu, began = server.cpu(), time.perf_counter()
    waits = asyncio.run(_load(server.port, stations, meter))
    took, used = time.perf_counter() - began, server.cpu() - cpu
    return used / len(waits), took / len(waits), sorted(waits)[len(waits) // 2]


def run(console: Console) -> None:
    """Prints the table; rounds alternate between servers so that drift hits all alike."""
    table = Table(title="Transactions stored, against kept in memory (median of rounds)")
    table.add_column("stations", justify="right")
    for column in ("server CPU", "messages a second", "wait for an answer"):
        table.add_column(column, justify="right")
    servers = {kind: Server(kind) for kind in KINDS}
    try:
        for stations in LOADS:
            rounds: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in KINDS}
            for number in range(ROUNDS):
                for kind, server in servers.items():
                    rounds[kind].append(_measure(server, stations, number))
            memory, kept = (
                [sorted(values)[ROUNDS // 2] for values in zip(*rounds[kind], strict=True)]
                for kind in KINDS
            )
            table.add_row(
                str(stations),
                f"{kept[0] / memory[0]:.2f} ×",
                f"{memory[1] / kept[1]:.2f} ×",
                f"{kept[2] / memory[2]:.1f} ×",
            )
    finally:
        for server in servers.values():
            server.stop()
    console.print(table)
