"""What ``ocpp-kernel new-plugin`` writes can be installed, checked, tested and bundled at once."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ocpp_kernel.cli.app import cli
from ocpp_kernel.cli.new_plugin import LONGEST

Install = Callable[[Path], Any]

ROLES = ["charge-point", "central-system", "both"]
NAMES = {"a": "both", "x" * LONGEST: "both", **{f"new_{r.replace('-', '_')}": r for r in ROLES}}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plugin for each role, and with the shortest and the longest name."""
    folder = tmp_path_factory.mktemp("new")
    for name, role in NAMES.items():
        arguments = ["new-plugin", name, "--role", role, "--out", str(folder / name)]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def both(written: Path, install: Install) -> Any:
    return install(written / "new_both")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_its_tests_pass_on_both_platforms(both: Any) -> None:
    done = both.tests()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout or "5 passed, 1 skipped" in done.stdout


def test_its_configuration_is_sound(both: Any) -> None:
    done = both.run("ocpp_kernel", "check", "ocpp.toml", "--device")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no problems in ocpp.toml" in done.stdout


def test_a_plugin_for_the_central_system_only(written: Path, install: Install) -> None:
    installed = install(written / "new_central_system")
    done = installed.tests()
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed.run("ocpp_kernel", "check", "ocpp.toml").returncode == 0


def test_its_tests_can_fail(written: Path, install: Install) -> None:
    installed = install(written / "new_central_system")
    source = installed.site / "new_central_system" / "central_system.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("before + ", "0 * before + "), encoding="utf-8")
    done = installed.tests()
    assert "1 failed, 1 passed" in done.stdout, done.stdout


def test_its_types_are_sound(written: Path, tmp_path: Path) -> None:
    """Tests of several packages have the same names, so each package is a run of its own."""
    for name in ("new_both", "new_charge_point"):
        folder = written / name
        path = os.pathsep.join(filter(None, [str(folder / "src"), os.environ.get("MYPYPATH")]))
        done = subprocess.run(
            [sys.executable, "-m", "mypy", f"--cache-dir={tmp_path}", "src", "tests"],
            cwd=folder,
            env={**os.environ, "MYPYPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    importlib.util.find_spec("ruff") is None, reason="ruff is not installed: pip install ruff"
)
@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]], ids=" ".join)
def test_its_style_is_sound_whatever_its_name(written: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."],
        cwd=written,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_role_that_was_not_asked_for_leaves_no_file(written: Path) -> None:
    files = {path.name for path in (written / "new_charge_point").rglob("*")}
    assert {"charge_point.py", "charge.scenario", "py.typed", "ocpp.toml"} <= files
    assert not {name for name in files if "central" in name}
