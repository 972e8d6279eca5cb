"""Fixtures for tests of plugins: messages as literal JSON, and bundles under MicroPython."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from device_bundle.bundler import bundle
from device_bundle.emulator import Emulator
from ocpp_kernel import schema, validation
from ocpp_kernel.build import build_central
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.contracts import Action
from ocpp_kernel.dispatch import Router
from ocpp_kernel.errors import LocalError
from ocpp_kernel.plugins import discover
from ocpp_kernel.session import Session
from ocpp_kernel.transports.websocket_server import WebSocketServer

Verdict = Callable[[Any, str], str]
Exchange = Callable[[Action[Any, Any], str, str], list[str]]


def _verdict(check: Callable[[], None]) -> str:
    try:
        check()
    except LocalError as error:
        return f"{error.code} {error.description.split(' ')[0]}"
    return "valid"


@pytest.fixture
def verdict() -> Verdict:
    """``verdict(message, json_text)`` is "valid", or the OCPP code and the path it names.

    Both forms of the contract are asked: CPython's with its fast path, and the compact one alone,
    as on a device.
    """

    def ask(message: Any, text: str) -> str:
        payload = json.loads(text)
        answer = _verdict(lambda: schema.check(payload, schema.compiled(message)))
        alone = _verdict(lambda: validation.validate(payload, schema.compact(message)))
        assert answer == alone
        return answer

    return ask


@pytest.fixture
def exchange() -> Exchange:
    """``exchange(action, request, response)`` plays one CALL and its answer between two sessions.

    Gives the two frames that crossed; asserts that what was sent is what was handled and answered.
    """

    def play(action: Action[Any, Any], request: str, response: str) -> list[str]:
        handled: list[Any] = []
        answers: list[Any] = []
        frames: list[str] = []

        def handler(payload: Any) -> Any:
            handled.append(payload)
            return json.loads(response)

        codec, contracts = MsgspecCodec(), schema.contracts_of([action])
        caller = Session(Router(contracts, {}, check=schema.check), codec, 30)
        callee = Session(Router(contracts, {action.name: handler}, check=schema.check), codec, 30)
        caller.call(action(json.loads(request)), lambda *outcome: answers.append(outcome))
        caller.flush(frames.append)
        callee.receive(frames[0], 0)
        callee.flush(frames.append)
        caller.receive(frames[1], 0)
        assert handled == [json.loads(request)]
        assert answers == [(json.loads(response), None)]
        return frames

    return play


class Bundled:
    """A bundle on an emulated module, and the central system it is connected to."""

    def __init__(self, folder: Path, plugins: tuple[str, ...]) -> None:
        self.events: list[Any] = []
        self._news = asyncio.Event()
        self._folder = folder
        self._plugins = ("core_profile", "simulated_ev", *plugins)
        self._write(0)
        self.central = build_central(load_config(folder / "ocpp.toml"), self.log, self)
        self.server = WebSocketServer(self.central, "127.0.0.1", 0)
        self.emulator: Emulator

    def ocpp_on_event(self, event: Any) -> None:
        """Something happened at the central system."""
        self.events.append(event)
        self._news.set()

    def log(self, level: str, text: str) -> None:
        """The central system has no errors to tell."""
        assert level != "error", text

    async def start(self) -> None:
        """Bundles and starts, once the central system listens."""
        await self.server.start()
        self._write(int(self.server.url.rpartition(":")[2]))
        out = self._folder / "out"
        await asyncio.to_thread(bundle, self._folder / "ocpp.toml", out)
        self.emulator = Emulator(out, data=self._folder / "flash", speed=20)
        await asyncio.to_thread(self.emulator.start)

    async def stop(self) -> None:
        """Ends everything."""
        await asyncio.to_thread(self.emulator.close)
        await self.server.stop()

    def _write(self, port: int) -> None:
        names = [found.name for found in discover(Config())]
        switches = "\n".join(f"{name} = {str(name in self._plugins).lower()}" for name in names)
        (self._folder / "ocpp.toml").write_text(
            f'[profiles]\n{switches}\n[charge_point]\nurl = "ws://127.0.0.1:{port}"\n'
            'identity = "CP1"\n[device]\nping_interval = 0\nwatchdog = 0\n'
        )

    async def until(self, condition: Callable[[Any], bool]) -> Any:
        """The first event since the last one waited for of which this is true."""
        async with asyncio.timeout(100):
            while True:
                while self.events:
                    event = self.events.pop(0)
                    if condition(event):
                        return event
                self._news.clear()
                await self._news.wait()

    async def status(self, status: str) -> None:
        """Connector 1 is reported so."""
        await self.until(
            lambda event: (
                getattr(event, "connector_id", 0) == 1 and getattr(event, "status", "") == status
            )
        )

    async def call(self, request: Any) -> Any:
        """The status the charge point answers."""
        return (await self.central.stations["CP1"].call(request))["status"]


@pytest.fixture
def bundled(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Bundled]]:
    """``async with bundled("a_plugin") as module``: with core, simulated hardware and these."""

    @asynccontextmanager
    async def run(*plugins: str) -> AsyncIterator[Bundled]:
        module = Bundled(tmp_path, plugins)
        await module.start()
        try:
            yield module
        finally:
            await module.stop()

    return run
