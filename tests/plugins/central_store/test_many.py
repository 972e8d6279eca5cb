"""Two hundred stations at once over one database."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from ocpp_plugins.central_store.database import Change
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ocpp_kernel.transports.websocket_server import WebSocketServer

from .conftest import BOOT, NewSite, Site, start_of, stop_of

STATIONS = 200


class Station:
    """A bare WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def ask(self, action: str, payload: dict[str, Any]) -> Any:
        """The payload of the answer."""
        await self._connection.send(json.dumps([2, "1", action, payload]))
        answer = json.loads(await self._connection.recv())
        assert answer[0] == 3, answer
        return answer[2]


async def charge(url: str, number: int) -> int:
    """A whole transaction; its id."""
    protocols = [Subprotocol("ocpp1.6")]
    async with connect(f"{url}/CP{number}", subprotocols=protocols, proxy=None) as connection:
        station = Station(connection)
        assert (await station.ask("BootNotification", BOOT))["status"] == "Accepted"
        start = start_of(meterStart=number)
        given: int = (await station.ask("StartTransaction", start))["transactionId"]
        # Sent again before anybody could know that it was answered.
        assert (await station.ask("StartTransaction", start))["transactionId"] == given
        reading = {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": str(number)}]}
        values = {"connectorId": 1, "transactionId": given, "meterValue": [reading]}
        assert await station.ask("MeterValues", values) == {}
        assert await station.ask("StopTransaction", stop_of(given, meterStop=number + 7)) == {}
        return given


async def test_many_stations_share_commits(path: Path, new_site: NewSite) -> None:
    site = Site(path)
    server = WebSocketServer(site.central, port=0)
    await server.start()
    writes: list[int] = []
    write = site.database.write

    writer = site.central.store._writer  # type: ignore[union-attr]  # the plugin's own
    add = writer.add
    added: list[Change] = []

    def noted(item: Any) -> None:
        if isinstance(item, Change):
            added.append(item)
        add(item)

    def counted(changes: Any) -> None:
        while not writes and len(added) < STATIONS:
            time.sleep(0.001)  # a disk so slow that every station boots meanwhile
        writes.append(len(changes))
        write(changes)

    writer.add, site.database.write = noted, counted
    given = await asyncio.gather(*(charge(server.url, number) for number in range(STATIONS)))
    site.crash()
    await server.stop()
    assert len(set(given)) == STATIONS
    assert sum(writes[:2]) >= STATIONS
    known = new_site().core.transactions
    for number, transaction_id in enumerate(given):
        transaction = known[transaction_id]
        assert (transaction.identity, transaction.meter_start) == (f"CP{number}", number)
        assert (transaction.energy, len(transaction.meter_values)) == (7, 1)
