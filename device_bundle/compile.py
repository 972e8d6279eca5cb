"""Compiles a module as a device would, with the cross compiler of its firmware."""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from keyword import iskeyword
from pathlib import Path

from device_bundle.constants import INTERNED
from device_bundle.findings import BundleError
from device_bundle.targets import LEGACY, Compiler
from device_bundle.trees import walk

#: Without line numbers, which cost heap; and with them, but without assertions all the same.
_BARE, _LINES = "-O3", "-O2"


def compile_module(
    name: str, text: str, compiler: Compiler | None = LEGACY, *, lines: bool = False
) -> bytes:
    """The .mpy of a module; raises BundleError where the compiler refuses the source.

    Without a compiler nothing is kept, but MicroPython 1.12 has to accept the source. `lines`
    keeps line numbers.
    """
    used = compiler or LEGACY
    if not lines:  # which it would move
        text = interned([text]) + text
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"{name}.py")
        source.write_text(text, encoding="utf-8")
        output = source.with_suffix(".mpy")
        level = _LINES if lines else _BARE
        flags = [*used.flags, level, "-s", source.name, "-o", str(output)]
        done = subprocess.run(  # noqa: S603  # our own interpreter on our own file
            [sys.executable, "-m", used.module, *flags, str(source)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not output.is_file():
            raise BundleError(_reason(used, name, text, done.stderr or done.stdout))
        return output.read_bytes() if compiler else b""


def interned(texts: Iterable[str]) -> str:
    """A line that names, without running, the long texts in modules that could be names.

    A compiler that met a text as a name keeps it once, as a name, wherever it is used: in a .mpy it
    is short after that, and on a device it takes some 45 bytes less of heap than a text, and more
    where it is used again. The line has to stand in the module that is compiled first. "" for none.
    """
    try:
        nodes = [node for text in texts for node in walk(ast.parse(text))]
    except SyntaxError:  # the compiler says what is wrong
        return ""
    values = {node.value for node in nodes if isinstance(node, ast.Constant)}
    names = [
        value
        for value in values
        if isinstance(value, str) and len(value) > INTERNED and value.isascii()
        if value.isidentifier() and not iskeyword(value)
    ]
    return f"if 0:{';'.join(sorted(names))}\n" if names else ""


def _reason(compiler: Compiler, name: str, text: str, output: str) -> str:
    if "No module named" in output:
        return f"{compiler.module} is not installed; pip install {compiler.requirement}"
    lines = [line.strip() for line in output.strip().splitlines()]
    at = next((line for line in lines if "line " in line), "")
    number = at.rpartition("line ")[2].partition(",")[0]
    source = text.splitlines()[int(number) - 1] if number.isdigit() else ""
    return f"{name}.py: mpy-cross refuses it: {lines[-1] if lines else 'no reason given'}: {source}"
