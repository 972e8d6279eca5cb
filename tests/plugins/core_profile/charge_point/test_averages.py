"""Averages without floats: CORE-070."""

from __future__ import annotations

import pytest
from ocpp_plugins.core_profile.charge_point.averages import (
    Averages,
    from_thousandths,
    has_averages,
    to_thousandths,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("16", 16000),
        ("16.25", 16250),
        ("-0.5", -500),
        ("1.23456", 1234),
        ("230.", 230000),
        ("", None),
        ("-", None),
        (".5", None),
        ("1e3", None),
        ("1.2.3", None),
        ("AB12", None),
    ],
)
def test_core_070_decimal_texts(text: str, value: int | None) -> None:
    """CORE-070: plain decimal numbers are read exactly; anything else is no number."""
    assert to_thousandths(text) == value


@pytest.mark.parametrize("text", ["0", "16", "16.25", "-0.5", "-3", "0.001"])
def test_core_070_there_and_back(text: str) -> None:
    """CORE-070: what was read is written the same."""
    value = to_thousandths(text)
    assert value is not None
    assert from_thousandths(value) == text


def test_core_070_average() -> None:
    """CORE-070: per connector and measurand; registers and texts stay as read."""
    averages = Averages()
    averages.add(1, ["Voltage.L1", "230", "Energy.Active.Import.Register", "5", "X", "no"])
    averages.add(1, ["Voltage.L1", "231"])
    averages.add(11, ["Voltage.L1", "1"])
    values = ["Voltage.L1", "9", "Energy.Active.Import.Register", "7", "X", "no", "SoC", "3"]
    averages.apply(1, values)
    assert values == [
        "Voltage.L1",
        "230.5",
        "Energy.Active.Import.Register",
        "7",
        "X",
        "no",
        "SoC",
        "3",
    ]
    averages.clear(1)
    values = ["Voltage.L1", "9"]
    averages.apply(1, values)
    assert values == ["Voltage.L1", "9"]
    averages.apply(11, values)
    assert values == ["Voltage.L1", "1"]


def test_core_070_what_needs_averaging() -> None:
    """CORE-070: a list of registers alone needs none."""
    assert not has_averages("")
    assert not has_averages(",")
    assert not has_averages("Energy.Active.Import.Register,")
    assert has_averages("Energy.Active.Import.Register, Voltage")
