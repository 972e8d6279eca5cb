"""Triggers between both roles of this project, and a central system that was restarted."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import GetConfiguration
from ocpp_plugins.remote_trigger.messages import TriggerMessage

from ocpp_kernel import events
from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import parse_config
from ocpp_kernel.errors import RemoteError
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.plugins import discover
from ocpp_kernel.testing import CentralPair

NEEDED = ("core_profile", "simulated_ev")
BOTH = ("remote_trigger",)


def config(chosen: tuple[str, ...], **core: Any) -> Any:
    """A configuration with these plugins, and those that they need."""
    everything = [found.name for found in discover(parse_config({}))]
    return parse_config(
        {
            "profiles": {name: name in (*NEEDED, *chosen) for name in everything},
            "central_system": {"core_profile": core},
        }
    )


def quiet(level: str, text: str) -> None:
    """What is logged is of no interest."""


def joined(
    station_has: tuple[str, ...] = BOTH, central_has: tuple[str, ...] = BOTH, **core: Any
) -> CentralPair:
    """A charge point and a central system that are connected."""
    station = build_station(config(station_has), MemoryStore(), quiet)
    pair = CentralPair(station, build_central(config(central_has, **core), quiet))
    station.start(0)
    pair.connect()
    return pair


def replace_central(pair: CentralPair, has: tuple[str, ...], **core: Any) -> Any:
    """The central system is restarted and remembers nothing; the charge point reconnects."""
    pair.disconnect()
    pair.central = build_central(config(has, **core), quiet)
    pair.central.utc = pair.clock.utc
    pair.frames.clear()
    return pair.central.shared["core_profile"]


def test_claimed() -> None:
    answer = joined().call(GetConfiguration({"key": ["SupportedFeatureProfiles"]}))
    assert answer["configurationKey"][0]["value"] == "Core,RemoteTrigger"


def test_frm_029_switched_off_at_the_charge_point() -> None:
    pair = joined(())
    with pytest.raises(RemoteError) as refused:
        pair.call(TriggerMessage({"requestedMessage": "Heartbeat"}))
    assert refused.value.code == "NotSupported"


def test_rt_009_core_014_status_of_a_pending_charge_point() -> None:
    """CORE-014: asked for, sent and taken in before acceptance."""
    pair = joined(registration="Pending")
    request = TriggerMessage({"requestedMessage": "StatusNotification"})
    assert pair.call(request) == {"status": "Accepted"}
    assert sorted(pair.central.shared["core_profile"].stations["CP001"].connectors) == [0, 1, 2]


def test_rt_009_a_pending_charge_point_is_asked_to_try_again() -> None:
    """RT-009: and is accepted long before its retry interval is over."""
    pair = joined(registration="Pending", retry_interval=3600)
    core = pair.central.shared["core_profile"]
    core.accept = lambda station, boot: "Accepted"
    assert pair.call(TriggerMessage({"requestedMessage": "BootNotification"})) == {
        "status": "Accepted"
    }
    assert core.stations["CP001"].registration == "Accepted"


@pytest.mark.parametrize("has", [BOTH, ()])
@pytest.mark.parametrize("station_has", [BOTH, ()])
def test_frm_041_nothing_is_lost_over_a_restart_of_the_central_system(
    has: tuple[str, ...], station_has: tuple[str, ...]
) -> None:
    """CORE-048: what a charge point had to tell while it was away is told, once and in order,
    whichever side brings it to register again."""
    pair = joined(station_has)
    for line in ("plug 1", "tag 1 A"):
        pair.station.emit(events.Command(line))
        pair.pump()
    core = replace_central(pair, has)
    pair.advance(600)
    for line in ("tag 1 A", "unplug 1", "plug 2", "tag 2 A"):
        pair.station.emit(events.Command(line))
    pair.advance(60)
    pair.connect()
    pair.advance(900)
    assert core.stations["CP001"].registration == "Accepted"
    ((identity, stop),) = core.ledger.unmatched
    assert (identity, stop["idTag"]) == ("CP001", "A")
    assert [transaction.id_tag for transaction in core.transactions.values()] == ["A"]
    refused = {
        seen.message[1] for seen in pair.frames if seen.sender == "right" and seen.message[0] == 4
    }
    taken = [
        (seen.action, seen.message[3].get("timestamp"))
        for seen in pair.frames
        if seen.sender == "left"
        and seen.message[0] == 2
        and seen.message[1] not in refused
        and seen.action in ("StartTransaction", "StopTransaction")
    ]
    assert len(taken) == len(set(taken))
    assert "StopTransaction" in [action for action, _ in taken]


def test_frm_041_a_station_with_nothing_to_tell() -> None:
    """FRM-012: its first heartbeat makes it register."""
    pair = joined()
    core = replace_central(pair, BOTH)
    pair.connect()
    pair.advance(400)
    assert core.stations["CP001"].registration == "Accepted"
    assert "TriggerMessage" in pair.actions("right")
