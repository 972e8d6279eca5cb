"""The example driver bundled, under MicroPython, with hardware at the emulated module's pins.

Scripts are those of `ocpp_kernel.scenario`; what they type happens to the hardware, and `see`
waits until the hardware is as it says.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from device_bundle.bundler import bundle
from device_bundle.emulator import Emulator
from device_bundle.emulator.hardware import Hardware
from ocpp_kernel.config import Config, load_config
from ocpp_kernel.scenario import Player, ScenarioFailed
from ocpp_kernel.scenario.script import parse_script
from ocpp_kernel.scenario.stage import central_stage
from ocpp_kernel.transports.clock import Clock

EXAMPLE = Path(__file__).parents[3] / "examples" / "hardware_driver"
#: Emulated seconds per second.
SPEED = 10
#: Seconds of this computer's that a step may take.
STUCK = 100

#: Added to the example's configuration. A busy computer makes turns long, as the emulated module
#: sees it: its patience must be longer still.
PATIENCE = """
meter_patience = 60

[central_system.core_profile]
first_transaction_id = 1

"""


class Made(NamedTuple):
    """A bundle, its configuration, and the port of this computer it connects to."""

    folder: Path
    config: Config
    port: int


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, reserve_port: Callable[[], int]) -> Made:
    folder = tmp_path_factory.mktemp("hardware_driver")
    port = reserve_port()
    text = (EXAMPLE / "ocpp.toml").read_text(encoding="utf-8")
    for old, new in (
        ("127.0.0.1:9000", f"127.0.0.1:{port}"),
        ('identity = ""', 'identity = "BOX"'),
        ('"./hardware_driver"', f'"{(EXAMPLE / "hardware_driver").as_posix()}"'),
        ("\n[device]", PATIENCE + "[device]\nping_interval = 0\nretry_minimum = 1"),
        ("watchdog = 60", "watchdog = 0"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = folder / "ocpp.toml"
    path.write_text(text, encoding="utf-8")
    bundle(path, folder / "bundle")
    return Made(folder / "bundle", load_config(path), port)


class Wallbox:
    """The module and what is wired to it, as a player sees it."""

    identity = "BOX"

    def __init__(self, made: Made, bench: Any, obey: Callable[[Any, str], str], flash: Path):
        self.bench = bench
        self.clock = Clock(SPEED)
        self.errors: list[str] = []
        self._obey = obey
        self._emulator = Emulator(
            made.folder,
            data=flash,
            speed=SPEED,
            options=bench.hardware.options,
            on_line=self.hear,
        )

    def hear(self, line: str) -> None:
        if " error " in line or "Traceback" in line or "timer failed" in line:
            self.errors.append(line)

    def tail(self) -> str:
        return "\n".join(self._emulator.lines[-20:])

    def now(self) -> float:
        return self.clock.now()

    async def power(self, on: bool) -> None:
        await asyncio.to_thread(self._emulator.start if on else self._emulator.kill)
        if not on:
            await self.see("not bench.is_live and bench.coil[-1:] != [1]")

    async def type(self, line: str) -> None:
        if line.startswith("see "):
            await self.see(line.removeprefix("see "))
            return
        answer = self._obey(self.bench, line)
        assert answer.startswith("contactor"), answer

    async def see(self, expression: str) -> None:
        """Waits until it is true of the bench, whether or not the module has power."""
        began = time.monotonic()
        while not eval(expression, {"bench": self.bench}):  # noqa: S307 - of the scripts below
            assert time.monotonic() - began < STUCK, f"{expression} never came true"
            await asyncio.sleep(0.01)

    async def advance(self, until: float) -> None:
        await asyncio.sleep(min(0.01, self.clock.delay(until)))

    def is_late(self, until: float, began: float) -> bool:
        return time.monotonic() - began > STUCK

    async def close(self) -> None:
        await asyncio.to_thread(self._emulator.close)


Play = Callable[[str], Any]


@pytest.fixture
async def play_on(
    made: Made, play: ModuleType, tmp_path: Path
) -> AsyncIterator[Callable[[str], Any]]:
    """Plays a script, after power-up and the meter's first reading."""

    @asynccontextmanager
    async def stage() -> AsyncIterator[Player]:
        with Hardware() as hardware:
            bench = play.Bench(hardware)
            wallbox = Wallbox(made, bench, play.obey, tmp_path / "flash")
            async with central_stage(made.config, wallbox.clock, port=made.port) as (central, net):
                try:
                    yield Player(wallbox, central.tape, central, net)
                except (AssertionError, ScenarioFailed) as error:
                    raise AssertionError(f"{error}\nits console:\n{wallbox.tail()}") from error
                finally:
                    await wallbox.close()

    async with stage() as player:

        async def run(script: str) -> None:
            await player.play(parse_script(BEGIN + script, "script"))

        yield run


