"""Every command and every piece of code in the README does what the README says."""

from __future__ import annotations

import asyncio
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ocpp_kernel.build import build_station
from ocpp_kernel.config import load_config
from ocpp_kernel.memory_store import MemoryStore

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
DEMO, TESTS, *OTHERS = COMMANDS
BIN = Path(sys.executable).parent


def code(kind: str, containing: str) -> str:
    (found,) = [text for language, text in BLOCKS if language == kind and containing in text]
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout, without what was built in it."""
    ignored = shutil.ignore_patterns(
        ".git", ".venv", ".tox", ".*_cache", ".hypothesis", "__pycache__", "build", "*.egg-info"
    )
    return shutil.copytree(ROOT, tmp_path / "checkout", ignore=ignored)


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_first_command_sets_up_a_new_machine_and_runs_the_demo(checkout: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", DEMO], cwd=checkout, capture_output=True, text=True, timeout=590, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "StopTransaction" in done.stdout


def test_the_second_command_is_what_ci_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for part in TESTS.split(" && "):
        assert part in script.splitlines(), part


def test_every_other_command_is_tried_below() -> None:
    tried = {
        "ocpp-kernel serve --port 9000",
        "ocpp-kernel station --url ws://127.0.0.1:9000 --identity CP001",
        *ON_THE_EXAMPLE,
        *ON_FILES,
        *ON_A_CONFIGURATION,
        "python -m device_bundle.emulator build/wallbox --heap 512k --speed 10",
    }
    assert set(OTHERS) == tried


ON_THE_EXAMPLE = ["ocpp-kernel bundle --config examples/wallbox/ocpp.toml --out build/wallbox"]
ON_FILES = [
    "ocpp-kernel station --scenario examples/scenarios/full_charge.scenario",
    "ocpp-kernel schedule examples/schedules/night.json --out build/night.svg",
]
ON_A_CONFIGURATION = [
    "ocpp-kernel check ocpp.toml",
    "ocpp-kernel plugins --config ocpp.toml",
    "ocpp-kernel actions --config ocpp.toml",
    "ocpp-kernel check --device acme.py",
    "ocpp-kernel new-plugin acme_display --role both",
]


@pytest.mark.parametrize("command", ON_A_CONFIGURATION)
def test_commands_on_a_configuration(
    command: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "ocpp.toml").write_text(code("toml", "# ocpp.toml"), encoding="utf-8")
    (tmp_path / "acme.py").write_text(code("python", "acme.py"), encoding="utf-8")
    done = subprocess.run(
        command.split(), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", ON_FILES)
def test_commands_on_files(command: str, checkout: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command.split(), cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_bundle_is_made_and_runs_on_the_emulator(
    checkout: Path, environment: dict[str, str]
) -> None:
    (command,) = ON_THE_EXAMPLE
    subprocess.run(command.split(), cwd=checkout, env=environment, check=True, capture_output=True)
    assert (checkout / "build/wallbox/usr/main.py").is_file()
    assert list((checkout / "build/wallbox/usr-mpy").glob("*.mpy"))
    with Running(OTHERS[-1], checkout, environment) as process:
        assert "wallbox 1.0.0" in line_of(process, "wallbox")


class Running:
    """A command that runs until the block is left."""

    def __init__(self, command: str, folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command.split(),
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> subprocess.Popen[str]:
        return self.process

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, 15)
        self.process.communicate()


def lines_of(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    return iter(process.stdout.readline, "")


def line_of(process: subprocess.Popen[str], text: str) -> str:
    seen = []
    for line in lines_of(process):
        seen.append(line)
        if text in line:
            return line
    raise AssertionError(f"{text!r} was not printed: {''.join(seen)}")


def test_serve_and_station_talk_and_typed_lines_do_what_they_say(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    serve = OTHERS[0].replace("9000", "0")
    with Running(serve, tmp_path, environment) as server:
        url = line_of(server, "listening on ").split()[-1].rstrip("/")
        with Running(OTHERS[1].replace("ws://127.0.0.1:9000", url), tmp_path, environment) as cp:
            line_of(server, "StationBooted")
            calls = code("text", "GetConfiguration").splitlines()
            type_line(server, calls[0])
            assert '"key": "HeartbeatInterval"' in line_of(server, "CP001 GetConfiguration: ")
            type_line(cp, "plug 1")
            line_of(server, "status=Preparing")
            type_line(server, calls[1])
            line_of(server, "◀── = StartTransaction")
            type_line(cp, "quit")
            cp.wait(60)


def type_line(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


async def test_the_python_example_calls_a_station(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "example.py"
    script.write_text(code("python", "build_central"), encoding="utf-8")
    example = asyncio.ensure_future(runpy.run_path(str(script))["main"]())
    url = await asyncio.wait_for(told_url(capsys), 60)
    async with connect(f"{url}/CP001", subprotocols=[Subprotocol("ocpp1.6")], proxy=None) as ws:
        assert '"ChangeConfiguration"' in str(await ws.recv())
        await ws.send('[3,"1",{"status":"Accepted"}]')
        await asyncio.wait_for(example, 60)
    assert "Accepted" in capsys.readouterr().out


async def told_url(capsys: pytest.CaptureFixture[str]) -> str:
    printed = ""
    while "stations connect to" not in printed:
        await asyncio.sleep(0.05)
        printed += capsys.readouterr().out
    return printed.split()[-1]


def test_the_plugin_example_loads_with_its_settings(tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(code("python", "acme.py"), encoding="utf-8")
    (tmp_path / "ocpp.toml").write_text(code("toml", "./acme.py"), encoding="utf-8")
    logged: list[str] = []
    station = build_station(
        load_config(tmp_path / "ocpp.toml"), MemoryStore(), lambda level, text: logged.append(text)
    )
    assert not logged
    (handler,) = station.hooks.register_data_transfer()
    assert handler.handle("Ping", None) == ("Accepted", "hello 0")
