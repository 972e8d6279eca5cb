"""TriggerMessage at a central system: RT-011, CORE-014, and stations that never registered."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.remote_trigger.central_system import NotTriggered
from ocpp_plugins.remote_trigger.messages import TriggerMessage

from ocpp_kernel.errors import PropertyConstraintViolation
from ocpp_kernel.events_central import StationDisconnected

BOOT = TriggerMessage({"requestedMessage": "BootNotification"})
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


def answer(link: Any, status: str) -> None:
    """The station answers the newest TriggerMessage."""
    link.say([3, link.sent[-1][1], {"status": status}])


def trigger(central: Any, link: Any, message: str, status: str = "Accepted") -> None:
    station = central.central.stations[link.identity]
    request = TriggerMessage({"requestedMessage": message})
    station.post(request, lambda *outcome: None)
    answer(link, status)


def refused(reply: Any) -> bool:
    """Whether a station's CALL ended with SecurityError."""
    return isinstance(reply, list) and reply[2] == "SecurityError"


def test_rt_011_no_boot_is_triggered_once_accepted(central: Any) -> None:
    link = central.boot()
    station = central.central.stations["CP1"]
    with pytest.raises(NotTriggered, match="CP1 is Accepted"):
        station.post(BOOT, lambda *outcome: None)
    assert link.sent == []
    again = central.connect()
    with pytest.raises(NotTriggered):
        station.post(BOOT, lambda *outcome: None)
    assert again.sent == []


def test_rt_011_a_new_boot_is_a_new_decision(central: Any) -> None:
    link = central.boot()
    central.core.accept = lambda station, boot: "Pending"
    link.ask("BootNotification", {"chargePointModel": "M1", "chargePointVendor": "V1"})
    trigger(central, link, "BootNotification")
    assert link.sent[-1][2] == "TriggerMessage"


@pytest.mark.parametrize("message", ["heartbeat", "StartTransaction", ""])
async def test_rt_003_rt_013_what_nobody_may_trigger_is_not_sent(
    central: Any, message: str
) -> None:
    link = central.boot()
    with pytest.raises(PropertyConstraintViolation, match="is none of BootNotification, Diag"):
        await central.central.stations["CP1"].call(TriggerMessage({"requestedMessage": message}))
    assert link.sent == []


async def test_rt_007_a_negative_connector_is_not_sent(central: Any) -> None:
    link = central.boot()
    with pytest.raises(PropertyConstraintViolation, match="connectorId is negative"):
        await central.central.stations["CP1"].call(
            TriggerMessage({"requestedMessage": "MeterValues", "connectorId": -1})
        )
    assert link.sent == []


def test_dis_07_connector_0_is_sent(central: Any) -> None:
    link = central.boot()
    request = TriggerMessage({"requestedMessage": "StatusNotification", "connectorId": 0})
    central.central.stations["CP1"].post(request, lambda *outcome: None)
    assert link.sent[-1][3] == {"requestedMessage": "StatusNotification", "connectorId": 0}


def test_core_014_rt_009_what_was_triggered_is_let_in(make_central: Any) -> None:
    """CORE-014: from a Pending station, and only that."""
    central = make_central({"registration": "Pending"})
    link = central.boot()
    assert refused(link.ask("StatusNotification", STATUS))
    trigger(central, link, "StatusNotification")
    assert link.ask("StatusNotification", STATUS) == {}
    assert link.ask("StatusNotification", {**STATUS, "connectorId": 2}) == {}
    assert sorted(central.core.stations["CP1"].connectors) == [1, 2]
    assert refused(link.ask("Heartbeat", {}))


@pytest.mark.parametrize("status", ["Rejected", "NotImplemented"])
def test_core_014_what_the_station_will_not_send_is_not(make_central: Any, status: str) -> None:
    central = make_central({"registration": "Pending"})
    link = central.boot()
    trigger(central, link, "Heartbeat", status)
    assert refused(link.ask("Heartbeat", {}))


def test_core_014_no_longer_on_another_connection(make_central: Any) -> None:
    central = make_central({"registration": "Pending"})
    link = central.boot()
    trigger(central, link, "Heartbeat")
    central.central.disconnected(link.session, "gone")
    assert refused(central.connect().ask("Heartbeat", {}))


def test_core_014_not_once_the_station_is_rejected(make_central: Any) -> None:
    central = make_central({"registration": "Pending"})
    link = central.boot()
    trigger(central, link, "Heartbeat")
    central.core.accept = lambda station, boot: "Rejected"
    link.ask("BootNotification", {"chargePointModel": "M1", "chargePointVendor": "V1"})
    assert refused(link.ask("Heartbeat", {}))


def test_frm_041_a_station_that_only_reconnected_is_asked_to_register(central: Any) -> None:
    """FRM-012: its first message is refused; right after that it is triggered, once."""
    link = central.connect()
    link.say([2, "h", "Heartbeat", {}])
    refusal, triggered = link.sent
    assert refusal[:3] == [4, "h", "SecurityError"]
    assert triggered[2:] == ["TriggerMessage", {"requestedMessage": "BootNotification"}]
    answer(link, "Accepted")
    link.ask("Heartbeat", {})
    assert [frame for frame in link.sent if frame[0] == 2] == [triggered]
    link.ask("BootNotification", {"chargePointModel": "M1", "chargePointVendor": "V1"})
    assert "currentTime" in link.ask("Heartbeat", {})
    assert [line for line in central.log if line[0] == "warning"] == []


@pytest.mark.parametrize("status", ["Rejected", "NotImplemented"])
def test_frm_041_a_station_that_will_not_register_is_reported(central: Any, status: str) -> None:
    link = central.connect()
    link.say([2, "h", "Heartbeat", {}])
    answer(link, status)
    ((level, text),) = central.log
    assert level == "warning"
    assert text.startswith("CP1 has not registered here")
    assert f"answers TriggerMessage with {status}" in text


def test_frm_041_a_station_that_leaves_is_reported(central: Any) -> None:
    link = central.connect()
    link.say([2, "h", "Heartbeat", {}])
    central.central.disconnected(link.session, "gone")
    assert "Disconnected" in central.log[-1][1] or "gone before" in central.log[-1][1]


def test_frm_041_what_may_not_be_sent_is_reported(central: Any) -> None:
    """Another plugin keeps the central system from calling the station."""

    def forbid(station: Any, action: str, request: Any) -> None:
        raise NotTriggered("not today")

    central.central.outgoing_gates.append(forbid)
    link = central.connect()
    link.say([2, "h", "Heartbeat", {}])
    assert len(link.sent) == 1
    assert "not today" in central.log[-1][1]


def test_frm_041_can_be_switched_off(make_central: Any) -> None:
    central = make_central(register_again=False)
    link = central.connect()
    link.say([2, "h", "Heartbeat", {}])
    assert len(link.sent) == 1


def test_events_of_stations_that_are_forgotten_do_no_harm(central: Any) -> None:
    central.central.max_known = 1
    link = central.boot("CP1")
    central.central.disconnected(link.session, "gone")
    central.boot("CP2")
    central.central.emit(StationDisconnected("CP1", "again"))
    assert central.log == []
