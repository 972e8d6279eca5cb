"""A new release reaches a module, from UpdateFirmware to the BootNotification after it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import ChangeConfiguration

pytestmark = pytest.mark.slow

UPDATED = ("Downloading", "Downloaded", "Installing", "boot 2.0.0", "Installed")


def padded(release: Any) -> bytes:
    """An image of about 200 KB: what is listed and not needed is carried along."""
    release.files["main.py"] += b"#" + hashlib.shake_256(b"noise").digest(200_000).hex().encode()
    return bytes(release.image())


class Cutter:
    """Passes connections on to a server, and cuts each after so many bytes of its answers."""

    def __init__(self, port: int, *limits: int) -> None:
        self.limits = list(limits)
        self.requests: list[bytes] = []
        self.port = 0
        self._to = port

    async def __aenter__(self) -> Cutter:
        self._server = await asyncio.start_server(self._arrived, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()

    async def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head)
        left = self.limits.pop(0) if self.limits else 1 << 30
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        back.write(head)
        while left > 0 and (data := await there.read(min(4096, left))):
            left -= len(data)
            writer.write(data)
            await writer.drain()
        writer.close()
        back.close()


async def test_fw_002_fw_007_a_newer_release_is_fetched_installed_and_confirmed(site: Any) -> None:
    """FW-001, FW-002, FW-005, FW-007: statuses in order, then the new version runs."""
    await site.power_up("1.0.0")
    site.publish("2.0.0.tar.gz", site.release("2.0.0").image())
    await site.firmware.update(site.station, "2.0.0.tar.gz")
    await site.hears(*UPDATED)
    await site.until_gone()
    assert site.emulator.restarts == 1
    for name, content in site.release("2.0.0").files.items():
        assert (site.usr(name).read_bytes() == content) == (name != "main.py")


async def test_fw_004_a_cut_download_goes_on_where_it_stopped(site: Any) -> None:
    """FW-004: two cuts, two retries; what came before each is not fetched again."""
    await site.power_up("1.0.0")
    image = site.release("2.0.0").image()
    site.publish("2.0.0.tar.gz", image)
    async with Cutter(site.firmware.endpoint.port, 9000, 9000) as cutter:
        where = f"http://127.0.0.1:{cutter.port}/firmware/2.0.0.tar.gz"
        await site.firmware.update(site.station, where, retries=2, retry_interval=1)
        await site.hears(*UPDATED)
    ranges = [request.partition(b"Range: ")[2].partition(b"\r\n")[0] for request in cutter.requests]
    starts = [int(part.removeprefix(b"bytes=").rstrip(b"-") or b"0") for part in ranges]
    assert starts[0] == 0
    assert 8000 < starts[1] < 9000
    assert 16000 < starts[2] < 18000
    assert all(b"If-Range: " in request for request in cutter.requests[1:])


async def test_fw_010_an_image_comes_by_https(site: Any) -> None:
    """FW-010, FW-011."""
    await site.power_up("1.0.0")
    image = site.release("2.0.0").image()
    data = Path(__file__).parents[1] / "runtime" / "data"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(data / "server.pem", data / "server_key.pem")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(image) + image)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        await site.firmware.update(site.station, f"https://127.0.0.1:{port}/2.0.0.tar.gz")
        await site.hears(*UPDATED)


async def test_a_download_goes_on_after_a_power_cut(site: Any) -> None:
    """FW-004: what was written before stays of use."""
    await site.power_up("1.0.0")
    site.publish("2.0.0.tar.gz", site.release("2.0.0").image())
    async with Cutter(site.firmware.endpoint.port, 20000) as cutter:
        where = f"http://127.0.0.1:{cutter.port}/firmware/2.0.0.tar.gz"
        await site.firmware.update(site.station, where, retries=5, retry_interval=60)
        await asyncio.to_thread(site.emulator.wait_for, "5 tries left")
        await asyncio.to_thread(site.emulator.kill)
        await asyncio.to_thread(site.emulator.start, False)
        await site.hears("Downloading", "boot 1.0.0", *UPDATED[1:])
    assert b"Range: bytes=" in cutter.requests[1]


async def test_the_station_lives_on_while_200_kb_arrive(site: Any) -> None:
    """Heartbeats and transactions go on, and nothing of them is lost or late."""
    await site.power_up("1.0.0")
    await site.station.call(ChangeConfiguration({"key": "HeartbeatInterval", "value": "1"}))
    image = padded(site.release("2.0.0"))
    assert len(image) > 200_000
    site.publish("2.0.0.tar.gz", image)
    await site.firmware.update(site.station, "2.0.0.tar.gz")
    await site.until(lambda: "Downloading" in site.told)
    start = len(site.frames)
    await site.until(lambda: "Downloaded" in site.told)
    kinds = [action for action, _ in site.frames[start:]]
    assert kinds.count("Heartbeat") >= 3
    assert not [line for line in site.emulator.lines if "disconnected" in line]


async def test_fw_006_a_transaction_delays_the_installation_and_is_whole(site: Any) -> None:
    """FW-006: what charges is left to finish; nothing of it is lost by the update."""
    await site.power_up("1.0.0")
    site.emulator.send_line("plug 1")
    site.emulator.send_line("tag 1 ABCD")
    await site.until(lambda: "StartTransaction" in [action for action, _ in site.frames])
    site.publish("2.0.0.tar.gz", site.release("2.0.0").image())
    await site.firmware.update(site.station, "2.0.0.tar.gz")
    await site.until(lambda: "Downloaded" in site.told)
    beats = len(site.frames)
    await site.until(lambda: len(site.frames) > beats + 3)
    assert site.told == ["Downloading", "Downloaded"]
    site.emulator.send_line("tag 1 ABCD")
    await site.hears(*UPDATED)
    calls = [(action, json.loads(text)[3]) for action, text in site.frames]
    started = [payload for action, payload in calls if action == "StartTransaction"]
    stopped = [payload for action, payload in calls if action == "StopTransaction"]
    assert len(started) == len(stopped) == 1
    assert stopped[0]["meterStop"] >= started[0]["meterStart"]
    assert [action for action, _ in calls].index("StopTransaction") < [
        payload.get("status") for _, payload in calls
    ].index("Installing")
