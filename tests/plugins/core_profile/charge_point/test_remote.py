"""Remote start and stop, unlocking: CORE-123 to CORE-133."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import events

PROFILE = (
    '{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile",'
    '"chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A",'
    '"chargingSchedulePeriod":[{"startPeriod":0,"limit":8.1}]}}'
)


def start(bench: Any, more: str = ',"connectorId":1') -> str:
    answer = bench.call("RemoteStartTransaction", f'{{"idTag":"REMOTE"{more}}}')
    return str(answer["status"])


def test_core_126_core_127_start(booted: Any) -> None:
    """CORE-126, CORE-127: Accepted, then StartTransaction with that idTag, without Authorize."""
    booted.plug()
    booted.seen()
    assert start(booted) == "Accepted"
    assert [
        (action, payload.get("idTag")) for action, payload in booted.seen("StartTransaction")
    ] == [("StartTransaction", "REMOTE")]


def test_core_127_authorize_first(booted: Any) -> None:
    """CORE-127: with AuthorizeRemoteTxRequests the tag is treated like one presented here."""
    booted.configure("AuthorizeRemoteTxRequests", "true")
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    booted.plug()
    assert start(booted) == "Accepted"
    assert [action for action, _ in booted.seen("Authorize", "StartTransaction")] == ["Authorize"]
    assert events.StartCancelled(1) in booted.other.events
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted"}}
    assert start(booted) == "Accepted"
    assert [action for action, _ in booted.seen("Authorize", "StartTransaction")] == [
        "Authorize",
        "StartTransaction",
    ]


def test_core_127_judged_by_start_transaction(booted: Any) -> None:
    """CORE-127: without it StartTransaction.conf decides."""
    booted.answers["StartTransaction"] = {"idTagInfo": {"status": "Invalid"}, "transactionId": 3}
    booted.plug()
    start(booted)
    ((_, stop),) = booted.seen("StopTransaction")
    assert stop["reason"] == "DeAuthorized"


def test_core_128_picks_a_connector(booted: Any) -> None:
    """CORE-128: the one with a cable in; then any free one; else Rejected."""
    booted.plug(2)
    assert start(booted, "") == "Accepted"
    assert booted.status(2) == "Charging"
    assert start(booted, "") == "Accepted"
    assert booted.status(1) == "Preparing"
    assert start(booted, "") == "Rejected"


@pytest.mark.parametrize("connector", [0, 3, -1])
def test_core_129_unknown_connector(booted: Any, connector: int) -> None:
    """CORE-129: Rejected."""
    assert start(booted, f',"connectorId":{connector}') == "Rejected"


@pytest.mark.parametrize("case", ["busy", "unavailable", "faulted", "reserved", "waiting", "late"])
def test_core_129_unfit_connector(booted: Any, case: str) -> None:
    """CORE-129: Rejected, and nothing happens."""
    if case == "busy":
        booted.charge()
    elif case == "unavailable":
        booted.call("ChangeAvailability", '{"connectorId":1,"type":"Inoperative"}')
    elif case == "faulted":
        booted.emit(events.FaultRaised(1, "GroundFailure", ""))
    elif case == "reserved":
        booted.core.connectors[1].reserve()
        booted.other.veto = "reserved for another tag"
    elif case == "waiting":
        booted.tag("SOMEBODY")
    else:
        booted.plug()
        booted.advance(60)
    booted.settle()
    booted.seen()
    assert start(booted) == "Rejected"
    booted.advance(5)
    assert booted.seen() == []


def test_core_130_waits_for_the_cable(booted: Any) -> None:
    """CORE-130: Preparing; without an EV within ConnectionTimeOut nothing starts."""
    assert start(booted) == "Accepted"
    assert booted.statuses() == [(1, "Preparing")]
    booted.advance(60)
    assert booted.seen() == [
        (
            "StatusNotification",
            {
                "connectorId": 1,
                "errorCode": "NoError",
                "status": "Available",
                "timestamp": booted.time(),
            },
        )
    ]
    assert start(booted) == "Accepted"
    booted.plug()
    assert booted.status(1) == "Charging"


def test_one_at_a_time(booted: Any) -> None:
    """CORE-129: a second remote start for the same connector is Rejected while one is under way."""
    booted.configure("AuthorizeRemoteTxRequests", "true")
    booted.answers["Authorize"] = None
    assert start(booted) == "Accepted"
    assert start(booted) == "Rejected"


def test_core_132_profile_without_smart_charging(booted: Any) -> None:
    """CORE-132: the profile is ignored."""
    booted.plug()
    assert start(booted, f',"connectorId":1,"chargingProfile":{PROFILE}') == "Accepted"
    assert booted.status(1) == "Charging"


@pytest.mark.parametrize("will_do", [True, False])
def test_profile_goes_to_whoever_wants_it(booted: Any, will_do: bool) -> None:
    """SC-041, SC-042: another profile takes it, or has the start Rejected."""
    given: list[Any] = []

    def take(connector: int, profile: Any) -> bool:
        given.append((connector, profile["chargingProfileId"]))
        return will_do

    booted.station.shared["accept_remote_profile"] = take
    booted.plug()
    answer = start(booted, f',"connectorId":1,"chargingProfile":{PROFILE}')
    assert answer == ("Accepted" if will_do else "Rejected")
    assert given == [(1, 1)]


def test_core_133_stop(booted: Any) -> None:
    """CORE-133: Accepted, StopTransaction with Remote, unlocked, no Authorize."""
    booted.charge()
    assert booted.call("RemoteStopTransaction", '{"transactionId":7}') == {"status": "Accepted"}
    ((_, stop),) = booted.seen("StopTransaction")
    assert stop["reason"] == "Remote"
    assert not booted.hardware.locked[1]
    assert booted.status(1) == "Finishing"


@pytest.mark.parametrize("number", [8, -1, 0, 1])
def test_core_133_unknown_transaction(booted: Any, number: int) -> None:
    """CORE-133: anything else is Rejected, also our own number of it."""
    booted.charge()
    assert booted.call("RemoteStopTransaction", f'{{"transactionId":{number}}}') == {
        "status": "Rejected"
    }
    assert booted.status(1) == "Charging"


def test_core_133_before_the_start_was_answered(booted: Any) -> None:
    """CORE-133, CORE-056: -1 is no id anybody was given."""
    booted.answers["StartTransaction"] = None
    booted.charge()
    assert booted.call("RemoteStopTransaction", '{"transactionId":-1}') == {"status": "Rejected"}


def unlock(bench: Any, connector: int = 1) -> str:
    return str(bench.call("UnlockConnector", f'{{"connectorId":{connector}}}')["status"])


def test_core_123_unlocked(booted: Any) -> None:
    """CORE-123: the lock opens, also of an idle connector."""
    assert unlock(booted) == "Unlocked"


def test_core_123_fails(booted: Any) -> None:
    """CORE-123: tried, still locked."""
    booted.charge()
    booted.hardware.unlocks = False
    assert unlock(booted) == "UnlockFailed"


@pytest.mark.parametrize("connector", [0, 3, -1])
def test_core_123_core_125_no_such_connector(booted: Any, connector: int) -> None:
    """CORE-123, CORE-125: NotSupported."""
    assert unlock(booted, connector) == "NotSupported"


def test_core_123_no_lock(bench: Any) -> None:
    """CORE-123: NotSupported, and a transaction there goes on."""
    bench.hardware.lockable = False
    bench.boot()
    bench.charge()
    assert unlock(bench) == "NotSupported"
    assert bench.status(1) == "Charging"


def test_core_124_ends_the_transaction_first(booted: Any) -> None:
    """CORE-124, CORE-061: StopTransaction with UnlockCommand."""
    booted.charge()
    assert unlock(booted) == "Unlocked"
    ((_, stop),) = booted.seen("StopTransaction")
    assert stop["reason"] == "UnlockCommand"
    assert booted.status(1) == "Finishing"


def test_core_123_frees_a_forgotten_cable(booted: Any) -> None:
    """CORE-123: a cable that stayed locked after the EV left is done with."""
    booted.configure("UnlockConnectorOnEVSideDisconnect", "false")
    booted.charge()
    booted.unplug()
    assert booted.status(1) == "Finishing"
    assert unlock(booted) == "Unlocked"
    assert booted.status(1) == "Available"


def asks(bench: Any) -> list[tuple[int, str]]:
    """Another profile vetoes until the parent of a tag is known, and notes that it was asked."""
    asked: list[tuple[int, str]] = []

    def decides(connector_id: int, id_tag: str) -> bool:
        asked.append((connector_id, id_tag))
        return True

    bench.other.veto = "of another group"
    bench.station.shared["parent_decides"] = decides
    return asked


@pytest.mark.parametrize("connector", [0, 1])
def test_res_010_the_parent_is_asked_for_first(booted: Any, connector: int) -> None:
    """RES-010, CORE-126: one Authorize, then the response, then the start."""
    booted.plug()
    booted.seen()
    asked = asks(booted)
    booted.answers["Authorize"] = None
    more = f',"connectorId":{connector}' if connector else ""
    assert booted.call("RemoteStartTransaction", f'{{"idTag":"REMOTE"{more}}}') is None
    assert booted.seen() == [("Authorize", {"idTag": "REMOTE"})]
    booted.other.veto = ""
    booted.answer('{"idTagInfo":{"status":"Accepted","parentIdTag":"GROUP"}}')
    assert booted.seen()[0][0] == "StartTransaction"
    assert asked == [(connector, "REMOTE")]


@pytest.mark.parametrize("status", ["Accepted", "Blocked"])
def test_res_010_the_wrong_parent(booted: Any, status: str) -> None:
    """RES-010, CORE-129: Rejected, and nothing begins."""
    booted.plug()
    asks(booted)
    booted.answers["Authorize"] = {"idTagInfo": {"status": status}}
    assert start(booted) == "Rejected"
    booted.advance(1)
    assert booted.seen("StartTransaction") == []


def test_res_010_the_parent_cannot_be_asked_for(booted: Any) -> None:
    """RES-010: without the connection that asked nothing starts, whatever offline rules say."""
    booted.configure("AllowOfflineTxForUnknownId", "true")
    booted.plug()
    asks(booted)
    booted.answers["Authorize"] = None
    booted.call("RemoteStartTransaction", '{"idTag":"REMOTE","connectorId":1}')
    booted.other.veto = ""
    booted.disconnect()
    booted.connect()
    booted.advance(1)
    assert booted.seen("StartTransaction") == []


def test_core_128_a_connector_reserved_for_the_tag_comes_first(booted: Any) -> None:
    """CORE-128: before one with somebody's cable in."""
    booted.plug(1)
    booted.core.connectors[2].reserve()
    assert start(booted, "") == "Accepted"
    assert booted.status(2) == "Preparing"
