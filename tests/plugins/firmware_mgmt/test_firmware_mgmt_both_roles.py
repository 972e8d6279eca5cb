"""Updates and diagnostics between both roles of this project, over real sockets and files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from ocpp_plugins.core_profile.messages import ChangeConfiguration

from ocpp_kernel import events
from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import parse_config
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.transfers import Options, Transfers
from ocpp_kernel.transports.websocket_client import WebSocketClient
from ocpp_kernel.transports.websocket_server import WebSocketServer

IMAGE = bytes(range(256)) * 4000


class Site:
    """A central system, a charge point, and what the latter told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.beats = 0
        settings = {"folder": str(folder / "served"), "http_port": 0}
        self.config = parse_config({"central_system": {"firmware_mgmt": settings}})
        self.log: list[str] = []
        self.central = build_central(self.config, lambda level, text: None, self)
        self.firmware = self.central.shared["firmware_mgmt"]
        self.server = WebSocketServer(self.central, "127.0.0.1", 0)
        self.transfers = Transfers(folder / "files", Options(proxies=False))
        self.client: WebSocketClient

    def ocpp_on_event(self, event: Any) -> None:
        if type(event).__name__ in ("FirmwareReported", "DiagnosticsReported"):
            self.told.append(event.status)
        elif type(event).__name__ == "StationBooted":
            self.told.append("(boot)")

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        if direction == "in" and '"Heartbeat"' in text:
            self.beats += 1

    def connect(self) -> None:
        """To be called once the server listens."""
        store = MemoryStore()

        def make() -> Any:
            self.transfers.cancel()
            station = build_station(
                self.config, store, lambda level, text: self.log.append(f"{level}: {text}")
            )
            station.shared["transfers"] = self.transfers
            return station

        # Whatever waits a second for something else waits a fiftieth of it here.
        self.client = WebSocketClient(make, self.server.url, clock=Clock(50), proxy=None)

    @property
    def station(self) -> Any:
        return self.central.stations["CP001"]

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(tmp_path)
    async with made.server:
        await made.firmware.listening.wait()
        (tmp_path / "served" / "firmware" / "fw.bin").write_bytes(IMAGE)
        made.connect()
        running = asyncio.ensure_future(made.client.run())
        await made.until(lambda: "(boot)" in made.told)
        made.told.clear()
        yield made
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await made.firmware.close()


async def test_fw_002_fw_007_an_update_from_request_to_reboot(site: Site) -> None:
    await site.firmware.update(site.station, "fw.bin")
    await site.until(lambda: "Installed" in site.told)
    assert site.told == ["Downloading", "Downloaded", "Installing", "(boot)", "Installed"]
    assert (site.folder / "files" / "firmware").read_bytes() == IMAGE
    assert site.firmware.record("CP001").firmware.status == "Installed"


async def test_heartbeats_go_on_while_a_file_is_fetched(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = asyncio.Event()
    copy = site.firmware.endpoint._copy_out

    async def slow(*arguments: Any) -> None:
        await release.wait()
        await copy(*arguments)

    monkeypatch.setattr(site.firmware.endpoint, "_copy_out", slow)
    await site.station.call(ChangeConfiguration({"key": "HeartbeatInterval", "value": "2"}))
    await site.firmware.update(site.station, "fw.bin")
    await site.until(lambda: "Downloading" in site.told)
    site.beats = 0
    await site.until(lambda: site.beats >= 5)
    assert site.told == ["Downloading"]
    release.set()
    await site.until(lambda: "Downloaded" in site.told)


async def test_fw_003_an_image_that_is_gone(site: Site) -> None:
    where = f"http://127.0.0.1:{site.firmware.endpoint.port}/firmware/gone.bin"
    await site.firmware.update(site.station, where, retries=1, retry_interval=1)
    await site.until(lambda: "DownloadFailed" in site.told)
    assert site.told == ["Downloading", "DownloadFailed"]
    assert "error: firmware update, DownloadFailed: the server answers HTTP 404 Not Found" in (
        site.log
    )


async def test_fw_003_an_image_the_hardware_refuses(site: Site) -> None:
    (site.folder / "served" / "firmware" / "empty.bin").touch()
    await site.firmware.update(site.station, "empty.bin")
    await site.until(lambda: "InstallationFailed" in site.told)
    assert site.told == ["Downloading", "Downloaded", "Installing", "InstallationFailed"]


async def test_fw_013_fw_014_diagnostics_arrive(site: Site) -> None:
    site.client.do(lambda station: station.emit(events.Command("plug 1")))
    name = await site.firmware.diagnostics(site.station)
    await site.until(lambda: "Uploaded" in site.told)
    assert site.told == ["Uploading", "Uploaded"]
    file = site.firmware.record("CP001").diagnostics.file
    assert file.name == name
    assert "an EV at 30 % is plugged in at connector 1" in file.read_text()


async def test_fw_015_diagnostics_nobody_takes(site: Site) -> None:
    await site.firmware.diagnostics(
        site.station, location="http://127.0.0.1:9/logs", retries=1, retry_interval=1
    )
    await site.until(lambda: "UploadFailed" in site.told)
    assert site.told == ["Uploading", "UploadFailed"]


async def test_frames_in_the_log_of_a_station_hold_no_upload_key(site: Site) -> None:
    """The address lets anybody upload who knows it; what is sent must not tell it."""
    await site.firmware.diagnostics(site.station)
    await site.until(lambda: "Uploaded" in site.told)
    key = site.firmware.upload_url("CP001").rsplit("/", 2)[1]
    assert key not in site.firmware.record("CP001").diagnostics.file.read_text()
