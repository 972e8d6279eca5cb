"""The examples of plugins, each installed from its own wheel: their tests, types and commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Install = Callable[[Path], Any]

FOLDER = Path(__file__).parents[2] / "examples" / "plugins"
EXAMPLES = sorted(path.parent.name for path in FOLDER.glob("*/pyproject.toml"))


@pytest.fixture(scope="module")
def examples(install: Install) -> dict[str, Any]:
    return {name: install(FOLDER / name) for name in EXAMPLES}


def test_there_are_these_examples() -> None:
    assert EXAMPLES == ["acme_datatransfer", "site_meter", "tag_database"]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", EXAMPLES)
def test_its_own_tests_pass(name: str, examples: dict[str, Any]) -> None:
    done = examples[name].tests()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_configuration_is_sound_on_a_device_too(name: str, examples: dict[str, Any]) -> None:
    portable = (FOLDER / name / "src" / name / "charge_point.py").exists()
    device = ["--device"] if portable else []
    done = examples[name].run("ocpp_kernel", "check", "ocpp.toml", *device)
    assert done.returncode == 0, done.stdout + done.stderr
    assert name in done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_found_as_installed(name: str, examples: dict[str, Any]) -> None:
    done = examples[name].run("ocpp_kernel", "plugins", "--config", "ocpp.toml")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(f" {name} ")] or [
        line for line in done.stdout.splitlines() if line.startswith(name)
    ]
    assert "installed by" in line
    assert " yes " in line


ASK = """
from ocpp_kernel.testing import Bench
bench = Bench("core_profile", "{name}")
print([handler.vendor_id for handler in bench.station.hooks.register_data_transfer()])
"""


@pytest.mark.parametrize(
    ("name", "vendor"),
    [("acme_datatransfer", "com.acme"), ("site_meter", "org.example.site_meter")],
)
def test_core_136_its_vendor_is_named_in_reversed_dns(
    name: str, vendor: str, examples: dict[str, Any]
) -> None:
    done = examples[name].python(ASK.format(name=name))
    assert done.stdout == f"{[vendor]}\n", done.stderr


def test_a_plugins_command_is_there_once_it_is_installed(examples: dict[str, Any]) -> None:
    done = examples["tag_database"].run("ocpp_kernel", "tags", "add", "DRIVER-7")
    assert (done.returncode, done.stdout) == (0, "DRIVER-7 Accepted\n"), done.stderr


def test_their_types_are_sound(examples: dict[str, Any], tmp_path: Path) -> None:
    """One process for all of them, each package as it was installed, with py.typed."""
    sites = [str(each.site) for each in examples.values()]
    files = [
        str(path)
        for name, each in examples.items()
        for path in [each.site / name, *each.source.glob("tests/*.py")]
    ]
    path = os.pathsep.join(filter(None, [*sites, os.environ.get("MYPYPATH")]))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--explicit-package-bases",
            f"--cache-dir={tmp_path}",
            *files,
        ],
        env={**os.environ, "MYPYPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
