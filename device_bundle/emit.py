"""From a linked program to the text of its modules, within a device's limits."""

from __future__ import annotations

import ast

from device_bundle.link import name_symbols
from device_bundle.linker import Linked
from device_bundle.names import shorten_names
from device_bundle.pack import pack
from device_bundle.program import Symbol
from device_bundle.render import render, render_definitions

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
    while True:
        pieces = pack(linked.definitions, linked.order, room, MOST_FILES - 1)
        texts = render(pieces, names, PREFIX)
        excess = max(len(text.encode()) for text in texts.values()) - MOST_FILE_BYTES
        if excess <= 0:
            return {piece.name: piece.source_bytes for piece in pieces}, texts
        room -= excess


def _short(linked: Linked) -> set[Symbol]:
    """What may lose its name: all but classes, whose names show in logs."""
    return {
        symbol
        for definition in linked.definitions
        for symbol in definition.symbols
        if not isinstance(definition.node, ast.ClassDef)
    }
