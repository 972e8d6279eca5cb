"""Runs the blocks of code of the documentation's pages; the rules are in docs/README.md."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest

from ocpp_kernel.config import load_config

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BIN = Path(sys.executable).parent
#: What commands in pages may be; anything else needs the marker ``not run``.
COMMANDS = {"ocpp-kernel": str(BIN / "ocpp-kernel"), "python": sys.executable}
#: Ports that pages name; each page gets ports of its own in their place.
PORTS = ("9000", "9080", "9443", "8000")
#: Pages whose Python is fragments, and where each of them is tried instead.
FRAGMENTS = {"device-dialect.md": "tests/device_bundle/test_dialect_rows.py"}
#: Seconds that a command, or a line it is to print, may take.
PATIENCE = 400

_MARKER = re.compile(r"<!-- (not run|file|output|runs on|typed|fails)(?:: (.*))? -->")
_NAMED = re.compile(r'(?:#|//|""")\s?([\w/.-]+\.(?:py|toml|json|scenario|conf|txt))(?=[:\s]|$)')
_TIMES = (
    (r"\d\d:\d\d:\d\d", r"\\d\\d:\\d\\d:\\d\\d"),
    (r"\d{4}\\-\d\d\\-\d\dT", r"\\d{4}-\\d\\d-\\d\\dT"),
    (r"\b\d+s\b", r"\\d+s"),
)


class Block(NamedTuple):
    """A fenced block with the marker before it, both "" where there is none."""

    place: str
    language: str
    marker: str
    value: str
    text: str

    @property
    def file(self) -> str:
        """The file that the block is."""
        if self.marker == "file":
            return self.value
        named = _NAMED.match(self.text)
        return named[1] if named else ""


def blocks_of(page: Path) -> list[Block]:
    """Every fenced block of a page but Sphinx's directives."""
    return [block for block in _blocks(page) if not block.language.startswith("{")]


def _blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        fence = re.match(r"( *)(`{3,}|:{3,})(\S*)", lines[number])
        if fence is None or fence[2].startswith(":"):
            number += 1
            continue
        end = number + 1
        while lines[end].strip() != fence[2]:
            end += 1
        marker = _MARKER.search(lines[number - 1]) if number else None
        yield Block(
            f"{os.path.relpath(page, DOCS)}:{number + 1}",
            fence[3],
            marker[1] if marker else "",
            (marker[2] or "") if marker else "",
            textwrap.dedent("\n".join(lines[number + 1 : end])) + "\n",
        )
        number = end + 1


class Running:
    """A command that goes on; its lines are collected while it does."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._read = 0
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._collect, args=(self._process.stdout,))
        self._thread.start()

    def _collect(self, stream: IO[str]) -> None:
        for line in stream:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def type(self, lines: list[str]) -> None:
        """Types lines into it."""
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines))
        self._process.stdin.flush()

    def await_start(self, text: str, place: str) -> None:
        """Waits until it has printed a text; its lines can still be waited for."""
        self._await(re.compile(f".*{pattern_of(text)}"), f"{place}: {text}")
        self._read = 0

    def await_lines(self, wanted: list[str], place: str) -> None:
        """Waits for these lines, in this order; others may come between them."""
        for line in wanted:
            self._await(re.compile(f"{pattern_of(line)}$"), f"{place}: {line}")

    def _await(self, pattern: re.Pattern[str], what: str) -> None:
        end = time.monotonic() + PATIENCE
        with self._news:
            while True:
                while self._read < len(self._lines):
                    line = " ".join(self._lines[self._read].split())
                    self._read += 1
                    if pattern.match(line):
                        return
                if time.monotonic() > end or not self._thread.is_alive():
                    break
                self._news.wait(1)
        pytest.fail(f"{what}\nwas not printed:\n{''.join(self._lines)}")

    def stop(self) -> None:
        """Ends it with all it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, 15)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


def pattern_of(line: str) -> str:
    """A line of output as a regular expression: ``...`` and times stand for any."""
    text = re.escape(" ".join(line.split())).replace(r"\ ", " ").replace(r"\.\.\.", ".*")
    for found, general in _TIMES:
        text = re.sub(found, general, text)
    return text


