"""Contracts, their fast check, their JSON Schema and the Open Charge Alliance's agree on any input.

The Alliance's schemas come with PyPI's ``ocpp``. Where ours differ on purpose, CORRECTIONS says
how and why; corrected like that, the Alliance's schemas must give our verdict on everything that
is generated here. Each correction has a test of its own that shows the disagreement.
"""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta, timezone
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_kernel import schema, timestamps, validation
from ocpp_kernel.contracts import Action
from ocpp_kernel.errors import LocalError

PROFILES = (
    "core_profile",
    "smart_charging",
    "reservation",
    "firmware_mgmt",
    "local_auth_list",
    "remote_trigger",
)
Schema = dict[str, Any]


class Half(NamedTuple):
    """One of the 56 messages, and what the Alliance's file for it is called."""

    message: Any
    file: str


def halves() -> list[Half]:
    found = []
    for profile in PROFILES:
        module = importlib.import_module(f"ocpp_plugins.{profile}.messages")
        for value in vars(module).values():
            if isinstance(value, Action):
                found.append(Half(value.request, value.name))
                found.append(Half(value.response, f"{value.name}Response"))
    return found


HALVES = halves()
BY_FILE = {half.file: half for half in HALVES}


@cache
def published(file: str) -> Schema:
    text = (files("ocpp.v16") / "schemas" / f"{file}.json").read_text(encoding="utf-8-sig")
    return dict(json.loads(text))


# Corrections of the Alliance's schemas.


