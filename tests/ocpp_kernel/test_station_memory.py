"""Memory that runs out inside a plugin: the shell learns of it, whoever the plugin's caller was."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import events
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station


def made(plugin: Callable[..., Any]) -> Station:
    """A station whose only plugin does that for every event and CALL."""
    station = Station("CP1", MsgspecCodec(), MemoryStore(), lambda level, text: None)
    station.install({}, {"Ask": plugin}, {"ocpp_on_event": (plugin,)}, ())
    return station


def by_event(station: Station) -> None:
    station.emit(events.Command("x"))


def by_timer(station: Station) -> None:
    station.after(1, lambda: station.hooks.implementations["ocpp_on_event"][0](None))
    station.tick(5)


def by_call(station: Station) -> None:
    station.connected(0)
    station.exhausted = False
    station.receive(json.dumps([2, "1", "Ask", {}]), 0)


def by_answer(station: Station) -> None:
    station.connected(0)
    station.exhausted = False
    listener = station.hooks.implementations["ocpp_on_event"][0]
    station.call(("Tell", {}), lambda answer, error: listener(None))
    station.receive(json.dumps([3, "1", {}]), 0)


@pytest.mark.parametrize("way", [by_event, by_timer, by_call, by_answer])
@pytest.mark.parametrize(("error", "exhausted"), [(MemoryError, True), (RuntimeError, False)])
def test_only_memory_that_runs_out_is_noted(
    way: Callable[[Station], None], error: type[Exception], exhausted: bool
) -> None:
    def fail(*arguments: Any) -> Any:
        raise error

    station = made(fail)
    way(station)
    assert station.exhausted is exhausted
