"""A central system with the profile, and stations whose answers a test sets."""

from __future__ import annotations

import asyncio
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


class Station:
    """A station as the profile describes it; ``refusals`` are statuses answered first.

    ``answers`` may hold, by action, a payload, a function of the request, an error ["code"], or
    None for silence.
    """

    def __init__(self, bench: Bench, identity: str) -> None:
        self.identity = identity
        self.calls: list[tuple[str, Any]] = []
        self.version = 0
        self.entries: dict[str, str] = {}
        self.refusals: list[str] = []
        self.keys: dict[str, str] = {}
        self.answers: dict[str, Any] = {
            "GetLocalListVersion": lambda request: {"listVersion": self.version},
            "SendLocalList": self._take,
            "GetConfiguration": self._tell,
        }
        self.session: CentralSession | None = None
        self._bench = bench

    # The connection.

    def connect(self) -> Station:
        self.session = self._bench.central.connected(self.identity, self)
        self.wake()  # as a shell does once it has the session
        return self

    def boot(self) -> Station:
        """Connects and registers."""
        self.connect()
        self._receive([2, "boot", "BootNotification", BOOT])
        return self

    def disconnect(self) -> None:
        assert self.session is not None
        session, self.session = self.session, None
        self._bench.central.disconnected(session, "gone")

    def now(self) -> float:
        return 0.0

    def close(self, reason: str) -> None:
        """A test sees it by the session's end."""

    def wake(self) -> None:
        if self.session is not None:
            self.session.flush(self._read)

    def _receive(self, frame: list[Any]) -> None:
        if self.session is not None:
            self.session.receive(json.dumps(frame), 0.0)
            self.wake()

    def _read(self, text: str) -> None:
        frame = json.loads(text)
        if frame[0] != 2:
            return
        self.calls.append((frame[2], frame[3]))
        answer = self.answers[frame[2]]
        if callable(answer):
            answer = answer(frame[3])
        if isinstance(answer, list):
            reply = [4, frame[1], answer[0], "", {}]
        else:
            reply = [3, frame[1], answer]
        if answer is not None:
            asyncio.get_running_loop().call_soon(self._receive, reply)

    # The list.

    def _take(self, request: Any) -> Any:
        if self.refusals:
            return {"status": self.refusals.pop(0)}
        entries = request.get("localAuthorizationList", [])
        full = request["updateType"] == "Full"
        assert request["listVersion"] > 0
        assert full or request["listVersion"] > self.version
        assert len(entries) <= int(self.keys.get("SendLocalListMaxLength", "999999"))
        self.entries = {} if full else self.entries
        for entry in entries:
            self.entries.pop(entry["idTag"].lower(), None)
            if "idTagInfo" in entry:
                self.entries[entry["idTag"].lower()] = entry["idTagInfo"]["status"]
        assert len(self.entries) <= int(self.keys.get("LocalAuthListMaxLength", "999999"))
        self.version = request["listVersion"] if self.entries else 0
        return {"status": "Accepted"}

    def _tell(self, request: Any) -> Any:
        known = [{"key": key, "readonly": True, "value": value} for key, value in self.keys.items()]
        return {"configurationKey": known, "unknownKey": []}

    def updates(self) -> list[tuple[str, int, int]]:
        """The SendLocalLists since the last look: type, version, entries."""
        found = [
            (call["updateType"], call["listVersion"], len(call.get("localAuthorizationList", [])))
            for action, call in self.calls
            if action == "SendLocalList"
        ]
        self.calls.clear()
        return found


class Bench:
    """The central system."""

    def __init__(self, **options: Any) -> None:
        self.log: list[tuple[str, str]] = []
        self.events: list[Any] = []
        self.central = Central(MsgspecCodec(), lambda level, text: self.log.append((level, text)))
        config = parse_config({"central_system": {"local_auth_list": options}})
        names = ("core_profile", "local_auth_list")
        found = [Found(name, f"ocpp_plugins.{name}", "this project") for name in names]
        plugins = [load_plugin(one, "central_system") for one in found]
        loaded = PluginSet("central_system", plugins)
        install(self.central, config, loaded, watcher=self)
        assert loaded.problems == []
        self.lists = self.central.shared["local_auth_list"]
        self.central.start()

    def ocpp_on_event(self, event: Any) -> None:
        self.events.append(event)

    def station(self, identity: str = "CP1") -> Station:
        return Station(self, identity)

    def delivered(self) -> list[Any]:
        """The ListDelivered events as plain tuples."""
        return [tuple(event) for event in self.events if type(event).__name__ == "ListDelivered"]


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    """Makes a central system with these settings of the profile."""
    return Bench


@pytest.fixture
def bench() -> Bench:
    """A central system as it is without a configuration."""
    return Bench()
