"""What the example driver does when hardware fails: it opens the contactor, and says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CARD = "04A1B2C3D4"
FAULTED = "Faulted"


def break_rcd(bench: Any) -> None:
    bench.trip(True)


def mend_rcd(bench: Any) -> None:
    bench.trip(False)


def break_meter(bench: Any) -> None:
    bench.meter.is_silent = True


def mend_meter(bench: Any) -> None:
    bench.meter.is_silent = False


def break_checksums(bench: Any) -> None:
    bench.meter.breaks_checksum = True


def mend_checksums(bench: Any) -> None:
    bench.meter.breaks_checksum = False


def silence_controller(bench: Any) -> None:
    bench.pilot.is_silent = True


def hear_controller(bench: Any) -> None:
    bench.pilot.is_silent = False


def garble_controller(bench: Any) -> None:
    bench.pilot.is_garbled = True


def clear_controller(bench: Any) -> None:
    bench.pilot.is_garbled = False


def heat(bench: Any) -> None:
    bench.pilot.temperature = 81


def cool(bench: Any) -> None:
    bench.pilot.temperature = 70


Act = Callable[[Any], None]
FAULTS = [
    (break_rcd, mend_rcd, "GroundFailure", "residual current device tripped", 1),
    (break_meter, mend_meter, "PowerMeterFailure", "no answer", 25),
    (break_checksums, mend_checksums, "PowerMeterFailure", "no valid answer in", 25),
    (silence_controller, hear_controller, "InternalError", "the pilot controller is silent", 5),
    (garble_controller, clear_controller, "InternalError", "the pilot controller is silent", 5),
    (heat, cool, "HighTemperature", "81 degrees Celsius", 1),
]


@pytest.mark.parametrize(("happen", "mend", "code", "info", "within"), FAULTS)
def test_core_101_a_fault_stops_energy_until_it_is_over(
    charging: Any, bench: Any, happen: Act, mend: Act, code: str, info: str, within: int
) -> None:
    happen(bench)
    charging.pass_time(within)
    assert not bench.is_live
    assert charging.statuses()[-1] == (FAULTED, code)
    assert charging.info.startswith(info)
    # The transaction goes on: nothing of it is lost, and nothing flows.
    assert charging.told("StopTransaction") == []
    register = bench.meter.kwh
    mend(bench)
    charging.pass_time(8)
    assert charging.statuses()[-1] == ("Charging", "NoError")
    assert bench.is_live
    charging.pass_time(10)
    bench.unplug()
    charging.pass_time(1)
    (stop,) = charging.told("StopTransaction")
    assert stop["meterStop"] >= round(register * 1000)


@pytest.mark.parametrize(("happen", "mend", "code", "info", "within"), FAULTS)
def test_nothing_starts_while_there_is_a_fault(
    wallbox: Any, bench: Any, happen: Act, mend: Act, code: str, info: str, within: int
) -> None:
    happen(bench)
    wallbox.pass_time(within)
    bench.card(CARD)
    wallbox.pass_time(1)
    assert wallbox.statuses()[-1] == (FAULTED, code)
    assert wallbox.told("Authorize") == []
    mend(bench)
    wallbox.pass_time(8)
    assert wallbox.statuses()[-1] == ("Available", "NoError")
    assert bench.coil == []


def test_a_trip_opens_the_contactor_in_the_very_turn(charging: Any, bench: Any) -> None:
    bench.trip(True)
    charging.turn()
    assert bench.coil[-1] == 0


def test_core_092_a_shorted_pilot_suspends(charging: Any, bench: Any) -> None:
    bench.pilot.state = "E"
    charging.pass_time(1)
    assert not bench.is_live
    assert charging.statuses()[-1] == ("SuspendedEVSE", "EVCommunicationError")
    assert charging.told("StopTransaction") == []
    bench.pilot.state = "B"
    bench.settle()
    charging.pass_time(2)
    assert charging.statuses()[-1] == ("Charging", "NoError")


def test_an_ev_that_goes_during_a_short_is_noticed(charging: Any, bench: Any) -> None:
    bench.pilot.state = "E"
    charging.pass_time(1)
    bench.unplug()
    charging.pass_time(1)
    assert charging.told("StopTransaction")[0]["reason"] == "EVDisconnected"


def test_a_controller_out_of_order_is_a_fault(charging: Any, bench: Any) -> None:
    bench.pilot.state = "F"
    charging.pass_time(1)
    assert charging.statuses()[-1] == (FAULTED, "InternalError")
    assert charging.info == "the pilot controller is out of order"
    assert not bench.is_live


def test_a_welded_contactor_is_told_and_the_plug_stays_locked(charging: Any, bench: Any) -> None:
    bench.weld(True)
    bench.card(CARD)
    charging.pass_time(4)
    assert len(charging.told("StopTransaction")) == 1
    assert bench.hardware.level(1) == 0
    assert charging.statuses()[-1] == (FAULTED, "PowerSwitchFailure")
    assert charging.info == "contactor welded"
    # The EV is told to let go by the wave, and nobody gets at live pins.
    assert bench.pilot.duty == 0
    assert charging.call("UnlockConnector", {"connectorId": 1}) == {"status": "UnlockFailed"}
    # It does not come back by itself: somebody must look at it.
    bench.weld(False)
    charging.pass_time(10)
    assert charging.statuses()[-1] == (FAULTED, "PowerSwitchFailure")


def test_a_contactor_that_does_not_close_is_told(wallbox: Any, bench: Any, hardware: Any) -> None:
    hardware.watch(lambda pin, level: hardware.set_level(2, 0))
    bench.plug()
    bench.card(CARD)
    wallbox.pass_time(4)
    assert wallbox.statuses()[-1] == (FAULTED, "PowerSwitchFailure")
    assert wallbox.info == "contactor does not close"
    assert bench.coil == [1, 0]
    assert bench.pilot.duty == 0


def test_an_ev_that_draws_too_much_is_cut_off_until_it_goes(charging: Any, bench: Any) -> None:
    bench.is_greedy = True
    bench.demand = 40.0
    bench.settle()
    charging.pass_time(22)
    assert charging.statuses()[-1] == (FAULTED, "OverCurrentFailure")
    assert not bench.is_live
    charging.pass_time(30)
    assert not bench.is_live
    bench.unplug()
    charging.pass_time(1)
    assert charging.statuses()[-1] == ("Available", "NoError")


def test_a_short_excess_is_borne(charging: Any, bench: Any) -> None:
    bench.is_greedy = True
    bench.demand = 40.0
    bench.settle()
    charging.pass_time(7)
    bench.demand = 16.0
    bench.settle()
    charging.pass_time(30)
    assert charging.connector.status == "Charging"
    assert bench.is_live


def test_a_broken_reader_is_a_warning(wallbox: Any, bench: Any, hardware: Any) -> None:
    for _ in range(5):
        hardware.send(4, b"\x0204A1B2C3D4FF\x03")
        wallbox.pass_time(1)
    assert wallbox.statuses()[-1] == ("Available", "ReaderFailure")
    bench.plug()
    bench.card(CARD)
    wallbox.pass_time(2)
    assert len(wallbox.told("StartTransaction")) == 1
    assert wallbox.statuses()[-1] == ("Charging", "NoError")


def test_without_a_required_meter_charging_goes_on(
    power_up: Callable[..., Any], bench: Any
) -> None:
    wallbox = power_up(meter_required=False)
    wallbox.pass_time(8)
    bench.plug()
    bench.card(CARD)
    wallbox.pass_time(5)
    bench.meter.is_silent = True
    wallbox.pass_time(40)
    assert wallbox.connector.status == "Charging"
    driver = wallbox.station.hooks.driver()
    assert driver is not None
    assert driver.read("1", "Power.Active.Import", "") is None  # too old to be told


def test_one_error_at_a_time_and_the_worst_first(charging: Any, bench: Any) -> None:
    bench.meter.is_silent = True
    charging.pass_time(25)
    bench.trip(True)
    charging.pass_time(1)
    bench.pilot.state = "E"
    bench.meter.is_silent = False
    charging.pass_time(8)
    bench.trip(False)
    charging.pass_time(1)
    bench.pilot.state = "B"
    bench.settle()
    charging.pass_time(2)
    faults = [error for error in charging.statuses() if error[1] != "NoError"]
    assert faults == [
        (FAULTED, "PowerMeterFailure"),
        (FAULTED, "GroundFailure"),
        ("SuspendedEVSE", "EVCommunicationError"),
    ]
    assert charging.statuses()[-1] == ("Charging", "NoError")


def test_a_turn_that_fails_opens_the_contactor_and_the_next_goes_on(
    charging: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver: Any = charging.station.hooks.driver()

    def fail(now: int) -> str:
        raise OSError(5)

    with monkeypatch.context() as broken:
        broken.setattr(driver._reader, "poll", fail)
        charging.turn()
        assert bench.coil[-1] == 0
    ((level, text),) = charging.log
    assert level == "warning"
    assert text.startswith("a timer failed: plugin hardware_driver: OSError: 5 (")
    charging.pass_time(1)
    assert bench.is_live


@pytest.mark.parametrize("pin", [2, 3])
def test_a_broken_wire_counts_as_the_danger_it_would_tell(
    wallbox: Any, hardware: Any, pin: int
) -> None:
    hardware.set_level(pin, None)
    wallbox.pass_time(3)
    assert wallbox.statuses()[-1][0] == FAULTED


def test_noise_on_every_line_disturbs_nothing(charging: Any, bench: Any, hardware: Any) -> None:
    bench.meter.is_noisy = True
    bench.meter.piece = 5
    noise = bytes(range(256))
    for _ in range(60):
        for uart in (1, 4):
            hardware.send(uart, noise)
        charging.pass_time(1)
    assert charging.connector.status == "Charging"
    assert bench.is_live
    bench.card(CARD)
    charging.pass_time(1)
    (stop,) = charging.told("StopTransaction")
    assert stop["meterStop"] > 1_000_050


def test_fw_013_diagnostics_tell_of_the_hardware(charging: Any, bench: Any) -> None:
    driver: Any = charging.station.hooks.driver()
    bench.meter.is_silent = True
    charging.pass_time(10)
    bench.pilot.is_silent = True
    charging.pass_time(5)
    pilot, contactor, meter, reader = driver.collect_logs()
    assert pilot == "pilot silent, cable 32000 mA, 25 Celsius"
    assert contactor == "contactor closed 1 times; ok"
    assert meter.startswith(f"meter {driver.read_energy(1)} Wh, ")
    assert meter.endswith(" requests failed; no answer")
    assert reader == "reader: 0 wrong frames in a row"
