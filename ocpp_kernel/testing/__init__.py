"""For tests of plugins: what surrounds them, without a socket, hardware or time.

=============================  ====================================================================
:class:`Bench`                 A charge point with the plugins named, :class:`FakeHardware`, and a
                               :class:`CentralDouble` that answers by table.
:class:`PluginPair`            Both roles with the plugins named, joined in memory.
:class:`FakeClock`             Time that passes when told to: ``bench.advance(3600)``.
:func:`assert_calls` ...       What was sent, and a readable difference where it was not that.
:func:`play_scenario`          A scenario on CPython.
:class:`BundledChargePoint`    The same scenario on the bundle, under MicroPython.
:class:`Pair` ...              Any two sessions, stations or central systems joined.
=============================  ====================================================================

A charge point with no plugin but the fake hardware has little to say, but it is one:

    >>> bench = Bench()
    >>> bench.connect()
    >>> bench.hardware.deliver(1500)
    >>> bench.station.hooks.driver().read_energy(1)
    1500
    >>> bench.advance(3600)
    >>> bench.frames
    []

Fixtures are left to the test: ``Bench("core_profile", "acme")`` is one line.
"""

from __future__ import annotations

from ocpp_kernel.testing.bench import Bench, Events, Log, PluginPair, configuration
from ocpp_kernel.testing.central_double import SILENCE, Answer, CentralDouble
from ocpp_kernel.testing.clock import FakeClock
from ocpp_kernel.testing.frames import (
    Seen,
    Sender,
    answers_to,
    assert_calls,
    assert_not_sent,
    assert_sent,
    transcript,
)
from ocpp_kernel.testing.hardware import FakeHardware
from ocpp_kernel.testing.micropython import BundledChargePoint, why_no_micropython
from ocpp_kernel.testing.pair import MAX_FRAMES, CentralPair, End, Pair
from ocpp_kernel.testing.scenarios import play_scenario, play_scenario_async

__all__ = [
    "MAX_FRAMES",
    "SILENCE",
    "Answer",
    "Bench",
    "BundledChargePoint",
    "CentralDouble",
    "CentralPair",
    "End",
    "Events",
    "FakeClock",
    "FakeHardware",
    "Log",
    "Pair",
    "PluginPair",
    "Seen",
    "Sender",
    "answers_to",
    "assert_calls",
    "assert_not_sent",
    "assert_sent",
    "configuration",
    "play_scenario",
    "play_scenario_async",
    "transcript",
    "why_no_micropython",
]
