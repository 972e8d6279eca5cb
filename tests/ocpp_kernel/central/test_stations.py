"""Who may connect, and what a central system keeps of its stations."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel.central import UNKNOWN_STATION, WRONG_CREDENTIALS
from ocpp_kernel.errors import Disconnected

from .conftest import HELLO, Bench, receive

# Who may connect.


def test_by_default_anybody_may_connect() -> None:
    assert Bench().central.admit("whoever", None) == ""


def test_frm_008_with_a_list_only_those_on_it() -> None:
    central = Bench().central
    central.admit_only(["CP1"], {"CP2": b"secret"})
    assert central.admit("CP1", None) == ""
    assert central.admit("CP2", b"secret") == ""
    assert central.admit("CP3", b"secret") == UNKNOWN_STATION
    assert central.admit("cp1", None) == UNKNOWN_STATION


@pytest.mark.parametrize("password", [None, b"", b"secre", b"Secret", b"secret "])
def test_sec_007_a_station_with_a_password_must_send_it(password: bytes | None) -> None:
    central = Bench().central
    central.admit_only([], {"CP1": b"secret"})
    assert central.admit("CP1", password) == WRONG_CREDENTIALS
    assert central.admit("CP2", None) == ""


def test_a_plugin_has_the_last_word() -> None:
    central = Bench(ocpp_accept_station=(lambda identity, password: "blocked",)).central
    assert central.admit("CP1", None) == "blocked"


def test_a_plugin_that_fails_to_decide_lets_nobody_in() -> None:
    def fail(identity: str, password: bytes | None) -> str:
        raise ValueError("oh")

    bench = Bench(ocpp_accept_station=(fail,))
    assert bench.central.admit("CP1", None) != ""
    assert bench.log[0][0] == "warning"


# Stations.


def test_a_station_outlasts_its_connections() -> None:
    bench = Bench()
    station, link = bench.connect()
    station.shared["plugin"] = "remembers"
    assert link.session is not None
    bench.central.disconnected(link.session, "gone")
    assert not station.online
    again, _ = bench.connect()
    assert again is station
    assert again.shared == {"plugin": "remembers"}


def test_frm_010_a_newer_connection_takes_over() -> None:
    bench = Bench()
    station, old = bench.connect()
    outcome: list[Any] = []
    station.post(HELLO, lambda answer, error: outcome.append(error))
    _, new = bench.connect()
    assert old.closed == ["replaced by a newer connection"]
    assert isinstance(outcome[0], Disconnected)
    assert station.session is new.session
    receive(old, '[2,"1","Say",{"items":[]}]')
    assert old.sent == ['[2,"1","Say",{"items":[{"name":"hello"}]}]']
    assert old.session is not None
    bench.central.disconnected(old.session, "closed at last")
    assert station.online


def test_stations_not_connected_are_forgotten_when_there_are_too_many() -> None:
    bench = Bench()
    bench.central.max_known = 3
    _, first = bench.connect("CP1")
    _, second = bench.connect("CP2")
    assert second.session is not None
    bench.central.disconnected(second.session, "gone")
    bench.connect("CP3")
    bench.connect("CP4")
    assert sorted(bench.central.stations) == ["CP1", "CP3", "CP4"]
    bench.connect("CP5")  # those that are connected are never forgotten
    assert sorted(bench.central.stations) == ["CP1", "CP3", "CP4", "CP5"]
    assert first.session is not None


def test_the_timestamp_follows_the_clock() -> None:
    central = Bench().central
    for now, text in ((0, "1970-01-01T00:00:00Z"), (86399, "1970-01-01T23:59:59Z")):
        central.utc = lambda now=now: now  # type: ignore[misc]  # a default to bind it
        assert central.timestamp() == text
        assert central.timestamp() == text


def test_hooks_learn_of_stations_that_call_back_on_connecting() -> None:
    """A listener may call the station as soon as it is connected."""
    bench = Bench()

    class Greeter:
        def __call__(self, event: Any) -> None:
            station = bench.central.stations.get(getattr(event, "identity", ""))
            if station is not None and station.online:
                station.post(HELLO, lambda answer, error: None)

    bench.central.hooks.implementations["ocpp_on_event"] = (Greeter(),)
    _, link = bench.connect()
    link.wake()
    assert len(link.sent) == 1
