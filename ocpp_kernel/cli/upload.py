"""``ocpp-kernel upload``: a bundle onto a module, by its serial port."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ocpp_kernel.cli.console import notes, output

if TYPE_CHECKING:
    from device_bundle.upload import Bundle, Report

#: Seconds after which a module that says nothing counts as silent.
_PATIENCE = 20

baud_option = click.option(
    "--baud",
    type=click.IntRange(min=1200),
    default=115200,
    show_default=True,
    help="Speed of the port; USB ports do not mind.",
)


@click.command(short_help="Put a bundle on a module by its serial port.")
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), default="bundle", metavar="[DIR]"
)
@click.option("--port", required=True, metavar="PORT", help="Such as /dev/ttyUSB0 or COM7.")
@baud_option
@click.option(
    "--form",
    type=click.Choice(["py", "mpy"]),
    help="Upload the modules as text or compiled; as the bundle says where not given.",
)
def upload(folder: Path, port: str, baud: int, form: str | None) -> None:
    """Put the bundle in DIR (bundle) on the module at a serial port, by its REPL.

    A program that runs there is stopped. Files that are right already, by their SHA-256, are
    skipped: an upload that broke off is begun again. main.py is removed first and written last, so
    that half a bundle never starts. Restart the module afterwards.
    """
    send(folder, port, baud, form or "")


def send(folder: Path, port: str, baud: int, form: str = "") -> None:
    """Uploads with progress on a terminal; raises ClickException with what went wrong."""
    from device_bundle.findings import BundleError  # noqa: PLC0415 - only where it is wanted
    from device_bundle.repl import DeviceError  # noqa: PLC0415 - as above
    from device_bundle.upload import read_bundle  # noqa: PLC0415 - as above

    try:
        bundle = read_bundle(folder, form)
        report = _run(bundle, port, baud)
    except (BundleError, DeviceError) as error:
        raise click.ClickException(str(error)) from error
    output().print(_told(report, port), markup=False)


def _told(report: Report, port: str) -> str:
    if not report.written:
        return f"all {len(report.skipped)} files on {port} were right already"
    skipped = f", {len(report.skipped)} were right already" if report.skipped else ""
    return f"written to {port}: {len(report.written)}{skipped}; restart the module to run them"


def _run(bundle: Bundle, port: str, baud: int) -> Report:
    from device_bundle.repl import RawRepl, Repl  # noqa: PLC0415 - only where it is wanted
    from device_bundle.upload import Upload  # noqa: PLC0415 - as above

    try:
        from device_bundle.serial_port import SerialPort  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        if error.name != "serial":
            raise
        raise click.ClickException(
            "uploading needs pyserial; install it with: pip install 'ocpp-kernel[upload]'"
        ) from error
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = notes()
    with (
        SerialPort(port, baud) as serial,
        Progress(
            *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
        ) as progress,
    ):
        task = progress.add_task("looking at the module", total=bundle.size)
        repl = (RawRepl if bundle.target.has_raw_repl else Repl)(serial, _PATIENCE)
        repl.open()
        report = Upload(
            repl, lambda name, done: progress.update(task, description=name, completed=done)
        ).run(bundle.files)
        repl.close()
        return report
