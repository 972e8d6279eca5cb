"""Measures what importing each module leaves on a device's heap, where MicroPython is at hand."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from device_bundle.dialect import MODULES
from device_bundle.emulator import EmulatorError, find_interpreter

_SCRIPT = """
import gc
import micropython
import sys

micropython.opt_level(3)

class Firmware:
    def __getattr__(self, name):
        return self
    def __call__(self, *arguments):
        return self

sys.path[:] = [""]
for name in {missing!r}.split():
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = Firmware()
gc.collect()
before = gc.mem_alloc()
exec({first!r})
for name in {names!r}.split():
    __import__("usr." + name)
    gc.collect()
    now = gc.mem_alloc()
    print(now - before)
    before = now
"""


def heap_at_import(texts: Mapping[str, str], first: str = "") -> dict[str, int]:
    """Bytes each module adds to the heap of a 64-bit MicroPython, imported in this order.

    `first` is run before; a module that starts work when imported must not be among `texts`.
    Empty where no interpreter is installed, or where a module does not import outside a device.
    """
    try:
        interpreter = find_interpreter()
    except EmulatorError:
        return {}
    script = _SCRIPT.format(missing=" ".join(sorted(MODULES)), first=first, names=" ".join(texts))
    with tempfile.TemporaryDirectory() as folder:
        usr = Path(folder, "usr")
        usr.mkdir()
        for name, text in texts.items():
            usr.joinpath(f"{name}.py").write_text(text, encoding="utf-8")
        done = subprocess.run(  # noqa: S603  # the interpreter on a script of ours
            [interpreter, "-X", "heapsize=4M", "-c", script],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    sizes = done.stdout.split()
    if done.returncode != 0 or len(sizes) != len(texts):
        return {}
    return {name: int(size) for name, size in zip(texts, sizes, strict=True)}
