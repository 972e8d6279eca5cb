"""A central system with the Core profile alone, and stations that speak JSON to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel.build import install
from ocpp_kernel.central import Central
from ocpp_kernel.central_session import CentralSession
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.config import parse_config
from ocpp_kernel.plugins import Found, PluginSet, load_plugin

BOOT = {"chargePointModel": "M1", "chargePointVendor": "V1"}
START = {
    "connectorId": 1,
    "idTag": "TAG1",
    "meterStart": 1000,
    "timestamp": "2026-01-01T00:00:00Z",
}
METER = [{"timestamp": "2026-01-01T00:05:00Z", "sampledValue": [{"value": "1500"}]}]


def stop(number: int, **more: Any) -> dict[str, Any]:
    """A StopTransaction's payload."""
    return {
        "transactionId": number,
        "meterStop": 3000,
        "timestamp": "2026-01-01T01:00:00Z",
        **more,
    }


class Link:
    """One station's connection."""

    def __init__(self, bench: Bench, identity: str) -> None:
        self.identity = identity
        self.sent: list[Any] = []
        self.session: CentralSession | None = None
        self._bench = bench
        self._count = 0
        self._receiving = False

    def now(self) -> float:
        return float(self._bench.now)

    def wake(self) -> None:
        """As a socket does: not while a frame is being taken in."""
        if self.session is not None and not self._receiving:
            self.session.flush(lambda text: self.sent.append(json.loads(text)))

    def close(self, reason: str) -> None:
        """A test sees it by the session's end."""

    def say(self, frame: list[Any]) -> None:
        """The station sends a frame; what comes of it is in ``sent``."""
        assert self.session is not None
        self._receiving = True
        self.session.receive(json.dumps(frame), self.now())
        self._receiving = False
        self.wake()

    def ask(self, action: str, payload: Any) -> Any:
        """The answer's payload, or the whole CALLERROR."""
        self._count += 1
        self.say([2, f"c{self._count}", action, payload])
        answer = self.sent.pop()
        assert answer[1] == f"c{self._count}"
        return answer[2] if answer[0] == 3 else answer


class Bench:
    """The central system; ``now`` is UTC in seconds.

    ``beside``: further plugins, with their settings.
    """

    def __init__(self, beside: dict[str, Any] | None = None, **settings: Any) -> None:
        self.now = 1_767_225_600  # 2026-01-01T00:00:00Z
        self.log: list[tuple[str, str]] = []
        self.events: list[Any] = []
        self.central = Central(MsgspecCodec(), lambda level, text: self.log.append((level, text)))
        self.central.utc = lambda: self.now
        tables = {"core_profile": settings, **(beside or {})}
        config = parse_config({"central_system": tables})
        loaded = PluginSet("central_system")
        for name in tables:
            found = Found(name, f"ocpp_plugins.{name}", "this project")
            loaded.plugins.append(load_plugin(found, "central_system"))
        install(self.central, config, loaded, watcher=self)
        assert loaded.problems == []
        self.core = self.central.shared["core_profile"]
        self.central.start()

    def ocpp_on_event(self, event: Any) -> None:
        self.events.append(event)

    def connect(self, identity: str = "CP1") -> Link:
        """A connection, not booted."""
        link = Link(self, identity)
        link.session = self.central.connected(identity, link)
        return link

    def boot(self, identity: str = "CP1") -> Link:
        """A connection whose BootNotification was answered."""
        link = self.connect(identity)
        link.ask("BootNotification", BOOT)
        return link

    def told(self, kind: str) -> list[Any]:
        """The events of one type."""
        return [event for event in self.events if type(event).__name__ == kind]


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    """Makes a central system with these settings."""
    return Bench


@pytest.fixture
def bench() -> Bench:
    """A central system as it is without a configuration."""
    return Bench()
