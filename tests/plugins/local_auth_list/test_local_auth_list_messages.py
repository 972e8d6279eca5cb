"""The local authorization list, as literal JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ocpp_plugins.local_auth_list import messages as m

MESSAGES = [
    (m.SendLocalListRequest, '{"listVersion":1,"updateType":"Full"}', "valid"),
    (
        m.SendLocalListRequest,
        '{"listVersion":1,"updateType":"Full","localAuthorizationList":[]}',
        "valid",
    ),
    (
        m.SendLocalListRequest,
        '{"listVersion":2,"updateType":"Differential","localAuthorizationList":[{"idTag":"A",'
        '"idTagInfo":{"status":"Accepted","expiryDate":"2027-01-01T00:00:00Z",'
        '"parentIdTag":"FLEET"}},{"idTag":"B"}]}',
        "valid",
    ),
    (m.SendLocalListRequest, '{"updateType":"Full"}', "ProtocolError listVersion"),
    (
        m.SendLocalListRequest,
        '{"listVersion":"1","updateType":"Full"}',
        "TypeConstraintViolation listVersion",
    ),
    (
        m.SendLocalListRequest,
        '{"listVersion":1,"updateType":"Partial"}',
        "PropertyConstraintViolation updateType",
    ),
    # DIS-14: one paragraph of the text spells it like this.
    (
        m.SendLocalListRequest,
        '{"listVersion":1,"updateType":"Full","localAuthorisationList":[]}',
        "FormationViolation localAuthorisationList",
    ),
    (
        m.SendLocalListRequest,
        '{"listVersion":1,"updateType":"Full","localAuthorizationList":[{"idTag":"A"},'
        '{"idTag":"ABCDEFGHIJKLMNOPQRSTU"}]}',
        "PropertyConstraintViolation localAuthorizationList[1].idTag",
    ),
    (
        m.SendLocalListRequest,
        '{"listVersion":1,"updateType":"Full","localAuthorizationList":[{"idTag":"A",'
        '"idTagInfo":{"parentIdTag":"P"}}]}',
        "ProtocolError localAuthorizationList[0].idTagInfo.status",
    ),
    (
        m.SendLocalListRequest,
        '{"listVersion":1,"updateType":"Full","localAuthorizationList":["A"]}',
        "TypeConstraintViolation localAuthorizationList[0]",
    ),
    (
        m.SendLocalListRequest,
        '{"listVersion":1,"updateType":"Full","hash":"00"}',
        "FormationViolation hash",
    ),
    (m.SendLocalListResponse, '{"status":"VersionMismatch"}', "valid"),
    (m.SendLocalListResponse, '{"status":"HashError"}', "PropertyConstraintViolation status"),
    (m.GetLocalListVersionRequest, "{}", "valid"),
    (m.GetLocalListVersionRequest, '{"listVersion":1}', "FormationViolation listVersion"),
    (m.GetLocalListVersionResponse, '{"listVersion":-1}', "valid"),
    (m.GetLocalListVersionResponse, "{}", "ProtocolError listVersion"),
    (
        m.GetLocalListVersionResponse,
        '{"listVersion":0.5}',
        "TypeConstraintViolation listVersion",
    ),
]

EXCHANGES = [
    (
        m.SendLocalList,
        '{"listVersion":3,"updateType":"Differential","localAuthorizationList":[{"idTag":"A"}]}',
        '{"status":"Accepted"}',
    ),
    (m.GetLocalListVersion, "{}", '{"listVersion":3}'),
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
