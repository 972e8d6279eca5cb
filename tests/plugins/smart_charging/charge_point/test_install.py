"""Which charging profiles are installed, and which are refused (SC-001 to SC-018, CFG-41 to 45)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.smart_charging.charge_point.plugin import Settings

from ocpp_kernel.config import ConfigError, parse_config, plugin_settings
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import StoreError

# Types of conftest.py, which is not a module to import.
Bench = Any
Make = Callable[..., dict[str, Any]]


def keys(bench: Bench, *names: str) -> dict[str, str]:
    answer = bench.call("GetConfiguration", json.dumps({"key": list(names)}))
    assert all(key["readonly"] for key in answer["configurationKey"])
    return {key["key"]: key["value"] for key in answer["configurationKey"]}


def test_sc_001_cfg_41_to_45_limits_are_announced(booted: Bench) -> None:
    names = (
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
        "ChargingScheduleMaxPeriods",
        "ConnectorSwitch3to1PhaseSupported",
        "MaxChargingProfilesInstalled",
    )
    assert list(keys(booted, *names).values()) == ["8", "Current,Power", "48", "false", "16"]
    assert "SmartCharging" in keys(booted, "SupportedFeatureProfiles")["SupportedFeatureProfiles"]


@pytest.mark.parametrize("connector", [3, 99, -1])
def test_sc_003_a_connector_that_is_not_there(
    booted: Bench, make_profile: Make, connector: int
) -> None:
    code, text = booted.set(connector, make_profile("default", 10))
    assert (code, text) == (
        "PropertyConstraintViolation",
        f"connectorId {connector} does not exist here",
    )


@pytest.mark.parametrize(
    "field", ["chargingProfilePurpose", "chargingProfileKind", "recurrencyKind", "chargingRateUnit"]
)
def test_sc_003_values_no_enumeration_has(booted: Bench, make_profile: Make, field: str) -> None:
    wire = make_profile("default", 10)
    (wire["chargingSchedule"] if field == "chargingRateUnit" else wire)[field] = "Nonsense"
    assert booted.set(1, wire)[0] == "PropertyConstraintViolation"


@pytest.mark.parametrize("connector", [1, 2])
def test_sc_004_a_limit_of_the_charge_point_is_for_connector_0(
    booted: Bench, make_profile: Make, connector: int
) -> None:
    assert booted.set(connector, make_profile("max", 10)) == "Rejected"
    assert booted.refusals() == [
        "charging profile 1 is refused: ChargePointMaxProfile is for connectorId 0"
    ]
    assert booted.set(0, make_profile("max", 10)) == "Accepted"


def test_sc_005_a_default_on_0_serves_all_and_one_on_n_replaces_it_there(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(0, make_profile("default", 10, level=1, number=1))
    assert [booted.composite(n) for n in (1, 2)] == [[(0, 10)], [(0, 10)]]
    booted.install(2, make_profile("default", 8, level=0, number=2))
    assert [booted.composite(n) for n in (1, 2)] == [[(0, 10)], [(0, 8)]]
    booted.charge(1)
    booted.charge(2)
    assert booted.offered == [10000, 8000]


def test_sc_005_where_the_one_on_n_says_nothing_the_one_on_0_does(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(0, make_profile("default", 10, number=1))
    booted.install(1, make_profile("default", 8, number=2, duration=600))
    assert booted.composite(1) == [(0, 8), (600, 10)]


@pytest.mark.parametrize("connector", [0, 1])
def test_sc_006_a_transaction_profile_needs_a_transaction_there(
    booted: Bench, make_profile: Make, connector: int
) -> None:
    booted.charge(2)
    assert booted.set(connector, make_profile("tx", 10)) == "Rejected"
    assert len(booted.refusals()) == 1
    booted.unplug(2)
    booted.charge(1)
    assert booted.offered[0] == 32000  # it was discarded, not kept for later


def test_sc_008_a_transaction_profile_is_bound_to_its_transaction(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)  # transaction 7
    assert booted.set(1, make_profile("tx", 10, transactionId=8)) == "Rejected"
    assert booted.refusals() == ["charging profile 201 is refused: another transaction runs"]
    assert booted.set(1, make_profile("tx", 10, transactionId=7)) == "Accepted"
    assert booted.set(1, make_profile("tx", 9)) == "Accepted"
    assert booted.offered[0] == 9000


def test_sc_008_a_transaction_id_nobody_told_yet_is_another(
    booted: Bench, make_profile: Make
) -> None:
    booted.answers["StartTransaction"] = None
    booted.charge(1)
    assert booted.set(1, make_profile("tx", 10, transactionId=7)) == "Rejected"
    assert booted.set(1, make_profile("tx", 10)) == "Accepted"


@pytest.mark.parametrize("purpose", ["max", "default"])
def test_sc_008_other_purposes_have_no_transaction(
    booted: Bench, make_profile: Make, purpose: str
) -> None:
    assert booted.set(0, make_profile(purpose, 10, transactionId=7)) == "Rejected"


def test_sc_009_dis_21_the_same_purpose_level_and_connector_replaces(
    booted: Bench, make_profile: Make
) -> None:
    booted.install(1, make_profile("default", 10, number=1))
    booted.install(2, make_profile("default", 11, number=2))
    booted.install(1, make_profile("default", 12, number=3))
    assert [booted.composite(n) for n in (1, 2)] == [[(0, 12)], [(0, 11)]]
    assert [booted.clear(id=n) for n in (1, 2, 3)] == ["Unknown", "Accepted", "Accepted"]


def test_sc_010_the_same_id_replaces_wherever_it_is(booted: Bench, make_profile: Make) -> None:
    booted.install(0, make_profile("max", 20, number=5))
    booted.install(1, make_profile("default", 10, level=3, number=5))
    assert [booted.composite(n) for n in (1, 2)] == [[(0, 10)], [(0, 32)]]
    assert [booted.clear(id=5), booted.clear(id=5)] == ["Accepted", "Unknown"]


def test_sc_011_a_replacement_for_later_ends_the_old_one_now(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.install(1, make_profile("default", 10))
    assert booted.offered[0] == 10000
    booted.install(1, make_profile("default", 8, validFrom=booted.time(booted.now + 300)))
    assert booted.offered[0] == 32000
    assert booted.composite(1) == [(0, 32), (300, 8)]
    booted.advance(300)
    assert booted.offered[0] == 8000


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"level": 9}, "stackLevel is not 0 to 8"),
        ({"level": -1, "number": 1}, "stackLevel is not 0 to 8"),
        ({"duration": -1}, "duration is below 0"),
        ({"minimum": -0.1}, "minChargingRate is out of range"),
        (
            {"validFrom": "2026-01-02T00:00:00Z", "validTo": "2026-01-02T00:00:00Z"},
            "validTo is not after validFrom",
        ),
    ],
)
def test_sc_012_values_out_of_bounds(
    booted: Bench, make_profile: Make, more: dict[str, Any], why: str
) -> None:
    assert booted.set(1, make_profile("default", 10, **more)) == "Rejected"
    assert booted.refusals()[0].endswith(why)


def test_sc_012_cfg_43_more_periods_than_announced(booted: Bench, make_profile: Make) -> None:
    periods = [(60 * number, 6 + number % 2) for number in range(49)]
    assert booted.set(1, make_profile("default", *periods[:48])) == "Accepted"
    assert booted.set(1, make_profile("default", *periods)) == "Rejected"
    assert booted.refusals()[0].endswith("there are more than 48 periods")


def test_sc_012_cfg_45_more_profiles_than_announced(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    bench = make_bench(max_profiles=2).boot()
    bench.install(1, make_profile("default", 10, level=0), make_profile("default", 11, level=1))
    assert bench.set(1, make_profile("default", 12, level=2)) == "Rejected"
    assert bench.refusals()[0].endswith("more than 2 profiles")
    assert bench.set(1, make_profile("default", 12, level=1)) == "Accepted"  # replaces


def test_cfg_45_what_is_over_makes_room(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    bench = make_bench(max_profiles=1).boot()
    bench.install(1, make_profile("default", 10, validTo=bench.time(60)))
    assert bench.set(1, make_profile("default", 12, level=1)) == "Rejected"
    bench.advance(61)
    assert bench.set(1, make_profile("default", 12, level=1)) == "Accepted"


@pytest.mark.parametrize(("units", "unit"), [("Current", "W"), ("Power", "A")])
def test_sc_013_cfg_42_only_units_announced(
    make_bench: Callable[..., Bench], make_profile: Make, units: str, unit: str
) -> None:
    bench = make_bench(units=units).boot()
    announced = keys(bench, "ChargingScheduleAllowedChargingRateUnit")
    assert list(announced.values()) == [units]
    assert bench.set(1, make_profile("default", 4000, unit=unit)) == "Rejected"
    assert bench.refusals()[0].endswith(f"chargingRateUnit {unit} is not allowed")
    assert bench.set(1, make_profile("default", 6, unit="A" if unit == "W" else "W")) == "Accepted"


@pytest.mark.parametrize(
    "limits",
    [
        [(1, 10)],
        [(0, 10), (0, 8)],
        [(0, 10), (60, 8), (59, 6)],
        [(-60, 10), (0, 8)],
    ],
)
def test_sc_014_periods_begin_at_0_and_ascend(
    booted: Bench, make_profile: Make, limits: list[Any]
) -> None:
    assert booted.set(1, make_profile("default", *limits)) == "Rejected"
    assert booted.refusals()[0].endswith("startPeriod does not ascend from 0")


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ((0, -0.1), "limit is out of range"),
        ((0, 10**30), "limit is out of range"),
        ((0, 10, 0), "numberPhases is not 1 to 3"),
        ((0, 10, 4), "numberPhases is not 1 to 3"),
    ],
)
def test_sc_012_periods_no_hardware_has(
    booted: Bench, make_profile: Make, limit: Any, why: str
) -> None:
    assert booted.set(1, make_profile("default", limit)) == "Rejected"
    assert booted.refusals()[0].endswith(why)


@pytest.mark.parametrize(
    ("kind", "recurrency", "status"),
    [
        ("Recurring", "Daily", "Accepted"),
        ("Recurring", "Weekly", "Accepted"),
        ("Recurring", None, "Rejected"),
        ("Absolute", "Daily", "Rejected"),
        ("Relative", "Weekly", "Rejected"),
    ],
)
def test_sc_015_dis_20_recurrency_kind_goes_with_recurring(
    booted: Bench, make_profile: Make, kind: str, recurrency: str | None, status: str
) -> None:
    wire = make_profile("default", 10, start="2026-01-01T00:00:00Z", kind=kind)
    if recurrency is not None:
        wire["recurrencyKind"] = recurrency
    assert booted.set(1, wire) == status


@pytest.mark.parametrize("tenths", range(401))
def test_sc_016_dis_09_every_limit_with_one_decimal_is_taken_and_told_as_it_is(
    booted: Bench, make_profile: Make, tenths: int
) -> None:
    booted.hardware.max_current = 40000
    text = f"{tenths // 10}.{tenths % 10}"
    booted.install(1, make_profile("default", float(text), minimum=float(text)))
    assert booted.composite(1) == [(0, float(text))]
    booted.charge(1)
    assert booted.offered[0] == (tenths * 100 if tenths >= 60 else 0)


@pytest.mark.parametrize("field", ["limit", "minimum"])
def test_sc_016_two_decimals_are_refused(booted: Bench, make_profile: Make, field: str) -> None:
    wire = make_profile("default", 8.15) if field == "limit" else make_profile("default", 8)
    if field == "minimum":
        wire["chargingSchedule"]["minChargingRate"] = 8.15
    assert booted.set(1, wire)[0] == "PropertyConstraintViolation"


def test_sc_017_profiles_survive_a_power_cut(booted: Bench, make_profile: Make) -> None:
    booted.install(0, make_profile("max", 8.1, (60, 4000, 1), unit="W"))
    booted.install(0, make_profile("default", 12, number=1))
    booted.install(2, make_profile("default", 10, kind="Daily", start="2025-01-01T06:00:00Z"))
    before = [booted.composite(n, 86400) for n in (0, 1, 2)]
    booted.restart(gap=0)
    booted.connect()
    assert [booted.composite(n, 86400) for n in (0, 1, 2)] == before
    assert booted.clear() == "Accepted"
    booted.restart()
    booted.connect()
    assert booted.composite(2) == [(0, 32)]


def test_sc_017_profiles_of_a_transaction_end_with_the_power(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.install(1, make_profile("tx", 10))
    booted.restart()
    booted.connect()
    booted.seen()
    assert booted.clear() == "Unknown"
    assert booted.composite(1) == [(0, 32)]


class Counting(MemoryStore):
    """Counts writes, and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.fails = False

    def rewrite(self, name: str, records: Any) -> None:
        if name == "charging_profiles":
            if self.fails:
                raise StoreError("flash is broken")
            self.writes += 1
        super().rewrite(name, records)

    def records(self, name: str) -> Any:
        if name == "charging_profiles" and self.fails:
            raise StoreError("flash is broken")
        return super().records(name)


