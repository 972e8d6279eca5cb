"""The example driver, the hardware to play with, and the whole charge point on a bench."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import device_bundle.emulator
from device_bundle.emulator.hardware import Hardware
from ocpp_kernel.build import build_station
from ocpp_kernel.config import load_config
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.plugins import Found, load_plugin
from ocpp_kernel.station import Station
from ocpp_kernel.store import Store

EXAMPLE = Path(__file__).parents[3] / "examples" / "hardware_driver"
MODULES = Path(device_bundle.emulator.__file__).parent / "modules"
PACKAGE = "ocpp_plugin_hardware_driver"
CARD = "04A1B2C3D4"
#: Turns of the main loop in a second.
TURNS = 5

ANSWERS: dict[str, Any] = {
    "BootNotification": {
        "status": "Accepted",
        "currentTime": "2026-01-01T00:00:00Z",
        "interval": 86400,
    },
    "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
}


def from_file(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def driver() -> Callable[[str], ModuleType]:
    """Finds a module of the driver by name."""
    load_plugin(
        Found("hardware_driver", str(EXAMPLE / "hardware_driver"), "a test"), "charge_point"
    )
    return lambda name: sys.modules[f"{PACKAGE}.{name}"]


@pytest.fixture(scope="session")
def play() -> ModuleType:
    """The example's bench.py."""
    return from_file("hardware_driver_bench", EXAMPLE / "bench.py")


@pytest.fixture
def hardware() -> Iterator[Hardware]:
    with Hardware() as made:
        yield made


@pytest.fixture
def bench(play: ModuleType, hardware: Hardware) -> Any:
    return play.Bench(hardware)


class FakePort:
    """A serial port whose other end is the test."""

    def __init__(self) -> None:
        self.incoming: list[bytes] = []
        self.sent: list[bytes] = []

    def receive(self) -> bytes:
        return self.incoming.pop(0) if self.incoming else b""

    def send(self, data: bytes) -> None:
        self.sent.append(data)


@pytest.fixture
def port() -> FakePort:
    return FakePort()


class Wallbox:
    """The charge point of the example's configuration, and a central system played by hand.

    A second has several turns, as on a module.
    """

    def __init__(self, store: Store, idle: list[Callable[[], None]], **settings: Any) -> None:
        self.log: list[tuple[str, str]] = []
        self.calls: list[tuple[str, Any]] = []
        self.results: list[Any] = []
        self.answers = dict(ANSWERS)
        self.now = 0
        self._idle = idle
        config = load_config(EXAMPLE / "ocpp.toml")
        table = config.settings.setdefault("charge_point", {}).setdefault("hardware_driver", {})
        table.update(settings)
        self.station: Station = build_station(config, store, lambda *line: self.log.append(line))
        self.station.start(0)
        self.station.connected(0)
        self.turn()

    def turn(self) -> None:
        for poll in self._idle:
            poll()
        self.station.tick(self.now)
        said: list[str] = []
        self.station.flush(said.append)
        while said:
            frame = json.loads(said.pop(0))
            if frame[0] == 2:
                self.calls.append((frame[2], frame[3]))
                reply = [3, frame[1], self.answers.get(frame[2], {})]
                self.station.receive(json.dumps(reply), self.now)
            else:
                self.results.append(frame[2])
            self.station.flush(said.append)

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            for _ in range(TURNS):
                self.turn()

    def call(self, action: str, payload: Any) -> Any:
        self.station.receive(json.dumps([2, "t", action, payload]), self.now)
        self.turn()
        return self.results.pop()

    def told(self, action: str) -> list[Any]:
        return [payload for name, payload in self.calls if name == action]

    def statuses(self) -> list[tuple[str, str]]:
        """Status and error code of the connector, in the order they were told."""
        return [
            (said["status"], said["errorCode"])
            for said in self.told("StatusNotification")
            if said["connectorId"] == 1
        ]

    @property
    def info(self) -> str:
        return str(self.told("StatusNotification")[-1].get("info", ""))

    @property
    def connector(self) -> Any:
        return self.station.shared["connectors"][1]


@pytest.fixture
def power_up(
    hardware: Hardware, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Wallbox]:
    """Starts the software of a module whose firmware modules are the emulator's.

    Keywords are settings of the driver.
    """
    store = MemoryStore()

    def start(**settings: Any) -> Wallbox:
        idle: list[Callable[[], None]] = []
        monkeypatch.setitem(sys.modules, "emulated", SimpleNamespace(idle=idle))
        monkeypatch.setitem(sys.modules, "hardware_bus", SimpleNamespace(ask=hardware.ask))
        pins = from_file("hardware_driver_pins", MODULES / "q_pins.py")
        monkeypatch.setitem(sys.modules, "machine", pins)
        monkeypatch.setitem(sys.modules, "utime", SimpleNamespace(sleep_ms=lambda ms: None))
        return Wallbox(store, idle, **settings)

    return start


@pytest.fixture
def wallbox(power_up: Callable[..., Wallbox]) -> Wallbox:
    """One that has read its meter and waits for an EV."""
    made = power_up()
    made.pass_time(8)
    assert made.log == []
    assert made.statuses() == [("Available", "NoError")]
    return made


@pytest.fixture
def charging(wallbox: Wallbox, bench: Any) -> Wallbox:
    """One at which an EV charges."""
    bench.plug()
    wallbox.pass_time(1)
    bench.card(CARD)
    wallbox.pass_time(7)
    assert wallbox.connector.status == "Charging"
    assert bench.is_live
    return wallbox
