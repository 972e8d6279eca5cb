"""Two charge points for the same scenarios: of this interpreter, and bundled under MicroPython."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from device_bundle.archives import tar_gz
from device_bundle.bundler import bundle
from device_bundle.compile import compile_module
from device_bundle.emulator import Emulator, EmulatorError
from device_bundle.targets import Compiler
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.scenario import Player, ScenarioFailed
from ocpp_kernel.scenario.files import Files
from ocpp_kernel.scenario.simulation import JumpingClock
from ocpp_kernel.scenario.stage import Cast, central_stage, simulation_stage
from ocpp_kernel.scenario.tape import Tape
from ocpp_kernel.transports.clock import Clock

#: Emulated seconds per second. The charge point's 30 s for an answer must stay long enough for
#: a busy computer.
SPEED = 50
#: Seconds of this computer's that a step on the module may take.
STUCK = 100
#: A line of a log that tells of a fault of the software's own.
FAULT = re.compile(
    r"(\d+ \w+ )?(a timer|a plugin|handler of|whoever waited|what was to follow|internal fault)"
)
#: A line of the module's log that must not be there.
ERROR = re.compile(r"\d+ error |the app failed: |Traceback")
#: What the bundle connects to until it is copied for a process.
PORT = 59999
ADDRESS = f"127.0.0.1:{PORT}"
#: An answer of its console.
ANSWER = re.compile(r"\d+ (info|error) ")

#: What is on, by the name of a bundle: firmware management, whose actions are answered
#: NotSupported where it is off, and leniency.
KINDS = {
    "scenarios": {"firmware": "false", "lenient": "false"},
    "updates": {"firmware": "true", "lenient": "false"},
    "lenient": {"firmware": "false", "lenient": "true"},
}
#: Replaced in the bundle's text by that of a release.
VERSION = "9.9.1"
#: Batteries are small, so that a charge takes minutes.
CONFIG = """
[profiles]
firmware_mgmt = {firmware}

[charge_point]
url = "ws://127.0.0.1:{port}"
identity = "CP001"
lenient = {lenient}

[charge_point.core_profile]
vendor = "Example"
model = "Wallbox"

[charge_point.simulated_ev]
connectors = 2
capacity_wh = 2000

[central_system.core_profile]
first_transaction_id = 1

[bundle]
version = "{version}"

[device]
ping_interval = 0
watchdog = 0
retry_minimum = 1
retry_maximum = 4
"""

#: A player and what it hears.
Stage = AbstractAsyncContextManager[tuple[Player, Tape]]


class Bundle(NamedTuple):
    """Where its `usr` is, the port of this process that it connects to, and the facts of it."""

    folder: Path
    port: int
    manifest: dict[str, Any]


class Module:
    """A bundle on an emulated module, as a player sees it."""

    def __init__(
        self,
        bundle: Bundle,
        folder: Path,
        clock: Clock,
        identity: str,
        seed: int,
        interpreter: Path | None = None,
        **options: int,
    ) -> None:
        self.identity = identity
        self.errors: list[str] = []
        self._bundle = bundle
        self._uploaded = False
        self._emulator = Emulator(
            bundle.folder,
            data=folder,
            speed=clock.speed,
            on_line=self.hear,
            strict=seed > 0,
            seed=seed,
            options=options,
            interpreter=interpreter,
        )
        self._clock = clock

    def hear(self, line: str) -> None:
        """The module's console said something."""
        if FAULT.match(line) or ERROR.match(line):
            self.errors.append(line)

    def tail(self) -> str:
        """The last lines of its console."""
        return self._emulator.tail()

    @property
    def restarts(self) -> int:
        """How often it started anew by itself."""
        return self._emulator.restarts

    def count(self, text: str) -> int:
        """How many lines of its console hold this."""
        return sum(text in line for line in self._emulator.lines)

    def leave(self, memory: int) -> None:
        """From now on it has about so many bytes of memory, until it starts anew."""
        self._emulator.set_memory(memory)

    def now(self) -> float:
        return self._clock.now()

    def fill(self, full: bool) -> None:
        """Whether there is no room on its flash."""
        self._emulator.set_full(full)

    async def power(self, on: bool) -> None:
        """What an update has installed stays."""
        if on:
            await asyncio.to_thread(self._emulator.start, not self._uploaded)
            self._uploaded = True
        else:
            await asyncio.to_thread(self._emulator.kill)

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

    async def image(self, version: str) -> bytes:
        """Its own bundle, as the bundler packs it, with another version."""
        facts = {**self._bundle.manifest, "version": version}
        files = {
            f"usr/{path.name}": path.read_bytes().replace(VERSION.encode(), version.encode())
            for path in self._bundle.folder.iterdir()
        }
        return tar_gz(files, facts)

    async def close(self) -> None:
        await asyncio.to_thread(self._emulator.close)


