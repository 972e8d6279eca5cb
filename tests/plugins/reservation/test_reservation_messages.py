"""Reservations, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.reservation import messages as m

MESSAGES = [
    (
        m.ReserveNowRequest,
        '{"connectorId":0,"expiryDate":"2026-01-01T01:00:00Z","idTag":"A","reservationId":1}',
        "valid",
    ),
    (
        m.ReserveNowRequest,
        '{"connectorId":1,"expiryDate":"2026-01-01T01:00:00+02:00","idTag":"A",'
        '"parentIdTag":"FLEET","reservationId":2}',
        "valid",
    ),
    (
        m.ReserveNowRequest,
        '{"connectorId":1,"idTag":"A","reservationId":1}',
        "ProtocolError expiryDate",
    ),
    (
        m.ReserveNowRequest,
        '{"connectorId":1,"expiryDate":"in an hour","idTag":"A","reservationId":1}',
        "PropertyConstraintViolation expiryDate",
    ),
    (
        m.ReserveNowRequest,
        '{"connectorId":1,"expiryDate":"2026-01-01T01:00:00Z","idTag":"A","reservationId":"1"}',
        "TypeConstraintViolation reservationId",
    ),
    (
        m.ReserveNowRequest,
        '{"connectorId":1,"expiryDate":"2026-01-01T01:00:00Z","idTag":"A","reservationId":1,'
        '"parentIdTag":"ABCDEFGHIJKLMNOPQRSTU"}',
        "PropertyConstraintViolation parentIdTag",
    ),
    (
        m.ReserveNowRequest,
        '{"connectorId":1,"expiryDate":"2026-01-01T01:00:00Z","idTag":"A","reservationId":1,'
        '"vehicle":"V"}',
        "FormationViolation vehicle",
    ),
    (m.ReserveNowResponse, '{"status":"Occupied"}', "valid"),
    (m.ReserveNowResponse, '{"status":"Reserved"}', "PropertyConstraintViolation status"),
    # DIS-15: the text expects it, the message has it not.
    (
        m.ReserveNowResponse,
        '{"status":"Accepted","idTagInfo":{"status":"Accepted"}}',
        "FormationViolation idTagInfo",
    ),
    (m.CancelReservationRequest, '{"reservationId":1}', "valid"),
    (m.CancelReservationRequest, "{}", "ProtocolError reservationId"),
    (
        m.CancelReservationRequest,
        '{"reservationId":1.5}',
        "TypeConstraintViolation reservationId",
    ),
    (
        m.CancelReservationRequest,
        '{"reservationId":1,"connectorId":1}',
        "FormationViolation connectorId",
    ),
    (m.CancelReservationResponse, '{"status":"Rejected"}', "valid"),
    (m.CancelReservationResponse, '{"status":"Unknown"}', "PropertyConstraintViolation status"),
    (m.CancelReservationResponse, '{"status":null}', "TypeConstraintViolation status"),
]

EXCHANGES = [
    (
        m.ReserveNow,
        '{"connectorId":1,"expiryDate":"2026-01-01T01:00:00Z","idTag":"A","reservationId":1}',
        '{"status":"Faulted"}',
    ),
    (m.CancelReservation, '{"reservationId":1}', '{"status":"Accepted"}'),
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