def test_the_bench_can_be_played_by_hand(made: Made) -> None:
    typed = "card 04A\nfly\nplug\ncard\nquit\n"
    done = subprocess.run(
        [sys.executable, str(EXAMPLE / "bench.py"), str(made.folder)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    answers = ("a card", "there are", "contactor")
    said = [line for line in done.stdout.splitlines() if line.startswith(answers)]
    assert said == [
        "a card's number is an even number of hexadecimal digits, such as 04A1B2C3D4",
        "there are: plug, unplug, card NUMBER, stop, trip, reset, weld, jam, silent, heard, quit",
        "contactor open, duty 100.0 %",
        "contactor open, duty 100.0 %",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_the_bench_says_what_is_wrong_with_its_call(
    play: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play.main([str(tmp_path)]) == 2
    assert "main.py is missing" in capsys.readouterr().err


BEGIN = """
power on
< BootNotification
< StatusNotification {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
see bench.meter.requests > 3
"""

CHARGE = """
plug
< StatusNotification {"connectorId": 1, "status": "Preparing"}
card 04A1B2C3D4
< StartTransaction {"connectorId": 1, "idTag": "04A1B2C3D4", "meterStart": 1000000}
< StatusNotification {"status": "Charging"}
see bench.is_live and bench.pilot.duty == 533
"""


async def test_a_whole_charge_with_a_profile_and_meter_values(play_on: Play) -> None:
    await play_on(
        """
> ChangeConfiguration {"key": "MeterValueSampleInterval", "value": "10"}
= {"status": "Accepted"}
> ChangeConfiguration {"key": "MeterValuesSampledData",
    "value": "Energy.Active.Import.Register,Power.Active.Import,Current.Import.L2"}
= {"status": "Accepted"}
"""
        + CHARGE
        + """
< MeterValues {"transactionId": 1, "meterValue": [{"sampledValue": [
    {"measurand": "Power.Active.Import", "value": "11040.00", "unit": "W"}]}]}
> SetChargingProfile {"connectorId": 1, "csChargingProfiles": {"chargingProfileId": 1,
    "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
    "transactionId": 1, "chargingSchedule": {"chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]}}}
= {"status": "Accepted"}
see bench.pilot.duty == 133
< MeterValues {"meterValue": [{"sampledValue": [
    {"measurand": "Current.Import", "phase": "L2", "value": "7.98", "unit": "A"}]}]}
see bench.meter.kwh >= 1000.05
unplug
< StopTransaction {"transactionId": 1, "reason": "EVDisconnected"}
see not bench.is_live and bench.pilot.duty == 1000
< StatusNotification {"status": "Finishing", "errorCode": "NoError"}
< StatusNotification {"status": "Available"}
"""
    )


async def test_faults_stop_energy_and_lose_nothing_and_the_loop_goes_on(play_on: Play) -> None:
    await play_on(
        CHARGE
        + """
trip
< StatusNotification {"status": "Faulted", "errorCode": "GroundFailure"}
see not bench.is_live
reset
< StatusNotification {"status": "Charging", "errorCode": "NoError"}
see bench.is_live
silent
< StatusNotification {"status": "Faulted", "errorCode": "PowerMeterFailure", "info": "no answer"}
see not bench.is_live
> GetConfiguration {"key": ["HeartbeatInterval"]}
= {"configurationKey": [{"key": "HeartbeatInterval"}]}
heard
< StatusNotification {"status": "Charging", "errorCode": "NoError"}
see bench.is_live
card 04A1B2C3D4
< StopTransaction {"transactionId": 1, "idTag": "04A1B2C3D4"}
< StatusNotification {"status": "Finishing"}
see not bench.is_live
weld
< StatusNotification {"status": "Faulted", "errorCode": "PowerSwitchFailure"}
see bench.pilot.duty == 0
> UnlockConnector {"connectorId": 1}
= {"status": "UnlockFailed"}
"""
    )


async def test_noise_on_every_line(play_on: Play) -> None:
    await play_on(
        """
see not setattr(bench.meter, "is_noisy", True) and not setattr(bench.meter, "piece", 7)
see not bench.hardware.send(1, bytes(range(256))) and not bench.hardware.send(4, bytes(range(256)))
"""
        + CHARGE
        + """
see not bench.hardware.send(1, bytes(range(256)) * 4)
see not bench.hardware.send(4, bytes(range(256)) * 4)
see bench.meter.kwh >= 1000.03
stop
< StopTransaction {"transactionId": 1}
"""
    )


async def test_a_power_cut_opens_the_contactor_and_the_transaction_is_told(play_on: Play) -> None:
    await play_on(
        CHARGE
        + """
see bench.meter.kwh >= 1000.02
power off
power on
< BootNotification
< StopTransaction {"transactionId": 1, "reason": "PowerLoss"}
see bench.hardware.ask("in 7 1") == "1"
see bench.coil == [1, 0]
"""
    )
