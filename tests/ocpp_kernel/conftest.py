"""Plugins made for a test, as if a third party had installed them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ocpp_kernel.config import Config
from ocpp_kernel.plugins import PluginSet, discover

#: Sources of plugins, or parts of them.
MESSAGES = """
from typing import TypedDict
from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action

class PokeRequest(TypedDict):
    depth: int

class PokeResponse(TypedDict):
    status: str

Poke = Action("{action}", PokeRequest, PokeResponse, sent_by=CENTRAL_SYSTEM)
"""

CHARGE_POINT = """
class ChargePoint:
    profile = "Poking"
    def __init__(self, station, settings):
        self.station = station
"""

CENTRAL = """
class CentralSystem:
    def __init__(self, central, settings):
        self.central = central
"""

INIT = "def __init__(self, host, settings): ...\n"

Install = Callable[..., None]
Module = Callable[[str, str], None]
Only = Callable[..., Config]


def names(loaded: PluginSet) -> list[str]:
    return [plugin.name for plugin in loaded.plugins]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder where modules can be imported from; they are forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def module(site: Path) -> Module:
    """Writes an importable module, or with a slash in its name one in a package."""

    def write(name: str, source: str) -> None:
        path = site / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        if path.parent != site:
            (path.parent / "__init__.py").touch()
        path.write_text(source)

    return write


@pytest.fixture
def install(site: Path) -> Install:
    """Makes a distribution look installed: it offers plugins as entry points."""

    def write(distribution: str, **points: str) -> None:
        folder = site / f"{distribution}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        )
        lines = [f"{name} = {value}" for name, value in points.items()]
        (folder / "entry_points.txt").write_text("\n".join(["[ocpp_kernel]", *lines, ""]))

    return write


@pytest.fixture
def only() -> Only:
    """Makes a configuration that runs nothing but what is named."""

    def make(*load: str, **profiles: bool) -> Config:
        others = {found.name: False for found in discover(Config())}
        return Config(profiles=others | profiles, load=list(load))

    return make
