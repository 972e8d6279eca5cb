"""The migration examples meet PyPI's ocpp (mobilityhouse) in the other role, and each other."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from device_bundle.bundler import bundle

EXAMPLES = Path(__file__).parents[2] / "examples" / "migration"
BIN = Path(sys.executable).parent
CLI = str(BIN / "ocpp-kernel")
#: The programs of each example: the charge point, given a URL, and the central system.
STATIONS = {
    "mobilityhouse": [sys.executable, str(EXAMPLES / "mobilityhouse" / "station.py"), "URL"],
    "quectel": [
        CLI,
        "station",
        "--config",
        str(EXAMPLES / "quectel" / "ocpp.toml"),
        "--url",
        "URL",
    ],
}
CENTRALS = {
    "mobilityhouse": [sys.executable, str(EXAMPLES / "mobilityhouse" / "central_system.py"), "0"],
    "quectel": [CLI, "serve", "--config", str(EXAMPLES / "quectel" / "ocpp.toml"), "--port", "0"],
}


class TheirCentral(ChargePoint):  # type: ignore[misc]  # untyped
    """One station at a central system that cancels two reservations after the boot."""

    def __init__(self, identity: str, socket: Any) -> None:
        super().__init__(identity, socket, response_timeout=60)
        self.boot: dict[str, Any] = {}
        self.answers: asyncio.Queue[Any] = asyncio.Queue()

    @on("BootNotification")  # type: ignore[untyped-decorator]
    def on_boot(self, **payload: Any) -> Any:
        self.boot = payload
        now = datetime.now(UTC).isoformat()
        return call_result.BootNotification(current_time=now, interval=300, status="Accepted")

    @after("BootNotification")  # type: ignore[untyped-decorator]
    async def after_boot(self, **_: Any) -> None:
        for number in (8, 7, 7):
            answer = await self.call(call.CancelReservation(reservation_id=number), suppress=False)
            self.answers.put_nowait(answer.status)

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def on_status(self, **_: Any) -> Any:
        return call_result.StatusNotification()


@asynccontextmanager
async def their_central() -> AsyncIterator[tuple[str, asyncio.Queue[TheirCentral]]]:
    """Its URL, and the stations that connected."""
    points: asyncio.Queue[TheirCentral] = asyncio.Queue()

    async def serve_one(socket: Any) -> None:
        point = TheirCentral(socket.request.path[1:], socket)
        points.put_nowait(point)
        with suppress(ConnectionClosed):
            await point.start()

    async with serve(serve_one, "127.0.0.1", 0, subprotocols=["ocpp1.6"]) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", points


class TheirPoint(ChargePoint):  # type: ignore[misc]  # untyped
    """A charge point that holds no reservation."""

    def __init__(self, identity: str, socket: Any) -> None:
        super().__init__(identity, socket, response_timeout=60)
        self.asked: asyncio.Queue[int] = asyncio.Queue()

    @on("CancelReservation")  # type: ignore[untyped-decorator]
    def on_cancel_reservation(self, reservation_id: int) -> Any:
        self.asked.put_nowait(reservation_id)
        return call_result.CancelReservation(status="Rejected")


@asynccontextmanager
async def their_point(url: str) -> AsyncIterator[TheirPoint]:
    async with connect(f"{url}/CP7", subprotocols=["ocpp1.6"], proxy=None) as socket:
        point = TheirPoint("CP7", socket)
        task = asyncio.create_task(point.start())
        try:
            yield point
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await task


class Program:
    """One of ours, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self._lines = process.stdout
        self._seen: list[str] = []

    async def line(self, text: str) -> str:
        """The next line with this text in it."""
        async for data in self._lines:
            self._seen.append(data.decode())
            if text in self._seen[-1]:
                return self._seen[-1].strip()
        raise AssertionError(f"{text!r} was not printed: {''.join(self._seen)}")


@asynccontextmanager
async def running(command: list[str], url: str = "") -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        *(url if word == "URL" else word for word in command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    try:
        yield Program(process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        await process.communicate()


async def told_url(central: Program) -> str:
    return (await central.line("listening on ")).split()[-1].rstrip("/")


async def test_the_programs_meet_each_other() -> None:
    async with running(CENTRALS["mobilityhouse"]) as central:
        url = await told_url(central)
        async with running(STATIONS["mobilityhouse"], url) as station:
            await station.line("accepted by the central system")
            await station.line("the reservation is cancelled")
            assert await central.line("CP001") == "CP001: Accepted"


async def test_the_commands_meet_each_other() -> None:
    async with running(CENTRALS["quectel"]) as central:
        url = await told_url(central)
        async with running(STATIONS["quectel"], url) as station:
            await station.line("the reservation is cancelled")
            await central.line("CP001: CancelReservation: Accepted")


@pytest.mark.parametrize("example", STATIONS)
async def test_the_charge_point_at_their_central_system(example: str) -> None:
    async with their_central() as (url, points), running(STATIONS[example], url):
        point = await points.get()
        assert [await point.answers.get() for _ in range(3)] == ["Rejected", "Accepted", "Rejected"]
        assert point.boot["charge_point_model"] == "Wallbox 11"


@pytest.mark.parametrize("example", CENTRALS)
async def test_their_charge_point_at_the_central_system(example: str) -> None:
    async with running(CENTRALS[example]) as central, their_point(await told_url(central)) as point:
        answer = await point.call(
            call.BootNotification(charge_point_model="m", charge_point_vendor="v"), suppress=False
        )
        assert answer.status == "Accepted"
        assert await point.asked.get() == 7
        assert (await central.line("CP7: ")).endswith("Rejected")


@pytest.mark.slow
async def test_the_bundle_at_their_central_system(tmp_path: Path) -> None:
    """What is uploaded to a module does the same, on MicroPython."""
    async with their_central() as (url, points):
        example = shutil.copytree(EXAMPLES / "quectel", tmp_path / "quectel")
        config = example / "ocpp.toml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("ws://127.0.0.1:9000", url), encoding="utf-8")
        made = bundle(config, tmp_path / "bundle")
        assert "reservations" in made.plugins
        async with running([sys.executable, "-m", "device_bundle.emulator", str(made.out)]) as it:
            await it.line("the reservation is cancelled")
            point = await points.get()
            answers = [await point.answers.get() for _ in range(3)]
            assert answers == ["Rejected", "Accepted", "Rejected"]


async def test_a_station_that_cannot_cancel_is_named() -> None:
    """A peer without a handler: the error is told, and the program goes on."""
    async with running(CENTRALS["mobilityhouse"]) as central:
        url = await told_url(central)
        async with connect(f"{url}/CP8", subprotocols=["ocpp1.6"], proxy=None) as socket:
            boot = '{"chargePointModel":"m","chargePointVendor":"v"}'
            await socket.send(f'[2,"1","BootNotification",{boot}]')
            await socket.recv()
            asked = str(await socket.recv())
            assert asked.endswith('"CancelReservation",{"reservationId":7}]')
            call_id = asked.split('"')[1]
            await socket.send(f'[4,"{call_id}","NotSupported","no reservations",{{}}]')
            assert await central.line("CP8") == "CP8: NotSupported: no reservations"
        async with their_point(url) as point:
            await point.call(
                call.BootNotification(charge_point_model="m", charge_point_vendor="v"),
                suppress=False,
            )
            assert await point.asked.get() == 7
