"""Commands that plugins bring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.cli import contributed as module
from ocpp_kernel.cli.app import cli
from ocpp_kernel.plugins import Found

Run = Callable[..., Any]
Bring = Callable[..., None]

WAVE = """
import click

@click.command()
def wave():
    "Wave at {whom}."
    click.echo("waved at {whom}")
"""


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bring:
    """Makes plugins of these names, each with the text of its module ``commands``, if any."""

    def plugins(**texts: str | None) -> None:
        found = []
        for name, text in texts.items():
            folder = tmp_path / name
            folder.mkdir()
            (folder / "__init__.py").write_text("")
            if text is not None:
                (folder / "commands.py").write_text(text)
            found.append(Found(name, str(folder), "this test"))
        monkeypatch.setattr(module, "discover", lambda config: found)

    return plugins


def test_a_plugins_command_is_listed_and_runs(bring: Bring, run: Run) -> None:
    bring(cx_friendly=WAVE.format(whom="everybody"), cx_silent=None)
    assert "Wave at everybody." in run("--help").output
    result = run("wave")
    assert (result.exit_code, result.output) == (0, "waved at everybody\n")


def test_a_broken_one_is_named_and_hides_nothing(bring: Bring, run: Run) -> None:
    bring(cx_broken="raise ValueError('oops')", cx_whole=WAVE.format(whom="you"))
    result = run("wave")
    assert result.exit_code == 0
    assert "waved at you" in result.output
    assert "plugin cx_broken: " in result.stderr
    assert "oops" in result.stderr


def test_of_two_alike_the_first_counts(bring: Bring, run: Run) -> None:
    bring(cx_first=WAVE.format(whom="one"), cx_second=WAVE.format(whom="two"))
    result = run("wave")
    assert "waved at one" in result.stdout
    assert "plugins cx_first and cx_second both bring wave" in result.stderr


GROUP = """
import click

@click.group()
def birds():
    "Birds."

@birds.command()
def fly():
    "Fly."
    click.echo("flown")
"""


def test_the_commands_of_a_group_are_reached_through_it_only(bring: Bring, run: Run) -> None:
    bring(cx_birds=GROUP)
    assert run("birds", "fly").output == "flown\n"
    assert run("fly").exit_code == 2


def test_a_command_of_the_command_lines_own_needs_no_plugin(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def discover(config: Any) -> Any:
        raise AssertionError("plugins were looked at")

    monkeypatch.setattr(module, "discover", discover)
    assert run("serve", "--help").exit_code == 0


def test_a_plugin_of_one_module_has_no_commands(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cx_alone.py"
    path.write_text(WAVE.format(whom="nobody"))
    monkeypatch.setattr(
        module, "discover", lambda config: [Found("cx_alone", str(path), "this test")]
    )
    assert run("wave").exit_code == 2


def test_every_contributed_command_explains_itself(run: Run) -> None:
    commands = module.contributed()
    assert commands.keys().isdisjoint(cli.commands)
    for name, command in commands.items():
        assert run(name, "--help").exit_code == 0, name
        assert command.help, name
