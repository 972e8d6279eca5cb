"""``ocpp-kernel station``: a charge point on this computer, played from its console."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from ocpp_kernel import events
from ocpp_kernel.build import build_station
from ocpp_kernel.cli import scenario
from ocpp_kernel.cli.console import note, output, plain
from ocpp_kernel.cli.framelog import FrameLog, show
from ocpp_kernel.cli.lines import read_lines
from ocpp_kernel.cli.options import (
    config_option,
    configuration,
    quiet_option,
    run_until_stopped,
    sentence,
)
from ocpp_kernel.cli.tls import client_context
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.config import Config, password_bytes
from ocpp_kernel.configuration import Configuration
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.scenario.simulation import JumpingClock
from ocpp_kernel.scenario.stage import Cast
from ocpp_kernel.station import Station
from ocpp_kernel.store import FileStore, Store
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.transfers import Options, Transfers
from ocpp_kernel.transports.websocket_client import WebSocketClient

QUIT = ("quit", "exit")


class Watcher:
    """Prints what happens at a charge point, through the hooks every plugin has."""

    def __init__(self, clock: Clock, quiet: bool) -> None:
        self._console = output()
        self._clock = clock
        self._quiet = quiet
        self._frames = FrameLog("charge_point")

    def ocpp_on_event(self, event: Any) -> None:
        """A line for each event but the operator's own."""
        if not isinstance(event, events.Command):
            self._console.print(sentence(event, self._stamp()), soft_wrap=True)

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        """A line for each frame."""
        if not self._quiet:
            show(self._console, self._frames.line(identity, direction, text), self._stamp())

    def _stamp(self) -> str:
        return f"{self._clock.now():>6}s"


@click.command(short_help="Run a charge point with simulated hardware.")
@click.option("--url", help="The central system. [default: ws://127.0.0.1:9000]")
@click.option("--identity", help="This charge point's name. [default: CP001]")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="Simulated seconds per real second; give serve the same. [default: 1]",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where state survives a restart; without it, it is kept in memory.",
)
@click.option(
    "--scenario",
    "scenario_path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Play a script instead; without --url with a central system of its own.",
)
@config_option
@quiet_option
def station(
    url: str | None,
    identity: str | None,
    speed: float | None,
    data: Path | None,
    scenario_path: Path | None,
    config_path: Path | None,
    quiet: bool,
) -> None:
    """Run a charge point with simulated hardware until "quit" or Ctrl-C.

    Lines of standard input are commands to its simulated hardware; "help" lists them.
    The end of the input leaves the charge point running.

    A scenario plays hours in seconds; with --url or --speed time passes as given. The exit code
    is 1 if a step does not come true. The format: pydoc ocpp_kernel.scenario
    """
    config = configuration(config_path)
    given = {"url": url, "identity": identity, "speed": speed}
    given["data"] = None if data is None else str(data.resolve())
    changes = {name: value for name, value in given.items() if value is not None}
    config.charge_point = msgspec.structs.replace(config.charge_point, **changes)
    if scenario_path is None:
        run_until_stopped(lambda stopped: _run(config, quiet, stopped))
        return
    script = scenario.script_at(scenario_path)
    jumping = url is None and speed is None
    clock = JumpingClock(1 if jumping else config.charge_point.speed)
    with scenario.state_folder(config) as folder:
        cast = Cast(
            config,
            folder,
            clock,
            jumping,
            _log,
            Watcher(clock, quiet),
            partial(scenario.show_step, clock),
            client_context(config) if url is not None else None,
        )
        run_until_stopped(partial(scenario.play, script, cast, url is not None))


async def _run(config: Config, quiet: bool, stopped: asyncio.Event) -> None:
    host = config.charge_point
    clock = Clock(host.speed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = config.beside(host.data) / "files" if host.data else Path(temporary)
        transfers = Transfers(folder, Options(ssl_context=client_context(config)))
        try:
            await _run_with(config, clock, quiet, transfers, stopped)
        finally:
            transfers.cancel()


async def _run_with(
    config: Config, clock: Clock, quiet: bool, transfers: Transfers, stopped: asyncio.Event
) -> None:
    host = config.charge_point
    make = partial(_make_station, config, MemoryStore(), Watcher(clock, quiet), transfers)
    try:
        client = WebSocketClient(
            make,
            host.url,
            clock=clock,
            password=password_bytes(host.password),
            ssl_context=client_context(config),
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--url or --identity") from error
    output().print(f"{host.identity} connects to {client.url}", markup=False)
    read_lines(partial(_command, client, stopped))
    running = asyncio.ensure_future(client.run())
    stopping = asyncio.ensure_future(stopped.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if running.done():
        running.result()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def _make_station(config: Config, memory: Store, watcher: Watcher, transfers: Transfers) -> Station:
    """Also after a restart, of which transfers under way learn here."""
    folder = config.charge_point.data
    store = memory if not folder else _file_store(config.beside(folder))
    transfers.cancel()
    station = build_station(config, store, _log, watcher)
    station.shared["transfers"] = transfers
    return station


def _file_store(folder: Path) -> FileStore:
    def sync(file: Any) -> None:
        os.fsync(file.fileno())

    folder.mkdir(parents=True, exist_ok=True)
    store = FileStore(
        os, MsgspecCodec(), str(folder), open, partial(note, "warning"), sync, _sync_folder
    )
    store.load(Configuration.FILE)  # a folder that cannot be read ends the command here
    return store


def _sync_folder(path: str) -> None:
    """Makes new names in a folder last; where folders cannot be opened, renames last already."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _log(level: str, text: str) -> None:
    """What the charge point tells its operator is a result; the rest is a note."""
    if level == "info":
        output().print(plain(text), markup=False)
    else:
        note(level, text)


def _command(client: WebSocketClient, stopped: asyncio.Event, line: str) -> None:
    if line in QUIT:
        stopped.set()
    elif line:
        client.do(lambda station: station.emit(events.Command(line)))
