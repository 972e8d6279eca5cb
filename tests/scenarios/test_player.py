"""A scenario fails where it should, and says why."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from ocpp_kernel.config import parse_config
from ocpp_kernel.scenario import Player, ScenarioFailed
from ocpp_kernel.scenario.script import parse_script
from ocpp_kernel.scenario.simulation import JumpingClock
from ocpp_kernel.scenario.stage import Cast, remote_stage, simulation_stage
from ocpp_kernel.scenario.tape import Tape

OnStage = Callable[[], AbstractAsyncContextManager[tuple[Player, Tape]]]


async def play(folder: Path, *lines: str) -> JumpingClock:
    cast = Cast(parse_config({}), folder / "state", JumpingClock())
    async with simulation_stage(cast) as player:
        await player.play(parse_script("\n".join(lines), "a.scenario"))
    return cast.clock


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["< Fly"], r":2: < Fly: it did not come, but:\n  BootNotification .*Heartbeat"),
        (["> Reset {}", "= nothing"], ":2: > Reset {}: CP001 is not connected"),
        (["< Heartbeat", "> Reset {}", "= {}"], ':4: = {}: the answer was "ProtocolError"'),
        (["< Heartbeat", "> ClearCache", "wait 1", "= nothing"], ":5: .*it was answered"),
        (["wait 1", "not < BootNotification", "wait 5"], ":3: not < BootNotification: it came"),
        (["not < BootNotification", "< Heartbeat"], ":2: not < BootNotification: it came"),
        (["< BootNotification", "wait 1", "not < StatusNotification"], ":4: .*it came"),
        (["answer Fly nothing"], "the central system answers no Fly"),
        (["power off", "plug 1"], ":3: plug 1: the charge point is off, so nobody reads this"),
        (["< Heartbeat", "pulg 1"], ":3: pulg 1: the charge point says: pulg is no command"),
    ],
)
async def test_failures(tmp_path: Path, lines: list[str], fault: str) -> None:
    with pytest.raises(ScenarioFailed, match=f"(?s)a.scenario.*{fault}"):
        await play(tmp_path, "power on", *lines)


async def test_an_answer_that_breaks_its_contract_fails(tmp_path: Path) -> None:
    cast = Cast(parse_config({}), tmp_path / "state", JumpingClock())
    script = parse_script("power on\n< Heartbeat\n> ClearCache\n= {}", "a")
    async with simulation_stage(cast) as player:
        hear = player.tape.hear
        player.tape.hear = lambda from_station, text: hear(  # type: ignore[method-assign]  # a bug
            from_station, text.replace('"Accepted"}]', '"Perhaps"}]')
        )
        with pytest.raises(ScenarioFailed, match="is wrong: PropertyConstraintViolation"):
            await player.play(script)


async def test_errors_that_are_allowed_do_not_fail(tmp_path: Path) -> None:
    await play(tmp_path, "power on", "allow is no command", "< Heartbeat", "pulg 1", "wait 5")


async def test_a_day_passes_in_seconds(tmp_path: Path) -> None:
    clock = await play(tmp_path, "power on", "wait 24 h", "< Heartbeat")
    assert clock.now() >= 24 * 3600


async def test_unanswered_calls_time_out_though_time_jumps(tmp_path: Path) -> None:
    await play(
        tmp_path,
        "answer BootNotification nothing",
        "power on",
        "< BootNotification",
        "answer BootNotification as usual",
        "< BootNotification",
        "< StatusNotification",
    )


async def test_power_can_be_cut_before_there_is_a_network(tmp_path: Path) -> None:
    await play(
        tmp_path,
        "power off",
        "network off",
        "power on",
        "wait 1 min",
        "power off",
        "wait 5",
        "network on",
        "power on",
        "power on",
        "< BootNotification",
    )


async def test_with_a_central_system_elsewhere_only_the_charge_point_is_played(
    tmp_path: Path,
) -> None:
    clock = JumpingClock(100)
    cast = Cast(parse_config({}), tmp_path / "state", clock, jumping=False)
    for line, fault in (
        ("network off", "only with the built-in central system"),
        ("> Reset {}", "leave --url out"),
        ("raw x", "leave --url out"),
        ("answer Heartbeat nothing", "leave --url out"),
    ):
        async with remote_stage(cast, Tape()) as player:
            with pytest.raises(ScenarioFailed, match=fault):
                await player.play(parse_script(line, "a"))


def test_the_clock_jumps_forward_only() -> None:
    clock = JumpingClock(2, time.monotonic)
    clock.jump(1000)
    assert clock.now() >= 1000
    clock.jump(10)
    assert clock.now() >= 1000
