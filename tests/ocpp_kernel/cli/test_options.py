"""Events as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest

from ocpp_kernel.cli.options import sentence


@dataclass(slots=True)
class Slotted:
    number: int
    readings: list[int]


@dataclass
class Plain:
    identity: str


class Happened(NamedTuple):
    what: object
    connector_id: int


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (Slotted(7, [1]), "number=7 "),
        (Plain("CP001"), "identity=CP001 "),
        ({"status": "Accepted", "more": {"reason": "Local"}}, "status=Accepted reason=Local "),
        ([1, 2], ""),
    ],
)
def test_values_within_values_are_told_as_far_as_they_are_plain(what: object, told: str) -> None:
    assert sentence(Happened(what, 1), "now").plain == f"now Happened {told}connector_id=1"
