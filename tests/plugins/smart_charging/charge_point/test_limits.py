"""What installed profiles do to a charging EV (SC-019 to SC-040)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import events

# Types of conftest.py, which is not a module to import.
Bench = Any
Make = Callable[..., dict[str, Any]]

DAY = 86400


def test_sc_019_validity_begins_and_ends_at_its_second(booted: Bench, make_profile: Make) -> None:
    booted.charge(1)
    validity = {"validFrom": booted.time(10), "validTo": booted.time(20)}
    booted.install(1, make_profile("default", 10, **validity))
    seen = []
    for _ in range(25):
        booted.advance(1)
        seen.append(booted.offered[0])
    assert seen == [32000] * 9 + [10000] * 10 + [32000] * 6


def test_sc_019_validity_is_usable_on_transaction_profiles(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", 10, validTo=booted.time(20)))
    assert booted.offered[0] == 10000
    booted.advance(20)
    assert booted.offered[0] == 32000


def test_sc_020_the_highest_valid_stack_level_prevails(booted: Bench, make_profile: Make) -> None:
    booted.charge(1)
    booted.install(
        1,
        make_profile("default", 20, level=5, validFrom=booted.time(60)),
        make_profile("default", 6, level=1),
        make_profile("default", 10, level=3),
    )
    assert booted.offered[0] == 10000
    booted.advance(60)
    assert booted.offered[0] == 20000


def test_sc_021_a_transaction_profile_overrules_the_default_and_ends_with_its_transaction(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(0, make_profile("default", 10, level=8))
    booted.charge(1)
    booted.install(1, make_profile("tx", 16))
    assert booted.offered[0] == 16000
    booted.unplug(1)
    booted.charge(1)
    assert booted.offered[0] == 10000
    assert booted.clear(chargingProfilePurpose="TxProfile") == "Unknown"


def test_sc_021_other_transactions_keep_theirs(booted: Bench, make_profile: Make) -> None:
    booted.charge(1)
    booted.charge(2, "TAG2")
    booted.install(1, make_profile("tx", 16, number=1))
    booted.install(2, make_profile("tx", 12, number=2))
    booted.unplug(1)
    booted.advance(1)
    assert booted.offered[1] == 12000


def test_sc_022_silent_transaction_profiles_leave_it_to_lower_ones_then_the_default_then_nobody(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(0, make_profile("default", 8, duration=300))
    booted.charge(1)
    booted.install(
        1,
        make_profile("tx", 20, level=1, duration=100),
        make_profile("tx", 14, level=0, duration=200),
    )
    assert booted.composite(1, 400) == [(0, 20), (100, 14), (200, 8), (300, 32)]


def test_sc_023_the_limit_is_the_lowest_of_the_purposes(booted: Bench, make_profile: Make) -> None:
    booted.charge(1)
    booted.install(0, make_profile("max", 12, start=booted.time(0)))
    booted.install(1, make_profile("tx", 10, (60, 20)))
    assert booted.offered[0] == 10000
    booted.advance(60)
    assert booted.offered[0] == 12000


def test_sc_024_the_charge_points_limit_bounds_the_sum(booted: Bench, make_profile: Make) -> None:
    booted.install(0, make_profile("max", 20))
    booted.charge(1)
    assert booted.offered[0] == 20000
    booted.charge(2, "TAG2")
    assert booted.offered == [10000, 10000]
    booted.install(1, make_profile("tx", 7))
    assert booted.offered == [7000, 13000]
    booted.unplug(2)
    booted.advance(1)
    assert booted.offered[0] == 7000
    assert booted.clear(chargingProfilePurpose="TxProfile") == "Accepted"
    assert booted.offered[0] == 20000


def test_sc_024_where_it_is_not_enough_for_all_the_last_to_come_waits(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(2)
    booted.charge(1, "TAG2")
    booted.install(0, make_profile("max", 10))
    assert booted.offered == [0, 10000]
    assert [booted.status(1), booted.status(2)] == ["SuspendedEVSE", "Charging"]
    booted.unplug(2)
    booted.advance(1)
    assert booted.offered[0] == 10000
    assert booted.status(1) == "Charging"


def test_sc_024_an_ev_that_asks_for_nothing_leaves_its_part_to_others(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(0, make_profile("max", 20))
    booted.charge(1)
    booted.charge(2, "TAG2")
    booted.emit(events.EvReady(1, False))
    assert booted.offered == [6000, 14000]
    assert booted.status(1) == "SuspendedEV"
    booted.emit(events.EvReady(1, True))
    assert booted.offered == [10000, 10000]


def test_sc_024_the_whole_charge_points_limit_can_be_asked_for(
    booted: Bench, make_profile: Make
) -> None:
    hooks = booted.station.hooks
    booted.install(0, make_profile("max", 20, (60, 16)))
    assert hooks.charging_limit(0, booted.station.utc()) == 20000
    assert hooks.charging_limit(0, booted.station.utc() + 60) == 16000
    assert hooks.charging_limit(1, booted.station.utc()) == 20000  # nobody charges there


def test_sc_025_absolute_schedules_count_from_their_start_or_the_transactions(
    booted: Bench, make_profile: Make
) -> None:
    fixed = make_profile("default", 10, (120, 8), start=booted.time(-60), number=1)
    open_ = make_profile("default", 10, (120, 8), kind="Absolute", number=2)
    booted.install(1, fixed)
    booted.install(2, open_)
    booted.advance(30)
    booted.charge(1)
    booted.charge(2, "TAG2")
    assert booted.composite(1, 300) == [(0, 10), (30, 8)]
    assert booted.composite(2, 300) == [(0, 10), (120, 8)]


def test_sc_026_relative_schedules_count_from_the_transaction(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.advance(50)
    # What start it may name does not count.
    wire = make_profile("tx", 10, (120, 8), start=booted.time(-1000), kind="Relative")
    booted.install(1, wire)
    assert booted.composite(1, 300) == [(0, 10), (70, 8)]
    booted.advance(69)
    assert booted.offered[0] == 10000
    booted.advance(1)
    assert booted.offered[0] == 8000


def test_sc_026_for_the_whole_charge_point_they_count_from_their_receipt(
    booted: Bench, make_profile: Make
) -> None:
    booted.advance(50)
    booted.install(0, make_profile("max", 10, (120, 8)))
    booted.advance(20)
    booted.charge(1)
    assert booted.composite(1, 300) == [(0, 10), (100, 8)]


def test_sc_027_daily_schedules_start_again_at_their_time(
    booted: Bench, make_profile: Make
) -> None:
    # 3.13.7: 11 kW by night, 6 kW from 08:00 to 20:00; set years ago.
    night = make_profile(
        "default",
        11000,
        (28800, 6000),
        (72000, 11000),
        kind="Daily",
        start="2013-01-01T00:00:00Z",
        duration=DAY,
        unit="W",
    )
    booted.install(0, night)
    day = [(0, 11000), (28800, 6000), (72000, 11000)]
    next_day = [(28800 + DAY, 6000), (72000 + DAY, 11000)]
    assert booted.composite(1, 2 * DAY, "W") == day + next_day
    booted.advance(10)
    assert booted.composite(1, DAY, "W") == [(0, 11000), (28790, 6000), (71990, 11000)]


def test_sc_027_weekly_schedules_start_again_on_their_weekday(
    booted: Bench, make_profile: Make
) -> None:
    # 1 January 2026 is a Thursday; this is of Saturdays, 06:30.
    saturday = make_profile(
        "default", 10, kind="Weekly", start="2025-11-01T06:30:00Z", duration=3600
    )
    booted.install(0, saturday)
    at = 2 * DAY + 6 * 3600 + 1800
    assert booted.composite(1, 14 * DAY) == [
        (0, 32),
        (at, 10),
        (at + 3600, 32),
        (at + 7 * DAY, 10),
        (at + 7 * DAY + 3600, 32),
    ]


@pytest.mark.parametrize("kind", ["Absolute", "Daily"])
def test_sc_028_before_its_start_a_schedule_says_nothing(
    booted: Bench, make_profile: Make, kind: str
) -> None:
    later = make_profile("default", 10, level=1, start=booted.time(100), kind=kind)
    booted.install(1, later, make_profile("default", 8))
    assert booted.composite(1, 200) == [(0, 8), (100, 10)]


def test_sc_029_without_duration_the_last_period_lasts_and_nothing_lower_is_heard(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(1, make_profile("default", 10, (60, 9), level=1), make_profile("default", 8))
    assert booted.composite(1, 31 * DAY) == [(0, 10), (60, 9)]


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (100, [(0, 10), (60, 9), (100, 32)]),
        (60, [(0, 10), (60, 32)]),
        (30, [(0, 10), (30, 32)]),
        (0, [(0, 32)]),
    ],
)
def test_sc_030_031_duration_cuts_periods_off_and_holds_the_last(
    booted: Bench, make_profile: Make, duration: int, expected: list[Any]
) -> None:
    booted.install(1, make_profile("default", 10, (60, 9), duration=duration))
    assert booted.composite(1) == expected


def test_sc_031_after_the_duration_the_next_lower_level_counts_until_it_recurs(
    booted: Bench, make_profile: Make
) -> None:
    night = make_profile(
        "default", 10, level=1, kind="Daily", start=booted.time(-3600), duration=7200
    )
    booted.install(1, night, make_profile("default", 16))
    assert booted.composite(1, DAY) == [(0, 10), (3600, 16), (DAY - 3600, 10)]


def test_sc_032_what_is_longer_than_the_recurrence_is_cut(
    booted: Bench, make_profile: Make
) -> None:
    endless = make_profile(
        "default",
        10,
        (DAY - 60, 9),
        (DAY + 60, 6),
        kind="Daily",
        start=booted.time(0),
        duration=2 * DAY,
    )
    booted.install(1, endless)
    assert booted.composite(1, 2 * DAY) == [
        (0, 10),
        (DAY - 60, 9),
        (DAY, 10),
        (2 * DAY - 60, 9),
    ]


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
