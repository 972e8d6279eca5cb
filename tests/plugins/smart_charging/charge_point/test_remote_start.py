"""Remote starts that bring a profile (SC-041 to SC-043)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

# Types of conftest.py, which is not a module to import.
Bench = Any
Make = Callable[..., dict[str, Any]]


def test_sc_041_the_profile_is_used_for_that_transaction_instead_of_the_default(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(0, make_profile("default", 10, level=5))
    booted.plug(1)
    assert booted.remote_start(1, make_profile("tx", 13, (60, 12))) == "Accepted"
    assert booted.offered[0] == 13000
    booted.advance(60)
    assert booted.offered[0] == 12000
    booted.unplug(1)
    booted.charge(1)
    assert booted.offered[0] == 10000


def test_sc_041_it_waits_for_the_cable(booted: Bench, make_profile: Make) -> None:
    assert booted.remote_start(1, make_profile("tx", 13, (60, 12))) == "Accepted"
    booted.advance(30)
    booted.plug(1)
    assert booted.offered[0] == 13000
    booted.advance(59)
    assert booted.offered[0] == 13000
    booted.advance(1)
    assert booted.offered[0] == 12000  # counted from the transaction, not from the call


def test_sc_041_a_start_that_does_not_come_about_leaves_nothing(
    booted: Bench, make_profile: Make
) -> None:
    assert booted.remote_start(1, make_profile("tx", 13)) == "Accepted"
    booted.advance(61)  # ConnectionTimeOut
    booted.charge(1)
    assert booted.offered[0] == 32000


def test_sc_041_a_tag_that_is_refused_leaves_nothing(booted: Bench, make_profile: Make) -> None:
    booted.configure("AuthorizeRemoteTxRequests", "true")
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    booted.plug(1)
    assert booted.remote_start(1, make_profile("tx", 13), "BAD") == "Accepted"
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted"}}
    booted.charge(1)
    assert booted.offered[0] == 32000


@pytest.mark.parametrize(
    ("purpose", "more", "why"),
    [
        ("default", {}, "a remote start takes a TxProfile without transactionId"),
        ("max", {}, "ChargePointMaxProfile is for connectorId 0"),
        ("tx", {"transactionId": 7}, "a remote start takes a TxProfile without transactionId"),
        ("tx", {"level": 9}, "stackLevel is not 0 to 8"),
    ],
)
def test_sc_042_other_profiles_are_rejected(
    booted: Bench, make_profile: Make, purpose: str, more: dict[str, Any], why: str
) -> None:
    booted.plug(1)
    booted.seen()
    assert booted.remote_start(1, make_profile(purpose, 13, **more)) == "Rejected"
    assert booted.refusals()[0].endswith(why)
    assert booted.seen() == []


def test_sc_042_one_profile_too_many_is_rejected(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    bench = make_bench(max_profiles=2).boot()
    bench.install(0, make_profile("max", 20))
    assert bench.remote_start(1, make_profile("tx", 13, number=1)) == "Accepted"
    assert bench.remote_start(2, make_profile("tx", 13, number=2), "TAG2") == "Rejected"
    assert bench.set(0, make_profile("default", 13)) == "Rejected"


def test_sc_043_a_later_profile_of_the_same_level_replaces_and_another_stacks(
    booted: Bench, make_profile: Make
) -> None:
    booted.plug(1)
    booted.remote_start(1, make_profile("tx", 13, level=2, number=1))
    booted.install(1, make_profile("tx", 10, level=2, number=2, transactionId=7))
    assert booted.offered[0] == 10000
    assert booted.clear(id=1) == "Unknown"
    booted.install(1, make_profile("tx", 8, level=3, number=3, transactionId=7, duration=60))
    assert booted.composite(1, 120) == [(0, 8), (60, 10)]


def test_a_profile_that_cannot_be_stored_is_in_force_since_it_was_accepted(
    booted: Bench, make_profile: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ocpp_kernel.store import StoreError

    def fail(name: str, records: Any) -> None:
        raise StoreError("flash is broken")

    booted.install(0, make_profile("default", 10, number=5))
    booted.plug(1)
    rewrite = booted.store.rewrite
    monkeypatch.setattr(
        booted.store, "rewrite", lambda n, r: (fail if "profiles" in n else rewrite)(n, r)
    )
    assert booted.remote_start(1, make_profile("tx", 13, number=5)) == "Accepted"
    assert booted.offered[0] == 13000
    assert ("error", "charging profiles could not be stored: flash is broken") in booted.log
