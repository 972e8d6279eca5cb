"""What a composite schedule may take of a module."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: Times the bytes that JSON takes to read and write the answer.
RATIO = 5


def test_a_composite_of_a_day_takes_little_more_than_its_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    numbers = importlib.import_module("schedule").measured()
    ours, alone = numbers["bytes"]
    assert ours <= RATIO * alone
    assert numbers["periods"][0] > 30
