"""The Core profile's bench with firmware management, and transfers a test carries out by hand."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.firmware_mgmt import messages
from ocpp_plugins.firmware_mgmt.charge_point import ChargePoint, Settings
from ocpp_plugins.remote_trigger import charge_point as trigger_role
from ocpp_plugins.remote_trigger import messages as trigger_messages

_PATH = Path(__file__).parents[1] / "core_profile" / "charge_point" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("firmware_mgmt_core_bench", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
core_bench = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(core_bench)

FIRMWARE = "FirmwareStatusNotification"
DIAGNOSTICS = "DiagnosticsStatusNotification"


class Job:
    """A transfer that ends when the test says so."""

    def __init__(self, url: str, method: str, size: int) -> None:
        self.url = url
        self.method = method
        self.size = size
        self.finished = False
        self.fault = ""
        self.path = "/files/firmware"
        self.room = 1_000_000
        self.content = b""
        self.cancelled = False

    def hungry(self) -> bool:
        return len(self.content) < self.room

    def feed(self, piece: bytes) -> None:
        self.content += piece

    def cancel(self) -> None:
        self.cancelled = True

    def end(self, fault: str = "") -> None:
        self.finished = True
        self.fault = fault


class Transfers:
    """Notes every transfer asked for."""

    protocols = "FTP,FTPS,HTTP,HTTPS"

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def fetch(self, url: str, name: str) -> Job:
        return self._begin(Job(url, "", 0))

    def send(self, url: str, method: str, size: int) -> Job:
        return self._begin(Job(url, method, size))

    def _begin(self, job: Job) -> Job:
        self.jobs.append(job)
        return job


class Installer(core_bench.Hardware):  # type: ignore[misc,name-defined]  # loaded above
    """Hardware that installs as a test says: each answer once, then the last one again."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[Any] = ["Installed"]
        self.images: list[str] = []

    def install_firmware(self, path: str) -> str:
        self.images.append(path)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return str(outcome)


class Bench(core_bench.Bench):  # type: ignore[misc,name-defined]  # loaded above
    """A charge point that can be updated and tells of itself."""

    def __init__(
        self, hardware: Any = None, store: Any = None, transfers: Any = True, **options: Any
    ) -> None:
        super().__init__(hardware or Installer(), store)
        self.transfers = Transfers() if transfers is True else transfers
        settings = Settings()
        for name, value in options.items():
            setattr(settings, name, value)
        self.beside.append(("firmware_mgmt", messages, self._made, settings))
        self.beside.append(("remote_trigger", trigger_messages, trigger_role.ChargePoint, None))
        self.answers[FIRMWARE] = {}
        self.answers[DIAGNOSTICS] = {}

    def _made(self, station: Any, settings: Settings) -> ChargePoint:
        """As a shell does, which offers transfers before the station starts."""
        if self.transfers is not None:
            station.shared["transfers"] = self.transfers
        return ChargePoint(station, settings)

    def reboot(self, gap: int = 100, cause: str = "PowerUp") -> Any:
        """A cut of power, and a new start with a connection; what it says is kept."""
        self.restart(cause, gap)
        self.connect()
        return self

    @property
    def job(self) -> Job:
        """The latest transfer."""
        latest: Job = self.transfers.jobs[-1]
        return latest

    def update(self, **fields: Any) -> Any:
        """What UpdateFirmware is answered; to be fetched at once unless said otherwise."""
        request = {"location": "http://h/fw.bin", "retrieveDate": self.time(0), **fields}
        return self.call("UpdateFirmware", json.dumps(request))

    def diagnose(self, **fields: Any) -> Any:
        """What GetDiagnostics is answered."""
        return self.call("GetDiagnostics", json.dumps({"location": "http://h/logs", **fields}))

    def trigger(self, message: str) -> str:
        """What TriggerMessage is answered."""
        request = json.dumps({"requestedMessage": message})
        return str(self.call("TriggerMessage", request)["status"])

    def told(self, action: str = FIRMWARE) -> list[str]:
        """The statuses told since the last look."""
        return [payload["status"] for _, payload in self.seen(action)]

    def downloaded(self) -> None:
        """An update whose image is there."""
        self.update()
        self.advance(1)
        self.job.end()
        self.advance(1)


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    """Makes charge points, not switched on yet."""
    return Bench


@pytest.fixture
def bench() -> Bench:
    """A charge point that is connected, accepted and idle."""
    made = Bench()
    made.boot()
    return made
