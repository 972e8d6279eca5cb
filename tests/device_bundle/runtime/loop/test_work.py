"""Work the loop does beside the station, such as moving files."""

from __future__ import annotations

from typing import Any, cast

from device_bundle.runtime.loop import Loop


class Work:
    """Notes when it is called; `busy` is what it answers."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.busy = False
        self.calls: list[int] = []

    def __call__(self, now: int) -> bool:
        self.calls.append(self.world.ms)
        if self.busy:
            self.world.ms += 50
        return self.busy


def with_work(make: Any, **settings: Any) -> tuple[Any, Work]:
    setup = make(**settings)
    work = Work(setup.world)
    options = cast("Any", setup.settings)
    setup.loop = Loop(setup.station, setup.world.clock, setup.world, setup.world, options, work)
    return setup, work


def test_it_is_done_every_turn_connected_or_not(make: Any) -> None:
    setup, work = with_work(make, retry_minimum=60)
    setup.world.outcomes = [OSError(104)]
    setup.turn(30)
    assert not setup.station.online
    before = len(work.calls)
    assert before > 20
    setup.turn(120)
    assert setup.station.online
    assert len(work.calls) > before + 100


def test_while_there_is_work_nothing_else_waits_long(make: Any) -> None:
    setup, work = with_work(make)
    setup.turn(2)
    work.busy = True
    setup.loop.turn()
    assert setup.socket.hurried
    before = setup.world.ms
    for _ in range(10):
        setup.loop.turn()
    assert setup.world.ms - before == 10 * (50 + 10)
    work.busy = False
    setup.loop.turn()
    assert not setup.socket.hurried


def test_without_a_connection_work_goes_on_between_attempts(make: Any) -> None:
    setup, work = with_work(make, retry_minimum=60)
    setup.world.outcomes = [OSError(104)]
    setup.turn(5)
    work.busy = True
    before = setup.world.ms
    setup.loop.turn()
    assert setup.world.ms - before == 50


def test_the_station_lives_on_meanwhile(make: Any) -> None:
    setup, work = with_work(make)
    work.busy = True
    fired: list[int] = []
    setup.station.after(7, lambda: fired.append(setup.station.now))
    setup.turn(10)
    assert fired == [7]
    assert setup.socket.ticks
    assert setup.world.feeds == len(work.calls)
