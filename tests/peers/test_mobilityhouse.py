"""PyPI's ocpp (mobilityhouse), which checks all it sees by the official schemas, and ours."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp_plugins.core_profile.messages import (
    ChangeAvailability,
    ChangeConfiguration,
    ClearCache,
    DataTransfer,
    GetConfiguration,
    RemoteStartTransaction,
    RemoteStopTransaction,
    Reset,
    UnlockConnector,
)
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ocpp_kernel.errors import RemoteError

TIME = "2026-01-01T00:00:00Z"


class TheirPoint(ChargePoint):  # type: ignore[misc]  # untyped
    """A charge point written with mobilityhouse/ocpp."""

    @on("Reset")  # type: ignore[untyped-decorator]
    def on_reset(self, type: str) -> Any:  # noqa: A002 - the library passes the field's name
        return call_result.Reset(status="Accepted" if type == "Soft" else "Rejected")

    @on("RemoteStartTransaction")  # type: ignore[untyped-decorator]
    def on_remote_start(self, id_tag: str, **_: Any) -> Any:
        return call_result.RemoteStartTransaction(status="Accepted")

    @on("RemoteStopTransaction")  # type: ignore[untyped-decorator]
    def on_remote_stop(self, transaction_id: int) -> Any:
        return call_result.RemoteStopTransaction(status="Rejected")

    @on("GetConfiguration")  # type: ignore[untyped-decorator]
    def on_get_configuration(self, key: list[str] | None = None) -> Any:
        entry = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
        return call_result.GetConfiguration(configuration_key=[entry], unknown_key=key)

    @on("ChangeConfiguration")  # type: ignore[untyped-decorator]
    def on_change_configuration(self, key: str, value: str) -> Any:
        return call_result.ChangeConfiguration(status="RebootRequired")

    @on("ChangeAvailability")  # type: ignore[untyped-decorator]
    def on_change_availability(self, **_: Any) -> Any:
        return call_result.ChangeAvailability(status="Scheduled")

    @on("ClearCache")  # type: ignore[untyped-decorator]
    def on_clear_cache(self) -> Any:
        return call_result.ClearCache(status="Accepted")

    @on("DataTransfer")  # type: ignore[untyped-decorator]
    def on_data_transfer(self, vendor_id: str, **more: Any) -> Any:
        return call_result.DataTransfer(status="Accepted", data=more.get("data"))


@asynccontextmanager
async def their_point(ours: Any, identity: str = "CP1") -> AsyncIterator[Any]:
    async with connect(
        f"{ours.server.url}/{quote(identity)}", subprotocols=["ocpp1.6"], proxy=None
    ) as socket:
        point = TheirPoint(identity, socket, response_timeout=60)
        task = asyncio.create_task(point.start())
        try:
            yield point
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await task


async def boot(point: Any) -> Any:
    return await point.call(
        call.BootNotification(charge_point_model="m", charge_point_vendor="v"), suppress=False
    )


async def test_a_charging_session_at_our_central_system(our_central: Any) -> None:
    async with their_point(our_central) as point:
        answer = await boot(point)
        assert (answer.status, answer.interval) == ("Accepted", 300)
        assert (await point.call(call.Heartbeat())).current_time.endswith("Z")
        await point.call(
            call.StatusNotification(connector_id=1, error_code="NoError", status="Preparing")
        )
        answer = await point.call(call.Authorize(id_tag="TAG1"))
        assert answer.id_tag_info["status"] == "Accepted"
        started = await point.call(
            call.StartTransaction(connector_id=1, id_tag="TAG1", meter_start=10, timestamp=TIME)
        )
        sample = {"value": "20", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        await point.call(
            call.MeterValues(
                connector_id=1,
                transaction_id=started.transaction_id,
                meter_value=[{"timestamp": TIME, "sampled_value": [sample]}],
            )
        )
        stopped = await point.call(
            call.StopTransaction(
                meter_stop=110,
                timestamp=TIME,
                transaction_id=started.transaction_id,
                id_tag="TAG1",
                reason="EVDisconnected",
            )
        )
        assert stopped.id_tag_info["status"] == "Accepted"
        answer = await point.call(call.DataTransfer(vendor_id="org.example", data="x"))
        assert answer.status == "UnknownVendorId"
    transaction = our_central.core.transactions[started.transaction_id]
    assert transaction.energy == 100
    assert transaction.reason == "EVDisconnected"
    assert transaction.meter_values[0]["sampledValue"] == [sample]


async def test_frm_041_security_error_reaches_it(our_central: Any) -> None:
    async with their_point(our_central) as point:
        with pytest.raises(Exception, match="BootNotification") as refused:
            await point.call(call.Heartbeat(), suppress=False)
        assert type(refused.value).__name__ == "SecurityError"


async def test_our_central_system_calls_it(our_central: Any) -> None:
    async with their_point(our_central) as point:
        await boot(point)
        station = our_central.central.stations["CP1"]
        assert await station.call(Reset({"type": "Soft"})) == {"status": "Accepted"}
        assert await station.call(Reset({"type": "Hard"})) == {"status": "Rejected"}
        assert await station.call(RemoteStartTransaction({"connectorId": 1, "idTag": "TAG1"})) == {
            "status": "Accepted"
        }
        assert await station.call(RemoteStopTransaction({"transactionId": 1})) == {
            "status": "Rejected"
        }
        answer = await station.call(GetConfiguration({"key": ["Nonsense"]}))
        assert answer["configurationKey"] == [
            {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
        ]
        assert answer["unknownKey"] == ["Nonsense"]
        assert await station.call(ChangeConfiguration({"key": "a", "value": "b"})) == {
            "status": "RebootRequired"
        }
        assert await station.call(
            ChangeAvailability({"connectorId": 0, "type": "Inoperative"})
        ) == {"status": "Scheduled"}
        assert await station.call(ClearCache({})) == {"status": "Accepted"}
        assert await station.call(DataTransfer({"vendorId": "v", "data": "äö"})) == {
            "status": "Accepted",
            "data": "äö",
        }
        with pytest.raises(RemoteError) as refused:
            await station.call(UnlockConnector({"connectorId": 1}))
        # The library has the texts of NotImplemented and NotSupported the other way round.
        assert refused.value.code in ("NotImplemented", "NotSupported")


async def test_many_of_its_charge_points_at_once(our_central: Any) -> None:
    async def one(number: int) -> int:
        async with their_point(our_central, f"CP{number}") as point:
            await boot(point)
            station = our_central.central.stations[f"CP{number}"]
            started, reset = await asyncio.gather(
                point.call(
                    call.StartTransaction(connector_id=1, id_tag="T", meter_start=0, timestamp=TIME)
                ),
                station.call(Reset({"type": "Soft"})),
            )
            assert reset == {"status": "Accepted"}
            return int(started.transaction_id)

    numbers = await asyncio.gather(*(one(number) for number in range(20)))
    assert len(set(numbers)) == 20


class TheirCentral(ChargePoint):  # type: ignore[misc]  # untyped
    """One station at a central system written with mobilityhouse/ocpp."""

    def __init__(self, identity: str, socket: Any, seen: list[Any]) -> None:
        super().__init__(identity, socket, response_timeout=60)
        self.seen = seen

    @on("BootNotification")  # type: ignore[untyped-decorator]
    def on_boot(self, **payload: Any) -> Any:
        self.seen.append(("BootNotification", payload))
        now = datetime.now(UTC).isoformat()
        return call_result.BootNotification(current_time=now, interval=300, status="Accepted")

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def on_heartbeat(self) -> Any:
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def on_status(self, **payload: Any) -> Any:
        self.seen.append(("StatusNotification", payload))
        return call_result.StatusNotification()

    @on("Authorize")  # type: ignore[untyped-decorator]
    def on_authorize(self, id_tag: str) -> Any:
        status = "Accepted" if id_tag.startswith("TAG") else "Invalid"
        return call_result.Authorize(id_tag_info=IdTagInfo(status=status))

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def on_start(self, **payload: Any) -> Any:
        self.seen.append(("StartTransaction", payload))
        info = IdTagInfo(status="Accepted")
        return call_result.StartTransaction(transaction_id=42, id_tag_info=info)

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def on_meter_values(self, **payload: Any) -> Any:
        self.seen.append(("MeterValues", payload))
        return call_result.MeterValues()

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    def on_stop(self, **payload: Any) -> Any:
        self.seen.append(("StopTransaction", payload))
        return call_result.StopTransaction()


class TheirServer:
    """A central system with mobilityhouse/ocpp, as its examples are written."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []
        self.points: list[Any] = []
        self.url = ""

    def got(self, action: str) -> list[Any]:
        return [payload for name, payload in self.seen if name == action]

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        assert socket.request.path == "/ocpp/CP%201"  # FRM-001
        point = TheirCentral("CP 1", socket, self.seen)
        self.points.append(point)
        with suppress(ConnectionClosed):
            await point.start()


