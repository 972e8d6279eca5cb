"""``ocpp-kernel new-plugin``: names it refuses, and what it says. What it writes is tried in
tests/examples/test_new_plugin.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from ocpp_kernel.cli.new_plugin import LONGEST, name_fault

Run = Callable[..., Result]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_tells_the_next_three_commands(run: Run, here: Path) -> None:
    result = run("new-plugin", "acme_display")
    assert result.exit_code == 0
    assert result.output.splitlines()[-3:] == [
        "    cd acme_display && pip install -e '.[test]'",
        "    ocpp-kernel check ocpp.toml",
        "    pytest",
    ]
    assert (here / "acme_display" / "src" / "acme_display" / "charge_point.py").is_file()


def test_another_folder_may_be_given(run: Run, here: Path) -> None:
    result = run("new-plugin", "acme_display", "--out", "a folder")
    assert "cd 'a folder' && " in result.output
    assert (here / "a folder" / "ocpp.toml").is_file()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Acme-Display", "is no name of a package in lower case; write acme_display instead"),
        ("AcmeDisplay", "is no name of a package in lower case; write acme_display instead"),
        ("acme__x", "is no name of a package in lower case; write acme_x instead"),
        ("3d", "is no name of a package in lower case; write ocpp_3d instead"),
        ("Éclair", "is no name of a package in lower case; write eclair instead"),
        ("", "is no name of a package in lower case; write ocpp_plugin instead"),
        ("class", "is a word of Python's own; write my_class instead"),
        ("match", "is a word of Python's own; write my_match instead"),
        ("tests", "is the name of the folder for its tests; write my_tests instead"),
        ("url", "is a setting in ocpp.toml, where the plugin's table would be; write my_url"),
        ("core_profile", "is the name of a plugin that is installed; write my_core_profile"),
        ("json", "is the name of a module that is installed; write my_json instead"),
        ("x" * (LONGEST + 1), f"is longer than {LONGEST} characters; write "),
    ],
)
def test_names_that_cannot_be(run: Run, here: Path, name: str, told: str) -> None:
    result = run("new-plugin", name)
    assert result.exit_code == 2
    assert told in result.output
    assert list(here.iterdir()) == []
    better = name_fault(name).rpartition("write ")[2].removesuffix(" instead")
    assert name_fault(better) == ""


def test_a_folder_with_something_in_it_is_left_alone(run: Run, here: Path) -> None:
    (here / "acme_display").mkdir()
    (here / "acme_display" / "mine.txt").touch()
    result = run("new-plugin", "acme_display")
    assert result.exit_code == 2
    assert "acme_display is there already; give another folder with --out" in result.output
    assert [path.name for path in (here / "acme_display").iterdir()] == ["mine.txt"]
