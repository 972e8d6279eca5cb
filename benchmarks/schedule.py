"""A composite schedule on a module: 24 hours over 8 stacked profiles, beside JSON of the answer.

Run on the MicroPython of this computer; the answer is of some fifty periods. Only ratios within
one run are told.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import device_measure
from rich.console import Console
from rich.table import Table

from device_bundle.emulator import command, environment, find_interpreter, upload

PROBE = Path(__file__).with_name("schedule_probe.py")


def measured() -> dict[str, tuple[int, int]]:
    """What the probe found, by name: of the composite, and of JSON alone.

    Raises :class:`device_measure.MeasureError`, or what bundling raises.
    """
    with tempfile.TemporaryDirectory(prefix="module-") as folder:
        root = Path(folder, "module")
        result = device_measure.made(Path(folder), readable=True)
        upload(result.out / "usr", root)
        (root / "usr" / "main.py").write_bytes(PROBE.read_bytes())
        done = subprocess.run(
            command(find_interpreter(), device_measure.HEAP, root),
            env=environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    lines = done.stdout.splitlines()
    if lines[-1:] != ["end"]:
        raise device_measure.MeasureError(done.stdout + done.stderr)
    found = [line.split("\t") for line in lines if "\t" in line]  # the rest is the program's log
    return {name: (int(one), int(other)) for name, one, other in found}


def run(console: Console) -> None:
    """Prints the table."""
    numbers = measured()
    table = Table(title="Composite schedule of 24 h over 8 stacked profiles, on MicroPython")
    for column in ("", "composite", "JSON load and dump of the answer", "ratio"):
        table.add_column(column, justify="right" if column else "left")
    for name in ("bytes", "microseconds"):
        ours, alone = numbers[name]
        table.add_row(name, f"{ours:,}", f"{alone:,}", f"{ours / alone:.1f} ×")
    console.print(table)
    periods, length = numbers["periods"]
    console.print(f"the answer has {periods} periods and {length:,} characters")
