"""The example of a third party's plugin: it lowers limits, and runs on a module too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from device_bundle.bundler import bundle
from ocpp_kernel import events
from ocpp_kernel.build import build_station
from ocpp_kernel.config import load_config
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station

EXAMPLE = Path(__file__).parents[2] / "examples" / "local_load"
ANSWERS = {
    "BootNotification": {
        "status": "Accepted",
        "currentTime": "2026-01-01T00:00:00Z",
        "interval": 86400,
    },
    "StartTransaction": {"transactionId": 1, "idTagInfo": {"status": "Accepted"}},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
}


class Garage:
    """The example's charge point, connected to a central system that agrees to everything."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []
        self.answers: list[Any] = []
        self.station: Station = build_station(
            load_config(EXAMPLE / "ocpp.toml"), MemoryStore(), lambda *line: self.log.append(line)
        )
        assert self.log == []
        self.now = 0
        self.station.start(0)
        self.station.connected(0)
        self.settle()

    def settle(self) -> None:
        said: list[str] = []
        self.station.flush(said.append)
        while said:
            frame = json.loads(said.pop(0))
            if frame[0] == 2:
                reply = [3, frame[1], ANSWERS.get(frame[2], {})]
                self.station.receive(json.dumps(reply), self.now)
            else:
                self.answers.append(frame[2])
            self.station.tick(self.now)
            self.station.flush(said.append)

    def advance(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.station.tick(self.now)
            self.settle()

    def charge(self, connector: int) -> None:
        self.station.emit(events.Command(f"plug {connector}"))
        self.station.emit(events.TagPresented(connector, f"TAG{connector}"))
        self.settle()

    def measure(self, milliampere: int) -> None:
        self.station.shared["site_meter"](milliampere)
        self.settle()

    def call(self, action: str, payload: Any) -> Any:
        self.station.receive(json.dumps([2, "t", action, payload]), self.now)
        self.settle()
        return self.answers.pop()

    @property
    def offered(self) -> list[int]:
        return [c.offered for c in self.station.shared["connectors"][1:]]

    def status(self, connector: int) -> str:
        return str(self.station.shared["connectors"][connector].status)


@pytest.fixture
def garage() -> Garage:
    return Garage()


def test_evs_get_what_the_building_leaves(garage: Garage) -> None:
    garage.measure(15000)
    garage.charge(1)
    assert garage.offered[0] == 20000
    garage.charge(2)
    assert garage.offered == [10000, 10000]
    garage.measure(21000)
    assert garage.offered == [7000, 7000]
    garage.station.emit(events.CableUnplugged(2))
    garage.settle()
    assert garage.offered[0] == 14000


def test_what_is_too_little_for_an_ev_suspends_it(garage: Garage) -> None:
    garage.measure(15000)
    garage.charge(1)
    garage.measure(29001)
    assert garage.offered[0] == 0
    assert garage.status(1) == "SuspendedEVSE"
    garage.measure(20000)
    assert garage.offered[0] == 15000
    assert garage.status(1) == "Charging"


def test_small_rises_are_passed_over_and_any_fall_counts(garage: Garage) -> None:
    garage.measure(15000)
    garage.charge(1)
    garage.measure(14501)
    assert garage.offered[0] == 20000
    garage.measure(15001)
    assert garage.offered[0] == 19999


def test_a_meter_that_falls_silent_leaves_the_least(garage: Garage) -> None:
    garage.charge(1)
    assert garage.offered[0] == 6000  # nothing was read yet
    garage.measure(10000)
    assert garage.offered[0] == 25000
    garage.advance(59)
    assert garage.offered[0] == 25000
    garage.advance(1)
    assert garage.offered[0] == 6000
    assert ("warning", "the site's meter is silent: EVs get the least") in garage.log


def test_profiles_of_the_central_system_still_hold(garage: Garage) -> None:
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.1}],
    }
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }
    garage.measure(15000)
    garage.charge(1)
    request = {"connectorId": 0, "csChargingProfiles": profile}
    assert garage.call("SetChargingProfile", request) == {"status": "Accepted"}
    assert garage.offered[0] == 8100
    garage.measure(28000)
    assert garage.offered[0] == 7000


@pytest.mark.parametrize(
    ("data", "answer", "offered"),
    [
        ("21000", {"status": "Accepted"}, 14000),
        (
            "many",
            {"status": "Rejected", "data": "data must be the building's current in mA"},
            6000,
        ),
    ],
)
def test_a_site_controller_may_tell_it_too(
    garage: Garage, data: str, answer: Any, offered: int
) -> None:
    garage.charge(1)
    request = {"vendorId": "org.example.local_load", "messageId": "SiteCurrent", "data": data}
    assert garage.call("DataTransfer", request) == answer
    assert garage.offered[0] == offered
    assert garage.station.hooks.charging_limit(0, 0) == offered


def test_it_fits_into_a_bundle(tmp_path: Path) -> None:
    assert "local_load" in bundle(EXAMPLE / "ocpp.toml", tmp_path).plugins


def test_core_136_its_vendor_is_named_in_reversed_dns() -> None:
    (handler,) = Garage().station.hooks.register_data_transfer()
    assert handler.vendor_id == "org.example.local_load"
