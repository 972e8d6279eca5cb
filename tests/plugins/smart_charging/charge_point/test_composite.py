"""GetCompositeSchedule, and the certification cases users report most (SC-047 to SC-051)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

# Types of conftest.py, which is not a module to import.
Bench = Any
Make = Callable[..., dict[str, Any]]

DAY = 86400


def ask(bench: Bench, **request: Any) -> Any:
    return bench.call("GetCompositeSchedule", json.dumps(request))


def test_sc_047_the_whole_answer(booted: Bench, make_profile: Make) -> None:
    booted.install(1, make_profile("default", 8.1, (60, 16, 1), minimum=6, duration=300))
    booted.advance(5)
    assert ask(booted, connectorId=1, duration=120, chargingRateUnit="A") == {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": booted.time(),
        "chargingSchedule": {
            "duration": 120,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 8.1},
                {"startPeriod": 60, "limit": 16, "numberPhases": 1},
            ],
        },
    }


def test_sc_047_periods_end_with_the_duration_asked_for(booted: Bench, make_profile: Make) -> None:
    booted.install(1, make_profile("default", 10, (60, 9), (120, 8)))
    assert booted.composite(1, 120) == [(0, 10), (60, 9)]
    assert booted.composite(1, 121) == [(0, 10), (60, 9), (120, 8)]
    assert booted.composite(1, 1) == [(0, 10)]


def test_sc_047_periods_alike_are_one(booted: Bench, make_profile: Make) -> None:
    booted.install(1, make_profile("default", 10, (60, 10), (120, 8), (180, 9)))
    booted.install(0, make_profile("max", 8, start=booted.time(120)))
    assert booted.composite(1, 300) == [(0, 10), (120, 8)]


def test_sc_047_an_answer_that_grows_too_long_says_how_far_it_goes(
    booted: Bench, make_profile: Make
) -> None:
    periods = [(60 * number, 6 + number % 2) for number in range(48)]
    quarter = make_profile("default", *periods, kind="Daily", start=booted.time(0))
    booted.install(1, quarter)
    answer = ask(booted, connectorId=1, duration=10 * DAY, chargingRateUnit="A")
    schedule = answer["chargingSchedule"]
    assert len(schedule["chargingSchedulePeriod"]) == 100
    assert schedule["duration"] == 2 * DAY + 4 * 60
    longest = ask(booted, connectorId=2, duration=10**9)["chargingSchedule"]
    assert longest["duration"] == 31 * DAY


def test_sc_048_connector_0_is_the_sum_bounded_by_the_charge_points_limit(
    booted: Bench, make_profile: Make
) -> None:
    assert booted.composite(0) == [(0, 64)]
    booted.install(0, make_profile("default", 10, (60, 8), number=1))
    booted.install(2, make_profile("default", 16, number=2))
    assert booted.composite(0, 120) == [(0, 42 - 16), (60, 24)]
    booted.install(0, make_profile("max", 40, (60, 20), (90, 30), number=3))
    assert booted.composite(0, 120) == [(0, 26), (60, 20), (90, 24)]
    assert booted.composite(0, 120, "W") == [(0, 17940), (60, 13800), (90, 16560)]


def test_sc_048_connectors_with_other_phases_add_up_in_watts(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(1, make_profile("default", (0, 16, 1), number=1))
    booted.install(2, make_profile("default", (0, 16, 3), number=2))
    assert booted.composite(0, unit="W") == [(0, 3680 + 11040, 2)]


@pytest.mark.parametrize(
    ("unit", "expected"), [("A", [(0, 16), (60, 10)]), ("W", [(0, 11040), (60, 6900)])]
)
def test_sc_049_the_answer_is_in_the_unit_asked_for(
    booted: Bench, make_profile: Make, unit: str, expected: list[Any]
) -> None:
    booted.install(1, make_profile("default", 16, (60, 10)))
    assert booted.composite(1, unit=unit) == expected
    booted.install(1, make_profile("default", 11040, (60, 6900), unit="W"))
    assert booted.composite(1, unit=unit) == expected


@pytest.mark.parametrize(("units", "unit"), [("Current,Power", "A"), ("Power", "W")])
def test_sc_049_without_a_unit_it_is_one_that_is_allowed(
    make_bench: Callable[..., Bench], units: str, unit: str
) -> None:
    bench = make_bench(units=units).boot()
    answer = ask(bench, connectorId=1, duration=60)
    assert answer["chargingSchedule"]["chargingRateUnit"] == unit


def test_sc_049_a_unit_there_is_not(booted: Bench) -> None:
    assert booted.composite(1, unit="kW")[0] == "PropertyConstraintViolation"


def test_sc_049_conversions_round_down(booted: Bench, make_profile: Make) -> None:
    booted.install(1, make_profile("default", 10000, (60, 4140), unit="W"))
    assert booted.composite(1) == [(0, 14.4), (60, 6)]  # 14.49 A
    assert booted.composite(1, unit="W") == [(0, 10000), (60, 4140)]


@pytest.mark.parametrize(("connector", "duration"), [(3, 60), (-1, 60), (1, 0), (1, -5)], ids=str)
def test_sc_050_what_cannot_be_told_is_rejected(
    booted: Bench, connector: int, duration: int
) -> None:
    assert booted.composite(connector, duration) == {"status": "Rejected"}


def test_sc_051_unlimited_spans_show_what_the_hardware_has(
    booted: Bench, make_profile: Make
) -> None:
    assert booted.composite(1) == [(0, 32)]
    assert booted.composite(1, unit="W") == [(0, 22080)]
    booted.install(1, make_profile("default", 40, (60, 10), duration=120))
    assert booted.composite(1) == [(0, 32), (60, 10), (120, 32)]


def test_sc_051_amperes_and_watts_are_compared_as_current(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(0, make_profile("max", 9660, unit="W"))  # 14 A
    booted.install(1, make_profile("default", 16, (60, 13), (120, 14)))
    assert booted.composite(1, 180) == [(0, 14), (60, 13), (120, 14)]
    assert booted.composite(1, 180, "W") == [(0, 9660), (60, 8970), (120, 9660)]


def test_sc_051_the_fewest_phases_count(booted: Bench, make_profile: Make) -> None:
    booted.install(0, make_profile("max", (0, 16, 1)))
    booted.install(1, make_profile("default", (0, 10, 3)))
    assert booted.composite(1) == [(0, 10, 1)]
    assert booted.composite(1, unit="W") == [(0, 2300, 1)]
    booted.install(0, make_profile("max", (0, 8, 3)))
    booted.install(1, make_profile("default", (0, 10, 1)))
    assert booted.composite(1, unit="W") == [(0, 1840, 1)]


# Certification cases: what is set, and what is then told and done.


def test_tc_056_a_default_profile_over_a_transaction(booted: Bench, make_profile: Make) -> None:
    """SC-005, SC-025: set before the transaction, absolute, in three steps."""
    default = make_profile(
        "default", 6, (60, 10), (120, 8), start=booted.time(0), duration=300, level=0
    )
    booted.install(1, default)
    booted.charge(1)
    seen = []
    for _ in range(310):
        booted.advance(1)
        seen.append(booted.offered[0])
    expected = [6000] * 59 + [10000] * 60 + [8000] * 180 + [32000] * 11
    assert seen == expected


def test_tc_066_the_composite_of_three_purposes(booted: Bench, make_profile: Make) -> None:
    """SC-023, SC-047: the minimum over purposes, exact at each boundary."""
    start = booted.time(0)
    booted.install(0, make_profile("max", 10, start=start, duration=DAY))
    booted.install(1, make_profile("default", 6, (60, 10), (120, 8), start=start, duration=300))
    booted.charge(1)
    booted.install(
        1,
        make_profile("tx", 8, (50, 11), (140, 16), (200, 6), (240, 12), start=start, duration=260),
    )
    assert booted.composite(1, 350) == [
        (0, 8),
        (50, 10),
        (200, 6),
        (240, 10),
        (260, 8),
        (300, 10),
    ]
    assert booted.composite(0, 100) == [(0, 10)]


def test_tc_067_clearing_by_criteria_and_by_id(booted: Bench, make_profile: Make) -> None:
    """SC-045: what is left shows in the composite."""
    booted.install(0, make_profile("max", 12))
    booted.install(1, make_profile("default", 10, number=9))
    assert booted.clear(connectorId=1, chargingProfilePurpose="TxDefaultProfile") == "Accepted"
    assert booted.composite(1) == [(0, 12)]
    booted.install(1, make_profile("default", 10, number=9))
    assert booted.clear(id=9) == "Accepted"
    assert booted.composite(1) == [(0, 12)]
    assert booted.clear(connectorId=0, stackLevel=0) == "Accepted"
    assert booted.composite(1) == [(0, 32)]
    assert booted.clear(id=9) == "Unknown"


def test_tc_072_stacked_profiles_fill_each_others_gaps(booted: Bench, make_profile: Make) -> None:
    """SC-020, SC-031: two levels of one purpose, of different lengths."""
    start = booted.time(0)
    booted.install(
        1,
        make_profile("default", 6, (60, 10), (120, 8), start=start, duration=400, level=0),
        make_profile("default", 7, (50, 11), (90, 13), start=start, duration=150, level=1),
    )
    booted.charge(1)
    assert booted.composite(1, 450) == [
        (0, 7),
        (50, 11),
        (90, 13),
        (150, 8),
        (400, 32),
    ]
    booted.advance(149)
    assert booted.offered[0] == 13000
    booted.advance(1)
    assert booted.offered[0] == 8000
