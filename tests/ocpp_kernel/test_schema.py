"""What is made of a message's TypedDict, on messages made for the purpose."""

# No postponed annotations here: NotRequired must be seen when a class is made.
import importlib
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

import msgspec
import pytest

from ocpp_kernel import schema
from ocpp_kernel.contracts import (
    BOTH,
    Action,
    AnyUri,
    CiString20,
    CiString500,
    DateTime,
    Decimal1,
    MinItems,
)
from ocpp_kernel.errors import LocalError, PropertyConstraintViolation
from ocpp_kernel.validation import BOOLEAN, DATE_TIME, DECIMAL1, INTEGER, REQUIRED, SHIFT


class Inner(TypedDict):
    number: int
    flag: NotRequired[bool]


class Everything(TypedDict):
    tag: CiString20
    value: NotRequired[CiString500]
    text: NotRequired[str]
    when: DateTime
    where: NotRequired[AnyUri]
    kind: Literal["Hard", "Soft"]
    inner: NotRequired[Inner]
    inners: Annotated[list[Inner], MinItems(1)]
    tags: NotRequired[list[CiString20]]
    letters: NotRequired[list[Literal["A", "B"]]]


class Limit(TypedDict, total=False):
    limit: Required[Decimal1]
    least: Decimal1


class Nothing(TypedDict):
    pass


def test_compact_contracts_are_literals() -> None:
    inner = {"number": INTEGER | REQUIRED, "flag": BOOLEAN}
    assert schema.compact(Everything) == {
        "tag": REQUIRED | 20 << SHIFT,
        "value": 500 << SHIFT,
        "text": 0,
        "when": DATE_TIME | REQUIRED,
        "where": 0,
        "kind": (1, "Hard", "Soft"),
        "inner": (0, inner),
        "inners": (1, [(1, inner), 1]),
        "tags": (0, [REQUIRED | 20 << SHIFT, 0]),
        "letters": (0, [(1, "A", "B"), 0]),
    }
    assert schema.compact(Limit) == {"limit": DECIMAL1 | REQUIRED, "least": DECIMAL1}
    assert schema.compact(Nothing) == {}


def test_json_schema_says_the_same() -> None:
    inner = {
        "type": "object",
        "properties": {"number": {"type": "integer"}, "flag": {"type": "boolean"}},
        "additionalProperties": False,
        "required": ["number"],
    }
    assert schema.json_schema(Everything) == {
        "type": "object",
        "properties": {
            "tag": {"type": "string", "maxLength": 20},
            "value": {"type": "string", "maxLength": 500},
            "text": {"type": "string"},
            "when": {"type": "string", "format": "date-time"},
            "where": {"type": "string", "format": "uri"},
            "kind": {"type": "string", "enum": ["Hard", "Soft"]},
            "inner": inner,
            "inners": {"type": "array", "items": inner, "minItems": 1},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 20}},
            "letters": {"type": "array", "items": {"type": "string", "enum": ["A", "B"]}},
        },
        "additionalProperties": False,
        "required": ["inners", "kind", "tag", "when"],
    }
    assert schema.json_schema(Nothing) == {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }


def test_contracts_of_actions_are_made_once() -> None:
    action = Action("Everything", Everything, Nothing, sent_by=BOTH)
    contracts = schema.contracts_of([action])
    request, response = contracts["Everything"]
    assert (request.name, response.name) == ("Everything", "Nothing")
    assert schema.contracts_of([action])["Everything"][0] is request


class Unknown(TypedDict):
    field: bytes


class Doubtful(TypedDict):
    field: int | None


class Bare(TypedDict):
    field: float


class Deep(TypedDict):
    field: list[dict[str, int]]


@pytest.mark.parametrize("message", [Unknown, Doubtful, Bare, Deep])
def test_what_a_contract_cannot_say_is_a_type_error_at_start(message: Any) -> None:
    with pytest.raises(TypeError, match=r"field|element"):
        schema.compiled(message)


