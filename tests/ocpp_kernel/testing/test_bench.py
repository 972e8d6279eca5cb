"""Benches and pairs: plugins as they are installed, fake hardware, restarts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import ChangeConfiguration, UnlockConnector

from ocpp_kernel import events
from ocpp_kernel.config import ConfigError
from ocpp_kernel.events_central import TransactionEnded
from ocpp_kernel.scenario import ScenarioFailed
from ocpp_kernel.testing import (
    Bench,
    FakeHardware,
    PluginPair,
    assert_calls,
    assert_not_sent,
    assert_sent,
    configuration,
    play_scenario,
    play_scenario_async,
)

LIMIT = """
class Settings:
    limit: int = 6000

class ChargePoint:
    settings = Settings
    def __init__(self, station, settings):
        self.settings = settings
    def ocpp_charging_limit(self, connector_id, at):
        return self.settings.limit
"""


@pytest.fixture
def bench() -> Bench:
    bench = Bench("core_profile")
    bench.connect()
    return bench


def test_a_charge_point_boots(bench: Bench) -> None:
    available = {"status": "Available"}
    assert_calls(
        bench.frames,
        [
            ("BootNotification", {"chargePointModel": "charge point"}),
            *[("StatusNotification", available)] * 3,
        ],
    )
    assert bench.log == []


def test_nothing_runs_but_what_is_named() -> None:
    assert Bench("core_profile", "reservation").station.profiles == ("Core", "Reservation")


def test_a_plugin_may_be_a_file_with_settings(tmp_path: Path) -> None:
    (tmp_path / "limit.py").write_text(LIMIT)
    settings = {"limit": {"limit": 8000}}
    bench = Bench("core_profile", "./limit.py", settings=settings, folder=tmp_path)
    assert bench.station.hooks.charging_limit(1, 0) == 8000


def test_a_plugin_that_cannot_be_used_fails_the_test(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(AssertionError, match="the plugins cannot be used:\nplugin broken: "):
        Bench("core_profile", "./broken.py", folder=tmp_path)


def test_a_name_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match='did you mean "core_profile"'):
        configuration("core_profil")


def test_another_driver_is_refused() -> None:
    with pytest.raises(Exception, match="both implement ocpp_driver"):
        Bench("core_profile", "simulated_ev")


# Fake hardware.


def test_hardware_is_played_and_its_calls_are_kept(bench: Bench) -> None:
    hardware = bench.hardware
    hardware.plug()
    hardware.present("TAG")
    assert hardware.calls == [("lock", 1), ("offer_current", 1, 32000), ("energise", 1, True)]
    hardware.deliver(1200)
    hardware.unplug()
    assert hardware.calls[3:] == [("energise", 1, False), ("unlock", 1)]
    assert_sent(bench.frames, "StopTransaction", {"meterStop": 1200})
    assert hardware.read_energy(0) == 1200


def test_readings_are_what_a_test_says(bench: Bench) -> None:
    bench.hardware.readings["Voltage.L1"] = "231.0"
    assert bench.hardware.read(1, "Voltage", "L1") == "231.0"
    assert bench.hardware.read(1, "Voltage", "L2") is None


def test_faults_come_and_go(bench: Bench) -> None:
    bench.hardware.raise_fault("GroundFailure", info="wet")
    fault = {"status": "Faulted", "errorCode": "GroundFailure", "info": "wet"}
    assert_sent(bench.frames, "StatusNotification", fault)
    bench.hardware.clear_fault()
    assert bench.frames[-2].payload["status"] == "Available"


def test_a_jammed_lock_does_not_move(bench: Bench) -> None:
    bench.hardware.plug()
    bench.hardware.present("TAG")
    bench.hardware.jammed = True
    assert bench.call(UnlockConnector({"connectorId": 1})) == {"status": "UnlockFailed"}
    assert bench.hardware.locked[1]


def test_an_ev_pauses_and_somebody_stops(bench: Bench) -> None:
    bench.hardware.plug()
    bench.hardware.present("TAG")
    bench.hardware.set_ev_ready(False)
    assert_sent(bench.frames, "StatusNotification", {"status": "SuspendedEV"})
    bench.hardware.press_stop(reason="EmergencyStop")
    assert_sent(bench.frames, "StopTransaction", {"reason": "EmergencyStop"})


def test_hardware_has_settings() -> None:
    settings = {"hardware": {"connectors": 1, "lockable": False, "max_current": 16000}}
    bench = Bench("core_profile", settings=settings)
    assert (bench.hardware.connectors, bench.hardware.lockable) == (1, False)
    assert len(bench.station.shared["connectors"]) == 2


# Restarts and connections.


def test_what_was_stored_and_plugged_survives_a_restart(bench: Bench) -> None:
    bench.call(ChangeConfiguration({"key": "MeterValueSampleInterval", "value": "7"}))
    bench.hardware.plug()
    bench.hardware.present("TAG")
    bench.hardware.deliver(500)
    bench.advance(300)
    before: FakeHardware = bench.hardware
    bench.restart()
    assert bench.hardware is not before
    assert bench.hardware.is_plugged(1)
    assert bench.station.configuration["MeterValueSampleInterval"] == 7
    sent = len(bench.frames)
    bench.connect()
    stopped = assert_sent(bench.frames[sent:], "StopTransaction")
    assert (stopped["reason"], stopped["meterStop"]) == ("PowerLoss", 500)


def test_what_was_logged_before_is_no_matter_of_a_restart(bench: Bench) -> None:
    bench.station.log("error", "the meter is silent")
    bench.restart()
    assert bench.log.of("error") == ["the meter is silent"]


def test_nothing_is_sent_while_disconnected(bench: Bench) -> None:
    sent = len(bench.frames)
    bench.disconnect()
    bench.hardware.plug()
    bench.advance(1000)
    assert bench.frames[sent:] == []
    with pytest.raises(AssertionError, match="connect"):
        bench.call(UnlockConnector({"connectorId": 1}))


def test_events_are_kept(bench: Bench) -> None:
    bench.hardware.plug()
    assert bench.events.of(events.CablePlugged) == [events.CablePlugged(1)]
    assert isinstance(bench.events[0], events.Started)


def test_an_answer_that_needs_time_is_a_failed_assertion(bench: Bench) -> None:
    bench.lose = lambda sender, text: sender == "left"
    with pytest.raises(AssertionError, match="was not answered at once"):
        bench.call(UnlockConnector({"connectorId": 1}))


# Both roles.


def test_both_roles_charge_a_car() -> None:
    pair = PluginPair("core_profile", central_system={"core_profile": {"heartbeat_interval": 77}})
    pair.connect()
    pair.hardware.plug()
    pair.hardware.present("TAG")
    pair.hardware.deliver(900)
    pair.hardware.unplug()
    (ended,) = pair.central_events.of(TransactionEnded)
    assert ended.transaction.energy == 900
    assert pair.station.configuration["HeartbeatInterval"] == 77
    assert pair.station_events.of(events.TransactionStopped)
    assert pair.log == []


def test_a_pair_with_a_plugin_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(AssertionError, match="plugin broken: "):
        PluginPair("core_profile", "./broken.py", folder=tmp_path)


async def test_until_waits_for_other_threads() -> None:
    pair = PluginPair("core_profile")
    pair.connect()
    seen: list[Any] = []
    pair.station.call(("Heartbeat", {}), lambda answer, error: seen.append(answer))
    await pair.until(lambda: bool(seen))
    assert_sent(pair.frames, "Heartbeat")


async def test_until_gives_up_with_the_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocpp_kernel.testing.pair.PATIENCE", 0)
    pair = PluginPair("core_profile")
    pair.connect()
    with pytest.raises(AssertionError, match=r"did not become true; the frames:\nleft: Boot"):
        await pair.until(lambda: False)


# Scenarios.

SCRIPT = (
    "power on\n< BootNotification\n< StatusNotification\nplug 1\ntag 1 ABCD\n< StartTransaction\n"
)


def test_a_scenario_is_a_text_or_a_file(tmp_path: Path) -> None:
    config = configuration("core_profile", "simulated_ev")
    play_scenario(SCRIPT, config)
    (tmp_path / "a.scenario").write_text(SCRIPT)
    (tmp_path / "ocpp.toml").write_text('[charge_point]\nidentity = "X"\n')
    play_scenario(tmp_path / "a.scenario", tmp_path / "ocpp.toml")


async def test_a_scenario_that_does_not_come_true_fails() -> None:
    with pytest.raises(ScenarioFailed, match=r"\(scenario\):7: < Fly"):
        await play_scenario_async(f"{SCRIPT}< Fly\n", configuration("core_profile", "simulated_ev"))


def test_a_bench_sends_texts_that_are_json(bench: Bench) -> None:
    assert all(isinstance(json.loads(seen.text), list) for seen in bench.frames)
    assert_not_sent(bench.frames, "DataTransfer")
