"""Cuts the program into a few modules a device can compile one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

from device_bundle.findings import BundleError, Finding
from device_bundle.program import Definition, Symbol, needs


@dataclass
class Piece:
    """One module to be emitted: `name` without extension, and what it holds, in order."""

    name: str
    definitions: list[Definition] = field(default_factory=list)
    size: int = 0
    #: Whether it is loaded when it is needed.
    later: bool = False

    @property
    def source_bytes(self) -> int:
        """How much source went in."""
        return sum(part.source_bytes for part in self.definitions)


def pack(
    definitions: Iterable[Definition],
    order: Sequence[str],
    limit: int,
    most: int,
    others: int = 1,
    later: Mapping[int, str] = MappingProxyType({}),
) -> list[Piece]:
    """At most `most` pieces of at most `limit` bytes, imports not counted; each imports earlier
    ones only.

    `order` lists the packages, those others depend on first. Code stays with its package as long
    as that takes no more than `most` files, or neighbours can be joined to that end; a bundle has
    `others` besides, main.py for one. What `later` lists, see `later.zones`, has files of its own,
    which stand before the last piece. Raises BundleError where it does not fit.
    """
    known = list(definitions)
    apart = [_apart(name, known, later, limit) for name in sorted({*later.values()})]
    definitions = [part for part in known if id(part.node) not in later]
    others += len(apart)
    most -= len(apart)
    groups: dict[str, list[list[Definition]]] = {name: [] for name in order}
    for cluster in _clusters(definitions, order):
        groups[min((part.module.package for part in cluster), key=order.index)].append(cluster)
    pieces = [piece for name in order for piece in _fill(name, groups[name], limit)]
    while len(pieces) > most and _merge_smallest(pieces, limit):
        pass
    if len(pieces) > most:
        *clusters, last = [cluster for name in order for cluster in groups[name]]
        pieces = [*_spread(clusters, limit), Piece(order[-1], last, _size(last))]
    if len(pieces) > most:
        raise BundleError(
            f"the bundle needs {len(pieces) + others} files of at most {limit} bytes, "
            f"but only {most + others} are allowed; switch something off in [profiles]"
        )
    pieces = [*pieces[:-1], *apart, *pieces[-1:]]
    _name_apart(pieces)
    return pieces


def seen_in(pieces: Iterable[Piece]) -> dict[Symbol, set[str]]:
    """The names of the pieces in which each symbol is defined, or used and therefore imported."""
    places: defaultdict[Symbol, set[str]] = defaultdict(set)
    for piece in pieces:
        for definition in piece.definitions:
            for symbol in (*definition.symbols, *(ref.symbol for ref in needs(definition.node))):
                places[symbol].add(piece.name)
    return places


def _apart(
    name: str, definitions: Iterable[Definition], later: Mapping[int, str], limit: int
) -> Piece:
    """The piece of what is loaded together when it is needed."""
    own = [part for part in definitions if later.get(id(part.node)) == name]
    order = sorted({part.module.package for part in own})
    piece = Piece(name, [part for cluster in _clusters(own, order) for part in cluster], later=True)
    piece.size = _size(own)
    if piece.size > limit:
        _refuse_larger(piece.definitions, piece.size, limit)
    return piece


def _name_apart(pieces: Sequence[Piece]) -> None:
    """A plugin may be called as a part of another one is."""
    names: set[str] = set()
    for piece in pieces:
        while piece.name in names:
            piece.name += "_more"
        names.add(piece.name)


def _refuse_larger(cluster: list[Definition], size: int, limit: int) -> None:
    first = cluster[0]
    names = ", ".join(name for part in cluster for name in part.names)
    raise BundleError(
        Finding(
            first.module.shown,
            first.node.lineno,
            f"{names} has {size} bytes, a file takes {limit}",
            "split it",
        )
    )


def _fill(name: str, clusters: list[list[Definition]], limit: int) -> list[Piece]:
    """As few pieces as possible, of about equal size."""
    sizes = [_size(cluster) for cluster in clusters]
    count = -(-sum(sizes) // limit)
    goal = sum(sizes) / max(count, 1)
    pieces: list[Piece] = []
    for cluster, size in zip(clusters, sizes, strict=True):
        if size > limit:
            _refuse_larger(cluster, size, limit)
        if not pieces or (pieces[-1].size + size / 2 > goal) or pieces[-1].size + size > limit:
            pieces.append(Piece(name))
        pieces[-1].definitions.extend(cluster)
        pieces[-1].size += size
    if len(pieces) > 1:
        for number, piece in enumerate(pieces, 1):
            piece.name = f"{name}_{number}"
    return pieces


def _spread(clusters: list[list[Definition]], limit: int) -> list[Piece]:
    """As few pieces as possible, whatever the packages.

    Filled from the last one, each with whatever only it and later ones need: the first, which a
    device compiles last, takes what is left. See `render`.
    """
    homes: dict[Symbol, int] = {}  # counted from the end: the first piece that needs the symbol
    pieces: list[Piece] = []
    for cluster in reversed(clusters):
        size = _size(cluster)
        first = max(
            (homes.get(symbol, 0) for part in cluster for symbol in part.symbols), default=0
        )
        rooms = (at for at in range(first, len(pieces)) if pieces[at].size + size <= limit)
        place = next(rooms, len(pieces))
        if place == len(pieces):
            pieces.append(Piece(""))
        pieces[place].definitions[:0] = cluster
        pieces[place].size += size
        for symbol in (ref.symbol for part in cluster for ref in needs(part.node)):
            homes[symbol] = max(homes.get(symbol, 0), place)
    pieces.reverse()
    for number, piece in enumerate(pieces, 1):
        piece.name = f"program_{number}"
    return pieces


def _size(definitions: Iterable[Definition]) -> int:
    return sum(len(part.text.encode()) for part in definitions)


def _merge_smallest(pieces: list[Piece], limit: int) -> bool:
    """Join the two neighbours that are smallest together; False where none fit together.

    The last one, which starts the program, stays by itself: its code is never garbage.
    """
    sizes = [first.size + second.size for first, second in pairwise(pieces[:-1])]
    if not sizes or min(sizes) > limit:
        return False
    at = sizes.index(min(sizes))
    first, second = pieces[at], pieces.pop(at + 1)
    first.name = f"{first.name}_and_more" if not first.name.endswith("_and_more") else first.name
    first.definitions.extend(second.definitions)
    first.size += second.size
    return True


def _clusters(definitions: Iterable[Definition], order: Sequence[str]) -> list[list[Definition]]:
    """Definitions that need each other together, each cluster after those it needs (Tarjan)."""
    known = sorted(definitions, key=lambda part: order.index(part.module.package))
    owner: dict[Symbol, Definition] = {name: part for part in known for name in part.symbols}
    search = _Search(owner)
    for definition in known:
        if id(definition) not in search.index:
            search.visit(definition)
    return search.clusters


class _Search:
    def __init__(self, owner: dict[Symbol, Definition]) -> None:
        self.index: dict[int, int] = {}
        self.clusters: list[list[Definition]] = []
        self._owner = owner
        self._lowest: dict[int, int] = {}
        self._stack: list[Definition] = []

    def visit(self, definition: Definition) -> None:
        key = id(definition)
        self.index[key] = self._lowest[key] = len(self.index)
        self._stack.append(definition)
        for ref in needs(definition.node):
            needed = self._owner.get(ref.symbol)
            if needed is None:
                continue
            if id(needed) not in self.index:
                self.visit(needed)
                self._lowest[key] = min(self._lowest[key], self._lowest[id(needed)])
            elif any(needed is waiting for waiting in self._stack):
                self._lowest[key] = min(self._lowest[key], self.index[id(needed)])
        if self._lowest[key] == self.index[key]:
            self._close(definition)

    def _close(self, definition: Definition) -> None:
        at = next(i for i, waiting in enumerate(self._stack) if waiting is definition)
        cluster = self._stack[at:]
        del self._stack[at:]
        cluster.sort(key=lambda part: (part.module.name, part.node.lineno))
        self.clusters.append(cluster)
