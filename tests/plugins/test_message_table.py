"""Every field row of the message table is one accept and one reject test (JE3.6).

``tests/data/messages.tsv`` holds what schemas and text say; where they disagree with each other
and a correction is ours, it is listed in OURS and MANY below.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ocpp_kernel import schema
from ocpp_kernel.contracts import Action
from ocpp_kernel.errors import (
    FormationViolation,
    LocalError,
    OccurenceConstraintViolation,
    PropertyConstraintViolation,
    ProtocolError,
    TypeConstraintViolation,
)

PROFILES = {
    "Core": "core_profile",
    "SmartCharging": "smart_charging",
    "Reservation": "reservation",
    "FirmwareManagement": "firmware_mgmt",
    "LocalAuthListManagement": "local_auth_list",
    "RemoteTrigger": "remote_trigger",
}
SENDERS = {"charge_point": "cp", "central_system": "cs", "both": "both"}

#: Arrays the text wants 1..* and the schemas leave unbounded (DIS-04).
MANY = ("meterValue", "sampledValue", "chargingSchedulePeriod")

#: Kinds that differ from the table's.
OURS = {
    # DIS-01: the correct spelling is missing in this one schema.
    ("StopTransaction", "transactionData[].sampledValue[].unit"): "add:Celsius",
    # DIS-08: an unknown message gets a status, not an error.
    ("TriggerMessage", "requestedMessage"): "string",
}


class Row(NamedTuple):
    """A line of the table."""

    profile: str
    action: str
    sender: str
    half: str
    field: str
    need: str
    kind: str


def read_table() -> list[Row]:
    path = Path(__file__).parent.parent / "data" / "messages.tsv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [Row(**row) for row in csv.DictReader(lines, delimiter="\t")]
    return [row._replace(kind=kind_of(row)) for row in rows]


def kind_of(row: Row) -> str:
    ours = OURS.get((row.action, row.field), row.kind)
    return row.kind + ours.replace("add:", "|") if ours.startswith("add:") else ours


TABLE = read_table()


def actions() -> dict[str, Action[Any, Any]]:
    found = {}
    for folder in PROFILES.values():
        module = importlib.import_module(f"ocpp_plugins.{folder}.messages")
        for name, value in vars(module).items():
            if isinstance(value, Action):
                assert name == value.name
                found[name] = value
    return found


ACTIONS = actions()


def message_of(row: Row) -> Any:
    action = ACTIONS[row.action]
    return action.request if row.half == "request" else action.response


def parent(field: str) -> str:
    if field.endswith("[]"):
        return field[:-2]
    return field.rpartition(".")[0]


GOOD: dict[str, list[Any]] = {
    "integer": [1, 0, -1, 2**31, 2**70],
    "boolean": [True, False],
    "decimal": [8.1, 0, 0.0, 16, -0.1, 31.9, 7360.5, 99999.9],
    "date-time": [
        "2026-02-28T23:59:59Z",
        "2024-02-29T12:00:00.123456Z",
        "2026-01-01T01:30:00+05:30",
        "2013-01-01T00:00Z",  # the specification's own example, without seconds (DIS-10)
    ],
    "uri": ["ftp://user:secret@example.org:21/logs/", "not quite one"],
}

#: Of a wrong type, by kind.
WRONG: dict[str, list[Any]] = {
    "string": [12, True, [], {}, 1.5],
    "integer": ["1", 1.5, 1.0, True, []],
    "boolean": ["true", 0, 1],
    "decimal": ["8.1", True, [], {}],
    "date-time": [1767225600, [], {}],
    "uri": [12, [], {}],
    "enum": [1, True, [], {}],
    "object": ["x", 1, []],
    "array": ["x", 1, {}],
    "empty": [],
}


class Absent:
    """Stands for a field left out."""


def build(row: Row, value: Any, at: str = "") -> Any:
    """The least payload of the row's message that holds ``value`` in the row's field."""
    payload: dict[str, Any] = {}
    for other in TABLE:
        if other[:4] != row[:4] or parent(other.field) != at or other.kind == "empty":
            continue
        if other.field == row.field:
            if value is not Absent:
                payload[other.field.rpartition(".")[2]] = value
        elif other.need == "yes" or row.field.startswith((f"{other.field}.", f"{other.field}[")):
            payload[other.field.rpartition(".")[2]] = example(row, other, value)
    return payload


def example(row: Row, other: Row, value: Any) -> Any:
    """A value for a field on the way to the row's, or required beside it."""
    if other.kind == "object":
        return build(row, value, other.field)
    if other.kind == "array":
        if row.field == f"{other.field}[]":
            return [value]
        item = next(r for r in TABLE if r[:4] == other[:4] and r.field == f"{other.field}[]")
        return [example(row, item, value)]
    return good_scalars(other.kind)[0]


def good_scalars(kind: str) -> list[Any]:
    name, _, bound = kind.partition(":")
    if name == "enum":
        return list(bound.split("|"))
    if name == "string":
        length = int(bound or 10000)
        return ["x", "", "x" * length, "\u00df" * length]
    return GOOD[name]


