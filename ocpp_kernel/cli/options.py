"""What several commands have in common: options, and how a configuration is come by."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from ocpp_kernel.cli.console import plain
from ocpp_kernel.config import Config, load_config

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The configuration, an ocpp.toml; without one every installed plugin runs.",
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Do not print frames.")


def configuration(path: Path | None) -> Config:
    """The configuration in a file, or the built-in one; raises ConfigError."""
    return Config() if path is None else load_config(path)


def run_until_stopped(task: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs ``task`` with an event that Ctrl-C and SIGTERM set; it then ends as it sees fit."""
    try:
        asyncio.run(_with_signals(task))
    except KeyboardInterrupt:
        return  # Where signals cannot reach the event loop, this is how Ctrl-C does.


async def _with_signals(task: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except (NotImplementedError, RuntimeError):
            continue  # Windows, or not in the main thread
    await task(stopped)


def sentence(event: Any, stamp: str) -> Text:
    """An event as people read it: its name, and its values as far as they are plain."""
    words = [type(event).__name__, *_plain_fields(event._asdict())]
    return Text.assemble((f"{stamp} ", "dim"), (plain(" ".join(words)), "blue"))


def _plain_fields(values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if type(value) in (str, int, float, bool):
            yield f"{name}={value}"
        elif isinstance(value, dict):
            yield from _plain_fields(value)
        elif dataclasses.is_dataclass(value):  # with slots there is no vars()
            named = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            yield from _plain_fields(named)
