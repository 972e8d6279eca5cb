"""Thousands of entries, held once: on the flash."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.local_auth_list.charge_point.tag_list import TagList

from device_bundle import app
from device_bundle.emit import emit
from device_bundle.emulator import find_interpreter
from device_bundle.findings import Findings
from device_bundle.linker import KERNEL, finish, follow, resolve_all
from device_bundle.program import Symbol
from device_bundle.sources import Program, Root
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.store import FileStore

#: Fills a list in messages of 100, then tells how many entries there are, how many were found,
#: and how many bytes of heap are kept for all of them.
MAIN = """
import gc
import ujson
import uos
from device_bundle.runtime.codec import Codec
from ocpp_kernel.store import FileStore
from ocpp_plugins.local_auth_list.charge_point.tag_list import TagList

ENTRIES = 1000


def message(number):
    entries = []
    for entry in range(number * 100, number * 100 + 100):
        info = {"status": "Accepted", "parentIdTag": f"GROUP{entry % 7}"}
        entries.append({"idTag": tag(entry), "idTagInfo": info})
    entries.sort(key=lambda entry: entry["idTag"])
    return entries


def tag(number):
    return f"{(number * 7919) % 100000:08d}{number:08d}"


def fill(made):
    for number in range(ENTRIES // 100):
        if not made.update(number + 1, message(number), False, 5000):
            print("refused")
    made.open()


def main():
    store = FileStore(uos, Codec(ujson.loads, ujson.dumps), "data", open, print)
    made = TagList(store)
    made.open()
    fill(made)
    found = 0
    for number in range(ENTRIES):
        info = made.find(tag(number))
        if info is not None and info.parent_id_tag == f"GROUP{number % 7}":
            found += 1
        if made.find(tag(number) + "x") is not None:
            found -= 1
    gc.collect()
    before = gc.mem_alloc()
    again = TagList(store)
    again.open()
    gc.collect()
    kept = gc.mem_alloc() - before
    print(ujson.dumps([made.count, found, kept]))
"""


def built(folder: Path, main: str) -> Path:
    """The folder of a program as the bundler would put it on a device."""
    package = folder / "fixture"
    package.mkdir()
    (package / "__init__.py").write_text(textwrap.dedent(main))
    roots = [
        KERNEL,
        Root("device_bundle.runtime", "runtime"),
        Root("ocpp_plugins.local_auth_list", "local_auth_list"),
        Root("fixture", "local_auth_list", package),
        *app.ROOTS,
    ]
    program = Program(roots, Findings(), folder)
    shapes = resolve_all(program, [Symbol("fixture", "main")])
    entry = app.generated(app.NAME, ["from fixture import main"], "main()")
    order = [KERNEL.package, "runtime", "local_auth_list", app.NAME]
    texts = emit(finish(program, follow(program, shapes, entry), order)).texts
    usr = folder / "device" / "usr"
    usr.mkdir(parents=True)
    for name, text in texts.items():
        (usr / f"{name}.py").write_text(text)
    return usr.parent


def test_lal_009_a_thousand_entries_fit_a_device(tmp_path: Path) -> None:
    """LAL-009: MicroPython with a heap of 128 KB, half of which it takes to compile
    the program and hold a message; all entries as dicts would never fit."""
    device = built(tmp_path, MAIN)
    done = subprocess.run(
        [find_interpreter(), "-X", "heapsize=128k", "-c", f"import usr.{app.NAME}"],
        cwd=device,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    count, found, kept = json.loads(done.stdout)
    assert (count, found) == (1000, 1000)
    assert kept < 8 * 1024


def many(count: int) -> list[Any]:
    return [
        {"idTag": f"{number:020d}", "idTagInfo": {"status": "Accepted", "parentIdTag": "GROUP"}}
        for number in range(count)
    ]


@pytest.mark.parametrize("full", [True, False])
def test_lal_009_an_update_of_thousands_takes_little_memory(tmp_path: Path, full: bool) -> None:
    """LAL-009: beside the message there is never a second copy, neither of old nor new."""
    store = FileStore(os, MsgspecCodec(), str(tmp_path), open, pytest.fail)
    made = TagList(store)
    made.update(1, many(10_000), True, 10_000)
    made.open()
    tracemalloc.start()
    try:
        changes = many(5_000)
        payload = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        assert made.update(2, changes, full, 10_000)
        made.open()
        peak = tracemalloc.get_traced_memory()[1] - payload
    finally:
        tracemalloc.stop()
    assert made.count == (5_000 if full else 10_000)
    assert peak < payload / 10
    assert made.find(f"{4_999:020d}") is not None
