"""The Core profile's bench with remote triggers."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ocpp_plugins.remote_trigger import messages
from ocpp_plugins.remote_trigger.charge_point import ChargePoint


def _load(role: str) -> ModuleType:
    """The Core profile's fixtures of a role."""
    path = Path(__file__).parents[1] / "core_profile" / role / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"remote_trigger_{role}_bench", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


core_bench = _load("charge_point")
central_bench = _load("central_system")


class Bench(core_bench.Bench):  # type: ignore[misc,name-defined]  # loaded above
    """A charge point that can be triggered."""

    def __init__(self) -> None:
        super().__init__()
        self.beside.append(("remote_trigger", messages, ChargePoint, None))

    def trigger(self, message: str, connector: int | None = None) -> str:
        """What TriggerMessage is answered."""
        request: dict[str, Any] = {"requestedMessage": message}
        if connector is not None:
            request["connectorId"] = connector
        return str(self.call("TriggerMessage", json.dumps(request))["status"])


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


@pytest.fixture
def make_central() -> Callable[..., Any]:
    """Makes central systems with both profiles; keywords are this one's settings."""

    def make(core: dict[str, Any] | None = None, **settings: Any) -> Any:
        return central_bench.Bench({"remote_trigger": settings}, **(core or {}))

    return make


@pytest.fixture
def central(make_central: Callable[..., Any]) -> Any:
    """A central system as it is without a configuration."""
    return make_central()
