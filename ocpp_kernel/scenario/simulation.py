"""The charge point of this computer on stage: hours pass in seconds where nothing is waited for."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ocpp_kernel import events
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.scenario.tape import Tape
from ocpp_kernel.station import Station
from ocpp_kernel.store import FileStore, Store
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.transfers import Transfers
from ocpp_kernel.transports.websocket_client import WebSocketClient

#: Turns of the event loop without a frame after which no frame is on its way: on loopback one
#: that was written is there at once.
_QUIET = 12
#: Seconds without a frame after which an answer is not going to come.
_SILENCE = 0.3
#: Seconds of this computer's that something waited for may take: where time jumps, and elsewhere.
_STUCK = 30.0
_SLOW = 600.0
#: Seconds by which sums of floats may be off.
_ROUNDING = 1e-6


class JumpingClock(Clock):
    """A clock that can be set forward."""

    def jump(self, until: float) -> None:
        """Shows ``until``, unless it is later already."""
        missing = until - self._elapsed()
        if missing > 0:
            self._start -= (missing + _ROUNDING) / self.speed

    def exactly(self) -> float:
        """Seconds with their fraction."""
        return self._elapsed()


class SimulatedChargePoint:
    """A charge point played by a script.

    ``make_client(store, clock)`` builds what runs it, ``folder`` is its flash memory,
    ``transfers`` moves its files. Where ``jumping`` is false time passes as the clock has it, for
    central systems elsewhere.
    """

    def __init__(
        self,
        identity: str,
        make_client: Callable[[Store], WebSocketClient],
        clock: JumpingClock,
        folder: Path,
        tape: Tape,
        transfers: Transfers,
        *,
        jumping: bool = True,
        is_reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        self.identity = identity
        self.errors: list[str] = []
        self._make_client = make_client
        self._clock = clock
        self._folder = folder
        self._tape = tape
        self._transfers = transfers
        self._jumping = jumping
        self._is_reachable = is_reachable
        self._client: WebSocketClient | None = None
        self._running: asyncio.Task[None] | None = None

    def log(self, level: str, text: str) -> None:
        """To be called with what the charge point logs."""
        if level == "error":
            self.errors.append(text)

    def now(self) -> float:
        return self._clock.exactly()

    async def power(self, on: bool) -> None:
        if not on:
            await self._cut()
        elif self._running is None:
            self._client = self._make_client(self._open_store())
            self._running = asyncio.create_task(self._client.run())
            await asyncio.sleep(0)

    async def type(self, line: str) -> None:
        if self._client is not None:
            self._client.do(lambda station: station.emit(events.Command(line)))

    async def advance(self, until: float) -> None:
        if self._running is not None and self._running.done():
            self._running.result()
        if not self._jumping:
            await asyncio.sleep(min(0.02, self._clock.delay(until)))
        elif await self._is_quiet():
            self._jump(until)

    def is_late(self, until: float, began: float) -> bool:
        waited = time.monotonic() - began
        return self.now() >= until or waited > (_STUCK if self._jumping else _SLOW)

    async def image(self, version: str) -> bytes:
        """Simulated hardware installs anything, and stays as it is."""
        return f"release {version}\n".encode()

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
            self._running = self._client = None
        if self._transfers.is_working():
            self._transfers.cancel()
            await asyncio.to_thread(self._transfers.join)

    def _open_store(self) -> FileStore:
        def sync(file: Any) -> None:
            os.fsync(file.fileno())

        self._folder.mkdir(parents=True, exist_ok=True)
        return FileStore(os, MsgspecCodec(), str(self._folder), open, self.errors.append, sync)

    async def _cut(self) -> None:
        """What ends here might write a last word; it does so to files nobody reads."""
        if self._running is None:
            return
        with tempfile.TemporaryDirectory() as safe:
            shutil.copytree(self._folder, safe, dirs_exist_ok=True)
            if self._client is not None and self._client.socket is not None:
                self._client.socket.transport.abort()
            await self.close()
            shutil.rmtree(self._folder)
            shutil.copytree(safe, self._folder)

    async def _is_quiet(self) -> bool:
        """Whether nothing but time will change anything; waits until it seems so, or a moment."""
        heard, began, turns = self._tape.count, time.monotonic(), 0
        while turns < _QUIET:
            busy = self._is_busy()
            if self._tape.count != heard or busy in ("connecting", "transferring"):
                await asyncio.sleep(0.001)
                return False
            if busy and time.monotonic() - began < _SILENCE:
                await asyncio.sleep(0.001)
                continue
            turns += 1
            await asyncio.sleep(0)
        return True

    def _is_busy(self) -> str:
        """What is going on that has to do with the connection, "" for nothing."""
        if self._client is None:
            return ""
        station: Station = self._client.station
        online = self._client.socket is not None
        if station.exit is not None or online != self._is_reachable():
            return "connecting"
        if self._transfers.is_working():
            return "transferring"
        if station.session is not None and station.session.deadline is not None:
            return "calling"
        return ""

    def _jump(self, until: float) -> None:
        """To the next moment at which the charge point does something."""
        client = self._client
        if client is None:
            self._clock.jump(until)
            return
        due = client.station.deadline
        self._clock.jump(until if due is None else min(due, until))
        client.do(lambda station: station.tick(station.now))
