"""Seconds from a counter that wraps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device_bundle.runtime.clock import Clock

PERIOD = 1 << 30


class Ticks:
    """utime's counter: wraps at 2**30, and can even be set back."""

    def __init__(self, start: int) -> None:
        self.value = start
        self.slept: list[int] = []

    def ms(self) -> int:
        return self.value % PERIOD

    def diff(self, later: int, earlier: int) -> int:
        return (later - earlier + PERIOD // 2) % PERIOD - PERIOD // 2

    def clock(self) -> Clock:
        return Clock(self.ms, self.diff, self.slept.append)


@given(st.integers(0, PERIOD - 1), st.lists(st.integers(0, 5 * 86_400_000), max_size=30))
def test_seconds_add_up_over_any_number_of_wraps(start: int, steps: list[int]) -> None:
    ticks = Ticks(start)
    clock = ticks.clock()
    assert clock.now() == 0
    passed = 0
    for step in steps:
        ticks.value += step
        passed += step
        assert clock.now() == passed // 1000


def test_fractions_are_not_lost() -> None:
    ticks = Ticks(PERIOD - 500)
    clock = ticks.clock()
    for _ in range(10_000):
        ticks.value += 1
        clock.now()
    assert clock.now() == 10


def test_a_counter_set_back_does_not_turn_time_back() -> None:
    ticks = Ticks(50_000)
    clock = ticks.clock()
    ticks.value += 9_000
    assert clock.now() == 9
    ticks.value -= 4_000
    assert clock.now() == 9
    ticks.value += 5_000
    assert clock.now() == 10


def test_sleep_passes_milliseconds_on() -> None:
    ticks = Ticks(0)
    clock = ticks.clock()
    clock.sleep(200)
    clock.sleep(0)
    clock.sleep(-5)
    assert ticks.slept == [200]
