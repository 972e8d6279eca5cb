"""When the periods of schedules count (SC-025 to SC-032)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

# Types of conftest.py, which is not a module to import.
Bench = Any
Make = Callable[..., dict[str, Any]]

DAY = 86400


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
