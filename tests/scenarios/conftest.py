"""Two charge points for the same scenarios: of this interpreter, and bundled under MicroPython."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from device_bundle.bundler import bundle
from device_bundle.emulator import Emulator, EmulatorError
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.scenario import Player
from ocpp_kernel.scenario.simulation import JumpingClock
from ocpp_kernel.scenario.stage import Cast, central_stage, simulation_stage
from ocpp_kernel.scenario.tape import Tape
from ocpp_kernel.transports.clock import Clock

#: Emulated seconds per second. The charge point's 30 s for an answer must stay long enough for
#: a busy computer.
SPEED = 50
#: Seconds of this computer's that a step on the module may take.
STUCK = 30
#: A line of the module's log that tells of a fault.
FAULT = re.compile(r"\d+ error |the app failed: |Traceback")
#: An answer of its console.
ANSWER = re.compile(r"\d+ (info|error) ")

#: One profile is off: its actions are answered NotSupported. Batteries are small, so that a
#: charge takes minutes.
CONFIG = """
[profiles]
firmware_mgmt = false

[charge_point]
url = "ws://127.0.0.1:{port}"
identity = "CP001"

[charge_point.core_profile]
vendor = "Example"
model = "Wallbox"

[charge_point.simulated_ev]
connectors = 2
capacity_wh = 2000

[central_system.core_profile]
first_transaction_id = 1

[device]
ping_interval = 0
watchdog = 0
retry_minimum = 1
retry_maximum = 4
"""

#: A player and what it hears.
Stage = AbstractAsyncContextManager[tuple[Player, Tape]]


class Module:
    """A bundle on an emulated module, as a player sees it."""

    def __init__(self, bundle: Path, flash: Path, clock: Clock, identity: str) -> None:
        self.identity = identity
        self.errors: list[str] = []
        self._emulator = Emulator(bundle, data=flash, speed=clock.speed, on_line=self.hear)
        self._clock = clock

    def hear(self, line: str) -> None:
        """The module's console said something."""
        if FAULT.match(line):
            self.errors.append(line)

    def now(self) -> float:
        return self._clock.now()

    async def power(self, on: bool) -> None:
        await asyncio.to_thread(self._emulator.start if on else self._emulator.kill)

    async def type(self, line: str) -> None:
        """Done once the console has answered, which it does after every line."""
        lines, began = self._emulator.lines, time.monotonic()
        before = len(lines)
        self._emulator.send_line(line)
        while not any(ANSWER.match(text) for text in lines[before:]):
            if time.monotonic() - began > STUCK:
                raise EmulatorError(f"the module's console does not answer {line!r}")
            await asyncio.sleep(0.002)

    async def advance(self, until: float) -> None:
        await asyncio.sleep(min(0.01, self._clock.delay(until)))

    def is_late(self, until: float, began: float) -> bool:
        return time.monotonic() - began > STUCK or not self._emulator.running

    async def close(self) -> None:
        await asyncio.to_thread(self._emulator.close)


class Prepared:
    """The configuration, and the bundle made of it; ports are this process's own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        path = folder / "ocpp.toml"
        path.write_text(CONFIG.format(port=self.port), encoding="utf-8")
        self.config: Config = load_config(path)
        self.bundle = folder / "bundle"
        bundle(path, self.bundle)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(tmp_path_factory.mktemp("scenarios"))


@pytest.fixture
def on_cpython(prepared: Prepared, tmp_path: Path) -> Callable[[], Stage]:
    """The charge point of this interpreter; time jumps."""

    @asynccontextmanager
    async def stage() -> AsyncIterator[tuple[Player, Tape]]:
        cast = Cast(prepared.config, tmp_path / "state", JumpingClock())
        async with simulation_stage(cast) as player:
            yield player, player.tape

    return stage


@pytest.fixture
def on_micropython(prepared: Prepared, tmp_path: Path) -> Callable[[], Stage]:
    """The bundled charge point with the heap of a module."""

    @asynccontextmanager
    async def stage() -> AsyncIterator[tuple[Player, Tape]]:
        clock = Clock(SPEED)
        config = prepared.config
        module = Module(prepared.bundle, tmp_path / "module", clock, config.charge_point.identity)
        async with central_stage(config, clock, port=prepared.port) as (central, network):
            try:
                yield Player(module, central.tape, central, network), central.tape
            except EmulatorError as error:
                raise AssertionError(str(error)) from error
            finally:
                await module.close()

    return stage
