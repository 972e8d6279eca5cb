"""Every scenario on both platforms, unchanged; the files name the rules they show."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from device_bundle.targets import LEGACY, Compiler
from ocpp_kernel.scenario import Player, read_script
from ocpp_kernel.scenario.tape import Tape

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples" / "scenarios"
SCENARIOS = sorted([*HERE.glob("*.scenario"), *EXAMPLES.glob("*.scenario")])

#: Of strict modules; 0 is a friendly one. Others: OCPP_KERNEL_SEEDS="5 6" in the environment.
SEEDS = [int(text) for text in os.environ.get("OCPP_KERNEL_SEEDS", "1").split()]

OnStage = Callable[[], AbstractAsyncContextManager[tuple[Player, Tape]]]
OnModule = Callable[..., AbstractAsyncContextManager[tuple[Player, Tape, Any]]]


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", SCENARIOS, ids=named)
async def test_on_cpython(path: Path, on_cpython: OnStage) -> None:
    async with on_cpython() as (player, tape):
        await player.play(read_script(path))
    check_transactions(tape)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("path", SCENARIOS, ids=named)
async def test_on_micropython(path: Path, seed: int, on_module: OnModule) -> None:
    async with on_module(seed) as (player, tape, _):
        await player.play(read_script(path))
    check_transactions(tape)


@pytest.mark.parametrize("path", SCENARIOS, ids=named)
async def test_on_micropython_1_12(path: Path, on_module: OnModule, micropython_1_12: Path) -> None:
    """The line of QuecPython's older firmware, which compiles and evaluates otherwise."""
    async with on_module(2, interpreter=micropython_1_12) as (player, tape, _):
        await player.play(read_script(path))
    check_transactions(tape)


@pytest.mark.parametrize("path", [path for path in SCENARIOS if path.parent == EXAMPLES], ids=named)
async def test_compiled_on_micropython_1_12(
    path: Path, on_module: OnModule, micropython_1_12: Path
) -> None:
    """The .mpy format of that line, version 5, with the features of the interpreter."""
    compiler = Compiler(LEGACY.module, LEGACY.requirement, ("-mcache-lookup-bc",))
    async with on_module(2, interpreter=micropython_1_12, compiler=compiler) as (player, tape, _):
        await player.play(read_script(path))
    check_transactions(tape)


def check_transactions(tape: Tape) -> None:
    """Whatever the scenario: no transaction message is lost, reordered or invented (CORE-043).

    One that was not answered may be sent again, and is the same then.
    """
    starts = distinct(tape, "StartTransaction")
    stops = distinct(tape, "StopTransaction")
    assert len(stops) <= len(starts)
    ends = Counter(stop["transactionId"] for stop in stops)
    assert not [number for number, count in ends.items() if count > 1 and number > 0]
    told = [
        said.payload["timestamp"]
        for said in tape.calls
        if said.action in ("StartTransaction", "StopTransaction")
    ]
    assert told == sorted(told)


def distinct(tape: Tape, action: str) -> list[dict[str, object]]:
    """Payloads of the messages, each once however often it was sent."""
    payloads: list[dict[str, object]] = []
    for said in tape.calls:
        if said.action == action and said.payload not in payloads:
            payloads.append(said.payload)
    return payloads
