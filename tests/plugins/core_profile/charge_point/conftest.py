"""A charge point on a bench: fake hardware, a fake clock, and a central system played by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from ocpp_plugins.core_profile import messages
from ocpp_plugins.core_profile.charge_point import ChargePoint, Settings

from ocpp_kernel import events, schema, timestamps
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.configuration import Key
from ocpp_kernel.contracts import Action
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.plugins import hooks_of, routes_of
from ocpp_kernel.station import Station
from ocpp_kernel.store import Store

#: The central system's time when a bench's clock says 0.
EPOCH = timestamps.parse("2026-01-01T00:00:00Z") or 0
ACTIONS = [value for value in vars(messages).values() if isinstance(value, Action)]


class Hardware:
    """A driver whose every reading a test sets, and which notes what it was told to do."""

    def __init__(self) -> None:
        self.connectors = 2
        self.measurands: tuple[str, ...] = (
            "Energy.Active.Import.Register",
            "Power.Active.Import",
            "Voltage.L1-N",
            "Voltage.L2-N",
            "Frequency",
            "Temperature",
            "SoC",
        )
        self.lockable = True
        self.max_current = 32000
        self.energy = [0] * 3
        self.values: dict[str, str] = {}
        self.plugged = [False] * 3
        self.locks = True
        self.unlocks = True
        self.restarts: list[str] = []
        self.restart_fails = 0
        self.energised = [False] * 3
        self.offered = [-1] * 3
        self.locked = [False] * 3

    def ocpp_driver(self) -> Hardware:
        return self

    def read_energy(self, connector_id: int) -> int:
        return self.energy[connector_id]

    def read(self, connector_id: int, measurand: str, phase: str) -> str | None:
        return self.values.get(f"{measurand}.{phase}" if phase else measurand)

    def energise(self, connector_id: int, on: bool) -> None:
        self.energised[connector_id] = on

    def offer_current(self, connector_id: int, milliampere: int) -> None:
        self.offered[connector_id] = milliampere

    def lock(self, connector_id: int) -> bool:
        self.locked[connector_id] = self.locks
        return self.locks

    def unlock(self, connector_id: int) -> bool:
        if self.unlocks:
            self.locked[connector_id] = False
        return self.unlocks

    def is_plugged(self, connector_id: int) -> bool:
        return self.plugged[connector_id]

    def restart(self, kind: str) -> None:
        if self.restart_fails:
            self.restart_fails -= 1
            raise OSError(5)
        self.restarts.append(kind)


class Other:
    """Another plugin: notes events, and answers hooks as a test wants."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.limit: int | None = None
        self.veto = ""
        self.tags: dict[str, Any] = {}
        self.vendors: list[Any] = []
        self.keys: list[Key] = []

    def ocpp_on_event(self, event: Any) -> None:
        self.events.append(event)

    def ocpp_charging_limit(self, connector_id: int, at: int) -> int | None:
        return self.limit

    def ocpp_veto_start(self, connector_id: int, id_tag: str) -> str:
        return self.veto

    def ocpp_look_up_tag(self, id_tag: str) -> Any:
        return self.tags.get(id_tag)

    def ocpp_register_data_transfer(self) -> list[Any]:
        return self.vendors

    def ocpp_register_configuration(self) -> list[Key]:
        return self.keys


