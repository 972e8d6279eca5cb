"""Sets the stage: a central system, a network, and the charge point of this computer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ocpp_kernel.build import Log, build_central, build_station
from ocpp_kernel.config import Config, password_bytes
from ocpp_kernel.scenario.central import ScriptedCentral
from ocpp_kernel.scenario.network import Network
from ocpp_kernel.scenario.player import Player
from ocpp_kernel.scenario.script import Step
from ocpp_kernel.scenario.simulation import JumpingClock, SimulatedChargePoint
from ocpp_kernel.scenario.tape import Tape
from ocpp_kernel.store import Store
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.websocket_client import Backoff, WebSocketClient
from ocpp_kernel.transports.websocket_server import WebSocketServer

#: When scenarios begin: 2026-01-01T00:00:00Z.
BEGIN = 1_767_225_600


@asynccontextmanager
async def central_stage(
    config: Config, clock: Clock, log: Log, port: int = 0
) -> AsyncIterator[tuple[ScriptedCentral, Network]]:
    """A central system as configured, behind a network to which charge points connect at ``port``.

    Its time is that of ``clock``.
    """
    scripted = ScriptedCentral(Tape())
    central = build_central(config, log, scripted)
    scripted.attach(central)
    central.utc = lambda: BEGIN + clock.now()
    async with WebSocketServer(central, "127.0.0.1", 0) as server:
        async with Network("127.0.0.1", server.port, port) as network:
            yield scripted, network


@asynccontextmanager
async def simulation_stage(
    config: Config,
    folder: Path,
    log: Log = lambda level, text: None,
    tell: Callable[[Step], None] = lambda step: None,
    watcher: Any = None,
    clock: JumpingClock | None = None,
) -> AsyncIterator[Player]:
    """The charge point as configured on this computer, with a central system of its own.

    Its state is in ``folder``; ``log`` and ``watcher`` are the charge point's. Time jumps, unless
    ``clock`` is given, which then tells it.
    """
    jumping = clock is None
    if clock is None:
        clock = JumpingClock()
    async with central_stage(config, clock, lambda level, text: None) as (central, network):
        url = f"ws://127.0.0.1:{network.port}"

        def make_client(store: Store) -> WebSocketClient:
            return WebSocketClient(
                lambda: build_station(config, store, both, watcher),
                url,
                clock=clock,
                password=password_bytes(config.charge_point.password),
                backoff=Backoff(0.02, 0.02),
                proxy=None,
            )

        charge_point = SimulatedChargePoint(
            config.charge_point.identity,
            make_client,
            clock,
            folder,
            central.tape,
            jumping=jumping,
            is_reachable=lambda: network.up,
        )

        def both(level: str, text: str) -> None:
            charge_point.log(level, text)
            log(level, text)

        try:
            yield Player(charge_point, central.tape, central, network, tell)
        finally:
            await charge_point.close()
