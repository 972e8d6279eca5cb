"""The bundled runtime under MicroPython when network, memory, flash or a handler fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from device_bundle.emulator import find_interpreter

pytestmark = pytest.mark.usefixtures("interpreter")

# Types of conftest.py, which is not a module to import.
Start = Callable[..., Any]
Server = Any
Peer = Any

TEXT = 1
#: One bundle for all of these.
SETTINGS = "ping_interval = 0\nrecovery_after = 8\nleast_memory = {least}\nwatchdog = 60"
PLAIN = SETTINGS.format(least=0)


@pytest.fixture(scope="session")
def interpreter() -> Path:
    return find_interpreter()


async def echoed(peer: Peer, text: str) -> None:
    """The device answers a CALL, so the connection works."""
    peer.send(TEXT, json.dumps([2, "1", "Echo", {"text": text}]).encode())
    assert json.loads((await peer.receive())[1]) == [3, "1", {"text": text}]


async def test_without_a_network_the_module_helps_itself(device: Start, server: Server) -> None:
    station = device(server.port, settings=PLAIN, network=False)
    await station.says("no network: no signal")
    await station.says("no connection for long, dialling anew")
    await station.says("no connection for long, restarting the radio")
    await station.says("no connection for long, restarting the module")
    await station.says("probe: started by Reboot")
    assert station.emulator.restarts == 1
    assert station.emulator.state.joinpath("recovery").exists()
    station.emulator.set_network(True)
    await echoed(await server.accept(), "there again")
    assert not station.emulator.state.joinpath("recovery").exists()


async def test_what_protects_the_connection_is_told(device: Start, server: Server) -> None:
    station = device(server.port, settings=PLAIN)
    await station.says("warning no TLS: others can read and change what is sent")


async def test_a_handler_that_takes_long_is_remarked_upon(device: Start, server: Server) -> None:
    station = device(server.port, settings=PLAIN)
    peer = await server.accept()
    station.type("hang 20")
    told = await station.says("a turn of the main loop took ")
    assert int(told.partition(" took ")[2].split()[0]) >= 20
    await echoed(peer, "alive")
    assert station.emulator.restarts == 0


async def test_a_handler_that_hangs_is_ended_by_the_watchdog(device: Start, server: Server) -> None:
    station = device(server.port, settings=PLAIN)
    await server.accept()
    station.type("hang 80")
    await station.says("probe: started by Watchdog")
    await echoed(await server.accept(), "again")


def long_call(size: int) -> bytes:
    return json.dumps([2, "1", "Echo", {"text": "x" * size}]).encode()


async def test_a_message_there_is_no_memory_for_costs_the_connection_only(
    device: Start, server: Server
) -> None:
    station = device(server.port, settings=PLAIN)
    peer = await server.accept()
    station.type("hoard 20000")
    await station.says("probe: hoarding")
    peer.send(TEXT, long_call(15000))
    await station.says("internal fault: MemoryError")
    peer = await server.accept()
    await echoed(peer, "little")
    station.type("release")
    station.type("now")
    await station.says("probe: now")
    peer.send(TEXT, long_call(15000))
    assert len((await peer.receive())[1]) > 15000
    assert station.emulator.restarts == 0


async def test_memory_that_stays_exhausted_ends_in_a_restart(device: Start, server: Server) -> None:
    station = device(server.port, settings=PLAIN + "\nretry_maximum = 5")
    peer = await server.accept()
    station.type("append before")
    await station.says("probe: appended")
    station.type("hoard 20000")
    await station.says("probe: hoarding")
    for _ in range(4):
        peer.send(TEXT, long_call(15000))
        await station.says("internal fault: MemoryError")
        peer = await server.accept()
    peer.send(TEXT, long_call(15000))
    await station.says("turns fail again and again, restarting")
    await station.says("probe: started by Reboot")
    await echoed(await server.accept(), "again")
    station.type("records")
    await station.says("probe: ['before']")


async def test_little_memory_left_is_told(device: Start, server: Server) -> None:
    station = device(server.port, settings=SETTINGS.format(least=100000))
    peer = await server.accept()
    station.type("hoard 30000")
    await station.says("probe: hoarding")
    await echoed(peer, "still working")
    await station.says("B of memory are left")
    assert station.emulator.restarts == 0


async def test_a_flash_that_fails_at_the_start_keeps_nothing_from_running(
    device: Start, server: Server, tmp_path: Path
) -> None:
    """Where the folder should be is a file: it can be neither read nor written."""
    folder = tmp_path / "flash" / "usr" / "ocpp_data"
    folder.parent.mkdir(parents=True)
    folder.write_bytes(b"no folder")
    station = device(server.port, settings=PLAIN)
    await station.says("error /usr/ocpp_data cannot be read")
    await station.says("probe: started by PowerUp")
    peer = await server.accept()
    await echoed(peer, "without flash")
    station.type("save lost")
    await station.says("StoreError")
    assert station.emulator.restarts == 0
    folder.unlink()
    station.type("save kept")
    await station.says("probe: saved")
    station.type("load")
    await station.says("probe: kept")


@pytest.mark.parametrize("content", [b"", b"\x00" * 4096, b"\xff\xfe garbage\n\n\n", b"\n00"])
async def test_files_that_hold_nonsense_are_set_aside(
    device: Start, server: Server, tmp_path: Path, content: bytes
) -> None:
    folder = tmp_path / "flash" / "usr" / "ocpp_data"
    folder.mkdir(parents=True)
    for name in ("restart", "recovery", "value", "probe", "half.new", "half.tmp", "unknown"):
        folder.joinpath(name).write_bytes(content)
    station = device(server.port, settings=PLAIN)
    await station.says("probe: started by PowerUp")
    peer = await server.accept()
    station.type("save fresh")
    await station.says("probe: saved")
    station.type("append fresh")
    await station.says("probe: appended")
    station.type("records")
    await station.says("probe: ['fresh']")
    await echoed(peer, "alive")
    assert station.emulator.restarts == 0
    await asyncio.to_thread(station.emulator.kill)
    assert not folder.joinpath("half.tmp").exists()
