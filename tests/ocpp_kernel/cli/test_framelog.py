"""Frames as people read them."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from ocpp_kernel.cli.framelog import LONGEST, MEMORY, FrameLog, Line, flat, show


def test_a_call_and_its_answer_from_the_central_systems_side() -> None:
    log = FrameLog("central_system")
    call = log.line("CP1", "in", '[2,"7","Authorize",{"idTag":"ABC"}]')
    assert call == Line("CP1", True, "call", "Authorize", "idTag=ABC")
    answer = log.line("CP1", "out", '[3,"7",{"idTagInfo":{"status":"Accepted"}}]')
    assert answer == Line("CP1", False, "result", "Authorize", "status=Accepted")


def test_the_same_from_the_charge_points_side() -> None:
    log = FrameLog("charge_point")
    assert log.line("CP1", "out", '[2,"7","Authorize",{}]').to_central
    assert not log.line("CP1", "in", '[3,"7",{}]').to_central


def test_an_error_names_its_action_code_and_description() -> None:
    log = FrameLog("central_system")
    log.line("CP1", "out", '[2,"7","ReserveNow",{}]')
    line = log.line("CP1", "in", '[4,"7","NotSupported","no such profile",{}]')
    assert line == Line("CP1", True, "error", "ReserveNow", "NotSupported: no such profile")


def test_ids_of_both_directions_and_of_stations_are_kept_apart() -> None:
    log = FrameLog("central_system")
    log.line("CP1", "in", '[2,"1","Heartbeat",{}]')
    log.line("CP1", "out", '[2,"1","Reset",{}]')
    log.line("CP2", "in", '[2,"1","Authorize",{}]')
    assert log.line("CP2", "out", '[3,"1",{}]').action == "Authorize"
    assert log.line("CP1", "out", '[3,"1",{}]').action == "Heartbeat"
    assert log.line("CP1", "in", '[3,"1",{}]').action == "Reset"


def test_an_answer_to_nothing() -> None:
    line = FrameLog("central_system").line("CP1", "in", '[3,"9",{}]')
    assert (line.kind, line.action) == ("result", "(unknown call 9)")


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", "[]", "[2]", '[9,"1"]', '[4,"1"]', "null", "[" * LONGEST]
)
def test_what_is_no_frame(text: str) -> None:
    line = FrameLog("central_system").line("CP1", "in", text)
    assert (line.kind, line.action) == ("bad", "(no OCPP-J frame)")
    assert line.fields == text


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3_000_000,
        json.dumps([2, "1", "Say", {"a": "b" * 3_000_000}]),
        json.dumps([2, "1", "Say", {"a": [1] * 1_000_000}]),
    ],
)
def test_of_a_huge_frame_the_beginning_is_shown(text: str) -> None:
    line = FrameLog("central_system").line("CP1", "in", text)
    assert LONGEST < len(line.fields) < LONGEST + 50
    assert line.fields.endswith(f"... (of a frame of {len(text)} characters)")


def test_calls_never_answered_are_forgotten_in_time() -> None:
    log = FrameLog("central_system")
    for number in range(MEMORY + 1):
        log.line("CP1", "in", f'[2,"{number}","Heartbeat",{{}}]')
    assert log.line("CP1", "out", '[3,"0",{}]').action == "(unknown call 0)"
    assert log.line("CP1", "out", '[3,"1",{}]').action == "Heartbeat"


def test_nested_values_stand_under_their_innermost_name() -> None:
    payload = {
        "connectorId": 1,
        "meterValue": [{"sampledValue": [{"value": "5"}, {"value": "6", "unit": "Wh"}]}],
        "ready": True,
        "limit": 8.1,
        "none": None,
    }
    assert list(flat(payload)) == [
        *("connectorId=1", "value=5", "value=6", "unit=Wh", "ready=true", "limit=8.1"),
        "none=null",
    ]


def test_what_identifies_comes_first_and_times_last() -> None:
    text = (
        '[2,"1","X",{"timestamp":"now","idTag":"A","status":"Idle","connectorId":1,'
        '"samples":[{"unit":"Wh","value":"5"},{"unit":"A","value":"6"}]}]'
    )
    line = FrameLog("central_system").line("CP1", "in", text)
    assert line.fields == (
        "connectorId=1 status=Idle idTag=A value=5 unit=Wh value=6 unit=A timestamp=now"
    )


def test_nothing_a_station_sends_can_act_on_the_terminal() -> None:
    log = FrameLog("central_system")
    line = log.line("CP\x1b[2J", "in", '[2,"1","Data\\u001b[0m",{"data":"a\\u001b]0;x\\u0007b"}]')
    assert line.identity == r"CP\x1b[2J"
    assert line.action == r"Data\x1b[0m"
    assert line.fields == r"data=a\x1b]0;x\x07b"


def printed(line: Line, encoding: str = "utf-8", width: int = 60, terminal: bool = False) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=stream, width=width, force_terminal=terminal, color_system=None)
    show(console, line, "12:00:00")
    stream.seek(0)
    return stream.read().rstrip("\n")


CALL = Line("CP1", True, "call", "Authorize", "idTag=ABC [bold]x")


def test_a_line_shows_when_who_where_and_what() -> None:
    assert printed(CALL) == ("12:00:00 CP1 ──▶   Authorize                idTag=ABC [bold]x")
    assert printed(CALL._replace(to_central=False, kind="result")) == (
        "12:00:00 CP1 ◀── = Authorize                idTag=ABC [bold]x"
    )
    assert " ! Authorize " in printed(CALL._replace(kind="error"))


def test_a_line_without_modern_characters() -> None:
    assert "CP1 -->   Authorize" in printed(CALL, "ascii")
    assert "CP1 <--   Authorize" in printed(CALL._replace(to_central=False), "ascii")


def test_a_long_line_is_cut_on_a_terminal_only() -> None:
    long = CALL._replace(fields="x" * 200)
    assert printed(long).endswith("x" * 200)
    assert len(printed(long, terminal=True)) == 60


def test_a_key_is_told_before_its_value() -> None:
    payload = {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "9"}]}
    assert list(flat(payload)) == ["key=HeartbeatInterval", "value=9", "readonly=false"]
