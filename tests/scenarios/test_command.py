"""``ocpp-kernel station --scenario``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "scenarios"
COMMAND = [sys.executable, "-m", "ocpp_kernel", "station"]


def station(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=200,
    )


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.scenario")), ids=lambda path: path.stem)
def test_the_examples_play_without_any_configuration(path: Path) -> None:
    done = station("--scenario", path)
    assert done.returncode == 0, done.stderr
    assert "power on" in done.stdout
    assert "StartTransaction" in done.stdout
    assert f"{path}: all as it should be; " in done.stdout


def test_a_step_that_does_not_come_true_is_exit_code_1(tmp_path: Path) -> None:
    script = tmp_path / "a.scenario"
    script.write_text("power on\n< Fly\n")
    done = station("--scenario", script, "--quiet")
    assert done.returncode == 1
    assert f"Error: {script}:2: < Fly: it did not come" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_script_that_cannot_be_read_is_exit_code_2(tmp_path: Path) -> None:
    script = tmp_path / "a.scenario"
    done = station("--scenario", script)
    assert done.returncode == 2
    assert "cannot be read" in done.stderr
    script.write_text("wait long\n")
    done = station("--scenario", script)
    assert done.returncode == 2
    assert f"{script}:1: wait long: write a number" in done.stderr


def test_state_is_kept_where_data_says(tmp_path: Path) -> None:
    script = tmp_path / "a.scenario"
    script.write_text(
        "power on\n< StatusNotification\n"
        '> ChangeAvailability {"connectorId": 1, "type": "Inoperative"}\n= {"status": "Accepted"}\n'
    )
    assert station("--scenario", script, "--data", tmp_path / "state").returncode == 0
    script.write_text(
        'power on\n< StatusNotification {"connectorId": 1, "status": "Unavailable"}\n'
    )
    done = station("--scenario", script, "--data", tmp_path / "state")
    assert done.returncode == 0, done.stderr


def test_an_address_that_is_none_is_exit_code_2(tmp_path: Path) -> None:
    script = tmp_path / "a.scenario"
    script.write_text("power on\n")
    done = station("--scenario", script, "--url", "http://x", "--speed", "50")
    assert done.returncode == 2
    assert "--url or --identity" in done.stderr


@pytest.fixture
def url() -> Iterator[str]:
    """Where a central system listens whose time runs as fast as the charge point's."""
    with subprocess.Popen(
        [sys.executable, "-m", "ocpp_kernel", "serve", "--port", "0", "--speed", "50"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = (line for line in process.stdout if line.startswith("listening on "))
        yield next(lines).split()[-1]
        process.terminate()


def test_with_a_central_system_elsewhere(url: str, tmp_path: Path) -> None:
    script = tmp_path / "a.scenario"
    script.write_text(
        'power on\n< BootNotification\n< StatusNotification {"connectorId": 2}\n'
        "plug 1\ntag 1 ABCD\n< StartTransaction\nwait 20\ntag 1 ABCD\n"
        '< StopTransaction {"transactionId": "$transactionId"}\n'
    )
    done = station("--scenario", script, "--url", url, "--speed", "50")
    assert done.returncode == 0, done.stderr
    assert "all as it should be" in done.stdout
