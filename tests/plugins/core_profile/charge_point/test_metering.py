"""Meter values: CORE-067 to CORE-086, RT-006, RT-013."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

ENERGY = "Energy.Active.Import.Register"


def values_of(payload: Any) -> list[tuple[str, str, str]]:
    """(measurand, phase, value) of a message with one MeterValue."""
    (meter_value,) = payload["meterValue"]
    return [
        (value["measurand"], value.get("phase", ""), value["value"])
        for value in meter_value["sampledValue"]
    ]


def readings(bench: Any) -> None:
    bench.hardware.values.update(
        {
            "Power.Active.Import": "11000",
            "Voltage.L1-N": "230.1",
            "Voltage.L2-N": "229.9",
            "Frequency": "50.01",
            "Temperature": "41.5",
            "SoC": "55",
        }
    )


def test_core_067_interval(booted: Any) -> None:
    """CORE-067: every MeterValueSampleInterval seconds from the start, until the stop."""
    booted.configure("MeterValueSampleInterval", "20")
    booted.advance(7)
    booted.charge()
    booted.advance(19)
    assert booted.seen("MeterValues") == []
    booted.advance(1)
    (call,) = booted.seen("MeterValues")
    assert call[1]["transactionId"] == 7
    assert call[1]["meterValue"][0]["timestamp"] == booted.time()
    booted.advance(40)
    assert len(booted.seen("MeterValues")) == 2
    booted.tag()
    booted.advance(100)
    assert booted.seen("MeterValues") == []


def test_core_067_zero_means_none(booted: Any) -> None:
    """CORE-067: 0 is none at all."""
    booted.configure("MeterValueSampleInterval", "0")
    booted.charge()
    booted.advance(1000)
    assert booted.seen("MeterValues") == []


def test_core_067_the_interval_may_change(booted: Any) -> None:
    """CORE-067: a running transaction follows the key."""
    booted.charge()
    booted.advance(30)
    booted.configure("MeterValueSampleInterval", "10")
    booted.advance(20)
    assert len(booted.seen("MeterValues")) == 2
    booted.configure("MeterValueSampleInterval", "0")
    booted.advance(100)
    assert booted.seen("MeterValues") == []


def test_core_068_core_076_measurands_and_phases(booted: Any) -> None:
    """CORE-068, CORE-076, CORE-077, CORE-078, CORE-079, CORE-081, CORE-086: what the key lists,
    with every phase there is; texts, units, one instant."""
    readings(booted)
    booted.configure(
        "MeterValuesSampledData",
        f"{ENERGY}, Power.Active.Import,Voltage,Frequency,Temperature,SoC",
    )
    booted.charge()
    booted.use(1, 250)
    booted.advance(60)
    ((_, payload),) = booted.seen("MeterValues")
    context = {"context": "Sample.Periodic"}
    assert payload["meterValue"] == [
        {
            "timestamp": booted.time(),
            "sampledValue": [
                {"value": "250", "measurand": ENERGY, "unit": "Wh", **context},
                {"value": "11000", "measurand": "Power.Active.Import", "unit": "W", **context},
                {
                    "value": "230.1",
                    "measurand": "Voltage",
                    "phase": "L1-N",
                    "unit": "V",
                    **context,
                },
                {
                    "value": "229.9",
                    "measurand": "Voltage",
                    "phase": "L2-N",
                    "unit": "V",
                    **context,
                },
                {"value": "50.01", "measurand": "Frequency", **context},
                {"value": "41.5", "measurand": "Temperature", "unit": "Celsius", **context},
                {"value": "55", "measurand": "SoC", "unit": "Percent", **context},
            ],
        }
    ]


def test_core_068_one_phase(booted: Any) -> None:
    """CORE-068: a list may name one phase; what cannot be read is left out."""
    readings(booted)
    del booted.hardware.values["SoC"]
    booted.configure("MeterValuesSampledData", "Voltage.L2-N,SoC,Voltage.L2-N")
    booted.charge()
    booted.advance(60)
    assert values_of(booted.seen("MeterValues")[0][1]) == [("Voltage", "L2-N", "229.9")]


def test_nothing_readable_sends_nothing(booted: Any) -> None:
    """CORE-068: a MeterValues without values does not exist."""
    booted.configure("MeterValuesSampledData", "SoC")
    booted.charge()
    booted.advance(60)
    assert booted.seen("MeterValues") == []


@pytest.mark.parametrize(
    ("measurand", "unit"),
    [
        ("Energy.Reactive.Import.Register", "varh"),
        ("Power.Reactive.Export", "var"),
        ("Power.Factor", None),
        ("Power.Offered", "W"),
        ("Current.Import", "A"),
        ("RPM", None),
    ],
)
def test_core_079_units(booted: Any, measurand: str, unit: Any) -> None:
    """CORE-079, DIS-02: the unit of each measurand; none where the standard has none."""
    booted.hardware.measurands = (measurand,)
    booted.hardware.values[measurand] = "1"
    booted.configure("MeterValuesSampledData", measurand)
    booted.charge()
    booted.advance(60)
    (value,) = booted.seen("MeterValues")[0][1]["meterValue"][0]["sampledValue"]
    assert value.get("unit") == unit


def test_core_069_core_070_clock_aligned(booted: Any) -> None:
    """CORE-069, CORE-070, CORE-082, CORE-083: at the end of each interval since midnight, stamped
    with its start; without a transaction there is no transactionId; 0 is the main meter."""
    booted.advance(100)
    booted.configure("ClockAlignedDataInterval", "900")
    booted.configure("MeterValueSampleInterval", "0")
    booted.hardware.energy = [500, 10, 20]
    booted.charge(2)
    booted.seen()
    booted.advance(799)
    assert booted.seen("MeterValues") == []
    booted.advance(1)
    calls = booted.seen("MeterValues")
    assert [
        (payload["connectorId"], payload.get("transactionId"), values_of(payload)[0][2])
        for _, payload in calls
    ] == [(0, None, "500"), (1, None, "10"), (2, 7, "20")]
    for _, payload in calls:
        assert payload["meterValue"][0]["timestamp"] == "2026-01-01T00:00:00Z"
        assert payload["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"
    inlet = calls[0][1]["meterValue"][0]["sampledValue"][0]
    assert inlet["location"] == "Inlet"
    booted.advance(900)
    assert booted.seen("MeterValues")[0][1]["meterValue"][0]["timestamp"] == (
        "2026-01-01T00:15:00Z"
    )


def test_core_069_zero_means_none(booted: Any) -> None:
    """CORE-069: 0 switches them off again."""
    booted.configure("ClockAlignedDataInterval", "60")
    booted.configure("ClockAlignedDataInterval", "0")
    booted.advance(200)
    assert booted.seen("MeterValues") == []


def test_core_069_intervals_begin_at_midnight(booted: Any) -> None:
    """CORE-069: an interval that does not divide the day starts anew at midnight."""
    booted.configure("HeartbeatInterval", "200000")
    booted.configure("ClockAlignedDataInterval", "50000")
    booted.advance(86399)
    booted.seen()
    booted.advance(1)
    assert booted.seen("MeterValues")[0][1]["meterValue"][0]["timestamp"] == (
        "2026-01-01T13:53:20Z"
    )
    booted.advance(50000)
    assert booted.seen("MeterValues")[0][1]["meterValue"][0]["timestamp"] == (
        "2026-01-02T00:00:00Z"
    )


def test_core_070_averages(booted: Any) -> None:
    """CORE-070: what is no register is averaged over the interval."""
    booted.configure("MeterValuesAlignedData", "Power.Active.Import,Temperature")
    booted.configure("StopTxnAlignedData", "Power.Active.Import")
    booted.configure("MeterValueSampleInterval", "0")
    booted.hardware.values = {"Power.Active.Import": "1000", "Temperature": "-3.5"}
    booted.configure("ClockAlignedDataInterval", "120")
    booted.advance(60)
    booted.hardware.values = {"Power.Active.Import": "2000", "Temperature": "-2"}
    booted.advance(60)
    # At 0, 30 and 60 s it was the old value, at 90 and 120 s the new one: 3 to 2; the reading
    # at 60 s comes before the change.
    values = dict.fromkeys(range(3))
    for _, payload in booted.seen("MeterValues"):
        values[payload["connectorId"]] = [value for _, _, value in values_of(payload)]
    assert values[1] == ["1400", "-2.9"]
    booted.charge()
    booted.advance(60)
    booted.hardware.values["Power.Active.Import"] = "5000"
    booted.advance(60)
    booted.tag()
    ((_, stop),) = booted.seen("StopTransaction")
    averaged = [
        value["value"]
        for entry in stop["transactionData"]
        for value in entry["sampledValue"]
        if value["context"] == "Sample.Clock"
    ]
    assert averaged == ["3500"]


def test_core_071_core_072_transaction_data(booted: Any) -> None:
    """CORE-071, CORE-072: begin, samples and end of what StopTxnSampledData lists."""
    readings(booted)
    booted.configure("StopTxnSampledData", f"{ENERGY},SoC")
    booted.charge()
    begin = booted.now
    booted.use(1, 90)
    booted.advance(60)
    booted.use(1, 10)
    booted.advance(5)
    booted.tag()
    ((_, payload),) = booted.seen("StopTransaction")
    assert [
        (
            entry["timestamp"],
            [(value["context"], value["value"]) for value in entry["sampledValue"]],
        )
        for entry in payload["transactionData"]
    ] == [
        (booted.time(begin), [("Transaction.Begin", "0"), ("Transaction.Begin", "55")]),
        (booted.time(begin + 60), [("Sample.Periodic", "90"), ("Sample.Periodic", "55")]),
        (booted.time(begin + 65), [("Transaction.End", "100"), ("Transaction.End", "55")]),
    ]


def test_core_071_aligned_transaction_data(booted: Any) -> None:
    """CORE-071: StopTxnAlignedData likewise, at the clock's boundaries."""
    booted.configure("ClockAlignedDataInterval", "60")
    booted.configure("MeterValuesAlignedData", "")
    booted.configure("StopTxnAlignedData", ENERGY)
    booted.advance(30)
    booted.charge()
    booted.advance(60)
    booted.tag()
    ((_, payload),) = booted.seen("StopTransaction")
    assert [
        value["context"] for entry in payload["transactionData"] for value in entry["sampledValue"]
    ] == ["Transaction.Begin", "Sample.Clock", "Transaction.End"]


