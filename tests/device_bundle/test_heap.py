"""What importing costs is measured where MicroPython is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_bundle import heap
from device_bundle.emulator import EmulatorError


def test_each_module_is_measured_by_itself(micropython: Path) -> None:
    texts = {
        "small": "def f():return 1\n",
        "large": "import machine\nfrom usr.small import f\nDATA=[0]*1000\n",
    }
    sizes = heap.heap_at_import(texts)
    assert list(sizes) == ["small", "large"]
    assert sizes["small"] < 1000
    assert sizes["large"] > 7000


def test_nothing_is_told_where_nothing_can_be_measured(
    micropython: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heap.heap_at_import({"broken": "raise ValueError\n"}) == {}

    def missing() -> Path:
        raise EmulatorError("no interpreter")

    monkeypatch.setattr(heap, "find_interpreter", missing)
    assert heap.heap_at_import({"small": "X=1\n"}) == {}