def good_values(row: Row) -> Iterator[Any]:
    if row.kind == "object":
        yield build(row._replace(field=""), Absent, at=row.field)  # what it must hold, no more
    elif row.kind == "array":
        if row.field.rpartition(".")[2] not in MANY:
            yield []
        item = next(r for r in TABLE if r[:4] == row[:4] and r.field == f"{row.field}[]")
        yield [next(good_values(item))] * 2
    elif row.kind == "empty":
        yield {}
    else:
        yield from good_scalars(row.kind)


def bad_values(row: Row) -> Iterator[tuple[Any, type[LocalError]]]:
    """Values the row's field must not have, each with the error that fits."""
    name, _, bound = row.kind.partition(":")
    for wrong in WRONG[name]:
        yield wrong, TypeConstraintViolation
    if name != "empty":
        yield None, TypeConstraintViolation
    if name == "string" and bound:
        yield "x" * (int(bound) + 1), PropertyConstraintViolation
    if name == "enum":
        for wrong in ("", "Bogus", bound.split("|")[0].swapcase(), bound.split("|")[0] + " "):
            yield wrong, PropertyConstraintViolation
    if name == "decimal":
        for number in (8.15, 0.01, -1.25, 7360.55):
            yield number, PropertyConstraintViolation
    if name == "date-time":
        for text in ("", "yesterday", "2026-02-29T00:00:00Z", "2026-01-01", "20260101T000000Z"):
            yield text, PropertyConstraintViolation
    if name == "array" and row.field.rpartition(".")[2] in MANY:
        yield [], OccurenceConstraintViolation
    if row.need == "yes" and name != "empty":
        yield Absent, ProtocolError


def row_id(row: Row) -> str:
    return f"{row.action}-{row.half}-{row.field}"


@pytest.mark.parametrize("row", TABLE, ids=row_id)
def test_every_field_accepts_what_it_may_hold(row: Row) -> None:
    contract = schema.compiled(message_of(row))
    for value in good_values(row):
        schema.check(build(row, value), contract)
    if row.need == "no":
        schema.check(build(row, Absent), contract)


@pytest.mark.parametrize("row", TABLE, ids=row_id)
def test_every_field_refuses_the_rest_with_the_code_that_fits(row: Row) -> None:
    contract = schema.compiled(message_of(row))
    path = row.field.replace("[]", "[0]")
    for value, error in bad_values(row):
        with pytest.raises(LocalError) as refusal:
            schema.check(build(row, value), contract)
        assert (type(refusal.value), refusal.value.description.split(" ")[0]) == (error, path), (
            value
        )


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.kind in ("object", "empty")], ids=row_id
)
def test_frm_034_every_object_refuses_fields_it_does_not_have(row: Row) -> None:
    contract = schema.compiled(message_of(row))
    inner = {} if row.kind == "empty" else next(good_values(row))
    surplus = inner | {"surplus": 1}
    payload = surplus if row.kind == "empty" else build(row, surplus)
    path = "" if row.kind == "empty" else row.field.replace("[]", "[0]") + "."
    with pytest.raises(FormationViolation, match=f"{path}surplus".replace("[", r"\[")):
        schema.check(payload, contract)
    schema.check(payload, contract, lenient=True)


@pytest.mark.parametrize("half", ["request", "response"])
@pytest.mark.parametrize("action", ACTIONS)
def test_frm_034_no_message_is_anything_but_an_object(action: str, half: str) -> None:
    contract = schema.compiled(getattr(ACTIONS[action], half))
    others: list[Any] = [[], "x", 1, None, True]
    for payload in others:
        with pytest.raises(FormationViolation, match="payload"):
            schema.check(payload, contract)


def test_contracts_hold_the_tables_fields_and_no_others() -> None:
    def paths(contract: dict[str, Any], prefix: str = "") -> Iterator[str]:
        for name, spec in contract.items():
            yield from paths_of(spec, prefix + name)

    def paths_of(spec: Any, path: str) -> Iterator[str]:
        yield path
        if isinstance(spec, tuple) and isinstance(spec[1], dict):
            yield from paths(spec[1], f"{path}.")
        elif isinstance(spec, tuple) and isinstance(spec[1], list):
            yield from paths_of(spec[1][0], f"{path}[]")

    for action in ACTIONS.values():
        for half in ("request", "response"):
            expected = {r.field for r in TABLE if (r.action, r.half) == (action.name, half)}
            compact = schema.compact(getattr(action, half))
            assert set(paths(compact)) == expected - {"-"}, (action.name, half)


def test_every_message_is_there_with_its_sender() -> None:
    assert len(ACTIONS) == 28
    assert {(r.action, r.sender) for r in TABLE} == {
        (name, SENDERS[action.sent_by]) for name, action in ACTIONS.items()
    }


def test_messages_are_named_after_their_action() -> None:
    for name, action in ACTIONS.items():
        assert action.request.__name__ == f"{name}Request"
        assert action.response.__name__ == f"{name}Response"
        assert action.request.__doc__ and action.response.__doc__
