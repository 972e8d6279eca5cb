"""Heartbeat, StatusNotification, Authorize, DataTransfer."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel.hooks import DataTransferHandler

Bench = Any


def test_core_021_heartbeat_carries_the_time(bench: Bench) -> None:
    link = bench.boot()
    bench.now += 61
    assert link.ask("Heartbeat", {}) == {"currentTime": "2026-01-01T00:01:01Z"}


@pytest.mark.parametrize(
    ("payload", "code"), [({"x": 1}, "FormationViolation"), ([], "FormationViolation")]
)
def test_a_faulty_heartbeat(bench: Bench, payload: Any, code: str) -> None:
    assert bench.boot().ask("Heartbeat", payload)[2] == code


def test_core_022_anything_is_a_sign_of_life(bench: Bench) -> None:
    link = bench.boot()
    bench.now += 100
    link.session.heard_at = link.now()  # as a link does on receipt
    bench.now += 5
    assert bench.central.stations["CP1"].last_seen == bench.now - 5


STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Charging"}


def test_a_status_is_kept_by_connector(bench: Bench) -> None:
    link = bench.boot()
    report = {
        **STATUS,
        "timestamp": "2025-12-31T23:00:00.5+01:00",
        "info": "i",
        "vendorId": "v",
        "vendorErrorCode": "e",
    }
    assert link.ask("StatusNotification", report) == {}
    connector = bench.core.stations["CP1"].connectors[1]
    assert (connector.status, connector.error_code) == ("Charging", "NoError")
    assert connector.since == bench.now - 7200
    assert connector.report == report
    (event,) = bench.told("ConnectorReported")
    assert event == ("CP1", 1, "Charging", "NoError")


def test_core_102_without_a_timestamp_it_is_of_receipt(bench: Bench) -> None:
    bench.boot().ask("StatusNotification", STATUS)
    assert bench.core.stations["CP1"].connectors[1].since == bench.now


@pytest.mark.parametrize(
    "text", ["2025-01-01T00:00Z", "2025-01-01T00:00:60Z", "2025-01-01T00:00:00"]
)
def test_core_004_rare_forms_of_a_time_are_read(bench: Bench, text: str) -> None:
    assert bench.boot().ask("StatusNotification", {**STATUS, "timestamp": text}) == {}
    assert 1735689600 <= bench.core.stations["CP1"].connectors[1].since <= 1735689660


def test_core_045_an_old_timestamp_is_processed_as_any_other(bench: Bench) -> None:
    link = bench.boot()
    link.ask("StatusNotification", STATUS)
    old = {**STATUS, "status": "Available", "timestamp": "2020-01-01T00:00:00Z"}
    assert link.ask("StatusNotification", old) == {}
    assert bench.core.stations["CP1"].connectors[1].status == "Available"


def test_core_093_an_error_without_a_fault_is_a_warning(bench: Bench) -> None:
    link = bench.boot()
    link.ask("StatusNotification", {**STATUS, "errorCode": "WeakSignal"})
    link.ask("StatusNotification", {**STATUS, "errorCode": "GroundFailure", "status": "Faulted"})
    assert [level for level, text in bench.log if "connector 1" in text] == ["warning", "error"]


def test_a_connector_below_0_is_refused(bench: Bench) -> None:
    answer = bench.boot().ask("StatusNotification", {**STATUS, "connectorId": -1})
    assert answer[2] == "PropertyConstraintViolation"


def test_a_station_cannot_fill_the_memory_with_connectors(bench: Bench) -> None:
    link = bench.boot()
    for number in range(300):
        assert link.ask("StatusNotification", {**STATUS, "connectorId": number}) == {}
    assert len(bench.core.stations["CP1"].connectors) == 256


# Authorize.


def test_core_029_any_tag_is_accepted_without_a_list(bench: Bench) -> None:
    answer = bench.boot().ask("Authorize", {"idTag": "ANY"})
    assert answer == {"idTagInfo": {"status": "Accepted"}}
    assert bench.told("TagChecked")[0] == ("CP1", "ANY", "Accepted")


@pytest.mark.parametrize(
    ("tag", "info"),
    [
        ("GOOD", {"status": "Accepted", "parentIdTag": "FLEET"}),
        ("good", {"status": "Accepted", "parentIdTag": "FLEET"}),
        ("bad", {"status": "Blocked"}),
        ("other", {"status": "Invalid"}),
    ],
)
def test_core_029_with_a_list_and_core_005_without_regard_to_case(
    make_bench: Any, tag: str, info: Any
) -> None:
    bench = make_bench(tags={"Good": "Accepted", "BAD": "Blocked"}, parents={"gOOd": "FLEET"})
    assert bench.boot().ask("Authorize", {"idTag": tag}) == {"idTagInfo": info}


def test_core_029_an_application_may_decide(bench: Bench) -> None:
    bench.core.look_up = lambda station, tag: {
        "status": "Expired",
        "expiryDate": "2020-01-01T00:00:00Z",
    }
    answer = bench.boot().ask("Authorize", {"idTag": "A"})
    assert answer["idTagInfo"]["status"] == "Expired"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "ProtocolError"),
        ({"idTag": 1}, "TypeConstraintViolation"),
        ({"idTag": "x" * 21}, "PropertyConstraintViolation"),
    ],
)
def test_a_faulty_authorize(bench: Bench, payload: Any, code: str) -> None:
    assert bench.boot().ask("Authorize", payload)[2] == code


# DataTransfer.


def _vendors(bench: Bench, *handlers: DataTransferHandler) -> None:
    bench.central.hooks.implementations["ocpp_register_data_transfer"] = (lambda: list(handlers),)


def _echo(message: str | None, data: str | None) -> tuple[str, str | None]:
    return "Accepted", None if data is None else f"{message}:{data}"


def test_core_134_an_unknown_vendor(bench: Bench) -> None:
    answer = bench.boot().ask("DataTransfer", {"vendorId": "org.example", "data": "x"})
    assert answer == {"status": "UnknownVendorId"}


def test_core_134_an_unknown_message_of_a_known_vendor(bench: Bench) -> None:
    _vendors(bench, DataTransferHandler("org.example", "known", _echo))
    link = bench.boot()
    for more in ({"messageId": "other"}, {}):
        answer = link.ask("DataTransfer", {"vendorId": "org.example", **more})
        assert answer == {"status": "UnknownMessageId"}


def test_core_135_the_vendor_s_answer_is_passed_on(bench: Bench) -> None:
    _vendors(
        bench,
        DataTransferHandler("org.example", "known", _echo),
        DataTransferHandler("org.other", None, lambda message, data: ("Rejected", "no")),
    )
    link = bench.boot()
    payload = {"vendorId": "ORG.example", "messageId": "known", "data": "x" * 100_000}
    answer = link.ask("DataTransfer", payload)
    assert answer == {"status": "Accepted", "data": "known:" + "x" * 100_000}
    assert link.ask("DataTransfer", {"vendorId": "org.example", "messageId": "known"}) == {
        "status": "Accepted"
    }
    answer = link.ask("DataTransfer", {"vendorId": "org.other", "messageId": "anything"})
    assert answer == {"status": "Rejected", "data": "no"}


def test_frm_037_a_vendor_s_handler_that_fails_is_an_internal_error(bench: Bench) -> None:
    def fail(message: str | None, data: str | None) -> tuple[str, str | None]:
        raise ValueError("oh")

    _vendors(bench, DataTransferHandler("org.example", None, fail))
    assert bench.boot().ask("DataTransfer", {"vendorId": "org.example"})[2] == "InternalError"


def test_a_status_no_contract_knows_is_an_internal_error(bench: Bench) -> None:
    _vendors(bench, DataTransferHandler("v", None, lambda message, data: ("Perhaps", None)))
    assert bench.boot().ask("DataTransfer", {"vendorId": "v"})[2] == "InternalError"
