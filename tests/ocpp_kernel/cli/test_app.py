"""Errors as sentences and exit codes; no traceback reaches a user."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from ocpp_kernel.cli import main
from ocpp_kernel.cli.app import cli
from ocpp_kernel.config import ConfigError
from ocpp_kernel.plugins import PluginError
from ocpp_kernel.store import StoreError

Run = Callable[..., Any]


@pytest.fixture
def failing() -> Iterator[Callable[[Exception], None]]:
    """Adds a command ``fail`` that raises what it is given."""

    def add(error: Exception) -> None:
        @click.command("fail")
        def fail() -> None:
            raise error

        cli.add_command(fail)

    yield add
    cli.commands.pop("fail", None)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (ConfigError("ocpp.toml: x is not known"), 2, "Error: ocpp.toml: x is not known"),
        (PluginError("plugin a: is broken"), 2, "Error: plugin a: is broken"),
        (StoreError("/data is full"), 1, "Error: /data is full"),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "/gone"),
            1,
            "Error: /gone: No such file or directory",
        ),
        (
            ZeroDivisionError("division by zero"),
            1,
            "Error: internal error: ZeroDivisionError: division by zero "
            "(run ocpp-kernel --debug ... to see where)",
        ),
    ],
)
def test_an_error_is_one_line_and_a_code(
    run: Run, failing: Callable[[Exception], None], error: Exception, code: int, told: str
) -> None:
    failing(error)
    result = run("fail")
    assert result.exit_code == code
    assert result.output == told + "\n"


def test_debug_shows_where(run: Run, failing: Callable[[Exception], None]) -> None:
    failing(ZeroDivisionError("division by zero"))
    assert type(run("--debug", "fail").exception) is ZeroDivisionError


def test_a_reader_that_left_is_no_internal_error(
    failing: Callable[[Exception], None], capfd: pytest.CaptureFixture[str]
) -> None:
    failing(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    stdout = sys.stdout
    try:
        assert main(["fail"]) == 1
    finally:
        sys.stdout = stdout
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="the shell's way of closing a stream")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(closed: str) -> None:
    command = ["/bin/sh", "-c", f'"{sys.executable}" -m ocpp_kernel plugins {closed}']
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["nosuch"], ["serve", "--port", "x"], ["--nosuch"]])
def test_wrong_usage_is_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Error: " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["serve", "--help"]])
def test_what_asks_for_help_succeeds(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert "ocpp-kernel" in capsys.readouterr().out


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_its_requirements_one_line_says_how_to_get_them(
    tmp_path: Path, missing: str
) -> None:
    (tmp_path / "without.py").write_text(
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {missing!r}:\n"
        f"            raise ModuleNotFoundError('no', name={missing!r})\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from ocpp_kernel.cli import main\n"
        "sys.exit(main(['plugins']))\n"
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "without.py")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"ocpp-kernel: the command line needs {missing}; "
        "install it with: pip install 'ocpp-kernel[cli]'\n"
    )


def test_every_command_explains_itself(run: Run) -> None:
    for name, command in cli.commands.items():
        result = run(name, "--help")
        assert result.exit_code == 0, name
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.name}"
