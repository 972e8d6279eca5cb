"""Heartbeat: CORE-020, CORE-021, FRM-045."""

from __future__ import annotations

from typing import Any

from ocpp_kernel import timestamps


def test_core_020_after_silence(booted: Any) -> None:
    """CORE-020: HeartbeatInterval seconds without any exchange bring a Heartbeat."""
    booted.advance(299)
    assert booted.seen() == []
    booted.advance(1)
    assert booted.seen() == [("Heartbeat", {})]
    booted.advance(300)
    assert booted.seen() == [("Heartbeat", {})]


def test_core_020_other_messages_replace_it(booted: Any) -> None:
    """CORE-020: whatever else was exchanged is a sign of life."""
    booted.advance(200)
    booted.call("GetConfiguration", '{"key":["x"]}')
    booted.advance(299)
    assert booted.seen() == []
    booted.advance(1)
    assert booted.seen() == [("Heartbeat", {})]


def test_core_020_the_running_timer_follows_the_key(booted: Any) -> None:
    """CORE-020: a new HeartbeatInterval counts at once."""
    booted.advance(100)
    booted.configure("HeartbeatInterval", "20")
    booted.advance(20)
    assert booted.seen() == [("Heartbeat", {})]


def test_core_020_an_unanswered_heartbeat_is_not_repeated_at_once(booted: Any) -> None:
    """CORE-020: silence of the central system makes no flood."""
    booted.answers["Heartbeat"] = None
    booted.advance(599)
    assert booted.seen() == [("Heartbeat", {})]


def test_core_020_only_while_connected(booted: Any) -> None:
    """CORE-020: nothing is called without a connection; it goes on after it."""
    booted.disconnect()
    booted.advance(1000)
    assert booted.seen() == []
    booted.connect()
    booted.advance(300)
    assert ("Heartbeat", {}) in booted.seen()


def test_core_021_sets_the_clock(booted: Any) -> None:
    """CORE-021: the clock follows the central system's, not the jitter of a second."""
    booted.answers["Heartbeat"] = {"currentTime": "2026-01-01T01:00:00.250Z"}
    booted.advance(300)
    assert timestamps.format(booted.station.utc()) == "2026-01-01T01:00:00Z"
    booted.answers["Heartbeat"] = {"currentTime": "2026-01-01T01:05:01Z"}
    booted.advance(300)
    assert timestamps.format(booted.station.utc()) == "2026-01-01T01:05:00Z"


def test_core_020_an_unanswered_heartbeat_is_one(booted: Any) -> None:
    """CORE-020: while an answer is waited for, no others queue up behind it."""
    booted.configure("HeartbeatInterval", "1")
    booted.answers["Heartbeat"] = None
    booted.advance(20)
    assert booted.seen() == [("Heartbeat", {})]
    booted.answers["Heartbeat"] = {"currentTime": booted.time()}
    booted.answer(f'{{"currentTime":"{booted.time()}"}}')
    assert booted.seen() == []
    booted.advance(1)
    assert booted.seen() == [("Heartbeat", {})]


def test_core_021_a_late_answer_does_not_set_the_clock_back(booted: Any) -> None:
    """CORE-021: the time told is as old as its answer may be; what cannot be right is changed."""
    booted.configure("HeartbeatInterval", "100")
    booted.answers["Heartbeat"] = None
    for late, told, shown in ((25, 0, 25), (25, -60, -60), (25, 90, 90)):
        booted.advance(100)
        right = booted.station.utc()
        booted.advance(late)
        booted.answer(f'{{"currentTime":"{timestamps.format(right + told)}"}}')
        assert booted.station.utc() == right + shown


def test_frm_045_at_least_one_a_day(booted: Any) -> None:
    """FRM-045: however much is exchanged, the clock is asked for once a day."""
    booted.configure("HeartbeatInterval", "3000")
    for _ in range(48):
        booted.advance(1800)
        booted.call("GetConfiguration", '{"key":["x"]}')
    assert booted.seen() == [("Heartbeat", {})]


def test_triggered(booted: Any) -> None:
    """RT-004, RT-008: asked for, one is sent."""
    assert booted.station.hooks.register_triggers()["Heartbeat"](1) == "Accepted"
    booted.settle()
    assert booted.seen() == [("Heartbeat", {})]
