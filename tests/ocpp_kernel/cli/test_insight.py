"""``plugins`` and ``actions``: what is there, and who handles what."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

ACME = """
from typing import TypedDict
from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action, on

class PokeRequest(TypedDict):
    depth: int

class PokeResponse(TypedDict):
    status: str

Poke = Action("Poke", PokeRequest, PokeResponse, sent_by=CENTRAL_SYSTEM)

class ChargePoint:
    profile = "Poking"

    def __init__(self, station, settings): ...

    @on(Poke)
    def on_poke(self, request): ...
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A third party's plugin that works and one that does not; one profile is off."""
    (tmp_path / "acme.py").write_text(ACME)
    (tmp_path / "broken.py").write_text("1 / 0")
    path = tmp_path / "ocpp.toml"
    path.write_text(
        "[profiles]\nreservation = false\n[plugins]\nload = ['./acme.py', './broken.py']\n"
    )
    return str(path)


def rows(text: str) -> dict[str, list[str]]:
    """The cells of a table's lines by their first one."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    return {cells[0]: cells[1:] for cells in lines}


def test_plugins_lists_every_one(run: Run, config: str) -> None:
    result = run("plugins", "--config", config)
    assert result.exit_code == 0
    found = rows(result.stdout)
    assert found["acme"] == [f"{config}: plugins.load", "yes", "charge point", "Poking", "1"]
    assert found["reservation"] == ["installed by ocpp-kernel", "no"]
    assert found["broken"][:2] == [f"{config}: plugins.load", "yes"]
    assert "fails when imported: ZeroDivisionError" in found["broken"][2]
    assert found["core_profile"][2:4] == ["charge point, central system", "Core"]


def test_actions_names_the_line_that_handles_each(run: Run, config: str) -> None:
    result = run("actions", "--config", config)
    assert result.exit_code == 0
    found = rows(result.stdout)
    handler = f"{Path(config).parent / 'acme.py'}:18"
    assert found["Poke"] == ["acme", handler, "sends"]
    place = re.fullmatch(r"(.*\.py):(\d+)", found["Heartbeat"][2])
    assert place is not None
    source = Path(place[1]).read_text().splitlines()
    assert "def on_heartbeat" in "".join(source[int(place[2]) - 1 : int(place[2]) + 1])


def test_actions_names_what_is_refused_and_how(run: Run, config: str) -> None:
    found = rows(run("actions", "--config", config).stdout)
    refused = "refused: NotSupported"
    assert found["ReserveNow"] == ["no plugin", refused, refused]
    assert found["any other"] == ["refused: NotImplemented"] * 2


def test_paths_below_the_working_directory_are_short(
    run: Run, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(config).parent)
    assert rows(run("actions", "--config", "ocpp.toml").stdout)["Poke"][1] == "acme.py:18"


def test_two_plugins_that_contradict_each_other(run: Run, config: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(ACME)
    result = run("actions", "--config", config)
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: action Poke is defined by plugins acme and broken; "
        "switch one of them off in [profiles]\n"
    )
