"""Where two profiles meet at a charge point. Each knows only Core; they meet through its seams."""

from __future__ import annotations

import json
from typing import Any

import pytest

# Local list and reservation.


def test_res_010_the_lists_parent_admits_to_a_reserved_connector(booted: Any) -> None:
    """RES-010, RES-012, LAL-004: offline and without asking: the group is known from the list."""
    bench = booted("local_auth_list", "reservation")
    bench.listed(1, FRIEND=("Accepted", "FAMILY"), STRANGER=("Accepted", "OTHERS"))
    assert bench.reserve(parentIdTag="family") == "Accepted"
    bench.disconnect()
    bench.plug()
    bench.tag("STRANGER")
    assert bench.status(1) == "Reserved"
    bench.tag("FRIEND")
    assert bench.status(1) == "Charging"
    bench.connect()
    assert bench.starts() == [(1, "FRIEND", 5)]


def test_lal_004_a_list_update_during_a_reservation_counts_at_once(booted: Any) -> None:
    """LAL-004, RES-010: who is taken out of the group may not use its reservation any more."""
    bench = booted("local_auth_list", "reservation")
    bench.listed(1, FRIEND=("Accepted", "FAMILY"))
    assert bench.reserve(parentIdTag="FAMILY") == "Accepted"
    bench.listed(2, FRIEND=("Accepted", "OTHERS"))
    bench.disconnect()
    bench.plug()
    bench.tag("FRIEND")
    assert bench.status(1) == "Reserved"


def test_lal_016_a_reservation_does_not_make_a_blocked_tag_valid(booted: Any) -> None:
    """LAL-016, RES-009: the list refuses the tag the connector is reserved for."""
    bench = booted("local_auth_list", "reservation")
    bench.listed(1, MINE="Blocked")
    assert bench.reserve() == "Accepted"
    bench.disconnect()
    bench.plug()
    bench.tag("MINE")
    assert bench.status(1) == "Reserved"


def test_lal_018_res_019_both_outlive_a_power_cut(booted: Any) -> None:
    """LAL-018, RES-019."""
    bench = booted("local_auth_list", "reservation")
    bench.listed(3, FRIEND=("Accepted", "FAMILY"), OTHER="Accepted")
    assert bench.reserve(parentIdTag="FAMILY") == "Accepted"
    bench.restart()
    bench.plug()
    bench.tag("OTHER")
    assert bench.status(1) == "Reserved"
    bench.tag("FRIEND")
    assert bench.status(1) == "Charging"


# Local list and remote trigger.


def test_rt_001_lal_019_a_trigger_repeats_what_the_list_complained_of(booted: Any) -> None:
    """RT-001, LAL-019: the conflict is the charge point's state until the list changes."""
    bench = booted("local_auth_list", "remote_trigger")
    bench.listed(1, TAG1="Accepted")
    bench.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    bench.plug()
    bench.tag("TAG1")
    bench.seen()
    assert bench.trigger("StatusNotification", 0) == "Accepted"
    ((_, told),) = bench.seen("StatusNotification")
    assert (told["connectorId"], told["errorCode"]) == (0, "LocalListConflict")
    bench.listed(2, TAG1="Blocked")
    bench.seen()
    bench.trigger("StatusNotification", 0)
    assert bench.seen("StatusNotification")[0][1]["errorCode"] == "NoError"


def test_rt_004_the_list_offers_nothing_to_trigger(booted: Any) -> None:
    """RT-004: what may be triggered is what loaded profiles send."""
    bench = booted("local_auth_list", "remote_trigger")
    assert bench.trigger("DiagnosticsStatusNotification") == "NotImplemented"
    assert bench.trigger("Heartbeat") == "Accepted"


# Local list and smart charging.


def test_sc_021_a_tag_of_the_list_charges_by_the_profiles_offline(booted: Any) -> None:
    """SC-021, LAL-016: pre-authorized locally, limited by the default profile from the start."""
    bench = booted("local_auth_list", "smart_charging")
    bench.configure("LocalPreAuthorize", "true")
    bench.listed(1, TAG1="Accepted")
    assert bench.limit(1, 10) == "Accepted"
    bench.disconnect()
    bench.plug()
    bench.tag("TAG1")
    assert (bench.status(1), bench.hardware.offered[1]) == ("Charging", 10_000)


def test_sc_021_refused_by_the_list_a_default_profile_waits_for_the_next(booted: Any) -> None:
    """SC-021, LAL-016: a refused tag leaves profiles as they are."""
    bench = booted("local_auth_list", "smart_charging")
    bench.listed(1, BAD="Invalid", GOOD="Accepted")
    assert bench.limit(0, 8) == "Accepted"
    bench.disconnect()
    bench.plug()
    bench.tag("BAD")
    assert bench.hardware.offered[1] == -1
    bench.tag("GOOD")
    assert bench.hardware.offered[1] == 8_000


# Reservation and remote trigger.


def test_rt_001_res_008_a_trigger_for_a_reserved_connector(booted: Any) -> None:
    """RT-001, RES-008: it is told as Reserved, whenever asked for."""
    bench = booted("remote_trigger", "reservation")
    assert bench.reserve() == "Accepted"
    bench.seen()
    assert bench.trigger("StatusNotification", 1) == "Accepted"
    assert bench.statuses() == [(1, "Reserved")]
    assert bench.ask("CancelReservation", reservationId=5) == "Accepted"
    bench.seen()
    assert bench.trigger("StatusNotification") == "Accepted"
    assert bench.statuses() == [(0, "Available"), (1, "Available"), (2, "Available")]


