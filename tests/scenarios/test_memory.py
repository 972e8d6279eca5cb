"""Memory runs out while a car is charging: nothing of its transaction is lost (CORE-043)."""

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

CHARGING = """
power on
< StatusNotification {"connectorId": 2}
plug 1
tag 1 ABCD
< StartTransaction {"connectorId": 1, "idTag": "ABCD"}
< StatusNotification {"connectorId": 1, "status": "Charging"}
"""
ENDING = """
wait 30
< MeterValues {"transactionId": "$transactionId"}
tag 1 ABCD
< StopTransaction {"transactionId": "$transactionId", "idTag": "ABCD"}
"""
#: What a module without memory says of it.
ALLOWED = "allow MemoryError\nallow restarting"
#: Bytes that are enough for what goes on anyway, and bytes that are not.
SOME, NONE = 12_000, 0


def large() -> list[tuple[str, dict[str, Any]]]:
    """Requests of some 10 to 15 KB, and one whose answer is long."""
    periods = [{"startPeriod": number * 10, "limit": 16} for number in range(280)]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    profile = {
        "chargingProfileId": 5,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }
    tags = [
        {"idTag": f"TAG{number:06d}", "idTagInfo": {"status": "Accepted"}} for number in range(200)
    ]
    full = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": tags}
    return [
        ("DataTransfer", {"vendorId": "x", "data": "a" * 15_000}),
        ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile}),
        ("SendLocalList", full),
        ("GetConfiguration", {}),
    ]


def barrage() -> str:
    """Sends them all; how they are answered, and whether, is left open."""
    lines = [ALLOWED]
    for number, (action, payload) in enumerate(large()):
        frame = json.dumps([2, f"large-{number}", action, payload], separators=(",", ":"))
        lines += [f"raw {frame}", "wait 40"]
    return "\n".join(lines)


async def play(player: Player, *parts: str) -> None:
    for part in parts:
        await player.play(parse_script(part, "memory"))


@pytest.mark.parametrize("seed", [0, 3])
async def test_core_043_messages_there_is_no_memory_for(on_module: OnModule, seed: int) -> None:
    """They cost the connection at most: the car goes on charging, and the module never restarts."""
    async with on_module(seed) as (player, tape, module):
        await play(player, CHARGING)
        module.leave(SOME)
        await play(player, "wait 20", barrage(), ENDING)
        assert any("MemoryError" in line for line in module.errors)
        assert module.restarts == 0
    stops = [said for said in tape.calls if said.action == "StopTransaction"]
    assert len(stops) == 1


async def test_core_043_no_memory_at_all(on_module: OnModule) -> None:
    """It restarts, as often as it takes, and tells what became of the transaction, once."""
    async with on_module(0) as (player, tape, module):
        await play(player, CHARGING)
        module.leave(NONE)
        await play(player, ALLOWED)
        await play(player, '< StopTransaction {"transactionId": "$transactionId"}')
        assert module.restarts > 0
        await play(player, 'wait 30\ntag 1 ABCD\n< StartTransaction {"connectorId": 1}')
    starts = [said for said in tape.calls if said.action == "StartTransaction"]
    stops = {json.dumps(said.payload) for said in tape.calls if said.action == "StopTransaction"}
    assert len({json.dumps(said.payload) for said in starts}) == 2
    assert len(stops) == 1
