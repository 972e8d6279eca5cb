"""Who may charge by the list, and what becomes of answers that contradict it (3.5.2, 3.5.3)."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel.events import FaultRaised

LATER = "2026-01-01T01:00:00Z"  # the bench's clock starts at 2026-01-01T00:00:00Z


def charges(bench: Any) -> bool:
    return bench.core.connectors[1].transaction is not None


def said(bench: Any, status: str) -> None:
    """What the central system says of any tag from now on."""
    info = {"idTagInfo": {"status": status}}
    bench.answers["Authorize"] = info
    bench.answers["StartTransaction"] = {**info, "transactionId": 7}
    bench.answers["StopTransaction"] = info


# LAL-014, LAL-015: list and cache.


def test_lal_014_only_send_local_list_changes_the_list(booted: Any) -> None:
    """LAL-014: answers do not, a cleared cache does not, a reset does not."""
    booted.send(1, "Full", ("A", "Blocked"), ("B", "Accepted"))
    said(booted, "Accepted")
    booted.charge(1, "A")
    said(booted, "Invalid")
    booted.plug(2)
    booted.tag("B", 2)
    booted.call("ClearCache", "{}")
    booted.call("Reset", '{"type":"Soft"}')
    booted.restart()
    assert booted.known("A", "B", "C") == ["Blocked", "Accepted", None]
    assert booted.plugin.list.version() == 1


def test_lal_015_listed_tags_never_enter_the_cache(booted: Any) -> None:
    """LAL-015, CORE-031."""
    booted.send(1, "Full", ("A", "Accepted"))
    booted.charge(1, "a")
    booted.charge(2, "C")
    assert booted.core.cache.find("A") is None
    assert booted.core.cache.find("C").status == "Accepted"


def test_lal_015_the_list_beats_the_cache(booted: Any) -> None:
    """LAL-015: for a tag that is in both, whichever was first."""
    booted.configure("LocalPreAuthorize", "true")
    booted.charge(1, "A")
    assert booted.core.cache.find("A").status == "Accepted"
    booted.send(1, "Full", ("A", "Blocked"))
    said(booted, "Blocked")
    booted.disconnect()
    booted.plug(2)
    booted.tag("A", 2)
    assert booted.core.connectors[2].transaction is None
    booted.connect()
    booted.configure("LocalAuthListEnabled", "false")
    booted.disconnect()
    booted.tag("A", 2)
    assert booted.core.connectors[2].transaction is not None


def test_lal_015_a_list_of_long_ago_keeps_what_it_says(booted: Any) -> None:
    """LAL-015: a cached refusal does not refuse who is listed as valid."""
    said(booted, "Blocked")
    booted.plug()
    booted.tag("A")
    assert not charges(booted)
    booted.send(1, "Full", ("A", "Accepted"))
    booted.disconnect()
    booted.tag("A")
    assert charges(booted)


# LAL-016, LAL-017: what an entry means.


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("Accepted", True),
        ("ConcurrentTx", True),
        ("Blocked", False),
        ("Expired", False),
        ("Invalid", False),
    ],
)
@pytest.mark.parametrize("unknown", ["true", "false"])
def test_lal_016_dis_23_valid_and_not_valid_entries_offline(
    booted: Any, status: str, allowed: bool, unknown: str
) -> None:
    """LAL-016, DIS-23, CORE-037, CORE-039: with and without AllowOfflineTxForUnknownId."""
    booted.send(1, "Full", ("A", status))
    booted.configure("AllowOfflineTxForUnknownId", unknown)
    booted.disconnect()
    booted.plug()
    booted.tag("A")
    assert charges(booted) is allowed


def test_core_037_local_authorize_offline_false(booted: Any) -> None:
    """CORE-037: the list does not authorize offline then."""
    booted.send(1, "Full", ("A", "Accepted"))
    booted.configure("LocalAuthorizeOffline", "false")
    booted.disconnect()
    booted.plug()
    booted.tag("A")
    assert not charges(booted)


def test_core_024_core_025_local_pre_authorize(booted: Any) -> None:
    """CORE-024, CORE-025: Accepted entries start without Authorize; others are asked about."""
    booted.configure("LocalPreAuthorize", "true")
    booted.send(1, "Full", ("A", "Accepted"), ("B", "Blocked"), ("C", "ConcurrentTx"))
    booted.plug()
    booted.tag("A")
    assert charges(booted)
    assert booted.seen("Authorize") == []
    for tag in ("B", "C", "D"):
        booted.plug(2)
        booted.tag(tag, 2)
        assert booted.seen("Authorize") == [("Authorize", {"idTag": tag})]
        booted.tag(tag, 2)
        booted.unplug(2)
    booted.configure("LocalPreAuthorize", "false")
    booted.plug(2)
    booted.tag("A", 2)
    assert booted.seen("Authorize") == [("Authorize", {"idTag": "A"})]


def test_core_027_parents_come_from_the_list(booted: Any) -> None:
    """CORE-027: a group by the list, without asking."""
    booted.send(
        1,
        "Full",
        ("A", "Accepted", {"parentIdTag": "FAMILY"}),
        ("B", "Accepted", {"parentIdTag": "family"}),
        ("C", "Accepted", {"parentIdTag": "OTHERS"}),
    )
    booted.disconnect()
    booted.plug()
    booted.tag("A")
    assert charges(booted)
    booted.tag("C")
    assert charges(booted)
    booted.tag("B")
    assert not charges(booted)


@pytest.mark.parametrize("unknown", ["true", "false"])
def test_lal_017_an_entry_past_its_expiry_date_is_expired(booted: Any, unknown: str) -> None:
    """LAL-017, CORE-039: by the clock, to the second."""
    booted.send(1, "Full", ("A", "Accepted", {"expiryDate": LATER}))
    booted.configure("AllowOfflineTxForUnknownId", unknown)
    booted.configure("StopTransactionOnEVSideDisconnect", "true")
    booted.advance(3598 - booted.now)
    booted.disconnect()
    booted.plug()
    booted.tag("A")
    assert charges(booted)
    booted.tag("A")
    booted.unplug()
    booted.advance(3600 - booted.now)
    booted.plug()
    booted.tag("A")
    assert not charges(booted)


def test_lal_017_offsets_and_fractions_of_expiry_dates(booted: Any) -> None:
    """LAL-017, CORE-004."""
    booted.send(1, "Full", ("A", "Accepted", {"expiryDate": "2026-01-01T02:00:00.5+01:00"}))
    assert booted.plugin.ocpp_look_up_tag("A").expiry == 1_767_225_600 + 3600


# LAL-018: restarts. Power cuts have their own file.


@pytest.mark.parametrize("cause", ["PowerUp", "Soft", "Watchdog"])
def test_lal_018_the_list_survives_restarts(booted: Any, cause: str) -> None:
    """LAL-018: with its version."""
    info = {"parentIdTag": "P", "expiryDate": LATER}
    booted.send(77, "Full", ("A", "Accepted", info), ("B", "Blocked"))
    before = booted.plugin.ocpp_look_up_tag("A")
    booted.restart(cause)
    booted.connect()
    assert booted.version() == 77
    assert booted.plugin.ocpp_look_up_tag("A") == before
    assert before == (20, "Accepted", "P", 1_767_225_600 + 3600)


# LAL-019: conflicts.


def test_lal_019_a_conflict_is_told(booted: Any) -> None:
    """LAL-019: as StatusNotification of connector 0."""
    booted.send(1, "Full", ("A", "Accepted"))
    said(booted, "Blocked")
    booted.plug()
    booted.seen()
    booted.tag("A")
    (call,) = booted.seen("StatusNotification")
    assert call[1]["connectorId"] == 0
    assert (call[1]["status"], call[1]["errorCode"]) == ("Available", "LocalListConflict")
    assert call[1]["info"] == "A Blocked, listed Accepted"


@pytest.mark.parametrize("message", ["Authorize", "StartTransaction", "StopTransaction"])
def test_lal_019_whatever_message_tells(booted: Any, message: str) -> None:
    """LAL-019: Authorize, StartTransaction and StopTransaction carry IdTagInfo."""
    booted.send(1, "Full", ("A", "Accepted"))
    booted.configure("LocalPreAuthorize", "true" if message != "Authorize" else "false")
    booted.configure("StopTransactionOnInvalidId", "false")
    info = {"idTagInfo": {"status": "Invalid"}}
    booted.answers[message] = {**info, "transactionId": 7} if message[:5] == "Start" else info
    booted.plug()
    booted.tag("A")
    if message == "StopTransaction":
        booted.tag("A")
    assert booted.conflicts() == ["A Invalid, listed Accepted"]


@pytest.mark.parametrize(
    ("listed", "told", "conflict"),
    [
        ("Accepted", "Accepted", False),
        ("Accepted", "ConcurrentTx", False),
        ("ConcurrentTx", "Accepted", False),
        ("Blocked", "Invalid", False),
        ("Expired", "Blocked", False),
        ("Blocked", "Accepted", True),
        ("Invalid", "ConcurrentTx", True),
        ("ConcurrentTx", "Expired", True),
    ],
)
def test_lal_019_validity_is_what_conflicts(
    booted: Any, listed: str, told: str, conflict: bool
) -> None:
    """LAL-019, LAL-016: 3.5.2 speaks of validity; one refusal is as good as another."""
    booted.send(1, "Full", ("A", listed))
    booted.answers["Authorize"] = {"idTagInfo": {"status": told}}
    booted.plug()
    booted.tag("A")
    assert booted.conflicts() == ([f"A {told}, listed {listed}"] if conflict else [])


def test_lal_019_lal_017_expired_here_and_accepted_there(booted: Any) -> None:
    """LAL-019, LAL-017: what the list says now is what counts."""
    booted.send(1, "Full", ("A", "Accepted", {"expiryDate": LATER}))
    booted.advance(3600)
    booted.plug()
    booted.tag("A")
    assert booted.conflicts() == ["A Accepted, listed Expired"]


def test_lal_019_the_same_conflict_is_told_once_others_too(booted: Any) -> None:
    """LAL-019: until the list changes."""
    booted.send(1, "Full", ("A", "Accepted"), ("B", "Accepted"))
    said(booted, "Blocked")
    booted.plug()
    for tag in ("A", "A", "B", "B"):
        booted.tag(tag)
    assert booted.conflicts() == ["A Blocked, listed Accepted", "B Blocked, listed Accepted"]
    assert booted.send(1, "Differential", ("A", "Blocked")) == "VersionMismatch"
    assert booted.conflicts() == []
    assert booted.send(2, "Differential", ("A", "Blocked")) == "Accepted"
    assert booted.conflicts() == [""]
    booted.tag("B")
    assert booted.conflicts() == ["B Blocked, listed Accepted"]


def test_lal_019_an_update_ends_no_other_fault(booted: Any) -> None:
    """LAL-019: only what this profile told."""
    booted.emit(FaultRaised(0, "WeakSignal", ""))
    booted.seen()
    booted.send(1, "Full", ("A", "Accepted"))
    assert booted.seen("StatusNotification") == []
    assert booted.core.connectors[0].error_code == "WeakSignal"


def test_lal_019_no_conflict_with_a_list_that_is_off_or_silent(booted: Any) -> None:
    """LAL-019, LAL-012."""
    booted.send(1, "Full", ("A", "Accepted"))
    said(booted, "Blocked")
    booted.plug()
    booted.tag("UNLISTED")
    booted.configure("LocalAuthListEnabled", "false")
    booted.tag("A")
    assert booted.conflicts() == []


def test_core_009_nothing_is_changed_before_the_charge_point_is_accepted(make_bench: Any) -> None:
    """CORE-009: while Rejected, an update is not taken."""
    bench = make_bench()
    bench.boot_answer("Rejected", 300)
    bench.boot()
    answer = bench.call(
        "SendLocalList",
        '{"listVersion":1,"updateType":"Full",'
        '"localAuthorizationList":[{"idTag":"A","idTagInfo":{"status":"Accepted"}}]}',
    )
    assert answer is None or answer[0] != "Accepted"
    assert bench.known("A") == [None]
