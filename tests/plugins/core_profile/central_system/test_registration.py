"""BootNotification, and what may be said before it is accepted."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from ocpp_plugins.core_profile.central_system import NotAccepted
from ocpp_plugins.core_profile.messages import (
    GetConfiguration,
    RemoteStartTransaction,
    RemoteStopTransaction,
    Reset,
)

from ocpp_kernel.errors import LocalError, PropertyConstraintViolation, SecurityError

Bench = Any
BOOT = {"chargePointModel": "M1", "chargePointVendor": "V1"}


def test_core_019_accepted_by_default(bench: Bench) -> None:
    assert bench.connect().ask("BootNotification", BOOT) == {
        "status": "Accepted",
        "currentTime": "2026-01-01T00:00:00Z",
        "interval": 300,
    }


def test_core_019_what_a_station_presents_is_kept(bench: Bench) -> None:
    link = bench.connect()
    full = {**BOOT, "firmwareVersion": "1.2", "iccid": "1", "imsi": "2", "meterType": "m"}
    link.ask("BootNotification", full)
    record = bench.core.stations["CP1"]
    assert record.boot == full
    assert record.registration == "Accepted"
    assert record.booted_at == bench.now
    assert bench.told("StationBooted")[0].identity == "CP1"


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_core_019_other_answers_carry_the_retry_interval(make_bench: Any, status: str) -> None:
    bench = make_bench(registration=status, retry_interval=17)
    answer = bench.connect().ask("BootNotification", BOOT)
    assert (answer["status"], answer["interval"]) == (status, 17)


def test_core_019_a_policy_decides_per_station(bench: Bench) -> None:
    bench.core.accept = lambda station, boot: (
        "Accepted" if boot["chargePointVendor"] == "V1" else "Rejected"
    )
    assert bench.connect("CP1").ask("BootNotification", BOOT)["status"] == "Accepted"
    other = {**BOOT, "chargePointVendor": "V2"}
    assert bench.connect("CP2").ask("BootNotification", other)["status"] == "Rejected"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "ProtocolError"),
        ({"chargePointModel": "M1"}, "ProtocolError"),
        ({**BOOT, "chargePointModel": 1}, "TypeConstraintViolation"),
        ({**BOOT, "chargePointVendor": "x" * 21}, "PropertyConstraintViolation"),
        ({**BOOT, "colour": "red"}, "FormationViolation"),
    ],
)
def test_frm_030_to_034_a_faulty_boot_changes_nothing(
    bench: Bench, payload: Any, code: str
) -> None:
    link = bench.connect()
    assert link.ask("BootNotification", payload)[2] == code
    assert bench.core.stations["CP1"].registration is None


CALLS = [
    ("Heartbeat", {}),
    ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}),
    ("Authorize", {"idTag": "A"}),
    ("NoSuchAction", {}),
    ("Reset", {"type": "Soft"}),
]


@pytest.mark.parametrize(("action", "payload"), CALLS)
@pytest.mark.parametrize("registration", [None, "Pending", "Rejected"])
def test_frm_041_nothing_else_before_acceptance(
    make_bench: Any, registration: str | None, action: str, payload: Any
) -> None:
    bench = make_bench(**({"registration": registration} if registration else {}))
    link = bench.boot() if registration else bench.connect()
    answer = link.ask(action, payload)
    assert answer[2] == "SecurityError"
    assert bench.core.stations["CP1"].connectors == {}


def test_frm_041_acceptance_outlasts_the_connection(bench: Bench) -> None:
    bench.boot()
    assert "currentTime" in bench.connect().ask("Heartbeat", {})
    assert bench.connect("CP2").ask("Heartbeat", {})[2] == "SecurityError"


def test_frm_041_a_new_boot_is_a_new_decision(bench: Bench) -> None:
    link = bench.boot()
    bench.core.accept = lambda station, boot: "Pending"
    link.ask("BootNotification", BOOT)
    assert link.ask("Heartbeat", {})[2] == "SecurityError"


def test_frm_041_a_station_that_only_reconnected_is_told_of_once_per_connection(
    bench: Bench,
) -> None:
    link = bench.connect()
    link.ask("Heartbeat", {})
    link.ask("Heartbeat", {})
    assert [event.identity for event in bench.told("RegistrationMissing")] == ["CP1"]
    bench.connect().ask("Heartbeat", {})
    assert len(bench.told("RegistrationMissing")) == 2


def test_frm_041_can_be_switched_off_for_stations_that_never_booted_here(make_bench: Any) -> None:
    bench = make_bench(require_boot=False)
    assert "currentTime" in bench.connect().ask("Heartbeat", {})
    bench.core.accept = lambda station, boot: "Rejected"
    assert bench.boot("CP2").ask("Heartbeat", {})[2] == "SecurityError"


def test_frm_028_and_029_unknown_and_absent_actions(bench: Bench) -> None:
    link = bench.boot()
    assert link.ask("NoSuchAction", {})[2] == "NotImplemented"
    assert link.ask("heartbeat", {})[2] == "NotImplemented"  # FRM-016
    assert link.ask("FirmwareStatusNotification", {"status": "Idle"})[2] == "NotSupported"
    assert link.ask("Reset", {"type": "Soft"})[2] == "NotSupported"


async def test_core_013_nothing_is_sent_to_a_rejected_station(make_bench: Any) -> None:
    bench = make_bench(registration="Rejected")
    link = bench.boot()
    with pytest.raises(NotAccepted, match="CP1 is Rejected"):
        await bench.central.stations["CP1"].call(Reset({"type": "Soft"}))
    assert link.sent == []


@pytest.mark.parametrize(
    "request_",
    [RemoteStartTransaction({"idTag": "A"}), RemoteStopTransaction({"transactionId": 1})],
)
async def test_core_016_no_remote_start_or_stop_while_pending(
    make_bench: Any, request_: Any
) -> None:
    bench = make_bench(registration="Pending")
    link = bench.boot()
    station = bench.central.stations["CP1"]
    with pytest.raises(NotAccepted, match="CP1 is Pending"):
        await station.call(request_)
    assert link.sent == []
    station.post(GetConfiguration({}), lambda answer, error: None)
    assert link.sent[0][2] == "GetConfiguration"


async def test_core_016_nor_before_any_boot(bench: Bench) -> None:
    bench.connect()
    with pytest.raises(NotAccepted, match="not registered yet"):
        await bench.central.stations["CP1"].call(RemoteStartTransaction({"idTag": "A"}))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"chargingProfilePurpose": "TxDefaultProfile"}, "must be TxProfile"),
        ({"transactionId": 7}, "transactionId must not be given"),
    ],
)
async def test_core_131_a_remote_start_carries_a_profile_of_the_coming_transaction_only(
    bench: Bench, changes: Any, told: str
) -> None:
    link = bench.boot()
    station = bench.central.stations["CP1"]
    period: Any = {"startPeriod": 0, "limit": 8.1}
    profile: Any = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]},
    }
    with pytest.raises(PropertyConstraintViolation, match=told):
        await station.call(
            RemoteStartTransaction({"idTag": "A", "chargingProfile": {**profile, **changes}})
        )
    assert link.sent == []
    request = RemoteStartTransaction({"idTag": "A", "chargingProfile": profile})
    station.post(request, lambda answer, error: None)
    assert link.sent[0][3] == request[1]


def test_not_accepted_is_a_local_error_but_no_security_error() -> None:
    assert issubclass(NotAccepted, LocalError)
    assert not issubclass(NotAccepted, SecurityError)


# An application's own, asynchronous policies.


async def test_a_policy_may_be_async(bench: Bench) -> None:
    async def accept(station: Any, boot: Any) -> str:
        await asyncio.sleep(0)
        return "Accepted"

    bench.core.accept = accept
    link = bench.connect()
    link.session.receive(json.dumps([2, "1", "BootNotification", BOOT]), link.now())
    assert link.ask("Heartbeat", {})[2] == "SecurityError"  # not decided yet
    for _ in range(10):
        await asyncio.sleep(0)
    assert link.sent[-1][2]["status"] == "Accepted"
    assert "currentTime" in link.ask("Heartbeat", {})
