"""Charging with the example driver: what the EV, the meter and the central system get to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import events

LOCK, UNLOCK, LOCKED, LAMP = 5, 6, 7, 8
CARD = "04A1B2C3D4"


def profile(ampere: float) -> Any:
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": ampere}],
            },
        },
    }


def test_a_whole_charge(wallbox: Any, bench: Any) -> None:
    bench.plug()
    wallbox.pass_time(1)
    assert wallbox.statuses()[-1] == ("Preparing", "NoError")
    assert bench.coil == []
    bench.card(CARD)
    wallbox.pass_time(1)
    (start,) = wallbox.told("StartTransaction")
    assert (start["idTag"], start["meterStart"]) == (CARD, 1_000_000)
    # The wave comes before the EV is ready, the EV before the contactor.
    assert wallbox.statuses()[-2:] == [("SuspendedEV", "NoError"), ("Charging", "NoError")]
    assert (bench.coil, bench.pilot.duty) == ([1], 533)
    wallbox.pass_time(20)
    bench.unplug()
    wallbox.pass_time(1)
    (stop,) = wallbox.told("StopTransaction")
    assert stop["reason"] == "EVDisconnected"
    assert stop["meterStop"] == round(bench.meter.kwh * 1000) > 1_000_000
    assert (bench.coil, bench.pilot.duty) == ([1, 0], 1000)
    assert wallbox.statuses()[-2:] == [("Finishing", "NoError"), ("Available", "NoError")]
    assert wallbox.log == []


def test_the_card_that_started_stops_and_frees_the_plug(
    charging: Any, bench: Any, hardware: Any
) -> None:
    assert hardware.ask(f"in {LOCKED} 1") == "0"
    charging.pass_time(5)
    bench.card(CARD)
    charging.pass_time(1)
    (stop,) = charging.told("StopTransaction")
    assert stop["idTag"] == CARD
    assert not bench.is_live
    assert hardware.ask(f"in {LOCKED} 1") == "1"
    assert charging.statuses()[-1] == ("Finishing", "NoError")


def test_a_card_left_on_the_reader_is_presented_once(charging: Any, bench: Any) -> None:
    charging.pass_time(5)
    for _ in range(10):
        bench.card("0A0B0C0D")
        charging.pass_time(1)
    refused = [text for level, text in charging.log if "***0C0D is refused" in text]
    assert len(refused) == 1


def test_a_short_press_of_the_button_stops(charging: Any, bench: Any) -> None:
    bench.press()
    charging.pass_time(1)
    (stop,) = charging.told("StopTransaction")
    assert "reason" not in stop  # Local
    assert not bench.is_live


def test_the_button_may_be_an_emergency_stop(power_up: Callable[..., Any], bench: Any) -> None:
    wallbox = power_up(stop_reason="EmergencyStop")
    wallbox.pass_time(8)
    bench.plug()
    bench.card(CARD)
    wallbox.pass_time(2)
    bench.press()
    wallbox.pass_time(1)
    assert wallbox.told("StopTransaction")[0]["reason"] == "EmergencyStop"


@pytest.mark.parametrize(("ampere", "duty"), [(10, 166), (6, 100), (5.9, 1000), (0, 1000)])
def test_sc_036_a_charging_profile_reaches_the_pilot(
    charging: Any, bench: Any, ampere: float, duty: int
) -> None:
    assert charging.call("SetChargingProfile", profile(ampere)) == {"status": "Accepted"}
    charging.pass_time(2)
    assert bench.pilot.duty == duty
    assert charging.connector.status == ("Charging" if ampere >= 6 else "SuspendedEVSE")
    if ampere < 6:
        # The EV stopped by itself, and the contactor opened without a load.
        assert (bench.pilot.state, bench.is_live) == ("B", False)


def test_an_ev_that_goes_on_drawing_is_cut_off_after_a_while(charging: Any, bench: Any) -> None:
    bench.is_greedy = True
    bench.pilot.receive = lambda data: b""  # the EV does not care for the wave any more
    charging.call("SetChargingProfile", profile(0))
    charging.pass_time(4)
    assert bench.is_live
    charging.pass_time(4)
    assert not bench.is_live


def test_the_profile_ends_and_charging_goes_on(charging: Any, bench: Any) -> None:
    charging.call("SetChargingProfile", profile(0))
    charging.pass_time(2)
    charging.call("ClearChargingProfile", {"id": 1})
    charging.pass_time(2)
    assert (bench.pilot.duty, bench.is_live) == (533, True)
    assert charging.statuses()[-2:] == [("SuspendedEV", "NoError"), ("Charging", "NoError")]


def test_no_more_is_offered_than_the_cable_carries(wallbox: Any, bench: Any) -> None:
    bench.pilot.cable = 13
    bench.plug()
    bench.card(CARD)
    wallbox.pass_time(2)
    assert bench.pilot.duty == 216


def test_an_ev_that_is_full_opens_the_contactor_and_shows(charging: Any, bench: Any) -> None:
    bench.demand = 0
    bench.settle()
    charging.pass_time(1)
    assert charging.statuses()[-1] == ("SuspendedEV", "NoError")
    assert not bench.is_live
    bench.demand = 16
    bench.settle()
    charging.pass_time(1)
    assert charging.statuses()[-1] == ("Charging", "NoError")
    assert bench.is_live


def test_an_ev_that_wants_ventilation_gets_nothing(charging: Any, bench: Any) -> None:
    bench.pilot.state = "D"
    charging.pass_time(1)
    assert charging.statuses()[-1] == ("SuspendedEV", "NoError")
    assert not bench.is_live


def test_core_068_meter_values_come_from_the_meter(charging: Any, bench: Any) -> None:
    wanted = (
        "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage.L1-N,Frequency,"
        "Current.Offered,Temperature"
    )
    for key, value in (("MeterValuesSampledData", wanted), ("MeterValueSampleInterval", "10")):
        assert charging.call("ChangeConfiguration", {"key": key, "value": value}) == {
            "status": "Accepted"
        }
    bench.meter.step = 0
    charging.pass_time(12)
    (value,) = charging.told("MeterValues")[-1]["meterValue"]
    read = {
        (sample["measurand"], sample.get("phase")): (sample["value"], sample.get("unit"))
        for sample in value["sampledValue"]
    }
    register = str(round(bench.meter.kwh * 1000))
    assert read == {
        ("Energy.Active.Import.Register", None): (register, "Wh"),
        ("Power.Active.Import", None): ("11040.00", "W"),
        ("Current.Import", "L1"): ("16.00", "A"),
        ("Current.Import", "L2"): ("16.00", "A"),
        ("Current.Import", "L3"): ("16.00", "A"),
        ("Voltage", "L1-N"): ("230.00", "V"),
        ("Frequency", None): ("50.00", None),
        ("Current.Offered", None): ("32.00", "A"),
        ("Temperature", None): ("25", "Celsius"),
    }


def test_nothing_is_offered_but_in_a_transaction(charging: Any, bench: Any) -> None:
    driver: Any = charging.station.hooks.driver()
    assert driver.read(1, "Current.Offered", "") == "32.00"
    bench.unplug()
    charging.pass_time(1)
    assert driver.read(1, "Current.Offered", "") == "0.00"


def test_a_single_phase_wallbox_reads_one_phase(power_up: Callable[..., Any]) -> None:
    driver = power_up(phases=1).station.hooks.driver()
    assert driver is not None
    assert sorted(driver.measurands) == [
        "Current.Import.L1",
        "Current.Offered",
        "Energy.Active.Import.Register",
        "Frequency",
        "Power.Active.Import",
        "Temperature",
        "Voltage.L1-N",
    ]


def test_core_123_unlocking_tells_how_it_ended(charging: Any, bench: Any) -> None:
    bench.is_jammed = True
    assert charging.call("UnlockConnector", {"connectorId": 1}) == {"status": "UnlockFailed"}
    assert charging.told("StopTransaction")[0]["reason"] == "UnlockCommand"
    assert not bench.is_live
    bench.is_jammed = False
    assert charging.call("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}


def test_a_fixed_cable_has_no_lock(power_up: Callable[..., Any]) -> None:
    wallbox = power_up(lockable=False)
    assert wallbox.call("UnlockConnector", {"connectorId": 1}) == {"status": "NotSupported"}


def test_a_plug_that_cannot_be_locked_is_not_charged(wallbox: Any, bench: Any) -> None:
    bench.is_jammed = True
    bench.plug()
    bench.card(CARD)
    wallbox.pass_time(2)
    assert wallbox.told("StartTransaction") == []
    assert wallbox.statuses()[-1] == ("Faulted", "ConnectorLockFailure")
    assert bench.coil == []


def test_the_lamp_shows_the_status(charging: Any, bench: Any, hardware: Any) -> None:
    seen = []
    for _ in range(4):
        charging.pass_time(1)
        seen.append(hardware.level(LAMP))
    assert seen == [1, 1, 1, 1]
    bench.unplug()
    charging.pass_time(1)
    seen = []
    for _ in range(4):
        charging.pass_time(1)
        seen.append(hardware.level(LAMP))
    assert sorted(seen) == [0, 0, 0, 1]


def test_after_a_power_cut_everything_is_open_and_the_plug_is_free(
    charging: Any, bench: Any, hardware: Any, power_up: Callable[..., Any]
) -> None:
    charging.station.emit(events.PowerFailing(0))
    hardware.ask("out 1 0")  # the coil falls with the power
    register = bench.meter.kwh * 1000
    bench.meter.is_silent = True
    again = power_up()
    assert hardware.ask(f"in {LOCKED} 1") == "1"
    assert bench.coil == [1, 0]
    # The meter was not read yet: what was stored is told, never 0.
    driver = again.station.hooks.driver()
    assert driver is not None
    assert driver.read_energy(1) == pytest.approx(register, abs=11)
    assert again.told("StopTransaction")[0]["reason"] == "PowerLoss"
    again.pass_time(1)
    assert again.statuses()[-1] == ("Preparing", "NoError")


def test_nothing_starts_before_the_meter_was_read(power_up: Callable[..., Any], bench: Any) -> None:
    bench.meter.is_silent = True
    wallbox = power_up()
    bench.plug()
    bench.card(CARD)
    wallbox.pass_time(3)
    assert wallbox.told("StartTransaction") == []
    assert any("the meter was not read yet" in text for _, text in wallbox.log)


def test_core_118_a_reset_opens_the_contactor(charging: Any, bench: Any) -> None:
    assert charging.call("Reset", {"type": "Hard"}) == {"status": "Accepted"}
    charging.pass_time(3)
    assert charging.station.exit == "Hard"
    assert not bench.is_live
    assert charging.told("StopTransaction")[0]["reason"] == "HardReset"
