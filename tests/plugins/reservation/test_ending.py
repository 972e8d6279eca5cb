"""How reservations end, and what outlives a restart: RES-014, RES-015, RES-019, CORE-110, ST-G."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import events
from ocpp_kernel.store import StoreFull


def in_store(bench: Any) -> list[int]:
    """The ids of the reservations that a restart would find."""
    return [record[0] for record in bench.store.load("reservations")]


def test_res_014_st_g1_expired(bench: Any) -> None:
    """RES-014, ST-G1: ended at its second, and Available told."""
    bench.reserve(seconds=90)
    bench.seen()
    bench.advance(89)
    assert bench.statuses() == []
    bench.advance(1)
    assert bench.statuses() == [(1, "Available")]
    assert bench.remote_start("ANYBODY") == "Accepted"


def test_res_014_each_at_its_own_time(make_bench: Any) -> None:
    """RES-014: whichever was made first."""
    bench = make_bench(3)
    bench.boot()
    for connector, seconds in ((1, 300), (2, 100), (3, 200)):
        bench.reserve(connector, connector, seconds=seconds)
    bench.seen()
    ended = []
    for _ in range(3):
        bench.advance(100)
        ended += bench.statuses()
    assert ended == [(2, "Available"), (3, "Available"), (1, "Available")]


def test_res_014_a_connector_is_no_longer_kept_for_connector_0(bench: Any) -> None:
    """RES-014, RES-006: nothing is notified since nothing showed."""
    bench.charge(2)
    bench.reserve(0, seconds=60)
    bench.seen()
    bench.advance(59)
    assert bench.remote_start("ANYBODY", 1) == "Rejected"
    bench.advance(1)
    assert bench.seen("StatusNotification") == []
    assert bench.remote_start("ANYBODY", 1) == "Accepted"


def test_res_014_the_clock_is_corrected(bench: Any) -> None:
    """RES-014: expiryDate counts by the central system's time."""
    bench.reserve(seconds=100)
    bench.seen()
    bench.station.set_utc(bench.station.utc() + 60)
    bench.advance(39)
    assert bench.status(1) == "Reserved"
    bench.advance(1)
    assert bench.status(1) == "Available"


def test_res_014_the_clock_jumps_over_the_end(bench: Any) -> None:
    """RES-014: ended at once."""
    bench.reserve(seconds=100)
    bench.seen()
    bench.station.set_utc(bench.station.utc() + 100)
    bench.settle()
    assert bench.statuses() == [(1, "Available")]


def test_res_014_offline(bench: Any) -> None:
    """RES-014, CORE-097: told once connected again, with no history."""
    bench.reserve(seconds=60)
    bench.seen()
    bench.disconnect()
    bench.advance(61)
    assert bench.status(1) == "Available"
    bench.connect()
    assert bench.statuses() == [(1, "Available")]


def test_st_g8_expires_below_nothing_but_availability(bench: Any) -> None:
    """ST-G8, CORE-110: Inoperative takes it out of use at once and ends the reservation."""
    bench.reserve()
    bench.seen()
    assert bench.call("ChangeAvailability", '{"connectorId":1,"type":"Inoperative"}') == {
        "status": "Accepted"
    }
    assert bench.statuses() == [(1, "Unavailable")]
    assert bench.cancel() == "Rejected"
    bench.call("ChangeAvailability", '{"connectorId":1,"type":"Operative"}')
    assert bench.statuses() == [(1, "Available")]
    bench.charge(1, "ANYBODY")


def test_core_110_the_whole_charge_point(bench: Any) -> None:
    """CORE-110, RES-015: every reservation ends, of connector 0 too."""
    bench.reserve(1, number=1)
    bench.reserve(0, number=2)
    bench.call("ChangeAvailability", '{"connectorId":0,"type":"Inoperative"}')
    assert (bench.cancel(1), bench.cancel(2)) == ("Rejected", "Rejected")
    assert in_store(bench) == []


def test_core_110_another_connector(bench: Any) -> None:
    """CORE-110: only there."""
    bench.reserve(1)
    bench.call("ChangeAvailability", '{"connectorId":2,"type":"Inoperative"}')
    assert bench.status(1) == "Reserved"
    assert bench.cancel() == "Accepted"


