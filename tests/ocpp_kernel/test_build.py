"""From a configuration to a host with plugins in it: wiring, and what cannot be wired."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.build import build_central, build_station, subprotocols
from ocpp_kernel.central import ConnectedStation
from ocpp_kernel.config import Config, ConfigError
from ocpp_kernel.errors import NotSupported
from ocpp_kernel.events import StopPressed
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.plugins import PluginError, load
from ocpp_kernel.station import Station

Module = Callable[[str, str], None]
Only = Callable[..., Config]

POKE = """
from typing import TypedDict
from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action, on

SUBPROTOCOL = "poke1.0"
STANDARD_ACTIONS = ("Poke", "Prod")

class PokeRequest(TypedDict):
    depth: int

class PokeResponse(TypedDict):
    status: str

Poke = Action("Poke", PokeRequest, PokeResponse, sent_by=CENTRAL_SYSTEM)

class Settings:
    answer: str = "Accepted"

class ChargePoint:
    profile = "Poking"
    settings = Settings

    def __init__(self, station, settings):
        self.settings = settings

    @on(Poke)
    def on_poke(self, request):
        return {"status": self.settings.answer}
"""

NEEDS = """
class ChargePoint:
    requires = ("broken",)
    profile = "Needing"

    def __init__(self, station, settings): ...
"""


class Log:
    """Keeps what a host tells its operator."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, level: str, text: str) -> None:
        self.lines.append((level, text))


def built(config: Config, log: Log | None = None, watcher: Any = None) -> Station:
    return build_station(config, MemoryStore(), log or Log(), watcher)


def answer(station: Station, frame: list[Any]) -> Any:
    """What a station answers to a frame."""
    station.connected(0)
    station.receive(json.dumps(frame), 0)
    written: list[str] = []
    station.flush(written.append)
    return json.loads(written[-1])


def test_a_plugin_answers_with_its_settings(module: Module, only: Only) -> None:
    module("acme", POKE)
    config = only("acme")
    config.settings = {"charge_point": {"acme": {"answer": "Gladly"}}}
    station = built(config)
    assert answer(station, [2, "1", "Poke", {"depth": 1}]) == [3, "1", {"status": "Gladly"}]
    assert station.profiles == ("Poking",)


def test_what_a_lenient_charge_point_lets_through_is_told(module: Module, only: Only) -> None:
    module("acme", POKE)
    config, log = only("acme"), Log()
    poke = [2, "1", "Poke", {"depth": 1, "more": 1}]
    assert answer(built(config), poke)[:3] == [4, "1", "FormationViolation"]
    config.charge_point.lenient = True
    assert answer(built(config, log), poke) == [3, "1", {"status": "Accepted"}]
    assert log.lines == [
        ("warning", "PokeRequest: more is not a field of this message; let through")
    ]


def test_frm_004_the_subprotocols_are_those_of_the_plugins(module: Module, only: Only) -> None:
    module("acme", POKE)
    module("other", NEEDS)
    assert subprotocols(load(only("acme", "other"), "charge_point")) == ("poke1.0",)


def test_frm_028_029_what_is_absent_and_what_is_unknown(module: Module, only: Only) -> None:
    module("acme", POKE)
    station = built(only("acme"))
    assert answer(station, [2, "1", "Prod", {}])[2] == "NotSupported"
    assert answer(station, [2, "2", "Shove", {}])[2] == "NotImplemented"


def test_the_settings_of_a_plugin_are_checked(module: Module, only: Only) -> None:
    module("acme", POKE)
    config = only("acme")
    config.settings = {"charge_point": {"acme": {"anser": "x"}}}
    with pytest.raises(ConfigError, match=r"charge_point\.acme\.anser is not known; did you mean"):
        built(config)


def test_a_plugin_that_declares_no_settings_takes_none(module: Module, only: Only) -> None:
    module("acme", POKE.replace("settings = Settings", ""))
    config = only("acme")
    config.settings = {"charge_point": {"acme": {"answer": "x"}}}
    with pytest.raises(ConfigError, match=r"charge_point\.acme\.answer is not known"):
        built(config)


def test_a_plugin_that_cannot_be_made_is_left_out_and_named(
    site: Path, module: Module, only: Only
) -> None:
    module("acme", POKE)
    module("broken", POKE.replace("Pok", "Jab").replace("self.settings = settings", "1 / 0"))
    module("needs", NEEDS)
    log = Log()
    station = built(only("acme", "broken", "needs"), log)
    assert station.profiles == ("Poking",)
    assert log.lines == [
        (
            "error",
            "plugin broken: fails when made: ZeroDivisionError: division by zero "
            f"({site / 'broken.py'}:24)",
        ),
        (
            "error",
            "plugin needs: requires broken, which cannot be used; mend that one "
            f"({site / 'needs.py'}:2)",
        ),
    ]
    assert answer(station, [2, "1", "Jabe", {"depth": 1}])[2] == "NotImplemented"


