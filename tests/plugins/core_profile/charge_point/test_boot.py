"""Boot: CORE-007 to CORE-018, FRM-012, RT-009, RT-010."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ocpp_kernel import events
from ocpp_kernel.errors import Ignored


def test_core_007_boot_notification_tells_what_it_knows(bench: Any) -> None:
    """CORE-007: vendor and model always, the rest where set."""
    settings = bench.settings
    settings.vendor, settings.model = "ACME", "One"
    settings.serial_number, settings.box_serial_number = "S1", "B1"
    settings.firmware_version, settings.iccid, settings.imsi = "1.2", "8931", "2041"
    settings.meter_type, settings.meter_serial_number = "EM", "M1"
    bench.build().connect()
    assert bench.seen("BootNotification") == [
        (
            "BootNotification",
            json.loads(
                '{"chargePointVendor":"ACME","chargePointModel":"One",'
                '"chargePointSerialNumber":"S1","chargeBoxSerialNumber":"B1",'
                '"firmwareVersion":"1.2","iccid":"8931","imsi":"2041",'
                '"meterType":"EM","meterSerialNumber":"M1"}'
            ),
        )
    ]


def test_core_008_nothing_before_the_answer(bench: Any) -> None:
    """CORE-008: whatever happens, only BootNotification is sent until it is answered."""
    bench.answers["BootNotification"] = None
    bench.build()
    bench.plug()
    bench.connect()
    bench.tag()
    bench.advance(20)
    assert [action for action, _ in bench.seen()] == ["BootNotification"]
    bench.answer('{"status":"Accepted","currentTime":"2026-01-01T00:00:20Z","interval":0}')
    assert bench.statuses() == [(0, "Available"), (1, "Preparing"), (2, "Available")]


def test_core_009_interval_and_clock(booted: Any) -> None:
    """CORE-009: interval becomes HeartbeatInterval and the clock is set."""
    assert booted.station.utc() == booted.station.now + 1767225600
    assert booted.call("GetConfiguration", '{"key":["HeartbeatInterval"]}') == {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
    }


def test_core_009_interval_0_keeps_the_old(bench: Any) -> None:
    """CORE-009: 0 is no interval."""
    bench.boot_answer("Accepted", 0)
    bench.boot()
    assert bench.station.configuration["HeartbeatInterval"] == 300


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_core_010_waits_for_the_interval(bench: Any, status: str) -> None:
    """CORE-010, CORE-014: the next BootNotification comes after interval seconds, not before."""
    bench.boot_answer(status, 90)
    bench.build().connect()
    bench.advance(89)
    assert len(bench.seen()) == 1
    bench.advance(1)
    assert [action for action, _ in bench.seen()] == ["BootNotification"]


def test_core_010_waits_also_over_a_new_connection(bench: Any) -> None:
    """CORE-010: a reconnect is no excuse."""
    bench.boot_answer("Rejected", 90)
    bench.build().connect()
    bench.disconnect()
    bench.advance(10)
    bench.connect()
    bench.advance(79)
    assert len(bench.seen()) == 1
    bench.advance(1)
    assert len(bench.seen()) == 1


def test_core_010_interval_0_does_not_flood(bench: Any) -> None:
    """CORE-010: with interval 0 the charge point waits as long as it likes, but waits."""
    bench.boot_answer("Pending", 0)
    bench.build().connect()
    bench.advance(29)
    assert len(bench.seen()) == 1
    bench.advance(1)
    assert len(bench.seen()) == 1


def test_core_011_no_response(bench: Any) -> None:
    """CORE-011: without an answer it tries again after a while, and stays unaccepted."""
    bench.answers["BootNotification"] = None
    bench.build().connect()
    bench.advance(59)
    assert len(bench.seen()) == 1
    bench.advance(1)
    assert [action for action, _ in bench.seen()] == ["BootNotification"]


def test_core_011_callerror(bench: Any) -> None:
    """CORE-011: nor is a CALLERROR an acceptance."""
    bench.answers["BootNotification"] = ["InternalError", "down"]
    bench.build().connect()
    bench.advance(30)
    assert [action for action, _ in bench.seen()] == ["BootNotification"] * 2


def test_core_011_connection_lost_before_the_answer(bench: Any) -> None:
    """CORE-011: a new connection brings a new BootNotification."""
    bench.answers["BootNotification"] = None
    bench.build().connect()
    bench.disconnect()
    bench.connect()
    assert [action for action, _ in bench.seen()] == ["BootNotification"] * 2


def test_core_012_rejected_answers_nothing(bench: Any) -> None:
    """CORE-012: until the interval expires CALLs are dropped."""
    bench.boot_answer("Rejected", 90)
    bench.build().connect()
    assert bench.call("GetConfiguration", "{}") is None
    with pytest.raises(Ignored):
        bench.core.boot.gate("Reset")
    bench.plug()
    assert [action for action, _ in bench.seen()] == ["BootNotification"]
    bench.boot_answer("Accepted", 300)
    bench.advance(90)
    assert "configurationKey" in bench.call("GetConfiguration", "{}")


def test_core_014_core_015_pending_answers_but_does_not_call(bench: Any) -> None:
    """CORE-014, CORE-015, RT-009: CALLs are answered; only triggered ones are sent."""
    bench.boot_answer("Pending", 90)
    bench.build().connect()
    assert "configurationKey" in bench.call("GetConfiguration", "{}")
    assert bench.call("ChangeConfiguration", '{"key":"ConnectionTimeOut","value":"20"}') == {
        "status": "Accepted"
    }
    bench.plug()
    bench.advance(10)
    assert len(bench.seen()) == 1
    senders = bench.station.hooks.register_triggers()
    assert senders["StatusNotification"](1) == "Accepted"
    bench.settle()
    assert bench.statuses() == [(1, "Preparing")]
    assert senders["BootNotification"](None) == "Accepted"
    bench.settle()
    assert [action for action, _ in bench.seen()] == ["BootNotification"]


def test_core_016_pending_starts_nothing_remotely(bench: Any) -> None:
    """CORE-016: RemoteStart and RemoteStop act on nothing while Pending."""
    bench.boot_answer("Pending", 90)
    bench.build().connect()
    bench.plug()
    assert bench.call("RemoteStartTransaction", '{"idTag":"T","connectorId":1}') == {
        "status": "Rejected"
    }
    assert bench.call("RemoteStopTransaction", '{"transactionId":1}') == {"status": "Rejected"}


def test_core_018_never_accepted_never_charges(bench: Any) -> None:
    """CORE-018: a charge point no central system ever accepted charges nobody."""
    bench.build()
    bench.station.configuration.change("AllowOfflineTxForUnknownId", "true")
    bench.plug()
    bench.tag()
    assert bench.core.connectors[1].transaction is None
    assert "no central system ever accepted" in bench.log[-1][1]


def test_core_018_operator_may_allow_it(bench: Any) -> None:
    """CORE-018: unless the operator says otherwise."""
    bench.settings.charge_before_accepted = True
    bench.build()
    bench.station.configuration.change("AllowOfflineTxForUnknownId", "true")
    bench.plug()
    bench.tag()
    assert bench.core.connectors[1].transaction is not None


def test_core_018_accepted_in_an_earlier_run(booted: Any) -> None:
    """CORE-018: who was accepted once may charge after a restart without a connection."""
    booted.configure("AllowOfflineTxForUnknownId", "true")
    booted.restart()
    booted.plug()
    booted.tag()
    assert booted.core.connectors[1].transaction is not None


def test_frm_012_no_boot_notification_on_reconnect(booted: Any) -> None:
    """FRM-012: a new connection alone is no boot."""
    booted.disconnect()
    booted.advance(10)
    booted.connect()
    assert booted.seen() == []
    assert booted.station.hooks.register_triggers()["BootNotification"](None) == "Rejected"


def test_events_tell_of_acceptance(booted: Any) -> None:
    """Plugins hear once that the charge point was accepted."""
    booted.disconnect()
    booted.connect()
    assert booted.other.events.count(events.BootAccepted(True)) == 1


def test_frm_041_a_forgotten_charge_point_registers_anew_and_loses_nothing(booted: Any) -> None:
    """FRM-041, CORE-048: a central system that restarted refuses what waits, until a new boot."""
    booted.configure("TransactionMessageAttempts", "1")
    booted.configure("AllowOfflineTxForUnknownId", "true")
    booted.disconnect()
    booted.charge()
    booted.tag()
    accepted, booted.answers["StartTransaction"] = booted.answers["StartTransaction"], None
    booted.connect()
    start = booted.seen("StartTransaction")
    assert len(start) == 1
    booted.answers["StartTransaction"] = accepted
    booted.refuse("SecurityError")
    told = [action for action, _ in booted.seen() if action != "StatusNotification"]
    assert told[:2] == ["BootNotification", "StartTransaction"]
    assert told[-1] == "StopTransaction"


def test_frm_041_a_forgotten_charge_point_notices_by_its_heartbeat(booted: Any) -> None:
    booted.answers["Heartbeat"] = None
    booted.advance(booted.station.configuration["HeartbeatInterval"])
    assert booted.seen("Heartbeat")
    booted.refuse("SecurityError")
    assert len(booted.seen("BootNotification")) == 1


def test_frm_041_a_central_system_that_refuses_all_the_same_is_not_flooded(booted: Any) -> None:
    """Once a connection; then a refusal counts as a failed attempt (CORE-046)."""
    booted.configure("TransactionMessageAttempts", "2")
    booted.answers["StartTransaction"] = None
    booted.charge()
    booted.refuse("SecurityError")
    assert len(booted.seen("BootNotification")) == 1
    booted.refuse("SecurityError")
    assert booted.seen("BootNotification") == []
    booted.advance(60)
    assert len(booted.seen("StartTransaction")) == 1
