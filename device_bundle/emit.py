"""From a linked program to the text of its modules, within a device's limits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from device_bundle.compile import interned
from device_bundle.later import Zones, settle
from device_bundle.link import PREFIX, name_symbols
from device_bundle.linker import Linked
from device_bundle.names import shorten_names
from device_bundle.pack import Piece, pack, seen_in
from device_bundle.program import Symbol, target
from device_bundle.render import render, render_definitions
from device_bundle.targets import LIMITS, Limits
from device_bundle.trees import walk


@dataclass(frozen=True)
class Style:
    """How a program is written: names as in the source, every statement on its own line."""

    readable: bool = False
    lines: bool = False


@dataclass
class Emitted:
    """The modules of a bundle, in the order a device imports them."""

    pieces: list[Piece]
    #: Their text by name.
    texts: dict[str, str]
    #: How everything defined at a module's top level, or taken from the firmware, is spelled.
    names: dict[Symbol, str]
    #: What the attributes that were respelled are called in the source, by `id` of their nodes.
    attributes: dict[int, str]


def emit(linked: Linked, style: Style = Style(), limits: Limits = LIMITS) -> Emitted:
    """Write every module, as few and as small as they can be.

    Raises BundleError where the program needs more files than a device takes.
    """
    later = settle(linked.definitions)
    attributes = {id(node): node.attr for node in _attributes(linked)}
    if not style.readable:
        shorten_names(linked.definitions, linked.firmware_names)
    attributes = {
        id(node): attributes[id(node)]
        for node in _attributes(linked)
        if node.attr != attributes[id(node)]
    }
    short = set() if style.readable else _short(linked)
    names = name_symbols(linked.definitions, linked.outside, short)
    render_definitions(linked.definitions, names, lines=style.lines)
    room = limits.file_bytes
    while True:  # until no module is too large with the imports that packing it so takes
        pieces = _packed(linked, later, limits, room)
        names = name_symbols(linked.definitions, linked.outside, short, seen_in(pieces))
        render_definitions(linked.definitions, names, lines=style.lines)
        texts = render(pieces, names, PREFIX)
        excess = max(len(text.encode()) for text in texts.values()) - limits.file_bytes
        if excess <= 0:
            break
        room -= excess
    # A name is kept for good, so those of pieces that are loaded when needed are not among them.
    names_first = interned(texts[piece.name] for piece in pieces if not piece.later)
    texts[pieces[-1].name] = names_first + texts[pieces[-1].name]
    return Emitted(pieces, texts, names, attributes)


def _packed(linked: Linked, later: Zones, limits: Limits, room: int) -> list[Piece]:
    others = 1 + bool(linked.texts)
    return pack(linked.definitions, linked.order, room, limits.files - others, others, later)


def _attributes(linked: Linked) -> Iterator[ast.Attribute]:
    for definition in linked.definitions:
        for node in walk(definition.node):
            if isinstance(node, ast.Attribute):
                yield node


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
