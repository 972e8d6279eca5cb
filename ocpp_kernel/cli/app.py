"""The commands put together, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from ocpp_kernel.cli.bundle import bundle
from ocpp_kernel.cli.check import check
from ocpp_kernel.cli.contributed import ContributingGroup
from ocpp_kernel.cli.demo import demo
from ocpp_kernel.cli.insight import actions, plugins
from ocpp_kernel.cli.new_plugin import new_plugin
from ocpp_kernel.cli.serve import serve
from ocpp_kernel.cli.station import station
from ocpp_kernel.cli.trace import trace
from ocpp_kernel.cli.upload import upload
from ocpp_kernel.config import ConfigError
from ocpp_kernel.plugins import PluginError
from ocpp_kernel.store import StoreError

FAILED = 1
MISUSED = 2


class Misconfigured(click.ClickException):
    """The configuration, or the plugins it chooses, cannot be used."""

    exit_code = MISUSED


class _Guarded(ContributingGroup):
    """Shows an error as one line, and where ``--debug`` is given as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:
            if ctx.params.get("debug") or getattr(error, "errno", None) == errno.EPIPE:
                raise  # click knows what to do where nobody reads the output any more
            raise _as_sentence(error) from error


def _as_sentence(error: Exception) -> click.ClickException:
    if isinstance(error, (ConfigError, PluginError)):
        return Misconfigured(str(error))
    if isinstance(error, StoreError):
        return click.ClickException(str(error))
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return click.ClickException(f"{what}{error.strerror or error}")
    return click.ClickException(
        f"internal error: {type(error).__name__}: {error} "
        "(run ocpp-kernel --debug ... to see where)"
    )


def _version() -> str:
    try:
        return version("ocpp-kernel")
    except PackageNotFoundError:
        return "(not installed)"


@click.group(
    cls=_Guarded,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(_version(), prog_name="ocpp-kernel")
@click.option("--debug", is_flag=True, help="Show a traceback where something fails.")
def cli(debug: bool) -> None:
    """An OCPP 1.6-J stack: central system, charge point, and bundles for QuecPython modules."""


COMMANDS = (demo, serve, station, bundle, upload, trace, plugins, actions, check, new_plugin)
for command in COMMANDS:
    cli.add_command(command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code; see :func:`ocpp_kernel.cli.main`."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - until the end
        # What a station sends may hold characters this terminal cannot show.
        getattr(getattr(sys, name), "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        return _code(cli.main(args=arguments, prog_name="ocpp-kernel"))
    except SystemExit as end:
        return _code(end.code)


def _code(result: object) -> int:
    return 0 if result is None else result if isinstance(result, int) else FAILED
