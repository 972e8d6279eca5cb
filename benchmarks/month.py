"""A month of a charge point on a bad link: what it keeps on the heap, and writes to flash.

The bundle, every plugin in it, runs on the MicroPython of this computer (64 bit) with the heap of
a module. Its clock, network, console and central system are those of `month_probe.py`, so that a
day lasts a second: five transactions, two hours without a network, a server that restarts,
vanishes, falls silent and refuses, reservations, charging profiles, a local list, remote commands,
nonsense, clocks that jump. Everything repeats exactly.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import device_measure
from rich.console import Console
from rich.table import Table

from device_bundle.bundler import bundle
from device_bundle.emulator import command, environment, find_interpreter, parse_heap, upload

DAYS = 30
HEAP = "512k"
#: Bytes of the heap the world around the program has for itself.
WORLD = 96 * 1024
#: utime.ticks_ms() at the start: the counter wraps on day 12, and on day 24, while an EV charges.
TICKS = 8_400_000
SHOWN = (1, 2, 7, 14, 21, 30)

CONFIG = device_measure.CONFIG.format(port=9000).replace("connectors = 1", "connectors = 2")
_HERE = Path(__file__).parent


@dataclass
class Day:
    """One day, told at four in the morning: bytes kept and the longest free piece of the heap;
    messages of the station, files written and bytes written since the morning before."""

    number: int
    heap: int
    largest: int
    messages: int
    writes: int
    written: int


@dataclass
class Month:
    """Its days, how often which message came, which file was written, and the program's log."""

    days: list[Day] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)


def live(days: int = DAYS) -> Month:
    """Lets so many days pass; takes about a second each.

    Raises device_measure.MeasureError if the program ends before, or what bundling raises.
    """
    with tempfile.TemporaryDirectory(prefix="month-") as folder:
        config = Path(folder, "ocpp.toml")
        config.write_text(CONFIG, encoding="utf-8")
        result = bundle(config, Path(folder, "bundle"))
        root = Path(folder, "module")
        upload(result.out / "usr", root)
        usr = root / "usr"
        usr.joinpath("main.py").write_bytes(_HERE.joinpath("month_probe.py").read_bytes())
        for part in ("month_world.py", "month_server.py"):
            usr.joinpath(part).write_bytes(_HERE.joinpath(part).read_bytes())
        done = subprocess.run(
            command(find_interpreter(), parse_heap(HEAP) + WORLD, root),
            env=environment({"days": days, "ticks": TICKS}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    lines = done.stdout.splitlines()
    if done.returncode != 0 or lines[-1:] != ["end"]:
        tail = "\n".join([*lines[-20:], done.stderr])
        raise device_measure.MeasureError(f"the charge point did not live for a month:\n{tail}")
    return _read(lines[:-1])


def _read(lines: list[str]) -> Month:
    month = Month()
    for line in lines:
        kind, *rest = line.split("\t")
        if kind == "day":
            month.days.append(Day(*map(int, rest)))
        elif kind == "count":
            month.messages[rest[0]] = int(rest[1])
        elif kind == "file":
            month.files[rest[0]] = int(rest[1])
        else:
            month.log.append(line)
    return month


def run(console: Console) -> None:
    """Prints the table."""
    month = live()
    table = Table(title=f"A month of every plugin, {HEAP} of heap: bytes, at four in the morning")
    for column in (
        "day",
        "kept on the heap",
        "longest free piece",
        "messages",
        "writes",
        "written",
    ):
        table.add_column(column, justify="right")
    for day in month.days:
        if day.number in SHOWN:
            numbers = (day.heap, day.largest, day.messages, day.writes, day.written)
            table.add_row(str(day.number), *(f"{number:,}" for number in numbers))
    console.print(table)
    files = ", ".join(f"{name} {count:,}" for name, count in sorted(month.files.items()))
    console.print(f"files written in {DAYS} days: {files}")
