"""A bundled charge point on an emulated module, its central system with files, and images."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from device_bundle.archives import tar_gz
from device_bundle.bundler import bundle
from device_bundle.emulator import Emulator
from ocpp_kernel.build import build_central
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.plugins import discover
from ocpp_kernel.transports.websocket_server import WebSocketServer

PLUGINS = ("core_profile", "simulated_ev", "firmware_mgmt", "remote_trigger")
#: Replaced in the bundle's text by what each test needs.
PORT = 65017
TRIAL_TIME = 43210
VERSION = "9.9.1"

#: Emulated seconds per second.
SPEED = 20

CONFIG = """
[charge_point]
url = "ws://127.0.0.1:{port}"
identity = "CP1"
[charge_point.firmware_mgmt]
retry_interval = 1
[central_system.firmware_mgmt]
folder = "{folder}"
http_port = 0
[bundle]
version = "{version}"
[device]
ping_interval = 0
watchdog = 0
retry_maximum = 10
trial_time = {trial_time}
"""


def config_text(port: int, folder: Path | str = "", version: str = VERSION) -> str:
    names = [found.name for found in discover(Config())]
    switches = "\n".join(f"{name} = {str(name in PLUGINS).lower()}" for name in names)
    return f"[profiles]\n{switches}\n" + CONFIG.format(
        port=port, folder=folder, version=version, trial_time=TRIAL_TIME
    )


class Release:
    """One bundle's files by name, which a test may change."""

    def __init__(self, folder: Path, port: int, version: str) -> None:
        self.facts = {
            name: value
            for name, value in json.loads(folder.joinpath("manifest.json").read_text()).items()
            if name != "files"
        }
        self.facts["version"] = version
        self.files = {
            path.name: path.read_text()
            .replace(str(PORT), str(port))
            .replace(VERSION, version)
            .encode()
            + f"# {version}\n".encode()
            for path in folder.joinpath("usr").iterdir()
        }

    def write(self, folder: Path) -> Path:
        """As the bundler lays it out."""
        folder.mkdir()
        for name, content in self.files.items():
            folder.joinpath(name).write_bytes(content)
        return folder

    def image(self) -> bytes:
        """As the bundler packs it."""
        return tar_gz({f"usr/{name}": text for name, text in self.files.items()}, self.facts)


class Site:
    """The module, and all that it talks to."""

    def __init__(self, folder: Path, built: Path) -> None:
        self.folder = folder
        self._built = built
        #: BootNotification's firmwareVersion and FirmwareStatus, in order.
        self.told: list[str] = []
        self.frames: list[tuple[str, str]] = []
        self.log: list[str] = []
        self._news = asyncio.Event()
        (folder / "ocpp.toml").write_text(config_text(0, folder / "served"))
        self.central = build_central(
            load_config(folder / "ocpp.toml"), lambda level, text: self.log.append(text), self
        )
        self.server = WebSocketServer(self.central, "127.0.0.1", 0)
        self.firmware: Any = self.central.shared["firmware_mgmt"]
        self.emulator: Emulator

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        """Notes what the charge point calls."""
        frame = json.loads(text)
        if direction != "in" or frame[0] != 2:
            return
        self.frames.append((frame[2], text))
        if frame[2] == "BootNotification":
            self.told.append(f"boot {frame[3].get('firmwareVersion')}")
        elif frame[2] in ("FirmwareStatusNotification", "DiagnosticsStatusNotification"):
            self.told.append(frame[3]["status"])
        self._news.set()

    @property
    def port(self) -> int:
        """Of the central system."""
        return int(self.server.url.rpartition(":")[2])

    @property
    def station(self) -> Any:
        """The charge point as the central system sees it."""
        return self.central.stations["CP1"]

    def release(self, version: str) -> Release:
        """A bundle of that version, which connects here."""
        return Release(self._built, self.port, version)

    def publish(self, name: str, image: bytes) -> None:
        """Has the central system serve it."""
        (self.folder / "served" / "firmware" / name).write_bytes(image)

    async def power_up(self, version: str = "1.0.0", **options: Any) -> None:
        """Starts the module with that version."""
        usr = self.release(version).write(self.folder / "bundle")
        self.emulator = Emulator(
            usr, data=self.folder / "flash", speed=SPEED, options={"flash": 512 * 1024, **options}
        )
        await asyncio.to_thread(self.emulator.start)
        await self.until(lambda: f"boot {version}" in self.told)
        self.told.clear()

    async def until(self, true: Callable[[], bool]) -> None:
        """Waits for what the charge point tells to make this true."""
        try:
            async with asyncio.timeout(100):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            tail = "\n".join(self.emulator.lines[-25:])
            pytest.fail(f"told {self.told}; the module's last lines:\n{tail}")

    async def hears(self, *told: str) -> None:
        """Waits for the last of these, and finds them told in this order and nothing else."""
        await self.until(lambda: told[-1] in self.told)
        assert self.told == list(told)

    def usr(self, name: str) -> Path:
        """A file of the module."""
        return self.emulator.root / "usr" / name

    async def until_gone(self) -> None:
        """Waits until nothing is left of an update."""
        async with asyncio.timeout(60):
            while self.has_left():
                await asyncio.sleep(0.05)

    def has_left(self) -> list[str]:
        """What an update might leave behind, of what is there."""
        names = ("ocpp_trial", "ocpp_trial.new", "ocpp_data/firmware.file")
        left = [name for name in names if self.usr(name).exists()]
        previous = self.usr("ocpp_previous")
        return left + (
            sorted(path.name for path in previous.iterdir()) if previous.exists() else []
        )


@pytest.fixture(scope="session")
def built(made_once: Callable[..., Path]) -> Path:
    """The bundle every release is made of."""

    def make(folder: Path) -> None:
        (folder / "ocpp.toml").write_text(config_text(PORT))
        bundle(folder / "ocpp.toml", folder / "out")

    return made_once("updates", make) / "out"


@pytest_asyncio.fixture
async def site(tmp_path: Path, built: Path) -> AsyncIterator[Site]:
    """A central system that serves files; the module is not powered yet."""
    made = Site(tmp_path, built)
    async with made.server:
        await made.firmware.listening.wait()
        try:
            yield made
        finally:
            if hasattr(made, "emulator"):
                await asyncio.to_thread(made.emulator.close)
            await made.firmware.close()
