"""A machine, a network and a time that the test controls."""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import Any, cast

import pytest

from device_bundle.runtime.clock import Clock
from device_bundle.runtime.loop import Loop
from device_bundle.runtime.settings import Settings
from device_bundle.runtime.websocket import WebSocket
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station


class World:
    """Board, connector and clock in one; every moment waited passes on the clock."""

    def __init__(self) -> None:
        self.ms = 0
        self.network = True
        self.radio_restarts = 0
        self.feeds = 0
        self.logs: list[tuple[str, str]] = []
        self.commands: list[str] = []
        self.passwords: list[bytes] = []
        self.attempts: list[int] = []
        self.aborts = 0
        self.outcomes: list[Exception | None] = []
        self.sockets: list[FakeSocket] = []
        self.clock = Clock(lambda: self.ms, lambda later, earlier: later - earlier, self.sleep)

    def sleep(self, milliseconds: int) -> None:
        self.ms += milliseconds

    # The board.

    def random(self, bits: int, /) -> int:
        return (1 << bits) - 1

    def from_hex(self, digits: str, /) -> bytes:
        return binascii.unhexlify(digits)

    def network_ready(self) -> bool:
        self.ms += 200
        return self.network

    def restart_network(self) -> None:
        self.radio_restarts += 1

    def feed(self) -> None:
        self.feeds += 1

    def log(self, level: str, text: str, /) -> None:
        self.logs.append((level, text))

    def read_command(self) -> str | None:
        return self.commands.pop(0) if self.commands else None

    # The connector. An outcome of None is a connection; OSError fails while connecting, another
    # error after it.

    def begin(self, password: bytes, now: int, /) -> None:
        self.passwords.append(password)
        self.attempts.append(now)
        if self.outcomes and isinstance(self.outcomes[0], OSError):
            raise cast("Exception", self.outcomes.pop(0))

    def poll(self, now: int, report: Callable[[str], object], /) -> WebSocket | None:
        self.ms += 200
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome
        self.sockets.append(FakeSocket(self))
        return cast("WebSocket", self.sockets[-1])

    def abort(self) -> None:
        self.aborts += 1


class FakeSocket:
    """A WebSocket without a wire."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open = True
        self.reason = ""
        self.ping_interval = 0
        self.ticks: list[int] = []
        self.incoming: list[str] = []
        self.sent: list[str] = []
        self.closes: list[int] = []
        self.finished = False
        self.dies_when_sending = False
        self.hurried = False

    def hurry(self, on: bool) -> None:
        self.hurried = on

    def receive(self) -> str | None:
        if self.incoming:
            return self.incoming.pop(0)
        self.world.ms += 10 if self.hurried else 200
        return None

    def send(self, text: str) -> None:
        if self.dies_when_sending:
            self.die("sending failed")
        if self.open:
            self.sent.append(text)

    def tick(self, now: int) -> None:
        self.ticks.append(now)

    def close(self, code: int, reason: str) -> None:
        if self.open:
            self.closes.append(code)
            self.die(reason)

    def finish(self, waits: int) -> None:
        self.finished = True

    def die(self, reason: str) -> None:
        self.open = False
        self.reason = reason


class Probe:
    """A plugin that keeps the events and does something on request."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.on_event: Callable[[Any], None] = lambda event: None

    def ocpp_on_event(self, event: Any) -> None:
        self.events.append(event)
        self.on_event(event)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


class Setup:
    def __init__(self, **settings: Any) -> None:
        self.world = World()
        self.settings = Settings()
        for name, value in settings.items():
            assert hasattr(Settings, name)
            setattr(self.settings, name, value)
        self.station = Station("CP1", MsgspecCodec(), MemoryStore(), self.world.log)
        self.probe = Probe()
        self.station.install({}, {}, {"ocpp_on_event": (self.probe.ocpp_on_event,)}, ())
        self.station.start(0)
        self.loop = Loop(
            self.station, self.world.clock, self.world, self.world, cast("Any", self.settings)
        )

    def turn(self, seconds: int) -> None:
        """Let the loop turn for so many seconds."""
        end = self.world.ms + seconds * 1000
        while self.world.ms < end:
            before = self.world.ms
            busy = bool(self.world.sockets and self.socket.incoming)
            self.loop.turn()
            assert busy or self.world.ms > before, "a turn without events must wait"

    @property
    def socket(self) -> FakeSocket:
        return self.world.sockets[-1]


@pytest.fixture
def make() -> type[Setup]:
    """Makes a loop and all it needs; keywords are settings."""
    return Setup