def test_res_015_while_its_tag_waits_for_the_cable(bench: Any) -> None:
    """RES-015, CORE-106: out of use without being Reserved again in between."""
    bench.reserve()
    bench.tag("MINE")
    bench.seen()
    bench.call("ChangeAvailability", '{"connectorId":1,"type":"Inoperative"}')
    assert bench.statuses() == [(1, "Available"), (1, "Unavailable")]
    assert bench.cancel() == "Rejected"


def test_res_015_st_g9_fault(bench: Any) -> None:
    """RES-015, ST-G9: ended; after the fault the connector is free."""
    bench.reserve()
    bench.seen()
    bench.emit(events.FaultRaised(1, "GroundFailure", ""))
    assert bench.statuses() == [(1, "Faulted")]
    assert bench.cancel() == "Rejected"
    bench.emit(events.FaultCleared(1))
    assert bench.statuses() == [(1, "Available")]
    bench.charge(1, "ANYBODY")


def test_res_015_fault_with_a_cable_in(bench: Any) -> None:
    """RES-015, ST-A2: after the fault the cable that is in counts."""
    bench.reserve()
    bench.plug()
    bench.emit(events.FaultRaised(1, "GroundFailure", ""))
    bench.seen()
    bench.emit(events.FaultCleared(1))
    assert bench.statuses() == [(1, "Available"), (1, "Preparing")]


def test_res_015_a_warning_ends_nothing(bench: Any) -> None:
    """RES-015, CORE-093: the connector is not Faulted."""
    bench.reserve()
    bench.emit(events.FaultRaised(1, "WeakSignal", ""))
    assert bench.cancel() == "Accepted"


def test_res_015_the_whole_charge_point_is_faulted(bench: Any) -> None:
    """RES-015: every reservation ends."""
    bench.reserve(1, number=1)
    bench.reserve(0, number=2)
    bench.seen()
    bench.emit(events.FaultRaised(0, "InternalError", ""))
    assert (bench.cancel(1), bench.cancel(2)) == ("Rejected", "Rejected")
    assert bench.statuses() == [(0, "Faulted"), (1, "Available")]


def test_res_015_connector_0_lives_on_while_one_connector_does(bench: Any) -> None:
    """RES-015, RES-007: a reservation of any connector ends with the last one."""
    bench.reserve(0)
    bench.emit(events.FaultRaised(1, "GroundFailure", ""))
    assert bench.remote_start("ANYBODY", 2) == "Rejected"
    bench.emit(events.FaultRaised(2, "GroundFailure", ""))
    assert bench.cancel() == "Rejected"


@pytest.mark.parametrize("plugged", [False, True])
def test_res_019_power_loss(bench: Any, plugged: bool) -> None:
    """RES-019, RES-017: still Reserved, for who it was for, with a cable in or not."""
    bench.reserve(number=9, parent="FLEET")
    if plugged:
        bench.plug()
    bench.seen()
    bench.restart()
    assert bench.status(1) == "Reserved"
    bench.connect()
    assert bench.statuses() == [(0, "Available"), (1, "Reserved"), (2, "Available")]
    assert bench.remote_start("THIEF") == "Rejected"
    bench.parents = {"FRIEND": "FLEET"}
    bench.tag("FRIEND")
    bench.plug()
    assert bench.starts() == [(1, "FRIEND", 9)]


def test_res_019_reset(bench: Any) -> None:
    """RES-019: a reset is no other."""
    bench.reserve()
    bench.call("Reset", '{"type":"Hard"}')
    bench.advance(5)
    assert bench.hardware.restarts == ["Hard"]
    bench.restart("Hard", 0)
    bench.connect()
    assert bench.status(1) == "Reserved"


def test_res_019_connector_0_after_power_loss(bench: Any) -> None:
    """RES-019, RES-006: the last connector is kept then, too."""
    bench.reserve(0)
    bench.restart()
    bench.connect()
    bench.charge(1, "FIRST")
    assert bench.remote_start("SECOND", 2) == "Rejected"
    assert bench.remote_start("MINE", 2) == "Accepted"


def test_res_019_beside_one_of_connector_0(bench: Any) -> None:
    """RES-019: a reservation of any connector is none of the charge point itself."""
    bench.reserve(0, number=1)
    bench.reserve(1, number=2)
    bench.plug()
    bench.restart()
    assert [bench.status(number) for number in (0, 1, 2)] == ["Available", "Reserved", "Available"]


def test_res_019_expired_meanwhile(bench: Any) -> None:
    """RES-019, RES-014: known once the central system told the time."""
    bench.reserve(seconds=60)
    bench.seen()
    bench.restart(gap=100)
    bench.connect()
    assert bench.statuses() == [(0, "Available"), (1, "Available"), (2, "Available")]
    assert in_store(bench) == []


