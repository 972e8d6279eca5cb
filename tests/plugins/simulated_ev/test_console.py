"""The simulated hardware's console."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import events


@pytest.mark.parametrize(
    ("before", "line", "answer", "told"),
    [
        (
            "",
            "plug 1",
            "an EV at 30 % is plugged in at connector 1",
            [events.CablePlugged(1)],
        ),
        ("", "PLUG 2 7", "an EV at 7 % is plugged in at connector 2", [events.CablePlugged(2)]),
        (
            "plug 1",
            "unplug 1",
            "the EV at connector 1 is unplugged",
            [events.CableUnplugged(1)],
        ),
        ("", "tag 2 AB-1", "the idTag was presented", [events.TagPresented(2, "AB-1")]),
        ("", "tag AB", "the idTag was presented", [events.TagPresented(0, "AB")]),
        ("", "stop 1", "stop was pressed at connector 1", [events.StopPressed(1, "Local")]),
        (
            "",
            "stop 1 EmergencyStop",
            "stop was pressed at connector 1",
            [events.StopPressed(1, "EmergencyStop")],
        ),
        (
            "",
            "fault 1 GroundFailure 30 mA",
            "GroundFailure at connector 1",
            [events.FaultRaised(1, "GroundFailure", "30 mA")],
        ),
        (
            "",
            "fault 0 WeakSignal",
            "WeakSignal at connector 0",
            [events.FaultRaised(0, "WeakSignal", "")],
        ),
        ("", "clear 1", "no fault at connector 1 any more", [events.FaultCleared(1)]),
        ("", "clear 0", "no fault at connector 0 any more", [events.FaultCleared(0)]),
        ("", "jam 1", "the lock of connector 1 is jammed", []),
        ("", "free 1", "the lock of connector 1 moves", []),
        (
            "plug 1",
            "status",
            "connector 1: EV at 30 %, 0 W, 0 Wh, unlocked; connector 2: no EV, 0 W, 0 Wh, unlocked",
            [],
        ),
    ],
)
def test_command(simulation: Any, before: str, line: str, answer: str, told: list[Any]) -> None:
    """What is typed happens, is told to every plugin, and is answered."""
    if before:
        simulation.type(before)
        simulation.events.clear()
    assert simulation.type(line) == ("info", answer)
    assert simulation.events == told


def test_help_lists_every_command(simulation: Any) -> None:
    level, told = simulation.type("help")
    assert level == "info"
    commands = {command.split()[0] for command in told.split(", ")}
    assert commands == set(
        "plug unplug tag stop fault clear jam free status help".split()  # noqa: SIM905 - shorter
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("fly 1", "fly is no command; there are: plug N"),
        ("plug", "a connector from 1 to 2 is wanted, not nothing"),
        ("plug 3", "a connector from 1 to 2 is wanted, not 3"),
        ("plug 0", "a connector from 1 to 2 is wanted, not 0"),
        ("plug one", "a connector from 1 to 2 is wanted, not one"),
        ("plug 99999999999999", "a connector from 1 to 2 is wanted, not 99999999999999"),
        ("plug 1 101", "a state of charge is 0 to 100 percent, not 101"),
        ("plug 1 -1", "a state of charge is 0 to 100 percent, not -1"),
        ("unplug 1", "no EV is at connector 1; plug one in first"),
        ("tag", "an idTag of 1 to 20 characters"),
        ("tag 1 two words", "an idTag of 1 to 20 characters"),
        ("tag 1 " + "x" * 21, "an idTag of 1 to 20 characters"),
        ("tag 3 AB", "a connector from 1 to 2 is wanted, not 3"),
        ("stop 1 Remote", "Remote is none of the reasons Local EmergencyStop Other"),
        ("fault 1", "nothing is none of the codes"),
        ("fault 1 NoError", "NoError is none of the codes"),
        ("clear 9", "a connector from 1 to 2 is wanted, not 9"),
    ],
)
def test_mistake(simulation: Any, line: str, fault: str) -> None:
    """A mistake is answered with what would be right; nothing happens."""
    level, text = simulation.type(line)
    assert level == "error"
    assert text.startswith(fault)
    assert simulation.events == []


def test_plugging_twice(simulation: Any) -> None:
    simulation.type("plug 1")
    assert simulation.type("plug 1") == (
        "error",
        "an EV is at connector 1 already; unplug it first",
    )


def test_an_empty_line_is_nothing(simulation: Any) -> None:
    simulation.station.emit(events.Command("   "))
    assert simulation.log == []
