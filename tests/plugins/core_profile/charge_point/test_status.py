"""StatusNotification: CORE-017, CORE-088, CORE-095, CORE-097 to CORE-100, RT-005, RT-007."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import events


def test_core_088_each_change_once(booted: Any) -> None:
    """CORE-088: told when it changes, with its time, and not again."""
    booted.advance(9)
    booted.plug()
    booted.advance(20)
    assert booted.seen() == [
        (
            "StatusNotification",
            {
                "connectorId": 1,
                "errorCode": "NoError",
                "status": "Preparing",
                "timestamp": "2026-01-01T00:00:09Z",
            },
        )
    ]


def test_core_088_the_info_is_cut(booted: Any) -> None:
    """CORE-088: info holds 50 characters."""
    booted.emit(events.FaultRaised(1, "GroundFailure", "x" * 60))
    assert booted.seen()[0][1]["info"] == "x" * 50


def test_core_095_minimum_duration(booted: Any) -> None:
    """CORE-095: what does not last MinimumStatusDuration is not told."""
    booted.configure("MinimumStatusDuration", "5")
    booted.plug()
    booted.advance(4)
    booted.unplug()
    booted.advance(10)
    assert booted.seen() == []
    booted.plug()
    booted.advance(5)
    assert booted.statuses() == [(1, "Preparing")]


def test_core_095_never_tells_a_change_that_does_not_exist(booted: Any) -> None:
    """CORE-090, CORE-095: a short status is told if leaving it out made a forbidden change."""
    booted.configure("MinimumStatusDuration", "5")
    booted.plug()
    booted.advance(5)
    booted.tag()
    booted.call("ChangeAvailability", '{"connectorId":1,"type":"Inoperative"}')
    booted.tag()
    booted.advance(5)
    assert [status for _, status in booted.statuses()] == ["Preparing", "Charging", "Unavailable"]


def test_core_097_after_offline_only_what_changed(booted: Any) -> None:
    """CORE-097: the current status of what changed; no history."""
    booted.disconnect()
    booted.plug(1)
    booted.unplug(1)
    booted.plug(2)
    booted.advance(5)
    booted.connect()
    assert booted.statuses() == [(2, "Preparing")]


def test_core_097_errors_count_as_changes(booted: Any) -> None:
    """CORE-097: an error that came while offline is told."""
    booted.disconnect()
    booted.emit(events.FaultRaised(0, "WeakSignal", ""))
    booted.connect()
    ((_, payload),) = booted.seen()
    assert (payload["status"], payload["errorCode"]) == ("Available", "WeakSignal")


def test_core_097_lost_on_the_way(booted: Any) -> None:
    """CORE-097: whether it was heard before the connection broke is not known: told again."""
    booted.answers["StatusNotification"] = None
    booted.plug()
    assert booted.statuses() == [(1, "Preparing")]
    booted.disconnect()
    booted.connect()
    assert booted.statuses() == [(1, "Preparing")]


def test_core_098_order(booted: Any) -> None:
    """CORE-098: slow answers change nothing about the order."""
    booted.answers["StatusNotification"] = None
    booted.plug(1)
    booted.plug(2)
    booted.unplug(1)
    for expected in ((1, "Preparing"), (2, "Preparing"), (1, "Available")):
        assert booted.statuses() == [expected]
        booted.answer("{}")


def test_core_099_tag_without_cable(booted: Any) -> None:
    """CORE-099, ST-B1: the cable does not come within ConnectionTimeOut."""
    booted.configure("ConnectionTimeOut", "20")
    booted.tag()
    booted.advance(19)
    assert booted.statuses() == [(1, "Preparing")]
    booted.advance(1)
    assert booted.statuses() == [(1, "Available")]
    booted.plug()
    booted.advance(1)
    assert booted.core.connectors[1].transaction is None
    assert events.StartCancelled(1) in booted.other.events


def test_core_099_cable_in_time(booted: Any) -> None:
    """CORE-099: within it, charging starts."""
    booted.tag()
    booted.advance(59)
    booted.plug()
    booted.advance(100)
    assert booted.status(1) == "Charging"


def test_b1_tag_shown_again(booted: Any) -> None:
    """ST-B1: who changes their mind shows the tag again."""
    booted.tag()
    booted.tag("tag1")
    assert booted.statuses() == [(1, "Preparing"), (1, "Available")]


def test_b1_another_tag_changes_nothing(booted: Any) -> None:
    """ST-B1: a stranger's tag does not take the waiting one's place."""
    booted.tag()
    booted.tag("TAG2")
    booted.plug()
    assert booted.core.connectors[1].transaction.id_tag == "TAG1"


def test_b1_unplugged(booted: Any) -> None:
    """ST-B1: unplugging without a tag ends it."""
    booted.plug()
    booted.unplug()
    assert booted.statuses() == [(1, "Preparing"), (1, "Available")]


def test_core_100_cable_without_tag(booted: Any) -> None:
    """CORE-100, ST-B6: too late is too late, until the cable was out."""
    booted.configure("ConnectionTimeOut", "20")
    booted.plug()
    booted.advance(20)
    assert booted.statuses() == [(1, "Preparing"), (1, "Finishing")]
    booted.tag()
    assert booted.seen() == []
    assert booted.core.connectors[1].transaction is None
    booted.unplug()
    booted.plug()
    booted.tag()
    assert booted.status(1) == "Charging"


def test_connection_time_out_0_waits_for_ever(booted: Any) -> None:
    """CORE-099: 0 is taken as no time-out."""
    booted.configure("ConnectionTimeOut", "0")
    booted.tag()
    booted.advance(1000)
    assert booted.status(1) == "Preparing"


def test_plugged_at_power_up(bench: Any) -> None:
    """CORE-017: an EV that is there already shows."""
    bench.hardware.plugged[2] = True
    bench.build().connect()
    assert bench.statuses() == [(0, "Available"), (1, "Available"), (2, "Preparing")]
    bench.tag("T", 2)
    assert bench.status(2) == "Charging"


def test_core_017_again_after_a_restart(booted: Any) -> None:
    """CORE-017: every accepted boot brings all statuses."""
    booted.restart().connect()
    assert booted.statuses() == [(0, "Available"), (1, "Available"), (2, "Available")]


@pytest.mark.parametrize(("connector", "expected"), [(None, [0, 1, 2]), (0, [0]), (2, [2])])
def test_rt_005_triggered(booted: Any, connector: Any, expected: list[int]) -> None:
    """RT-005: 0 is the charge point, n that connector, absent all of them."""
    sender = booted.station.hooks.register_triggers()["StatusNotification"]
    assert sender(connector) == "Accepted"
    booted.settle()
    assert [number for number, _ in booted.statuses()] == expected


@pytest.mark.parametrize("connector", [3, -1])
def test_rt_007_unknown_connector(booted: Any, connector: int) -> None:
    """RT-007: Rejected, nothing is sent."""
    for message in ("StatusNotification", "MeterValues"):
        assert booted.station.hooks.register_triggers()[message](connector) == "Rejected"
    booted.settle()
    assert booted.seen() == []


def test_reserved_connector(booted: Any) -> None:
    """ST-A7, ST-G1, ST-G2, RES-017: plugging in leaves it Reserved; its tag starts; released with
    a cable in, it is in use."""
    connector = booted.station.shared["connectors"][1]
    connector.reserve()
    booted.plug()
    assert booted.statuses() == [(1, "Reserved")]
    connector.release()
    booted.settle()
    assert booted.statuses() == [(1, "Available"), (1, "Preparing")]
    booted.unplug()
    connector.reserve()
    booted.settle()
    booted.seen()
    booted.other.veto = "reserved"
    booted.tag("STRANGER")
    assert booted.status(1) == "Reserved"
    booted.other.veto = ""
    booted.tag()
    booted.plug()
    assert booted.statuses() == [(1, "Preparing"), (1, "Charging")]


def test_core_101_a_cable_that_came_during_a_fault_counts_after_it(booted: Any) -> None:
    """CORE-101, I1, A2: what was Reserved until the fault is Available, then in use."""
    connector = booted.core.connectors[1]
    connector.reserve()
    booted.plug()
    booted.emit(events.FaultRaised(1, "GroundFailure", ""))
    connector.release()
    booted.seen()
    booted.emit(events.FaultCleared(1))
    assert booted.statuses() == [(1, "Available"), (1, "Preparing")]


def test_lal_019_an_error_with_other_words_is_told_too(booted: Any) -> None:
    """LAL-019: two conflicts of a list, say; the same words again are nothing new."""
    for info in ("A Blocked", "A Blocked", "B Blocked"):
        booted.emit(events.FaultRaised(0, "LocalListConflict", info))
    told = [payload["info"] for _, payload in booted.seen("StatusNotification")]
    assert told == ["A Blocked", "B Blocked"]
    booted.emit(events.FaultCleared(0))
    booted.emit(events.FaultCleared(0))
    ((_, cleared),) = booted.seen("StatusNotification")
    assert cleared["errorCode"] == "NoError"
