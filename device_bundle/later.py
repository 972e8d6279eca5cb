"""Finds what of a program is loaded only when it is needed; see `device_bundle.runtime.later`.

What is reached only through imports inside functions is loaded when these run. Everything else is
resident: it is there from the start, as is what several such imports share. This is looked up
anew wherever it matters, so that whatever a pass moves to the resident part simply stays there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from device_bundle.program import Definition, LaterRef, Symbol, make_ref, needs, refs
from device_bundle.trees import Transformer

#: Stands before the names of files that are loaded when they are needed.
PREFIX = "later_"
#: The resident part of a program.
RESIDENT = ""

#: By `id` of a definition's statement: the file it is in, `RESIDENT` where not listed.
Zones = Mapping[int, str]


def zones(definitions: Sequence[Definition]) -> dict[int, str]:
    """The statements that are loaded when needed, and in which file."""
    owner = {symbol: part for part in definitions for symbol in part.symbols}
    entries = {
        ref.symbol
        for definition in definitions
        for ref in refs(definition.node)
        if isinstance(ref, LaterRef) and ref.symbol in owner
    }
    if not entries:
        return {}
    starts = [part for part in definitions if not part.names]
    found = {id(part.node): RESIDENT for part in _closure(starts, owner)}
    for entry in sorted(entries):
        for part in _closure([owner[entry]], owner):
            zone = file_of(entry)
            found[id(part.node)] = zone if found.get(id(part.node), zone) == zone else RESIDENT
    return {key: zone for key, zone in found.items() if zone != RESIDENT}


def file_of(entry: Symbol) -> str:
    """The file that what is imported inside a function goes into, without extension."""
    return PREFIX + entry.module.rpartition(".")[2]


def settle(definitions: Sequence[Definition]) -> dict[int, str]:
    """The zones; imports inside functions of what is there anyway become ordinary references."""
    found = zones(definitions)
    for definition in definitions:
        settler = _Settler(definitions, found, found.get(id(definition.node), RESIDENT))
        definition.node = settler.visit(definition.node)
    return found


class _Settler(Transformer):
    def __init__(self, definitions: Iterable[Definition], found: Zones, here: str) -> None:
        self._zones = {
            symbol: found.get(id(part.node), RESIDENT)
            for part in definitions
            for symbol in part.symbols
        }
        self._here = here

    def visit_LaterRef(self, node: LaterRef) -> ast.expr:
        zone = self._zones.get(node.symbol, RESIDENT)
        if zone not in (RESIDENT, self._here):
            return node
        return make_ref(node.symbol, node, node.ctx, node.taken)


def _closure(starts: Iterable[Definition], owner: Mapping[Symbol, Definition]) -> list[Definition]:
    """These and everything that must be there with them."""
    found = {id(part): part for part in starts}
    todo = list(found.values())
    while todo:
        for ref in needs(todo.pop().node):
            part = owner.get(ref.symbol)
            if part is not None and id(part) not in found:
                found[id(part)] = part
                todo.append(part)
    return list(found.values())
