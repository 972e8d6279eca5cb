"""Charging profiles as tests write them, and a charge point with Smart Charging on the bench."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.smart_charging import messages
from ocpp_plugins.smart_charging.charge_point import ChargePoint, Settings

from ocpp_kernel import schema
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.contracts import Action
from ocpp_kernel.roles import hooks_of, routes_of
from ocpp_kernel.station import Station

_PATH = Path(__file__).parents[1] / "core_profile" / "charge_point" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("core_profile_bench", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
core_bench = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(core_bench)

ACTIONS = [value for value in vars(messages).values() if isinstance(value, Action)]
PURPOSES = {"max": "ChargePointMaxProfile", "default": "TxDefaultProfile", "tx": "TxProfile"}


def profile(
    purpose: str,
    *limits: Any,
    level: int = 0,
    number: int = 0,
    kind: str = "",
    start: str | None = None,
    unit: str = "A",
    duration: int | None = None,
    minimum: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A charging profile; ``limits`` are limits, or (startPeriod, limit[, numberPhases]).

    ``kind`` is Daily, Weekly, Relative or Absolute, which follows from ``start`` if not given.
    """
    schedule: dict[str, Any] = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [period(limit) for limit in limits],
    }
    if start is not None:
        schedule["startSchedule"] = start
    if duration is not None:
        schedule["duration"] = duration
    if minimum is not None:
        schedule["minChargingRate"] = minimum
    made: dict[str, Any] = {
        "chargingProfileId": number or 100 * list(PURPOSES).index(purpose) + level + 1,
        "stackLevel": level,
        "chargingProfilePurpose": PURPOSES[purpose],
        "chargingProfileKind": kind or ("Relative" if start is None else "Absolute"),
        "chargingSchedule": schedule,
        **more,
    }
    if kind in ("Daily", "Weekly"):
        made.update(chargingProfileKind="Recurring", recurrencyKind=kind)
    return made


def period(limit: Any) -> dict[str, Any]:
    start, value, *phases = limit if isinstance(limit, tuple) else (0, limit)
    made = {"startPeriod": start, "limit": value}
    if phases:
        made["numberPhases"] = phases[0]
    return made


class Bench(core_bench.Bench):  # type: ignore[misc,name-defined]  # loaded above
    """A charge point with core and Smart Charging; its two connectors have 32 A."""

    def __init__(self, store: Any = None, **options: Any) -> None:
        super().__init__(store=store)
        self.options = Settings()
        for name, value in options.items():
            setattr(self.options, name, value)
        self.plugin: ChargePoint
        self.numbers = 0
        self.answers["StartTransaction"] = self._start

    def _start(self, request: Any) -> Any:
        """Transactions are numbered 7, 8, 9 ..."""
        self.numbers += 1
        return {"idTagInfo": {"status": "Accepted"}, "transactionId": 6 + self.numbers}

    def build(self, cause: str = "PowerUp") -> Bench:
        station = Station("CP1", MsgspecCodec(), self.store, lambda *line: self.log.append(line))
        self.station = station
        station.now = self.now
        self.core = core_bench.ChargePoint(station, self.settings)
        self.plugin = ChargePoint(station, self.options)
        instances = {
            "core_profile": self.core,
            "smart_charging": self.plugin,
            "hardware": self.hardware,
            "other": self.other,
        }
        problems: list[str] = []
        station.install(
            schema.contracts_of([*core_bench.ACTIONS, *ACTIONS]),
            routes_of("charge_point", instances),
            hooks_of("charge_point", instances, problems),
            ("Core", ChargePoint.profile),
            (),
            schema.check,
        )
        assert problems == []
        station.start(self.now, cause)
        return self

    # The central system.

    def set(self, connector: int, wire: dict[str, Any]) -> Any:
        """SetChargingProfile; the status, or [code, description]."""
        payload = {"connectorId": connector, "csChargingProfiles": wire}
        answer = self.call("SetChargingProfile", json.dumps(payload))
        return answer if isinstance(answer, list) else answer["status"]

    def install(self, connector: int, *wires: dict[str, Any]) -> None:
        """SetChargingProfile, accepted."""
        for wire in wires:
            assert self.set(connector, wire) == "Accepted", self.log

    def clear(self, **criteria: Any) -> str:
        """ClearChargingProfile; the status."""
        return str(self.call("ClearChargingProfile", json.dumps(criteria))["status"])

    def composite(self, connector: int, duration: int = 3600, unit: str | None = "A") -> Any:
        """GetCompositeSchedule; [(startPeriod, limit[, numberPhases])], or the whole answer."""
        request = {"connectorId": connector, "duration": duration}
        if unit is not None:
            request["chargingRateUnit"] = unit
        answer = self.call("GetCompositeSchedule", json.dumps(request))
        if isinstance(answer, list) or answer["status"] != "Accepted":
            return answer
        schedule = answer["chargingSchedule"]
        return [tuple(p.values()) for p in schedule["chargingSchedulePeriod"]]

    def remote_start(self, connector: int, wire: Any, id_tag: str = "TAG1") -> Any:
        request = {"idTag": id_tag, "connectorId": connector}
        if wire is not None:
            request["chargingProfile"] = wire
        return self.call("RemoteStartTransaction", json.dumps(request))["status"]

    # What came of it.

    @property
    def offered(self) -> list[int]:
        """The current the EVs are offered, in mA, by connector."""
        return list(self.hardware.offered[1:])

    def refusals(self) -> list[str]:
        """Why profiles were refused since the last look."""
        found = [text for _, text in self.log if "is refused" in text]
        self.log.clear()
        return found


@pytest.fixture
def make_profile() -> Callable[..., dict[str, Any]]:
    """Makes a charging profile as messages carry it."""
    return profile


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    """Makes a charge point that is not switched on yet."""
    return Bench


@pytest.fixture
def booted() -> Bench:
    """A charge point that is connected, accepted and idle. It is midnight, 1 January 2026."""
    bench = Bench()
    bench.boot()
    return bench