def test_rt_006_meter_values_of_a_reserved_connector(booted: Any) -> None:
    """RT-006, RES-008: without a transaction there, and with the one that used it."""
    bench = booted("remote_trigger", "reservation")
    bench.reserve()
    assert bench.trigger("MeterValues", 1) == "Accepted"
    ((_, values),) = bench.seen("MeterValues")
    assert "transactionId" not in values
    bench.plug()
    bench.tag("MINE")
    assert bench.starts() == [(1, "MINE", 5)]
    bench.trigger("MeterValues", 1)
    assert bench.seen("MeterValues")[-1][1]["transactionId"] == 7


# Reservation and smart charging.


def test_sc_021_res_008_a_profile_for_a_reserved_connector(booted: Any) -> None:
    """SC-021, RES-008: it is taken, changes no reservation, and limits who comes to use it."""
    bench = booted("reservation", "smart_charging")
    assert bench.reserve() == "Accepted"
    bench.seen()
    assert bench.limit(1, 12) == "Accepted"
    assert (bench.status(1), bench.statuses()) == ("Reserved", [])
    bench.plug()
    bench.tag("MINE")
    assert bench.starts() == [(1, "MINE", 5)]
    assert bench.hardware.offered[1] == 12_000


@pytest.mark.parametrize("tag", ["MINE", "OTHER"])
def test_sc_041_remote_start_with_a_profile_on_a_reserved_connector(
    booted: Any, make_profile: Any, tag: str
) -> None:
    """SC-041, RES-009: for who reserved it, with the profile; for others not at all."""
    bench = booted("reservation", "smart_charging")
    assert bench.reserve() == "Accepted"
    bench.plug()
    answer = bench.ask(
        "RemoteStartTransaction",
        connectorId=1,
        idTag=tag,
        chargingProfile=make_profile(9, "TxProfile"),
    )
    mine = tag == "MINE"
    assert answer == ("Accepted" if mine else "Rejected")
    assert bench.starts() == ([(1, "MINE", 5)] if mine else [])
    assert bench.hardware.offered[1] == (9_000 if mine else -1)
    if not mine:  # nor is the profile kept for the one who comes next
        bench.tag("MINE")
        assert bench.hardware.offered[1] == 32_000


def test_sc_041_a_reservation_that_expires_takes_no_profile_along(
    booted: Any, make_profile: Any
) -> None:
    """SC-041, RES-014: the cable of a remote start did not come; the profile goes with it."""
    bench = booted("reservation", "smart_charging")
    bench.reserve()
    more = {"connectorId": 1, "chargingProfile": make_profile(9, "TxProfile")}
    assert bench.ask("RemoteStartTransaction", idTag="MINE", **more) == "Accepted"
    bench.advance(3601)
    assert bench.status(1) == "Available"
    bench.plug()
    bench.tag("TAG1")
    assert (bench.starts(), bench.hardware.offered[1]) == ([(1, "TAG1", None)], 32_000)


# Remote trigger and smart charging.


def test_rt_006_triggered_meter_values_show_what_a_profile_left(booted: Any) -> None:
    """RT-006, SC-036: paused by a profile of 0 A, the connector says so when asked."""
    bench = booted("remote_trigger", "smart_charging")
    bench.charge()
    assert bench.limit(1, 0, "TxProfile") == "Accepted"
    bench.seen()
    assert bench.trigger("StatusNotification", 1) == "Accepted"
    assert bench.statuses() == [(1, "SuspendedEVSE")]
    bench.use(1, 40)
    assert bench.trigger("MeterValues", 1) == "Accepted"
    ((_, values),) = bench.seen("MeterValues")
    assert values["meterValue"][0]["sampledValue"][0]["value"] == "40"


# All of them.


def test_every_profile_at_once(booted: Any, make_profile: Any) -> None:
    """A group's reservation by the list's parents, started from afar with a profile, and asked
    about meanwhile; then the power goes."""
    bench = booted("local_auth_list", "remote_trigger", "reservation", "smart_charging")
    bench.listed(1, FRIEND=("Accepted", "FAMILY"), STRANGER="Accepted")
    assert bench.limit(0, 20) == "Accepted"
    assert bench.reserve(parentIdTag="FAMILY") == "Accepted"
    bench.seen()
    bench.trigger("StatusNotification", 1)
    assert bench.statuses() == [(1, "Reserved")]
    bench.plug()
    more = {"connectorId": 1, "chargingProfile": make_profile(7, "TxProfile")}
    assert bench.ask("RemoteStartTransaction", idTag="STRANGER", **more) == "Rejected"
    assert bench.ask("RemoteStartTransaction", idTag="FRIEND", **more) == "Accepted"
    assert bench.starts() == [(1, "FRIEND", 5)]
    assert bench.hardware.offered[1] == 7_000
    bench.use(1, 100)
    bench.trigger("MeterValues", 1)
    assert bench.seen("MeterValues")[0][1]["transactionId"] == 7
    bench.restart()
    bench.connect()
    (stop,) = [payload for action, payload in bench.seen() if action == "StopTransaction"]
    assert (stop["transactionId"], stop["reason"]) == (7, "PowerLoss")
    bench.unplug()
    bench.charge(1, "STRANGER")
    assert bench.hardware.offered[1] == 20_000
    version = bench.call("GetLocalListVersion", "{}")
    assert version == json.loads('{"listVersion":1}')
