"""What a central system knows of updates and diagnostics, and the files it serves: FW-012."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
import pytest_asyncio
from ocpp_plugins.firmware_mgmt.central_system import NoEndpoint
from ocpp_plugins.firmware_mgmt.messages import GetDiagnostics, UpdateFirmware

from ocpp_kernel.build import build_central
from ocpp_kernel.config import parse_config
from ocpp_kernel.errors import PropertyConstraintViolation

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z


class Link:
    """A station that answers CALLs as told, and keeps them."""

    def __init__(self, central: Any, identity: str = "CP1") -> None:
        self.calls: list[tuple[str, Any]] = []
        self.answers: list[Any] = []
        self.identity = identity
        self.answer: Any = {}
        self._count = 0
        self.session = central.connected(identity, self)
        self.ask("BootNotification", {"chargePointModel": "M", "chargePointVendor": "V"})

    def now(self) -> float:
        return 0.0

    def close(self, reason: str) -> None:
        """Nobody minds."""

    def wake(self) -> None:
        self.session.flush(self._take)

    def _take(self, text: str) -> None:
        frame = json.loads(text)
        if frame[0] == 2:
            self.calls.append((frame[2], frame[3]))
            reply = json.dumps([3, frame[1], self.answer])
            asyncio.get_running_loop().call_soon(self._receive, reply)
        else:
            self.answers.append(frame[2] if frame[0] == 3 else frame)

    def _receive(self, text: str) -> None:
        self.session.receive(text, 0.0)
        self.wake()

    def ask(self, action: str, payload: Any) -> Any:
        """What the central system answers."""
        self._count += 1
        self._receive(json.dumps([2, f"c{self._count}", action, payload]))
        return self.answers.pop()


class Bench:
    """A central system with or without an endpoint."""

    def __init__(self, **settings: Any) -> None:
        self.log: list[tuple[str, str]] = []
        self.events: list[Any] = []
        config = parse_config({"central_system": {"firmware_mgmt": settings}})
        self.central = build_central(config, lambda *line: self.log.append(line), self)
        self.now = NOW
        self.central.utc = lambda: self.now
        self.firmware = self.central.shared["firmware_mgmt"]
        self.central.start()

    def ocpp_on_event(self, event: Any) -> None:
        self.events.append(event)

    def told(self, kind: str) -> list[Any]:
        return [event[1:] for event in self.events if type(event).__name__ == kind]


@pytest.fixture
async def plain() -> Bench:
    """Without an endpoint."""
    return Bench()


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """With an endpoint over a folder."""
    made = Bench(folder=str(tmp_path / "files"), http_port=0, largest_upload=1000)
    await made.firmware.listening.wait()
    (tmp_path / "files" / "firmware" / "fw 1.bin").write_bytes(b"image")
    yield made
    await made.firmware.close()


async def fetch(url: str, data: bytes | None = None, method: str = "GET") -> tuple[int, bytes]:
    def go() -> tuple[int, bytes]:
        request = Request(url, data=data, method=method)  # noqa: S310 - http of this test
        with urlopen(request) as answer:  # noqa: S310 - http of this test
            return answer.status, answer.read()

    return await asyncio.to_thread(go)


@pytest.mark.parametrize(
    "status",
    [
        "Downloaded",
        "DownloadFailed",
        "Downloading",
        "Idle",
        "InstallationFailed",
        "Installing",
        "Installed",
    ],
)
async def test_fw_012_every_firmware_status_is_answered(plain: Bench, status: str) -> None:
    link = Link(plain.central)
    assert link.ask("FirmwareStatusNotification", {"status": status}) == {}
    assert plain.firmware.record("CP1").firmware.status == status
    assert plain.told("FirmwareReported") == [(status,)]


@pytest.mark.parametrize("status", ["Idle", "Uploaded", "UploadFailed", "Uploading"])
async def test_fw_012_every_diagnostics_status_is_answered(plain: Bench, status: str) -> None:
    link = Link(plain.central)
    assert link.ask("DiagnosticsStatusNotification", {"status": status}) == {}
    assert plain.firmware.record("CP1").diagnostics.status == status
    assert plain.told("DiagnosticsReported") == [(status,)]


async def test_fw_012_what_is_no_status_is_refused(plain: Bench) -> None:
    answer = Link(plain.central).ask("FirmwareStatusNotification", {"status": "Fine"})
    assert answer[0] == 4
    assert plain.firmware.record("CP1").firmware.status is None


async def test_idle_does_not_hide_how_the_update_ended(plain: Bench) -> None:
    link = Link(plain.central)
    for status in ("Installing", "InstallationFailed", "Idle"):
        plain.now += 10
        link.ask("FirmwareStatusNotification", {"status": status})
    book = plain.firmware.record("CP1").firmware
    assert (book.status, book.since) == ("InstallationFailed", NOW + 20)
    assert [status for _, status in book.history] == ["Installing", "InstallationFailed", "Idle"]
    assert ("warning", "CP1: firmware update: InstallationFailed") in plain.log


async def test_idle_does_not_hide_how_the_upload_ended(plain: Bench) -> None:
    link = Link(plain.central)
    for status in ("Idle", "Uploading", "UploadFailed", "Idle"):
        plain.now += 10
        link.ask("DiagnosticsStatusNotification", {"status": status})
    book = plain.firmware.record("CP1").diagnostics
    assert (book.status, book.since) == ("UploadFailed", NOW + 30)


async def test_an_update_by_address(plain: Bench) -> None:
    link = Link(plain.central)
    station = plain.central.stations["CP1"]
    await plain.firmware.update(
        station, "ftp://h/fw.bin", retrieve_at=NOW + 60, retries=2, retry_interval=30
    )
    assert link.calls == [
        (
            "UpdateFirmware",
            {
                "location": "ftp://h/fw.bin",
                "retrieveDate": "2026-01-01T00:01:00Z",
                "retries": 2,
                "retryInterval": 30,
            },
        )
    ]
    book = plain.firmware.record("CP1").firmware
    assert (book.location, book.requested_at, book.status) == ("ftp://h/fw.bin", NOW, None)


async def test_a_new_update_begins_new_books(plain: Bench) -> None:
    link = Link(plain.central)
    link.ask("FirmwareStatusNotification", {"status": "DownloadFailed"})
    request = UpdateFirmware({"location": "http://h/x", "retrieveDate": "2026-01-01T00:00:00Z"})
    await plain.central.stations["CP1"].call(request)
    assert plain.firmware.record("CP1").firmware.status is None


async def test_diagnostics_by_address(plain: Bench) -> None:
    link = Link(plain.central)
    link.answer = {"fileName": "a.log"}
    station = plain.central.stations["CP1"]
    name = await plain.firmware.diagnostics(
        station, NOW - 60, NOW, "ftp://h/logs", retries=1, retry_interval=5
    )
    assert name == "a.log"
    assert link.calls == [
        (
            "GetDiagnostics",
            {
                "location": "ftp://h/logs",
                "startTime": "2025-12-31T23:59:00Z",
                "stopTime": "2026-01-01T00:00:00Z",
                "retries": 1,
                "retryInterval": 5,
            },
        )
    ]
    assert plain.firmware.record("CP1").diagnostics.file_name == "a.log"
    link.answer = {}
    assert await plain.firmware.diagnostics(station, location="ftp://h/logs") is None
    assert plain.firmware.record("CP1").diagnostics.file_name is None


@pytest.mark.parametrize(
    "fields",
    [
        {"retries": -1},
        {"retryInterval": -1},
        {"startTime": "2026-01-02T00:00:00Z", "stopTime": "2026-01-01T00:00:00Z"},
    ],
)
async def test_what_has_no_meaning_is_not_sent(plain: Bench, fields: Any) -> None:
    link = Link(plain.central)
    request: Any = {"location": "x", **fields}
    with pytest.raises(PropertyConstraintViolation):
        await plain.central.stations["CP1"].call(GetDiagnostics(request))
    assert link.calls == []


async def test_without_a_folder_nothing_is_served(plain: Bench) -> None:
    Link(plain.central)
    station = plain.central.stations["CP1"]
    with pytest.raises(NoEndpoint, match=r"central_system\.firmware_mgmt\.folder"):
        await plain.firmware.update(station, "fw.bin")
    with pytest.raises(NoEndpoint):
        await plain.firmware.diagnostics(station)


async def test_an_image_of_the_folder_is_served(bench: Bench) -> None:
    link = Link(bench.central)
    await bench.firmware.update(bench.central.stations["CP1"], "fw 1.bin")
    url = link.calls[0][1]["location"]
    assert url.endswith("/firmware/fw%201.bin")
    assert await fetch(url) == (200, b"image")


@pytest.mark.parametrize("image", ["none.bin", "../upload.key", ""])
async def test_an_image_that_is_not_there(bench: Bench, image: str) -> None:
    Link(bench.central)
    with pytest.raises(FileNotFoundError):
        await bench.firmware.update(bench.central.stations["CP1"], image)


@pytest.mark.parametrize("path", ["upload.key", "firmware/../upload.key", "diagnostics/CP1/a.log"])
async def test_only_firmware_is_served(bench: Bench, path: str) -> None:
    bench.firmware.upload_url("CP1")
    with pytest.raises(OSError, match="404"):
        await fetch(f"http://127.0.0.1:{bench.firmware.endpoint.port}/{path}")


@pytest.mark.parametrize("identity", ["CP1", "CP/1 ä"])
async def test_diagnostics_are_received(bench: Bench, identity: str, tmp_path: Path) -> None:
    link = Link(bench.central, identity)
    link.answer = {"fileName": "a.log"}
    await bench.firmware.diagnostics(bench.central.stations[identity])
    url = link.calls[0][1]["location"] + "a.log"
    assert (await fetch(url, b"lines", "PUT"))[0] == 201
    file = bench.firmware.record(identity).diagnostics.file
    assert file.read_bytes() == b"lines"
    assert file.parent.parent == tmp_path / "files" / "diagnostics"
    assert bench.told("DiagnosticsReceived") == [(file,)]


async def test_addresses_outlive_a_restart_of_the_central_system(
    bench: Bench, tmp_path: Path
) -> None:
    before = bench.firmware.upload_url("CP1").rsplit("/", 2)[1]
    again = Bench(folder=str(tmp_path / "files"), http_port=0)
    await again.firmware.listening.wait()
    assert again.firmware.upload_url("CP1").rsplit("/", 2)[1] == before
    await again.firmware.close()


async def test_nobody_uploads_uninvited(bench: Bench, tmp_path: Path) -> None:
    mine = bench.firmware.upload_url("CP1")
    base = mine[: mine.index("/diagnostics")]
    key = mine.rsplit("/", 2)[1]
    for path in (
        "diagnostics/a.log",
        "diagnostics/CP1/a.log",
        "diagnostics/CP1/wrong/a.log",
        f"diagnostics/CP2/{key}/a.log",
        f"diagnostics/CP1/{key}/..%2fa.log",
        f"firmware/{key}/a.log",
        "firmware/fw%201.bin",
    ):
        with pytest.raises(OSError, match="404"):
            await fetch(f"{base}/{path}", b"x", "PUT")
    assert list((tmp_path / "files" / "diagnostics").iterdir()) == []


async def test_uploads_are_bounded(bench: Bench) -> None:
    with pytest.raises(OSError, match="413"):
        await fetch(bench.firmware.upload_url("CP1") + "a.log", b"x" * 1001, "PUT")


async def test_the_operator_is_told_once_where_a_station_may_upload(bench: Bench) -> None:
    Link(bench.central)
    Link(bench.central)
    lines = [text for _, text in bench.log if text.startswith("CP1 may send diagnostics to ")]
    assert lines == [f"CP1 may send diagnostics to {bench.firmware.upload_url('CP1')}"]


async def test_a_port_that_is_taken_is_said_and_nothing_else_suffers(
    bench: Bench, tmp_path: Path
) -> None:
    other = Bench(folder=str(tmp_path / "two"), http_port=bench.firmware.endpoint.port)
    await other.firmware.listening.wait()
    assert any("http_port" in text for level, text in other.log if level == "error")
    assert Link(other.central).ask("FirmwareStatusNotification", {"status": "Idle"}) == {}
    await other.firmware.close()


async def test_a_url_of_ones_own_is_what_stations_are_told(tmp_path: Path) -> None:
    bench = Bench(folder=str(tmp_path), http_port=0, url="https://files.example/")
    await bench.firmware.listening.wait()
    assert bench.firmware.upload_url("CP1").startswith("https://files.example/diagnostics/CP1/")
    await bench.firmware.close()


async def test_what_one_address_takes_of_the_endpoint_is_limited(tmp_path: Path) -> None:
    bench = Bench(folder=str(tmp_path), http_port=0, requests_per_minute=2)
    await bench.firmware.listening.wait()
    (tmp_path / "firmware" / "fw.bin").write_bytes(b"image")
    url = f"http://127.0.0.1:{bench.firmware.endpoint.port}/firmware/fw.bin"
    for _ in range(2):
        assert await fetch(url) == (200, b"image")
    with pytest.raises(HTTPError) as refusal:
        await fetch(url)
    with refusal.value as answer:
        assert (answer.code, answer.headers["Retry-After"]) == (429, "60")
        assert answer.read() == b"127.0.0.1 has made 2 requests in a minute\n"
    await bench.firmware.close()


async def test_what_one_charge_point_fills_is_limited(tmp_path: Path) -> None:
    bench = Bench(folder=str(tmp_path), http_port=0, largest_folder=8)
    await bench.firmware.listening.wait()
    Link(bench.central)
    Link(bench.central, "CP2")
    for identity, name, status in (("CP1", "a", 201), ("CP1", "b", 507), ("CP2", "a", 201)):
        url = bench.firmware.upload_url(identity) + name
        try:
            assert await fetch(url, b"12345", "PUT") == (status, b"")
        except HTTPError as refusal:
            with refusal:
                assert refusal.code == status
    assert any("CP1 would hold more than 8 bytes" in text for _, text in bench.log)
    await bench.firmware.close()


async def test_files_are_served_on_when_the_central_system_starts_again(bench: Bench) -> None:
    """One endpoint at one port, which :meth:`CentralSystem.close` ends."""
    port = bench.firmware.endpoint.port
    bench.central.stop()
    bench.central.start()
    await asyncio.sleep(0.05)
    assert bench.firmware.endpoint.port == port
    await bench.firmware.close()
    assert bench.firmware.endpoint.port == 0
    with pytest.raises(URLError):
        await fetch(f"http://127.0.0.1:{port}/firmware/fw%201.bin")
