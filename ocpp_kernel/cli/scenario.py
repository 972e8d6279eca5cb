"""``ocpp-kernel station --scenario FILE``: a charge point played by a script."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from ocpp_kernel.cli.console import output, plain
from ocpp_kernel.config import Config
from ocpp_kernel.scenario import Player, ScenarioFailed, Script, ScriptError, Step, read_script
from ocpp_kernel.scenario.simulation import JumpingClock
from ocpp_kernel.scenario.stage import Cast, remote_stage, simulation_stage
from ocpp_kernel.scenario.tape import Tape


def script_at(path: Path) -> Script:
    """Reads the script; one that cannot be read is a mistake in the command."""
    try:
        return read_script(path)
    except ScriptError as error:
        raise click.BadParameter(str(error), param_hint="--scenario") from error


class Listener:
    """Hears the charge point's frames for a scenario, and passes all on to another watcher."""

    def __init__(self, tape: Tape, watcher: Any) -> None:
        self._tape = tape
        self._watcher = watcher

    def ocpp_on_event(self, event: Any) -> None:
        """Something happened."""
        self._watcher.ocpp_on_event(event)

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        """A frame passed."""
        self._tape.hear(direction == "out", text)
        self._watcher.ocpp_on_frame(identity, direction, text)


async def play(script: Script, cast: Cast, remote: bool, stopped: asyncio.Event) -> None:
    """Plays the script; raises ClickException at a step that does not come true."""
    began = time.monotonic()
    if remote:
        tape = Tape()
        cast.watcher = Listener(tape, cast.watcher)
        stage = remote_stage(cast, tape)
    else:
        stage = simulation_stage(cast)
    async with stage as player:
        try:
            if not await _until(stopped, player, script):
                return
        except ValueError as error:  # what the configuration gives is no address
            raise click.BadParameter(str(error), param_hint="--url or --identity") from error
    passed, took = _span(cast.clock.now()), time.monotonic() - began
    output().print(f"{script.name}: all as it should be; {passed} in {took:.1f} s")


async def _until(stopped: asyncio.Event, player: Player, script: Script) -> bool:
    """Whether the script came to its end; it does not where the user stops it."""
    playing = asyncio.ensure_future(player.play(script))
    stopping = asyncio.ensure_future(stopped.wait())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not playing.done():
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
        return False
    try:
        playing.result()
    except ScenarioFailed as failure:
        raise click.ClickException(str(failure)) from failure
    return True


@contextlib.contextmanager
def state_folder(config: Config) -> Any:
    """Where the charge point's state is: as configured, else a folder for this once."""
    if config.charge_point.data:
        yield config.beside(config.charge_point.data)
        return
    with tempfile.TemporaryDirectory(prefix="ocpp-scenario-") as folder:
        yield Path(folder)


def show_step(clock: JumpingClock, step: Step) -> None:
    """A line for each step as it begins."""
    text = Text.assemble((f"{clock.now():>6}s ", "dim"), (plain(step.text), "bold yellow"))
    output().print(text, soft_wrap=True)


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
