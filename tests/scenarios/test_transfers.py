"""Scripts that serve files to a charge point, and receive some of it, on both platforms."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.config import parse_config
from ocpp_kernel.scenario import Player, ScenarioFailed, ScriptError, read_script
from ocpp_kernel.scenario.files import Files
from ocpp_kernel.scenario.script import parse_script
from ocpp_kernel.scenario.simulation import JumpingClock
from ocpp_kernel.scenario.stage import Cast, simulation_stage
from ocpp_kernel.scenario.tape import Tape
from ocpp_kernel.transports.transfers import Options, Transfers

OnModule = Callable[..., AbstractAsyncContextManager[tuple[Player, Tape, Any]]]

#: Emulated seconds per second; a server's 30 s must stay long enough for a busy computer.
SPEED = 10
#: Bytes of flash.
FLASH = 512 * 1024
#: Of strict modules, see test_scenarios.
SEEDS = [int(text) for text in os.environ.get("OCPP_KERNEL_SEEDS", "1").split()]
SCRIPTS = sorted(Path(__file__).with_name("transfers").glob("*.scenario"))


def cast_in(folder: Path) -> Cast:
    return Cast(parse_config({}), folder / "state", JumpingClock())


async def play(folder: Path, *lines: str) -> None:
    async with simulation_stage(cast_in(folder)) as player:
        await player.play(parse_script("\n".join(lines), "a.scenario"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
async def test_on_cpython(path: Path, tmp_path: Path) -> None:
    async with simulation_stage(cast_in(tmp_path)) as player:
        await player.play(read_script(path))


@pytest.mark.slow
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
async def test_on_micropython_1_12(path: Path, on_module: OnModule, micropython_1_12: Path) -> None:
    """Files are opened, closed and renamed there as on QuecPython's older firmware."""
    stage = on_module(1, SPEED, "updates", flash=FLASH, interpreter=micropython_1_12)
    async with stage as (player, _, _):
        await player.play(read_script(path))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
async def test_on_micropython(path: Path, seed: int, on_module: OnModule) -> None:
    async with on_module(seed, SPEED, "updates", flash=FLASH) as (player, tape, _):
        await player.play(read_script(path))
    boots = [said.payload for said in tape.calls if said.action == "BootNotification"]
    assert boots[0]["firmwareVersion"] == "9.9.1"
    assert boots[-1]["firmwareVersion"] == ("2.0.0" if path.stem == "release" else "9.9.1")


async def test_fw_015_hours_between_attempts_pass_at_once(tmp_path: Path) -> None:
    cast = cast_in(tmp_path)
    script = parse_script(
        "power on\n< Heartbeat\n"
        '> UpdateFirmware {"location": "$files/late.bin", "retries": 3, "retryInterval": 7200,\n'
        '  "retrieveDate": "2026-01-01T00:00:00Z"}\n'
        "allow HTTP 404\n"
        '< FirmwareStatusNotification {"status": "Downloading"}\n'
        "wait 3 h\nfile late.bin here it is\n"
        '< FirmwareStatusNotification {"status": "Downloaded"}\n',
        "a.scenario",
    )
    async with simulation_stage(cast) as player:
        await player.play(script)
    assert cast.clock.now() > 4 * 3600


async def test_a_file_that_does_not_come(tmp_path: Path) -> None:
    with pytest.raises(ScenarioFailed, match=r":3: received x: it did not come, but: nothing"):
        await play(tmp_path, "power on", "< Heartbeat", "received x")
    with pytest.raises(ScenarioFailed, match=r"received \*.log fly: it did not come, but: CP001-"):
        await play(
            tmp_path,
            "power on",
            "< Heartbeat",
            '> GetDiagnostics {"location": "$files/"}',
            '< DiagnosticsStatusNotification {"status": "Uploaded"}',
            "received *.log fly",
        )


async def test_without_a_server_there_are_no_files() -> None:
    class Nobody:
        identity = "CP001"
        errors: tuple[str, ...] = ()

    player = Player(Nobody(), Tape())  # type: ignore[arg-type]  # its power is never switched on
    with pytest.raises(ScenarioFailed, match="only beside the built-in central system"):
        await player.play(parse_script("file a b", "a"))


@pytest.mark.parametrize("line", ["file", "received", "file a/b c", "image", "image a/b 1.0.0"])
def test_names_of_files(line: str) -> None:
    with pytest.raises(ScriptError, match="the name of a file is wanted"):
        parse_script(line, "a")


@pytest.mark.parametrize("line", ["image a.bin", "image a.bin 1.0 0"])
def test_an_image_has_a_version(line: str) -> None:
    with pytest.raises(ScriptError, match="and a version, such as: image"):
        parse_script(line, "a")


async def test_what_is_offered_and_received(tmp_path: Path) -> None:
    async with Files(tmp_path) as files:
        files.offer("a.bin", "ä".encode())
        assert (tmp_path / "offered" / "a.bin").read_bytes() == "ä".encode()
        assert files.url.startswith("http://127.0.0.1:")
        assert files.received() == []
        assert not files.take("*", "")
        transfers = Transfers(tmp_path / "own", Options(proxies=False))
        for number in range(2):
            job = transfers.send(f"{files.url}/{number}.log", "PUT", 5)
            job.feed(f"text{number}".encode())
            while not job.finished:
                await asyncio.sleep(0.01)
            assert job.fault == ""
        assert files.received() == ["0.log", "1.log"]
        assert not files.take("*.txt", "")
        assert not files.take("0.log", "text1")
        assert files.take("*.log", "text1")
        assert not files.take("*.log", "text1")
        assert files.received() == ["0.log"]


def test_addresses_of_files() -> None:
    tape = Tape()
    tape.values.update(files="http://h:1", number=7)
    assert tape.filled({"a": ["$files/x/y", "$files/", "$number"], "b": "$other/x"}) == {
        "a": ["http://h:1/x/y", "http://h:1/", 7],
        "b": "$other/x",
    }
