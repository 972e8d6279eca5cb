"""Connections that end while sending, and a flash without room: no message is lost (CORE-043)."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from ocpp_kernel.scenario import Player
from ocpp_kernel.scenario.script import parse_script
from ocpp_kernel.scenario.tape import Tape

OnModule = Callable[..., AbstractAsyncContextManager[tuple[Player, Tape, Any]]]

#: Emulated seconds a presented idTag may take to have a consequence told to the central system.
PATIENCE = 600
REFUSED = "idTag ***CD is refused"
START = '< StartTransaction {"connectorId": 1, "idTag": "ABCD"}'
REST = """
wait 70
tag 1 ABCD
< StopTransaction {"idTag": "ABCD"}
wait 5
"""


async def play(player: Player, *parts: str) -> None:
    for part in parts:
        await player.play(parse_script(part, "trouble"))


async def is_accepted(player: Player, module: Any) -> bool:
    """Presents the idTag; whether a StartTransaction came of it, and not a refusal."""
    told, refused = len(player.tape.calls), module.count(REFUSED)
    await play(player, "tag 1 ABCD")
    for _ in range(PATIENCE):
        if any(said.action == "StartTransaction" for said in player.tape.calls[told:]):
            return True
        if module.count(REFUSED) > refused:
            return False
        await play(player, "wait 1")
    raise AssertionError(f"neither came of it in {PATIENCE} s:\n{module.tail()}")


async def start(player: Player, module: Any) -> None:
    """As people do: an idTag refused while nobody can be asked is presented again."""
    while not await is_accepted(player, module):
        await play(player, "unplug 1\nwait 10\nplug 1")
    await play(player, START)


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
