"""Charging profiles and composite schedules, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.smart_charging import messages as m

PROFILE = (
    '{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile",'
    '"chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A",'
    '"chargingSchedulePeriod":[{"startPeriod":0,"limit":LIMIT}]}}'
)
SET = '{"connectorId":0,"csChargingProfiles":' + PROFILE + "}"
LIMIT = "csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit"

MESSAGES = [
    # SC-016, DIS-09: at most one decimal, whatever binary floats make of it.
    (m.SetChargingProfileRequest, SET.replace("LIMIT", "16"), "valid"),
    (m.SetChargingProfileRequest, SET.replace("LIMIT", "16.0"), "valid"),
    (m.SetChargingProfileRequest, SET.replace("LIMIT", "8.1"), "valid"),
    (m.SetChargingProfileRequest, SET.replace("LIMIT", "0"), "valid"),
    (m.SetChargingProfileRequest, SET.replace("LIMIT", "1.1e1"), "valid"),
    (
        m.SetChargingProfileRequest,
        SET.replace("LIMIT", "8.15"),
        f"PropertyConstraintViolation {LIMIT}",
    ),
    (
        m.SetChargingProfileRequest,
        SET.replace("LIMIT", "8.101"),
        f"PropertyConstraintViolation {LIMIT}",
    ),
    (
        m.SetChargingProfileRequest,
        SET.replace("LIMIT", '"8.1"'),
        f"TypeConstraintViolation {LIMIT}",
    ),
    (m.SetChargingProfileRequest, SET.replace("LIMIT", "true"), f"TypeConstraintViolation {LIMIT}"),
    (
        m.SetChargingProfileRequest,
        '{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"transactionId":7,'
        '"stackLevel":2,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Recurring",'
        '"recurrencyKind":"Weekly","validFrom":"2026-01-01T00:00:00Z",'
        '"validTo":"2027-01-01T00:00:00Z","chargingSchedule":{"duration":604800,'
        '"startSchedule":"2026-01-01T00:00:00Z","chargingRateUnit":"W","minChargingRate":1380.5,'
        '"chargingSchedulePeriod":[{"startPeriod":0,"limit":11000,"numberPhases":3},'
        '{"startPeriod":3600,"limit":3680.4,"numberPhases":1}]}}}',
        "valid",
    ),
    # DIS-04
    (
        m.SetChargingProfileRequest,
        '{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",'
        '"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[]}}}',
        "OccurenceConstraintViolation csChargingProfiles.chargingSchedule.chargingSchedulePeriod",
    ),
    # DIS-14: the text's name of the field.
    (
        m.SetChargingProfileRequest,
        '{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",'
        '"chargingSchedule":{"schedulingUnit":"A","chargingSchedulePeriod":'
        '[{"startPeriod":0,"limit":6}]}}}',
        "FormationViolation csChargingProfiles.chargingSchedule.schedulingUnit",
    ),
    (
        m.SetChargingProfileRequest,
        SET.replace("LIMIT", "6").replace("TxDefaultProfile", "TxDefault"),
        "PropertyConstraintViolation csChargingProfiles.chargingProfilePurpose",
    ),
    (
        m.SetChargingProfileRequest,
        SET.replace("LIMIT", "6").replace('"stackLevel":0', '"stackLevel":"0"'),
        "TypeConstraintViolation csChargingProfiles.stackLevel",
    ),
    (m.SetChargingProfileRequest, '{"connectorId":1}', "ProtocolError csChargingProfiles"),
    (m.SetChargingProfileResponse, '{"status":"NotSupported"}', "valid"),
    (m.SetChargingProfileResponse, '{"status":"Unknown"}', "PropertyConstraintViolation status"),
    (m.ClearChargingProfileRequest, "{}", "valid"),
    (
        m.ClearChargingProfileRequest,
        '{"id":1,"connectorId":0,"chargingProfilePurpose":"ChargePointMaxProfile","stackLevel":0}',
        "valid",
    ),
    (m.ClearChargingProfileRequest, '{"id":"1"}', "TypeConstraintViolation id"),
    (
        m.ClearChargingProfileRequest,
        '{"chargingProfilePurpose":"MaxProfile"}',
        "PropertyConstraintViolation chargingProfilePurpose",
    ),
    (
        m.ClearChargingProfileRequest,
        '{"chargingProfileId":1}',
        "FormationViolation chargingProfileId",
    ),
    (m.ClearChargingProfileResponse, '{"status":"Unknown"}', "valid"),
    (m.ClearChargingProfileResponse, '{"status":"Rejected"}', "PropertyConstraintViolation status"),
    (m.GetCompositeScheduleRequest, '{"connectorId":0,"duration":86400}', "valid"),
    (
        m.GetCompositeScheduleRequest,
        '{"connectorId":1,"duration":600,"chargingRateUnit":"W"}',
        "valid",
    ),
    (m.GetCompositeScheduleRequest, '{"connectorId":1}', "ProtocolError duration"),
    (
        m.GetCompositeScheduleRequest,
        '{"connectorId":1,"duration":60.5}',
        "TypeConstraintViolation duration",
    ),
    (
        m.GetCompositeScheduleRequest,
        '{"connectorId":1,"duration":60,"chargingRateUnit":"kW"}',
        "PropertyConstraintViolation chargingRateUnit",
    ),
    (
        m.GetCompositeScheduleRequest,
        '{"connectorId":1,"duration":60,"unit":"W"}',
        "FormationViolation unit",
    ),
    (m.GetCompositeScheduleResponse, '{"status":"Rejected"}', "valid"),
    (
        m.GetCompositeScheduleResponse,
        '{"status":"Accepted","connectorId":1,"scheduleStart":"2026-01-01T00:00:00Z",'
        '"chargingSchedule":{"duration":600,"chargingRateUnit":"A",'
        '"chargingSchedulePeriod":[{"startPeriod":0,"limit":6.5}]}}',
        "valid",
    ),
    (
        m.GetCompositeScheduleResponse,
        '{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"A"}}',
        "ProtocolError chargingSchedule.chargingSchedulePeriod",
    ),
    (
        m.GetCompositeScheduleResponse,
        '{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"A","minChargingRate":0.25,'
        '"chargingSchedulePeriod":[{"startPeriod":0,"limit":6.5}]}}',
        "PropertyConstraintViolation chargingSchedule.minChargingRate",
    ),
]

EXCHANGES = [
    (m.SetChargingProfile, SET.replace("LIMIT", "8.1"), '{"status":"Accepted"}'),
    (m.ClearChargingProfile, '{"id":1}', '{"status":"Unknown"}'),
    (
        m.GetCompositeSchedule,
        '{"connectorId":1,"duration":600}',
        '{"status":"Accepted","connectorId":1,"scheduleStart":"2026-01-01T00:00:00Z",'
        '"chargingSchedule":{"duration":600,"chargingRateUnit":"A",'
        '"chargingSchedulePeriod":[{"startPeriod":0,"limit":31.9}]}}',
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


def test_sc_016_every_tenth_is_a_limit_and_nothing_between(
    verdict: Callable[[Any, str], str],
) -> None:
    for tenths in range(4001):
        number = f"{tenths // 10}.{tenths % 10}"
        assert verdict(m.SetChargingProfileRequest, SET.replace("LIMIT", number)) == "valid"
        between = SET.replace("LIMIT", f"{number}5")
        assert verdict(m.SetChargingProfileRequest, between).startswith("PropertyConstraint")
