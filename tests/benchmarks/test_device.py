"""What a charge point may take of a module: bytes repeat exactly, so limits are close.

Where a change needs more for a good reason, the limit is raised with it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

#: Bytes allocated per message, collector off, every plugin bundled.
LIMITS = {
    "received ChangeConfiguration": 1280,
    "received GetConfiguration, one key": 1450,
    "received SetChargingProfile, 10 periods": 8000,
    "call BootNotification": 1300,
    "call Heartbeat": 1000,
    "call MeterValues, 3 samples": 1650,
}
#: Times what JSON alone takes for the same texts.
RATIO = 5


@pytest.fixture(scope="module")
def device() -> Iterator[Any]:
    """The benchmark, which is no installed module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("device")


@pytest.fixture(scope="module")
def counted(device: Any) -> dict[str, tuple[int, ...]]:
    counted: dict[str, tuple[int, ...]] = device.device_measure.allocations()
    return counted


@pytest.mark.parametrize("message", LIMITS)
def test_a_message_takes_little_more_than_its_json(
    counted: dict[str, tuple[int, ...]], message: str
) -> None:
    ours, alone = counted[message]
    assert ours <= LIMITS[message]
    assert ours <= RATIO * alone


def test_every_message_measured_has_a_limit(counted: dict[str, tuple[int, ...]]) -> None:
    assert {name for name, numbers in counted.items() if len(numbers) == 2} == set(LIMITS)


def test_a_stored_change_takes_little_more(counted: dict[str, tuple[int, ...]]) -> None:
    assert counted["received ChangeConfiguration, stored"][0] <= 2850


def test_an_idle_turn_while_charging_takes_nothing(counted: dict[str, tuple[int, ...]]) -> None:
    assert counted["idle turn while charging"] == (0,)
    # A socket of the firmware's tells by an error that nothing came; nothing is added to that.
    time_out = counted["a time-out raised and caught"]
    assert counted["idle turn while charging, with the socket's time-out"] == time_out


async def test_flash_is_written_sparingly(device: Any) -> None:
    """An hour with values every minute: each is kept until it is delivered (CORE-044)."""
    writes = await device.writes_of_a_session()
    assert 60 <= writes["transactions"][0] <= 70
    assert sum(count for count, _ in writes.values()) <= 85
    assert sum(size for _, size in writes.values()) <= 7000
