"""A charge point of the toy protocol for tests of its shell, and servers that break the rules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ocpp_kernel import configuration, schema
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station
from ocpp_kernel.transports.websocket_client import Backoff, WebSocketClient

#: A central system of a protocol of one action; see conftest.py.
House = Any
SUBPROTOCOL = "toy1"


class Quick(Backoff):
    """Delays are noted, not waited for."""

    def __init__(self) -> None:
        super().__init__(spread=lambda low, high: 1.0)
        self.delays: list[float] = []

    def next(self) -> float:
        self.delays.append(super().next())
        return 0.001


class Point:
    """A charge point that can say things, and everything that happened to it."""

    def __init__(self, house: House, url: str, **options: Any) -> None:
        self.log: list[str] = []
        self.events: list[Any] = []
        self.said: list[str] = []
        self.keys: list[configuration.Key] = [
            configuration.integer("WebSocketPingInterval", 0),
            configuration.Key(
                "AuthorizationKey", configuration.STRING, "", "W", None, None, None, False
            ),
        ]
        self._house = house
        self.store = MemoryStore()
        self.backoff = Quick()
        options.setdefault("backoff", self.backoff)
        options.setdefault("proxy", None)
        self.client = WebSocketClient(self.build, url, **options)

    def build(self) -> Station:
        station = Station(
            "RDAM 1", MsgspecCodec(), self.store, lambda level, text: self.log.append(text)
        )
        station.install(
            schema.contracts_of([self._house.Say]),
            {"Say": self.on_say},
            {
                "ocpp_on_event": (self.events.append,),
                "ocpp_register_configuration": (lambda: self.keys,),
            },
            (),
            check=schema.check,
        )
        station.subprotocols = (SUBPROTOCOL,)  # type: ignore[attr-defined]  # as build.py does
        return station

    def on_say(self, request: Any) -> Any:
        self.said.append(request["text"])
        return {"text": request["text"].upper()}

    @property
    def station(self) -> Station:
        return self.client.station

    def logged(self, part: str) -> bool:
        return any(part in text for text in self.log)

    async def say(self, house: House, text: str) -> str:
        """Calls the central system and waits for the answer."""
        outcome: list[Any] = []
        self.client.do(
            lambda station: station.call(
                house.Say({"text": text}), lambda answer, error: outcome.append((answer, error))
            )
        )
        await house.until(lambda: bool(outcome))
        answer, error = outcome[0]
        if error is not None:
            raise error
        return str(answer["text"])


@asynccontextmanager
async def running(point: Point) -> AsyncIterator[Point]:
    task = asyncio.create_task(point.client.run())
    try:
        yield point
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


Handler = Callable[[ServerConnection], Any]


@asynccontextmanager
async def odd_server(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """A server that may break the rules; gives its URL."""
    options.setdefault("subprotocols", [SUBPROTOCOL])
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def silent(socket: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        async for _ in socket:
            pass