@pytest.fixture
async def their_central() -> AsyncIterator[TheirServer]:
    theirs = TheirServer()
    async with serve(theirs.handle, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:
        theirs.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
        yield theirs


async def test_our_charge_point_charges_at_its_central_system(
    their_central: TheirServer, our_station: Any, wait_until: Any
) -> None:
    async with our_station(their_central.url, speed=20) as ours:
        await wait_until(lambda: their_central.got("StatusNotification"))
        assert their_central.got("BootNotification")
        ours.type("plug 1")
        ours.type("tag 1 TAG1")
        await wait_until(lambda: their_central.got("StartTransaction"))
        await wait_until(lambda: their_central.got("MeterValues"))
        assert their_central.got("MeterValues")[0]["transaction_id"] == 42
        ours.type("tag 1 TAG1")
        await wait_until(lambda: their_central.got("StopTransaction"))
        stop = their_central.got("StopTransaction")[0]
        assert stop["transaction_id"] == 42
        assert stop["meter_stop"] > their_central.got("StartTransaction")[0]["meter_start"]


async def test_its_central_system_calls_our_charge_point(
    their_central: TheirServer, our_station: Any, wait_until: Any
) -> None:
    async with our_station(their_central.url, speed=20) as ours:
        await wait_until(lambda: their_central.got("StatusNotification"))
        point = their_central.points[0]
        answer = await point.call(call.GetConfiguration(), suppress=False)
        keys = {entry["key"] for entry in answer.configuration_key}
        assert "HeartbeatInterval" in keys
        answer = await point.call(
            call.ChangeConfiguration(key="HeartbeatInterval", value="60"), suppress=False
        )
        assert answer.status == "Accepted"
        ours.type("plug 1")
        answer = await point.call(
            call.RemoteStartTransaction(id_tag="TAG1", connector_id=1), suppress=False
        )
        assert answer.status == "Accepted"
        # Only a reading shows that the answer to StartTransaction has arrived.
        await wait_until(lambda: their_central.got("MeterValues"))
        answer = await point.call(call.RemoteStopTransaction(transaction_id=42), suppress=False)
        assert answer.status == "Accepted"
        await wait_until(lambda: their_central.got("StopTransaction"))
        answer = await point.call(call.Reset(type="Hard"), suppress=False)
        assert answer.status == "Accepted"
        await wait_until(lambda: len(their_central.got("BootNotification")) == 2)


async def test_our_charge_point_is_refused_by_its_central_system(
    their_central: TheirServer, our_station: Any, wait_until: Any
) -> None:
    """A tag it does not know starts nothing."""
    async with our_station(their_central.url, speed=20) as ours:
        await wait_until(lambda: their_central.got("StatusNotification"))
        ours.type("plug 1")
        await wait_until(
            lambda: "Preparing" in [p["status"] for p in their_central.got("StatusNotification")]
        )
        ours.type("tag 1 STRANGER")
        point = their_central.points[0]
        await point.call(call.GetConfiguration(), suppress=False)
    assert their_central.got("StartTransaction") == []


# The commands as they start with nothing configured.


@asynccontextmanager
async def command(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ocpp_kernel",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0


async def test_the_station_command_charges_at_its_central_system(
    their_central: TheirServer, wait_until: Any
) -> None:
    async with command("station", "--url", their_central.url, "--identity", "CP 1") as ours:
        assert ours.stdin is not None
        await wait_until(lambda: len(their_central.got("StatusNotification")) == 3)
        ours.stdin.write(b"plug 1\ntag 1 TAG1\n")
        await wait_until(lambda: their_central.got("StartTransaction"))
        ours.stdin.write(b"stop 1\nunplug 1\n")
        await wait_until(lambda: their_central.got("StopTransaction"))
        assert their_central.got("StopTransaction")[0]["transaction_id"] == 42


async def test_the_serve_command_takes_its_charge_point() -> None:
    async with command("serve", "--port", "0") as ours:
        assert ours.stdout is not None
        url = ""
        while not url.startswith("listening on "):
            url = (await ours.stdout.readline()).decode()
        server = SimpleNamespace(url=url.removeprefix("listening on ").strip().rstrip("/"))
        async with their_point(SimpleNamespace(server=server), "any identity") as point:
            assert (await boot(point)).status == "Accepted"
            told = await point.call(call.Authorize(id_tag="any tag"), suppress=False)
            assert told.id_tag_info["status"] == "Accepted"
