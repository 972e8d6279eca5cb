"""What a module says of updates and diagnostics when it is asked, or asked for another one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ocpp_plugins.remote_trigger.messages import TriggerMessage

from ocpp_kernel import timestamps

pytestmark = pytest.mark.slow

UPDATED = ("Downloaded", "Installing", "boot 2.0.0", "Installed")


@asynccontextmanager
async def hesitant_server(image: bytes = b"") -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The URL of a file that comes when it is asked for again, and what is set the first time."""
    asked = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if asked.is_set():
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(image) + image)
        else:
            asked.set()
            await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/2.0.0.tar.gz", asked


async def trigger(site: Any, message: Any) -> str:
    """The status told on being asked."""
    site.told.clear()
    answer = await site.station.call(TriggerMessage({"requestedMessage": message}))
    assert answer == {"status": "Accepted"}
    await site.until(lambda: site.told)
    return str(site.told[0])


async def test_fw_008_fw_009_idle_when_asked_and_a_new_update_in_the_middle(site: Any) -> None:
    """FW-008, FW-009: the second takes the first one's place; its statuses follow."""
    await site.power_up("1.0.0")
    assert await trigger(site, "FirmwareStatusNotification") == "Idle"
    assert await trigger(site, "DiagnosticsStatusNotification") == "Idle"
    site.publish("2.0.0.tar.gz", site.release("2.0.0").image())
    site.told.clear()
    async with hesitant_server() as (url, asked):
        await site.firmware.update(site.station, url)
        await asked.wait()
        await site.hears("Downloading")
        assert await trigger(site, "FirmwareStatusNotification") == "Downloading"
        site.told.clear()
        await site.firmware.update(site.station, "2.0.0.tar.gz")
        await site.hears("Downloading", *UPDATED)
    assert await trigger(site, "FirmwareStatusNotification") == "Idle"


async def test_fw_004_a_network_that_comes_late_after_a_power_cut_costs_no_attempt(
    site: Any,
) -> None:
    """FW-004: registering takes a module up to a minute; there is one attempt, which is kept."""
    await site.power_up("1.0.0")
    async with hesitant_server(site.release("2.0.0").image()) as (url, asked):
        await site.firmware.update(site.station, url, retries=0)
        await asked.wait()
        await site.hears("Downloading")
        # What was asked for follows what waits, so that was answered and is not told again.
        assert await trigger(site, "FirmwareStatusNotification") == "Downloading"
        await asyncio.to_thread(site.emulator.kill)
        site.emulator.set_network(False)
        await asyncio.to_thread(site.emulator.start, False)
        await asyncio.to_thread(site.emulator.wait_for, "no network")
        await asyncio.sleep(1)  # of the module's time more than several attempts would take
        site.emulator.set_network(True)
        await site.hears("Downloading", "boot 1.0.0", *UPDATED)


async def test_fw_016_the_window_bounds_what_a_module_uploads(site: Any) -> None:
    """FW-016: what came before or after is left out; where that is all, nothing is sent."""
    await site.power_up("1.0.0")
    await typed(site, "plug 1", "Preparing")
    await typed(site, "unplug 1", "Available")
    year = 365 * 86400
    now = site.central.utc()
    assert await site.firmware.diagnostics(site.station, start=now + year) is None
    assert await site.firmware.diagnostics(site.station, stop=now - year) is None
    assert site.told == []
    everything = await noted(site)
    plugged = next(at for at, line in everything if "CablePlugged" in line)
    unplugged = next(at for at, line in everything if "CableUnplugged" in line)
    assert everything[0][0] < plugged < unplugged
    for start, stop in ((plugged, plugged), (plugged + 1, unplugged), (plugged, unplugged - 1)):
        some = await noted(site, start=start, stop=stop)
        assert some == [entry for entry in everything if start <= entry[0] <= stop]
        assert some
    assert [entry for entry in await noted(site, stop=plugged - 1) if entry[0] >= plugged] == []
    assert (await noted(site, start=unplugged))[0][0] == unplugged


async def typed(site: Any, line: str, status: str) -> None:
    """Types a line seconds of the module's time after what was before, and waits for a status."""
    await asyncio.sleep(0.5)
    seen = len(site.frames)
    site.emulator.send_line(line)
    await site.until(lambda: any(status in text for _, text in site.frames[seen:]))


async def noted(site: Any, **bounds: int) -> list[tuple[int, str]]:
    """The lines with a time of what was uploaded, but for the first, which is of now."""
    site.told.clear()
    assert await site.firmware.diagnostics(site.station, **bounds)
    await site.hears("Uploading", "Uploaded")
    lines = site.firmware.record("CP1").diagnostics.file.read_text().splitlines()
    timed = [(timestamps.parse(line.partition(" ")[0]), line) for line in lines[1:]]
    return [(at, line) for at, line in timed if at is not None]
