"""The command line as a user runs it: in this process, or in one of its own."""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ocpp_kernel.cli.app import cli

#: Seconds after which waiting for a process is given up; a failed test, never a measurement.
PATIENCE = 60


class Process:
    """A command in a process of its own, whose lines can be waited for."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "ocpp_kernel", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            cwd=folder,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.output: list[str] = []
        self._typed_at = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait_for(self, text: str) -> str:
        """The first line that holds ``text`` since something was last typed."""
        give_up = time.monotonic() + PATIENCE
        for before in self.output[self._typed_at :]:
            if text in before:
                return before
        while True:
            line: str | None = None
            with contextlib.suppress(queue.Empty):
                line = self._lines.get(timeout=max(0, give_up - time.monotonic()))
            if line is None:
                pytest.fail(f"no line with {text!r}; there was:\n" + "\n".join(self.output))
            self.output.append(line)
            if text in line:
                return line

    def type(self, line: str) -> None:
        """Types a line."""
        self._typed_at = len(self.output)
        assert self._popen.stdin is not None
        self._popen.stdin.write(line + "\n")
        self._popen.stdin.flush()

    def end_input(self) -> None:
        """As Ctrl-D, or the end of a file, does."""
        assert self._popen.stdin is not None
        self._popen.stdin.close()

    def interrupt(self, number: int = signal.SIGINT) -> int:
        """Sends a signal and gives the exit code."""
        self._popen.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Waits for the end and gives the exit code."""
        code = self._popen.wait(PATIENCE)
        self._reader.join(PATIENCE)
        while (line := self._lines.get()) is not None:
            self.output.append(line)
        return code

    def close(self) -> None:
        """Makes sure that nothing is left."""
        if self._popen.poll() is None:
            self._popen.kill()
            self._popen.wait()
        self._reader.join(PATIENCE)
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None and not stream.closed:
                stream.close()


Start = Callable[..., Process]
Run = Callable[..., Result]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts commands in processes; they are ended afterwards."""
    processes: list[Process] = []

    def begin(*arguments: str) -> Process:
        processes.append(Process(*arguments, folder=tmp_path))
        return processes[-1]

    yield begin
    for process in processes:
        process.close()


@pytest.fixture
def run() -> Run:
    """Runs a command in this process to its end."""

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, list(arguments))

    return invoke


# Plugins that fail, beside one that works.

WORKS = "class ChargePoint:\n    def __init__(self, station, settings):\n        pass\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "works.py").write_text(WORKS, encoding="utf-8")
    return tmp_path


def configure(folder: Path, *lines: str) -> None:
    """Both plugins, with these lines in ``[plugins]``."""
    text = ["[profiles]", "reservation = false", "[plugins]"]
    text += ["load = ['./broken.py', './works.py']", *lines]
    (folder / "ocpp.toml").write_text("\n".join(text), encoding="utf-8")


@pytest.fixture
def broken(here: Path) -> Callable[..., Path]:
    """Writes the plugin that fails; further lines go into ``[plugins]``. Gives its file."""

    def write(source: str, *lines: str) -> Path:
        configure(here, *lines)
        importlib.invalidate_caches()
        path = here / "broken.py"
        path.write_text(source, encoding="utf-8")
        return path

    return write


@pytest.fixture
def named(run: Run, broken: Callable[..., Path]) -> Callable[[str, str, int | None], None]:
    """``check`` must name the plugin, its file and line and what is told, and run the other.

    0 as line stands for the file alone, None for no file.
    """

    def check(source: str, told: str, line: int | None) -> None:
        path = broken(source)
        result = run("check", "ocpp.toml")
        assert result.exit_code == 1
        (text,) = [said for said in result.stderr.splitlines() if "plugin broken: " in said]
        assert told in text
        if line is not None:
            assert f"({path}:{line})" in text if line else f"({path})" in text
        assert "works" in result.stdout.splitlines()[0]
        assert "Traceback" not in result.output

    return check
