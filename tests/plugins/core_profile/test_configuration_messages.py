"""Configuration, authorization cache and vendors' data, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.core_profile import messages as m

MESSAGES = [
    (m.ChangeConfigurationRequest, '{"key":"HeartbeatInterval","value":"60"}', "valid"),
    (
        m.ChangeConfigurationRequest,
        '{"key":"K","value":"' + "v" * 500 + '"}',
        "valid",
    ),
    (
        m.ChangeConfigurationRequest,
        '{"key":"K","value":"' + "v" * 501 + '"}',
        "PropertyConstraintViolation value",
    ),
    (
        m.ChangeConfigurationRequest,
        '{"key":"' + "k" * 51 + '","value":""}',
        "PropertyConstraintViolation key",
    ),
    (m.ChangeConfigurationRequest, '{"key":"K"}', "ProtocolError value"),
    (m.ChangeConfigurationRequest, '{"key":"K","value":60}', "TypeConstraintViolation value"),
    (
        m.ChangeConfigurationRequest,
        '{"key":"K","value":"60","unit":"s"}',
        "FormationViolation unit",
    ),
    (m.ChangeConfigurationResponse, '{"status":"RebootRequired"}', "valid"),
    (
        m.ChangeConfigurationResponse,
        '{"status":"RebootRequested"}',
        "PropertyConstraintViolation status",
    ),
    (m.ChangeConfigurationResponse, "{}", "ProtocolError status"),
    (m.GetConfigurationRequest, "{}", "valid"),
    (m.GetConfigurationRequest, '{"key":[]}', "valid"),
    (m.GetConfigurationRequest, '{"key":["HeartbeatInterval","NoSuchKey"]}', "valid"),
    (m.GetConfigurationRequest, '{"key":"HeartbeatInterval"}', "TypeConstraintViolation key"),
    (m.GetConfigurationRequest, '{"key":["A",1]}', "TypeConstraintViolation key[1]"),
    (
        m.GetConfigurationRequest,
        '{"key":["A","' + "k" * 51 + '"]}',
        "PropertyConstraintViolation key[1]",
    ),
    (m.GetConfigurationRequest, '{"keys":[]}', "FormationViolation keys"),
    (m.GetConfigurationResponse, "{}", "valid"),
    (
        m.GetConfigurationResponse,
        '{"configurationKey":[{"key":"A","readonly":true},'
        '{"key":"B","readonly":false,"value":""}],"unknownKey":["C"]}',
        "valid",
    ),
    (
        m.GetConfigurationResponse,
        '{"configurationKey":[{"key":"A","readonly":true},{"key":"B"}]}',
        "ProtocolError configurationKey[1].readonly",
    ),
    (
        m.GetConfigurationResponse,
        '{"configurationKey":[{"key":"A","readonly":"true"}]}',
        "TypeConstraintViolation configurationKey[0].readonly",
    ),
    (
        m.GetConfigurationResponse,
        '{"configurationKey":[{"key":"A","readonly":1}]}',
        "TypeConstraintViolation configurationKey[0].readonly",
    ),
    (
        m.GetConfigurationResponse,
        '{"configurationKey":[{"key":"A","readonly":true,"unit":"s"}]}',
        "FormationViolation configurationKey[0].unit",
    ),
    (
        m.GetConfigurationResponse,
        '{"configurationKey":["A"]}',
        "TypeConstraintViolation configurationKey[0]",
    ),
    (m.ClearCacheRequest, "{}", "valid"),
    (m.ClearCacheRequest, '{"all":true}', "FormationViolation all"),
    (m.ClearCacheRequest, "null", "FormationViolation payload"),
    (m.ClearCacheResponse, '{"status":"Accepted"}', "valid"),
    (m.ClearCacheResponse, '{"status":true}', "TypeConstraintViolation status"),
    (m.ClearCacheResponse, '{"status":"Done"}', "PropertyConstraintViolation status"),
    (m.DataTransferRequest, '{"vendorId":"com.example"}', "valid"),
    (
        m.DataTransferRequest,
        '{"vendorId":"com.example","messageId":"iccid","data":"' + "d" * 20000 + '"}',
        "valid",
    ),
    (m.DataTransferRequest, '{"data":"x"}', "ProtocolError vendorId"),
    (
        m.DataTransferRequest,
        '{"vendorId":"' + "v" * 256 + '"}',
        "PropertyConstraintViolation vendorId",
    ),
    (
        m.DataTransferRequest,
        '{"vendorId":"V","messageId":"' + "i" * 51 + '"}',
        "PropertyConstraintViolation messageId",
    ),
    (m.DataTransferRequest, '{"vendorId":"V","data":{}}', "TypeConstraintViolation data"),
    (m.DataTransferRequest, '{"vendorId":"V","id":1}', "FormationViolation id"),
    (m.DataTransferResponse, '{"status":"UnknownVendorId"}', "valid"),
    (m.DataTransferResponse, '{"status":"Accepted","data":"{}"}', "valid"),
    (
        m.DataTransferResponse,
        '{"status":"UnknownVendor"}',
        "PropertyConstraintViolation status",  # DIS-12
    ),
    (m.DataTransferResponse, '{"status":"Accepted","data":null}', "TypeConstraintViolation data"),
]

EXCHANGES = [
    (m.ChangeConfiguration, '{"key":"HeartbeatInterval","value":"60"}', '{"status":"Accepted"}'),
    (
        m.GetConfiguration,
        '{"key":["HeartbeatInterval","X"]}',
        '{"configurationKey":[{"key":"HeartbeatInterval","readonly":false,"value":"60"}],'
        '"unknownKey":["X"]}',
    ),
    (m.ClearCache, "{}", '{"status":"Rejected"}'),
    (m.DataTransfer, '{"vendorId":"com.example","data":"1,5 €"}', '{"status":"Accepted"}'),
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
