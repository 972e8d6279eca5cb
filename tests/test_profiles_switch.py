"""One line of ``ocpp.toml`` switches a profile: what is claimed, answered and bundled follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from device_bundle.bundler import bundle
from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.errors import NotSupported, UnknownAction
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.plugins import discover, load
from ocpp_kernel.role_faults import PluginError
from ocpp_kernel.testing import CentralPair
from ocpp_kernel.transports.websocket_server import WebSocketServer

#: A profile with behaviour in both roles, as a third party would write it in one module. It brings
#: its own contracts of two standard actions, so the profiles that come with these are off.
KERBSIDE = '''
from typing import TypedDict
from ocpp_kernel.contracts import CENTRAL_SYSTEM, CHARGE_POINT, Action, on


class ReserveNowRequest(TypedDict):
    connectorId: int


class StatusResponse(TypedDict):
    status: str


class DiagnosticsRequest(TypedDict):
    status: str


class Empty(TypedDict):
    pass


ReserveNow = Action("ReserveNow", ReserveNowRequest, StatusResponse, sent_by=CENTRAL_SYSTEM)
Diagnostics = Action(
    "DiagnosticsStatusNotification", DiagnosticsRequest, Empty, sent_by=CHARGE_POINT
)


class Settings:
    """What may be set."""

    answer: str = "kerbside says yes"


class ChargePoint:
    """The charge point's side."""

    profile = "Reservation"
    settings = Settings

    def __init__(self, station, settings):
        self.settings = settings

    @on(ReserveNow)
    def on_reserve_now(self, request):
        return {"status": self.settings.answer}


class CentralSystem:
    """The central system's side."""

    def __init__(self, central, settings):
        self.heard = []

    @on(Diagnostics)
    def on_diagnostics_status_notification(self, station, request):
        self.heard.append(request["status"])
        return {}
'''

SWITCH = """
[profiles]
reservation = false
firmware_mgmt = false
kerbside = {kerbside}

[plugins]
load = ["./kerbside.py"]
"""

RESERVE = [2, "r", "ReserveNow", {"connectorId": 1}]
DIAGNOSTICS = [2, "d", "DiagnosticsStatusNotification", {"status": "Idle"}]


@pytest.fixture
def on(tmp_path: Path) -> Config:
    return configured(tmp_path, "true")


@pytest.fixture
def off(tmp_path: Path) -> Config:
    return configured(tmp_path, "false")


def configured(folder: Path, kerbside: str) -> Config:
    (folder / "kerbside.py").write_text(KERBSIDE)
    path = folder / "ocpp.toml"
    path.write_text(SWITCH.format(kerbside=kerbside))
    return load_config(path)


def complaint(level: str, text: str) -> None:
    """Nothing here is to complain."""
    assert level not in ("warning", "error"), text


def joined(config: Config) -> CentralPair:
    """Both roles of one configuration, connected and booted."""
    station = build_station(config, MemoryStore(), complaint)
    pair = CentralPair(station, build_central(config, complaint))
    station.start(0)
    pair.connect()
    return pair


def ask_station(pair: CentralPair, frame: list[Any]) -> Any:
    """What the charge point answers to a frame."""
    station, written = pair.station, list[str]()
    station.receive(json.dumps(frame), pair.clock.now)
    station.flush(written.append)
    return json.loads(written[-1])


def ask_central(pair: CentralPair, frame: list[Any]) -> Any:
    """What the central system answers to a frame of the charge point."""
    session, written = pair.connected.session, list[str]()
    assert session is not None
    session.receive(json.dumps(frame), pair.clock.now)
    session.flush(written.append)
    return json.loads(written[-1])


def claimed(pair: CentralPair) -> list[str]:
    """SupportedFeatureProfiles, as the charge point tells."""
    key = {"key": ["SupportedFeatureProfiles"]}
    answer = ask_station(pair, [2, "g", "GetConfiguration", key])[2]
    return str(answer["configurationKey"][0]["value"]).split(",")


def test_a_profile_that_is_on_is_claimed_and_answered_in_both_roles(on: Config) -> None:
    pair = joined(on)
    assert "Reservation" in claimed(pair)
    assert ask_station(pair, RESERVE) == [3, "r", {"status": "kerbside says yes"}]
    assert ask_central(pair, DIAGNOSTICS) == [3, "d", {}]


def test_a_profile_that_is_off_is_neither(off: Config) -> None:
    pair = joined(off)
    assert "Core" in claimed(pair)
    assert "Reservation" not in claimed(pair)
    for answer in (ask_station(pair, RESERVE), ask_central(pair, DIAGNOSTICS)):
        assert (answer[0], answer[2]) == (4, NotSupported.code)


def test_a_profile_that_is_off_is_not_in_the_bundle(on: Config, off: Config) -> None:
    folder = Path(str(off.path)).parent
    texts = {}
    for name in ("true", "false"):
        configured(folder, name)
        made = bundle(folder / "ocpp.toml", folder / name)
        texts[name] = b"".join(file.text for file in made.files)
        assert ("kerbside" in made.plugins) == (name == "true")
    assert b"kerbside" in texts["true"]
    assert b"ReserveNow" in texts["true"]
    assert b"kerbside" not in texts["false"]
    assert b"ReserveNow" not in texts["false"]
    # What only the central system has never reaches a device.
    assert b"heard" not in texts["true"]


def nothing() -> Config:
    """Every plugin is off."""
    return Config(profiles={found.name: False for found in discover(Config())})


def test_without_any_profile_a_central_system_knows_no_action() -> None:
    central = build_central(nothing(), complaint)
    assert central.profiles == ()
    with pytest.raises(UnknownAction):
        central.router.handler("BootNotification")
    with pytest.raises(UnknownAction):
        central.router.handler("Heartbeat")


async def test_without_a_protocol_no_central_system_listens() -> None:
    central = build_central(nothing(), complaint)
    with pytest.raises(ValueError, match="no plugin brings a WebSocket subprotocol"):
        await WebSocketServer(central, port=0).start()


def test_profiles_that_build_on_core_are_not_left_without_it() -> None:
    with pytest.raises(PluginError, match="plugin reservation: requires core_profile; switch it"):
        build_station(Config(profiles={"core_profile": False}), MemoryStore(), complaint)


def test_without_any_profile_a_charge_point_claims_and_answers_nothing() -> None:
    station = build_station(nothing(), MemoryStore(), complaint)
    assert station.profiles == ()
    station.connected(0)
    written: list[str] = []
    station.receive('[2,"1","Reset",{"type":"Soft"}]', 0)
    station.flush(written.append)
    assert json.loads(written[-1])[2] == UnknownAction.code


def test_only_profiles_with_behaviour_are_claimed() -> None:
    """Messages alone make no profile: a charge point must not claim what it cannot do."""
    plugins = load(Config(), "charge_point").plugins
    silent = [plugin for plugin in plugins if plugin.role is None]
    pair = joined(Config())
    assert claimed(pair) == sorted(
        plugin.role.profile for plugin in plugins if hasattr(plugin.role, "profile")
    )
    for plugin in silent:
        for action in plugin.actions():
            if action.sent_by == "central_system":
                answer = ask_station(pair, [2, "s", action.name, {}])
                assert (answer[0], answer[2]) == (4, NotSupported.code), action.name
