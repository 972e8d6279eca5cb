"""``ocpp-kernel serve``: a central system."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from ocpp_kernel.build import build_central
from ocpp_kernel.cli.calls import Calls
from ocpp_kernel.cli.console import note, output, plain
from ocpp_kernel.cli.framelog import FrameLog, show
from ocpp_kernel.cli.lines import read_lines
from ocpp_kernel.cli.open_files import Shortage, raise_limit
from ocpp_kernel.cli.options import (
    config_option,
    configuration,
    quiet_option,
    run_until_stopped,
    sentence,
)
from ocpp_kernel.cli.tls import server_context
from ocpp_kernel.config import Config
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.websocket_server import WebSocketServer


class Watcher:
    """Prints what a central system sees, through the hooks every plugin has."""

    def __init__(self, quiet: bool) -> None:
        self._console = output()
        self._quiet = quiet
        self._frames = FrameLog("central_system")

    def ocpp_on_event(self, event: Any) -> None:
        """A line for each event."""
        self._console.print(sentence(event, _clock()), soft_wrap=True)

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        """A line for each frame."""
        if not self._quiet:
            show(self._console, self._frames.line(identity, direction, text), _clock())


@click.command(short_help="Run a central system.")
@click.option("--host", help="The address to listen on. [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port to listen on; 0 takes a free one. [default: 9000]",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Tell stations a time that runs so much faster, for those run with the same --speed.",
)
@config_option
@quiet_option
def serve(
    host: str | None, port: int | None, speed: float, config_path: Path | None, quiet: bool
) -> None:
    """Run a central system until Ctrl-C.

    Prints "listening on URL" once stations can connect, then events and frames. Without a
    configuration any station is admitted and any tag accepted, from this computer only.
    Lines typed are calls to stations: IDENTITY ACTION PAYLOAD.
    """
    config = configuration(config_path)
    changes = {name: v for name, v in (("host", host), ("port", port)) if v is not None}
    config.central_system = msgspec.structs.replace(config.central_system, **changes)
    if config_path is None:
        _refuse_open_house(config.central_system.host)
        note("info", "no configuration: any station is admitted and any tag accepted")
    for caution in config.cautions():
        note("warning", caution)
    run_until_stopped(lambda stopped: _serve(config, speed, quiet, stopped))


async def _serve(config: Config, speed: float, quiet: bool, stopped: asyncio.Event) -> None:
    raise_limit()
    asyncio.get_running_loop().set_exception_handler(Shortage(note))
    central = build_central(config, note, Watcher(quiet))
    if speed != 1:
        central.utc = fast_time(Clock(speed))
    server = WebSocketServer.from_config(central, config.central_system, server_context(config))
    try:
        await server.start()
    except OSError as error:
        where = f"{config.central_system.host}:{config.central_system.port}"
        raise click.ClickException(
            f"cannot listen on {where}: {error.strerror or error}; choose another --port or --host"
        ) from error
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    try:
        click.echo(f"listening on {server.url}/")
        read_lines(Calls(central, _tell).take)
        await stopped.wait()
    finally:
        await server.stop()


def _tell(level: str, text: str) -> None:
    """An answer is a result; the rest is a note."""
    if level == "info":
        output().print(plain(text), markup=False)
    else:
        note(level, text)


def _refuse_open_house(host: str) -> None:
    """Whoever lets anybody in listens on loopback only."""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise click.UsageError(
            f"without a configuration anybody would be admitted, so {host} is not listened on; "
            "give --config FILE, which may name the stations and their passwords"
        )


def fast_time(clock: Clock) -> Callable[[], int]:
    """The time in seconds since 1970 UTC as it would be if it had run like ``clock``."""
    started = int(time.time())
    return lambda: started + clock.now()


def _clock() -> str:
    return time.strftime("%H:%M:%S")
