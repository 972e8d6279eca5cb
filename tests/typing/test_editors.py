"""What editors show and refuse, asked of mypy and of pyright: each is run once for all cases.

The answers are files in ``expected/``, one line a finding. Where they change for a good reason::

    python tests/typing/test_editors.py        writes them anew

Lines that hold a slip end with ``# wrong``; both checkers must find something on those, and on no
others.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("cases/*.py"))
EXPECTED = HERE / "expected"
#: Seconds a checker may take before it is given up.
PATIENCE = 240


class Finding(NamedTuple):
    """``what`` is a type that was asked for, or "error" and the code of the rule broken."""

    file: str
    line: int
    what: str


class UnavailableError(Exception):
    """A checker does not run here; the text says why and what to do."""


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{command[0]} does not run here: {error}") from None


def ask_mypy(folder: Path) -> list[Finding]:
    options = ["--strict", "--config-file=", f"--cache-dir={folder / 'cache'}", "--no-pretty"]
    names = [path.name for path in CASES]
    done = run(sys.executable, "-m", "mypy", *options, *names, folder=folder)
    findings = []
    for line in done.stdout.splitlines():
        found = re.match(
            r"(\w+\.py):(\d+): (?:error: .*\[([a-z-]+)\]|note: Revealed type is (.*))$", line
        )
        if found:
            file, number, code, kind = found.groups()
            what = f"error {code}" if code else simple(kind.strip('"'))
            findings.append(Finding(file, int(number), what))
    assert findings, done.stdout + done.stderr
    return findings


def ask_pyright(folder: Path) -> list[Finding]:
    program = shutil.which(
        "pyright", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    if program is None:
        raise UnavailableError("pyright is not installed; get it with: pip install pyright")
    settings = {
        "typeCheckingMode": "strict",
        "reportUnusedExpression": False,
        "reportUnusedVariable": False,
        "extraPaths": [path for path in os.environ.get("MYPYPATH", "").split(os.pathsep) if path],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = run(program, "--pythonpath", sys.executable, "--outputjson", folder=folder)
    try:
        reports = json.loads(done.stdout)["generalDiagnostics"]
    except (ValueError, LookupError):
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it says nothing"]
        raise UnavailableError(
            f"pyright does not run here ({reason[0]}); it needs node, and a network the first time"
        ) from None
    return [
        Finding(Path(r["file"]).name, r["range"]["start"]["line"] + 1, _of_pyright(r))
        for r in reports
    ]


def _of_pyright(report: dict[str, str]) -> str:
    shown = re.match(r'Type of ".*" is "(.*)"$', report["message"], re.DOTALL)
    return simple(shown[1]) if shown else f"error {report.get('rule', 'syntax')}"


def simple(kind: str) -> str:
    """A type as it is written: without modules, and TypedDicts by their names alone."""
    kind = re.sub(r"TypedDict\('?([\w.]+)'?, \{.*?\}\)", r"\1", kind)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", kind).replace("*", "")


CHECKERS: dict[str, Callable[[Path], list[Finding]]] = {"mypy": ask_mypy, "pyright": ask_pyright}


def answers(checker: str, folder: Path) -> list[str]:
    """The findings of a checker as lines, sorted."""
    for path in CASES:
        shutil.copy(path, folder)
    return [f"{f.file}:{f.line}: {f.what}" for f in sorted(set(CHECKERS[checker](folder)))]


@pytest.fixture(scope="module", params=CHECKERS)
def asked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[str]]:
    checker: str = request.param
    try:
        return checker, answers(checker, tmp_path_factory.mktemp(checker))
    except UnavailableError as why:
        pytest.skip(str(why))


@pytest.mark.timeout(PATIENCE + 60)
def test_types_and_errors_are_as_recorded(asked: tuple[str, list[str]]) -> None:
    checker, found = asked
    expected = (EXPECTED / f"{checker}.txt").read_text(encoding="utf-8").splitlines()
    assert found == expected


def test_every_slip_is_found_and_nothing_else(asked: tuple[str, list[str]]) -> None:
    _, found = asked
    wrong = {
        f"{path.name}:{number}"
        for path in CASES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.endswith("# wrong")
    }
    assert {line.rpartition(": error ")[0] for line in found if ": error " in line} == wrong


def test_every_type_that_was_asked_for_is_told(asked: tuple[str, list[str]]) -> None:
    _, found = asked
    for path in CASES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip().startswith("reveal_type("):
                assert any(text.startswith(f"{path.name}:{number}: ") for text in found), line


def record() -> None:
    """Writes the answers of every checker that runs here."""
    for checker in CHECKERS:
        with tempfile.TemporaryDirectory() as folder:
            lines = answers(checker, Path(folder))
        (EXPECTED / f"{checker}.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    record()
