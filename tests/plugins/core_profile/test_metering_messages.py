"""Meter values, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.core_profile import messages as m

T = "2026-01-01T00:00:00Z"

MESSAGES = [
    (
        m.MeterValuesRequest,
        f'{{"connectorId":0,"meterValue":[{{"timestamp":"{T}","sampledValue":[{{"value":"1"}}]}}]}}',
        "valid",
    ),
    (
        m.MeterValuesRequest,
        '{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"2026-01-01T00:15:00Z",'
        '"sampledValue":[{"value":"1234","context":"Sample.Clock","format":"Raw",'
        '"measurand":"Energy.Active.Import.Register","phase":"L1-N","location":"Outlet",'
        '"unit":"Wh"},{"value":"49.98","measurand":"Frequency"}]},'
        '{"timestamp":"2026-01-01T00:30:00Z","sampledValue":[{"value":"a0b1","format":"SignedData"}]}]}',
        "valid",
    ),
    # DIS-01: both spellings.
    (
        m.MeterValuesRequest,
        f'{{"connectorId":1,"meterValue":[{{"timestamp":"{T}","sampledValue":['
        '{"value":"21.5","measurand":"Temperature","unit":"Celsius"},'
        '{"value":"21.5","measurand":"Temperature","unit":"Celcius"}]}]}',
        "valid",
    ),
    # DIS-02: frequency has no unit in OCPP 1.6.
    (
        m.MeterValuesRequest,
        f'{{"connectorId":1,"meterValue":[{{"timestamp":"{T}","sampledValue":['
        '{"value":"50.0","measurand":"Frequency","unit":"Hertz"}]}]}',
        "PropertyConstraintViolation meterValue[0].sampledValue[0].unit",
    ),
    # DIS-04: at least one of each.
    (
        m.MeterValuesRequest,
        '{"connectorId":1,"meterValue":[]}',
        "OccurenceConstraintViolation meterValue",
    ),
    (
        m.MeterValuesRequest,
        f'{{"connectorId":1,"meterValue":[{{"timestamp":"{T}","sampledValue":[]}}]}}',
        "OccurenceConstraintViolation meterValue[0].sampledValue",
    ),
    (m.MeterValuesRequest, '{"connectorId":1}', "ProtocolError meterValue"),
    (
        m.MeterValuesRequest,
        f'{{"connectorId":1,"meterValue":[{{"timestamp":"{T}","sampledValue":[{{"value":1}}]}}]}}',
        "TypeConstraintViolation meterValue[0].sampledValue[0].value",
    ),
    (
        m.MeterValuesRequest,
        f'{{"connectorId":1,"meterValue":[{{"timestamp":"{T}","sampledValue":['
        '{"value":"1"},{"unit":"Wh"}]}]}',
        "ProtocolError meterValue[0].sampledValue[1].value",
    ),
    (
        m.MeterValuesRequest,
        f'{{"connectorId":1,"meterValue":[{{"timestamp":"{T}","sampledValue":['
        '{"value":"1","unit":"wh"}]}]}',
        "PropertyConstraintViolation meterValue[0].sampledValue[0].unit",
    ),
    (
        m.MeterValuesRequest,
        f'{{"connectorId":1,"meterValue":[{{"timestamp":"{T}","sampledValue":['
        '{"value":"1","accuracy":"0.5"}]}]}',
        "FormationViolation meterValue[0].sampledValue[0].accuracy",
    ),
    (
        m.MeterValuesRequest,
        '{"connectorId":1,"meterValue":[{"sampledValue":[{"value":"1"}]}]}',
        "ProtocolError meterValue[0].timestamp",
    ),
    (
        m.MeterValuesRequest,
        f'{{"connectorId":1,"transactionId":"7","meterValue":[{{"timestamp":"{T}",'
        '"sampledValue":[{"value":"1"}]}]}',
        "TypeConstraintViolation transactionId",
    ),
    (m.MeterValuesResponse, "{}", "valid"),
    (m.MeterValuesResponse, '{"status":"Accepted"}', "FormationViolation status"),
]

EXCHANGES = [
    (
        m.MeterValues,
        f'{{"connectorId":1,"meterValue":[{{"timestamp":"{T}","sampledValue":[{{"value":"1"}}]}}]}}',
        "{}",
    ),
]


@pytest.mark.parametrize(("message", "text", "expected"), MESSAGES)
def test_a_message_is_valid_or_refused_with_its_code(
    verdict: Callable[[Any, str], str], message: Any, text: str, expected: str
) -> None:
    assert verdict(message, text) == expected


@pytest.mark.parametrize(("action", "call", "response"), EXCHANGES)
def test_an_action_goes_there_and_back_unchanged(
    exchange: Callable[[Any, str, str], list[str]], action: Any, call: str, response: str
) -> None:
    assert exchange(action, call, response) == [
        f'[2,"1","{action.name}",{call}]',
        f'[3,"1",{response}]',
    ]
