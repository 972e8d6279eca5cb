"""``ocpp-kernel trace``: what a device printed, with the lines and names of the source."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click


@click.command(short_help="Turn tracebacks of a bundle back into the source.")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.option(
    "--map",
    "map_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default="bundle/map.json",
    show_default=True,
    metavar="FILE",
    help="The map.json of the very bundle that runs on the device.",
)
def trace(file: TextIO, map_path: Path) -> None:
    """Turn tracebacks of a bundle in FILE (- or nothing: standard input) back into the source.

    Names of functions, classes and attributes are spelt out. Without line numbers, which
    [bundle] lines = true keeps, every function of the name is listed; with them the very line.
    Whatever else FILE holds is passed on.
    """
    from device_bundle.trace import TraceError, Tracer  # noqa: PLC0415 - only where it is wanted

    try:
        tracer = Tracer(map_path)
    except TraceError as error:
        raise click.ClickException(str(error)) from error
    for line in tracer.rewrite(file):
        click.echo(line)
        sys.stdout.flush()  # a console piped through is read as it is written
