"""Waiting times between attempts (FRM-009)."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from device_bundle.runtime.backoff import Backoff


@given(st.integers(1, 100), st.integers(1, 1000), st.integers())
def test_frm_009_delays_grow_and_are_bounded(minimum: int, maximum: int, seed: int) -> None:
    backoff = Backoff(minimum, maximum, random.Random(seed).getrandbits)  # noqa: S311  # repeatable
    span, most = minimum, max(minimum, maximum)
    for _ in range(20):
        delay = backoff.next()
        assert 0 <= span // 2 <= delay <= span
        span = min(span * 2, most)


def test_stations_do_not_come_back_together() -> None:
    delays = {Backoff(64, 64, random.Random(seed).getrandbits).next() for seed in range(200)}  # noqa: S311  # repeatable
    assert len(delays) > 20


def test_reset_begins_anew() -> None:
    backoff = Backoff(4, 1000, random.Random(1).getrandbits)  # noqa: S311  # repeatable
    for _ in range(8):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 4


def test_a_minimum_of_nothing_still_waits() -> None:
    backoff = Backoff(0, 0, random.Random(1).getrandbits)  # noqa: S311  # repeatable
    assert backoff.next() <= 1
