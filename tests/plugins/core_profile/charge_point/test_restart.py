"""Reset: CORE-118 to CORE-122."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ocpp_kernel import events


@pytest.mark.parametrize(("kind", "reason"), [("Soft", "SoftReset"), ("Hard", "HardReset")])
def test_core_118_core_119_core_120_reset(booted: Any, kind: str, reason: str) -> None:
    """CORE-118 to CORE-121: the response first, then every transaction ends, then the restart."""
    booted.charge(1)
    booted.charge(2, "TAG2")
    frames: list[str] = []
    booted.station.receive(f'[2,"x","Reset",{{"type":"{kind}"}}]', booted.now)
    booted.station.flush(frames.append)
    assert frames[0] == '[3,"x",{"status":"Accepted"}]'
    assert not booted.station.exit
    for frame in frames[1:]:
        booted.receive(json.loads(frame))
    booted.settle()
    booted.advance(2)
    stops = booted.seen("StopTransaction")
    assert [payload["reason"] for _, payload in stops] == [reason, reason]
    assert booted.station.exit == kind
    assert booted.hardware.restarts == [kind]
    booted.restart(kind).connect()
    assert booted.seen()[0][0] == "BootNotification"


@pytest.mark.parametrize(("kind", "seconds"), [("Soft", 30), ("Hard", 5)])
def test_core_119_unanswered_stops_stay_queued(booted: Any, kind: str, seconds: int) -> None:
    """CORE-119, CORE-120: it does not wait for ever; what was not answered is told afterwards."""
    booted.answers["StopTransaction"] = None
    booted.charge()
    booted.call("Reset", f'{{"type":"{kind}"}}')
    booted.advance(seconds - 1)
    assert not booted.station.exit
    booted.advance(2)
    assert booted.station.exit == kind
    booted.seen()
    booted.answers["StopTransaction"] = {}
    booted.restart(kind).connect()
    ((_, payload),) = booted.seen("StopTransaction")
    assert payload["reason"] == f"{kind}Reset"


def test_nothing_starts_any_more(booted: Any) -> None:
    """CORE-119: between the response and the restart nobody can start."""
    booted.answers["StopTransaction"] = None
    booted.charge(2)
    booted.call("Reset", '{"type":"Soft"}')
    booted.plug()
    booted.tag()
    assert booted.core.connectors[1].transaction is None
    assert "about to restart" in booted.log[-1][1]
    assert booted.call("RemoteStartTransaction", '{"idTag":"T","connectorId":1}') == {
        "status": "Rejected"
    }


def test_core_121_state_is_kept(booted: Any) -> None:
    """CORE-121: availability and configuration."""
    booted.configure("ConnectionTimeOut", "44")
    booted.call("ChangeAvailability", '{"connectorId":2,"type":"Inoperative"}')
    booted.call("Reset", '{"type":"Hard"}')
    booted.advance(2)
    booted.restart("Hard").connect()
    assert (2, "Unavailable") in booted.statuses()
    assert booted.station.configuration["ConnectionTimeOut"] == 44


def test_core_122_a_failed_reset_is_tried_again(booted: Any) -> None:
    """CORE-122: ResetRetries more times."""
    booted.configure("ResetRetries", "2")
    booted.hardware.restart_fails = 2
    booted.call("Reset", '{"type":"Hard"}')
    booted.advance(30)
    assert booted.station.exit == "Hard"


def test_core_122_then_it_is_a_fault(booted: Any) -> None:
    """CORE-122: told as ResetFailure; the charge point goes on."""
    booted.configure("ResetRetries", "2")
    booted.hardware.restart_fails = 3
    booted.call("Reset", '{"type":"Hard"}')
    booted.advance(40)
    assert not booted.station.exit
    assert events.FaultRaised(0, "ResetFailure", "") in booted.other.events
    ((_, payload),) = booted.seen("StatusNotification")
    assert (payload["connectorId"], payload["errorCode"]) == (0, "ResetFailure")
    booted.charge()
