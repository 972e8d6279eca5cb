"""Central system and charge point with the profile, joined."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ocpp_plugins.local_auth_list.central_system import ListNotSupported

from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import parse_config
from ocpp_kernel.errors import CallTimeout
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.testing import CentralPair

SETTINGS = {"max_entries": 1000, "max_update": 40}


class Joined:
    """Both roles; the charge point's store outlives its restarts."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []
        self.store = MemoryStore()
        config = {"charge_point": {"identity": "CP1", "local_auth_list": SETTINGS}}
        self._config = parse_config(config)
        central = build_central(self._config, lambda *line: self.log.append(line))
        self.lists = central.shared["local_auth_list"]
        self.pair = CentralPair(self.station(), central)
        self.pair.station.start(0)
        self.pair.connect()

    def station(self) -> Any:
        return build_station(self._config, self.store, lambda *line: self.log.append(line))

    def known(self, tag: str) -> str | None:
        info = self.pair.station.hooks.look_up_tag(tag)
        return None if info is None else info.status

    def updates(self) -> list[tuple[str, int]]:
        """The SendLocalLists so far: type and entries."""
        found = [seen.message[3] for seen in self.pair.frames if seen.action == "SendLocalList"]
        self.pair.frames.clear()
        return [(call["updateType"], len(call.get("localAuthorizationList", []))) for call in found]


@pytest.fixture
async def joined() -> Joined:
    made = Joined()
    await made.pair.settle()
    return made


def members(count: int, status: str = "Accepted") -> list[Any]:
    return [
        {"idTag": f"MEMBER{number:04d}", "idTagInfo": {"status": status}} for number in range(count)
    ]


async def test_cfg_39_a_long_list_arrives_in_parts(joined: Joined) -> None:
    """CFG-38, CFG-39, LAL-002, LAL-004: the charge point tells how much it takes."""
    assert await joined.lists.update("CP1", members(100)) == 3
    assert joined.updates() == [("Full", 40), ("Differential", 40), ("Differential", 20)]
    assert await joined.lists.change("CP1", members(1, "Blocked")) == 4
    assert joined.updates() == [("Differential", 1)]
    assert (joined.known("member0000"), joined.known("member0099")) == ("Blocked", "Accepted")
    assert await joined.lists.version(joined.pair.connected) == 4


async def test_lal_018_after_a_restart_nothing_is_sent_again(joined: Joined) -> None:
    """LAL-018."""
    await joined.lists.update("CP1", members(50))
    joined.updates()
    joined.pair.restart(joined.station())
    joined.pair.connect()
    for _ in range(5):
        await joined.pair.settle()
    assert "GetLocalListVersion" in joined.pair.actions("right")
    assert joined.updates() == []
    assert joined.known("MEMBER0049") == "Accepted"


async def test_lal_013_a_lost_list_is_replaced_when_the_charge_point_boots(
    joined: Joined,
) -> None:
    """LAL-013, LAL-001."""
    await joined.lists.update("CP1", members(50))
    joined.updates()
    joined.store.delete("local_list")
    joined.pair.restart(joined.station())
    joined.pair.connect()
    for _ in range(10):
        await joined.pair.settle()
    assert joined.updates() == [("Full", 40), ("Differential", 10)]
    assert joined.known("MEMBER0049") == "Accepted"


async def test_lal_012_a_list_that_is_switched_off(joined: Joined) -> None:
    """LAL-012, LAL-001."""
    joined.pair.station.configuration.change("LocalAuthListEnabled", "false")
    with pytest.raises(ListNotSupported):
        await joined.lists.update("CP1", members(1))


@pytest.mark.parametrize("lost", ["right", "left"])
async def test_lal_010_frames_may_get_lost_anywhere(joined: Joined, lost: str) -> None:
    """LAL-010: the update, or the answer to it; what follows brings both to the same list."""
    await joined.lists.update("CP1", members(30))
    pair = joined.pair
    ids: list[str] = []

    def lose(sender: str, text: str) -> bool:
        if '"SendLocalList"' in text:
            ids.append(text.split('"')[1])
            return sender == lost
        return sender == lost and any(f'"{number}"' in text for number in ids)

    pair.lose = lose
    waiting = asyncio.create_task(joined.lists.update("CP1", members(35, "Blocked")))
    await pair.settle()
    pair.advance(31)
    with pytest.raises(CallTimeout):
        await waiting
    pair.lose = lambda sender, text: False
    joined.updates()
    assert await joined.lists.synchronise("CP1") == 2
    assert joined.updates() == ([("Differential", 35)] if lost == "right" else [])
    assert {joined.known(f"MEMBER{number:04d}") for number in range(35)} == {"Blocked"}
