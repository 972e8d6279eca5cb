"""Every subset of the optional profiles as a device has it: bundled, compiled, booted, charging."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import itertools
import json
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import mpy_cross_v6
import pytest

from device_bundle import bundler
from device_bundle.emulator import EmulatorError
from device_bundle.targets import LIMITS
from ocpp_kernel.config import parse_config
from ocpp_kernel.contracts import Action
from ocpp_kernel.scenario import Player, ScenarioFailed
from ocpp_kernel.scenario.script import parse_script
from ocpp_kernel.scenario.stage import central_stage
from ocpp_kernel.transports.clock import Clock

_PATH = Path(__file__).parents[1] / "scenarios" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("combinations_stage", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
stage = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(stage)

#: Emulated seconds per second, few enough for a computer with other work.
SPEED = 20

CONFIG = """
[profiles]
core_profile = true
simulated_ev = true
{profiles}

[charge_point]
url = "ws://127.0.0.1:{port}"
identity = "CP1"

[charge_point.simulated_ev]
connectors = 2

[device]
ping_interval = 0
watchdog = 0
retry_minimum = 1
retry_maximum = 4
"""

#: By profile: the name it is claimed by, a request, and what a charge point that has just booted
#: answers.
PROFILES: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "firmware_mgmt": (
        "FirmwareManagement",
        "UpdateFirmware",
        {"location": "http://127.0.0.1:9/new", "retrieveDate": "2100-01-01T00:00:00Z"},
        {},
    ),
    "local_auth_list": (
        "LocalAuthListManagement",
        "GetLocalListVersion",
        {},
        {"listVersion": 0},
    ),
    "remote_trigger": (
        "RemoteTrigger",
        "TriggerMessage",
        {"requestedMessage": "Heartbeat"},
        {"status": "Accepted"},
    ),
    "reservation": (
        "Reservation",
        "CancelReservation",
        {"reservationId": 1},
        {"status": "Rejected"},
    ),
    "smart_charging": ("SmartCharging", "ClearChargingProfile", {"id": 1}, {"status": "Unknown"}),
}
ALL = [
    frozenset(names)
    for size in range(len(PROFILES) + 1)
    for names in itertools.combinations(PROFILES, size)
]

CHARGING = """
> ChangeConfiguration {"key": "MeterValueSampleInterval", "value": "5"}
= {"status": "Accepted"}
plug 1
tag 1 ABCD
< StartTransaction {"connectorId": 1, "idTag": "ABCD"}
< StatusNotification {"connectorId": 1, "status": "Charging"}
< MeterValues {"connectorId": 1, "transactionId": "$transactionId"}
< MeterValues {"connectorId": 1, "transactionId": "$transactionId"}
tag 1 ABCD
< StopTransaction {"transactionId": "$transactionId", "idTag": "ABCD"}
unplug 1
< StatusNotification {"connectorId": 1, "status": "Available"}
"""


def script(subset: frozenset[str]) -> str:
    """Boots, is asked for every profile, and charges a car."""
    claimed = ",".join(sorted(["Core", *(PROFILES[name][0] for name in subset)]))
    lines = [
        "power on",
        '< StatusNotification {"connectorId": 2}',
        '> GetConfiguration {"key": ["SupportedFeatureProfiles"]}',
        f'= {{"configurationKey": [{{"value": "{claimed}"}}]}}',
    ]
    for name, (_, action, request, answer) in PROFILES.items():
        expected = json.dumps(answer) if name in subset else "NotSupported"
        lines += [f"> {action} {json.dumps(request)}", f"= {expected}"]
    return "\n".join(lines) + CHARGING


def compile_for_v6(usr: Path, replace: bool) -> None:
    """Each module compiles for firmware of the new line; with `replace` that is what runs."""
    for path in sorted(usr.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        done, compiled = mpy_cross_v6.mpy_cross_compile(path.name, source, optimization_level=3)
        assert compiled, done.stderr
        assert compiled[:2] == b"M\x06"
        if replace and path.name != "main.py":
            path.unlink()
            path.with_suffix(".mpy").write_bytes(compiled)


def actions_of(name: str) -> set[str]:
    """What a profile adds to what can be said."""
    messages = importlib.import_module(f"ocpp_plugins.{name}.messages")
    core = importlib.import_module("ocpp_plugins.core_profile.messages")
    return {
        value.name
        for key, value in vars(messages).items()
        if isinstance(value, Action) and not hasattr(core, key)
    }


def bundled(folder: Path, subset: frozenset[str], port: int) -> Path:
    """The bundle's `usr`; every other subset is compiled for firmware of the new line."""
    profiles = "\n".join(f"{name} = {str(name in subset).lower()}" for name in PROFILES)
    config = folder / "ocpp.toml"
    config.write_text(CONFIG.format(profiles=profiles, port=port))
    made = bundler.bundle(config, folder / "out")
    assert set(made.plugins) == {"core_profile", "simulated_ev", *subset}
    assert len(made.files) <= LIMITS.files
    text = b"".join(file.text for file in made.files)
    absent = {action for name in PROFILES if name not in subset for action in actions_of(name)}
    assert not {action for action in absent if b"'" + action.encode() + b"'" in text}
    modules = [file for file in made.files if file.name not in ("main.py", "texts.txt")]
    assert all(file.compiled[:2] == b"M\x05" for file in modules)
    compile_for_v6(folder / "out" / "usr", replace=ALL.index(subset) % 2 == 1)
    return folder / "out" / "usr"


def test_these_are_all_the_profiles_there_are() -> None:
    portable = {
        point.name
        for point in entry_points(group="ocpp_kernel")
        if "ocpp_plugins." in point.value
        and importlib.util.find_spec(f"{point.value}.charge_point") is not None
    }
    assert portable == {"core_profile", "simulated_ev", *PROFILES}


@pytest.mark.slow
@pytest.mark.parametrize("chosen", ALL, ids=lambda names: "+".join(sorted(names)) or "core")
async def test_each_subset_bundles_boots_and_charges(
    chosen: frozenset[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reserve_port: Callable[[], int],
) -> None:
    """FRM-029, CORE-114: the bundle holds these profiles and no others, says so, and charges.

    Of a profile that is off not even its actions' names are left.

    Each on a strict module of another kind.
    """
    monkeypatch.setattr(bundler, "_measure_heap", lambda result: {})  # nobody reads it here
    port, seed = reserve_port(), ALL.index(chosen) + 100
    usr = await asyncio.to_thread(bundled, tmp_path, chosen, port)
    clock = Clock(SPEED)
    made = stage.Bundle(usr, port, {})
    module = stage.Module(made, tmp_path / "module", clock, "CP1", seed)
    async with central_stage(parse_config({}), clock, port=port) as (central, network):
        try:
            player = Player(module, central.tape, central, network)
            await player.play(parse_script(script(chosen), "subset"))
        except (EmulatorError, ScenarioFailed) as error:
            raise AssertionError(f"{error}\nits console:\n{module.tail()}") from error
        finally:
            await module.close()
    stops = [said.payload for said in central.tape.calls if said.action == "StopTransaction"]
    assert len(stops) == 1
    assert int(str(stops[0]["meterStop"])) > 0
