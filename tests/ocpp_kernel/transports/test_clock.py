"""The clock of a charge point."""

from __future__ import annotations

import pytest

from ocpp_kernel.transports.clock import Clock


class Source:
    """Real seconds, set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_starts_at_zero_and_shows_full_seconds() -> None:
    source = Source()
    clock = Clock(source=source)
    assert clock.now() == 0
    source.now += 1.9
    assert clock.now() == 1


def test_speed_makes_seconds_pass_faster() -> None:
    source = Source()
    clock = Clock(60, source)
    source.now += 1.5
    assert clock.now() == 90
    assert clock.delay(120) == 0.5


def test_what_is_due_already_needs_no_delay() -> None:
    source = Source()
    clock = Clock(source=source)
    source.now += 10
    assert clock.delay(5) == 0


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_time_does_not_stand_still_or_go_back(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Clock(speed)
