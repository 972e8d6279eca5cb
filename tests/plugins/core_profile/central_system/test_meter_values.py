"""MeterValues: of a transaction or of none, and sent again."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import METER, START, Bench


@pytest.mark.parametrize("more", [{}, {"transactionId": -1}, {"transactionId": 424242}])
def test_core_087_and_056_meter_values_are_always_answered(bench: Bench, more: Any) -> None:
    link = bench.boot()
    assert link.ask("MeterValues", {"connectorId": 1, "meterValue": METER, **more}) == {}
    assert bench.told("MeterValuesReceived")[0].transaction is None


@pytest.mark.parametrize("unit", ["Celsius", "Celcius"])
def test_core_086_both_spellings_of_celsius(bench: Bench, unit: str) -> None:
    sample = {"value": "21.5", "measurand": "Temperature", "unit": unit}
    values = [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [sample]}]
    assert bench.boot().ask("MeterValues", {"connectorId": 0, "meterValue": values}) == {}


def test_the_last_readings_of_a_connector_are_kept(bench: Bench) -> None:
    link = bench.boot()
    link.ask("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Charging"})
    newer = [*METER, {"timestamp": "2026-01-01T00:06:00Z", "sampledValue": [{"value": "1600"}]}]
    link.ask("MeterValues", {"connectorId": 1, "meterValue": newer})
    assert bench.core.stations["CP1"].connectors[1].meter_values == newer[-1:]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"connectorId": 1}, "ProtocolError"),
        ({"connectorId": 1, "meterValue": []}, "OccurenceConstraintViolation"),
        (
            {"connectorId": 1, "meterValue": [{**METER[0], "sampledValue": []}]},
            "OccurenceConstraintViolation",
        ),
        (
            {"connectorId": 1, "meterValue": [{**METER[0], "sampledValue": [{"value": 1}]}]},
            "TypeConstraintViolation",
        ),
    ],
)
def test_faulty_meter_values(bench: Bench, payload: Any, code: str) -> None:
    assert bench.boot().ask("MeterValues", payload)[2] == code


@pytest.mark.parametrize("count", [1, 2])
def test_readings_that_are_sent_again_count_once(bench: Bench, count: int) -> None:
    """Their answer got lost; one that differs in a digit is another one."""
    link = bench.boot()
    number = link.ask("StartTransaction", START)["transactionId"]
    readings = [
        {"timestamp": f"2026-01-01T00:0{n}:00Z", "sampledValue": [{"value": str(n)}]}
        for n in range(count)
    ]
    values = {"connectorId": 1, "transactionId": number, "meterValue": readings}
    for _ in range(3):
        assert link.ask("MeterValues", values) == {}
    assert list(bench.core.transactions[number].meter_values) == readings
    assert len(bench.told("MeterValuesReceived")) == 1
    other = [{**readings[-1], "sampledValue": [{"value": "9"}]}]
    link.ask("MeterValues", {**values, "meterValue": other})
    assert list(bench.core.transactions[number].meter_values) == readings + other