def test_a_message_is_a_typed_dict() -> None:
    with pytest.raises(TypeError, match="is not a TypedDict"):
        schema.compact(dict)


ORDINARY = [
    "2026-01-31T23:59:59Z",
    "2024-02-28T00:00:00.123Z",
    "1999-12-31T23:59:59+05:30",
    "2026-04-30T12:00:00-00:00",
]
RARE = ["2024-02-29T00:00:00Z", "2013-01-01T00:00Z", "2026-06-30T23:59:60Z", "2026-01-01t00:00:00z"]


@pytest.mark.parametrize("when", ORDINARY + RARE)
def test_date_times_pass_whichever_path_decides(when: str) -> None:
    payload = {"tag": "A", "when": when, "kind": "Soft", "inners": [{"number": 1}]}
    compiled = schema.compiled(Everything)
    schema.check(payload, compiled)
    if when in ORDINARY:
        msgspec.convert(payload, compiled.struct)


@pytest.mark.parametrize(
    "when",
    [
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-01",
        "2026-01-01T00:00:00Z\n",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00+24:00",
    ],
)
def test_the_fast_path_lets_no_bad_date_time_through(when: str) -> None:
    payload = {"tag": "A", "when": when, "kind": "Soft", "inners": [{"number": 1}]}
    with pytest.raises(PropertyConstraintViolation, match="when is not a date and time"):
        schema.check(payload, schema.compiled(Everything))


def test_decimals_are_left_to_the_compact_contract() -> None:
    compiled = schema.compiled(Limit)
    assert compiled.struct is None
    schema.check({"limit": 8.1, "least": 6}, compiled)
    with pytest.raises(PropertyConstraintViolation, match="limit has more than one decimal"):
        schema.check({"limit": 8.15}, compiled)


def test_what_lenient_takes_out_is_told() -> None:
    compiled = schema.compiled(Limit)
    told: list[str] = []
    payload = {"limit": 8.1, "least": None}
    schema.check(payload, compiled, told.append)
    assert payload == {"limit": 8.1}
    assert told == ["Limit: least must be a number; let through"]


def test_lenient_is_asked_of_the_compact_contract_only() -> None:
    compiled = schema.compiled(Nothing)
    schema.check({"surplus": 1}, compiled, lenient=True)
    told: list[str] = []
    schema.check({"surplus": 1}, compiled, told.append)
    assert told == ["Nothing: surplus is not a field of this message; let through"]
    with pytest.raises(LocalError, match="surplus is not a field"):
        schema.check({"surplus": 1}, compiled)


PROFILES = (
    "core_profile",
    "smart_charging",
    "reservation",
    "firmware_mgmt",
    "local_auth_list",
    "remote_trigger",
)


def messages() -> list[Any]:
    found = []
    for profile in PROFILES:
        module = importlib.import_module(f"ocpp_plugins.{profile}.messages")
        for value in vars(module).values():
            if isinstance(value, Action):
                found += [value.request, value.response]
    return found


@pytest.mark.parametrize("message", messages(), ids=lambda message: message.__name__)
def test_the_fast_check_decides_all_that_is_ordinary(message: Any) -> None:
    """It would be no use if it left valid messages to the slow one; decimals it must leave."""
    compiled = schema.compiled(message)
    if "'decimal1'" in repr(schema.json_schema(message)):
        assert compiled.struct is None
    else:
        ordinary = example(schema.json_schema(message))
        msgspec.convert(ordinary, compiled.struct)
        schema.check(ordinary, compiled)


def example(node: dict[str, Any]) -> Any:
    """A value with every field there can be."""
    if "enum" in node:
        return node["enum"][0]
    if node["type"] == "object":
        return {name: example(inner) for name, inner in node["properties"].items()}
    if node["type"] == "array":
        return [example(node["items"])]
    if node.get("format") == "date-time":
        return ORDINARY[0]
    return {"string": "x", "integer": 1, "boolean": True}[node["type"]]
