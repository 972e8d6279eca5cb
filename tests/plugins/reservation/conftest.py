"""The Core profile's bench with reservations."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ocpp_plugins.reservation import messages
from ocpp_plugins.reservation.charge_point import ChargePoint, Settings


def _load(role: str) -> ModuleType:
    """The Core profile's fixtures of a role."""
    path = Path(__file__).parents[1] / "core_profile" / role / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"reservation_{role}_bench", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


core_bench = _load("charge_point")
central_bench = _load("central_system")


class Bench(core_bench.Bench):  # type: ignore[misc,name-defined]  # loaded above
    """A charge point that takes reservations."""

    def __init__(self, connectors: int = 2, **options: Any) -> None:
        hardware = core_bench.Hardware()
        hardware.connectors = connectors
        for name in ("energy", "plugged", "energised", "offered", "locked"):
            readings = getattr(hardware, name)
            readings.extend(readings[:1] * (connectors - 2))
        super().__init__(hardware)
        settings = Settings()
        for name, value in options.items():
            setattr(settings, name, value)
        self.beside.append(("reservation", messages, ChargePoint, settings))
        #: parentIdTag by idTag, as the central system knows them.
        self.parents: dict[str, str] = {}
        self.answers["Authorize"] = self._authorize

    def _authorize(self, request: Any) -> Any:
        info = {"status": "Accepted"}
        if request["idTag"] in self.parents:
            info["parentIdTag"] = self.parents[request["idTag"]]
        return {"idTagInfo": info}

    def reserve(
        self,
        connector: int = 1,
        number: int = 1,
        id_tag: str = "MINE",
        seconds: int = 3600,
        parent: str | None = None,
    ) -> str:
        """What ReserveNow is answered."""
        request: dict[str, Any] = {
            "connectorId": connector,
            "expiryDate": self.time(self.now + seconds),
            "idTag": id_tag,
            "reservationId": number,
        }
        if parent is not None:
            request["parentIdTag"] = parent
        return str(self.call("ReserveNow", json.dumps(request))["status"])

    def cancel(self, number: int = 1) -> str:
        """What CancelReservation is answered."""
        return str(self.call("CancelReservation", f'{{"reservationId":{number}}}')["status"])

    def remote_start(self, id_tag: str, connector: int | None = 1) -> str:
        """What RemoteStartTransaction is answered."""
        request: dict[str, Any] = {"idTag": id_tag}
        if connector is not None:
            request["connectorId"] = connector
        return str(self.call("RemoteStartTransaction", json.dumps(request))["status"])

    def starts(self) -> list[tuple[int, str, int | None]]:
        """The StartTransactions since the last look: connector, idTag, reservationId."""
        return [
            (payload["connectorId"], payload["idTag"], payload.get("reservationId"))
            for _, payload in self.seen("StartTransaction")
        ]


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    """Makes charge points, not switched on yet."""
    return Bench


@pytest.fixture
def bench() -> Bench:
    """A charge point with two connectors that is connected, accepted and idle."""
    made = Bench()
    made.boot()
    return made


@pytest.fixture
def make_central() -> Callable[..., Any]:
    """Makes central systems with both profiles; keywords are this one's settings."""

    def make(core: dict[str, Any] | None = None, **settings: Any) -> Any:
        return central_bench.Bench({"reservation": settings}, **(core or {}))

    return make


@pytest.fixture
def central(make_central: Callable[..., Any]) -> Any:
    """A central system as it is without a configuration."""
    return make_central()
