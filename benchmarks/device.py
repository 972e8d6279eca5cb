"""What a charge point takes of a module: memory per message, heap after boot, writes to flash.

Run on the MicroPython of this computer (64 bit), with every plugin bundled. Bytes are exact and
repeat; no time is measured. Beside them stand the figures of Quectel's own OCPP library (message
classes and routing only), which were taken once: per message on a 32-bit MicroPython 1.13 with
QuecPython's feature switches, the heap on the interpreter used here.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import device_measure
from rich.console import Console
from rich.table import Table

from device_bundle.emulator import parse_heap
from device_bundle.emulator.heap import measure
from ocpp_kernel.config import load_config, parse_config
from ocpp_kernel.scenario.script import parse_script
from ocpp_kernel.scenario.simulation import JumpingClock
from ocpp_kernel.scenario.stage import Cast, central_stage, simulation_stage
from ocpp_kernel.store import FileStore
from ocpp_kernel.transports.clock import Clock

#: Most bytes per message, in terms of what JSON alone takes.
GOAL = 5
#: Bytes of Quectel's library per message, and of JSON alone, on its interpreter (qpy32).
QUECTEL = {
    "received ChangeConfiguration": (2752, 192),
    "received SetChargingProfile, 10 periods": (52016, 2144),
    "call BootNotification": (8512, 448),
    "call Heartbeat": (3424, 304),
    "call MeterValues, 3 samples": (22800, 640),
}
#: Bytes left on the heap by importing Quectel's library, its WebSocket client not counted.
QUECTEL_HEAP = 123_552
HEAP_GOAL = 170 * 1024
HEAP = "512k"
SPEED = 30

SESSION = """
power on
< StatusNotification {"connectorId": 1}
plug 1
tag 1 ABCD
< StartTransaction
wait 1 h
tag 1 ABCD
< StopTransaction
unplug 1
< StatusNotification {"status": "Available"}
"""


def run(console: Console) -> None:
    """Prints the tables."""
    numbers = device_measure.allocations()
    console.print(_messages(numbers))
    for name, values in numbers.items():
        if len(values) == 1:
            goal = " (goal 0)" if name == "idle turn while charging" else ""
            console.print(f"{name}: {values[0]:,} B{goal}")
    heap = asyncio.run(_heap_after_boot())
    console.print(
        f"\nheap after boot, every plugin: {heap:,} B (goal ≤ {HEAP_GOAL:,}); "
        f"Quectel's library after import, without behaviour: {QUECTEL_HEAP:,} B"
    )
    console.print(_flash(asyncio.run(writes_of_a_session())))


def _messages(numbers: dict[str, tuple[int, ...]]) -> Table:
    table = Table(title="Bytes allocated per message, collector off")
    for column in ("message", "ours", "JSON alone", "ratio", "goal", "Quectel (qpy32)", "ratio"):
        table.add_column(column, justify="left" if column == "message" else "right")
    for name, values in numbers.items():
        if len(values) != 2:
            continue
        ours, alone = values
        theirs, theirs_alone = QUECTEL.get(name, (0, 1))
        other = (f"{theirs:,}", f"{theirs / theirs_alone:.0f} ×") if theirs else ("-", "-")
        ratio = f"{ours / alone:.1f} ×"
        table.add_row(name, f"{ours:,}", f"{alone:,}", ratio, f"≤ {GOAL} ×", *other)
    return table


async def _heap_after_boot() -> int:
    """Bytes kept after the boot was accepted and every connector reported."""
    with tempfile.TemporaryDirectory(prefix="bundle-") as folder:
        clock = Clock(SPEED)
        async with central_stage(parse_config({}), clock) as (central, network):
            result = await asyncio.to_thread(device_measure.made, Path(folder), network.port)

            def is_booted() -> bool:
                return any(said.payload.get("connectorId") == 1 for said in central.tape.calls)

            return await asyncio.to_thread(measure, result.out, parse_heap(HEAP), is_booted, SPEED)


class CountingStore(FileStore):
    """Counts what is written, by name."""

    writes: ClassVar[Counter[str]] = Counter()
    sizes: ClassVar[Counter[str]] = Counter()

    def _write(self, name: str, path: str, mode: str, lines: Iterable[bytes]) -> None:
        kept = list(lines)
        self.writes[name] += 1
        self.sizes[name] += sum(map(len, kept))
        super()._write(name, path, mode, kept)


async def writes_of_a_session() -> dict[str, tuple[int, int]]:
    """How often, and how many bytes, are written by name while a car charges for an hour."""
    CountingStore.writes.clear()
    CountingStore.sizes.clear()
    with tempfile.TemporaryDirectory(prefix="flash-") as folder:
        config = Path(folder, "ocpp.toml")
        config.write_text(device_measure.CONFIG.format(port=9000), encoding="utf-8")
        cast = Cast(load_config(config), Path(folder, "state"), JumpingClock())
        with patch("ocpp_kernel.scenario.simulation.FileStore", CountingStore):
            async with simulation_stage(cast) as player:
                await player.play(parse_script(SESSION, "session"))
    return {
        name: (CountingStore.writes[name], CountingStore.sizes[name])
        for name in sorted(CountingStore.writes)
    }


def _flash(writes: dict[str, tuple[int, int]]) -> Table:
    table = Table(title="Writes to flash: boot, and one hour of charging with values every minute")
    for column in ("file", "writes", "bytes"):
        table.add_column(column, justify="left" if column == "file" else "right")
    for name, (count, size) in writes.items():
        table.add_row(name, f"{count:,}", f"{size:,}")
    table.add_section()
    totals = [sum(numbers) for numbers in zip(*writes.values(), strict=True)]
    table.add_row("all", *(f"{number:,}" for number in totals))
    return table
