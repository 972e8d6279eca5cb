"""From journal records to the messages they stand for. Portable.

Values are kept as a flat list: measurand with phase, value, measurand with phase, value ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..messages import (
    MeterValue,
    MeterValues,
    MeterValuesRequest,
    SampledValue,
    StartTransaction,
    StartTransactionRequest,
    StopTransaction,
    StopTransactionRequest,
)

if TYPE_CHECKING:
    from .journal import Journal
    from .recovery import Running

#: The measurand every meter has.
ENERGY = "Energy.Active.Import.Register"
ACTIONS = {"S": "StartTransaction", "M": "MeterValues", "E": "StopTransaction"}

#: The start of a measurand's name, and its unit; the first that fits counts (7.45, CORE-079).
UNITS = (
    ("Energy.R", "varh"),
    ("Energy", "Wh"),
    ("Power.R", "var"),
    ("Power.F", ""),
    ("Power", "W"),
    ("Current", "A"),
    ("Voltage", "V"),
    ("SoC", "Percent"),
    ("Temp", "Celsius"),
)


def split_phase(key: str) -> tuple[str, str]:
    """``Voltage.L1-N`` to ``Voltage`` and ``L1-N``; the phase is "" where there is none."""
    position = key.rfind(".")
    phase = key[position + 1 :]
    if position > 0 and (phase == "N" or phase[:1] == "L"):
        return key[:position], phase
    return key, ""


def request(journal: Journal, record: list[Any]) -> tuple[str, Any]:
    """The CALL a record stands for, with the transactionId as it is known by now."""
    kind = record[1]
    if kind == "S":
        return _start(journal, record)
    if kind == "E":
        return _stop(journal, record)
    payload: MeterValuesRequest = {
        "connectorId": record[6],
        "meterValue": [meter_value(journal, record[3], record[7], record[8], record[6] == 0)],
    }
    if record[4]:
        payload["transactionId"] = _transaction_id(journal, record[4])
    return MeterValues(payload)


def _start(journal: Journal, record: list[Any]) -> tuple[str, Any]:
    payload: StartTransactionRequest = {
        "connectorId": record[6],
        "idTag": record[7],
        "meterStart": record[5],
        "timestamp": journal.timestamp(record[3]),
    }
    if record[8] is not None:
        payload["reservationId"] = record[8]
    return StartTransaction(payload)


def _stop(journal: Journal, record: list[Any]) -> tuple[str, Any]:
    payload: StopTransactionRequest = {
        "transactionId": _transaction_id(journal, record[4]),
        "meterStop": record[5],
        "timestamp": journal.timestamp(record[3]),
    }
    if record[6]:
        payload["idTag"] = record[6]
    if record[7] != "Local":
        payload["reason"] = record[7]
    if record[8]:
        payload["transactionData"] = [
            meter_value(journal, entry[0], entry[1], entry[2], False) for entry in record[8]
        ]
    return StopTransaction(payload)


def _transaction_id(journal: Journal, number: int) -> int:
    known = journal.running[number].transaction_id
    return -1 if known is None else known


def meter_value(
    journal: Journal, time: int, context: Any, values: list[str], inlet: bool
) -> MeterValue:
    """The MeterValue of values read at one instant (CORE-081)."""
    sampled: list[SampledValue] = []
    for position in range(0, len(values), 2):
        measurand, phase = split_phase(values[position])
        value: Any = {
            "value": values[position + 1],
            "context": context,
            "measurand": measurand,
        }
        if phase:
            value["phase"] = phase
        if inlet:
            value["location"] = "Inlet"
        for start, unit in UNITS:
            if measurand.startswith(start):
                if unit:
                    value["unit"] = unit
                break
        sampled.append(value)
    return {"timestamp": journal.timestamp(time), "sampledValue": sampled}


def interrupted_data(running: Running, time: int) -> list[Any] | None:
    """The transaction data that is left after a power cut: begin, and the energy at the end."""
    if not running.begin:
        return None
    energy = [ENERGY, str(running.energy)]
    return [
        [running.started, "Transaction.Begin", running.begin],
        [time, "Transaction.End", energy],
    ]
