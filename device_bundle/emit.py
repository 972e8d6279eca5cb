"""From a linked program to the text of its modules, within a device's limits."""

from __future__ import annotations

import ast
from keyword import iskeyword

from device_bundle.constants import INTERNED
from device_bundle.link import name_symbols
from device_bundle.linker import Linked
from device_bundle.names import shorten_names
from device_bundle.pack import pack
from device_bundle.program import Symbol, target
from device_bundle.render import render, render_definitions
from device_bundle.trees import walk

#: Limits of a QuecPython module's flash and heap; main.py is one of the files.
MOST_FILES = 10
MOST_FILE_BYTES = 24 * 1024
MOST_BYTES = 150 * 1024
#: Emitted modules are imported as usr.NAME: a device starts in "/" and looks nowhere else.
PREFIX = "usr."


def emit(linked: Linked) -> tuple[dict[str, int], dict[str, str]]:
    """Bytes of source, and text, of every module by name, in the order a device imports them.

    Raises BundleError where the program needs more files than a device takes.
    """
    shorten_names(linked.definitions, linked.firmware_names)
    names = name_symbols(linked.definitions, linked.outside, _short(linked))
    render_definitions(linked.definitions, names)
    room = MOST_FILE_BYTES
    others = 1 + bool(linked.texts)
    while True:
        pieces = pack(linked.definitions, linked.order, room, MOST_FILES - others, others)
        texts = render(pieces, names, PREFIX)
        excess = max(len(text.encode()) for text in texts.values()) - MOST_FILE_BYTES
        if excess <= 0:
            break
        room -= excess
    texts[pieces[-1].name] = _interned(linked) + texts[pieces[-1].name]
    return {piece.name: piece.source_bytes for piece in pieces}, texts


def _short(linked: Linked) -> set[Symbol]:
    """What may lose its name: all but exceptions, whose names show in logs."""
    exceptions: set[Symbol] = set()
    before = -1
    while before != len(exceptions):
        before = len(exceptions)
        for definition in linked.definitions:
            bases = getattr(definition.node, "bases", [])
            if any(_is_exception(base, exceptions) for base in bases):
                exceptions.update(definition.symbols)
    return {s for definition in linked.definitions for s in definition.symbols} - exceptions


def _is_exception(base: ast.expr, exceptions: set[Symbol]) -> bool:
    symbol = target(base)
    if symbol is not None:
        return symbol in exceptions
    return isinstance(base, ast.Name) and base.id.endswith(("Error", "Exception"))


def _interned(linked: Linked) -> str:
    """A line that names, without running, the long texts that could be names.

    A compiler that met a text as a name keeps it once, as a name, wherever it is used: some 45
    bytes less of heap each than a text, and more where it is used again. It has to stand in the
    module that is compiled first.
    """
    names = {
        node.value
        for definition in linked.definitions
        for node in walk(definition.node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if len(node.value) > INTERNED and node.value.isascii()
        if node.value.isidentifier() and not iskeyword(node.value)
    }
    return f"if 0:{';'.join(sorted(names))}\n" if names else ""
