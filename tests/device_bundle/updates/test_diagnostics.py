"""A module's diagnostics reach the central system, and what cannot travel is told of."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.slow


async def test_fw_013_fw_014_diagnostics_are_uploaded(site: Any) -> None:
    """FW-013, FW-014: one file, complete, by way of the endpoint; its head tells of the station."""
    await site.power_up("1.0.0", send=700)
    for number in range(30):
        site.emulator.send_line("unplug 1" if number % 2 else "plug 1")
    await site.until(lambda: sum("Preparing" in text for _, text in site.frames) > 5)
    name = await site.firmware.diagnostics(site.station)
    await site.hears("Uploading", "Uploaded")
    file = site.firmware.record("CP1").diagnostics.file
    assert file.name == name
    lines = file.read_text().splitlines()
    assert lines[0].startswith("CP1 20")
    assert lines[1] == "firmware 1.0.0"
    assert "SupportedFileTransferProtocols=HTTP,HTTPS" in lines
    assert sum("CablePlugged" in line for line in lines) > 5


async def test_fw_013_what_is_kept_of_ends_may_be_damaged(site: Any) -> None:
    """FW-013: the rest is uploaded all the same."""
    await site.power_up("1.0.0")
    usr = site.emulator.root / "usr"
    usr.joinpath("ocpp_crash.old").write_bytes(b"\xff\xfe")
    usr.joinpath("ocpp_crash").write_text("why the app ended")
    await site.firmware.diagnostics(site.station, retries=0)
    await site.hears("Uploading", "Uploaded")
    assert "why the app ended" in site.firmware.record("CP1").diagnostics.file.read_text()


async def test_fw_015_an_upload_that_is_refused_is_tried_again_and_told(site: Any) -> None:
    """FW-014, FW-015."""
    await site.power_up("1.0.0")
    where = f"http://127.0.0.1:{site.firmware.endpoint.port}/elsewhere"
    await site.firmware.diagnostics(site.station, location=where, retries=1, retry_interval=1)
    await site.hears("Uploading", "UploadFailed")
    lines = site.emulator.lines
    assert [line for line in lines if "HTTP 404; 1 tries left" in line]
    assert [line for line in lines if "upload failed: the server answers HTTP 404" in line]


async def test_fw_010_fw_011_what_cannot_be_fetched_is_told(site: Any) -> None:
    """FW-003, FW-010, FW-011: another scheme, a host nobody knows, a file that is not there."""
    await site.power_up("1.0.0")
    base = f"http://127.0.0.1:{site.firmware.endpoint.port}"
    for location, why in {
        "ftp://127.0.0.1/fw.tar.gz": "no transfers by FTP here",
        "http://nobody.invalid/fw.tar.gz": "nobody.invalid: the name cannot be resolved",
        f"{base}/firmware/none.tar.gz": "the server answers HTTP 404",
    }.items():
        site.told.clear()
        await site.firmware.update(site.station, location, retries=0)
        await site.hears("Downloading", "DownloadFailed")
        await asyncio.to_thread(site.emulator.wait_for, f"DownloadFailed: {why}")
