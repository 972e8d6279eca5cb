"""What every command says of itself with ``--help``."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator

import click

from device_bundle import __main__ as bundler
from device_bundle.emulator import __main__ as emulator
from generate.markdown import block
from ocpp_kernel.cli.app import cli

#: Programs that argparse reads the arguments of.
PROGRAMS: dict[str, Callable[[list[str]], int]] = {
    "python -m device_bundle": bundler.main,
    "python -m device_bundle.emulator": emulator.main,
}
WIDTH = 90


def text() -> str:
    """A section for each command."""
    return "\n".join(f"## {name}\n\n{block('text', help_)}" for name, help_ in _all())


def _all() -> Iterator[tuple[str, str]]:
    names = cli.context_settings
    with click.Context(cli, info_name="ocpp-kernel", terminal_width=WIDTH, **names) as parent:
        yield "ocpp-kernel", cli.get_help(parent)
        for name in cli.list_commands(parent):
            command = cli.get_command(parent, name)
            if command is not None:
                context = click.Context(command, parent, info_name=name, terminal_width=WIDTH)
                yield f"ocpp-kernel {name}", command.get_help(context)
    for name, main in PROGRAMS.items():
        yield name, _argparse_help(main)


def _argparse_help(main: Callable[[list[str]], int]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(["--help"])
    return out.getvalue()
