"""What scripts may say, and how mistakes in them are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocpp_kernel.scenario import ScriptError, read_script
from ocpp_kernel.scenario.script import Step, parse_script
from ocpp_kernel.scenario.tape import Tape, fits


def steps(*lines: str) -> tuple[Step, ...]:
    return parse_script("\n".join(lines), "a.scenario").steps


def test_every_kind_of_step() -> None:
    read = steps(
        "# a comment",
        "",
        "power on",
        "network off",
        "wait 90",
        "wait 5 min",
        "wait 2 h",
        '< Boot {"a": [1]}',
        "not < Boot",
        '> Call {"b": 2}',
        '= {"status": "Accepted"}',
        "= NotSupported",
        'raw [2,"a"',
        "= nothing",
        'answer Boot {"status": "Pending"}',
        "answer Boot nothing",
        "answer Boot  as  usual",
        "allow given up",
        "plug 1 50",
    )
    assert [step[0:1] + step[2:] for step in read] == [
        (3, "power", "", None, 1),
        (4, "network", "", None, 0),
        (5, "wait", "", None, 90),
        (6, "wait", "", None, 300),
        (7, "wait", "", None, 7200),
        (8, "<", "Boot", {"a": [1]}, 0),
        (9, "not", "Boot", {}, 0),
        (10, ">", "Call", {"b": 2}, 0),
        (11, "=", "", {"status": "Accepted"}, 0),
        (12, "=", "", "NotSupported", 0),
        (13, "raw", "", '[2,"a"', 0),
        (14, "=", "", "nothing", 0),
        (15, "answer", "Boot", {"status": "Pending"}, 0),
        (16, "answer", "Boot", "nothing", 0),
        (17, "answer", "Boot", "as usual", 0),
        (18, "allow", "", "given up", 0),
        (19, "type", "", None, 0),
    ]
    assert read[-1].text == "plug 1 50"


def test_long_lines_go_on_indented() -> None:
    read = steps("", "> Call", "# of two", '  {"a": 1,', "", '\t"b": 2}', "plug 1")
    assert [(step.line, step.text) for step in read] == [
        (2, '> Call {"a": 1, "b": 2}'),
        (7, "plug 1"),
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("power of", "write power on, or power off"),
        ("wait soon", "write a number"),
        ("wait 5 days", "write a number"),
        ("<", "the name of an action"),
        ("< {}", "the name of an action"),
        ("> Reset [1]", "no JSON object"),
        ('> Reset {"type"}', "no JSON"),
        ("not Boot", "write not <"),
        ("raw", "the text is missing"),
        ("= {}", "nothing was called before"),
        ("answer Boot", "no JSON"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, fault: str) -> None:
    with pytest.raises(ScriptError) as told:
        steps("power on", line)
    assert str(told.value).startswith(f"a.scenario:2: {line}: ")
    assert fault in str(told.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="cannot be read"):
        read_script(tmp_path / "none.scenario")
    tmp_path.joinpath("bad.scenario").write_bytes(b"\xff\xfe")
    with pytest.raises(ScriptError, match="not UTF-8"):
        read_script(tmp_path / "bad.scenario")


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": [{"k": 1, "x": 0}, {"k": 2}, {"k": 3}]}, {"a": [{"k": 1}, {"k": 3}]}, True),
        ({"a": [{"k": 1}, {"k": 2}]}, {"a": [{"k": 2}, {"k": 1}]}, False),
        ({"a": "x"}, {"a": [1]}, False),
        ("NotSupported", "NotSupported", True),
        ({"a": 1}, "NotSupported", False),
        ("NotSupported", {}, False),
    ],
)
def test_patterns(value: object, pattern: object, expected: bool) -> None:
    assert fits(value, pattern) is expected


def test_values_of_answers_stand_for_themselves() -> None:
    tape = Tape()
    tape.hear(False, '[3,"1",{"transactionId":7}]')
    assert tape.filled({"id": "$transactionId", "x": ["$other"]}) == {"id": 7, "x": ["$other"]}


def test_what_is_no_frame_is_heard_too() -> None:
    tape = Tape()
    tape.hear(True, "hello")
    tape.hear(False, "hello")
    assert [said.action for said in tape.calls] == ["(no OCPP-J frame)"]
