"""Every subset of the optional profiles as a device has it: bundled, compiled, booted, asked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import GetConfiguration
from ocpp_plugins.local_auth_list.messages import GetLocalListVersion
from ocpp_plugins.remote_trigger.messages import TriggerMessage
from ocpp_plugins.reservation.messages import CancelReservation
from ocpp_plugins.smart_charging.messages import ClearChargingProfile

from device_bundle import bundler
from device_bundle.emulator import Emulator
from ocpp_kernel.build import build_central
from ocpp_kernel.config import Config
from ocpp_kernel.errors import RemoteError
from ocpp_kernel.events_central import StationBooted
from ocpp_kernel.transports.websocket_server import WebSocketServer

CONFIG = """
[profiles]
core_profile = true
simulated_ev = true
firmware_mgmt = false
{profiles}

[charge_point]
url = "ws://127.0.0.1:{port}"
identity = "CP1"
"""

#: A request of each profile, and what a charge point that has just booted answers.
ASKED: dict[str, tuple[Any, Any]] = {
    "local_auth_list": (GetLocalListVersion({}), {"listVersion": 0}),
    "remote_trigger": (TriggerMessage({"requestedMessage": "Heartbeat"}), {"status": "Accepted"}),
    "reservation": (CancelReservation({"reservationId": 1}), {"status": "Rejected"}),
    "smart_charging": (ClearChargingProfile({"id": 1}), {"status": "Unknown"}),
}


class Watcher:
    """Knows when the charge point has registered."""

    def __init__(self) -> None:
        self.booted = asyncio.Event()

    def ocpp_on_event(self, event: object) -> None:
        if isinstance(event, StationBooted):
            self.booted.set()


async def answer(station: Any, request: Any) -> Any:
    """The answer, or the code of the error."""
    try:
        return await asyncio.wait_for(station.call(request), 30)
    except RemoteError as error:
        return error.code


@pytest.mark.slow
async def test_each_subset_bundles_and_boots(
    subset: frozenset[str],
    claims: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """FRM-029: the bundle holds these profiles and no others, and a device with it says so."""
    monkeypatch.setattr(bundler, "_measure_heap", lambda result: None)  # nobody reads it here
    watcher = Watcher()
    central = build_central(Config(), lambda level, text: None, watcher)
    async with WebSocketServer(central, "127.0.0.1", 0) as server:
        profiles = "\n".join(f"{name} = {str(name in subset).lower()}" for name in claims)
        config = tmp_path / "ocpp.toml"
        config.write_text(CONFIG.format(profiles=profiles, port=server.port))
        made = await asyncio.to_thread(bundler.bundle, config, tmp_path / "out")
        assert set(made.plugins) == {"core_profile", "simulated_ev", *subset}
        assert all(f.compiled for f in made.files if f.name not in ("main.py", "texts.txt"))
        with Emulator(tmp_path / "out", speed=5) as emulator:
            await asyncio.wait_for(watcher.booted.wait(), 30)
            station = central.stations["CP1"]
            key = GetConfiguration({"key": ["SupportedFeatureProfiles"]})
            told = (await answer(station, key))["configurationKey"][0]["value"]
            assert set(told.split(",")) == {"Core", *(claims[name] for name in subset)}
            for name, (request, expected) in ASKED.items():
                assert await answer(station, request) == (
                    expected if name in subset else "NotSupported"
                ), name
            assert not [line for line in emulator.lines if "Traceback" in line or "failed" in line]
