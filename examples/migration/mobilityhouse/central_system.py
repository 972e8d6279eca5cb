"""A central system: ``python central_system.py [PORT]``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ocpp_plugins.reservation.messages import CancelReservation

from ocpp_kernel.build import build_central
from ocpp_kernel.central import ConnectedStation
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.errors import OcppError
from ocpp_kernel.events_central import StationBooted
from ocpp_kernel.transports.websocket_server import WebSocketServer


class Application:
    """Knows who booted, through hooks; BootNotification is answered by the Core profile."""

    def __init__(self) -> None:
        self.booted: asyncio.Queue[str] = asyncio.Queue()

    def ocpp_on_event(self, event: object) -> None:
        """Told within the handler, so what takes time is left to a task."""
        if isinstance(event, StationBooted):
            self.booted.put_nowait(event.identity)


async def cancel(station: ConnectedStation, number: int) -> None:
    """Asks a station to give a reservation up."""
    try:
        answer = await station.call(CancelReservation({"reservationId": number}))
    except OcppError as error:
        print(f"{station.identity}: {error}")
    else:
        print(f"{station.identity}: {answer['status']}")


async def run(config: Config) -> None:
    """Serves until cancelled."""
    application = Application()
    central = build_central(config, log, application)
    async with (
        WebSocketServer.from_config(central, config.central_system) as server,
        asyncio.TaskGroup() as tasks,
    ):
        print(f"listening on {server.url}/")
        while True:
            identity = await application.booted.get()
            tasks.create_task(cancel(central.stations[identity], 7))


def log(level: str, text: str) -> None:
    """What the stack and its plugins have to say."""
    print(f"{level}: {text}")


def main() -> None:
    """Reads the configuration beside this file; an argument comes before it."""
    config = load_config(Path(__file__).with_name("ocpp.toml"))
    if len(sys.argv) > 1:
        config.central_system.port = int(sys.argv[1])
    try:
        asyncio.run(run(config))
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
