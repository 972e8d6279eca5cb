"""The optional profiles in any combination."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_PATH = Path(__file__).parents[1] / "plugins" / "core_profile" / "charge_point" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("combinations_bench", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
core_bench = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(core_bench)

#: The profiles a charge point may have beside Core, with the names it claims them by.
PROFILES = {
    "local_auth_list": "LocalAuthListManagement",
    "remote_trigger": "RemoteTrigger",
    "reservation": "Reservation",
    "smart_charging": "SmartCharging",
}
SUBSETS = [
    frozenset(names)
    for size in range(len(PROFILES) + 1)
    for names in itertools.combinations(PROFILES, size)
]


def title(subset: frozenset[str]) -> str:
    return "+".join(sorted(subset)) or "core alone"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``subset`` is each of the sixteen."""
    if "subset" in metafunc.fixturenames:
        metafunc.parametrize("subset", SUBSETS, ids=title)


@pytest.fixture(scope="session")
def claims() -> dict[str, str]:
    """The optional profiles by plugin, as SupportedFeatureProfiles names them."""
    return PROFILES


class Bench(core_bench.Bench):  # type: ignore[misc,name-defined]  # loaded above
    """A charge point on a bench, with some of the profiles."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.profiles = ("Core", *(PROFILES[name] for name in names))
        for name in names:
            messages = importlib.import_module(f"ocpp_plugins.{name}.messages")
            role = importlib.import_module(f"ocpp_plugins.{name}.charge_point").ChargePoint
            settings = getattr(role, "settings", object)()
            self.beside.append((name, messages, role, settings))

    def ask(self, action: str, **payload: Any) -> Any:
        """The status answered to a CALL."""
        answer = self.call(action, json.dumps(payload))
        return answer["status"] if isinstance(answer, dict) else answer

    def listed(self, version: int, **tags: str | tuple[str, str]) -> None:
        """Adds to the local list: a status by tag, or a status and a parentIdTag."""
        entries = []
        for tag, said in tags.items():
            status, parent = (said, None) if isinstance(said, str) else said
            info = {"status": status, **({"parentIdTag": parent} if parent else {})}
            entries.append({"idTag": tag, "idTagInfo": info})
        status = self.ask(
            "SendLocalList",
            listVersion=version,
            updateType="Differential",
            localAuthorizationList=entries,
        )
        assert status == "Accepted"

    def reserve(self, connector: int = 1, id_tag: str = "MINE", **more: Any) -> Any:
        """What ReserveNow is answered; the reservation lasts an hour."""
        expiry = self.time(self.now + 3600)
        return self.ask(
            "ReserveNow",
            **{"connectorId": connector, "idTag": id_tag, "reservationId": 5, **more},
            expiryDate=expiry,
        )

    def trigger(self, message: str, connector: int | None = None) -> Any:
        """What TriggerMessage is answered."""
        more = {} if connector is None else {"connectorId": connector}
        return self.ask("TriggerMessage", requestedMessage=message, **more)

    def limit(self, connector: int, ampere: int, purpose: str = "TxDefaultProfile") -> Any:
        """What SetChargingProfile is answered."""
        return self.ask(
            "SetChargingProfile",
            connectorId=connector,
            csChargingProfiles=profile(ampere, purpose),
        )

    def starts(self) -> list[tuple[int, str, int | None]]:
        """The StartTransactions since the last look: connector, idTag, reservationId."""
        return [
            (payload["connectorId"], payload["idTag"], payload.get("reservationId"))
            for _, payload in self.seen("StartTransaction")
        ]


def profile(ampere: int, purpose: str) -> dict[str, Any]:
    """A charging profile of one limit, in A."""
    return {
        "chargingProfileId": ampere,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": ampere}],
        },
    }


@pytest.fixture
def make_profile() -> Callable[[int, str], dict[str, Any]]:
    """Makes charging profiles."""
    return profile


@pytest.fixture
def booted() -> Callable[..., Bench]:
    """Makes a charge point with these profiles, connected, accepted and idle."""

    def make(*names: str) -> Bench:
        bench = Bench(*names)
        bench.boot()
        return bench

    return make
