"""Values held against their types: what fits, and the sentence for what does not."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import pytest

from ocpp_kernel.config_values import Unfit, fitting
from ocpp_kernel.contracts import CiString20

Status = Literal["Accepted", "Blocked"]
Phases = Annotated[int, range(1, 4)]
Name = Annotated[str, range(21)]
Tag = Annotated[str, range(1, 21)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, Phases),
        (3, Phases),
        ("", Name),
        ("x" * 20, Name),
        ({"ABCD": "Blocked"}, dict[str, Status]),
        ({"ABCD": "Blocked"}, dict[Tag, Status]),
        ([], list[str]),
        ("any", CiString20),
    ],
)
def test_what_fits_is_taken_as_it_is(value: Any, kind: Any) -> None:
    assert fitting("key", value, kind) == value


def test_a_whole_number_is_a_number() -> None:
    assert type(fitting("key", 2, float)) is float


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (0, Phases, "key must be at least 1"),
        (4, Phases, "key must be at most 3"),
        (True, Phases, "key must be a whole number, not true or false"),
        (1.5, Phases, "key must be a whole number, not a number"),
        ("x" * 21, Name, "key must have at most 20 characters"),
        ("", Tag, "key must have at least 1 characters"),
        ({"ABCD": "OK"}, dict[str, Status], "key.ABCD: 'OK' is not known; known are: "),
        ({"ABCD": "blocked"}, dict[str, Status], "key.ABCD: 'blocked' is not known; did you mean"),
        ({"A": {"B": 1}}, dict[str, dict[str, str]], "key.A.B must be text in quotation marks"),
        ({"x" * 21: "Blocked"}, dict[Tag, Status], f"key: '{'x' * 21}' must have at most 20"),
        ("x", dict[str, str], "key must be a table, not text"),
        ({}, list[str], 'key must be a list, as in ["..."], not a table'),
        ([[1]], list[list[str]], "key[0][0] must be text in quotation marks, not a whole number"),
        (datetime.date(2026, 1, 1), str, "key must be text in quotation marks, not a date"),
    ],
)
def test_what_does_not_fit_is_told_by_key_and_wish(value: Any, kind: Any, told: str) -> None:
    with pytest.raises(Unfit) as caught:
        fitting("key", value, kind)
    assert str(caught.value).startswith(told)