def test_core_071_none_by_default(booted: Any) -> None:
    """CORE-071: with both lists empty there is no transactionData."""
    booted.charge()
    booted.advance(60)
    booted.tag()
    ((_, payload),) = booted.seen("StopTransaction")
    assert "transactionData" not in payload


def test_core_073_thinned_evenly(bench: Any) -> None:
    """CORE-073: never more than StopTransactionMaxMeterValues; begin and end always there."""
    bench.settings.stop_meter_values = 10
    bench.boot()
    bench.configure("HeartbeatInterval", "86400")
    bench.configure("StopTxnSampledData", ENERGY)
    bench.charge()
    for _ in range(100):
        bench.use(1, 1)
        bench.advance(60)
    bench.use(1, 1)
    bench.tag()
    ((_, payload),) = bench.seen("StopTransaction")
    values = [int(entry["sampledValue"][0]["value"]) for entry in payload["transactionData"]]
    assert 5 <= len(values) <= 10
    assert (values[0], values[-1]) == (0, 101)
    gaps = {second - first for first, second in itertools.pairwise(values[1:-1])}
    assert len(gaps) == 1


@pytest.mark.parametrize(
    "key",
    [
        "MeterValuesSampledData",
        "MeterValuesAlignedData",
        "StopTxnSampledData",
        "StopTxnAlignedData",
    ],
)
def test_core_074_core_075_lists_are_checked(booted: Any, key: str) -> None:
    """CORE-074, CORE-075: unsupported measurands and lists too long are Rejected."""
    before = booted.call("GetConfiguration", f'{{"key":["{key}"]}}')
    for value in ("RPM", f"{ENERGY},Nonsense", "Voltage.L3-N", ",".join(["SoC"] * 17)):
        assert booted.call("ChangeConfiguration", f'{{"key":"{key}","value":"{value}"}}') == {
            "status": "Rejected"
        }
    assert booted.call("GetConfiguration", f'{{"key":["{key}"]}}') == before
    booted.configure(key, f"{ENERGY},Voltage.L1-N")


