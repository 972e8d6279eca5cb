"""The interpreter of compact contracts: codes, paths, and which fault counts first."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel.errors import (
    FormationViolation,
    LocalError,
    OccurenceConstraintViolation,
    PropertyConstraintViolation,
    ProtocolError,
    TypeConstraintViolation,
)
from ocpp_kernel.validation import (
    BOOLEAN,
    DATE_TIME,
    DECIMAL1,
    INTEGER,
    REQUIRED,
    SHIFT,
    STRING,
    is_decimal1,
    validate,
)

INNER = {"n": INTEGER | REQUIRED, "flag": BOOLEAN}
CONTRACT: dict[str, Any] = {
    "name": STRING | REQUIRED | (3 << SHIFT),
    "text": STRING,
    "count": INTEGER,
    "flag": BOOLEAN,
    "limit": DECIMAL1,
    "at": DATE_TIME,
    "kind": (0, "Hard", "Soft"),
    "inner": (0, INNER),
    "inners": (0, [(1, INNER), 1]),
    "names": (0, [STRING | REQUIRED | (2 << SHIFT), 0]),
    "rows": (0, [(1, [INTEGER | REQUIRED, 2]), 0]),
    "kinds": (0, [(1, "A", "B"), 0]),
}


def refusal(payload: Any, contract: dict[str, Any] = CONTRACT, lenient: bool = False) -> LocalError:
    with pytest.raises(LocalError) as caught:
        validate(payload, contract, lenient)
    return caught.value


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"text": ""},
        {"text": "x" * 5000},
        {"count": 0},
        {"count": -(2**40)},
        {"flag": False},
        {"limit": 8.1},
        {"limit": 7},
        {"at": "2026-01-01T00:00:00.5+01:00"},
        {"kind": "Hard"},
        {"inner": {"n": 1}},
        {"inner": {"n": 1, "flag": True}},
        {"inners": [{"n": 1}, {"n": 2}]},
        {"names": []},
        {"names": ["ab", ""]},
        {"rows": [[1, 2], [3, 4, 5]]},
        {"kinds": ["A", "B", "A"]},
    ],
)
def test_what_keeps_the_contract_passes(extra: dict[str, Any]) -> None:
    validate({"name": "abc"} | extra, CONTRACT)
    validate({"name": "abc"} | extra, CONTRACT, lenient=True)


@pytest.mark.parametrize(
    ("payload", "error", "description"),
    [
        # FRM-030
        ({}, ProtocolError, "name is missing"),
        ({"name": "a", "inner": {}}, ProtocolError, "inner.n is missing"),
        ({"name": "a", "inners": [{"n": 1}, {}]}, ProtocolError, "inners[1].n is missing"),
        # FRM-031
        ({"name": 12}, TypeConstraintViolation, "name must be a string"),
        ({"name": None}, TypeConstraintViolation, "name must be a string"),
        ({"name": "a", "count": "1"}, TypeConstraintViolation, "count must be an integer"),
        ({"name": "a", "count": 1.5}, TypeConstraintViolation, "count must be an integer"),
        ({"name": "a", "count": 1.0}, TypeConstraintViolation, "count must be an integer"),
        ({"name": "a", "count": True}, TypeConstraintViolation, "count must be an integer"),
        ({"name": "a", "flag": 1}, TypeConstraintViolation, "flag must be true or false"),
        ({"name": "a", "limit": "1"}, TypeConstraintViolation, "limit must be a number"),
        ({"name": "a", "limit": True}, TypeConstraintViolation, "limit must be a number"),
        ({"name": "a", "at": 0}, TypeConstraintViolation, "at must be a string"),
        ({"name": "a", "kind": 1}, TypeConstraintViolation, "kind must be a string"),
        ({"name": "a", "kind": 0}, TypeConstraintViolation, "kind must be a string"),
        ({"name": "a", "inner": []}, TypeConstraintViolation, "inner must be an object"),
        ({"name": "a", "inners": {}}, TypeConstraintViolation, "inners must be an array"),
        ({"name": "a", "inners": [1]}, TypeConstraintViolation, "inners[0] must be an object"),
        (
            {"name": "a", "rows": [[1, "2"]]},
            TypeConstraintViolation,
            "rows[0][1] must be an integer",
        ),
        # FRM-032
        ({"name": "abcd"}, PropertyConstraintViolation, "name is longer than 3"),
        ({"name": "a", "kind": "hard"}, PropertyConstraintViolation, "kind may not be hard"),
        ({"name": "a", "kinds": ["C"]}, PropertyConstraintViolation, "kinds[0] may not be C"),
        ({"name": "a", "names": ["abc"]}, PropertyConstraintViolation, "names[0] is longer than 2"),
        ({"name": "a", "at": "now"}, PropertyConstraintViolation, "at is not a date and time"),
        (
            {"name": "a", "limit": 8.15},
            PropertyConstraintViolation,
            "limit has more than one decimal",
        ),
        # FRM-033
        ({"name": "a", "inners": []}, OccurenceConstraintViolation, "inners has too few elements"),
        (
            {"name": "a", "rows": [[1]]},
            OccurenceConstraintViolation,
            "rows[0] has too few elements",
        ),
        # FRM-034
        ({"name": "a", "b": 1}, FormationViolation, "b is not a field of this message"),
        ({"name": "a", "Name": "a"}, FormationViolation, "Name is not a field of this message"),
        (
            {"name": "a", "inner": {"n": 1, "m": 1}},
            FormationViolation,
            "inner.m is not a field of this message",
        ),
        (
            {"name": "a", "inners": [{"n": 1, "m": 1}]},
            FormationViolation,
            "inners[0].m is not a field of this message",
        ),
        ([], FormationViolation, "payload is not an object"),
        (None, FormationViolation, "payload is not an object"),
        ("{}", FormationViolation, "payload is not an object"),
    ],
)
def test_each_fault_has_its_code_and_names_its_place(
    payload: Any, error: type[LocalError], description: str
) -> None:
    fault = refusal(payload)
    assert (type(fault), fault.description) == (error, description)


def test_lenient_lets_unknown_fields_through_at_any_depth_and_nothing_else() -> None:
    surplus = {"name": "a", "b": 1, "inner": {"n": 1, "m": 1}, "inners": [{"n": 1, "m": {}}]}
    validate(surplus, CONTRACT, lenient=True)
    assert type(refusal(surplus)) is FormationViolation
    assert type(refusal({"b": 1}, lenient=True)) is ProtocolError
    assert type(refusal({"name": "abcd", "b": 1}, lenient=True)) is PropertyConstraintViolation
    assert type(refusal([], lenient=True)) is FormationViolation


def test_lenient_takes_null_out_where_a_field_may_be_absent() -> None:
    payload = {"name": "a", "b": None, "inner": {"n": 1, "m": None}, "inners": None}
    with pytest.raises(LocalError):
        validate(payload, CONTRACT)
    validate(payload, CONTRACT, lenient=True)
    assert payload == {"name": "a", "b": None, "inner": {"n": 1, "m": None}}
    assert type(refusal({"name": None}, lenient=True)) is TypeConstraintViolation
    assert type(refusal({"name": "a", "inners": [None]}, lenient=True)) is TypeConstraintViolation


def test_a_contract_without_fields_takes_the_empty_object_only() -> None:
    validate({}, {})
    assert type(refusal({"a": 1}, {})) is FormationViolation
    validate({"a": 1}, {}, lenient=True)


def test_a_string_of_the_limits_length_counts_characters_not_bytes() -> None:
    validate({"name": "\u20ac\u20ac\u20ac"}, CONTRACT)
    assert type(refusal({"name": "\u20ac\u20ac\u20ac\u20ac"})) is PropertyConstraintViolation


def test_a_payload_is_never_changed() -> None:
    payload = {"name": "a", "inner": {"n": 1}, "names": ["x"]}
    validate(payload, CONTRACT)
    assert payload == {"name": "a", "inner": {"n": 1}, "names": ["x"]}


def test_sc_016_every_tenth_is_a_decimal_with_one_digit() -> None:
    for tenths in range(-100_000, 100_000):
        number = float(f"{tenths}e-1")
        assert is_decimal1(number), number
        assert is_decimal1(tenths / 10), tenths


def test_sc_016_an_error_in_the_last_place_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_decimal1(0.1 + 0.2)
    assert not is_decimal1(8.1000001)
    assert not is_decimal1(200000.05)
    # 8.1 as a 32-bit float holds it, on a device that has only those.
    assert not is_decimal1(8.100000381469727)
    monkeypatch.setattr("ocpp_kernel.validation._TOLERANCE", 3e-7)
    assert is_decimal1(8.100000381469727)


ODD = (1e300, float("inf"), float("-inf"), float("nan"))


@pytest.mark.parametrize(
    "number", [8.15, 8.11, 8.101, 0.05, 0.01, -0.01, -8.15, 31.99, 1e-5, 7360.55, 99999.95, *ODD]
)
def test_sc_016_two_decimals_are_too_many(number: float) -> None:
    assert not is_decimal1(number)
