"""ReserveNow and CancelReservation: RES-001 to RES-008, RES-016."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ocpp_kernel import events


def test_res_001_st_a7_a_free_connector(bench: Any) -> None:
    """RES-001: Accepted; only then Reserved is told."""
    frames: list[str] = []
    bench.station.receive(
        '[2,"r","ReserveNow",{"connectorId":1,"expiryDate":"2026-01-01T01:00:00Z",'
        '"idTag":"MINE","reservationId":7}]',
        bench.now,
    )
    bench.station.flush(frames.append)
    assert frames[0] == '[3,"r",{"status":"Accepted"}]'
    assert json.loads(frames[1])[2:] == [
        "StatusNotification",
        {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": "Reserved",
            "timestamp": "2026-01-01T00:00:00Z",
        },
    ]
    assert len(frames) == 2


def test_res_002_the_same_id_replaces(bench: Any) -> None:
    """RES-002: idTag and expiry are the new ones; the status stays as it is."""
    bench.reserve(seconds=60)
    bench.seen()
    assert bench.reserve(id_tag="OTHER", seconds=600) == "Accepted"
    bench.advance(61)
    assert bench.statuses() == []
    bench.plug()
    bench.tag("MINE")
    bench.tag("OTHER")
    assert bench.starts() == [(1, "OTHER", 1)]


def test_res_002_the_same_id_moves_to_another_connector(bench: Any) -> None:
    """RES-002: the old connector is free again."""
    bench.reserve(1)
    bench.seen()
    assert bench.reserve(2) == "Accepted"
    assert bench.statuses() == [(1, "Available"), (2, "Reserved")]
    assert bench.reserve(1, number=2) == "Accepted"


@pytest.mark.parametrize("case", ["Occupied", "Unavailable", "Faulted"])
def test_res_002_where_the_new_one_cannot_be_the_old_one_stays(bench: Any, case: str) -> None:
    """RES-002: the status tells why, and the old reservation holds."""
    bench.reserve(1)
    spoil(bench, 2, case)
    assert bench.reserve(2) == case
    assert bench.status(1) == "Reserved"
    bench.plug(1)
    bench.tag("MINE")
    assert bench.starts() == [(1, "MINE", 1)]


def test_res_002_from_one_connector_to_any_and_back(bench: Any) -> None:
    """RES-002, RES-006: what is replaced does not stand in its own way."""
    bench.charge(2)
    assert bench.reserve(1) == "Accepted"
    assert bench.reserve(0) == "Accepted"
    assert bench.status(1) == "Available"
    assert bench.reserve(1) == "Accepted"
    assert bench.status(1) == "Reserved"


@pytest.mark.parametrize("case", ["plugged", "waiting", "charging", "finishing", "asking"])
def test_res_003_in_use(bench: Any, case: str) -> None:
    """RES-003: from Preparing to Finishing, and while somebody is being authorized there."""
    if case == "plugged":
        bench.plug()
    elif case == "waiting":
        bench.tag()
    elif case == "charging":
        bench.charge()
    elif case == "finishing":
        bench.charge()
        bench.tag()
        assert bench.status(1) == "Finishing"
    else:
        bench.answers["Authorize"] = None
        bench.tag()
    assert bench.reserve() == "Occupied"


def test_res_003_reserved_under_another_id(bench: Any) -> None:
    """RES-003: Occupied, whoever it is for."""
    bench.reserve()
    assert bench.reserve(number=2) == "Occupied"
    assert bench.reserve(number=2, id_tag="OTHER") == "Occupied"


def test_res_003_two_in_one_breath(bench: Any) -> None:
    """RES-003: the second one sees the first although nothing shows yet."""
    request = (
        '"ReserveNow",{"connectorId":1,"expiryDate":"2026-01-01T01:00:00Z","idTag":"A",'
        '"reservationId":'
    )
    frames: list[str] = []
    for number in (1, 2):
        bench.station.receive(f'[2,"r{number}",{request}{number}}}]', bench.now)
    bench.station.flush(frames.append)
    assert frames[:2] == ['[3,"r1",{"status":"Accepted"}]', '[3,"r2",{"status":"Occupied"}]']


def spoil(bench: Any, connector: int, status: str) -> None:
    """Brings a connector, or the charge point, into a status in which it cannot be reserved."""
    if status == "Occupied":
        bench.charge(connector, f"TAG{connector}")
    elif status == "Unavailable":
        bench.call("ChangeAvailability", f'{{"connectorId":{connector},"type":"Inoperative"}}')
    else:
        bench.emit(events.FaultRaised(connector, "GroundFailure", ""))


@pytest.mark.parametrize("where", [0, 1])
@pytest.mark.parametrize("status", ["Unavailable", "Faulted"])
def test_res_004_out_of_use(bench: Any, where: int, status: str) -> None:
    """RES-004: the connector, or the whole charge point."""
    spoil(bench, where, status)
    assert bench.reserve() == status


def test_res_004_switched_off(make_bench: Any) -> None:
    """RES-004: reservations that are not taken are Rejected."""
    bench = make_bench(accept=False)
    bench.boot()
    assert bench.reserve() == "Rejected"
    assert bench.status(1) == "Available"


def test_res_005_no_connector_0(make_bench: Any) -> None:
    """RES-005, CFG-40: Rejected, and told by the configuration key."""
    bench = make_bench(connector_zero=False)
    bench.boot()
    assert bench.reserve(0) == "Rejected"
    assert bench.reserve(1) == "Accepted"
    assert zero_key(bench) == {"readonly": True, "value": "false"}


def zero_key(bench: Any) -> Any:
    name = "ReserveConnectorZeroSupported"
    (key,) = bench.call("GetConfiguration", f'{{"key":["{name}"]}}')["configurationKey"]
    assert key.pop("key") == name
    return key


def test_cfg_40_connector_0(bench: Any) -> None:
    """CFG-40: readable, not to be changed."""
    assert zero_key(bench) == {"readonly": True, "value": "true"}
    assert bench.call(
        "ChangeConfiguration", '{"key":"ReserveConnectorZeroSupported","value":"false"}'
    ) == {"status": "Rejected"}


def test_res_006_no_connector_is_pinned(bench: Any) -> None:
    """RES-006: nothing shows, and a second one is possible while a connector is left for each."""
    bench.seen()
    assert bench.reserve(0) == "Accepted"
    assert bench.statuses() == []
    assert bench.reserve(0, number=2, id_tag="B") == "Accepted"
    assert bench.reserve(0, number=3, id_tag="C") == "Occupied"
    assert bench.reserve(1, number=3, id_tag="C") == "Occupied"
    assert bench.cancel(2) == "Accepted"
    assert bench.reserve(1, number=3, id_tag="C") == "Accepted"
    assert bench.reserve(2, number=4, id_tag="D") == "Occupied"


@pytest.mark.parametrize("status", ["Occupied", "Unavailable", "Faulted"])
def test_res_007_any_connector_as_long_as_there_is_one(bench: Any, status: str) -> None:
    """RES-007: a status only where every connector has it."""
    spoil(bench, 1, status)
    assert bench.reserve(0) == "Accepted"
    bench.cancel()
    spoil(bench, 2, status)
    assert bench.reserve(0) == status


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Faulted", "Occupied", "Occupied"),
        ("Unavailable", "Occupied", "Occupied"),
        ("Faulted", "Unavailable", "Unavailable"),
    ],
)
def test_res_007_where_none_is_left_for_several_reasons(
    bench: Any, first: str, second: str, expected: str
) -> None:
    """RES-007: the reason that passes soonest."""
    spoil(bench, 1, first)
    spoil(bench, 2, second)
    assert bench.reserve(0) == expected


@pytest.mark.parametrize("connector", [3, -1])
def test_res_008_unknown_connector(bench: Any, connector: int) -> None:
    """RES-008: Rejected."""
    assert bench.reserve(connector) == "Rejected"


@pytest.mark.parametrize("seconds", [0, -1, -86400])
def test_res_008_it_is_over_already(bench: Any, seconds: int) -> None:
    """RES-008: Rejected, also as a replacement, which leaves the old one."""
    assert bench.reserve(seconds=seconds) == "Rejected"
    assert bench.status(1) == "Available"
    bench.reserve()
    assert bench.reserve(seconds=seconds) == "Rejected"
    assert bench.cancel() == "Accepted"


def test_res_008_an_expiry_nobody_can_judge(make_bench: Any) -> None:
    """RES-008: before the first BootNotification.conf the time is unknown."""
    bench = make_bench()
    bench.answers["BootNotification"] = None
    bench.build()
    bench.connect()
    assert bench.reserve() == "Rejected"


def test_res_008_expiry_with_a_zone(bench: Any) -> None:
    """RES-008: 01:30+02:00 is before 00:00Z, 01:30-02:00 is not."""
    request = '{"connectorId":1,"expiryDate":"2026-01-01T01:30:00%s","idTag":"A","reservationId":1}'
    assert bench.call("ReserveNow", request % "+02:00") == {"status": "Rejected"}
    assert bench.call("ReserveNow", request % "-02:00") == {"status": "Accepted"}


def test_res_016_st_g1_cancelled(bench: Any) -> None:
    """RES-016, ST-G1: Accepted, and Available told after that."""
    bench.reserve()
    bench.seen()
    frames: list[str] = []
    bench.station.receive('[2,"c","CancelReservation",{"reservationId":1}]', bench.now)
    bench.station.flush(frames.append)
    assert frames[0] == '[3,"c",{"status":"Accepted"}]'
    assert json.loads(frames[1])[3]["status"] == "Available"


def test_res_016_then_anybody_may_charge(bench: Any) -> None:
    """RES-016: by tag or by remote start."""
    bench.reserve()
    bench.cancel()
    bench.charge(1, "ANYBODY")
    bench.reserve(2)
    bench.cancel()
    assert bench.remote_start("ANYBODY", 2) == "Accepted"


def test_res_016_cancelled_with_a_cable_in(bench: Any) -> None:
    """RES-016, RES-017, ST-A2: from Available to Preparing, where ConnectionTimeOut counts."""
    bench.reserve()
    bench.plug()
    bench.seen()
    bench.cancel()
    assert bench.statuses() == [(1, "Available"), (1, "Preparing")]


@pytest.mark.parametrize("case", ["unknown", "used", "expired", "cancelled"])
def test_res_016_nothing_to_cancel(bench: Any, case: str) -> None:
    """RES-016: Rejected."""
    if case != "unknown":
        bench.reserve(seconds=60)
    if case == "used":
        bench.charge(1, "MINE")
    elif case == "expired":
        bench.advance(60)
    elif case == "cancelled":
        bench.cancel()
    assert bench.cancel() == "Rejected"


def test_res_016_cancelled_while_its_tag_waits_for_the_cable(bench: Any) -> None:
    """RES-016, RES-012: the start goes on, without a reservation."""
    bench.reserve()
    bench.tag("MINE")
    assert bench.cancel() == "Accepted"
    bench.plug()
    assert bench.starts() == [(1, "MINE", None)]
