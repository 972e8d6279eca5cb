"""From an action's name to handler and contract."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import STANDARD_ACTIONS

from ocpp_kernel.dispatch import Router, fingerprint
from ocpp_kernel.errors import (
    FormationViolation,
    NotSupported,
    ProtocolError,
    UnknownAction,
)
from ocpp_kernel.validation import INTEGER, REQUIRED

CONTRACTS: dict[str, tuple[Any, Any]] = {
    "Ask": ({"a": INTEGER | REQUIRED}, {"b": INTEGER | REQUIRED}),
    "Tell": (None, {}),
    "Listen": ({}, None),
}


def handle(request: Any) -> Any:
    return request


def router(**options: Any) -> Router:
    return Router(CONTRACTS, {"Ask": handle}, (fingerprint("Foreign"),), **options)


def test_frm_016_the_handler_of_an_action_is_found_by_its_exact_name() -> None:
    assert router().handler("Ask") is handle
    for name in ("ask", "ASK", " Ask", "Ask ", "Ask\x00", ""):
        with pytest.raises(UnknownAction):
            router().handler(name)


def test_frm_028_an_unknown_action_is_not_implemented() -> None:
    with pytest.raises(UnknownAction) as caught:
        router().handler("Nonsense")
    assert caught.value.code == "NotImplemented"
    assert "Nonsense" in caught.value.description


@pytest.mark.parametrize("name", ["Foreign", "Tell"])
def test_frm_029_a_known_action_without_handler_is_not_supported(name: str) -> None:
    with pytest.raises(NotSupported) as caught:
        router().handler(name)
    assert name in caught.value.description


def test_frm_028_a_huge_name_is_neither_summed_up_nor_repeated() -> None:
    class Never:
        def __contains__(self, number: object) -> bool:
            raise AssertionError("a huge name was looked up")

    with pytest.raises(UnknownAction) as caught:
        Router({}, {}, Never()).handler("x" * 1_000_000)
    assert len(caught.value.description) < 100


def test_fingerprints_are_16_bit_and_tell_names_apart() -> None:
    prints = {fingerprint(name) for name in STANDARD_ACTIONS}
    assert len(prints) == len(STANDARD_ACTIONS)
    assert all(0 <= number <= 0xFFFF for number in prints)
    assert fingerprint("") == 0
    assert fingerprint("Ask") == ((65 * 31 + 115) * 31 + 107) % 65536


def test_requests_and_responses_are_checked_by_their_own_half() -> None:
    router().check_request("Ask", {"a": 1})
    router().check_response("Ask", {"b": 1})
    with pytest.raises(FormationViolation):
        router().check_request("Ask", {"b": 1})
    with pytest.raises(ProtocolError):
        router().check_response("Ask", {})


@pytest.mark.parametrize("action", ["Tell", "Unwritten"])
@pytest.mark.parametrize("payload", [[], "text", 5, None, True])
def test_frm_034_without_a_contract_a_payload_must_be_an_object(action: str, payload: Any) -> None:
    router().check_request(action, {"any": "thing"})
    with pytest.raises(FormationViolation):
        router().check_request(action, payload)


def test_frm_034_a_response_without_a_contract_must_be_an_object() -> None:
    router().check_response("Listen", {"any": "thing"})
    router().check_response("Unwritten", {})
    with pytest.raises(FormationViolation):
        router().check_response("Listen", [])


def test_lenient_lets_unknown_fields_through() -> None:
    router(lenient=True).check_request("Ask", {"a": 1, "more": {}})
    with pytest.raises(FormationViolation):
        router().check_request("Ask", {"a": 1, "more": {}})


def test_another_check_may_take_the_place_of_the_portable_one() -> None:
    seen: list[Any] = []
    other = router(check=lambda *arguments: seen.append(arguments), lenient=True)
    other.check_request("Ask", {"a": 1})
    other.check_response("Ask", {})
    assert seen == [({"a": 1}, CONTRACTS["Ask"][0], True), ({}, CONTRACTS["Ask"][1], True)]
