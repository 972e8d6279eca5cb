"""What the simulated EV draws, and what the meter makes of it: CORE-078, CORE-080, CORE-083."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.simulated_ev.battery import Battery
from ocpp_plugins.simulated_ev.outlet import thousandths

from ocpp_kernel import events
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import StoreError

FULL = 16 * 230 * 3


def power(simulation: Any, connector: int = 1) -> int:
    return int(simulation.driver.read(connector, "Power.Active.Import", ""))


def test_nothing_without_ev_contactor_or_offer(simulation: Any) -> None:
    """CORE-023: each of them alone gives no energy."""
    driver = simulation.driver
    driver.offer_current(1, 32000)
    driver.energise(1, True)
    assert power(simulation) == 0
    simulation.type("plug 1")
    assert power(simulation) == FULL
    driver.energise(1, False)
    assert power(simulation) == 0
    driver.energise(1, True)
    driver.offer_current(1, 0)
    assert power(simulation) == 0


@pytest.mark.parametrize(
    ("offered", "drawn"), [(32000, FULL), (10000, 6900), (6000, 4140), (5999, 0)]
)
def test_draws_what_it_is_offered(simulation: Any, offered: int, drawn: int) -> None:
    """An EV draws at most what is offered, at most what it can, and nothing below 6 A."""
    simulation.charge(current=offered)
    assert power(simulation) == drawn


def test_energy_is_power_times_time(simulation: Any) -> None:
    """CORE-080: the register is exact however seldom anybody looks."""
    simulation.charge()
    simulation.advance(1000, 7)
    assert simulation.driver.read_energy(1) == FULL * simulation.now // 3600
    assert simulation.driver.read_energy(2) == 0
    assert simulation.driver.read_energy(0) == simulation.driver.read_energy(1)


def test_less_and_less_towards_the_end(simulation: Any) -> None:
    """A battery takes full power to 80 %, less and less after that, and is full at last."""
    simulation.charge(soc=78)
    seen = []
    while power(simulation):
        seen.append((int(simulation.driver.read(1, "SoC", "")), power(simulation)))
        simulation.advance(60, 10)
        assert len(seen) < 400
    assert {drawn for soc, drawn in seen if soc < 80} == {FULL}
    tail = [drawn for soc, drawn in seen if soc >= 81]
    assert tail == sorted(tail, reverse=True)
    assert tail[-1] < FULL // 8
    assert simulation.driver.read(1, "SoC", "") == "100"
    assert events.EvReady(1, False) in simulation.events


def test_a_full_ev_says_so_when_it_comes(simulation: Any) -> None:
    """A full battery asks for nothing."""
    simulation.type("plug 1 100")
    assert simulation.events == [events.CablePlugged(1), events.EvReady(1, False)]


def test_readings(simulation: Any) -> None:
    """CORE-076, CORE-078, CORE-083: every measurand it lists can be read, as decimal text."""
    simulation.charge()
    read = simulation.driver.read
    assert read(1, "Current.Import", "L1") == "16.0"
    assert read(1, "Current.Offered", "") == "32.0"
    assert read(1, "Power.Offered", "") == "22080"
    assert read(1, "Voltage", "L3-N") == "229.2"
    assert read(1, "Frequency", "") == "50.00"
    assert read(2, "SoC", "") is None
    assert read(1, "RPM", "") is None
    simulation.charge(2)
    assert read(0, "Power.Active.Import", "") == str(2 * FULL)
    assert read(0, "Current.Import", "L1") == "32.0"
    assert read(0, "SoC", "") is None
    for name in simulation.driver.measurands:
        measurand, _, phase = name.rpartition(".") if ".L" in name else (name, "", "")
        if measurand != "Energy.Active.Import.Register":
            float(read(1, measurand, phase))


def test_core_080_registers_never_go_back(simulation: Any) -> None:
    """CORE-080: after a cut of power a register is at least what was told of it."""
    simulation.charge()
    for _ in range(40):
        simulation.advance(97, 97)
        told = simulation.driver.read_energy(1)
        again = type(simulation)()
        again.store = simulation.store
        again.start()
        assert again.driver.read_energy(1) >= told


def test_an_orderly_stop_stores_exactly(simulation: Any) -> None:
    """CORE-080: where there is time to write, nothing is added."""
    simulation.charge()
    simulation.advance(600, 10)
    simulation.driver.energise(1, False)
    told = simulation.driver.read_energy(1)
    simulation.start()
    assert told <= simulation.driver.read_energy(1) <= told + 1


def test_power_failing_and_restart_write(simulation: Any) -> None:
    """CORE-080: so does a warning of the hardware."""
    simulation.charge()
    simulation.advance(600, 10)
    simulation.station.emit(events.PowerFailing(0))
    simulation.driver.restart("Hard")
    assert simulation.driver.read_energy(1) == FULL * 600 // 3600


def test_evs_stay_over_a_restart(simulation: Any) -> None:
    """A restart of the software moves no car."""
    simulation.type("plug 2 44")
    simulation.start()
    assert not simulation.driver.is_plugged(1)
    assert simulation.driver.is_plugged(2)
    assert simulation.driver.read(2, "SoC", "") == "44"


def test_failing_storage(simulation: Any) -> None:
    """Storage that fails is reported; the simulation goes on."""

    class Failing(MemoryStore):
        def load(self, name: str) -> Any:
            if name == "simulated_ev":
                raise StoreError("broken")
            return super().load(name)

        def save(self, name: str, value: Any) -> None:
            raise StoreError("broken")

    simulation.store = Failing()
    simulation.start()
    simulation.driver.energise(1, True)
    simulation.driver.energise(1, False)
    assert [level for level, _ in simulation.log] == ["error", "error"]


def test_idle_sets_no_timer(simulation: Any) -> None:
    """Nothing is looked at while nothing flows."""
    simulation.type("plug 1")
    deadlines = [simulation.station.deadline]
    simulation.driver.offer_current(1, 32000)
    simulation.driver.energise(1, True)
    deadlines.append(simulation.station.deadline)
    simulation.driver.energise(1, False)
    simulation.advance(20)
    deadlines.append(simulation.station.deadline)
    assert deadlines == [None, 10, None]


def test_lock(simulation: Any) -> None:
    """A jammed lock stays as it is."""
    driver = simulation.driver
    assert driver.lock(1)
    simulation.type("jam 1")
    assert not driver.unlock(1)
    simulation.type("free 1")
    assert driver.unlock(1)
    simulation.type("jam 1")
    assert not driver.lock(1)
    assert driver.unlock(1)


def test_battery_never_overflows() -> None:
    """What does not fit is not taken."""
    battery = Battery(1000, 990)
    battery.store(10**9)
    assert battery.is_full
    assert battery.charge == 1000
    assert battery.demand(1000) == 0


@pytest.mark.parametrize(("value", "text"), [(0, "0.0"), (16049, "16.0"), (230999, "230.9")])
def test_thousandths(value: int, text: str) -> None:
    assert thousandths(value) == text


def test_auto(simulation: Any) -> None:
    """With ``auto`` a session begins by itself once the boot is accepted."""
    simulation.settings.auto = "DEMO"
    simulation.start()
    simulation.station.emit(events.BootAccepted(True))
    assert events.CablePlugged(1) in simulation.events
    assert events.TagPresented(1, "DEMO") in simulation.events