def walk(node: Any, name: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema inside a schema, with the name of its field."""
    if "properties" in node:
        for field, inner in node["properties"].items():
            yield from walk(inner, field)
    if "items" in node:
        yield from walk(node["items"])
    yield name, node


def drop_hertz(name: str, node: Schema) -> None:
    if name == "unit":
        node["enum"] = [unit for unit in node["enum"] if unit != "Hertz"]


def add_celsius(name: str, node: Schema) -> None:
    if name == "unit" and "Celsius" not in node["enum"]:
        node["enum"].append("Celsius")


def want_one(name: str, node: Schema) -> None:
    if name in ("meterValue", "sampledValue", "chargingSchedulePeriod"):
        node["minItems"] = 1


def take_any_message(name: str, node: Schema) -> None:
    if name == "requestedMessage":
        del node["enum"]


def compare_decimally(name: str, node: Schema) -> None:
    if node.pop("multipleOf", None) == 0.1:
        node["format"] = "decimal1"


CORRECTIONS: dict[str, Callable[[str, Schema], None]] = {
    "DIS-01": add_celsius,
    "DIS-02": drop_hertz,
    "DIS-04": want_one,
    "DIS-08": take_any_message,
    "DIS-09": compare_decimally,
}

#: Formats, which validators leave unchecked unless told: DIS-10, and the decimals of DIS-09.
FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time")
def is_date_time(value: object) -> bool:
    return not isinstance(value, str) or timestamps.parse(value) is not None


@FORMATS.checks("decimal1")
def is_decimal(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return Decimal(repr(value)) * 10 % 1 == 0


@cache
def corrected(file: str) -> Any:
    whole = copy.deepcopy(published(file))
    for name, node in walk(whole):
        for correct in CORRECTIONS.values():
            correct(name, node)
    return jsonschema.Draft4Validator(whole, format_checker=FORMATS)


@cache
def ours(half: Half) -> Any:
    return jsonschema.Draft4Validator(schema.json_schema(half.message), format_checker=FORMATS)


def passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except LocalError:
        return False
    return True


def verdict(half: Half, payload: Any) -> bool:
    """Ours, after making sure that all forms of the contract share it."""
    compiled = schema.compiled(half.message)
    slow = passes(lambda: validation.validate(payload, compiled.compact))
    # The fast path may only accept, so accepting too much is how it could differ.
    assert passes(lambda: schema.check(payload, compiled)) == slow
    assert ours(half).is_valid(payload) == slow
    return slow


# What is generated.

ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DATE_TIMES = st.one_of(
    st.datetimes(timezones=ZONES).map(lambda moment: moment.isoformat()),
    st.sampled_from(["2013-01-01T00:00Z", "2026-01-01T00:00:00Z", "2024-02-29T23:59:60,5+0100"]),
)
DECIMALS = st.one_of(
    st.integers(-(10**6), 10**6),
    st.integers(-(10**6), 10**6).map(lambda tenths: tenths / 10),
    st.integers(-(10**6), 10**6).map(lambda hundredths: hundredths / 100),
)
#: The lengths texts may have at most, and one more.
SIZES = (20, 21, 25, 26, 50, 51, 255, 256, 500, 501)
#: What a peer may put in the wrong place: wrong types, near misses, odd sizes.
JUNK: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [None, True, False, 0, -1, 1.0, 1.5, 8.1, 8.15, 2**31, 2**63, 2**64, 10**30, 1e300]
        + ["", "0", "true", "null", "accepted", "ACCEPTED", "Celcius", "Celsius", "Hertz"]
        + ["x" * size for size in SIZES]
        + ["\u20ac" * 20, "\U0001f50c" * 21, "2026-02-30T00:00:00Z", "2026-01-01", "nan"]
        + [[], {}, [[]], [{}], [None], ["x"], {"": 1}, {"x": {}}]
    ),
    st.text(max_size=60),
    st.integers(),
    DECIMALS,
    DATE_TIMES,
).map(copy.deepcopy)  # what is drawn may be changed


def values(node: Schema) -> st.SearchStrategy[Any]:
    """Values that keep a schema of ours; decimals may have a digit too many."""
    if "enum" in node:
        return st.sampled_from(node["enum"])
    if node["type"] == "object":
        required = set(node.get("required", ()))
        fields = {name: values(inner) for name, inner in node["properties"].items()}
        return st.fixed_dictionaries(
            {name: fields[name] for name in fields if name in required},
            optional={name: fields[name] for name in fields if name not in required},
        )
    if node["type"] == "array":
        return st.lists(values(node["items"]), min_size=node.get("minItems", 0), max_size=3)
    if node.get("format") == "date-time":
        return DATE_TIMES
    scalars: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=node.get("maxLength", 60)),
        "integer": st.integers(),
        "boolean": st.booleans(),
        "number": DECIMALS,
    }
    return scalars[node["type"]]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key or index) of a payload, at any depth."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            found += places(value[key])
    return found


@st.composite
def payloads(draw: st.DrawFn, node: Schema) -> Any:
    """Payloads that are valid, or were before one or two things were done to them."""
    payload = copy.deepcopy(draw(values(node)))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
        objects = [payload] + [c[k] for c, k in places(payload) if isinstance(c[k], dict)]
        spots = places(payload)
        change = (
            draw(st.sampled_from(["add", "drop", "replace", "empty", "stretch"]))
            if spots
            else "add"
        )
        if change == "add":
            name = draw(st.sampled_from(["surplus", "", "customData", *node["properties"]]))
            draw(st.sampled_from(objects))[name] = draw(JUNK)
            continue
        container, key = draw(st.sampled_from(spots))
        if change == "drop":
            del container[key]
        elif change == "stretch":
            container[key] = str(container[key]).ljust(draw(st.sampled_from(SIZES)), "x")
        else:
            container[key] = draw(JUNK) if change == "replace" else type(container[key])()
    return draw(JUNK) if draw(st.integers(0, 40)) == 7 else payload


# A generated payload takes some time to make; the examples are the same in every run.
quiet = settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("half", HALVES, ids=lambda half: half.file)
def test_all_forms_of_a_contract_and_the_alliances_schemas_agree(half: Half) -> None:
    seen = {True: 0, False: 0}

    @quiet
    @given(payloads(schema.json_schema(half.message)))
    def agree(payload: Any) -> None:
        answer = verdict(half, payload)
        seen[answer] += 1
        assert corrected(half.file).is_valid(payload) == answer

    agree()
    assert seen[True] > 0 and seen[False] > 0


@pytest.mark.parametrize("half", HALVES, ids=lambda half: half.file)
def test_lenient_differs_from_strict_in_unknown_fields_and_needless_nulls_only(half: Half) -> None:
    node = schema.json_schema(half.message)
    compiled = schema.compiled(half.message)

    @quiet
    @given(payloads(node))
    def agree(payload: Any) -> None:
        known = without_surplus(payload, node)
        lenient = passes(lambda: schema.check(payload, compiled, lenient=True))
        assert lenient == passes(lambda: schema.check(known, compiled))

    agree()


def without_surplus(value: Any, node: Schema) -> Any:
    if isinstance(value, dict) and "properties" in node:
        fields, required = node["properties"], node.get("required", [])
        return {
            name: without_surplus(inner, fields[name])
            for name, inner in value.items()
            if name in fields and (inner is not None or name in required)
        }
    if isinstance(value, list) and "items" in node:
        return [without_surplus(item, node["items"]) for item in value]
    return value


TIME = "2026-01-01T00:00:00Z"


def readings(**value: str) -> Schema:
    return {"timestamp": TIME, "sampledValue": [{"value": "1", **value}]}


def stop(readings: Any) -> Schema:
    return {"meterStop": 1, "timestamp": TIME, "transactionId": 1, "transactionData": readings}


def remote_start(*limits: Any) -> Schema:
    periods = [{"startPeriod": 0, "limit": limit} for limit in limits]
    return {
        "idTag": "A",
        "chargingProfile": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": periods},
        },
    }


def theirs(file: str, payload: Any) -> bool:
    return bool(jsonschema.Draft4Validator(published(file)).is_valid(payload))


HERTZ = {"connectorId": 1, "meterValue": [readings(unit="Hertz")]}
NO_SAMPLES = stop([{"timestamp": TIME, "sampledValue": []}])
UNKNOWN_MESSAGE = {"requestedMessage": "StartTransaction"}

#: What we say of a payload, and what the Alliance's schema says.
DISAGREEMENTS = [
    # Not the Alliance's unit, but an addition of the package its schemas come in.
    ("DIS-02", "MeterValues", HERTZ, False, True),
    ("DIS-04", "StopTransaction", NO_SAMPLES, False, True),
    ("DIS-04", "RemoteStartTransaction", remote_start(), False, True),
    ("DIS-08", "TriggerMessage", UNKNOWN_MESSAGE, True, False),
    ("DIS-09", "RemoteStartTransaction", remote_start(8.1), True, False),
    ("DIS-10", "HeartbeatResponse", {"currentTime": "yesterday"}, False, True),
]


@pytest.mark.parametrize(("dis", "file", "payload", "we", "they"), DISAGREEMENTS)
def test_a_disagreement(dis: str, file: str, payload: Any, we: bool, they: bool) -> None:
    assert we != they
    assert verdict(BY_FILE[file], payload) is we
    assert theirs(file, payload) is they
    assert corrected(file).is_valid(payload) is we


def test_every_correction_is_shown_to_be_one() -> None:
    shown = {case[0] for case in DISAGREEMENTS}
    assert shown == set(CORRECTIONS) - {"DIS-01"} | {"DIS-10"}  # DIS-01 follows


def test_dis_01_the_original_schema_of_stop_transaction_lacks_celsius() -> None:
    payload = stop([readings(measurand="Temperature", unit="Celsius")])
    original = copy.deepcopy(published("StopTransaction"))
    for name, node in walk(original):
        if name == "unit":  # the package that brings the schemas has added it
            node["enum"] = [unit for unit in node["enum"] if unit != "Celsius"]
    assert not jsonschema.Draft4Validator(original).is_valid(payload)
    for name, node in walk(original):
        add_celsius(name, node)
    assert jsonschema.Draft4Validator(original).is_valid(payload)


@pytest.mark.parametrize("unit", ["Celsius", "Celcius"])
def test_dis_01_both_spellings_pass_everywhere(unit: str) -> None:
    assert verdict(BY_FILE["StopTransaction"], stop([readings(unit=unit)]))
    meter_values = {"connectorId": 1, "meterValue": [readings(unit=unit)]}
    assert verdict(BY_FILE["MeterValues"], meter_values)


@pytest.mark.parametrize(
    ("dis", "file", "payload"),
    [
        ("DIS-04", "StopTransaction", stop([])),  # 0..*
        ("DIS-07", "TriggerMessage", {"requestedMessage": "Heartbeat", "connectorId": 0}),
        ("DIS-17", "StopTransaction", {"meterStop": 1, "timestamp": TIME, "transactionId": 1}),
    ],
)
def test_where_only_the_texts_disagree(dis: str, file: str, payload: Any) -> None:
    assert verdict(BY_FILE[file], payload)
    assert theirs(file, payload)


def test_dis_09_binary_floats_refuse_a_third_of_all_limits() -> None:
    tenths = [number / 10 for number in range(401)]
    refused = [t for t in tenths if not theirs("RemoteStartTransaction", remote_start(t))]
    assert len(refused) == 134
    assert all(verdict(BY_FILE["RemoteStartTransaction"], remote_start(t)) for t in tenths)
