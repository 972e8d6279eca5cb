"""Authorization and transactions, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.core_profile import messages as m

MESSAGES = [
    (m.AuthorizeRequest, '{"idTag":"044943121F1D80"}', "valid"),
    (m.AuthorizeRequest, '{"idTag":"ABCDEFGHIJKLMNOPQRST"}', "valid"),
    (
        m.AuthorizeRequest,
        '{"idTag":"ABCDEFGHIJKLMNOPQRSTU"}',
        "PropertyConstraintViolation idTag",
    ),
    (m.AuthorizeRequest, "{}", "ProtocolError idTag"),
    (m.AuthorizeRequest, '{"idTag":44943121}', "TypeConstraintViolation idTag"),
    (m.AuthorizeRequest, '{"idTag":"A","idToken":"A"}', "FormationViolation idToken"),
    (m.AuthorizeResponse, '{"idTagInfo":{"status":"ConcurrentTx"}}', "valid"),
    (
        m.AuthorizeResponse,
        '{"idTagInfo":{"status":"Accepted","expiryDate":"2027-01-01T00:00:00Z",'
        '"parentIdTag":"FLEET"}}',
        "valid",
    ),
    (m.AuthorizeResponse, '{"idTagInfo":{}}', "ProtocolError idTagInfo.status"),
    (m.AuthorizeResponse, '{"idTagInfo":"Accepted"}', "TypeConstraintViolation idTagInfo"),
    (
        m.AuthorizeResponse,
        '{"idTagInfo":{"status":"Unknown"}}',
        "PropertyConstraintViolation idTagInfo.status",
    ),
    (
        m.AuthorizeResponse,
        '{"idTagInfo":{"status":"Accepted","expiryDate":"tomorrow"}}',
        "PropertyConstraintViolation idTagInfo.expiryDate",
    ),
    (
        m.AuthorizeResponse,
        '{"idTagInfo":{"status":"Accepted","language":"nl"}}',
        "FormationViolation idTagInfo.language",
    ),
    (
        m.StartTransactionRequest,
        '{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}',
        "valid",
    ),
    (
        m.StartTransactionRequest,
        '{"connectorId":1,"idTag":"A","meterStart":10,"reservationId":5,'
        '"timestamp":"2026-01-01T00:00:00Z"}',
        "valid",
    ),
    (
        m.StartTransactionRequest,
        '{"connectorId":1,"idTag":"A","meterStart":10.5,"timestamp":"2026-01-01T00:00:00Z"}',
        "TypeConstraintViolation meterStart",
    ),
    (
        m.StartTransactionRequest,
        '{"connectorId":1,"idTag":"A","meterStart":10}',
        "ProtocolError timestamp",
    ),
    (
        m.StartTransactionRequest,
        '{"connectorId":1,"idTag":"A","meterStart":1,"timestamp":"2026-01-01 00"}',
        "PropertyConstraintViolation timestamp",
    ),
    (
        m.StartTransactionRequest,
        '{"connectorId":1,"idTag":"A","meterStart":1,"timestamp":"2026-01-01T00:00:00Z","x":{}}',
        "FormationViolation x",
    ),
    (
        m.StartTransactionResponse,
        '{"idTagInfo":{"status":"Accepted"},"transactionId":-1}',
        "valid",
    ),
    (
        m.StartTransactionResponse,
        '{"idTagInfo":{"status":"Accepted"},"transactionId":"42"}',
        "TypeConstraintViolation transactionId",
    ),
    (
        m.StartTransactionResponse,
        '{"idTagInfo":{"status":"Accepted"}}',
        "ProtocolError transactionId",
    ),
    (
        m.StopTransactionRequest,
        '{"meterStop":100,"timestamp":"2026-01-01T01:00:00Z","transactionId":7}',
        "valid",
    ),
    (
        m.StopTransactionRequest,
        '{"idTag":"A","meterStop":100,"timestamp":"2026-01-01T01:00:00Z","transactionId":7,'
        '"reason":"EVDisconnected","transactionData":[{"timestamp":"2026-01-01T01:00:00Z",'
        '"sampledValue":[{"value":"100","context":"Transaction.End","unit":"Wh"}]}]}',
        "valid",
    ),
    # DIS-01: the official schema has only the other spelling here.
    (
        m.StopTransactionRequest,
        '{"meterStop":1,"timestamp":"2026-01-01T01:00:00Z","transactionId":7,"transactionData":'
        '[{"timestamp":"2026-01-01T01:00:00Z","sampledValue":[{"value":"21","unit":"Celsius"},'
        '{"value":"21","unit":"Celcius"}]}]}',
        "valid",
    ),
    # DIS-04: transactionData is 0..*, what is in it 1..*.
    (
        m.StopTransactionRequest,
        '{"meterStop":1,"timestamp":"2026-01-01T01:00:00Z","transactionId":7,"transactionData":[]}',
        "valid",
    ),
    (
        m.StopTransactionRequest,
        '{"meterStop":1,"timestamp":"2026-01-01T01:00:00Z","transactionId":7,"transactionData":'
        '[{"timestamp":"2026-01-01T01:00:00Z","sampledValue":[]}]}',
        "OccurenceConstraintViolation transactionData[0].sampledValue",
    ),
    (
        m.StopTransactionRequest,
        '{"meterStop":1,"timestamp":"2026-01-01T01:00:00Z","transactionId":7,"reason":"Timeout"}',
        "PropertyConstraintViolation reason",
    ),
    (
        m.StopTransactionRequest,
        '{"meterStop":1,"timestamp":"2026-01-01T01:00:00Z"}',
        "ProtocolError transactionId",
    ),
    (
        m.StopTransactionRequest,
        '{"meterStop":null,"timestamp":"2026-01-01T01:00:00Z","transactionId":7}',
        "TypeConstraintViolation meterStop",
    ),
    (m.StopTransactionResponse, "{}", "valid"),
    (m.StopTransactionResponse, '{"idTagInfo":{"status":"Expired"}}', "valid"),
    (m.StopTransactionResponse, '{"idTagInfo":null}', "TypeConstraintViolation idTagInfo"),
    (m.RemoteStartTransactionRequest, '{"idTag":"A"}', "valid"),
    (
        m.RemoteStartTransactionRequest,
        '{"connectorId":1,"idTag":"A","chargingProfile":{"chargingProfileId":1,"transactionId":7,'
        '"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Recurring",'
        '"recurrencyKind":"Daily","validFrom":"2026-01-01T00:00:00Z",'
        '"validTo":"2027-01-01T00:00:00Z","chargingSchedule":{"duration":86400,'
        '"startSchedule":"2026-01-01T00:00:00Z","chargingRateUnit":"A","minChargingRate":8.1,'
        '"chargingSchedulePeriod":[{"startPeriod":0,"limit":16,"numberPhases":3},'
        '{"startPeriod":3600,"limit":8.1}]}}}',
        "valid",
    ),
    (
        m.RemoteStartTransactionRequest,
        '{"idTag":"A","chargingProfile":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",'
        '"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":'
        '[{"startPeriod":0,"limit":8.15}]}}}',
        "PropertyConstraintViolation "
        "chargingProfile.chargingSchedule.chargingSchedulePeriod[0].limit",
    ),
    (
        m.RemoteStartTransactionRequest,
        '{"idTag":"A","chargingProfile":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",'
        '"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[]}}}',
        "OccurenceConstraintViolation chargingProfile.chargingSchedule.chargingSchedulePeriod",
    ),
    (
        m.RemoteStartTransactionRequest,
        '{"idTag":"A","chargingProfile":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative"}}',
        "ProtocolError chargingProfile.chargingSchedule",
    ),
    (m.RemoteStartTransactionRequest, '{"connectorId":1}', "ProtocolError idTag"),
    (
        m.RemoteStartTransactionRequest,
        '{"idTag":"A","connectorId":"1"}',
        "TypeConstraintViolation connectorId",
    ),
    (m.RemoteStartTransactionRequest, '{"idTag":"A","evse":1}', "FormationViolation evse"),
    (m.RemoteStartTransactionResponse, '{"status":"Accepted"}', "valid"),
    (
        m.RemoteStartTransactionResponse,
        '{"status":"Scheduled"}',
        "PropertyConstraintViolation status",
    ),
    (m.RemoteStopTransactionRequest, '{"transactionId":7}', "valid"),
    (
        m.RemoteStopTransactionRequest,
        '{"transactionId":"7"}',
        "TypeConstraintViolation transactionId",
    ),
    (m.RemoteStopTransactionRequest, "{}", "ProtocolError transactionId"),
    (
        m.RemoteStopTransactionRequest,
        '{"transactionId":7,"reason":"Remote"}',
        "FormationViolation reason",
    ),
    (m.RemoteStopTransactionResponse, '{"status":"Rejected"}', "valid"),
    (
        m.RemoteStopTransactionResponse,
        '{"status":"REJECTED"}',
        "PropertyConstraintViolation status",
    ),
]

EXCHANGES = [
    (
        m.Authorize,
        '{"idTag":"A"}',
        '{"idTagInfo":{"status":"Accepted","parentIdTag":"FLEET"}}',
    ),
    (
        m.StartTransaction,
        '{"connectorId":1,"idTag":"A","meterStart":10,"timestamp":"2026-01-01T00:00:00Z"}',
        '{"idTagInfo":{"status":"Accepted"},"transactionId":7}',
    ),
    (
        m.StopTransaction,
        '{"meterStop":100,"timestamp":"2026-01-01T01:00:00Z","transactionId":7,"reason":"Local"}',
        "{}",
    ),
    (m.RemoteStartTransaction, '{"idTag":"A","connectorId":2}', '{"status":"Accepted"}'),
    (m.RemoteStopTransaction, '{"transactionId":7}', '{"status":"Rejected"}'),
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
