"""Transactions: CORE-040 to CORE-042, CORE-051, CORE-052, CORE-056 to CORE-066, CORE-080,
CORE-091, CORE-092, CORE-096."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import events

REFUSED = {"idTagInfo": {"status": "Invalid"}, "transactionId": 7}


def only(calls: list[tuple[str, Any]]) -> Any:
    ((_, payload),) = calls
    return payload


def test_core_051_start_without_reservation(booted: Any) -> None:
    """CORE-051, CORE-052: whole Wh, the connector, the time of the start; no reservationId."""
    booted.hardware.energy[2] = 123456
    booted.advance(7)
    booted.charge(2, "T")
    # charge() looked at it; the journal's record of the answered start is gone with its stop
    assert booted.core.connectors[2].transaction.meter_start == 123456


def test_core_052_start_that_ends_a_reservation(booted: Any) -> None:
    """CORE-052: the reservation a tag uses up goes with the start, and is told to its owner."""
    booted.station.shared["reservation_for"] = lambda connector, id_tag: (
        55 if (connector, id_tag) == (1, "TAG1") else None
    )
    booted.plug()
    booted.tag()
    assert only(booted.seen("StartTransaction"))["reservationId"] == 55
    assert events.TransactionStarted(1, 1, "TAG1", 55) in booted.other.events
    booted.plug(2)
    booted.tag("TAG2", 2)
    assert "reservationId" not in only(booted.seen("StartTransaction"))


@pytest.mark.parametrize("online", [True, False])
def test_core_040_refused_after_the_start(booted: Any, online: bool) -> None:
    """CORE-040, CORE-061: stopped as DeAuthorized; the cable stays locked for who started."""
    booted.configure("AllowOfflineTxForUnknownId", "true")
    booted.answers["StartTransaction"] = REFUSED
    if not online:
        booted.disconnect()
    booted.plug()
    booted.tag()
    if not online:
        assert booted.status(1) == "Charging"
        booted.connect()
    stop = only(booted.seen("StopTransaction"))
    assert stop["reason"] == "DeAuthorized"
    assert "idTag" not in stop
    assert booted.status(1) == "Finishing"
    assert not booted.hardware.energised[1]
    assert booted.hardware.locked[1]
    booted.unplug()
    assert booted.status(1) == "Finishing"
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted"}}
    booted.tag("OTHER")
    assert booted.hardware.locked[1]
    booted.tag("tag1")
    assert not booted.hardware.locked[1]
    assert booted.status(1) == "Available"


def test_core_040_the_group_may_release_the_cable(booted: Any) -> None:
    """CORE-040: so may a tag with the same ParentIdTag."""
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FAM"}}
    booted.answers["StartTransaction"] = REFUSED
    booted.plug()
    booted.tag()
    booted.tag("TAG2")
    assert not booted.hardware.locked[1]
    assert booted.status(1) == "Finishing"
    booted.unplug()
    assert booted.status(1) == "Available"


def test_core_041_only_energy_stops(booted: Any) -> None:
    """CORE-041: with StopTransactionOnInvalidId false the transaction goes on without energy."""
    booted.configure("StopTransactionOnInvalidId", "false")
    booted.answers["StartTransaction"] = REFUSED
    booted.plug()
    booted.tag()
    assert booted.statuses() == [(1, "Preparing"), (1, "Charging"), (1, "SuspendedEVSE")]
    assert not booted.hardware.energised[1]
    booted.tag()
    assert only(booted.seen("StopTransaction"))["transactionId"] == 7


def test_core_042_some_energy_for_invalid_tags(booted: Any) -> None:
    """CORE-042: MaxEnergyOnInvalidId Wh may still flow."""
    booted.configure("StopTransactionOnInvalidId", "false")
    booted.configure("MaxEnergyOnInvalidId", "500")
    booted.answers["StartTransaction"] = REFUSED
    booted.plug()
    booted.tag()
    booted.use(1, 499)
    booted.advance(30)
    assert booted.status(1) == "Charging"
    booted.use(1, 1)
    booted.advance(10)
    assert booted.status(1) == "SuspendedEVSE"
    assert not booted.hardware.energised[1]


@pytest.mark.parametrize("reason", ["EmergencyStop", "Other"])
def test_core_061_stop_button(booted: Any, reason: str) -> None:
    """CORE-059, CORE-060, CORE-061: the reason is told unless it is Local; no idTag is known."""
    booted.charge()
    booted.emit(events.StopPressed(1, reason))
    stop = only(booted.seen("StopTransaction"))
    assert stop["reason"] == reason
    assert "idTag" not in stop
    assert booted.status(1) == "Finishing"


def test_core_060_local_is_left_out(booted: Any) -> None:
    """CORE-060: Local is what absence means."""
    booted.charge()
    booted.emit(events.StopPressed(1, "Local"))
    assert "reason" not in only(booted.seen("StopTransaction"))


def test_core_061_emergency_stop_of_the_whole_charge_point(booted: Any) -> None:
    """CORE-061: the button may stand for every connector."""
    booted.charge(1)
    booted.charge(2, "TAG2")
    booted.emit(events.StopPressed(0, "EmergencyStop"))
    assert len(booted.seen("StopTransaction")) == 2


def test_core_064_normal_end_unlocks(booted: Any) -> None:
    """CORE-064: the cable is free once the transaction ended normally."""
    booted.charge()
    assert booted.hardware.locked[1]
    booted.tag()
    assert not booted.hardware.locked[1]


@pytest.mark.parametrize("unlock", [True, False])
def test_core_065_unplugged_at_the_ev(booted: Any, unlock: bool) -> None:
    """CORE-061, CORE-065, CORE-096: the transaction ends as EVDisconnected; unlocked or not as
    configured; plugging in again gives no energy."""
    booted.configure("UnlockConnectorOnEVSideDisconnect", "true" if unlock else "false")
    booted.charge()
    booted.unplug()
    calls = booted.seen("StopTransaction", "StatusNotification")
    assert calls[0][1]["reason"] == "EVDisconnected"
    assert calls[1][1]["status"] == "Finishing"
    assert calls[1][1]["errorCode"] == "NoError"
    assert calls[1][1]["info"] == "EV side disconnected"
    assert booted.hardware.locked[1] is not unlock
    assert booted.status(1) == ("Available" if unlock else "Finishing")
    booted.plug()
    booted.advance(10)
    assert not booted.hardware.energised[1]
    assert booted.core.connectors[1].transaction is None


def test_core_065_a_cable_left_locked_is_released_by_a_tag(booted: Any) -> None:
    """CORE-065: without that setting somebody must come and release it."""
    booted.configure("UnlockConnectorOnEVSideDisconnect", "false")
    booted.charge()
    booted.unplug()
    booted.tag("TAG1")
    assert not booted.hardware.locked[1]
    assert booted.status(1) == "Available"


def test_core_066_unplugged_but_kept(booted: Any) -> None:
    """CORE-066, CORE-096: with StopTransactionOnEVSideDisconnect false it is only suspended, and
    goes on when plugged in again; the cable stays locked."""
    booted.configure("StopTransactionOnEVSideDisconnect", "false")
    booted.charge()
    booted.unplug()
    status = only(booted.seen("StatusNotification"))
    assert status["status"] == "SuspendedEV"
    assert status["info"] == "EV side disconnected"
    assert not booted.hardware.energised[1]
    assert booted.hardware.locked[1]
    booted.plug()
    assert booted.statuses() == [(1, "Charging")]
    assert booted.hardware.energised[1]
    assert booted.seen("StartTransaction") == []


def test_d1_stopped_while_unplugged(booted: Any) -> None:
    """ST-D1: nothing is left for the user to do."""
    booted.configure("StopTransactionOnEVSideDisconnect", "false")
    booted.charge()
    booted.unplug()
    booted.tag()
    assert booted.status(1) == "Available"


def test_core_080_a_register_never_decreases(booted: Any) -> None:
    """CORE-080: should the meter go back, the last reading stands."""
    booted.use(1, 1000)
    booted.charge()
    booted.use(1, 100)
    booted.advance(60)
    booted.hardware.energy[1] = 5
    booted.tag()
    assert only(booted.seen("StopTransaction"))["meterStop"] == 1100


def test_core_080_registers_go_on(booted: Any) -> None:
    """CORE-080: meterStart is where the last meterStop was."""
    booted.charge()
    booted.use(1, 700)
    booted.tag()
    stop = only(booted.seen("StopTransaction"))
    booted.tag()
    assert only(booted.seen("StartTransaction"))["meterStart"] == stop["meterStop"] == 700


def test_core_091_suspended_by_both(booted: Any) -> None:
    """CORE-091, ST-C4, ST-C5, ST-D3, ST-D5, ST-E3, ST-E4: the EVSE's restriction shows first."""
    booted.charge()
    booted.emit(events.EvReady(1, False))
    booted.other.limit = 0
    booted.emit(events.LimitChanged(1))
    assert booted.hardware.offered[1] == 0
    booted.other.limit = 6000
    booted.emit(events.LimitChanged(0))
    assert booted.hardware.offered[1] == 6000
    booted.emit(events.EvReady(1, True))
    booted.other.limit = 0
    booted.emit(events.LimitChanged(1))
    booted.emit(events.EvReady(1, False))
    booted.emit(events.EvReady(1, True))
    booted.other.limit = None
    booted.emit(events.LimitChanged(1))
    assert [status for _, status in booted.statuses()] == [
        "SuspendedEV",
        "SuspendedEVSE",
        "SuspendedEV",
        "Charging",
        "SuspendedEVSE",
        "Charging",
    ]
    assert booted.hardware.offered[1] == 32000