def written(folder: Path, kind: str) -> Path:
    """The configuration."""
    path = folder / f"{kind}.toml"
    text = CONFIG.format(port=PORT, version=VERSION, **KINDS[kind])
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def bundled(
    tmp_path_factory: pytest.TempPathFactory,
    made_once: Callable[..., Path],
    reserve_port: Callable[[], int],
) -> Callable[[str], Bundle]:
    """Gives the bundle of a kind."""

    @cache
    def give(kind: str) -> Bundle:
        shared = made_once(
            f"scenarios-{kind}", lambda folder: bundle(written(folder, kind), folder / "bundle")
        )
        return own_copy(shared / "bundle", tmp_path_factory.mktemp(kind) / "usr", reserve_port())

    return give


def own_copy(shared: Path, folder: Path, port: int) -> Bundle:
    """Of a bundle, which connects to a port of this process."""
    manifest = json.loads((shared / "manifest.json").read_text(encoding="utf-8"))
    del manifest["files"]
    own = Bundle(folder, port, manifest)
    shutil.copytree(shared / "usr", own.folder)
    for file in own.folder.iterdir():
        text = file.read_text(encoding="utf-8").replace(ADDRESS, f"127.0.0.1:{own.port}")
        file.write_text(text, encoding="utf-8")
    return own


def compiled(bundle: Bundle, folder: Path, compiler: Compiler) -> Bundle:
    """The same, as .mpy; main.py is never compiled."""
    shutil.copytree(bundle.folder, folder)
    for path in sorted(folder.glob("*.py")):
        if path.name != "main.py":
            text = path.read_text(encoding="utf-8")
            path.with_suffix(".mpy").write_bytes(compile_module(path.stem, text, compiler))
            path.unlink()
    return bundle._replace(folder=folder)


@pytest.fixture
def micropython_1_12() -> Path:
    """An interpreter of the line that QuecPython's older firmware is of."""
    path = os.environ.get("OCPP_KERNEL_MICROPYTHON_1_12")
    if not path:
        pytest.skip("there is no MicroPython 1.12 here; .ci/run fetches it")
    return Path(path)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(written(tmp_path, "scenarios"))


@pytest.fixture
def on_cpython(tmp_path: Path) -> Callable[..., Stage]:
    """The charge point of this interpreter; time jumps."""

    @asynccontextmanager
    async def stage(kind: str = "scenarios") -> AsyncIterator[tuple[Player, Tape]]:
        logged: list[str] = []
        cast = Cast(
            load_config(written(tmp_path, kind)),
            tmp_path / "state",
            JumpingClock(),
            log=lambda level, text: logged.append(text),
        )
        async with simulation_stage(cast) as player:
            yield player, player.tape
        assert not [text for text in logged if FAULT.match(text)]

    return stage


@pytest.fixture
def on_module(
    bundled: Callable[[str], Bundle], tmp_path: Path
) -> Callable[..., AbstractAsyncContextManager[tuple[Player, Tape, Module]]]:
    """The bundled charge point with the heap of a module; 0 as seed is a friendly one."""

    @asynccontextmanager
    async def stage(
        seed: int,
        speed: int = SPEED,
        kind: str = "scenarios",
        *,
        compiler: Compiler | None = None,
        interpreter: Path | None = None,
        **options: int,
    ) -> AsyncIterator[tuple[Player, Tape, Module]]:
        clock = Clock(speed)
        own, config = bundled(kind), load_config(written(tmp_path, kind))
        if compiler is not None:
            own = compiled(own, tmp_path / "compiled", compiler)
        identity = config.charge_point.identity
        module = Module(own, tmp_path / "module", clock, identity, seed, interpreter, **options)
        async with (
            Files(tmp_path / "server") as files,
            central_stage(config, clock, port=own.port) as (central, network),
        ):
            player = Player(module, central.tape, central, network, files=files)
            try:
                yield player, central.tape, module
            except (EmulatorError, ScenarioFailed) as error:
                raise AssertionError(f"{error}\nits console:\n{module.tail()}") from error
            finally:
                await module.close()

    return stage
