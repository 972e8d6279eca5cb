"""/usr/main.py: it starts the app, and keeps why that ended."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from device_bundle.compile import compile_module
from device_bundle.emulator import Emulator
from device_bundle.main_stub import main_text
from device_bundle.targets import target_of
from ocpp_kernel.config import parse_config

CONFIG = parse_config({"bundle": {"project": "wallbox", "version": "1.2.3"}})
TARGET = target_of(CONFIG)
APP = """
def part(depth):
    if depth:
        part(depth - 1)
    raise ValueError("no meter " + "x" * 300)

part(5)
"""


def run(folder: Path, app: str, restarts: int, updates: bool = False) -> Emulator:
    """A module whose app is this text, until it was restarted so often."""
    bundle = folder / "bundle"
    bundle.mkdir()
    bundle.joinpath("main.py").write_text(main_text(CONFIG, TARGET, updates))
    bundle.joinpath("app.py").write_text(app)
    emulator = Emulator(bundle, data=folder / "flash", speed=500)
    with emulator:
        give_up = time.monotonic() + 60
        while emulator.restarts < restarts and time.monotonic() < give_up:
            time.sleep(0.02)
    assert emulator.restarts >= restarts, emulator.lines[-20:]
    return emulator


@pytest.mark.parametrize("updates", [False, True])
def test_it_is_text_every_firmware_compiles(updates: bool) -> None:
    text = main_text(CONFIG, TARGET, updates)
    assert compile_module("main", text)
    assert "PROJECT_NAME='wallbox'\nPROJECT_VERSION='1.2.3'\n" in text
    assert ("ocpp_trial" in text) == updates
    assert text.endswith("\n_main()\n")


@pytest.mark.parametrize("updates", [False, True])
def test_an_app_that_ends_leaves_its_reason_and_is_started_again(
    tmp_path: Path, updates: bool
) -> None:
    emulator = run(tmp_path, APP, 1, updates)
    log = emulator.root.joinpath("usr", "ocpp_crash").read_text()
    assert log.startswith("wallbox 1.2.3: Traceback")
    assert "ValueError: no meter xxx" in log
    assert "in part" in log


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    emulator = run(tmp_path, APP, 12)
    sizes = [
        emulator.root.joinpath("usr", name).stat().st_size
        for name in ("ocpp_crash", "ocpp_crash.old")
    ]
    assert max(sizes) <= 2000
    assert min(sizes) > 300


def test_a_flash_that_cannot_be_written_keeps_nothing_from_starting(tmp_path: Path) -> None:
    for name in ("ocpp_crash", "ocpp_starts"):
        tmp_path.joinpath("flash", "usr", name).mkdir(parents=True)
    emulator = run(tmp_path, APP, 1)
    assert "cannot write /usr/ocpp_starts" in emulator.lines
    assert any("no meter" in line for line in emulator.lines)


@pytest.mark.parametrize("nonsense", [b"many", b"\xff\xfe1"])
def test_a_count_of_starts_that_is_nonsense_counts_as_none(tmp_path: Path, nonsense: bytes) -> None:
    usr = tmp_path / "flash" / "usr"
    usr.mkdir(parents=True)
    usr.joinpath("ocpp_starts").write_bytes(nonsense)
    usr.joinpath("ocpp_crash").write_bytes(nonsense)
    emulator = run(tmp_path, APP, 1)
    assert not any("safe mode" in line for line in emulator.lines[:2])
    assert b"no meter" in usr.joinpath("ocpp_crash").read_bytes()
    assert emulator.root.joinpath("usr", "ocpp_starts").read_text() in "12"


def test_an_app_on_trial_without_the_firmwares_updater_runs_all_the_same(tmp_path: Path) -> None:
    hidden = "import builtins\nfind=builtins.__import__\ndef importer(name,*rest):\n if name=="
    hidden += "'app_fota':raise ImportError(name)\n return find(name,*rest)\n"
    hidden += "builtins.__import__=importer\n"
    folder = tmp_path / "bundle"
    folder.mkdir()
    folder.joinpath("main.py").write_text(hidden + main_text(CONFIG, TARGET, True))
    folder.joinpath("app.py").write_text("print('the app runs')\n")
    emulator = Emulator(folder, data=tmp_path / "flash", speed=500)
    emulator.upload()
    usr = tmp_path / "flash" / "usr"
    usr.joinpath("ocpp_previous").mkdir()
    usr.joinpath("ocpp_previous", "app.py").write_text("old")
    usr.joinpath("ocpp_trial").write_text("0 it never connected")
    try:
        emulator.start(upload=False)
        emulator.wait_for("the app runs")
        emulator.wait_for("the app runs", after=len(emulator.lines))
    finally:
        emulator.close()
    assert any("the previous app cannot be put back" in line for line in emulator.lines)
