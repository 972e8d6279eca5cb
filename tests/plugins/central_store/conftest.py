"""Central systems over one database, one after the other, and stations that speak JSON to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.build import build_central
from ocpp_kernel.central_session import CentralSession
from ocpp_kernel.config import parse_config
from ocpp_kernel.store import StoreError

BOOT = {"chargePointModel": "M1", "chargePointVendor": "V1"}
METER: list[Any] = [{"timestamp": "2026-01-01T00:05:00Z", "sampledValue": [{"value": "1500"}]}]


def start_of(**changes: Any) -> dict[str, Any]:
    """A StartTransaction's payload."""
    start = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000}
    return {**start, "timestamp": "2026-01-01T00:00:00Z", **changes}


def stop_of(number: int, **changes: Any) -> dict[str, Any]:
    """A StopTransaction's payload."""
    stop = {"transactionId": number, "meterStop": 3000, "timestamp": "2026-01-01T01:00:00Z"}
    return {**stop, **changes}


class Link:
    """One station's connection."""

    def __init__(self, site: Site, identity: str) -> None:
        self.sent: list[Any] = []
        self._site = site
        self._count = 0
        self.session: CentralSession = site.central.connected(identity, self)

    def now(self) -> float:
        """The site's time."""
        return float(self._site.now)

    def wake(self) -> None:
        """Nothing is done before :meth:`take`."""

    def close(self, reason: str) -> None:
        """A test sees it by the session's end."""

    def take(self) -> list[Any]:
        """The frames for the station since this was last called."""
        taken: list[Any] = []
        self.session.flush(lambda text: taken.append(json.loads(text)))
        return taken

    def say(self, action: str, payload: Any) -> None:
        """The station sends a CALL."""
        self._count += 1
        self.session.receive(json.dumps([2, f"c{self._count}", action, payload]), self.now())

    def ask(self, action: str, payload: Any) -> Any:
        """The answer's payload, or the whole CALLERROR."""
        self.say(action, payload)
        answer = self.take()[0]
        assert answer[1] == f"c{self._count}"
        return answer[2] if answer[0] == 3 else answer


class Site:
    """A central system with every profile and this database; ``tables`` are plugins' settings."""

    def __init__(self, path: Path, tables: dict[str, Any] | None = None) -> None:
        self.now = 1_767_225_600  # 2026-01-01T00:00:00Z
        self.log: list[tuple[str, str]] = []
        self.events: list[Any] = []
        settings = {"central_store": {"file": str(path)}, **(tables or {})}
        config = parse_config({"central_system": settings})
        self.central = build_central(
            config, lambda level, text: self.log.append((level, text)), self
        )
        self.central.utc = lambda: self.now
        self.core = self.central.shared["core_profile"]

    def ocpp_on_event(self, event: Any) -> None:
        """Something happened."""
        self.events.append(event)

    def told(self, kind: str) -> list[Any]:
        """The events of one type."""
        return [event for event in self.events if type(event).__name__ == kind]

    def connect(self, identity: str = "CP1") -> Link:
        """A connection, not booted."""
        return Link(self, identity)

    def boot(self, identity: str = "CP1") -> Link:
        """A connection whose BootNotification was answered."""
        link = self.connect(identity)
        assert link.ask("BootNotification", BOOT)["status"] == "Accepted"
        return link

    def break_disk(self) -> None:
        """From now on nothing can be stored."""

        def fail(changes: Any) -> None:
            raise StoreError("central.db: disk I/O error")

        self.database.write = fail

    def mend_disk(self) -> None:
        """It can be again."""
        del self.database.write

    @property
    def database(self) -> Any:
        """What writes the file."""
        assert self.central.store is not None
        return self.central.store._database  # type: ignore[attr-defined]  # the plugin's own

    def crash(self) -> None:
        """It ends at once: what is not stored by now is lost."""
        self.break_disk()
        self.central.stop()


NewSite = Callable[..., Site]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "central.db"


@pytest.fixture
def new_site(path: Path) -> Iterator[NewSite]:
    """Starts a central system over the database; the one before must have ended."""
    sites: list[Site] = []

    def make(**tables: Any) -> Site:
        site = Site(path, tables)
        site.central.start()
        sites.append(site)
        return site

    yield make
    for site in sites:
        site.central.stop()
