"""Firmware updates and diagnostics, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.firmware_mgmt import messages as m

MESSAGES = [
    (
        m.UpdateFirmwareRequest,
        '{"location":"ftp://example.org/fw.bin","retrieveDate":"2026-01-01T00:00:00Z"}',
        "valid",
    ),
    (
        m.UpdateFirmwareRequest,
        '{"location":"https://u:p@example.org:8443/fw.bin?v=2","retries":3,'
        '"retrieveDate":"2026-01-01T00:00:00Z","retryInterval":60}',
        "valid",
    ),
    (
        m.UpdateFirmwareRequest,
        '{"location":"ftp://example.org/fw.bin"}',
        "ProtocolError retrieveDate",
    ),
    (
        m.UpdateFirmwareRequest,
        '{"location":7,"retrieveDate":"2026-01-01T00:00:00Z"}',
        "TypeConstraintViolation location",
    ),
    (
        m.UpdateFirmwareRequest,
        '{"location":"ftp://x/y","retrieveDate":"2026-13-01T00:00:00Z"}',
        "PropertyConstraintViolation retrieveDate",
    ),
    # DIS-18: a number in the schemas of 2015, an integer since.
    (
        m.UpdateFirmwareRequest,
        '{"location":"ftp://x/y","retrieveDate":"2026-01-01T00:00:00Z","retries":1.5}',
        "TypeConstraintViolation retries",
    ),
    (
        m.UpdateFirmwareRequest,
        '{"location":"ftp://x/y","retrieveDate":"2026-01-01T00:00:00Z","checksum":"00"}',
        "FormationViolation checksum",
    ),
    (m.UpdateFirmwareResponse, "{}", "valid"),
    (m.UpdateFirmwareResponse, '{"status":"Accepted"}', "FormationViolation status"),
    (m.FirmwareStatusNotificationRequest, '{"status":"InstallationFailed"}', "valid"),
    (
        m.FirmwareStatusNotificationRequest,
        '{"status":"InstallVerificationFailed"}',
        "PropertyConstraintViolation status",
    ),
    (m.FirmwareStatusNotificationRequest, "{}", "ProtocolError status"),
    (m.FirmwareStatusNotificationRequest, '{"status":[]}', "TypeConstraintViolation status"),
    (
        m.FirmwareStatusNotificationRequest,
        '{"status":"Idle","requestId":1}',
        "FormationViolation requestId",
    ),
    (m.FirmwareStatusNotificationResponse, "{}", "valid"),
    (m.FirmwareStatusNotificationResponse, '{"a":1}', "FormationViolation a"),
    (m.GetDiagnosticsRequest, '{"location":"ftp://example.org/logs/"}', "valid"),
    (
        m.GetDiagnosticsRequest,
        '{"location":"ftp://example.org/logs/","retries":0,"retryInterval":30,'
        '"startTime":"2026-01-01T00:00:00Z","stopTime":"2026-01-02T00:00:00Z"}',
        "valid",
    ),
    (m.GetDiagnosticsRequest, "{}", "ProtocolError location"),
    (
        m.GetDiagnosticsRequest,
        '{"location":"ftp://x/","stopTime":"2026-01-02"}',
        "PropertyConstraintViolation stopTime",
    ),
    (
        m.GetDiagnosticsRequest,
        '{"location":"ftp://x/","retryInterval":"30"}',
        "TypeConstraintViolation retryInterval",
    ),
    (
        m.GetDiagnosticsRequest,
        '{"location":"ftp://x/","logType":"SecurityLog"}',
        "FormationViolation logType",
    ),
    (m.GetDiagnosticsResponse, "{}", "valid"),
    (m.GetDiagnosticsResponse, '{"fileName":"cp1-2026-01-01.log"}', "valid"),
    (
        m.GetDiagnosticsResponse,
        '{"fileName":"' + "f" * 256 + '"}',
        "PropertyConstraintViolation fileName",
    ),
    (m.GetDiagnosticsResponse, '{"filename":"x"}', "FormationViolation filename"),
    (m.DiagnosticsStatusNotificationRequest, '{"status":"UploadFailed"}', "valid"),
    # DIS-30: that name belongs to the security extension's log uploads.
    (
        m.DiagnosticsStatusNotificationRequest,
        '{"status":"UploadFailure"}',
        "PropertyConstraintViolation status",
    ),
    (m.DiagnosticsStatusNotificationRequest, "{}", "ProtocolError status"),
    (m.DiagnosticsStatusNotificationResponse, "{}", "valid"),
    (m.DiagnosticsStatusNotificationResponse, '{"a":1}', "FormationViolation a"),
]

EXCHANGES = [
    (
        m.UpdateFirmware,
        '{"location":"ftp://example.org/fw.bin","retrieveDate":"2026-01-01T00:00:00Z"}',
        "{}",
    ),
    (m.FirmwareStatusNotification, '{"status":"Downloading"}', "{}"),
    (
        m.GetDiagnostics,
        '{"location":"ftp://example.org/logs/","retries":2}',
        '{"fileName":"cp1.log"}',
    ),
    (m.DiagnosticsStatusNotification, '{"status":"Uploaded"}', "{}"),
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
