"""The composite schedule against a slow evaluation, second by second, written independently.

The evaluation below knows wire messages, dates and fractions only; nothing of the program is used
in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ocpp_plugins.smart_charging import rules, schedule
from ocpp_plugins.smart_charging.charge_point import Settings
from ocpp_plugins.smart_charging.charge_point.profiles import Profiles

from ocpp_kernel.memory_store import MemoryStore

Make = Callable[..., dict[str, Any]]

VOLTAGE = 230
NOW = datetime(2026, 3, 1, 23, 59, 0, tzinfo=UTC)
CONNECTORS = 2


class Site(NamedTuple):
    """Hardware, and how many seconds ago the transaction of each connector began."""

    amperes: int
    phases: int
    began: tuple[int, int]


# The slow evaluation.


def told(profile: Any, at: datetime, began: datetime) -> tuple[Fraction, int] | None:
    """Amperes per phase, and phases, that a profile allows at a second; None if it is silent."""
    if "validFrom" in profile and at < datetime.fromisoformat(profile["validFrom"]):
        return None
    if "validTo" in profile and at >= datetime.fromisoformat(profile["validTo"]):
        return None
    table = profile["chargingSchedule"]
    begin = began
    if profile["chargingProfileKind"] != "Relative" and "startSchedule" in table:
        begin = datetime.fromisoformat(table["startSchedule"])
    if at < begin:
        return None
    cycle = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}
    if "recurrencyKind" in profile:
        while at >= begin + cycle[profile["recurrencyKind"]]:
            begin += cycle[profile["recurrencyKind"]]
    second = int((at - begin).total_seconds())
    if "duration" in table and second >= table["duration"]:
        return None
    period = [p for p in table["chargingSchedulePeriod"] if p["startPeriod"] <= second][-1]
    phases = period.get("numberPhases", 3)
    limit = Fraction(str(period["limit"]))
    if table["chargingRateUnit"] == "W":
        limit /= VOLTAGE * phases
    return limit, phases


def highest(profiles: list[Any], at: datetime, began: datetime) -> tuple[Fraction, int] | None:
    for profile in sorted(profiles, key=lambda p: -p["stackLevel"]):
        found = told(profile, at, began)
        if found is not None:
            return found
    return None


def of(installed: list[tuple[int, Any]], connector: int, purpose: str) -> list[Any]:
    return [p for n, p in installed if n == connector and p["chargingProfilePurpose"] == purpose]


def transaction_limit(
    installed: list[tuple[int, Any]], connector: int, at: datetime, site: Site
) -> tuple[Fraction, int]:
    began = NOW - timedelta(seconds=site.began[connector - 1])
    for profiles in (
        of(installed, connector, "TxProfile"),
        of(installed, connector, "TxDefaultProfile"),
        of(installed, 0, "TxDefaultProfile"),
    ):
        found = highest(profiles, at, began)
        if found is not None:
            return min(found[0], Fraction(site.amperes)), found[1]
    return Fraction(site.amperes), site.phases


def slow(
    installed: list[tuple[int, Any]], connector: int, at: datetime, site: Site, unit: str
) -> Fraction:
    """What GetCompositeSchedule has to say of one second."""
    numbers = [connector] if connector else [1, 2]
    parts = [transaction_limit(installed, n, at, site) for n in numbers]
    amperes = sum((limit for limit, _ in parts), Fraction(0))
    watts = sum((limit * phases * VOLTAGE for limit, phases in parts), Fraction(0))
    cap = highest(of(installed, 0, "ChargePointMaxProfile"), at, NOW)
    if cap is not None:
        if cap[0] < amperes:
            watts *= cap[0] / amperes
            amperes = cap[0]
        watts = min(watts, amperes * cap[1] * VOLTAGE)
    value = amperes if unit == "A" else watts
    return Fraction(int(value * 10), 10)


# The program.


def install(wires: list[tuple[int, Any]]) -> tuple[Profiles, list[tuple[int, Any]]]:
    """Those that are accepted, as the program and as the messages have them."""
    profiles = Profiles(MemoryStore(), print)
    kept: list[tuple[int, Any]] = []
    now = int(NOW.timestamp()) - schedule.ORIGIN
    for connector, wire in wires:
        profile = rules.read(connector, wire, Settings(), now)
        profiles.replace(profiles.with_one(profile, -schedule.FOREVER))
        same = ("chargingProfilePurpose", "stackLevel")
        kept = [
            (n, old)
            for n, old in kept
            if (n, *(old[k] for k in same)) != (connector, *(wire[k] for k in same))
        ]
        kept.append((connector, wire))
    return profiles, kept


def fast(profiles: Profiles, connector: int, duration: int, site: Site, unit: str) -> list[int]:
    at = int(NOW.timestamp()) - schedule.ORIGIN
    numbers = [connector] if connector else [1, 2]
    sources = [(profiles.chain(n), at - site.began[n - 1]) for n in numbers]
    hardware = (site.amperes * 1000, site.phases, VOLTAGE)
    flat, end = schedule.composite(
        sources, profiles.chain(0), at, at + duration, hardware, unit, 10_000
    )
    assert end == at + duration
    return flat


# What is tried.

tenths = st.integers(0, 400).map(lambda value: value / 10)
watts = st.integers(0, 250_000).map(lambda value: value / 10)
offsets = st.integers(-200, 300)
days = st.sampled_from([0, 1, 3, 7, 8, 14, 400])


def moment(offset: int, days_ago: int = 0) -> str:
    return (NOW + timedelta(seconds=offset) - timedelta(days=days_ago)).isoformat()


@st.composite
def wires(draw: st.DrawFn, number: int) -> tuple[int, dict[str, Any]]:
    purpose = draw(st.sampled_from(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]))
    places = {"ChargePointMaxProfile": [0], "TxDefaultProfile": [0, 1, 2], "TxProfile": [1, 2]}
    unit = draw(st.sampled_from("AW"))
    starts = sorted(draw(st.sets(st.integers(1, 250), max_size=4)))
    periods = []
    for start in [0, *starts]:
        period = {"startPeriod": start, "limit": draw(tenths if unit == "A" else watts)}
        if draw(st.booleans()):
            period["numberPhases"] = draw(st.integers(1, 3))
        periods.append(period)
    table: dict[str, Any] = {"chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    if draw(st.booleans()):
        table["duration"] = draw(st.integers(0, 300) | st.just(86400) | st.just(86460))
    kind = draw(st.sampled_from(["Absolute", "Recurring", "Relative"]))
    if kind != "Relative" and draw(st.integers(0, 5)):
        table["startSchedule"] = moment(draw(offsets), draw(days))
    made = {
        "chargingProfileId": number,
        "stackLevel": draw(st.integers(0, 3)),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": table,
    }
    if kind == "Recurring":
        made["recurrencyKind"] = draw(st.sampled_from(["Daily", "Weekly"]))
    begin, end = sorted(draw(st.tuples(offsets, offsets)))
    if draw(st.integers(0, 3)) == 0:
        made["validFrom"] = moment(begin)
    if draw(st.integers(0, 3)) == 0:
        made["validTo"] = moment(end + 1)
    return draw(st.sampled_from(places[purpose])), made


installations = st.integers(0, 6).flatmap(
    lambda count: st.tuples(*(wires(number + 1) for number in range(count)))
)
sites = st.builds(
    Site,
    st.integers(6, 40),
    st.integers(1, 3),
    st.tuples(st.integers(0, 200), st.integers(0, 200)),
)


@settings(max_examples=300, deadline=None)
@given(installations, st.integers(0, 2), st.integers(1, 320), sites, st.sampled_from("AW"))
def test_sc_019_to_035_sc_047_to_051_the_composite_is_exact_at_every_second(
    installation: tuple[tuple[int, Any], ...],
    connector: int,
    duration: int,
    site: Site,
    unit: str,
) -> None:
    profiles, kept = install(list(installation))
    flat = fast(profiles, connector, duration, site, unit)
    assert flat[0] == 0
    steps = list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
    assert [start for start, _, _ in steps] == sorted({start for start, _, _ in steps})
    assert all(one[1:] != other[1:] for one, other in pairwise(steps))
    for second in range(duration):
        value = next(value for start, value, _ in reversed(steps) if start <= second)
        at = NOW + timedelta(seconds=second)
        assert Fraction(value, 10) == slow(kept, connector, at, site, unit), second


@settings(max_examples=200, deadline=None)
@given(installations, st.integers(0, 320), sites)
def test_the_timers_next_look_comes_no_later_than_the_next_change(
    installation: tuple[tuple[int, Any], ...], second: int, site: Site
) -> None:
    """What prevails at a time prevails until the second that is told with it."""
    profiles, _ = install(list(installation))
    at = int(NOW.timestamp()) - schedule.ORIGIN + second
    for connector in (0, 1, 2):
        began = at - second - site.began[connector - 1]
        chain = profiles.chain(connector)
        found, position, until = schedule.prevailing(chain, at, began)
        assert until > at
        for later in range(at, min(until, at + 100)):
            assert schedule.prevailing(chain, later, began)[:2] == (found, position)


# Sharing.

currents = st.integers(0, 40_000)


@given(st.integers(0, 120_000), st.lists(st.tuples(currents, currents), max_size=6))
@example(20_000, [(16_000, 13_000), (12_000, 12_000)])
def test_sc_024_shares_never_exceed_the_supply_nor_what_is_wanted(
    total: int, evs: list[tuple[int, int]]
) -> None:
    wants, least = [want for want, _ in evs], [need for _, need in evs]
    given_ = schedule.shares(total, wants, least)
    assert len(given_) == len(wants)
    assert sum(given_) <= total
    assert all(0 <= part <= want for part, want in zip(given_, wants, strict=True))


@given(st.integers(6000, 120_000), st.lists(st.integers(6000, 40_000), min_size=1, max_size=6))
def test_sc_024_nothing_is_left_over_that_somebody_charging_wants(
    total: int, wants: list[int]
) -> None:
    parts = schedule.shares(total, wants, [6000] * len(wants))
    short = [part for part, want in zip(parts, wants, strict=True) if 0 < part < want]
    if short:
        assert total - sum(parts) < len(wants)
        assert max(short) - min(short) <= 0
    served = [part > 0 for part in parts]
    assert served[0]


@pytest.mark.parametrize(
    ("total", "wants", "least", "expected"),
    [
        (32000, [], [], []),
        (32000, [16000, 10000], [6000, 6000], [16000, 10000]),
        (20000, [16000, 16000], [6000, 6000], [10000, 10000]),
        (20000, [16000, 7000], [6000, 6000], [13000, 7000]),
        (16000, [16000, 16000, 16000], [6000, 6000, 6000], [8000, 8000, 0]),
        (5000, [16000, 16000], [6000, 6000], [5000, 0]),
        (0, [16000, 16000], [6000, 6000], [0, 0]),
        (20000, [0, 16000, 16000], [6000, 6000, 6000], [0, 10000, 10000]),
        (20000, [16000, 16000], [6000, 13000], [16000, 0]),
    ],
)
def test_sc_024_sc_037_shares(
    total: int, wants: list[int], least: list[int], expected: list[int]
) -> None:
    assert schedule.shares(total, wants, least) == expected