def test_res_019_the_rest_of_its_time(bench: Any) -> None:
    """RES-019, RES-014: it expires when it would have."""
    bench.reserve(seconds=150)
    bench.restart(gap=100)
    bench.connect()
    bench.seen()
    bench.advance(49)
    assert bench.status(1) == "Reserved"
    bench.advance(1)
    assert bench.status(1) == "Available"


def test_res_019_no_longer_than_it_was_made_for_while_the_time_is_unknown(bench: Any) -> None:
    """RES-019, RES-014: without a central system a reservation does not last for good."""
    bench.reserve(seconds=150)
    bench.restart(gap=100)
    bench.advance(149)
    assert bench.status(1) == "Reserved"
    bench.advance(1)
    assert bench.status(1) == "Available"


@pytest.mark.parametrize("end", ["cancelled", "expired", "used", "Unavailable", "Faulted"])
def test_res_019_what_ended_does_not_come_back(bench: Any, end: str) -> None:
    """RES-019: nothing of it is stored any more."""
    bench.reserve(seconds=60)
    assert in_store(bench) == [1]
    if end == "cancelled":
        bench.cancel()
    elif end == "expired":
        bench.advance(60)
    elif end == "used":
        bench.charge(1, "MINE")
    elif end == "Unavailable":
        bench.call("ChangeAvailability", '{"connectorId":1,"type":"Inoperative"}')
    else:
        bench.emit(events.FaultRaised(1, "GroundFailure", ""))
    assert in_store(bench) == []
    bench.restart(gap=1)
    assert bench.status(1) != "Reserved"


def test_res_019_fewer_connectors_than_before(bench: Any) -> None:
    """RES-019: reservations of connectors that are no more are forgotten."""
    bench.reserve(2, number=1)
    bench.reserve(1, number=2)
    bench.hardware.connectors = 1
    bench.restart(gap=1)
    bench.connect()
    assert (bench.cancel(1), bench.cancel(2)) == ("Rejected", "Accepted")


@pytest.mark.parametrize(
    "found", [7, {}, [7], [[1]], [[1, 1, "A", "", 2]], [[1, 9, "A", "", 2, 1]]]
)
def test_res_019_what_is_stored_is_no_reservation(bench: Any, found: Any) -> None:
    """RES-019: damage does no harm."""
    bench.store.save("reservations", found)
    bench.restart()
    bench.connect()
    assert bench.reserve() == "Accepted"
    assert [line for line in bench.log if line[0] != "info"] == []


def test_res_019_out_of_use_when_it_was_stored(bench: Any) -> None:
    """RES-019, RES-015: power went between taking it out of use and ending the reservation."""
    bench.reserve()
    stored = bench.store.load("reservations")
    bench.call("ChangeAvailability", '{"connectorId":1,"type":"Inoperative"}')
    bench.store.save("reservations", stored)
    bench.restart()
    assert in_store(bench) == []
    assert bench.status(1) == "Unavailable"


def test_a_full_store_is_reported(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """RES-001, RES-019: the reservation holds as long as the power does."""

    def fail(name: str, value: Any) -> None:
        raise StoreFull("no room")

    monkeypatch.setattr(bench.store, "save", fail)
    assert bench.reserve() == "Accepted"
    assert bench.remote_start("THIEF") == "Rejected"
    assert ("error", "reservations were not stored: no room") in bench.log


def test_a_store_that_cannot_be_read_is_reported(bench: Any) -> None:
    """RES-019: the charge point works without what it cannot read."""
    load = bench.store.load

    def fail(name: str) -> Any:
        if name == "reservations":
            raise StoreFull("broken")
        return load(name)

    bench.store.load = fail
    bench.restart()
    bench.connect()
    assert ("error", "reservations were not read: broken") in bench.log
    assert bench.reserve() == "Accepted"


def test_minimum_status_duration_tells_no_change_that_is_not_allowed(bench: Any) -> None:
    """RES-012, CORE-095: Preparing to Reserved goes by Available."""
    bench.configure("MinimumStatusDuration", "5")
    bench.reserve()
    bench.advance(5)
    bench.tag("MINE")
    bench.advance(5)
    bench.seen()
    bench.advance(60)
    assert bench.statuses() == [(1, "Available"), (1, "Reserved")]
