"""``ocpp-kernel bundle``: the bundler from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.cli.demo import example

Run = Callable[..., Any]


@pytest.mark.slow
def test_it_writes_the_bundle_and_shows_its_sizes(run: Run, tmp_path: Path) -> None:
    result = run("bundle", "--config", str(example()), "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "out" / "usr").iterdir()}
    assert {"main.py", "app.py"} <= names
    assert all(name in result.stdout for name in names)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["project"] == "wallbox"


def test_a_mistake_in_the_configuration_is_code_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ocpp.toml").write_text("[bundel]\n")
    result = run("bundle", "--config", str(tmp_path / "ocpp.toml"), "--out", str(tmp_path / "o"))
    assert result.exit_code == 2
    assert '[bundel] is not known; did you mean "bundle"?' in result.stderr


def test_code_that_cannot_be_bundled_is_code_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(
        "import datetime\n\n\nclass ChargePoint:\n"
        "    def __init__(self, station, settings):\n        self.at = datetime.datetime.now()\n"
    )
    (tmp_path / "ocpp.toml").write_text("[plugins]\nload = ['./acme.py']\n")
    result = run("bundle", "--config", str(tmp_path / "ocpp.toml"), "--out", str(tmp_path / "o"))
    assert result.exit_code == 1
    assert "acme.py" in result.stderr
    assert "datetime" in result.stderr


def test_without_its_requirements_one_line_says_how_to_get_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("device_bundle")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "python_minifier", None)
    result = run("bundle")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: the bundler needs python_minifier; "
        "install it with: pip install 'ocpp-kernel[bundle]'\n"
    )
