"""CPU a central system spends per CALL over loopback WebSockets.

Three servers, each a process of its own, get the same frames over the same connections: one that
only decodes and encodes JSON with msgspec on a bare ``websockets`` server, ours, and
mobilityhouse/ocpp's. The figure is the server process's own CPU time, so the client costs nothing.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import frames
import websockets
from rich.console import Console
from rich.table import Table

CONNECTIONS = 4
CALLS = {"bare": 4000, "ours": 4000, "mobilityhouse": 400}
ROUNDS = 5
SERVERS = Path(__file__).with_name("servers.py")


class Server:
    """A server process that tells its port, and its CPU seconds whenever a line is sent to it."""

    def __init__(self, kind: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SERVERS), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def cpu(self) -> float:
        """CPU seconds the server has used so far."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self._line())

    def stop(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.communicate()


async def _talk(port: int, identity: str, calls: int, text: str) -> None:
    url = f"ws://127.0.0.1:{port}/{identity}"
    protocols = [websockets.Subprotocol("ocpp1.6")]
    # Without compression, or the two others would be measured compressing.
    async with websockets.connect(url, subprotocols=protocols, compression=None) as ws:
        await ws.send(frames.call("boot", "BootNotification", frames.BOOT))
        await ws.recv()
        for number in range(calls):
            # A new meterStart makes every StartTransaction a new one, not a resent one.
            await ws.send(
                text.replace("CALLID", str(number)).replace("123400", str(123400 + number))
            )
            answer = await ws.recv()
            if not str(answer).startswith(f'[3,"{number}"'):
                raise AssertionError(f"not answered: {answer!r}")


async def _load(port: int, calls: int, text: str) -> None:
    await asyncio.gather(*(_talk(port, f"CP{n}", calls, text) for n in range(CONNECTIONS)))


def _measure(server: Server, kind: str, text: str) -> float:
    """Microseconds of server CPU per CALL."""
    calls = CALLS[kind] // CONNECTIONS
    before = server.cpu()
    asyncio.run(_load(server.port, calls, text))
    return (server.cpu() - before) / (calls * CONNECTIONS) * 1e6


def run(console: Console) -> None:
    """Prints the table; rounds alternate between servers so that drift hits all alike."""
    table = Table(title="Server CPU per CALL over loopback (µs, median of rounds)")
    for column in ("action", "bare", "ours", "ours / bare", "goal", "mobilityhouse", "its ratio"):
        table.add_column(column, justify="left" if column == "action" else "right")
    servers = {kind: Server(kind) for kind in CALLS}
    try:
        for action, request in frames.REQUESTS.items():
            text = frames.call("CALLID", action, request)
            rounds: dict[str, list[float]] = {kind: [] for kind in servers}
            for _ in range(ROUNDS):
                for kind, server in servers.items():
                    rounds[kind].append(_measure(server, kind, text))
            bare, ours, theirs = (sorted(rounds[kind])[ROUNDS // 2] for kind in CALLS)
            table.add_row(
                action,
                f"{bare:.0f}",
                f"{ours:.0f}",
                f"{ours / bare:.2f} ×",
                "≤ 1.25 ×",
                f"{theirs:.0f}",
                f"{theirs / bare:.1f} ×",
            )
    finally:
        for server in servers.values():
            server.stop()
    console.print(table)
