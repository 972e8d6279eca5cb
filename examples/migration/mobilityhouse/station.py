"""A charge point: ``python station.py [URL] [IDENTITY]``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ocpp_kernel.build import build_station
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.events import BootAccepted
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station
from ocpp_kernel.transports.websocket_client import WebSocketClient


class Application:
    """Sees what happens at the charge point, through hooks."""

    def ocpp_on_event(self, event: object) -> None:
        """Boot, its repetition and heartbeats need nothing of us."""
        if isinstance(event, BootAccepted):
            print("accepted by the central system")


async def run(config: Config) -> None:
    """Connects, and connects again whenever the connection is lost, until cancelled."""
    store = MemoryStore()

    def make() -> Station:
        return build_station(config, store, log, Application())

    await WebSocketClient(make, config.charge_point.url).run()


def log(level: str, text: str) -> None:
    """What the stack and its plugins have to say."""
    print(f"{level}: {text}")


def main() -> None:
    """Reads the configuration beside this file; arguments come before it."""
    config = load_config(Path(__file__).with_name("ocpp.toml"))
    for name, value in zip(("url", "identity"), sys.argv[1:], strict=False):
        setattr(config.charge_point, name, value)
    try:
        asyncio.run(run(config))
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
