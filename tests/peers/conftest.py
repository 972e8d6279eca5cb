"""Others' implementations of OCPP 1.6-J, and ours to meet them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel import events
from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import Config, parse_config
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.websocket_client import Backoff, WebSocketClient
from ocpp_kernel.transports.websocket_server import WebSocketServer

OCPP_RPC = "ocpp-rpc@2.2.1"


async def until(condition: Callable[[], Any]) -> None:
    """Waits for what others are about to do; the test's time-out is the limit."""
    while not condition():
        await asyncio.sleep(0.005)


class OurCentral:
    """Our central system as it is without a configuration, on loopback."""

    def __init__(self) -> None:
        config = Config()
        config.central_system.port = 0
        self.events: list[Any] = []
        self.log: list[str] = []
        self.frames: list[str] = []
        self.central = build_central(config, lambda level, text: self.log.append(text), self)
        self.server = WebSocketServer.from_config(self.central, config.central_system)
        self.core = self.central.shared["core_profile"]

    def ocpp_on_event(self, event: Any) -> None:
        self.events.append(event)

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        self.frames.append(f"{identity} {direction} {text}")

    def told(self, kind: str) -> list[Any]:
        """The events of one type."""
        return [event for event in self.events if type(event).__name__ == kind]


class OurStation:
    """Our charge point with simulated hardware, its time running faster."""

    def __init__(self, url: str, speed: float) -> None:
        self.log: list[str] = []
        self.events: list[Any] = []
        self.store = MemoryStore()
        self.config = parse_config({"charge_point": {"identity": "CP 1"}})
        self.client = WebSocketClient(
            self._build, url, clock=Clock(speed), backoff=Backoff(0.05), proxy=None
        )

    def _build(self) -> Station:
        return build_station(
            self.config, self.store, lambda level, text: self.log.append(text), self
        )

    def ocpp_on_event(self, event: Any) -> None:
        self.events.append(event)

    def type(self, line: str) -> None:
        """Types a line at the console of the simulated hardware."""
        self.client.do(lambda station: station.emit(events.Command(line)))

    def told(self, kind: str) -> list[Any]:
        """The events of one type."""
        return [event for event in self.events if type(event).__name__ == kind]


@pytest.fixture
async def our_central() -> AsyncIterator[OurCentral]:
    """Our central system, listening."""
    ours = OurCentral()
    async with ours.server:
        yield ours


@asynccontextmanager
async def _running(url: str, speed: float = 1) -> AsyncIterator[OurStation]:
    ours = OurStation(url, speed)
    task = asyncio.create_task(ours.client.run())
    try:
        yield ours
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def our_station() -> Callable[..., AbstractAsyncContextManager[OurStation]]:
    """``async with our_station(url, speed)``: our charge point, running."""
    return _running


class NodePeer:
    """An ``ocpp-rpc`` process; see peer.mjs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._count = 0
        self.messages: list[dict[str, Any]] = []
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.messages.append(json.loads(line))

    def seen(self, key: str) -> list[Any]:
        """What was told under this key, so far."""
        return [message[key] for message in self.messages if key in message]

    def called(self, method: str) -> list[Any]:
        """The parameters of every call of this action it got."""
        return [m["params"] for m in self.messages if m.get("called") == method]

    async def wait(self, key: str) -> Any:
        """The first thing told under this key."""
        await until(lambda: self.seen(key) or self.reading.done())
        assert self.seen(key), "the peer ended"
        return self.seen(key)[0]

    async def call(self, identity: str, method: str, params: Any) -> Any:
        """Has it call our side; the result, or the error's code."""
        self._count += 1
        number = self._count
        assert self._process.stdin is not None
        request = {"id": number, "identity": identity, "method": method, "params": params}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        await until(lambda: number in self.seen("id") or self.reading.done())
        assert number in self.seen("id"), "the peer ended"
        answer = next(m for m in self.messages if m.get("id") == number)
        return answer["result"] if "result" in answer else answer["error"]

    async def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self.reading


@pytest.fixture(scope="session")
def node_modules(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``ocpp-rpc``, installed once and kept in pytest's cache."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed, so ocpp-rpc cannot be met")
    cache = getattr(pytestconfig, "cache", None)  # pytest may run without its cache plugin
    kept = tmp_path_factory.mktemp("ocpp_rpc") if cache is None else cache.mkdir("ocpp_rpc")
    folder: Path = kept / OCPP_RPC
    if not folder.is_dir():
        # Put in place as a whole: other test processes may install it at the same time.
        staging = kept / f"staging-{os.getpid()}"
        _npm_install(npm, staging)
        try:
            staging.rename(folder)
        except OSError:
            shutil.rmtree(staging)
    return folder


def _npm_install(npm: str, folder: Path) -> None:
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), OCPP_RPC]
    folder.mkdir(exist_ok=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not install ocpp-rpc within 90 s")
    if done.returncode != 0:
        pytest.skip(f"npm could not install ocpp-rpc: {done.stderr.strip()[-300:]}")


@pytest.fixture
async def node_peer(node_modules: Path) -> AsyncIterator[Callable[..., Any]]:
    """``await node_peer(role, answers, *more)`` starts one."""
    peers: list[NodePeer] = []

    async def start(role: str, answers: dict[str, Any], *more: str) -> NodePeer:
        process = await asyncio.create_subprocess_exec(
            "node",
            str(Path(__file__).with_name("peer.mjs")),
            str(node_modules),
            role,
            json.dumps(answers),
            *more,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        peers.append(NodePeer(process))
        return peers[-1]

    yield start
    for peer in peers:
        await peer.close()


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """``await wait_until(condition)``."""
    return until
