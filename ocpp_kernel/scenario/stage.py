"""Sets the stage: a central system, a network, and the charge point of this computer."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import Config, password_bytes
from ocpp_kernel.failures import Log
from ocpp_kernel.scenario.central import ScriptedCentral
from ocpp_kernel.scenario.files import Files
from ocpp_kernel.scenario.network import Network
from ocpp_kernel.scenario.player import Player
from ocpp_kernel.scenario.script import Step
from ocpp_kernel.scenario.simulation import JumpingClock, SimulatedChargePoint
from ocpp_kernel.scenario.tape import Tape
from ocpp_kernel.station import Station
from ocpp_kernel.store import Store
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.transfers import Options, Transfers
from ocpp_kernel.transports.websocket_client import Backoff, WebSocketClient
from ocpp_kernel.transports.websocket_server import WebSocketServer

#: When scenarios begin: 2026-01-01T00:00:00Z.
BEGIN = 1_767_225_600


def _ignore(level: str, text: str) -> None:
    """A log nobody reads."""


def _pass_over(step: Step) -> None:
    """Nobody wants to know of steps."""


@dataclass
class Cast:
    """The charge point of a scenario, as configured.

    Its state is in ``folder``. Where ``jumping`` is false, time passes as ``clock`` has it.
    ``log`` and ``watcher`` are the charge point's, ``tell`` hears of each step.
    """

    config: Config
    folder: Path
    clock: JumpingClock
    jumping: bool = True
    log: Log = _ignore
    watcher: Any = None
    tell: Callable[[Step], None] = _pass_over
    tls: ssl.SSLContext | None = None

    def charge_point(
        self, url: str, tape: Tape, is_reachable: Callable[[], bool] = lambda: True
    ) -> SimulatedChargePoint:
        """One that connects to ``url``; not switched on."""

        # A proxy would not reach the server of files beside a central system of our own.
        options = Options(ssl_context=self.tls, proxies=not self.jumping)
        transfers = Transfers(self.folder / "files", options)

        def log(level: str, text: str) -> None:
            made.log(level, text)
            self.log(level, text)

        def make_station(store: Store) -> Station:
            transfers.cancel()
            station = build_station(self.config, store, log, self.watcher)
            station.shared["transfers"] = transfers
            return station

        def make_client(store: Store) -> WebSocketClient:
            return WebSocketClient(
                lambda: make_station(store),
                url,
                clock=self.clock,
                password=password_bytes(self.config.charge_point.password),
                backoff=Backoff(0.02, 0.02) if self.jumping else None,
                ssl_context=self.tls,
                proxy=None if self.jumping else True,
            )

        made = SimulatedChargePoint(
            self.config.charge_point.identity,
            make_client,
            self.clock,
            self.folder,
            tape,
            transfers,
            jumping=self.jumping,
            is_reachable=is_reachable,
        )
        return made


@asynccontextmanager
async def central_stage(
    config: Config, clock: Clock, log: Log = _ignore, port: int = 0
) -> AsyncIterator[tuple[ScriptedCentral, Network]]:
    """A central system as configured, behind a network to which charge points connect at ``port``.

    Its time is that of ``clock``.
    """
    scripted = ScriptedCentral(Tape())
    central = build_central(config, log, scripted)
    scripted.attach(central)
    central.utc = lambda: BEGIN + clock.now()
    async with (
        WebSocketServer(central, "127.0.0.1", 0) as server,
        Network("127.0.0.1", server.port, port) as network,
    ):
        yield scripted, network


@asynccontextmanager
async def simulation_stage(cast: Cast) -> AsyncIterator[Player]:
    """The charge point with a central system of its own, whatever address is configured."""
    with tempfile.TemporaryDirectory(prefix="ocpp-files-") as folder:
        async with (
            Files(Path(folder)) as files,
            central_stage(cast.config, cast.clock) as (central, network),
        ):
            charge_point = cast.charge_point(
                f"ws://127.0.0.1:{network.port}", central.tape, lambda: network.up
            )
            try:
                yield Player(charge_point, central.tape, central, network, cast.tell, files)
            finally:
                await charge_point.close()


@asynccontextmanager
async def remote_stage(cast: Cast, tape: Tape) -> AsyncIterator[Player]:
    """The charge point with the central system configured; ``cast.watcher`` feeds the tape."""
    charge_point = cast.charge_point(cast.config.charge_point.url, tape)
    try:
        yield Player(charge_point, tape, tell=cast.tell)
    finally:
        await charge_point.close()
