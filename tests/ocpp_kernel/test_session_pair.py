"""Two sessions joined in memory, with calls crossing in every possible way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ocpp_kernel import errors
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.dispatch import Router
from ocpp_kernel.session import Deferred, Session

TIMEOUT = 30
BEHAVIOURS = ("answer", "defer", "relay", "refuse", "fail", "follow")


class Side:
    """One end. Calls are numbered; a handler answers with the number it was asked about."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.session = Session(
            Router({}, {behaviour: self.handler(behaviour) for behaviour in BEHAVIOURS}),
            MsgspecCodec(),
            TIMEOUT,
        )
        self.inbox: list[str] = []
        self.made = 0
        self.sent: list[int] = []
        self.ends: dict[int, list[tuple[Any, errors.OcppError | None]]] = {}
        self.handled: list[int] = []
        self.waiting: list[tuple[int, Deferred]] = []
        self.replies: dict[str, int] = {}

    def call(self, behaviour: str, then: Callable[[], None] | None = None) -> int:
        number = self.made
        self.made += 1
        self.ends[number] = []

        def done(answer: Any, error: errors.OcppError | None) -> None:
            assert (answer is None) != (error is None)
            self.ends[number].append((answer, error))
            if then is not None:
                then()

        self.session.call((behaviour, {"number": number}), done)
        assert self.session.closed or self.ends[number] == []
        return number

    def handler(self, behaviour: str) -> Callable[[Any], Any]:
        def handle(request: Any) -> Any:
            number = request["number"]
            self.handled.append(number)
            if behaviour == "refuse":
                raise errors.NotSupported
            if behaviour == "fail":
                raise RuntimeError("broken")
            if behaviour == "follow":
                self.session.after_response(lambda: void(self.call("answer")))
            if behaviour in ("answer", "follow"):
                return {"number": number}
            later = Deferred()
            if behaviour == "defer":
                self.waiting.append((number, later))
            else:
                self.call("answer", lambda: later.resolve({"number": number}))
            return later

        return handle

    def flush_to(self, other: Side) -> None:
        def write(text: str) -> None:
            self.check_sent(json.loads(text))
            other.inbox.append(text)

        self.session.flush(write)

    def check_sent(self, frame: list[Any]) -> None:
        """Calls leave in the order they were made, each after all before it have ended."""
        if frame[0] != 2:
            self.replies[frame[1]] = self.replies.get(frame[1], 0) + 1
            assert self.replies[frame[1]] == 1
            return
        number = frame[3]["number"]
        assert not self.sent or number > self.sent[-1]
        assert all(len(self.ends[earlier]) == 1 for earlier in range(number))
        self.sent.append(number)


def void(_: object) -> None:
    """For lambdas that have nothing to return."""


sides = st.integers(0, 1)
steps = st.one_of(
    st.tuples(st.just("call"), sides, st.sampled_from(BEHAVIOURS)),
    st.tuples(st.just("flush"), sides, st.none()),
    st.tuples(st.just("deliver"), sides, st.none()),
    st.tuples(st.just("repeat"), sides, st.none()),
    st.tuples(st.just("lose"), sides, st.none()),
    st.tuples(st.just("resolve"), sides, st.integers(0, 3)),
    st.tuples(st.just("tick"), sides, st.sampled_from([0, 1, TIMEOUT - 1, TIMEOUT])),
)


class World:
    """Both ends, the wires between them and the time."""

    def __init__(self) -> None:
        self.sides = (Side("charge point"), Side("central system"))
        self.now = 0

    def step(self, what: str, index: int, argument: Any) -> None:
        side, other = self.sides[index], self.sides[1 - index]
        if what == "call":
            side.call(argument)
        elif what == "flush":
            side.flush_to(other)
        elif what == "resolve" and argument < len(side.waiting):
            number, later = side.waiting.pop(argument)
            later.resolve({"number": number})
        elif what == "tick":
            self.now += argument
            side.session.tick(self.now)
        elif side.inbox and what == "deliver":
            side.session.receive(side.inbox.pop(0), self.now)
        elif side.inbox and what == "lose":
            side.inbox.pop(0)
        elif side.inbox and what == "repeat" and json.loads(side.inbox[0])[0] != 2:
            side.session.receive(side.inbox[0], self.now)

    def settle(self) -> None:
        """Runs until nothing is left to do, letting time pass where an answer was lost."""
        for _ in range(10_000):
            for index in (0, 1):
                self.step("resolve", index, 0)
                self.step("flush", index, None)
            busy = any(side.inbox for side in self.sides)
            for index in (0, 1):
                self.step("deliver", index, None)
            if not busy:
                deadlines = [s.session.deadline for s in self.sides if s.session.deadline]
                if not deadlines and not any(side.waiting for side in self.sides):
                    return
                if deadlines:
                    self.now = max(self.now, int(min(deadlines)))
                    for index in (0, 1):
                        self.step("tick", index, 0)
        raise AssertionError("never settles")

    def check(self) -> None:
        for side, other in (self.sides, self.sides[::-1]):
            assert len(side.session._queue) == 0
            assert side.session._pending is None
            assert side.session._handling == {}
            assert len(set(other.handled)) == len(other.handled)
            for number, ends in side.ends.items():
                assert len(ends) == 1, (side.name, number)
                if ends[0][0] is not None:
                    assert ends[0][0] == {"number": number}


@given(plan=st.lists(steps, max_size=60))
@settings(max_examples=200, deadline=None)
def test_frm_022_023_027_every_call_ends_exactly_once_however_they_cross(
    plan: list[tuple[str, int, Any]],
) -> None:
    world = World()
    for what, index, argument in plan:
        world.step(what, index, argument)
    world.settle()
    world.check()


@given(plan=st.lists(steps, max_size=40), closing=st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_calls_end_exactly_once_whenever_the_connection_breaks(
    plan: list[tuple[str, int, Any]], closing: int
) -> None:
    world = World()
    for position, (what, index, argument) in enumerate(plan):
        if position == closing:
            for side in world.sides:
                side.session.close()
        world.step(what, index, argument)
    for side in world.sides:
        side.session.close()
        while side.waiting:
            number, later = side.waiting.pop()
            later.resolve({"number": number})
        side.session.flush(lambda text: None)
    world.check()


def test_frm_023_a_relay_on_one_side_costs_no_time_out() -> None:
    world = World()
    for behaviour in ("answer", "follow", "answer"):
        world.sides[0].call("relay")
        world.sides[1].call(behaviour)
    world.settle()
    world.check()
    assert world.now == 0
    for side in world.sides:
        assert all(ends[0][1] is None for ends in side.ends.values())


def test_frm_025_relays_on_both_sides_wait_for_each_other_and_time_outs_end_it() -> None:
    world = World()
    for side in world.sides:
        for _ in range(5):
            side.call("relay")
    world.settle()
    world.check()
    assert world.now > 0
