"""Simulated hardware on a station without a central system."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.simulated_ev.charge_point import ChargePoint, Settings

from ocpp_kernel import events
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station


class Simulation:
    """The driver, its clock, what it reported and what it answered on the console."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.store: Any = MemoryStore()
        self.events: list[Any] = []
        self.log: list[tuple[str, str]] = []
        self.now = 0
        self.station: Station
        self.driver: ChargePoint

    def start(self) -> Simulation:
        self.station = Station(
            "CP1", MsgspecCodec(), self.store, lambda *line: self.log.append(line)
        )
        self.station.now = self.now
        self.driver = ChargePoint(self.station, self.settings)
        self.station.install(
            {}, {}, {"ocpp_on_event": (self.driver.ocpp_on_event, self.events.append)}, ()
        )
        self.station.start(self.now)
        self.events.clear()
        return self

    def type(self, line: str) -> tuple[str, str]:
        """Types a line at the console; the answer's level and text."""
        self.log.clear()
        self.station.emit(events.Command(line))
        self.events.remove(events.Command(line))
        (answer,) = self.log
        return answer

    def advance(self, seconds: int, step: int = 1) -> None:
        for _ in range(0, seconds, step):
            self.now += step
            self.station.tick(self.now)

    def charge(self, connector: int = 1, soc: int = 30, current: int = 32000) -> None:
        self.type(f"plug {connector} {soc}")
        self.driver.offer_current(connector, current)
        self.driver.energise(connector, True)
        self.events.clear()


@pytest.fixture
def simulation() -> Simulation:
    return Simulation().start()
