"""A traceback of a bundle leads back to the line of the source that raised."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from device_bundle.compile import compile_module
from device_bundle.emit import Emitted, Style, emit
from device_bundle.sourcemap import source_map
from device_bundle.targets import TARGETS
from device_bundle.trace import TraceError, Tracer

MAIN = """
from fixture.parts import Machine, Spare


def main():
    machine = Machine(3)
    spare = Spare(machine)
    for step in range(3):
        print(spare.weight(step))
        machine.advance(step)
"""

PARTS = '''
"""Parts of a machine."""


class Machine:
    """Counts down until it breaks."""

    def __init__(self, strength):
        self.strength = strength
        self.taken_apart = None

    def advance(self, step):
        """Raises in the second step, in a function below."""
        if step:
            self.strength -= 1
            check_strength(self)
            self.strength += 1
        print("advanced", step)
        print("strength", self.strength)


class Spare:
    def __init__(self, machine):
        self.machine = machine
        self.spare_weight = 4

    def weight(self, step):
        total = self.spare_weight
        for extra in range(step):
            total += extra * self.machine.strength
        return total


def check_strength(machine):
    """Too long, and used too often, to be put where it is called."""
    limit = machine.strength * 2
    if limit > 100:
        print("strong", limit)
        return
    names = ["a", "b", limit]
    for name in names:
        if name == limit:
            print(machine.no_such_part)
    check_strength(machine)
'''

SCRIPT = """
import micropython
micropython.opt_level({level})
import sys
sys.path[:] = [""]
try:
    import usr.app
except Exception as error:
    sys.print_exception(error)
"""


class Made:
    """The sample program, emitted and mapped, and what its failure prints."""

    def __init__(self, sample: Any, folder: Path, interpreter: Path) -> None:
        self._sample = sample
        self._folder = folder
        self._interpreter = interpreter
        sample.write(MAIN, parts=PARTS)

    def emit(self, **style: bool) -> Emitted:
        linked = self._sample.link()
        emitted = emit(linked, Style(**style))
        (self._folder / "map.json").write_bytes(source_map(linked, emitted))
        return emitted

    def run(self, emitted: Emitted, form: str, *, lines: bool) -> list[str]:
        """What MicroPython prints for the traceback, of modules in this form."""
        usr = self._folder / "device" / "usr"
        usr.mkdir(parents=True)
        for name, text in emitted.texts.items():
            compiler = TARGETS["micropython"].compiler
            content = compile_module(name, text, compiler, lines=lines)
            usr.joinpath(f"{name}.{form}").write_bytes(content if form == "mpy" else text.encode())
        done = subprocess.run(
            [self._interpreter, "-c", SCRIPT.format(level=2 if lines else 3)],
            cwd=usr.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    def traced(self, printed: list[str]) -> list[str]:
        return list(Tracer(self._folder / "map.json").rewrite(printed))


@pytest.fixture
def made(sample: Any, tmp_path: Path, micropython: Path) -> Made:
    return Made(sample, tmp_path, micropython)


def line_of(text: str, source: str = PARTS) -> int:
    """Number of the line that holds `text`; the source is written without its first line feed."""
    lines = source.splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("form", ["py", "mpy"])
def test_with_line_numbers_the_line_is_found(made: Made, form: str) -> None:
    printed = made.run(made.emit(lines=True), form, lines=True)
    traced = made.traced(printed)
    raising = line_of("no_such_part")
    assert traced[-2].strip() == (f'File "fixture/parts.py", line {raising}, in check_strength'), (
        printed
    )
    call = line_of("check_strength(self)")
    moved = f'File "fixture/parts.py", line {call}, in Machine.advance'
    assert moved in traced[-3], "advance() is in main() now, but is named by its own place"
    assert traced[-1].endswith("'Machine' object has no attribute 'no_such_part'")


@pytest.mark.parametrize("form", ["py", "mpy"])
def test_without_line_numbers_the_function_is_found(made: Made, form: str) -> None:
    printed = made.run(made.emit(), form, lines=False)
    frames = [line for line in printed if "File" in line and "<stdin>" not in line]
    assert frames
    assert all(", line 1, in " in line for line in frames)
    traced = made.traced(printed)
    start = line_of("def check_strength")
    assert f'File "fixture/parts.py", line {start}, in check_strength' in traced[-2]
    assert traced[-1].endswith("'Machine' object has no attribute 'no_such_part'")


def test_statements_that_share_a_line_are_all_named(made: Made) -> None:
    printed = made.run(made.emit(), "py", lines=True)
    traced = "\n".join(made.traced(printed))
    assert f'File "fixture/parts.py", line {line_of("no_such_part")}, in check_strength' in traced


def test_every_line_of_a_spread_bundle_has_one_place(made: Made, tmp_path: Path) -> None:
    emitted = made.emit(lines=True)
    tracer = Tracer(tmp_path / "map.json")
    for name, text in emitted.texts.items():
        if name == "app":
            continue  # made by the bundler: it is in no source
        for number, line in enumerate(text.splitlines(), 1):
            if number == 1 or line.startswith(("from ", "import ")) or line.endswith("else:"):
                continue
            (found,) = tracer.rewrite([f'  File "usr/{name}.py", line {number}, in x'])
            assert "fixture/" in found, line


def test_what_is_no_traceback_stays(made: Made) -> None:
    made.emit()
    lines = ["12 info connected", '  File "main.py", line 3, in <module>', "ValueError: 3"]
    assert made.traced(lines) == lines


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{}", "is no map"),
        ("[]", "is no map"),
        ("nonsense", "is no map"),
        ('{"files": [{"file_name": "usr/app.py"}], "plugins": []}', "is no map"),  # a manifest
        ('{"files": {"app.py": {}}}', "is no map"),
        (None, "cannot be read"),
    ],
)
def test_a_map_that_is_none(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "map.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TraceError, match=reason):
        Tracer(path)
