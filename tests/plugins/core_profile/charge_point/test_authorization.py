"""Who may charge: CORE-005, CORE-006, CORE-023 to CORE-028, CORE-037 to CORE-039."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import events
from ocpp_kernel.hooks import TagInfo

LIST = 20


def runs(bench: Any, connector: int = 1) -> bool:
    return bench.core.connectors[connector].transaction is not None


def offline(bench: Any) -> None:
    bench.disconnect()
    bench.seen()


def test_core_023_no_energy_before_authorization(booted: Any) -> None:
    """CORE-023: a plugged cable alone gets nothing."""
    booted.plug()
    booted.advance(30)
    assert not booted.hardware.energised[1]


def test_core_024_authorize_must_be_answered_first(booted: Any) -> None:
    """CORE-024, CORE-025: online, nothing starts before Authorize is answered."""
    booted.answers["Authorize"] = None
    booted.plug()
    booted.tag("ab cd-1~")
    assert booted.seen("Authorize") == [("Authorize", {"idTag": "ab cd-1~"})]
    assert not runs(booted)
    booted.answer('{"idTagInfo":{"status":"Accepted"}}')
    assert runs(booted)


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_core_024_only_accepted_starts(booted: Any, status: str) -> None:
    """CORE-024: any other status refuses; the connector is still there for somebody else."""
    booted.answers["Authorize"] = {"idTagInfo": {"status": status}}
    booted.plug()
    booted.tag()
    assert not runs(booted)
    assert booted.status(1) == "Preparing"
    assert events.StartCancelled(1) in booted.other.events
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted"}}
    booted.tag("TAG2")
    assert runs(booted)


def test_core_024_callerror_refuses(booted: Any) -> None:
    """CORE-024: a CALLERROR is no acceptance."""
    booted.answers["Authorize"] = ["InternalError", ""]
    booted.configure("AllowOfflineTxForUnknownId", "true")
    booted.plug()
    booted.tag()
    assert not runs(booted)


def test_core_025_local_pre_authorize(booted: Any) -> None:
    """CORE-025: with LocalPreAuthorize a known Accepted tag starts without Authorize."""
    booted.configure("LocalPreAuthorize", "true")
    booted.other.tags["TAG1"] = TagInfo(LIST, "Accepted", None, None)
    booted.plug()
    booted.tag()
    assert runs(booted)
    assert booted.seen("Authorize") == []


def test_core_025_off_means_authorize(booted: Any) -> None:
    """CORE-025: without LocalPreAuthorize even a known tag waits for Authorize.conf."""
    booted.other.tags["TAG1"] = TagInfo(LIST, "Accepted", None, None)
    booted.answers["Authorize"] = None
    booted.plug()
    booted.tag()
    assert len(booted.seen("Authorize")) == 1
    assert not runs(booted)


def test_core_035_known_as_not_valid_is_asked_online(booted: Any) -> None:
    """CORE-035: what a cache calls Blocked may be Accepted by now."""
    booted.configure("LocalPreAuthorize", "true")
    booted.other.tags["TAG1"] = TagInfo(10, "Blocked", None, None)
    booted.plug()
    booted.tag()
    assert len(booted.seen("Authorize")) == 1
    assert runs(booted)


def test_core_026_own_tag_stops_without_authorize(booted: Any) -> None:
    """CORE-005, CORE-026: the tag that started stops, in whatever case."""
    booted.charge(id_tag="Tag1")
    booted.tag("tAG1")
    assert not runs(booted)
    assert [action for action, _ in booted.seen("Authorize", "StopTransaction")] == [
        "StopTransaction"
    ]


def test_core_027_same_group_stops(booted: Any) -> None:
    """CORE-027: another tag with the same parentIdTag stops, after Authorize."""
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FAM"}}
    booted.charge()
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted", "parentIdTag": "fam"}}
    booted.tag("TAG2")
    calls = booted.seen("Authorize", "StopTransaction")
    assert calls[0] == ("Authorize", {"idTag": "TAG2"})
    assert calls[1][1]["idTag"] == "TAG2"


def test_core_027_parent_from_start_transaction_counts(booted: Any) -> None:
    """CORE-027: the group may be learnt from StartTransaction.conf, and looked up locally."""
    booted.answers["StartTransaction"] = {
        "idTagInfo": {"status": "Accepted", "parentIdTag": "FAM"},
        "transactionId": 7,
    }
    booted.charge()
    booted.other.tags["TAG2"] = TagInfo(LIST, "Accepted", "FAM", None)
    booted.tag("TAG2")
    assert [action for action, _ in booted.seen("Authorize", "StopTransaction")] == [
        "StopTransaction"
    ]


@pytest.mark.parametrize(
    "info",
    [
        {"status": "Accepted", "parentIdTag": "OTHER"},
        {"status": "Accepted"},
        {"status": "Blocked", "parentIdTag": "FAM"},
    ],
)
def test_core_027_others_do_not_stop(booted: Any, info: Any) -> None:
    """CORE-027: an accepted stranger, or a blocked relative, stops nothing."""
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FAM"}}
    booted.charge()
    booted.answers["Authorize"] = {"idTagInfo": info}
    booted.tag("TAG2")
    assert runs(booted)
    assert len(booted.seen("Authorize")) == 1


def test_core_028_no_parent_is_no_group(booted: Any) -> None:
    """CORE-028: two tags without a parent do not belong together; a parent is not a token."""
    booted.charge()
    booted.tag("TAG2")
    assert runs(booted)
    assert booted.seen("Authorize") == []


def test_core_028_the_parent_itself_is_not_of_the_group(booted: Any) -> None:
    """CORE-028: parentIdTag is compared with parentIdTag, never with a presented tag."""
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FAM"}}
    booted.charge()
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted"}}
    booted.tag("FAM")
    assert runs(booted)


def test_core_037_offline_known_tag(booted: Any) -> None:
    """CORE-037: LocalAuthorizeOffline lets local knowledge decide."""
    booted.other.tags["TAG1"] = TagInfo(LIST, "Accepted", None, None)
    offline(booted)
    booted.plug()
    booted.tag()
    assert runs(booted)


def test_core_037_switched_off(booted: Any) -> None:
    """CORE-037: without it nobody is known offline."""
    booted.configure("LocalAuthorizeOffline", "false")
    booted.other.tags["TAG1"] = TagInfo(LIST, "Accepted", None, None)
    offline(booted)
    booted.plug()
    booted.tag()
    assert not runs(booted)


@pytest.mark.parametrize("allowed", [True, False])
def test_core_038_unknown_tag_offline(booted: Any, allowed: bool) -> None:
    """CORE-038: AllowOfflineTxForUnknownId decides about tags nobody knows."""
    booted.configure("AllowOfflineTxForUnknownId", "true" if allowed else "false")
    offline(booted)
    booted.plug()
    booted.tag()
    assert runs(booted) is allowed


@pytest.mark.parametrize("rank", [LIST, 10])
@pytest.mark.parametrize(
    ("status", "expiry"),
    [("Invalid", None), ("Blocked", None), ("Expired", None), ("Accepted", 1767225601)],
)
def test_core_039_known_as_not_valid(booted: Any, rank: int, status: str, expiry: Any) -> None:
    """CORE-039, CORE-032: refused offline even where unknown tags may charge."""
    booted.configure("AllowOfflineTxForUnknownId", "true")
    booted.other.tags["TAG1"] = TagInfo(rank, status, None, expiry)
    booted.advance(2)
    offline(booted)
    booted.plug()
    booted.tag()
    assert not runs(booted)


def test_concurrent_tx_in_a_list_is_valid_offline(booted: Any) -> None:
    """LAL-016: ConcurrentTx counts as valid where only a list can be asked."""
    booted.other.tags["TAG1"] = TagInfo(LIST, "ConcurrentTx", None, None)
    offline(booted)
    booted.plug()
    booted.tag()
    assert runs(booted)


def test_connection_lost_while_authorizing(booted: Any) -> None:
    """CORE-037: without an answer the offline rules decide."""
    booted.configure("AllowOfflineTxForUnknownId", "true")
    booted.answers["Authorize"] = None
    booted.plug()
    booted.tag()
    assert not runs(booted)
    booted.disconnect()
    assert runs(booted)


def test_second_tag_while_the_first_is_asked_about(booted: Any) -> None:
    """One question per connector at a time."""
    booted.answers["Authorize"] = None
    booted.plug()
    booted.tag("TAG1")
    booted.tag("TAG2")
    assert booted.seen("Authorize") == [("Authorize", {"idTag": "TAG1"})]


def test_shared_reader(booted: Any) -> None:
    """A reader for the whole charge point: the plugged connector is meant, then the free one."""
    booted.plug(2)
    booted.tag("TAG1", 0)
    assert runs(booted, 2)
    booted.tag("TAG2", 0)
    assert booted.status(1) == "Preparing"
    booted.tag("tag1", 0)
    assert not runs(booted, 2)
    booted.tag("TAG2", 0)
    assert booted.status(1) == "Available"


def test_veto(booted: Any) -> None:
    """Another profile may object to a start; "" is no objection."""
    booted.other.veto = "reserved for somebody else"
    booted.plug()
    booted.tag()
    assert not runs(booted)
    assert "reserved for somebody else" in booted.log[-1][1]


def test_what_is_learnt_is_told(booted: Any) -> None:
    """CORE-031: other profiles hear what the central system said of a tag."""
    booted.answers["Authorize"] = {
        "idTagInfo": {
            "status": "Accepted",
            "parentIdTag": "FAM",
            "expiryDate": "2026-02-01T00:00:00Z",
        }
    }
    booted.plug()
    booted.tag()
    told = events.TagInfoReceived("TAG1", "Accepted", "FAM", 1769904000)
    assert told in booted.other.events
    assert booted.station.shared["parent_of"]("tag1") is None
    booted.answers["StartTransaction"] = None
    booted.tag("TAG2", 2)
    assert booted.station.shared["parent_of"]("tag2") == "FAM"
    assert booted.station.shared["parent_of"]("TAG3") is None


def test_shared_reader_and_reserved_connectors(booted: Any) -> None:
    """RES-012: a Reserved connector that a tag is not kept from is the one it is meant for."""
    booted.plug(1)
    booted.core.connectors[2].reserve()
    booted.tag("TAG1", 0)
    assert booted.core.connectors[2].id_tag == "TAG1"


def test_shared_reader_where_everything_is_kept_from_a_tag(booted: Any) -> None:
    """RES-009, RES-010: ignored, unless its parent might make it welcome."""
    booted.other.veto = "reserved"
    booted.plug(1)
    booted.tag("TAG1", 0)
    assert booted.seen("Authorize") == []
    booted.station.shared["parent_decides"] = lambda connector_id, id_tag: connector_id == 2
    booted.tag("TAG1", 0)
    assert booted.seen("Authorize") == [("Authorize", {"idTag": "TAG1"})]
    assert booted.core.connectors[2].status == "Available"
