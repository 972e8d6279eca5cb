"""Boot, status, availability, reset and unlocking, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.core_profile import messages as m

MESSAGES = [
    (m.BootNotificationRequest, '{"chargePointVendor":"V","chargePointModel":"M"}', "valid"),
    (
        m.BootNotificationRequest,
        '{"chargePointVendor":"VendorX","chargePointModel":"SingleSocketCharger",'
        '"chargePointSerialNumber":"CP-0001","chargeBoxSerialNumber":"CB-0001",'
        '"firmwareVersion":"1.0.3-rc1","iccid":"8931080019073497795","imsi":"204043123456789",'
        '"meterType":"three-phase","meterSerialNumber":"MT-0001"}',
        "valid",
    ),
    (m.BootNotificationRequest, "{}", "ProtocolError chargePointModel"),
    (m.BootNotificationRequest, '{"chargePointModel":"M"}', "ProtocolError chargePointVendor"),
    (
        m.BootNotificationRequest,
        '{"chargePointVendor":"ABCDEFGHIJKLMNOPQRSTU","chargePointModel":"M"}',
        "PropertyConstraintViolation chargePointVendor",
    ),
    (
        m.BootNotificationRequest,
        '{"chargePointVendor":"V","chargePointModel":1}',
        "TypeConstraintViolation chargePointModel",
    ),
    (
        m.BootNotificationRequest,
        '{"chargePointVendor":"V","chargePointModel":"M","iccid":null}',
        "TypeConstraintViolation iccid",
    ),
    (
        m.BootNotificationRequest,
        '{"chargePointVendor":"V","chargePointModel":"M","colour":"red"}',
        "FormationViolation colour",
    ),
    (
        m.BootNotificationResponse,
        '{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}',
        "valid",
    ),
    (
        m.BootNotificationResponse,
        '{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","heartbeatInterval":300}',
        "FormationViolation heartbeatInterval",  # DIS-11
    ),
    (
        m.BootNotificationResponse,
        '{"status":"accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}',
        "PropertyConstraintViolation status",
    ),
    (
        m.BootNotificationResponse,
        '{"status":"Accepted","currentTime":"now","interval":300}',
        "PropertyConstraintViolation currentTime",
    ),
    (
        m.BootNotificationResponse,
        '{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":1.5}',
        "TypeConstraintViolation interval",
    ),
    (
        m.BootNotificationResponse,
        '{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z"}',
        "ProtocolError interval",
    ),
    (m.HeartbeatRequest, "{}", "valid"),
    (
        m.HeartbeatRequest,
        '{"currentTime":"2026-01-01T00:00:00Z"}',
        "FormationViolation currentTime",
    ),
    (m.HeartbeatRequest, "[]", "FormationViolation payload"),
    (m.HeartbeatResponse, '{"currentTime":"2026-01-01T00:00:00.000+01:00"}', "valid"),
    (m.HeartbeatResponse, '{"currentTime":"2013-01-01T00:00Z"}', "valid"),  # CORE-004, DIS-10
    (m.HeartbeatResponse, "{}", "ProtocolError currentTime"),
    (m.HeartbeatResponse, '{"currentTime":1767225600}', "TypeConstraintViolation currentTime"),
    (
        m.HeartbeatResponse,
        '{"currentTime":"2026-02-30T00:00:00Z"}',
        "PropertyConstraintViolation currentTime",
    ),
    (
        m.StatusNotificationRequest,
        '{"connectorId":0,"errorCode":"NoError","status":"Available"}',
        "valid",
    ),
    (
        m.StatusNotificationRequest,
        '{"connectorId":2,"errorCode":"OtherError","info":"pump","status":"Faulted",'
        '"timestamp":"2026-01-01T00:00:00Z","vendorId":"com.example","vendorErrorCode":"E17"}',
        "valid",
    ),
    (
        m.StatusNotificationRequest,
        '{"connectorId":"2","errorCode":"NoError","status":"Available"}',
        "TypeConstraintViolation connectorId",
    ),
    (
        m.StatusNotificationRequest,
        '{"connectorId":2,"errorCode":"NoError","status":"Occupied"}',
        "PropertyConstraintViolation status",
    ),
    (
        m.StatusNotificationRequest,
        '{"connectorId":2,"errorCode":"Mode3Error","status":"Faulted"}',
        "PropertyConstraintViolation errorCode",
    ),
    (
        m.StatusNotificationRequest,
        '{"connectorId":2,"errorCode":"NoError","status":"Available","info":"' + "i" * 51 + '"}',
        "PropertyConstraintViolation info",
    ),
    (
        m.StatusNotificationRequest,
        '{"connectorId":2,"status":"Faulted"}',
        "ProtocolError errorCode",
    ),
    (m.StatusNotificationResponse, "{}", "valid"),
    (m.StatusNotificationResponse, '{"status":"Accepted"}', "FormationViolation status"),
    (m.ChangeAvailabilityRequest, '{"connectorId":0,"type":"Inoperative"}', "valid"),
    (m.ChangeAvailabilityRequest, '{"connectorId":1,"type":"Operative"}', "valid"),
    (m.ChangeAvailabilityRequest, '{"type":"Operative"}', "ProtocolError connectorId"),
    (
        m.ChangeAvailabilityRequest,
        '{"connectorId":true,"type":"Operative"}',
        "TypeConstraintViolation connectorId",
    ),
    (
        m.ChangeAvailabilityRequest,
        '{"connectorId":1,"type":"Unavailable"}',
        "PropertyConstraintViolation type",
    ),
    (
        m.ChangeAvailabilityRequest,
        '{"connectorId":1,"type":"Operative","evseId":1}',
        "FormationViolation evseId",
    ),
    (m.ChangeAvailabilityResponse, '{"status":"Scheduled"}', "valid"),
    (
        m.ChangeAvailabilityResponse,
        '{"status":"Delayed"}',
        "PropertyConstraintViolation status",
    ),
    (m.ResetRequest, '{"type":"Soft"}', "valid"),
    (m.ResetRequest, '{"type":"Hard"}', "valid"),
    (m.ResetRequest, "{}", "ProtocolError type"),
    (m.ResetRequest, '{"type":"soft"}', "PropertyConstraintViolation type"),
    (m.ResetRequest, '{"type":1}', "TypeConstraintViolation type"),
    (m.ResetRequest, '{"type":"Soft","evseId":1}', "FormationViolation evseId"),
    (m.ResetResponse, '{"status":"Rejected"}', "valid"),
    (m.ResetResponse, '{"status":"Scheduled"}', "PropertyConstraintViolation status"),
    (m.UnlockConnectorRequest, '{"connectorId":1}', "valid"),
    (m.UnlockConnectorRequest, "{}", "ProtocolError connectorId"),
    (m.UnlockConnectorRequest, '{"connectorId":1.0}', "TypeConstraintViolation connectorId"),
    (m.UnlockConnectorRequest, '{"connectorId":1,"id":2}', "FormationViolation id"),
    (m.UnlockConnectorResponse, '{"status":"NotSupported"}', "valid"),
    (m.UnlockConnectorResponse, '{"status":"Accepted"}', "PropertyConstraintViolation status"),
]

EXCHANGES = [
    (
        m.BootNotification,
        '{"chargePointVendor":"VendorX","chargePointModel":"M1"}',
        '{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}',
    ),
    (m.Heartbeat, "{}", '{"currentTime":"2026-01-01T00:00:00Z"}'),
    (m.StatusNotification, '{"connectorId":1,"errorCode":"NoError","status":"Charging"}', "{}"),
    (m.ChangeAvailability, '{"connectorId":1,"type":"Inoperative"}', '{"status":"Scheduled"}'),
    (m.Reset, '{"type":"Hard"}', '{"status":"Accepted"}'),
    (m.UnlockConnector, '{"connectorId":1}', '{"status":"Unlocked"}'),
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
