"""Which of the installed profiles limits a charging EV (SC-019 to SC-024)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ocpp_kernel import events

# Types of conftest.py, which is not a module to import.
Bench = Any
Make = Callable[..., dict[str, Any]]


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
