"""What a limit does to a charging EV, also offline (SC-033 to SC-040)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import events

# Types of conftest.py, which is not a module to import.
Bench = Any
Make = Callable[..., dict[str, Any]]

DAY = 86400


@pytest.mark.parametrize(
    ("limit", "offered"),
    [((0, 11040), 16000), ((0, 11040, 3), 16000), ((0, 3680, 1), 16000), ((0, 7360, 2), 16000)],
)
def test_sc_033_035_watts_are_shared_by_the_phases_given_or_three(
    booted: Bench, make_profile: Make, limit: Any, offered: int
) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", limit, unit="W"))
    assert booted.offered[0] == offered


def test_sc_035_amperes_are_of_each_phase_and_the_voltage_is_the_nominal_one(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    bench = make_bench(voltage=120, phases=1).boot()
    bench.hardware.values["Voltage.L1-N"] = "131.7"
    bench.charge(1)
    bench.install(1, make_profile("tx", (0, 16, 1)))
    assert bench.offered[0] == 16000
    bench.install(1, make_profile("tx", (0, 1440, 1), unit="W"))
    assert bench.offered[0] == 12000


def test_sc_034_more_phases_than_there_are_change_no_limit(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    bench = make_bench(phases=1).boot()
    bench.charge(1)
    bench.install(1, make_profile("tx", (0, 10, 3)))
    assert bench.offered[0] == 10000
    assert bench.composite(1) == [(0, 10)]
    bench.install(1, make_profile("tx", (0, 6900, 3), unit="W"))
    assert bench.offered[0] == 10000
    assert bench.composite(1, unit="W") == [(0, 6900)]


def test_sc_036_limit_0_suspends_and_a_higher_one_resumes(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", 16, (60, 0), (120, 10)))
    booted.advance(60)
    assert booted.hardware.offered[1] == 0
    assert booted.statuses() == [(1, "SuspendedEVSE")]
    booted.advance(60)
    assert booted.hardware.offered[1] == 10000
    assert booted.statuses() == [(1, "Charging")]


def test_sc_036_an_ev_that_was_full_is_suspended_by_itself_afterwards(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", 0, (60, 10)))
    booted.emit(events.EvReady(1, False))
    booted.seen()
    booted.advance(60)
    assert booted.statuses() == [(1, "SuspendedEV")]


def test_sc_036_less_than_evs_charge_with_is_nothing(booted: Bench, make_profile: Make) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", 5.9))
    assert booted.offered[0] == 0
    assert booted.status(1) == "SuspendedEVSE"
    booted.install(1, make_profile("tx", 6))
    assert booted.offered[0] == 6000


def test_sc_037_the_minimum_rate_advises_sharing_and_raises_no_limit(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", 8, minimum=13, number=11))
    assert booted.offered[0] == 8000
    booted.charge(2, "TAG2")
    booted.install(0, make_profile("max", 20))
    assert booted.offered == [8000, 12000]
    # The second needs more than its part: it waits for the first.
    booted.install(2, make_profile("tx", 8280, unit="W", minimum=8280, number=12))
    booted.install(1, make_profile("tx", 16, number=11))
    assert booted.offered == [16000, 0]


def test_sc_038_phases_are_never_switched(booted: Bench, make_profile: Make) -> None:
    """The driver is told of currents only."""
    booted.charge(1)
    booted.install(1, make_profile("tx", (0, 16, 3), (60, 16, 1), (120, 16, 3)))
    booted.advance(130)
    assert booted.offered[0] == 16000
    assert booted.statuses() == []


def test_sc_039_a_new_default_is_switched_to_and_a_removed_one_let_go(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.install(0, make_profile("default", 16, number=1))
    assert booted.offered[0] == 16000  # it had no profile
    booted.install(0, make_profile("default", 12, number=2))
    assert booted.offered[0] == 12000  # it had the old one
    assert booted.clear(chargingProfilePurpose="TxDefaultProfile") == "Accepted"
    assert booted.offered[0] == 32000
    assert booted.status(1) == "Charging"


def test_sc_040_offline_profiles_go_on(booted: Bench, make_profile: Make) -> None:
    booted.allow_offline()
    booted.charge(1)
    booted.install(0, make_profile("default", 14))
    booted.install(1, make_profile("tx", 12, (60, 10)))
    booted.disconnect()
    booted.advance(60)
    assert booted.offered[0] == 10000
    booted.tag("TAG2", 2)
    booted.plug(2)
    assert booted.offered[1] == 14000


def test_sc_040_offline_without_profiles_there_is_no_limit(booted: Bench) -> None:
    booted.allow_offline()
    booted.disconnect()
    booted.plug(1)
    booted.tag()
    assert booted.offered[0] == 32000
    assert booted.station.hooks.charging_limit(1, booted.station.utc()) is None


def test_sc_040_before_the_time_is_known_what_needs_no_clock_goes_on(
    booted: Bench, make_profile: Make
) -> None:
    booted.allow_offline()
    booted.install(1, make_profile("default", 14, (60, 10)))
    booted.install(2, make_profile("default", 8, start=booted.time(0), number=2))
    booted.restart()
    assert booted.station.utc() is None
    for connector in (1, 2):
        booted.plug(connector)
        booted.tag(f"TAG{connector}", connector)
    assert booted.offered == [14000, 32000]
    booted.advance(60)
    assert booted.offered == [10000, 32000]


def test_sc_040_before_the_time_is_known_the_charge_points_lowest_limit_counts(
    booted: Bench, make_profile: Make
) -> None:
    booted.allow_offline()
    day = make_profile("max", 20, (3600, 12), (7200, 16), kind="Daily", start=booted.time(0))
    booted.install(0, day)
    booted.restart(gap=0)
    booted.plug(1)
    booted.tag()
    assert booted.offered[0] == 12000
    booted.station.set_utc(booted.station.now + 1_767_225_600)
    booted.advance(1)
    assert booted.offered[0] == 20000


def test_a_corrected_clock_counts_at_once(booted: Bench, make_profile: Make) -> None:
    booted.charge(1)
    booted.install(1, make_profile("default", 10, (3600, 8), start=booted.time(0)))
    assert booted.offered[0] == 10000
    booted.station.set_utc(booted.station.utc() + 3600)
    booted.settle()
    assert booted.offered[0] == 8000


def test_the_lowest_of_all_plugins_limits_counts(booted: Bench, make_profile: Make) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", 16))
    booted.other.limit = 9000
    booted.emit(events.LimitChanged(0))
    assert booted.offered[0] == 9000


def test_nothing_is_asked_between_boundaries(booted: Bench, make_profile: Make) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", 16, (600, 10)))
    booted.other.events.clear()
    booted.advance(599)
    asked = [e for e in booted.other.events if isinstance(e, events.LimitChanged)]
    assert asked == []
    booted.advance(1)
    assert booted.offered[0] == 10000


def test_a_boundary_far_off_is_not_forgotten(booted: Bench, make_profile: Make) -> None:
    booted.configure("HeartbeatInterval", "86400")
    booted.configure("MeterValueSampleInterval", "0")
    booted.charge(1)
    booted.install(1, make_profile("tx", 16, (40 * DAY, 10)))
    for _ in range(40 * 24):
        booted.now += 3600
        booted.station.tick(booted.now)
        booted.settle()
    assert booted.offered[0] == 10000


def test_without_profiles_nothing_is_done(booted: Bench) -> None:
    booted.charge(1)
    booted.emit(events.EvReady(1, False))
    booted.advance(5)
    told = [e for e in booted.other.events if isinstance(e, events.LimitChanged)]
    assert told == []
