"""The plugin as it is installed: alone on a bench, and in scenarios on both platforms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ocpp_kernel.testing import (
    Bench,
    BundledChargePoint,
    assert_not_sent,
    assert_sent,
    play_scenario,
    why_no_micropython,
)
from ocpp_plugins.core_profile.messages import DataTransfer
from ocpp_plugins.smart_charging.messages import SetChargingProfile

HERE = Path(__file__).parent
CONFIG = HERE.parent / "ocpp.toml"
SCENARIO = HERE / "load.scenario"


@pytest.fixture
def garage() -> Bench:
    bench = Bench("core_profile", "smart_charging", "site_meter")
    bench.connect()
    return bench


def charge(garage: Bench, connector_id: int) -> None:
    garage.hardware.plug(connector_id)
    garage.hardware.present(f"TAG{connector_id}", connector_id)


def measure(garage: Bench, milliampere: int) -> None:
    garage.station.shared["site_meter"](milliampere)
    garage.pump()


def offered(garage: Bench) -> list[int]:
    return [garage.hardware.offered[1], garage.hardware.offered[2]]


def test_evs_get_what_the_building_leaves(garage: Bench) -> None:
    measure(garage, 15000)
    charge(garage, 1)
    assert offered(garage)[0] == 20000
    charge(garage, 2)
    assert offered(garage) == [10000, 10000]
    measure(garage, 21000)
    assert offered(garage) == [7000, 7000]
    garage.hardware.unplug(2)
    assert offered(garage)[0] == 14000


def test_what_is_too_little_for_an_ev_suspends_it(garage: Bench) -> None:
    measure(garage, 15000)
    charge(garage, 1)
    measure(garage, 29001)
    assert offered(garage)[0] == 0
    assert_sent(garage.frames, "StatusNotification", {"status": "SuspendedEVSE"})
    measure(garage, 20000)
    assert offered(garage)[0] == 15000
    assert garage.station.shared["connectors"][1].status == "Charging"


def test_small_rises_are_passed_over_and_any_fall_counts(garage: Bench) -> None:
    measure(garage, 15000)
    charge(garage, 1)
    measure(garage, 14501)
    assert offered(garage)[0] == 20000
    measure(garage, 15001)
    assert offered(garage)[0] == 19999


def test_a_meter_that_falls_silent_leaves_the_least(garage: Bench) -> None:
    charge(garage, 1)
    assert offered(garage)[0] == 6000  # nothing was read yet
    measure(garage, 10000)
    assert offered(garage)[0] == 25000
    garage.advance(59)
    assert offered(garage)[0] == 25000
    garage.advance(1)
    assert offered(garage)[0] == 6000
    assert garage.log.of("warning") == ["the site's meter is silent: EVs get the least"]


def test_profiles_of_the_central_system_still_hold(garage: Bench) -> None:
    measure(garage, 15000)
    charge(garage, 1)
    answer = garage.call(
        SetChargingProfile(
            {
                "connectorId": 0,
                "csChargingProfiles": {
                    "chargingProfileId": 1,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingProfileKind": "Relative",
                    "chargingSchedule": {
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.1}],
                    },
                },
            }
        )
    )
    assert answer == {"status": "Accepted"}
    assert offered(garage)[0] == 8100
    measure(garage, 28000)
    assert offered(garage)[0] == 7000


@pytest.mark.parametrize(
    ("data", "answer", "limit"),
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
    garage: Bench, data: str, answer: Any, limit: int
) -> None:
    charge(garage, 1)
    request = DataTransfer(
        {"vendorId": "org.example.site_meter", "messageId": "SiteCurrent", "data": data}
    )
    assert garage.call(request) == answer
    assert offered(garage)[0] == limit
    assert garage.station.hooks.charging_limit(0, 0) == limit


def test_nothing_changes_while_nobody_charges(garage: Bench) -> None:
    sent = len(garage.frames)
    measure(garage, 30000)
    assert offered(garage) == [-1, -1]
    assert_not_sent(garage.frames[sent:], "StatusNotification")


def test_the_scenario_on_cpython() -> None:
    play_scenario(SCENARIO, CONFIG)


@pytest.mark.skipif(why_no_micropython() != "", reason=why_no_micropython())
def test_the_scenario_on_a_module(tmp_path: Path) -> None:
    module = BundledChargePoint(CONFIG, tmp_path)
    assert "site_meter" in module.result.plugins
    module.play(SCENARIO)
