"""What a program keeps on the heap, measured while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_bundle.emulator import EmulatorError
from device_bundle.emulator.heap import measure

KEPT = 50_000
RUNS = """
import utime

kept = bytearray({kept})
while True:
    dropped = bytearray(1000)
    utime.ticks_ms()
    utime.sleep_ms(100)
"""


def bundle(folder: Path, source: str) -> Path:
    (folder / "usr").mkdir()
    (folder / "usr" / "main.py").write_text(source)
    return folder


def test_what_is_kept_is_counted_and_what_is_dropped_is_not(tmp_path: Path) -> None:
    found = measure(bundle(tmp_path, RUNS.format(kept=KEPT)), 256 * 1024, lambda: True)
    assert KEPT < found < KEPT + 8 * 1024


def test_it_waits_until_the_program_has_booted(tmp_path: Path) -> None:
    asked: list[bool] = []

    def is_booted() -> bool:
        asked.append(True)
        return len(asked) > 3

    measure(bundle(tmp_path, RUNS.format(kept=1)), 256 * 1024, is_booted)
    assert len(asked) == 6


def test_a_program_that_ends_has_no_heap(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=r"(?s)did not boot while its heap .*\nbye"):
        measure(bundle(tmp_path, "print('bye')\n"), 256 * 1024, lambda: True)
