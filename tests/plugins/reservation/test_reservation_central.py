"""What a central system knows of reservations, and what it does not send."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ocpp_plugins.reservation.central_system import NotReserved
from ocpp_plugins.reservation.messages import CancelReservation, ReserveNow

from ocpp_kernel.errors import PropertyConstraintViolation

HOUR = 3600


def request(central: Any, **changes: Any) -> Any:
    wanted = {
        "connectorId": 1,
        "expiryDate": "2026-01-01T01:00:00Z",
        "idTag": "MINE",
        "reservationId": 7,
    }
    return ReserveNow({**wanted, **changes})  # type: ignore[typeddict-item]  # tests break it


def answer(link: Any, payload: Any) -> None:
    """The station answers the newest CALL."""
    link.say([3, link.sent[-1][1], payload])


def make(central: Any, link: Any, status: str = "Accepted", **changes: Any) -> None:
    """The station answers a ReserveNow."""
    station = central.central.stations[link.identity]
    station.post(request(central, **changes), lambda *outcome: None)
    answer(link, {"status": status})


def books(central: Any) -> Any:
    return central.central.shared["reservation"]


def held(central: Any, identity: str = "CP1") -> list[int]:
    return [reservation.id for reservation in books(central).active(identity)]


def ends(central: Any) -> list[tuple[int, str]]:
    return [
        (event.reservation.id, event.reservation.end) for event in central.told("ReservationEnded")
    ]


def start(link: Any, **changes: Any) -> Any:
    begun = {
        "connectorId": 1,
        "idTag": "MINE",
        "meterStart": 0,
        "timestamp": "2026-01-01T00:10:00Z",
    }
    return link.ask("StartTransaction", {**begun, **changes})


def report(link: Any, connector: int, status: str) -> None:
    link.ask(
        "StatusNotification",
        {"connectorId": connector, "errorCode": "NoError", "status": status},
    )


def test_res_001_what_is_accepted_is_booked(central: Any) -> None:
    link = central.boot()
    make(central, link, parentIdTag="FLEET")
    (reservation,) = books(central).active("CP1")
    assert reservation.connector_id == 1
    assert (reservation.id_tag, reservation.parent_id_tag) == ("MINE", "FLEET")
    assert reservation.made_at == central.now
    assert reservation.expires_at == central.now + HOUR
    assert reservation.end is None
    assert [event.reservation for event in central.told("ReservationMade")] == [reservation]


@pytest.mark.parametrize("status", ["Faulted", "Occupied", "Rejected", "Unavailable"])
def test_res_003_res_004_what_is_refused_is_not(central: Any, status: str) -> None:
    make(central, central.boot(), status)
    assert held(central) == []
    assert central.told("ReservationMade") == []


def test_res_002_the_same_id_replaces(central: Any) -> None:
    link = central.boot()
    make(central, link)
    make(central, link, connectorId=2, idTag="OTHER")
    (reservation,) = books(central).active("CP1")
    assert (reservation.connector_id, reservation.id_tag) == (2, "OTHER")
    assert ends(central) == [(7, "Replaced")]


def test_res_002_a_replacement_that_is_refused_leaves_the_old_one(central: Any) -> None:
    link = central.boot()
    make(central, link)
    make(central, link, "Occupied", connectorId=2)
    assert books(central).active("CP1")[0].connector_id == 1


def test_ids_are_each_stations_own(central: Any) -> None:
    make(central, central.boot("CP1"))
    make(central, central.boot("CP2"))
    assert (held(central, "CP1"), held(central, "CP2"), held(central, "CP3")) == ([7], [7], [])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"connectorId": -1}, "connectorId -1 is negative"),
        ({"idTag": ""}, "idTag is empty"),
        ({"expiryDate": "2026-01-01T00:00:00Z"}, "is not in the future; it is 2026-01-01T00:00"),
        ({"expiryDate": "2026-01-01T00:59:59+01:00"}, "is not in the future"),
    ],
)
async def test_res_008_what_cannot_be_is_not_sent(central: Any, changes: Any, match: str) -> None:
    link = central.boot()
    with pytest.raises(PropertyConstraintViolation, match=match):
        await central.central.stations["CP1"].call(request(central, **changes))
    assert link.sent == []


def test_res_012_used(central: Any) -> None:
    link = central.boot()
    make(central, link)
    (reservation,) = books(central).active("CP1")
    number = start(link, reservationId=7)["transactionId"]
    assert held(central) == []
    assert (reservation.end, reservation.transaction_id) == ("Used", number)
    assert ends(central) == [(7, "Used")]


def test_res_013_a_start_without_it_uses_nothing(central: Any) -> None:
    link = central.boot()
    make(central, link)
    start(link)
    start(link, connectorId=2, reservationId=8)
    assert held(central) == [7]


def test_res_012_told_late(central: Any) -> None:
    """CORE-045: a start before the expiry counts although it is heard of after it."""
    link = central.boot()
    make(central, link)
    central.now += 2 * HOUR
    assert held(central) == []
    start(link, reservationId=7, timestamp="2026-01-01T01:10:00Z")
    assert books(central).ended[-1].end == "Expired"
    start(link, reservationId=7)
    assert books(central).ended[-1].end == "Used"


def test_res_014_expired(central: Any) -> None:
    link = central.boot()
    make(central, link)
    central.now += HOUR - 1
    assert held(central) == [7]
    central.now += 1
    report(link, 1, "Available")
    assert ends(central) == [(7, "Expired")]
    assert held(central) == []


@pytest.mark.parametrize("status", ["Faulted", "Unavailable"])
@pytest.mark.parametrize("where", [0, 1])
def test_res_015_ended_by_status(central: Any, where: int, status: str) -> None:
    link = central.boot()
    make(central, link)
    report(link, 2, status)
    report(link, where, "Available")
    assert held(central) == [7]
    report(link, where, status)
    assert ends(central) == [(7, status)]


def test_res_015_connector_0_ends_with_the_station_only(central: Any) -> None:
    link = central.boot()
    make(central, link, connectorId=0)
    report(link, 1, "Faulted")
    assert held(central) == [7]
    report(link, 0, "Unavailable")
    assert held(central) == []


@pytest.mark.parametrize(("status", "end"), [("Accepted", "Cancelled"), ("Rejected", "Lost")])
def test_res_016_cancelled(central: Any, status: str, end: str) -> None:
    link = central.boot()
    make(central, link)
    station = central.central.stations["CP1"]
    station.post(CancelReservation({"reservationId": 7}), lambda *outcome: None)
    answer(link, {"status": status})
    assert ends(central) == [(7, end)]


def test_res_016_unknown_here(central: Any) -> None:
    link = central.boot()
    station = central.central.stations["CP1"]
    station.post(CancelReservation({"reservationId": 7}), lambda *outcome: None)
    answer(link, {"status": "Rejected"})
    assert ends(central) == []


def test_res_019_reservations_outlast_the_connection_and_a_boot(central: Any) -> None:
    make(central, central.boot())
    central.boot()
    assert held(central) == [7]


async def test_reserve_and_cancel(make_central: Any) -> None:
    central = make_central(first_reservation_id=7)
    link = central.boot()
    make(central, link)
    station = central.central.stations["CP1"]
    task = asyncio.create_task(books(central).reserve(station, 2, "A", central.now + 60, "GROUP"))
    await asyncio.sleep(0)
    assert link.sent[-1][2:] == [
        "ReserveNow",
        {
            "connectorId": 2,
            "expiryDate": "2026-01-01T00:01:00Z",
            "idTag": "A",
            "reservationId": 8,
            "parentIdTag": "GROUP",
        },
    ]
    answer(link, {"status": "Accepted"})
    report(link, 2, "Faulted")  # before whoever asked hears of it
    reservation = await task
    assert (reservation.id, reservation.end) == (8, "Faulted")
    cancelling = asyncio.create_task(books(central).cancel(reservation))
    await asyncio.sleep(0)
    answer(link, {"status": "Rejected"})
    assert await cancelling is False


async def test_reserve_is_refused(central: Any) -> None:
    link = central.boot()
    station = central.central.stations["CP1"]
    task = asyncio.create_task(books(central).reserve(station, 0, "A", central.now + 60))
    await asyncio.sleep(0)
    assert link.sent[-1][3]["reservationId"] == central.now
    answer(link, {"status": "Occupied"})
    with pytest.raises(NotReserved, match="CP1 answers ReserveNow with Occupied") as refused:
        await task
    assert refused.value.status == "Occupied"
    assert books(central).next_id == central.now + 1


def test_only_so_many_that_ended_are_kept(make_central: Any) -> None:
    central = make_central(keep=2)
    link = central.boot()
    for number in (1, 2, 3):
        make(central, link, reservationId=number)
        start(link, reservationId=number, connectorId=number)
    assert [reservation.id for reservation in books(central).ended] == [2, 3]