def test_frm_016_two_handlers_of_one_action(site: Path, module: Module, only: Only) -> None:
    module("acme", POKE)
    module("rival", "from acme import *\n")
    with pytest.raises(PluginError) as caught:
        built(only("acme", "rival"))
    assert str(caught.value) == (
        "Poke is handled by plugins acme and rival; switch one of them off in [profiles] "
        f"({site / 'acme.py'}:26) ({site / 'acme.py'}:26)"
    )


DRIVER = """
from ocpp_kernel.driver import Driver
class ChargePoint(Driver):
    connectors, measurands, lockable, max_current = 1, (), False, 16000
    def __init__(self, station, settings): ...
    def ocpp_driver(self): return self
"""


def test_a_role_may_say_that_it_has_no_settings(module: Module, only: Only) -> None:
    module("bench", DRIVER + "    settings = None\n")
    assert built(only("bench")).hooks.driver() is not None


def test_two_drivers(site: Path, module: Module, only: Only) -> None:
    module("bench", DRIVER)
    module("mains", DRIVER)
    with pytest.raises(PluginError) as caught:
        built(only("bench", "mains"))
    assert str(caught.value) == (
        "plugins bench and mains both implement ocpp_driver; switch one off in [profiles] "
        f"({site / 'bench.py'}:6) ({site / 'mains.py'}:6)"
    )


def test_one_driver(module: Module, only: Only) -> None:
    module("bench", DRIVER)
    assert type(built(only("bench")).hooks.driver()).__module__ == "bench"


class Watching:
    """What a caller may hand in to look on."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def ocpp_on_event(self, event: Any) -> None:
        self.seen.append(event)

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        self.seen.append((identity, direction, text))


def test_a_watcher_sees_events_and_frames(module: Module, only: Only) -> None:
    module("acme", POKE)
    watcher = Watching()
    station = built(only("acme"), watcher=watcher)
    station.emit(StopPressed(1, "Local"))
    answer(station, [2, "1", "Poke", {"depth": 1}])
    assert watcher.seen[0] == StopPressed(1, "Local")
    assert watcher.seen[-2:] == [
        ("CP001", "in", '[2, "1", "Poke", {"depth": 1}]'),
        ("CP001", "out", '[3,"1",{"status":"Accepted"}]'),
    ]


CENTRAL = (
    POKE.replace("CENTRAL_SYSTEM", "CHARGE_POINT")
    .replace("class ChargePoint", "class CentralSystem")
    .replace("self, request", "self, station, request")
)


def test_a_central_system_is_built_the_same_way(module: Module, only: Only) -> None:
    module("acme", CENTRAL)
    config = only("acme")
    config.central_system.lenient = True
    central = build_central(config, Log())
    assert central.profiles == ("Poking",)
    assert central.subprotocols == ("poke1.0",)
    assert central.router.lenient
    assert central.router.handler("Poke").__name__ == "on_poke"


def test_what_only_stations_send_is_never_sent_to_them(module: Module, only: Only) -> None:
    module("acme", CENTRAL)
    central = build_central(only("acme"), Log())
    with pytest.raises(NotSupported, match="Poke is sent by stations"):
        central.check_outgoing(ConnectedStation(central, "CP1"), "Poke", {"depth": 1})
    module("other", CENTRAL.replace("CHARGE_POINT", "BOTH"))
    central = build_central(only("other"), Log())
    central.check_outgoing(ConnectedStation(central, "CP1"), "Poke", {"depth": 1})


def test_a_central_system_names_what_it_left_out(module: Module, only: Only) -> None:
    module("acme", "1 / 0")
    module("base", CENTRAL)
    log = Log()
    build_central(only("acme", "base"), log)
    assert [level for level, _ in log.lines] == ["error"]
    assert "ZeroDivisionError" in log.lines[0][1]


def test_nothing_is_built_where_no_plugin_that_speaks_is_left(module: Module, only: Only) -> None:
    module("acme", "1 / 0")
    with pytest.raises(PluginError, match=r"no plugin is left that speaks OCPP\n.*ZeroDivision"):
        build_central(only("acme"), Log())
