"""npm's ocpp-rpc in strict mode, which checks every message both ways, against both our roles."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import (
    ChangeConfiguration,
    GetConfiguration,
    RemoteStartTransaction,
    Reset,
)

from ocpp_kernel.errors import RemoteError

#: What it is made of is installed by one process.
pytestmark = pytest.mark.xdist_group("ocpp_rpc")

ACCEPTED = {"status": "Accepted"}
POINT_ANSWERS = {
    "Reset": ACCEPTED,
    "RemoteStartTransaction": ACCEPTED,
    "GetConfiguration": {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
    },
}
CENTRAL_ANSWERS = {
    "BootNotification": {"currentTime": "", "interval": 300, **ACCEPTED},
    "Heartbeat": {"currentTime": ""},
    "StatusNotification": {},
    "Authorize": {"idTagInfo": ACCEPTED},
    "StartTransaction": {"transactionId": 77, "idTagInfo": ACCEPTED},
    "StopTransaction": {"idTagInfo": ACCEPTED},
    "MeterValues": {},
    "DataTransfer": ACCEPTED,
}
TIME = "2026-01-01T00:00:00.000Z"


async def test_its_charge_point_at_our_central_system(our_central: Any, node_peer: Any) -> None:
    peer = await node_peer("charge_point", POINT_ANSWERS, our_central.server.url, "RDAM 1")
    await peer.wait("connected")

    async def call(method: str, params: Any) -> Any:
        return await peer.call("RDAM 1", method, params)

    assert await call("Heartbeat", {}) == "SecurityError"  # FRM-041
    boot = {"chargePointVendor": "v", "chargePointModel": "m"}
    assert (await call("BootNotification", boot))["status"] == "Accepted"
    assert "currentTime" in await call("Heartbeat", {})
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing", "timestamp": TIME}
    assert await call("StatusNotification", status) == {}
    assert await call("Authorize", {"idTag": "T"}) == {"idTagInfo": ACCEPTED}
    start = {"connectorId": 1, "idTag": "T", "meterStart": 5, "timestamp": TIME}
    started = await call("StartTransaction", start)
    number = started["transactionId"]
    assert started["idTagInfo"] == ACCEPTED
    sample = {"value": "7", "unit": "Wh", "context": "Sample.Periodic", "phase": "L1-N"}
    values = [{"timestamp": TIME, "sampledValue": [sample]}]
    meter = {"connectorId": 1, "transactionId": number, "meterValue": values}
    assert await call("MeterValues", meter) == {}
    stop = {"transactionId": number, "meterStop": 9, "timestamp": TIME, "idTag": "T"}
    assert await call("StopTransaction", stop) == {"idTagInfo": ACCEPTED}
    assert await call("DataTransfer", {"vendorId": "v"}) == {"status": "UnknownVendorId"}
    assert our_central.core.transactions[number].energy == 4


async def test_our_central_system_calls_its_charge_point(our_central: Any, node_peer: Any) -> None:
    peer = await node_peer("charge_point", POINT_ANSWERS, our_central.server.url, "CP1")
    await peer.wait("connected")
    boot = {"chargePointVendor": "v", "chargePointModel": "m"}
    await peer.call("CP1", "BootNotification", boot)
    station = our_central.central.stations["CP1"]
    assert await station.call(Reset({"type": "Soft"})) == ACCEPTED
    assert await station.call(RemoteStartTransaction({"idTag": "T"})) == ACCEPTED
    answer = await station.call(GetConfiguration({"key": ["HeartbeatInterval"]}))
    assert answer["configurationKey"][0]["value"] == "300"
    try:
        await station.call(ChangeConfiguration({"key": "a", "value": "b"}))
    except RemoteError as error:
        assert error.code == "NotImplemented"  # it has no answer for that one
    else:
        raise AssertionError("the refusal did not arrive")
    assert peer.called("Reset") == [{"type": "Soft"}]


async def test_frm_010_its_second_connection_replaces_the_first(
    our_central: Any, node_peer: Any, wait_until: Any
) -> None:
    first = await node_peer("charge_point", POINT_ANSWERS, our_central.server.url, "CP1")
    await first.wait("connected")
    second = await node_peer("charge_point", POINT_ANSWERS, our_central.server.url, "CP1")
    await second.wait("connected")
    await first.wait("disconnected")
    boot = {"chargePointVendor": "v", "chargePointModel": "m"}
    assert (await second.call("CP1", "BootNotification", boot))["status"] == "Accepted"


async def test_sec_006_its_basic_credentials(our_central: Any, node_peer: Any) -> None:
    our_central.central.admit_only([], {"CP1": b"a:b c"})
    url = our_central.server.url
    peer = await node_peer("charge_point", POINT_ANSWERS, url, "CP1", "a:b c")
    assert await peer.wait("connected") == "CP1"


async def test_our_charge_point_at_its_central_system(
    our_station: Any, node_peer: Any, wait_until: Any
) -> None:
    peer = await node_peer("central_system", CENTRAL_ANSWERS)
    url = f"ws://127.0.0.1:{await peer.wait('listening')}/"
    async with our_station(url, speed=20) as ours:
        assert await peer.wait("connected") == "CP 1"
        await wait_until(lambda: peer.called("StatusNotification"))
        assert peer.called("BootNotification")
        ours.type("plug 1")
        ours.type("tag 1 TAG1")
        await wait_until(lambda: peer.called("StartTransaction"))
        assert peer.called("StartTransaction")[0]["idTag"] == "TAG1"
        await wait_until(lambda: peer.called("MeterValues"))
        assert peer.called("MeterValues")[0]["transactionId"] == 77
        call = {"transactionId": 77}
        assert await peer.call("CP 1", "RemoteStopTransaction", call) == ACCEPTED
        await wait_until(lambda: peer.called("StopTransaction"))
        assert peer.called("StopTransaction")[0]["reason"] == "Remote"


async def test_its_central_system_calls_our_charge_point(
    our_station: Any, node_peer: Any, wait_until: Any
) -> None:
    peer = await node_peer("central_system", CENTRAL_ANSWERS)
    url = f"ws://127.0.0.1:{await peer.wait('listening')}/"
    async with our_station(url, speed=20) as ours:
        await wait_until(lambda: peer.called("StatusNotification"))

        async def call(method: str, params: Any) -> Any:
            return await peer.call("CP 1", method, params)

        answer = await call("GetConfiguration", {"key": ["HeartbeatInterval", "NoSuchKey"]})
        assert answer["unknownKey"] == ["NoSuchKey"]
        change = {"key": "HeartbeatInterval", "value": "120"}
        assert await call("ChangeConfiguration", change) == ACCEPTED
        assert await call("ClearCache", {}) in (ACCEPTED, {"status": "Rejected"})
        assert (await call("UnlockConnector", {"connectorId": 9}))["status"] == "NotSupported"
        change = {"connectorId": 0, "type": "Inoperative"}
        assert await call("ChangeAvailability", change) == ACCEPTED
        vendor = {"vendorId": "org.example"}
        assert await call("DataTransfer", vendor) == {"status": "UnknownVendorId"}
        assert await call("Reset", {"type": "Soft"}) == ACCEPTED
        await wait_until(lambda: len(peer.called("BootNotification")) == 2)
        assert ours.client.connections == 2