class Page:
    """Runs a page's blocks one after the other in a folder of its own."""

    def __init__(self, folder: Path, reserve_port: Callable[[], int]) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        self.running: list[Running] = []
        self._ports = {named: str(reserve_port()) for named in PORTS}
        self._printed = ""
        self._cleaning = ExitStack()
        shutil.copytree(ROOT / "examples", folder / "examples")
        for file in (folder / "examples").rglob("*.toml"):
            file.write_text(self.moved(file.read_text(encoding="utf-8")), encoding="utf-8")
        self._kinds: dict[str, Callable[[Block], None]] = {
            "sh": self._shell,
            "python": self._python,
            "toml": self._toml,
            "json": self._json,
        }

    def close(self) -> None:
        """Stops what still runs."""
        self._cleaning.close()

    def moved(self, text: str) -> str:
        """The text with the page's own ports."""
        for named, own in self._ports.items():
            text = re.sub(rf"\b{named}\b", own, text)
        return text

    def take(self, block: Block) -> None:
        """Does what the block and its marker say."""
        block = block._replace(text=self.moved(block.text), value=self.moved(block.value))
        elsewhere = FRAGMENTS.get(block.place.partition(":")[0], "")
        if elsewhere:
            block = block._replace(marker="not run", value=f"tried in {elsewhere}")
        if block.marker == "not run":
            assert block.value, f"{block.place}: say why it is not run"
            if block.language == "python":
                compile(block.text, block.place, "exec")
        elif block.marker == "typed":
            self.running[int(block.value) - 1].type(block.text.splitlines())
        elif block.marker == "output":
            self._output(block)
        elif block.file:
            self._write(block)
        elif block.language in self._kinds:
            self._kinds[block.language](block)

    def _output(self, block: Block) -> None:
        wanted = [line for line in block.text.splitlines() if line.strip() not in ("", "...")]
        if block.value:
            self.running[int(block.value) - 1].await_lines(wanted, block.place)
            return
        printed = iter(self._printed.splitlines())
        for line in wanted:
            pattern = re.compile(pattern_of(line))
            found = any(pattern.fullmatch(" ".join(each.split())) for each in printed)
            assert found, f"{block.place}: {line!r} was not printed:\n{self._printed}"

    def _write(self, block: Block) -> None:
        path = self.folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        if path.suffix == ".py":
            compile(block.text, str(path), "exec")
        elif path.suffix == ".toml":
            self._toml(block)
        elif path.suffix == ".json":
            self._json(block)

    def _shell(self, block: Block) -> None:
        self._printed = ""
        for line in block.text.replace("\\\n", " ").splitlines():
            words = line.split(" #")[0].replace("'", "").split()
            if not words or words[0] == "#":
                continue
            assert words[0] in COMMANDS, (
                f"{block.place}: {words[0]} is none of {', '.join(COMMANDS)}; "
                "mark the block with <!-- not run: REASON -->"
            )
            self._run([COMMANDS[words[0]], *words[1:]], block)

    def _python(self, block: Block) -> None:
        script = self.folder / "block.py"
        script.write_text(block.text, encoding="utf-8")
        self._printed = ""
        self._run([sys.executable, "-W", "error", str(script)], block)

    def _run(self, command: list[str], block: Block) -> None:
        if block.marker == "runs on":
            running = Running(command, self.folder, self.environment)
            self._cleaning.callback(running.stop)
            self.running.append(running)
            running.await_start(block.value, block.place)
            return
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        self._printed += done.stdout + done.stderr
        expected = int(block.value) if block.marker == "fails" else 0
        assert done.returncode == expected, f"{block.place}: {command}\n{self._printed}"

    def _toml(self, block: Block) -> None:
        if block.file == "pyproject.toml":
            tomllib.loads(block.text)
            return
        path = self.folder / (block.file or "block.toml")
        path.write_text(block.text, encoding="utf-8")
        load_config(path)

    def _json(self, block: Block) -> None:
        json.loads(block.text)


@pytest.fixture
def read() -> Callable[[Path], list[Block]]:
    """``read(page)`` gives the blocks of any file."""
    return blocks_of


@pytest.fixture
def page(tmp_path: Path, reserve_port: Callable[[], int]) -> Iterator[Page]:
    """A folder in which a page's blocks can be run."""
    made = Page(tmp_path, reserve_port)
    yield made
    made.close()


def pytest_generate_tests(metafunc: Any) -> None:
    """``blocks``: those of each page that has some."""
    if "blocks" in metafunc.fixturenames:
        pages = {
            str(path.relative_to(DOCS)): blocks_of(path) for path in sorted(DOCS.rglob("*.md"))
        }
        found = {name: blocks for name, blocks in pages.items() if blocks}
        metafunc.parametrize("blocks", found.values(), ids=found.keys())
