"""Fixtures for tests of message contracts: a verdict on literal JSON, and an exchange of frames."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import schema, validation
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.contracts import Action
from ocpp_kernel.dispatch import Router
from ocpp_kernel.errors import LocalError
from ocpp_kernel.session import Session

Verdict = Callable[[Any, str], str]
Exchange = Callable[[Action[Any, Any], str, str], list[str]]


def _verdict(check: Callable[[], None]) -> str:
    try:
        check()
    except LocalError as error:
        return f"{error.code} {error.description.split(' ')[0]}"
    return "valid"


@pytest.fixture
def verdict() -> Verdict:
    """``verdict(message, json_text)`` is "valid", or the OCPP code and the path it names.

    Both forms of the contract are asked: CPython's with its fast path, and the compact one alone,
    as on a device.
    """

    def ask(message: Any, text: str) -> str:
        payload = json.loads(text)
        answer = _verdict(lambda: schema.check(payload, schema.compiled(message)))
        alone = _verdict(lambda: validation.validate(payload, schema.compact(message)))
        assert answer == alone
        return answer

    return ask


@pytest.fixture
def exchange() -> Exchange:
    """``exchange(action, request, response)`` plays one CALL and its answer between two sessions.

    Gives the two frames that crossed; asserts that what was sent is what was handled and answered.
    """

    def play(action: Action[Any, Any], request: str, response: str) -> list[str]:
        handled: list[Any] = []
        answers: list[Any] = []
        frames: list[str] = []

        def handler(payload: Any) -> Any:
            handled.append(payload)
            return json.loads(response)

        codec, contracts = MsgspecCodec(), schema.contracts_of([action])
        caller = Session(Router(contracts, {}, check=schema.check), codec, 30)
        callee = Session(Router(contracts, {action.name: handler}, check=schema.check), codec, 30)
        caller.call(action(json.loads(request)), lambda *outcome: answers.append(outcome))
        caller.flush(frames.append)
        callee.receive(frames[0], 0)
        callee.flush(frames.append)
        caller.receive(frames[1], 0)
        assert handled == [json.loads(request)]
        assert answers == [(json.loads(response), None)]
        return frames

    return play
