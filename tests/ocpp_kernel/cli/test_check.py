"""``check``: would this configuration, or this plugin, work?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

GOOD = """
class ChargePoint:
    def __init__(self, station, settings): ...
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_configuration(run: Run, here: Path) -> None:
    (here / "good.py").write_text(GOOD)
    (here / "ocpp.toml").write_text("[plugins]\nload = ['./good.py']\n")
    result = run("check", "ocpp.toml")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("charge point: core_profile, ")
    assert "good" in lines[0].partition(": ")[2].split(", ")
    assert lines[1].startswith("central system: ")
    assert "core_profile" in lines[1].partition(": ")[2].split(", ")
    assert lines[2] == "no problems in ocpp.toml"


def test_passwords_for_some_stations_only_are_a_warning(run: Run, here: Path) -> None:
    text = '[central_system.passwords]\nCP001 = "secret"\n'
    (here / "ocpp.toml").write_text(text, encoding="utf-8")
    done = run("check", "ocpp.toml")
    assert done.exit_code == 0
    assert "warning: ocpp.toml: central_system.passwords: stations that are not" in done.stderr
    more = '[central_system]\nidentities = ["CP001"]\n' + text
    (here / "ocpp.toml").write_text(more, encoding="utf-8")
    assert "warning" not in run("check", "ocpp.toml").stderr


def test_what_is_built_in_has_no_problems(run: Run) -> None:
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[profile]\n", '[profile] is not known; did you mean "profiles"?'),
        (
            "[charge_point.core_profile]\nvender = 'x'\n",
            'charge_point.core_profile.vender is not known; did you mean "vendor"?',
        ),
        (
            "[central_system.core_profile]\nheartbeat_interval = 'x'\n",
            "central_system.core_profile.heartbeat_interval must be a whole number, not text",
        ),
    ],
)
def test_a_wrong_configuration_is_code_2(run: Run, here: Path, text: str, told: str) -> None:
    (here / "ocpp.toml").write_text(text)
    result = run("check", "ocpp.toml")
    assert (result.exit_code, result.stderr) == (2, f"Error: ocpp.toml: {told}\n")


def test_a_configuration_that_is_not_there(run: Run, here: Path) -> None:
    result = run("check", "gone.toml")
    assert result.exit_code == 2
    assert result.stderr == "Error: gone.toml: cannot be read: No such file or directory\n"


def test_broken_plugins_are_code_1_and_all_named(run: Run, here: Path) -> None:
    (here / "one.py").write_text("1 / 0")
    (here / "two.py").write_text(GOOD.replace("...", "\n        1 / 0"))
    (here / "three.py").write_text(GOOD)
    (here / "ocpp.toml").write_text("[plugins]\nload = ['./one.py', './two.py', './three.py']\n")
    result = run("check", "--config", "ocpp.toml")
    assert result.exit_code == 1
    errors = result.stderr.splitlines()
    assert "plugin one: (ocpp.toml: plugins.load): fails when imported: Zero" in errors[0]
    assert errors[1] == (
        "error: plugin two: fails when made: ZeroDivisionError: division by zero "
        f"({here / 'two.py'}:4)"
    )
    assert errors[2] == "Error: 2 problems found in ocpp.toml"
    assert "three" in result.stdout


def test_a_plugin_that_fails_when_the_charge_point_starts(run: Run, here: Path) -> None:
    failing = "    def ocpp_register_configuration(self):\n        raise ValueError('no meter')\n"
    (here / "meter.py").write_text(GOOD + failing)
    (here / "ocpp.toml").write_text("[plugins]\nload = ['./meter.py']\n")
    result = run("check", "ocpp.toml")
    assert result.exit_code == 1
    assert (
        "failed in ocpp_register_configuration: plugin meter: ValueError: no meter "
        f"({here / 'meter.py'}:5)"
    ) in result.stderr


def test_one_plugin_by_file(run: Run, here: Path) -> None:
    (here / "good.py").write_text(GOOD)
    result = run("check", "good.py")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[:2] == ["charge point: good", "central system: nothing"]


