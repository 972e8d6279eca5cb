"""The bundled charge point under MicroPython, which has no transfers yet: it says so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ocpp_plugins.firmware_mgmt.messages import GetDiagnostics, UpdateFirmware


def status_is(status: str) -> Any:
    return lambda event: getattr(event, "status", "") == status


@pytest.mark.slow
async def test_fw_003_fw_011_fw_014_without_transfers_everything_fails_and_is_told(
    bundled: Any,
) -> None:
    """FW-003, FW-011, FW-013, FW-014: never a success that was none, and nothing hangs."""
    async with bundled("firmware_mgmt") as module:
        await module.status("Available")
        station = module.central.stations["CP1"]
        await station.call(
            UpdateFirmware({"location": "http://h/fw.bin", "retrieveDate": "2026-01-01T00:00:00Z"})
        )
        await module.until(status_is("Downloading"))
        await module.until(status_is("DownloadFailed"))
        answer = await station.call(GetDiagnostics({"location": "http://h/logs"}))
        assert answer["fileName"].startswith("CP1-")
        await module.until(status_is("Uploading"))
        await module.until(status_is("UploadFailed"))
        answer = await station.call(
            GetDiagnostics({"location": "http://h/logs", "startTime": "2100-01-01T00:00:00Z"})
        )
        assert answer == {}
        emulator = module.emulator
        await asyncio.to_thread(emulator.wait_for, "no transfers by HTTP here")
        assert not [line for line in emulator.lines if "Traceback" in line or "a plugin" in line]
