"""Central systems that send fields OCPP does not know, and null where they have nothing to say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.frames import CALL, CALLRESULT
from ocpp_kernel.scenario import Player
from ocpp_kernel.scenario.script import parse_script
from ocpp_kernel.scenario.tape import Tape

OnCPython = Callable[..., AbstractAsyncContextManager[tuple[Player, Tape]]]
OnModule = Callable[..., AbstractAsyncContextManager[tuple[Player, Tape, Any]]]

#: Fields that may be absent, and are null in what a careless central system sends.
NULLS = ("parentIdTag", "expiryDate", "chargingProfile", "type", "data")
#: Boot, a charge by card, and one from remote.
CHARGES = """
power on
< BootNotification
< StatusNotification {"connectorId": 2}
plug 1
tag 1 ABCD
< StartTransaction {"connectorId": 1, "idTag": "ABCD"}
wait 90
tag 1 ABCD
< StopTransaction {"idTag": "ABCD"}
unplug 1
plug 2
> RemoteStartTransaction {"connectorId": 2, "idTag": "REMOTE"}
= {"status": "Accepted"}
< StartTransaction {"connectorId": 2, "idTag": "REMOTE"}
wait 10
> RemoteStopTransaction {"transactionId": 2}
= {"status": "Accepted"}
< StopTransaction {"reason": "Remote"}
wait 10
"""


class CarelessCodec(MsgspecCodec):
    """Adds what does not belong there to everything sent."""

    def dumps(self, value: Any) -> str:
        if value[0] in (CALL, CALLRESULT):
            value = [*value[:-1], careless(value[-1])]
        return super().dumps(value)


def careless(value: Any) -> Any:
    if isinstance(value, list):
        return [careless(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: careless(item) for name, item in value.items()}
    return {**dict.fromkeys(NULLS), **inner, "vendorInfo": {"trace": 1}, "vendorNote": None}


async def play(player: Player, text: str = CHARGES) -> None:
    player._play_central().central.codec = CarelessCodec()
    await player.play(parse_script(text, "careless"))


def check(tape: Tape) -> None:
    starts = [said.payload for said in tape.calls if said.action == "StartTransaction"]
    stops = [said.payload for said in tape.calls if said.action == "StopTransaction"]
    assert [start["idTag"] for start in starts] == ["ABCD", "REMOTE"]
    assert [stop["transactionId"] for stop in stops] == [1, 2]


async def test_a_lenient_charge_point_works_on_cpython(on_cpython: OnCPython) -> None:
    async with on_cpython("lenient") as (player, tape):
        await play(player)
    check(tape)


async def test_frm_034_others_take_no_such_answer(on_cpython: OnCPython) -> None:
    async with on_cpython() as (player, _):
        await play(
            player, "power on\n< BootNotification\nnot < StatusNotification\n< BootNotification"
        )


@pytest.mark.parametrize("seed", [0, 3])
async def test_a_lenient_charge_point_works_on_micropython(on_module: OnModule, seed: int) -> None:
    async with on_module(seed, kind="lenient") as (player, tape, _):
        await play(player)
    check(tape)
