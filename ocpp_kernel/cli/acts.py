"""Acts that plugins add to the demo: a class ``Act`` in a module ``demo_act`` of a plugin's folder.

Each is an option of ``ocpp-kernel demo`` by its name, and is played after the demo's own steps.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import click
from rich.table import Table

from ocpp_kernel.central import Central
from ocpp_kernel.cli.console import note
from ocpp_kernel.config import Config
from ocpp_kernel.plugins import PluginError, discover, load_part

#: The module of a plugin's folder that holds its act.
PART = "demo_act"


class Stage(Protocol):
    """What the demo lends to an act."""

    def headline(self, title: str) -> None:
        """Says what happens next."""

    def show(self, what: str | Table) -> None:
        """Says what came of it."""

    def wait_until(
        self, title: str, is_reached: Callable[[], bool], why: str, steps: int = 1
    ) -> Awaitable[None]:
        """Waits; raises Failed, which says why, if it takes longer than so many steps may."""

    def fail(self, title: str, why: str) -> Exception:
        """The error to raise."""

    def bundle(self, out: Path, edit: Callable[[str], str]) -> Awaitable[Any]:
        """Bundles the charge point, its configuration as edited."""


class Act(Protocol):
    """What is played; ``name`` is the option, ``help`` what it says of it."""

    name: str
    help: str

    def __init__(self, stage: Stage, folder: Path) -> None:
        """``folder`` is the act's own; it is removed afterwards."""

    def edit_central(self, text: str) -> str:
        """The configuration of the central system as this act needs it."""

    def edit_station(self, text: str) -> str:
        """That of the charge point."""

    async def begin(self, central: Central) -> None:
        """The central system has started, the charge point has not."""

    async def play(self) -> None:
        """Plays it with the charge point that runs; raises what :meth:`Stage.fail` gives."""

    async def close(self) -> None:
        """Ends what was begun."""


class ActingCommand(click.Command):
    """A command with an option for every act there is; the chosen ones arrive as ``acts``."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """See click."""
        options = [
            click.Option([f"--{name}", f"act_{name}"], is_flag=True, help=act.help)
            for name, act in contributed().items()
        ]
        return [*super().get_params(ctx), *options]

    def invoke(self, ctx: click.Context) -> Any:
        """See click."""
        acts = contributed()
        chosen = [act for name, act in acts.items() if ctx.params.pop(f"act_{name}")]
        ctx.params["acts"] = chosen
        return super().invoke(ctx)


def contributed() -> dict[str, type[Act]]:
    """The acts of all installed plugins, by name; a plugin that fails is named."""
    acts: dict[str, type[Act]] = {}
    for found in discover(Config()):
        try:
            module = load_part(found, PART)
        except PluginError as error:
            note("warning", str(error))
            continue
        act = getattr(module, "Act", None)
        name = getattr(act, "name", None)
        if act is not None and isinstance(name, str):
            acts[name] = act
        elif module is not None:
            note("warning", f"plugin {found.name}: {module.__file__} has no class Act with a name")
    return acts