class Bench:
    """Drives a charge point; every frame is literal.

    ``sees`` holds frames the charge point sent that the test has not looked at yet, as
    ``(action, payload)`` for CALLs; answers to the test's own CALLs are returned by ``call``.
    """

    def __init__(self, hardware: Hardware | None = None, store: Store | None = None) -> None:
        self.hardware = hardware or Hardware()
        self.store = store or MemoryStore()
        self.settings = Settings()
        self.other = Other()
        self.log: list[tuple[str, str]] = []
        self.profiles = ("Core",)
        #: Profiles beside Core: name of the plugin, its messages, role class and settings.
        self.beside: list[tuple[str, ModuleType, Any, Any]] = []
        self.now = 0
        #: Answers of the central system, or errors ["code", "text"], or None for silence.
        self.answers: dict[str, Any] = {
            "BootNotification": None,
            "Heartbeat": lambda request: {"currentTime": self.time()},
            "StatusNotification": {},
            "Authorize": {"idTagInfo": {"status": "Accepted"}},
            "StartTransaction": {"idTagInfo": {"status": "Accepted"}, "transactionId": 7},
            "StopTransaction": {},
            "MeterValues": {},
        }
        self.boot_answer("Accepted", 300)
        self.calls: list[tuple[str, Any]] = []
        self.ids: list[str] = []
        self._results: dict[str, Any] = {}
        self._number = 0
        self.station: Station
        self.core: ChargePoint

    # Set-up.

    def boot_answer(self, status: str, interval: int) -> None:
        self.answers["BootNotification"] = lambda request: {
            "status": status,
            "currentTime": self.time(),
            "interval": interval,
        }

    def build(self, cause: str = "PowerUp") -> Bench:
        """Switches the charge point on, without a connection."""
        station = Station("CP1", MsgspecCodec(), self.store, lambda *line: self.log.append(line))
        self.station = station
        station.now = self.now
        self.core = ChargePoint(station, self.settings)
        instances = {"core_profile": self.core, "hardware": self.hardware, "other": self.other}
        actions = list(ACTIONS)
        for name, module, role, settings in self.beside:
            instances[name] = role(station, settings)
            actions += [value for value in vars(module).values() if isinstance(value, Action)]
        problems: list[str] = []
        station.install(
            schema.contracts_of(actions),
            routes_of("charge_point", instances),
            hooks_of("charge_point", instances, problems),
            self.profiles,
            (),
            schema.check,
        )
        assert problems == []
        station.start(self.now, cause)
        return self

    def boot(self) -> Bench:
        """Switches on, connects and lets it register; what it says meanwhile is not kept."""
        self.build()
        self.connect()
        self.seen()
        return self

    def restart(self, cause: str = "PowerUp", gap: int = 100) -> Bench:
        """The power went and came back: a new charge point with the old store."""
        self.now += gap
        self.ids.clear()
        return self.build(cause)

    # Time and connection.

    def time(self, at: int | None = None) -> str:
        return timestamps.format(EPOCH + (self.now if at is None else at))

    def connect(self) -> None:
        self.station.connected(self.now)
        self.settle()

    def disconnect(self) -> None:
        self.station.disconnected(self.now)

    def advance(self, seconds: int) -> None:
        """Lets time pass, second by second."""
        for _ in range(seconds):
            self.now += 1
            self.station.tick(self.now)
            self.settle()

    def settle(self) -> None:
        """Carries frames to and fro until there are none."""
        for _ in range(1000):
            frames: list[str] = []
            self.station.flush(frames.append)
            # The next tick's zero-delay timers count as now.
            self.station.tick(self.now)
            if not frames:
                return
            for frame in frames:
                self.receive(json.loads(frame))
        raise AssertionError("it never ends")

    # The central system.

    def call(self, action: str, payload: str) -> Any:
        """Sends a CALL with this JSON payload; the response, or [code, description]."""
        self._number += 1
        call_id = f"c{self._number}"
        self.station.receive(f'[2,"{call_id}","{action}",{payload}]', self.now)
        self.settle()
        return self._results.pop(call_id, None)

    def answer(self, payload: str) -> None:
        """Answers the oldest unanswered CALL with this JSON payload."""
        self.station.receive(f'[3,"{self.ids.pop(0)}",{payload}]', self.now)
        self.settle()

    def refuse(self, code: str) -> None:
        """Answers the oldest unanswered CALL with a CALLERROR."""
        self.station.receive(f'[4,"{self.ids.pop(0)}","{code}","",{{}}]', self.now)
        self.settle()

    def seen(self, *actions: str) -> list[tuple[str, Any]]:
        """The CALLs since the last look, all or of these actions; all count as looked at."""
        calls, self.calls = self.calls, []
        return [call for call in calls if not actions or call[0] in actions]

    def statuses(self) -> list[tuple[int, str]]:
        """The StatusNotifications since the last look as (connector, status)."""
        return [
            (payload["connectorId"], payload["status"])
            for _, payload in self.seen("StatusNotification")
        ]

    # People and hardware.

    def emit(self, event: Any) -> None:
        self.station.emit(event)
        self.settle()

    def plug(self, connector: int = 1) -> None:
        self.hardware.plugged[connector] = True
        self.emit(events.CablePlugged(connector))

    def unplug(self, connector: int = 1) -> None:
        self.hardware.plugged[connector] = False
        self.emit(events.CableUnplugged(connector))

    def tag(self, id_tag: str = "TAG1", connector: int = 1) -> None:
        self.emit(events.TagPresented(connector, id_tag))

    def charge(self, connector: int = 1, id_tag: str = "TAG1") -> None:
        """A transaction is under way; what led to it is not kept."""
        self.plug(connector)
        self.tag(id_tag, connector)
        assert self.core.connectors[connector].transaction is not None
        self.seen()

    def allow_offline(self) -> None:
        """Lets anybody charge offline, and keeps Heartbeats out of the way."""
        self.configure("AllowOfflineTxForUnknownId", "true")
        self.configure("HeartbeatInterval", "86400")

    def offline_session(self, connector: int = 1, id_tag: str = "TAG1") -> None:
        """A whole transaction of two minutes that uses 200 Wh."""
        self.plug(connector)
        self.tag(id_tag, connector)
        for _ in range(2):
            self.use(connector, 100)
            self.advance(60)
        self.tag(id_tag, connector)
        self.unplug(connector)
        self.seen()

    def use(self, connector: int, energy: int) -> None:
        self.hardware.energy[connector] += energy

    def status(self, connector: int) -> str:
        return self.core.connectors[connector].status

    def configure(self, key: str, value: str) -> None:
        assert self.call("ChangeConfiguration", json.dumps({"key": key, "value": value})) == {
            "status": "Accepted"
        }

    def receive(self, frame: list[Any]) -> None:
        """A frame arrives at the central system."""
        if frame[0] == 2:
            self.calls.append((frame[2], frame[3]))
            answer = self.answers[frame[2]]
            if callable(answer):
                answer = answer(frame[3])
            if answer is None:
                self.ids.append(frame[1])
            elif isinstance(answer, list):
                self.station.receive(json.dumps([4, frame[1], answer[0], answer[1], {}]), self.now)
            else:
                self.station.receive(json.dumps([3, frame[1], answer]), self.now)
        else:
            self._results[frame[1]] = frame[2] if frame[0] == 3 else frame[2:4]


@pytest.fixture
def bench() -> Bench:
    """A charge point not switched on yet."""
    return Bench()


@pytest.fixture
def booted(bench: Bench) -> Bench:
    """A charge point that is connected, accepted and idle."""
    return bench.boot()


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    """Makes further ones."""
    return Bench