def test_limits_are_bounded_by_the_hardware(booted: Any) -> None:
    """A limit above what the hardware can offers what it can; a negative one nothing."""
    booted.charge()
    for limit, offered in ((64000, 32000), (-5, 0)):
        booted.other.limit = limit
        booted.emit(events.LimitChanged(1))
        assert booted.hardware.offered[1] == offered


@pytest.mark.parametrize(
    ("ready", "limit", "status"),
    [(False, None, "SuspendedEV"), (True, 0, "SuspendedEVSE"), (True, None, "Charging")],
)
def test_b3_b4_b5_after_preparing(booted: Any, ready: bool, limit: Any, status: str) -> None:
    """ST-B3, ST-B4, ST-B5: what follows Preparing depends on EV and EVSE."""
    booted.other.limit = limit
    booted.plug()
    booted.emit(events.EvReady(1, ready))
    booted.tag()
    assert booted.statuses() == [(1, "Preparing"), (1, status)]


def test_f2_again_without_unplugging(booted: Any) -> None:
    """ST-F2: a tag presented in Finishing starts a new transaction."""
    booted.charge()
    booted.tag()
    booted.seen()
    booted.tag("TAG2")
    assert booted.statuses() == [(1, "Preparing"), (1, "Charging")]


def test_lock_failure(booted: Any) -> None:
    """A cable that cannot be locked gets no energy, and the fault is told."""
    booted.hardware.locks = False
    booted.plug()
    booted.tag()
    statuses = booted.seen("StatusNotification", "StartTransaction")
    assert statuses[-1][1]["status"] == "Faulted"
    assert statuses[-1][1]["errorCode"] == "ConnectorLockFailure"
    assert not booted.hardware.energised[1]


