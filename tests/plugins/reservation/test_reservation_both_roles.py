"""Reservations between both roles of this project, whatever else is switched on."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import GetConfiguration, RemoteStartTransaction
from ocpp_plugins.reservation.messages import CancelReservation, ReserveNow

from ocpp_kernel import events
from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import parse_config
from ocpp_kernel.errors import RemoteError, UnknownAction
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.plugins import discover
from ocpp_kernel.testing import CentralPair

NEEDED = ("core_profile", "simulated_ev")
REQUEST = ReserveNow(
    {
        "connectorId": 1,
        "expiryDate": "2026-01-01T01:00:00Z",
        "idTag": "MINE",
        "reservationId": 3,
    }
)


def config(chosen: tuple[str, ...]) -> Any:
    """A configuration with these plugins, and those that they need."""
    everything = [found.name for found in discover(parse_config({}))]
    return parse_config({"profiles": {name: name in (*NEEDED, *chosen) for name in everything}})


def log(level: str, text: str) -> None:
    """No error is to happen here."""
    assert level != "error", text


def joined(station_has: tuple[str, ...], central_has: tuple[str, ...]) -> CentralPair:
    """A charge point and a central system that are connected."""
    station = build_station(config(station_has), MemoryStore(), log)
    pair = CentralPair(station, build_central(config(central_has), log))
    station.start(0)
    pair.connect()
    return pair


def profiles(pair: CentralPair) -> str:
    answer = pair.call(GetConfiguration({"key": ["SupportedFeatureProfiles"]}))
    return str(answer["configurationKey"][0]["value"])


def test_a_reservation_from_making_to_use() -> None:
    """RES-001, RES-009, RES-012: both sides agree at every step."""
    pair = joined(("reservation",), ("reservation",))
    books = pair.central.shared["reservation"]
    core = pair.central.shared["core_profile"].stations["CP001"]
    assert profiles(pair) == "Core,Reservation"
    assert pair.call(REQUEST) == {"status": "Accepted"}
    (reservation,) = books.active("CP001")
    assert core.connectors[1].status == "Reserved"
    start = RemoteStartTransaction({"connectorId": 1, "idTag": "THIEF"})
    assert pair.call(start) == {"status": "Rejected"}
    pair.station.emit(events.Command("plug 1"))
    pair.station.emit(events.Command("tag 1 MINE"))
    pair.pump()
    assert (reservation.end, books.active("CP001")) == ("Used", [])
    assert core.connectors[1].status == "Charging"
    assert pair.call(CancelReservation({"reservationId": 3})) == {"status": "Rejected"}


@pytest.mark.parametrize("others", [(), ("remote_trigger",)])
def test_frm_029_switched_off_at_the_charge_point(others: tuple[str, ...]) -> None:
    """Neither claimed nor known; a remote start meets no reservation."""
    pair = joined(others, ("reservation",))
    assert "Reservation" not in profiles(pair)
    with pytest.raises(RemoteError) as refused:
        pair.call(REQUEST)
    assert refused.value.code == "NotSupported"
    assert pair.central.shared["reservation"].active("CP001") == []
    start = RemoteStartTransaction({"connectorId": 1, "idTag": "ANYBODY"})
    assert pair.call(start) == {"status": "Accepted"}


def test_switched_off_at_the_central_system() -> None:
    """The action is not there to be called; a charge point with it is served all the same."""
    pair = joined(("reservation",), ())
    with pytest.raises(UnknownAction, match="ReserveNow"):
        pair.call(REQUEST)
    pair.station.emit(events.Command("plug 1"))
    pair.station.emit(events.Command("tag 1 ANYBODY"))
    pair.pump()
    assert len(pair.central.shared["core_profile"].transactions) == 1


@pytest.mark.parametrize("others", [(), ("remote_trigger",)])
def test_res_019_power_loss_with_other_plugins(others: tuple[str, ...]) -> None:
    """RES-019: whatever else runs, a reservation comes back with the charge point."""
    pair = joined(("reservation", *others), ("reservation",))
    pair.call(REQUEST)
    pair.restart(build_station(config(("reservation", *others)), pair.station.store, log))
    pair.connect()
    core = pair.central.shared["core_profile"].stations["CP001"]
    assert core.connectors[1].status == "Reserved"
    start = RemoteStartTransaction({"connectorId": 1, "idTag": "THIEF"})
    assert pair.call(start) == {"status": "Rejected"}
