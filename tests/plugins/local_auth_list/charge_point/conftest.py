"""The Core profile's bench with a local list plugged in."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.local_auth_list import messages
from ocpp_plugins.local_auth_list.charge_point import ChargePoint, Settings

_PATH = Path(__file__).parents[2] / "core_profile" / "charge_point" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("core_profile_bench", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
core_bench = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(core_bench)


class Bench(core_bench.Bench):  # type: ignore[misc,name-defined]  # loaded above
    """A charge point with core and list."""

    def __init__(self, store: Any = None, **options: int) -> None:
        super().__init__(store=store)
        settings = Settings()
        for name, value in options.items():
            setattr(settings, name, value)
        self.profiles = ("Core", ChargePoint.profile)
        self.beside.append(("local_auth_list", messages, self._make, settings))
        self.plugin: ChargePoint

    def _make(self, station: Any, settings: Settings) -> ChargePoint:
        self.plugin = ChargePoint(station, settings)
        return self.plugin

    def send(self, version: int, kind: str, *entries: Any) -> str:
        """SendLocalList; an entry is a tag to remove, or (tag, status, [more of idTagInfo])."""
        payload = {"listVersion": version, "updateType": kind}
        if entries:
            payload["localAuthorizationList"] = [entry(*words(given)) for given in entries]
        answer = self.call("SendLocalList", json.dumps(payload))
        assert list(answer) == ["status"], answer
        return str(answer["status"])

    def version(self) -> int:
        """GetLocalListVersion."""
        return int(self.call("GetLocalListVersion", "{}")["listVersion"])

    def known(self, *tags: str) -> list[str | None]:
        """The statuses the list has of tags."""
        found = [self.plugin.ocpp_look_up_tag(tag) for tag in tags]
        return [None if info is None else info.status for info in found]

    def conflicts(self) -> list[str]:
        """The texts of the conflicts told since the last look, "" for the end of one."""
        found = []
        for _, payload in self.seen("StatusNotification"):
            if payload["connectorId"] == 0:
                assert payload["errorCode"] in ("LocalListConflict", "NoError")
                found.append(payload.get("info", ""))
        return found


def words(given: Any) -> tuple[Any, ...]:
    return (given,) if isinstance(given, str) else given


def entry(tag: str, status: str | None = None, more: dict[str, Any] | None = None) -> Any:
    if status is None:
        return {"idTag": tag}
    return {"idTag": tag, "idTagInfo": {"status": status, **(more or {})}}


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    """Makes a charge point that is not switched on yet."""
    return Bench


@pytest.fixture
def booted() -> Bench:
    """A charge point that is connected, accepted and idle."""
    bench = Bench()
    bench.boot()
    return bench