def test_core_085_rt_006_triggered(booted: Any) -> None:
    """CORE-085, RT-006, RT-013: context Trigger, the sampled measurands, every connector."""
    booted.charge(2)
    booted.use(2, 33)
    sender = booted.station.hooks.register_triggers()["MeterValues"]
    assert sender(None) == "Accepted"
    booted.settle()
    calls = booted.seen("MeterValues")
    assert [
        (payload["connectorId"], payload.get("transactionId"), values_of(payload)[0][2])
        for _, payload in calls
    ] == [(0, None, "0"), (1, None, "0"), (2, 7, "33")]
    assert {payload["meterValue"][0]["sampledValue"][0]["context"] for _, payload in calls} == {
        "Trigger"
    }
    assert sender(1) == "Accepted"
    booted.settle()
    assert len(booted.seen("MeterValues")) == 1


def test_triggered_values_that_are_refused(booted: Any) -> None:
    """RT-006: triggered values are current ones; they are not repeated."""
    booted.answers["MeterValues"] = ["InternalError", ""]
    booted.station.hooks.register_triggers()["MeterValues"](1)
    booted.settle()
    booted.advance(200)
    assert len(booted.seen("MeterValues")) == 1


def test_the_clock_moves(booted: Any) -> None:
    """CORE-069: boundaries follow the clock when it is corrected."""
    booted.configure("HeartbeatInterval", "86400")
    booted.configure("ClockAlignedDataInterval", "3600")
    booted.station.set_utc(booted.station.utc() + 3000)
    booted.advance(599)
    assert booted.seen("MeterValues") == []
    booted.advance(1)
    assert len(booted.seen("MeterValues")) == 3


def test_rt_002_nothing_to_trigger(booted: Any) -> None:
    """RT-002: Accepted would mean that something is sent."""
    booted.configure("MeterValuesSampledData", "")
    assert booted.station.hooks.register_triggers()["MeterValues"](1) == "Rejected"


def test_rt_002_values_without_a_time(bench: Any) -> None:
    """RT-002: before the time is known there is no MeterValues to send."""
    bench.build()
    assert bench.station.hooks.register_triggers()["MeterValues"](1) == "Rejected"
