"""Connections that end while sending, and a flash without room: no message is lost (CORE-043)."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from ocpp_kernel.scenario import Player, ScenarioFailed
from ocpp_kernel.scenario.script import parse_script
from ocpp_kernel.scenario.tape import Tape

OnModule = Callable[..., AbstractAsyncContextManager[tuple[Player, Tape, Any]]]

START = """
tag 1 ABCD
< StartTransaction {"connectorId": 1, "idTag": "ABCD"}
"""
REST = """
wait 70
tag 1 ABCD
< StopTransaction {"idTag": "ABCD"}
wait 5
"""


async def play(player: Player, *parts: str) -> None:
    for part in parts:
        await player.play(parse_script(part, "trouble"))


async def start(player: Player, module: Any) -> None:
    """As people do: an idTag refused while nobody can be asked is presented again.

    Only then: a StartTransaction that is merely missing is a failure.
    """
    refused = "idTag ***CD is refused"
    before = module.count(refused)
    try:
        await play(player, START)
    except ScenarioFailed:
        if module.count(refused) == before:
            raise
        await play(player, "unplug 1\nwait 10\nplug 1")
        await start(player, module)


def drops(module: Any) -> int:
    """How often it lost its connection, or found none."""
    return int(module.count("disconnected") + module.count("no connection"))


def distinct(tape: Tape, action: str) -> list[dict[str, Any]]:
    """Payloads in the order they came first, however often they were sent."""
    texts = {json.dumps(said.payload): said.payload for said in tape.calls if said.action == action}
    return list(texts.values())


@pytest.mark.parametrize("seed", [11, 12])
async def test_core_043_sending_that_gives_up(on_module: OnModule, seed: int) -> None:
    """A tenth of all writes ends the connection; every transaction is told, once, in order."""
    async with on_module(seed, speed=20, gone=100) as (player, tape, module):
        await play(player, "power on\nallow no answer\n< BootNotification\nwait 30\nplug 1")
        count = 0
        while count < 2 or not drops(module):  # chance may spare the first ones
            await start(player, module)
            await play(player, REST)
            count += 1
    starts, stops = distinct(tape, "StartTransaction"), distinct(tape, "StopTransaction")
    assert len(starts) == len(stops) == count
    told = [row["timestamp"] for pair in zip(starts, stops, strict=True) for row in pair]
    assert told == sorted(told)
    assert len({stop["transactionId"] for stop in stops}) == count


async def test_core_043_a_flash_without_room_while_charging(on_module: OnModule) -> None:
    """What cannot be written is said, the car goes on charging, and its end is told."""
    async with on_module(5) as (player, tape, module):
        await play(player, 'power on\n< StatusNotification {"connectorId": 2}\nplug 1\ntag 1 ABCD')
        await play(player, "< StartTransaction\nallow no room\nallow cannot be written\nwait 20")
        module.fill(True)
        await play(player, "wait 150\n< MeterValues")
        module.fill(False)
        await play(player, 'wait 30\ntag 1 ABCD\n< StopTransaction {"idTag": "ABCD"}\nwait 10')
        assert module.restarts == 0
    assert len(distinct(tape, "StopTransaction")) == 1
