"""TriggerMessage, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
from ocpp_plugins.remote_trigger import messages as m

MESSAGES = [
    (m.TriggerMessageRequest, '{"requestedMessage":"Heartbeat"}', "valid"),
    (m.TriggerMessageRequest, '{"requestedMessage":"MeterValues","connectorId":1}', "valid"),
    # DIS-07: 0 asks for the status of the charge point itself.
    (m.TriggerMessageRequest, '{"requestedMessage":"StatusNotification","connectorId":0}', "valid"),
    # DIS-08: the status NotImplemented answers these, not an error.
    (m.TriggerMessageRequest, '{"requestedMessage":"StartTransaction"}', "valid"),
    (m.TriggerMessageRequest, '{"requestedMessage":"heartbeat"}', "valid"),
    (m.TriggerMessageRequest, "{}", "ProtocolError requestedMessage"),
    (
        m.TriggerMessageRequest,
        '{"requestedMessage":null}',
        "TypeConstraintViolation requestedMessage",
    ),
    (
        m.TriggerMessageRequest,
        '{"requestedMessage":"Heartbeat","connectorId":"1"}',
        "TypeConstraintViolation connectorId",
    ),
    (
        m.TriggerMessageRequest,
        '{"requestedMessage":"Heartbeat","evse":1}',
        "FormationViolation evse",
    ),
    (m.TriggerMessageResponse, '{"status":"NotImplemented"}', "valid"),
    # DIS-13: the text's spelling.
    (
        m.TriggerMessageResponse,
        '{"status":"NOT_IMPLEMENTED"}',
        "PropertyConstraintViolation status",
    ),
    (m.TriggerMessageResponse, "{}", "ProtocolError status"),
]

EXCHANGES = [
    (
        m.TriggerMessage,
        '{"requestedMessage":"StatusNotification","connectorId":0}',
        '{"status":"Accepted"}',
    ),
    (m.TriggerMessage, '{"requestedMessage":"Nonsense"}', '{"status":"NotImplemented"}'),
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


def test_every_triggerable_message_of_the_specification_is_named() -> None:
    assert set(get_args(m.MessageTrigger)) == {
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    }