def test_fault_stops_energy_but_not_the_transaction(booted: Any) -> None:
    """ST-C9, ST-I3, CORE-101: after the fault charging goes on."""
    booted.charge()
    booted.emit(events.FaultRaised(1, "GroundFailure", "30 mA"))
    status = only(booted.seen("StatusNotification"))
    assert (status["status"], status["errorCode"], status["info"]) == (
        "Faulted",
        "GroundFailure",
        "30 mA",
    )
    assert not booted.hardware.energised[1]
    booted.emit(events.FaultCleared(1))
    assert booted.statuses() == [(1, "Charging")]
    assert booted.hardware.energised[1]


def test_stopped_during_a_fault(booted: Any) -> None:
    """ST-I6: what happened below the fault shows after it."""
    booted.charge()
    booted.emit(events.FaultRaised(1, "GroundFailure", ""))
    booted.tag()
    assert len(booted.seen("StopTransaction")) == 1
    booted.emit(events.FaultCleared(1))
    assert booted.statuses() == [(1, "Finishing")]


def test_no_start_during_a_fault(booted: Any) -> None:
    """A fault, also of the charge point as a whole, keeps everybody from starting."""
    for connector in (0, 1):
        booted.emit(events.FaultRaised(connector, "InternalError", ""))
        booted.plug()
        booted.tag()
        assert booted.core.connectors[1].transaction is None
        booted.emit(events.FaultCleared(connector))
        booted.unplug()


def test_core_092_ev_communication_error(booted: Any) -> None:
    """CORE-092, DIS-16: told with the four statuses only; charging is suspended by it."""
    booted.emit(events.FaultRaised(1, "EVCommunicationError", ""))
    assert booted.seen() == []
    booted.emit(events.FaultCleared(1))
    booted.charge()
    booted.emit(events.FaultRaised(1, "EVCommunicationError", ""))
    told = [(p["status"], p["errorCode"]) for _, p in booted.seen("StatusNotification")]
    assert told == [("SuspendedEVSE", "NoError"), ("SuspendedEVSE", "EVCommunicationError")]
    booted.emit(events.FaultCleared(1))
    told = [(p["status"], p["errorCode"]) for _, p in booted.seen("StatusNotification")]
    assert told[-1] == ("Charging", "NoError")
    assert all(error == "NoError" for status, error in told if status == "Charging")


def test_core_094_other_error_carries_the_vendors(booted: Any) -> None:
    """CORE-094: OtherError has a vendorErrorCode and the vendorId."""
    booted.emit(events.FaultRaised(1, "OtherError", "fan 3"))
    status = only(booted.seen("StatusNotification"))
    assert (status["vendorErrorCode"], status["vendorId"]) == ("fan 3", "ocpp-kernel")


def test_events_of_a_transaction(booted: Any) -> None:
    """Other profiles hear of start and stop with this charge point's own number."""
    booted.charge()
    booted.tag()
    told = [event for event in booted.other.events if "Transaction" in type(event).__name__]
    assert told == [
        events.TransactionStarted(1, 1, "TAG1", None),
        events.TransactionStopped(1, 1, "Local"),
    ]


@pytest.mark.parametrize("connector", [0, 3, -1])
def test_events_of_unknown_connectors(booted: Any, connector: int) -> None:
    """A driver that counts wrongly breaks nothing."""
    for event in (
        events.CablePlugged(connector),
        events.CableUnplugged(connector),
        events.EvReady(connector, True),
        events.TagPresented(connector or 9, "T"),
        events.FaultCleared(connector),
        events.FaultRaised(connector or 9, "GroundFailure", ""),
    ):
        booted.emit(event)
    assert booted.seen() == []
