"""``ocpp-kernel trace``: from a device's output to the source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ocpp_kernel.cli.app import cli

Run = Callable[..., Any]

MAP = {
    "sources": ["acme/lamp.py"],
    "names": ["Lamp.shine", "brightness", "Lamp.fade"],
    "globals": {"a": ["acme.lamp.Lamp"]},
    "files": {
        "app.py": {
            "lines": {"3": [[0, 40, 40, 0]], "4": [[0, 41, 43, 0]], "9": [[0, 70, 70, 2]]},
            "attributes": {"4": {"q3": [1]}},
            "functions": {"a7": [[3, 4], [9, 9]], "b": [[9, 9]]},
        }
    },
}
PRINTED = """\
boot
Traceback (most recent call last):
  File "main.py", line 30, in <module>
  File "usr/app.py", line 4, in a7
AttributeError: 'a' object has no attribute 'q3'
"""
TRACED = """\
boot
Traceback (most recent call last):
  File "main.py", line 30, in <module>
  File "acme/lamp.py", lines 41 to 43, in Lamp.shine
AttributeError: 'Lamp' object has no attribute 'brightness'
"""


@pytest.fixture
def mapped(tmp_path: Path) -> str:
    path = tmp_path / "map.json"
    path.write_text(json.dumps(MAP))
    return str(path)


def test_a_file_is_traced(run: Run, mapped: str, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(PRINTED)
    result = run("trace", str(tmp_path / "log.txt"), "--map", mapped)
    assert (result.exit_code, result.stdout) == (0, TRACED)


def test_standard_input_is_traced(mapped: str) -> None:
    for arguments in (["trace", "-", "--map", mapped], ["trace", "--map", mapped]):
        result = CliRunner().invoke(cli, arguments, input=PRINTED)
        assert (result.exit_code, result.stdout) == (0, TRACED)


def test_without_a_line_every_function_of_the_name_is_listed(mapped: str) -> None:
    printed = '  File "app.py", line 1, in a7\nKeyError: 3\n'
    result = CliRunner().invoke(cli, ["trace", "--map", mapped], input=printed)
    assert result.stdout.splitlines() == [
        '  File "app.py", line 1, in a7, one of:',
        '    File "acme/lamp.py", line 40, in Lamp.shine',
        '    File "acme/lamp.py", line 70, in Lamp.fade',
        "KeyError: 3",
    ]


def test_a_map_that_is_missing_is_code_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(PRINTED)
    result = run("trace", str(tmp_path / "log.txt"), "--map", str(tmp_path / "none.json"))
    assert result.exit_code == 1
    assert "none.json: cannot be read" in result.stderr
