"""What a central system knows after a restart, and after it was ended without warning."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.core_profile.central_system import books
from ocpp_plugins.remote_trigger.messages import TriggerMessage
from ocpp_plugins.reservation.messages import ReserveNow

from ocpp_kernel.errors import LocalError

from .conftest import METER, NewSite, Site, start_of, stop_of

AVAILABLE = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}


def test_frm_041_a_station_that_reconnects_needs_not_boot_again(new_site: NewSite) -> None:
    site = new_site()
    site.boot()
    site.crash()
    site = new_site()
    assert "currentTime" in site.connect().ask("Heartbeat", {})
    record = site.core.stations["CP1"]
    assert (record.registration, record.boot["chargePointModel"]) == ("Accepted", "M1")
    assert [event.identity for event in site.told("StationRestored")] == ["CP1"]
    assert site.told("RegistrationMissing") == []


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_core_016_a_station_that_was_not_accepted_still_is_not(
    new_site: NewSite, status: str
) -> None:
    site = new_site(core_profile={"registration": status})
    site.connect().ask("BootNotification", {"chargePointModel": "M", "chargePointVendor": "V"})
    site.crash()
    site = new_site()
    assert site.connect().ask("Heartbeat", {})[2] == "SecurityError"


def test_rt_011_an_accepted_station_is_not_triggered_to_boot_after_a_restart(
    new_site: NewSite,
) -> None:
    site = new_site()
    site.boot()
    site.crash()
    site = new_site()
    site.connect()
    with pytest.raises(LocalError, match="is Accepted"):
        site.central.stations["CP1"].post(
            TriggerMessage({"requestedMessage": "BootNotification"}), lambda answer, error: None
        )


def test_connectors_are_as_last_reported(new_site: NewSite) -> None:
    site = new_site()
    link = site.boot()
    link.ask("StatusNotification", AVAILABLE)
    link.ask("StatusNotification", {**AVAILABLE, "connectorId": 2, "status": "Charging"})
    link.ask("MeterValues", {"connectorId": 2, "meterValue": METER})
    site.crash()
    connectors = new_site().core.stations["CP1"].connectors
    assert [connectors[number].status for number in (1, 2)] == ["Available", "Charging"]
    assert connectors[2].meter_values == METER
    assert connectors[1].report == AVAILABLE


def test_core_050_a_start_whose_answer_was_lost_gets_the_same_id(new_site: NewSite) -> None:
    site = new_site()
    number = site.boot().ask("StartTransaction", start_of())["transactionId"]
    site.crash()
    site = new_site()
    assert site.connect().ask("StartTransaction", start_of())["transactionId"] == number
    assert len(site.core.transactions) == 1
    assert site.told("TransactionBegan") == []


def test_a_transaction_goes_on_and_ends_over_restarts(new_site: NewSite) -> None:
    site = new_site()
    number = site.boot().ask("StartTransaction", start_of(reservationId=7))["transactionId"]
    readings = [{**METER[0], "sampledValue": [{"value": str(value)}]} for value in range(4)]
    for reading in readings[:3]:
        site.crash()
        site = new_site()
        values = {"connectorId": 1, "transactionId": number, "meterValue": [reading]}
        for _ in range(2):
            assert site.connect().ask("MeterValues", values) == {}
    site.crash()
    site = new_site()
    assert site.core.transactions[number].running
    stop = stop_of(number, transactionData=readings[3:], reason="EVDisconnected", idTag="TAG2")
    assert site.connect().ask("StopTransaction", stop) == {"idTagInfo": {"status": "Accepted"}}
    site.crash()
    site = new_site()
    site.connect().ask("StopTransaction", stop)
    known = site.core.transactions[number]
    assert (known.energy, known.reason, known.stop_id_tag) == (2000, "EVDisconnected", "TAG2")
    assert list(known.meter_values) == readings
    assert (known.reservation_id, known.running) == (7, False)
    assert site.told("TransactionEnded") == []


def test_core_055_ids_are_never_given_twice(
    new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "RESERVED", 10)
    given: list[int] = []
    for life in range(4):
        site = new_site(core_profile={"first_transaction_id": 1})
        link = site.boot()
        for meter in range(17):
            start = start_of(meterStart=life * 1000 + meter)
            given.append(link.ask("StartTransaction", start)["transactionId"])
        # One that is heard of here, but neither stored nor answered.
        site.break_disk()
        assert link.ask("StartTransaction", start_of(meterStart=9999))[2] == "InternalError"
        given.append(max(site.core.transactions))
        site.crash()
    assert len(set(given)) == len(given)


def test_the_end_of_an_unknown_transaction_is_kept_once(new_site: NewSite) -> None:
    site = new_site()
    stop = stop_of(-1)
    assert site.boot().ask("StopTransaction", stop) == {}
    site.crash()
    site = new_site()
    assert site.connect().ask("StopTransaction", stop) == {}
    site.crash()
    assert list(new_site().core.ledger.unmatched) == [("CP1", stop)]


def test_a_transaction_that_gave_way_stays_so(new_site: NewSite) -> None:
    site = new_site()
    link = site.boot()
    first = link.ask("StartTransaction", start_of())["transactionId"]
    second = link.ask("StartTransaction", start_of(meterStart=2000))["transactionId"]
    site.crash()
    site = new_site(core_profile={"concurrent_transactions": False})
    known = site.core.transactions
    assert (known[first].running, known[second].running) == (False, True)
    other = site.boot("CP2").ask("StartTransaction", start_of())
    assert other["idTagInfo"]["status"] == "ConcurrentTx"


def test_what_is_forgotten_is_forgotten_by_the_store_too(new_site: NewSite) -> None:
    small = {"keep_transactions": 3, "keep_meter_values": 2}
    site = new_site(core_profile=small)
    site.central.max_known = 2
    for identity in ("CP1", "CP2", "CP3"):
        link = site.boot(identity)
        link.ask("StatusNotification", AVAILABLE)
        for meter in range(3):
            number = link.ask("StartTransaction", start_of(meterStart=meter))["transactionId"]
            for value in range(5):
                reading = {**METER[0], "sampledValue": [{"value": str(value)}]}
                values = {"connectorId": 1, "transactionId": number, "meterValue": [reading]}
                link.ask("MeterValues", values)
            link.ask("StopTransaction", stop_of(number))
        site.central.disconnected(link.session, "gone")
    store = site.central.store
    assert store is not None
    assert len(list(store.documents("core_profile.transactions"))) == 3
    assert len(list(store.entries("core_profile.meter_values"))) == 6
    assert sorted(key for key, _ in store.documents("core_profile.stations")) == ["CP2", "CP3"]
    assert len(list(store.documents("core_profile.connectors"))) == 2


def test_nothing_is_kept_where_nothing_is_to_be(new_site: NewSite) -> None:
    site = new_site(core_profile={"keep_transactions": 0, "keep_meter_values": 0})
    link = site.boot()
    number = link.ask("StartTransaction", start_of())["transactionId"]
    link.ask("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": METER})
    link.ask("StopTransaction", stop_of(number, transactionData=METER))
    assert site.central.store is not None
    assert list(site.central.store.documents("core_profile.transactions")) == []
    assert list(site.central.store.entries("core_profile.meter_values")) == []


# Other profiles.


def reserve(site: Any, link: Any, number: int, seconds: int = 3600) -> None:
    """The station accepts a reservation."""
    expires = f"2026-01-01T{seconds // 3600:02}:00:00Z"
    request = ReserveNow(
        {"connectorId": 1, "expiryDate": expires, "idTag": "TAG1", "reservationId": number}
    )
    site.central.stations["CP1"].post(request, lambda answer, error: None)
    (call,) = link.take()
    link.session.receive(f'[3,"{call[1]}",{{"status":"Accepted"}}]', link.now())
    site.central.store.flush()


def test_res_012_reservations_outlive_the_central_system(new_site: NewSite) -> None:
    site = new_site()
    link = site.boot()
    for number in (5, 6, 7):
        reserve(site, link, number)
    link.ask("StartTransaction", start_of(reservationId=6))
    site.crash()
    site = new_site()
    reservations = site.central.shared["reservation"]
    assert [held.id for held in reservations.active("CP1")] == [5, 7]
    assert [(ended.id, ended.end) for ended in reservations.ended] == [(6, "Used")]
    # What the first did not come to tell, the second does; a third has nothing to add.
    assert [event.reservation.id for event in site.told("ReservationEnded")] == [6]
    site.central.stop()
    site = new_site()
    reservations = site.central.shared["reservation"]
    assert site.told("ReservationEnded") == []
    site.connect().ask("StartTransaction", start_of(meterStart=2, reservationId=5))
    assert [event.reservation.id for event in site.told("ReservationEnded")] == [5]
    site.now += 7200
    assert reservations.active("CP1") == []


def test_res_002_a_transaction_of_long_ago_uses_up_no_reservation_of_the_same_id(
    new_site: NewSite,
) -> None:
    site = new_site()
    link = site.boot()
    link.ask("StartTransaction", start_of(reservationId=5))
    site.now += 60
    reserve(site, link, 5)
    site.crash()
    assert len(new_site().central.shared["reservation"].active("CP1")) == 1


def test_res_002_a_reservation_that_took_anothers_place_is_the_one_that_is_kept(
    new_site: NewSite,
) -> None:
    site = new_site(reservation={"keep": 1})
    link = site.boot()
    for hours in (1, 2, 3):
        reserve(site, link, 5, hours * 3600)
    site.crash()
    (held,) = new_site().central.shared["reservation"].active("CP1")
    assert held.expires_at == 1_767_225_600 + 3 * 3600


def test_lal_007_lists_wanted_and_held_outlive_the_central_system(new_site: NewSite) -> None:
    members = [{"idTag": f"T{n}", "idTagInfo": {"status": "Accepted"}} for n in range(3)]
    site = new_site()
    lists = site.central.shared["local_auth_list"]
    for identity in ("CP1", "CP2"):
        lists.want(identity, members)
    state = lists.of("CP1")
    state.held, state.version = state.wanted, 4
    lists.want("CP1", state.wanted)
    site.central.stop()
    site = new_site()
    lists = site.central.shared["local_auth_list"]
    assert (lists.of("CP1").version, lists.of("CP1").pending) == (4, False)
    assert lists.of("CP2").pending
    assert lists.of("CP1").wanted is lists.of("CP2").wanted
    # What nobody is to have any more is not stored any more.
    for identity in ("CP1", "CP2"):
        lists.want(identity, members[:1])
    lists.of("CP1").held = None
    lists.want("CP1", members[:1])
    store = site.central.store
    assert store is not None
    store.flush()
    assert [len(entries) for _, entries in store.documents("local_auth_list.lists")] == [1]


def test_a_default_list_follows_the_settings(new_site: NewSite) -> None:
    site = new_site(local_auth_list={"tags": {"OLD": "Accepted"}})
    lists = site.central.shared["local_auth_list"]
    lists.of("CP1").held = lists.of("CP1").wanted
    lists.want("CP1", lists.of("CP1").wanted)
    site.central.stop()
    site = new_site(local_auth_list={"tags": {"NEW": "Accepted"}})
    state = site.central.shared["local_auth_list"].of("CP1")
    assert (list(state.wanted), list(state.held)) == (["NEW"], ["OLD"])


async def test_sc_001_what_stations_can_do_needs_not_be_asked_again(new_site: NewSite) -> None:
    site = new_site()
    link = site.connect()
    smart = site.central.shared["smart_charging"]
    asked = asyncio.ensure_future(smart.discover(site.central.stations["CP1"]))
    await asyncio.sleep(0)
    (call,) = link.take()
    told = {"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "8"}
    link.session.receive(json.dumps([3, call[1], {"configurationKey": [told]}]), link.now())
    await asked
    site.central.stop()
    site = new_site()
    known = site.central.shared["smart_charging"].limits(site.central.meet("CP1"))
    assert known.max_stack_level == 8


def test_fw_012_how_far_updates_were_outlives_the_central_system(new_site: NewSite) -> None:
    site = new_site()
    link = site.boot()
    book = site.central.shared["firmware_mgmt"].record("CP1")
    book.firmware.location = "http://files.example/new"
    book.diagnostics.file = Path("diagnostics") / "CP1" / "log.txt"
    for status in ("Downloading", "Downloaded"):
        link.ask("FirmwareStatusNotification", {"status": status})
    link.ask("DiagnosticsStatusNotification", {"status": "Uploaded"})
    site.crash()
    assert new_site().central.shared["firmware_mgmt"].record("CP1") == book


def test_without_a_file_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    site = Site(tmp_path / "x", {"central_store": {}})
    site.central.start()
    assert site.central.store is None
    assert list(tmp_path.iterdir()) == []
