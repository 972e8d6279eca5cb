"""Recovery of the network: a ladder of measures that grow apart and are bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from device_bundle.runtime.handshake import HandshakeError
from ocpp_kernel.store import StoreError

# Makes the Setup of conftest.py, which is not a module to import.
Make = Callable[..., Any]


class Outlet:
    """A connector as far as recovery looks at it."""

    def __init__(self) -> None:
        self.transaction: object = None


def names(setup: Any) -> list[str]:
    return [name for _, name in setup.world.measures]


def run_until_restart(setup: Any, seconds: int) -> bool:
    """Lets the loop turn; whether it wants the module restarted within that time."""
    timer = setup.station.after(seconds, lambda: setattr(setup.station, "exit", "Soft"))
    kind = setup.loop.run()
    timer.cancel()
    setup.station.exit = None
    assert kind in ("Soft", "Reboot")
    return bool(kind == "Reboot")


def test_measures_grow_stronger_and_rarer(make: Make) -> None:
    setup = make(recovery_after=100)
    setup.world.network = False
    assert run_until_restart(setup, 100_000)
    (dialled, first), (radio, second) = setup.world.measures
    assert (first, second) == ("dial", "radio")
    assert 100 <= dialled <= 103
    assert 200 <= radio - dialled <= 203
    assert 400 <= setup.world.ms // 1000 - radio <= 403
    assert setup.lines_with("restarting the module")


def test_nothing_is_done_before_its_time(make: Make) -> None:
    setup = make(recovery_after=100)
    setup.world.network = False
    setup.turn(95)
    assert setup.world.measures == []


def test_how_far_it_came_outlives_the_restart_it_caused(make: Make) -> None:
    first = make(recovery_after=100, recovery_maximum=1000)
    first.world.network = False
    assert run_until_restart(first, 10_000)
    setup = make(recovery_after=100, recovery_maximum=1000)
    setup.store.save("recovery", first.store.load("recovery"))
    setup = restarted(setup)
    setup.world.network = False
    assert run_until_restart(setup, 10_000)
    times = [time for time, _ in setup.world.measures]
    assert 800 <= times[0] <= 803
    assert 1000 <= times[1] - times[0] <= 1003
    setup = restarted(setup)
    setup.turn(5)
    assert setup.station.online
    assert setup.store.load("recovery") is None


def restarted(setup: Any) -> Any:
    """The same settings and store, and everything else anew."""
    again = type(setup)()
    again.settings = setup.settings
    again.store = setup.store
    again.station.store = setup.store
    again.loop = type(setup.loop)(
        again.station, again.world.clock, again.world, again.world, again.settings
    )
    return again


def test_a_connection_begins_the_ladder_anew(make: Make) -> None:
    setup = make(recovery_after=100)
    setup.world.network = False
    setup.turn(150)
    assert names(setup) == ["dial"]
    setup.world.network = True
    setup.turn(10)
    assert setup.station.online
    setup.turn(1000)
    setup.world.network = False
    setup.socket.die("gone")
    setup.turn(95)
    assert names(setup) == ["dial"]
    setup.turn(20)
    assert names(setup) == ["dial", "dial"]


def test_a_network_that_carries_nothing_is_none(make: Make) -> None:
    """Registered, with a data call, and yet no server is ever reached."""
    setup = make(recovery_after=100, retry_maximum=10)
    setup.world.outcomes = [OSError(110)] * 40
    setup.turn(120)
    assert names(setup) == ["dial"]


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_server_that_refuses_proves_the_network(make: Make, status: int) -> None:
    setup = make(recovery_after=100, retry_maximum=50)
    setup.world.outcomes = [HandshakeError("refused", status) for _ in range(100)]
    setup.turn(2000)
    assert setup.world.measures == []


def test_a_handshake_without_an_answer_proves_nothing(make: Make) -> None:
    setup = make(recovery_after=100, retry_maximum=50)
    setup.world.outcomes = [HandshakeError("no answer in time") for _ in range(100)]
    setup.turn(400)
    assert names(setup) == ["dial", "radio"]


def test_no_restart_while_a_transaction_runs(make: Make) -> None:
    setup = make(recovery_after=10, recovery_maximum=40)
    setup.world.network = False
    outlet = Outlet()
    outlet.transaction = object()
    setup.station.shared["connectors"] = [Outlet(), outlet]
    assert not run_until_restart(setup, 300)
    assert names(setup)[:6] == ["dial", "radio", "radio", "dial", "radio", "radio"]
    outlet.transaction = None
    assert run_until_restart(setup, 300)


def test_an_installation_may_want_a_restart_even_then(make: Make) -> None:
    setup = make(recovery_after=10, recovery_while_charging=True)
    setup.world.network = False
    outlet = Outlet()
    outlet.transaction = object()
    setup.station.shared["connectors"] = [outlet]
    assert run_until_restart(setup, 300)


def test_an_installation_may_want_no_restart(make: Make) -> None:
    setup = make(recovery_after=10, recovery_maximum=20, recovery_restart=False)
    setup.world.network = False
    assert not run_until_restart(setup, 1000)
    assert len(setup.world.measures) > 20


def test_an_installation_may_want_nothing_of_it(make: Make) -> None:
    setup = make(recovery_after=0)
    setup.world.network = False
    assert not run_until_restart(setup, 10_000)
    assert setup.world.measures == []


def test_where_dialling_is_not_possible_the_radio_does_it(make: Make) -> None:
    setup = make(recovery_after=10)
    setup.world.can_redial = False
    setup.world.network = False
    setup.turn(15)
    assert names(setup) == ["radio"]


def test_what_is_wrong_with_the_network_is_logged_once(make: Make) -> None:
    setup = make()
    setup.world.network = False
    setup.turn(30)
    setup.world.trouble = "no SIM card"
    setup.turn(30)
    setup.world.trouble = ""
    setup.turn(30)
    setup.world.network = True
    setup.turn(30)
    assert [text for _, text in setup.world.logs] == [
        "no network: no signal",
        "no network: no SIM card",
        "no network: no data call",
        "the network is there",
        "connected to the central system",
    ]


def test_a_store_that_fails_changes_nothing(make: Make) -> None:
    setup = make(recovery_after=10)

    def failing(*arguments: Any) -> None:
        raise StoreError("flash is broken")

    setup.store.load = setup.store.save = setup.store.delete = failing
    setup = restarted(setup)
    setup.world.network = False
    assert run_until_restart(setup, 300)
    assert len(setup.lines_with("flash is broken")) == 2


@pytest.mark.parametrize("stored", ["three", -5, None, [1], 0])
def test_nonsense_in_the_store_counts_as_nothing(make: Make, stored: Any) -> None:
    setup = make(recovery_after=100)
    setup.store.save("recovery", stored)
    setup = restarted(setup)
    setup.world.network = False
    setup.turn(105)
    assert names(setup) == ["dial"]


def test_timers_go_on_while_there_is_no_network(make: Make) -> None:
    setup = make(recovery_after=20)
    setup.world.network = False
    fired: list[int] = []

    def again() -> None:
        fired.append(setup.station.now)
        setup.station.after(5, again)

    again()
    setup.turn(100)
    assert len(fired) >= 19
