"""Plays scenarios (:mod:`ocpp_kernel.scenario`) on the charge point of a configuration."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from ocpp_kernel.config import Config, load_config
from ocpp_kernel.scenario.script import Script, parse_script, read_script
from ocpp_kernel.scenario.simulation import JumpingClock
from ocpp_kernel.scenario.stage import Cast, simulation_stage

#: A file, or the text of one.
Scenario = Path | str


def play_scenario(scenario: Scenario, config: Config | Path) -> None:
    """Plays it on CPython: hours take seconds. The configuration needs a driver with a console.

    Raises ScenarioFailed at the first step that does not come true, ScriptError or ConfigError
    for what cannot be read. From a running event loop use :func:`play_scenario_async`.
    """
    asyncio.run(play_scenario_async(scenario, config))


async def play_scenario_async(scenario: Scenario, config: Config | Path) -> None:
    """As :func:`play_scenario`."""
    script = script_of(scenario)
    made = load_config(config) if isinstance(config, Path) else config
    with tempfile.TemporaryDirectory() as folder:
        async with simulation_stage(Cast(made, Path(folder), JumpingClock())) as player:
            await player.play(script)


def script_of(scenario: Scenario) -> Script:
    """The script of a file, or of its text; raises ScriptError."""
    if isinstance(scenario, Path):
        return read_script(scenario)
    return parse_script(scenario, "(scenario)")
