"""What moving files takes of a module: memory while 200 KB travel, and bytes of a bundle.

Run on the MicroPython of this computer (64 bit). Bytes are exact and repeat; no time is measured.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import device_measure
from rich.console import Console
from rich.table import Table

from device_bundle.archives import tar_gz
from device_bundle.bundler import BundleResult, bundle
from device_bundle.emulator import command, environment, find_interpreter, upload

PROBE = Path(__file__).with_name("transfers_probe.py")
PLUGIN = "firmware_mgmt"


def run(console: Console) -> None:
    """Prints the tables."""
    table = Table(title="Bytes of heap while a file moves, on MicroPython")
    for column in ("", "kept at most", "kept afterwards", "garbage per KB"):
        table.add_column(column, justify="right" if column else "left")
    for name, *numbers in memory():
        table.add_row(name, *(f"{number:,}" for number in numbers))
    console.print(table)
    console.print(_share(*sizes()))


def memory() -> list[tuple[str, int, int, int]]:
    """What the probe counted: most kept, kept afterwards, garbage for each KB moved.

    Raises :class:`device_measure.MeasureError`, or what bundling raises.
    """
    with tempfile.TemporaryDirectory(prefix="module-") as folder:
        root = Path(folder, "module")
        result = device_measure.made(Path(folder), readable=True)
        upload(result.out / "usr", root)
        (root / "usr" / "image").write_bytes(_image(result))
        (root / "usr" / "main.py").write_bytes(PROBE.read_bytes())
        done = subprocess.run(
            command(find_interpreter(), device_measure.HEAP, root),
            env=environment({"flash": 1 << 21}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    if not lines or lines[-1] != ["end"]:
        raise device_measure.MeasureError(done.stdout + done.stderr)
    told = [line for line in lines if len(line) == 4]
    return [(name, int(held), int(growth), int(garbage)) for name, held, growth, garbage in told]


def _image(result: BundleResult) -> bytes:
    """Another release of that bundle."""
    facts = json.loads((result.out / "manifest.json").read_text(encoding="utf-8"))
    facts.pop("files")
    return tar_gz({f"usr/{file.name}": file.text + b"#\n" for file in result.files}, facts)


def sizes() -> tuple[BundleResult, BundleResult]:
    """Bundles of every plugin there is, with firmware management and without."""
    with tempfile.TemporaryDirectory(prefix="bundle-") as folder:
        config = Path(folder, "ocpp.toml")
        text = device_measure.CONFIG.format(port=9000)
        config.write_text(text, encoding="utf-8")
        whole = bundle(config, Path(folder, "with"))
        config.write_text(f"[profiles]\n{PLUGIN} = false\n{text}", encoding="utf-8")
        return whole, bundle(config, Path(folder, "without"))


def _share(whole: BundleResult, rest: BundleResult) -> Table:
    table = Table(title=f"What {PLUGIN} adds to a bundle, transfers and installer included")
    for column in ("", "with", "without", "difference"):
        table.add_column(column, justify="right" if column else "left")
    rows = {
        ".py": (whole.total, rest.total),
        ".mpy": (whole.total_compiled, rest.total_compiled),
        "heap at import": (whole.heap, rest.heap),
    }
    for name, (one, other) in rows.items():
        table.add_row(name, f"{one:,}", f"{other:,}", f"{one - other:,}")
    return table
