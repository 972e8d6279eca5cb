"""Time as the loop sees it: counters that wrap, and clocks the central system sets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import pytest

from device_bundle.runtime.clock import Clock
from device_bundle.runtime.loop import Loop
from ocpp_kernel import events

# Makes the Setup of conftest.py, which is not a module to import.
Make = Callable[..., Any]

PERIOD = 1 << 30


def wrapping(make: Make, before: int, **settings: Any) -> Any:
    """A loop whose counter of milliseconds wraps `before` ms after its start."""
    setup = make(**settings)
    world = setup.world
    world.clock = Clock(
        lambda: (world.ms + PERIOD - before) % PERIOD,
        lambda later, earlier: (later - earlier + PERIOD // 2) % PERIOD - PERIOD // 2,
        world.sleep,
    )
    setup.loop = Loop(setup.station, world.clock, world, world, cast("Any", setup.settings))
    return setup


@pytest.mark.parametrize("before", [1, 999, 5_000, 61_000])
def test_timers_and_pings_do_not_notice_the_wrap(make: Make, before: int) -> None:
    setup = wrapping(make, before)
    fired: list[int] = []

    def again() -> None:
        fired.append(setup.world.ms // 1000)
        setup.station.after(10, again)

    setup.station.after(10, again)
    setup.turn(125)
    assert len(fired) == 12
    gaps = [b - a for a, b in pairwise(fired)]
    assert set(gaps) <= {10, 11}
    assert setup.socket.ticks == sorted(set(setup.socket.ticks))


def test_waiting_for_the_network_does_not_notice_the_wrap(make: Make) -> None:
    setup = wrapping(make, 50_000, recovery_after=100)
    setup.world.network = False
    setup.turn(95)
    assert setup.world.measures == []
    setup.turn(10)
    assert [name for _, name in setup.world.measures] == ["dial"]


@pytest.mark.parametrize("step", [-7200, 7200, -50 * 365 * 86400, 64 * 365 * 86400])
def test_a_clock_set_anew_moves_no_timer(make: Make, step: int) -> None:
    """Timers count seconds of this run; only what asks for the time sees the jump."""
    setup = make()
    setup.turn(2)
    assert setup.station.utc() is None
    setup.station.set_utc(2_000_000_000)
    fired: list[int] = []
    setup.station.after(60, lambda: fired.append(setup.station.now))
    due = setup.station.now + 60
    setup.turn(5)
    setup.station.set_utc(setup.station.utc() + step)
    setup.turn(50)
    assert fired == []
    setup.turn(10)
    assert fired in ([due], [due + 1])
    steps = [event.step for event in setup.probe.events if isinstance(event, events.ClockSet)]
    assert steps == [0, step]
    assert setup.station.online
    assert len(setup.world.sockets) == 1