def test_one_plugin_by_name_even_if_it_is_off(run: Run, here: Path) -> None:
    (here / "ocpp.toml").write_text("[profiles]\ncore_profile = false\n")
    result = run("check", "core_profile", "--config", "ocpp.toml")
    assert result.stdout.splitlines()[:2] == [
        "charge point: core_profile",
        "central system: core_profile",
    ]


def test_one_broken_plugin(run: Run, here: Path) -> None:
    (here / "bad.py").write_text("import surely_not_installed\n")
    result = run("check", "./bad.py")
    assert result.exit_code == 1
    assert "plugin bad: " in result.stderr
    assert "module surely_not_installed is not installed" in result.stderr


def test_a_listener_that_fails_at_the_start_is_a_problem_of_its_plugin(
    run: Run, here: Path
) -> None:
    (here / "deaf.py").write_text(
        "class ChargePoint:\n"
        "    def __init__(self, station, settings):\n"
        "        pass\n\n"
        "    def ocpp_on_event(self, event):\n"
        "        1 / 0\n"
    )
    result = run("check", "./deaf.py")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "error: a plugin failed in ocpp_on_event: plugin deaf: ZeroDivisionError: division by zero "
        f"({here / 'deaf.py'}:6)",
        "Error: 1 problem found in ./deaf.py",
    ]


def test_a_module_nobody_knows_is_refused_for_a_device(run: Run, here: Path) -> None:
    (here / "ocpp.toml").write_text("[bundle]\nmodule = 'EG91U'\n")
    result = run("check", "ocpp.toml", "--device")
    assert result.exit_code == 2
    assert "bundle.module: 'EG91U' is not known; did you mean \"EG915U\"?" in result.stderr


def test_a_plugin_that_is_not_there(run: Run, here: Path) -> None:
    result = run("check", "reservatoin")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: (built-in configuration): plugin reservatoin is not known; "
        'did you mean "reservation"?\n'
    )


NOT_PORTABLE = """
import datetime


class ChargePoint:
    def __init__(self, station, settings):
        self.began = datetime.datetime.now()
"""


def test_what_a_device_cannot_run_is_found_where_that_is_asked_for(run: Run, here: Path) -> None:
    (here / "clock.py").write_text(NOT_PORTABLE)
    assert run("check", "./clock.py").exit_code == 0
    result = run("check", "./clock.py", "--device")
    assert result.exit_code == 1
    assert "error: clock.py:" in result.stderr
    assert "datetime" in result.stderr


def test_what_comes_along_runs_on_a_device(run: Run) -> None:
    result = run("check", "--device")
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_configuration_is_given_once(run: Run) -> None:
    assert run("check", "a.toml", "--config", "b.toml").exit_code == 2


MANY = """
import json


class ChargePoint:
    def __init__(self, station, settings):
        self.rows = sorted([], key=len)

    def ocpp_look_up_tag(self, id_tag):
        return json.dumps(id_tag), "%s" % id_tag, id_tag.zfill(3)
"""


def test_everything_is_listed_at_once_with_place_code_and_remedy(run: Run, here: Path) -> None:
    (here / "many.py").write_text(MANY)
    result = run("check", "many.py", "--device")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "error: many.py:10:16: D201 module json does not exist on a device; "
        "the host does JSON; a driver may import ujson",
        "error: many.py:10:36: D318 % with one value that may be a tuple or a dict; "
        "make it a tuple of one: % (x,)",
        "error: many.py:10:51: D301 .zfill does not exist on a device; "
        "use a format such as {:>5} or {:02d}",
        "Error: 3 problems found in many.py",
    ]


def test_warnings_are_no_problems(run: Run, here: Path) -> None:
    (here / "sorting.py").write_text(MANY.partition("    def ocpp_look_up_tag")[0])
    result = run("check", "sorting.py", "--device")
    assert result.exit_code == 0
    assert result.stderr == (
        "warning: sorting.py:7:21: D410 sorting by a key: items with equal keys come out in any "
        "order; give the key a part that differs for each item\n"
    )


def test_an_installed_plugin_is_checked_for_a_device_by_its_name(run: Run, here: Path) -> None:
    result = run("check", "reservation", "--device")
    assert (result.exit_code, result.stderr) == (0, "")
