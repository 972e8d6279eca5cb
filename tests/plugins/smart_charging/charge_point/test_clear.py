"""ClearChargingProfile (SC-045, SC-046, DIS-19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

# Types of conftest.py, which is not a module to import.
Bench = Any
Make = Callable[..., dict[str, Any]]

ALL = {1, 2, 3, 4, 5, 6}


@pytest.fixture
def full(booted: Bench, make_profile: Make) -> Bench:
    """Six profiles; a transaction runs on connector 1."""
    booted.charge(1)
    booted.install(0, make_profile("max", 30, level=0, number=1))
    booted.install(0, make_profile("default", 20, level=0, number=2))
    booted.install(0, make_profile("default", 19, level=1, number=3))
    booted.install(1, make_profile("default", 18, level=0, number=4))
    booted.install(2, make_profile("default", 17, level=1, number=5))
    booted.install(1, make_profile("tx", 16, level=1, number=6))
    return booted


def left(bench: Bench) -> set[int]:
    return {profile.number for profile in bench.plugin._profiles.all}


@pytest.mark.parametrize(
    ("criteria", "gone"),
    [
        ({}, ALL),
        ({"id": 3}, {3}),
        ({"id": 7}, set()),
        # SC-045, DIS-19: with an id nothing else counts.
        ({"id": 3, "connectorId": 2, "stackLevel": 8}, {3}),
        ({"id": 7, "connectorId": 0}, set()),
        # SC-046: 0 stands for what is set on 0 only.
        ({"connectorId": 0}, {1, 2, 3}),
        ({"connectorId": 1}, {4, 6}),
        ({"connectorId": 9}, set()),
        ({"chargingProfilePurpose": "ChargePointMaxProfile"}, {1}),
        ({"chargingProfilePurpose": "TxDefaultProfile"}, {2, 3, 4, 5}),
        ({"chargingProfilePurpose": "TxProfile"}, {6}),
        # SC-046: stack level 0 is a criterion like any other.
        ({"stackLevel": 0}, {1, 2, 4}),
        ({"stackLevel": 1}, {3, 5, 6}),
        ({"stackLevel": 2}, set()),
        ({"connectorId": 0, "stackLevel": 0}, {1, 2}),
        ({"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}, {3, 5}),
        ({"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile"}, {4}),
        (
            {"connectorId": 0, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1},
            {3},
        ),
        ({"connectorId": 1, "chargingProfilePurpose": "ChargePointMaxProfile"}, set()),
    ],
)
def test_sc_045_046_what_goes(full: Bench, criteria: dict[str, Any], gone: set[int]) -> None:
    assert left(full) == ALL
    assert full.clear(**criteria) == ("Accepted" if gone else "Unknown")
    assert left(full) == ALL - gone
    assert full.clear(**criteria) == "Unknown"


def test_sc_045_what_is_gone_is_gone_after_a_power_cut(full: Bench) -> None:
    assert full.clear(stackLevel=1) == "Accepted"
    full.restart()
    assert left(full) == {1, 2, 4}


def test_sc_045_limits_follow_at_once(full: Bench) -> None:
    assert full.offered[0] == 16000
    full.clear(id=6)
    assert full.offered[0] == 18000
    full.clear()
    assert full.offered[0] == 32000
