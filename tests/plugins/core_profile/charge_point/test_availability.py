"""ChangeAvailability: CORE-103 to CORE-110."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import events


def change(bench: Any, connector: int, kind: str = "Inoperative") -> str:
    answer = bench.call("ChangeAvailability", f'{{"connectorId":{connector},"type":"{kind}"}}')
    return str(answer["status"])


def test_core_103_scheduled(booted: Any) -> None:
    """CORE-103, ST-C8: applied when the transaction ends."""
    booted.charge()
    assert change(booted, 1) == "Scheduled"
    assert booted.seen() == []
    booted.tag()
    assert booted.statuses() == [(1, "Unavailable")]


@pytest.mark.parametrize("suspended", ["EV", "EVSE"])
def test_core_103_scheduled_while_suspended(booted: Any, suspended: str) -> None:
    """CORE-103, ST-D8, ST-E8: likewise from the suspended statuses."""
    booted.charge()
    if suspended == "EV":
        booted.emit(events.EvReady(1, False))
    else:
        booted.other.limit = 0
        booted.emit(events.LimitChanged(1))
    change(booted, 1)
    booted.seen()
    booted.tag()
    assert booted.statuses() == [(1, "Unavailable")]


def test_core_104_at_once(booted: Any) -> None:
    """CORE-104, ST-A8, ST-H1: Accepted, then the StatusNotification; nothing if nothing changes."""
    assert change(booted, 1) == "Accepted"
    assert booted.statuses() == [(1, "Unavailable")]
    assert change(booted, 1) == "Accepted"
    assert booted.seen() == []
    booted.plug()
    booted.tag()
    assert booted.core.connectors[1].transaction is None
    booted.unplug()
    assert change(booted, 1, "Operative") == "Accepted"
    assert booted.statuses() == [(1, "Available")]


def test_core_104_the_response_comes_first(booted: Any) -> None:
    """CORE-104: the StatusNotification follows the response."""
    frames: list[str] = []
    booted.station.receive(
        '[2,"x","ChangeAvailability",{"connectorId":1,"type":"Inoperative"}]', booted.now
    )
    booted.station.flush(frames.append)
    assert frames[0] == '[3,"x",{"status":"Accepted"}]'
    assert '"Unavailable"' in frames[1]


def test_h2_operative_with_a_cable_in(booted: Any) -> None:
    """ST-H2: who plugged in meanwhile is served."""
    change(booted, 1)
    booted.plug()
    booted.seen()
    change(booted, 1, "Operative")
    assert booted.statuses() == [(1, "Preparing")]
    booted.tag()
    assert booted.status(1) == "Charging"


def test_f8_while_finishing(booted: Any) -> None:
    """ST-F8: Finishing is no transaction."""
    booted.charge()
    booted.tag()
    booted.seen()
    assert change(booted, 1) == "Accepted"
    assert booted.statuses() == [(1, "Unavailable")]
    booted.unplug()
    assert booted.seen() == []


def test_core_105_the_whole_charge_point(booted: Any) -> None:
    """CORE-105: 0 means all; who charges finishes first, the idle ones change at once."""
    booted.charge(1)
    assert change(booted, 0) == "Scheduled"
    assert booted.statuses() == [(2, "Unavailable")]
    booted.tag()
    assert booted.statuses() == [(1, "Unavailable"), (0, "Unavailable")]
    assert change(booted, 0, "Operative") == "Accepted"
    assert sorted(booted.statuses()) == [(0, "Available"), (1, "Preparing"), (2, "Available")]


def test_core_106_while_preparing(booted: Any) -> None:
    """CORE-106: B1, then A8; what was about to start does not."""
    booted.plug()
    booted.seen()
    assert change(booted, 1) == "Accepted"
    assert booted.statuses() == [(1, "Available"), (1, "Unavailable")]
    booted.tag("T", 2)
    assert change(booted, 2) == "Accepted"
    booted.plug(2)
    assert booted.status(2) == "Unavailable"
    assert events.StartCancelled(2) in booted.other.events


def test_core_106_while_authorizing(booted: Any) -> None:
    """CORE-106: an answer that comes too late starts nothing."""
    booted.answers["Authorize"] = None
    booted.plug()
    booted.tag()
    change(booted, 1)
    booted.answer('{"idTagInfo":{"status":"Accepted"}}')
    assert booted.status(1) == "Unavailable"
    assert not booted.hardware.energised[1]


@pytest.mark.parametrize("connector", [3, -1])
def test_core_107_unknown_connector(booted: Any, connector: int) -> None:
    """CORE-107: Rejected."""
    assert change(booted, connector) == "Rejected"


def test_core_108_operative_cancels_what_is_scheduled(booted: Any) -> None:
    """CORE-108: the last word counts."""
    booted.charge()
    change(booted, 1)
    assert change(booted, 1, "Operative") == "Accepted"
    booted.tag()
    assert booted.status(1) == "Finishing"


@pytest.mark.parametrize("connector", [0, 1])
def test_core_109_survives(booted: Any, connector: int) -> None:
    """CORE-109: also over a restart, and also where it was only scheduled."""
    booted.charge()
    change(booted, connector)
    booted.restart().connect()
    expected = {0: "Unavailable" if connector == 0 else "Available", 1: "Unavailable"}
    told = dict(booted.statuses())
    assert {number: told[number] for number in (0, 1)} == expected


def test_core_110_ends_a_reservation(booted: Any) -> None:
    """CORE-110, ST-G8: the connector leaves Reserved; its owner hears of it."""
    booted.core.connectors[1].reserve()
    booted.settle()
    booted.seen()
    assert change(booted, 1) == "Accepted"
    assert booted.statuses() == [(1, "Unavailable")]
    assert events.StatusChanged(1, "Reserved", "Unavailable") in booted.other.events


def test_during_a_fault(booted: Any) -> None:
    """ST-I8: it shows once the fault is over."""
    booted.emit(events.FaultRaised(1, "GroundFailure", ""))
    booted.seen()
    assert change(booted, 1) == "Accepted"
    assert booted.seen() == []
    booted.emit(events.FaultCleared(1))
    assert booted.statuses() == [(1, "Unavailable")]


def test_withheld_by_another_profile(booted: Any) -> None:
    """FW-006: another profile may keep connectors out of use; who charges finishes first."""
    booted.charge(2)
    for connector in booted.station.shared["connectors"]:
        connector.withheld = True
    booted.station.shared["settle"]()
    booted.settle()
    assert booted.statuses() == [(1, "Unavailable")]
    booted.tag("TAG1", 2)
    assert booted.statuses() == [(2, "Unavailable"), (0, "Unavailable")]
    for connector in booted.station.shared["connectors"]:
        connector.withheld = False
    booted.station.shared["settle"]()
    booted.settle()
    assert sorted(booted.statuses()) == [(0, "Available"), (1, "Available"), (2, "Preparing")]
    booted.restart().connect()
    assert booted.statuses()[0] == (0, "Available")
