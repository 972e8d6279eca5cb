"""The central system's calls: what is sent, and what is refused before it is (SC-007, SC-044)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.smart_charging.central_system import CentralSystem, Limits, NotSent

from ocpp_kernel import events
from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import parse_config
from ocpp_kernel.errors import LocalError, PropertyConstraintViolation
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.testing import CentralPair

Make = Callable[..., dict[str, Any]]

PROFILES = ("core_profile", "simulated_ev", "smart_charging")


def joined(**station_settings: Any) -> CentralPair:
    """A charge point and a central system of the real thing; booted."""
    logged: list[str] = []
    config = parse_config(
        {
            "profiles": {
                "reservation": False,
                "firmware_mgmt": False,
                "local_auth_list": False,
                "remote_trigger": False,
            },
            "charge_point": {"smart_charging": station_settings},
            "central_system": {"core_profile": {"first_transaction_id": 41}},
        }
    )
    station = build_station(config, MemoryStore(), lambda level, text: logged.append(text))
    pair = CentralPair(station, build_central(config, lambda level, text: logged.append(text)))
    station.start(0)
    pair.connect()
    return pair


@pytest.fixture
def pair() -> CentralPair:
    return joined()


@pytest.fixture
def smart(pair: CentralPair) -> CentralSystem:
    made: CentralSystem = pair.central.shared["smart_charging"]
    return made


def charge(pair: CentralPair) -> None:
    """A transaction runs on connector 1."""
    pair.station.emit(events.Command("plug 1"))
    pair.station.emit(events.TagPresented(1, "TAG1"))
    pair.pump()


def sent(pair: CentralPair) -> list[Any]:
    """The payloads of what the central system called."""
    return [seen.message[3] for seen in pair.frames if seen.sender == "right" and seen.action]


async def test_a_profile_is_set_asked_for_and_cleared(
    pair: CentralPair, smart: CentralSystem, make_profile: Make
) -> None:
    station = pair.connected
    wire: Any = make_profile("default", 8.1, (60, 10))
    assert await smart.set_profile(station, 1, wire) == "Accepted"
    answer = await smart.composite(station, 1, 120, "A")
    assert answer["chargingSchedule"]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 8.1},
        {"startPeriod": 60, "limit": 10},
    ]
    assert await smart.clear(station, connector_id=1, stack_level=0) == "Accepted"
    assert await smart.clear(station, purpose="TxDefaultProfile") == "Unknown"
    assert await smart.clear(station) == "Unknown"
    assert await smart.clear(station, profile_id=0) == "Unknown"
    assert sent(pair)[2:] == [
        {"connectorId": 1, "stackLevel": 0},
        {"chargingProfilePurpose": "TxDefaultProfile"},
        {},
        {"id": 0},
    ]


async def test_sc_007_a_transaction_profile_carries_the_transactions_id(
    pair: CentralPair, smart: CentralSystem, make_profile: Make
) -> None:
    charge(pair)
    wire: Any = make_profile("tx", 10)
    assert await smart.set_profile(pair.connected, 1, wire) == "Accepted"
    assert sent(pair)[-1]["csChargingProfiles"]["transactionId"] == 41
    assert "transactionId" not in wire
    assert await smart.set_profile(pair.connected, 1, {**wire, "transactionId": 41}) == "Accepted"


async def test_sc_007_not_that_of_another_nor_of_none(
    pair: CentralPair, smart: CentralSystem, make_profile: Make
) -> None:
    wire: Any = make_profile("tx", 10)
    with pytest.raises(NotSent, match="none is known to run on connector 1 of CP001"):
        await smart.set_profile(pair.connected, 1, wire)
    charge(pair)
    before = len(sent(pair))
    with pytest.raises(NotSent, match=r"transaction 40 does not run on connector 1 .*; 41 does"):
        await smart.set_profile(pair.connected, 1, {**wire, "transactionId": 40})
    with pytest.raises(NotSent, match="none is known to run on connector 0"):
        await smart.set_profile(pair.connected, 0, wire)
    assert len(sent(pair)) == before


async def test_sc_007_without_records_of_transactions_the_id_is_to_be_given(
    pair: CentralPair, smart: CentralSystem, make_profile: Make
) -> None:
    charge(pair)
    del pair.central.shared["core_profile"]
    wire: Any = make_profile("tx", 10)
    with pytest.raises(NotSent, match="needs the transactionId"):
        smart.set_request(pair.connected, 1, wire)
    request = smart.set_request(pair.connected, 1, {**wire, "transactionId": 41})
    assert request[1]["csChargingProfiles"]["transactionId"] == 41


async def test_sc_044_a_start_that_was_told_late_may_be_over(
    pair: CentralPair, smart: CentralSystem, make_profile: Make
) -> None:
    wire: Any = make_profile("tx", 10)
    charge(pair)
    (transaction,) = pair.central.shared["core_profile"].transactions.values()
    assert transaction.reported_at == transaction.started_at
    transaction.started_at -= 601
    with pytest.raises(NotSent, match=r"began at 2025-12-31T23:49:59Z.*give late=True"):
        await smart.set_profile(pair.connected, 1, wire)
    assert await smart.set_profile(pair.connected, 1, wire, late=True) == "Accepted"
    transaction.started_at += 1
    assert await smart.set_profile(pair.connected, 1, wire) == "Accepted"


@pytest.mark.parametrize(
    ("connector", "purpose", "more", "why"),
    [
        (1, "max", {}, "charging profile 1: ChargePointMaxProfile is for connectorId 0"),
        (0, "default", {"transactionId": 7}, "transactionId is for TxProfile"),
        (0, "default", {"level": -1, "number": 4}, "stackLevel is not 0 to"),
        (0, "default", {"recurrencyKind": "Daily"}, "recurrencyKind is for Recurring"),
        (-1, "default", {}, "connectorId -1 is below 0"),
    ],
)
async def test_what_a_station_would_reject_is_not_sent(
    pair: CentralPair,
    smart: CentralSystem,
    make_profile: Make,
    connector: int,
    purpose: str,
    more: Any,
    why: str,
) -> None:
    wire: Any = make_profile(purpose, 10, **more)
    before = len(sent(pair))
    with pytest.raises(NotSent) as caught:
        await smart.set_profile(pair.connected, connector, wire)
    assert why in str(caught.value)
    assert len(sent(pair)) == before


async def test_sc_016_what_breaks_the_contract_names_its_path(
    pair: CentralPair, smart: CentralSystem, make_profile: Make
) -> None:
    wire: Any = make_profile("default", 8.15)
    with pytest.raises(PropertyConstraintViolation, match=r"chargingSchedulePeriod\[0\].limit"):
        await smart.set_profile(pair.connected, 1, wire)
    nameless: Any = make_profile("default", 8)
    del nameless["chargingProfileId"]
    with pytest.raises(LocalError, match="chargingProfileId is missing"):
        await smart.set_profile(pair.connected, 1, nameless)


async def test_sc_001_limits_a_station_announces_are_kept_to(make_profile: Make) -> None:
    pair = joined(max_stack_level=2, max_periods=3, max_profiles=4, units="Current")
    smart = pair.central.shared["smart_charging"]
    station = pair.connected
    assert smart.limits(station) == Limits()
    assert await smart.discover(station) == Limits(2, 3, 4, "Current")
    for wire, why in (
        (make_profile("default", 10, level=3), "stackLevel is not 0 to 2"),
        (make_profile("default", 1, (1, 2), (2, 3), (3, 4)), "more than 3 periods"),
        (make_profile("default", 4000, unit="W"), "chargingRateUnit W is not allowed"),
    ):
        with pytest.raises(NotSent, match=why):
            await smart.set_profile(station, 1, wire)


async def test_a_station_that_tells_nonsense_leaves_bounds_open(
    pair: CentralPair, smart: CentralSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def call(request: Any) -> Any:
        return {
            "configurationKey": [
                {"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "many"},
                {"key": "MaxChargingProfilesInstalled", "readonly": True},
                {"key": "chargingschedulemaxperiods", "readonly": True, "value": "5"},  # CORE-005
            ]
        }

    monkeypatch.setattr(pair.connected, "call", call)
    assert await smart.discover(pair.connected) == Limits(max_periods=5)


async def test_calls_that_mean_nothing_are_not_sent(
    pair: CentralPair, smart: CentralSystem
) -> None:
    with pytest.raises(NotSent, match="with an id connectorId, stackLevel would not count"):
        await smart.clear(pair.connected, profile_id=1, connector_id=0, stack_level=0)
    with pytest.raises(NotSent, match="duration 0 is below 1"):
        await smart.composite(pair.connected, 1, 0)
    with pytest.raises(NotSent, match="connectorId -1 is below 0"):
        await smart.composite(pair.connected, -1, 60)
    assert sent(pair) == []


async def test_dis_22_sc_002_a_station_without_the_profile_says_so(make_profile: Make) -> None:
    from ocpp_kernel.config import Config
    from ocpp_kernel.errors import RemoteError

    station = build_station(
        Config(profiles={"smart_charging": False}), MemoryStore(), lambda *line: None
    )
    pair = CentralPair(station, build_central(Config(), lambda *line: None))
    station.start(0)
    pair.connect()
    smart = pair.central.shared["smart_charging"]
    wire: Any = make_profile("default", 10)
    for call in (
        smart.set_profile(pair.connected, 1, wire),
        smart.clear(pair.connected),
        smart.composite(pair.connected, 1, 60),
    ):
        with pytest.raises(RemoteError, match="NotSupported"):
            await call


async def test_core_131_132_without_the_profile_a_remote_starts_profile_is_ignored(
    make_profile: Make,
) -> None:
    from ocpp_plugins.core_profile.messages import RemoteStartTransaction

    from ocpp_kernel.config import Config

    station = build_station(
        Config(profiles={"smart_charging": False}), MemoryStore(), lambda *line: None
    )
    pair = CentralPair(station, build_central(Config(), lambda *line: None))
    station.start(0)
    pair.connect()
    station.emit(events.Command("plug 1"))
    wire: Any = make_profile("tx", 10)
    request = RemoteStartTransaction({"idTag": "TAG1", "connectorId": 1, "chargingProfile": wire})
    assert pair.call(request) == {"status": "Accepted"}
    assert "StartTransaction" in pair.actions("left")
