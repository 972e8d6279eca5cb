"""Of two drivers, the one counts that the configuration names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ocpp_kernel.config import Config
from ocpp_kernel.plugins import load

Install = Callable[..., None]
Module = Callable[[str, str], None]
Only = Callable[..., Config]


def names(config: Config) -> list[str]:
    return [plugin.name for plugin in load(config, "charge_point").plugins]


OWNER = """
class ChargePoint:
    def __init__(self, station, settings): ...
    def ocpp_driver(self): ...
"""
NAMING = ["profiles", "require", "load"]


@pytest.mark.parametrize("where", NAMING)
def test_another_driver_that_is_installed_gives_way_to_the_one_that_is_named(
    where: str, site: Path, module: Module, install: Install, only: Only
) -> None:
    config = only()
    module("bench", OWNER)
    module("mains", OWNER)
    install("bench", bench="bench")
    if where != "load":
        install("mains", mains="mains")
    setattr(config, where, {**config.profiles, "mains": True} if where == "profiles" else ["mains"])
    loaded = load(config, "charge_point")
    assert names(config) == ["mains"]
    assert loaded.problems == []
    assert loaded.warnings == [
        "plugin bench: gives way to mains, which (built-in configuration) names and which does the "
        "same; to say so, write bench = false in [profiles]"
    ]


def test_drivers_that_are_both_named_or_neither_are_left_to_be_refused(
    module: Module, install: Install, only: Only
) -> None:
    config = only()
    module("bench", OWNER)
    module("mains", OWNER)
    install("both", bench="bench", mains="mains")
    assert names(config) == ["bench", "mains"]
    config.profiles |= {"bench": True, "mains": True}
    assert names(config) == ["bench", "mains"]