def test_profiles_of_transactions_do_not_wear_the_flash(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    store = Counting()
    bench = make_bench(store).boot()
    bench.install(1, make_profile("default", 10))
    assert store.writes == 1
    bench.charge(1)
    for limit in range(6, 32):
        bench.install(1, make_profile("tx", limit))
    bench.unplug(1)
    bench.install(1, make_profile("default", 10))
    assert store.writes == 1


def test_sc_018_what_cannot_be_stored_is_not_accepted_and_the_old_one_stays(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    store = Counting()
    bench = make_bench(store).boot()
    bench.charge(1)
    bench.install(1, make_profile("default", 10))
    store.fails = True
    assert bench.set(1, make_profile("default", 8)) == "Rejected"
    assert bench.refusals()[0].endswith("it could not be stored: flash is broken")
    assert bench.call("ClearChargingProfile", "{}")[0] == "InternalError"
    assert bench.composite(1) == [(0, 10)]
    assert bench.offered[0] == 10000


def test_sc_018_the_old_one_runs_until_the_new_one_is_accepted(
    booted: Bench, make_profile: Make
) -> None:
    booted.charge(1)
    booted.install(1, make_profile("default", 10))
    assert booted.set(1, make_profile("default", (5, 8))) == "Rejected"
    assert booted.offered[0] == 10000


def test_storage_that_cannot_be_read_is_told(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    store = Counting()
    store.fails = True
    bench = make_bench(store).boot()
    assert ("error", "charging profiles could not be read: flash is broken") in bench.log
    assert bench.composite(1) == [(0, 32)]


def test_a_stored_record_that_is_none_is_passed_over(
    make_bench: Callable[..., Bench], make_profile: Make
) -> None:
    bench = make_bench().boot()
    bench.install(1, make_profile("default", 10))
    bench.store.append("charging_profiles", ["half", "a", "record"])
    bench.restart()
    bench.connect()
    assert bench.composite(1) == [(0, 10)]


@pytest.mark.parametrize("options", [{"voltage": 0}, {"phases": 4}])
def test_settings_no_installation_has(options: dict[str, int]) -> None:
    config = parse_config({"charge_point": {"smart_charging": options}})
    with pytest.raises(ConfigError, match=r"charge_point\.smart_charging\.\w+ must be at "):
        plugin_settings(config, "charge_point", "smart_charging", Settings)
