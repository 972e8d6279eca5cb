"""A lack of memory is not taken for a plugin's fault: whoever runs the station hears of it.

What it interrupted may be half done. The shell closes the connection, so that what was on its way
is sent anew, or restarts the software, which a journal survives at any point (CORE-043).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.dispatch import Router
from ocpp_kernel.hooks import Hooks
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.session import Session
from ocpp_kernel.station import Station


def exhausted(*arguments: Any) -> Any:
    raise MemoryError


def test_listeners() -> None:
    reports: list[str] = []
    with pytest.raises(MemoryError):
        Hooks({"ocpp_on_event": (exhausted,)}, reports.append).on_event(object())
    assert reports == []


def test_timers() -> None:
    station = Station("CP1", MsgspecCodec(), MemoryStore(), lambda level, text: None)
    station.after(5, exhausted)
    with pytest.raises(MemoryError):
        station.tick(5)


def test_whoever_waits_for_an_answer() -> None:
    session = Session(Router({}, {}, ()), MsgspecCodec(), 30)
    session.call(("Ask", {}), exhausted)
    sent: list[str] = []
    session.flush(sent.append)
    call_id = json.loads(sent[0])[1]
    with pytest.raises(MemoryError):
        session.receive(json.dumps([3, call_id, {}]), 1)


def test_a_handler_tells_the_peer_instead() -> None:
    """A request for which there is no memory is refused; nothing was promised."""
    session = Session(
        Router({"Ask": ({}, {})}, {"Ask": exhausted}, ()), MsgspecCodec(), 30, report=print
    )
    session.receive(json.dumps([2, "1", "Ask", {}]), 0)
    sent: list[str] = []
    session.flush(sent.append)
    assert json.loads(sent[0])[:3] == [4, "1", "InternalError"]
