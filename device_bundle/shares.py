"""What each plugin contributes to a bundle, and whether the whole fits a module's flash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from device_bundle.findings import BundleError
from device_bundle.pack import Piece
from device_bundle.roles import Role

BLOCK = 4096
#: Blocks that are not the app's: state and log (12), the file system itself (8).
RESERVED = 20


@dataclass
class Share:
    """Bytes of a bundle that come from one package; imports and tables are nobody's."""

    package: str
    python: int = 0
    compiled: int = 0
    heap: int = 0


def shares(pieces: Iterable[Piece], compiled: dict[str, int], heap: dict[str, int]) -> list[Share]:
    """By package, in the order they are emitted.

    `compiled` and `heap` are bytes by module; a package has of them what it has of the text.
    """
    found: dict[str, Share] = {}
    for piece in pieces:
        whole = sum(len(part.text.encode()) for part in piece.definitions)
        sizes: dict[str, int] = {}
        for part in piece.definitions:
            package = part.module.package
            sizes[package] = sizes.get(package, 0) + len(part.text.encode())
        for package, size in sizes.items():
            share = found.setdefault(package, Share(package))
            share.python += size
            share.compiled += compiled.get(piece.name, 0) * size // (whole or 1)
            share.heap += heap.get(piece.name, 0) * size // (whole or 1)
    return list(found.values())


def blocks(sizes: Iterable[int]) -> int:
    """Flash blocks that files of these sizes take; every file has at least one."""
    return sum(max(1, -(-size // BLOCK)) for size in sizes)


def refuse_what_does_not_fit(
    flash: int, sizes: Sequence[int], found: Sequence[Share], roles: Sequence[Role], form: str
) -> None:
    """Raises BundleError where the files are too large for `flash` bytes of /usr.

    An update over the air holds old and new app at once, so each may take half of what state and
    file system leave. 0 stands for a flash that is not known.
    """
    total = flash // BLOCK
    room = (total - RESERVED) // 2
    needed = blocks(sizes)
    if not flash or needed <= room:
        return
    savings = _savings(found, roles, form)
    raise BundleError(
        f"the bundle takes {needed} blocks of {BLOCK} bytes ({sum(sizes)} bytes in {len(sizes)} "
        f"files), and twice that during an update; of the {total} blocks of /usr {RESERVED} are "
        f"for state and file system, so {max(room, 0)} are left for it: "
        f"{(needed - max(room, 0)) * BLOCK} bytes too many",
        f"switching off in [profiles] would save: {savings or 'nothing, all plugins are needed'}",
    )


def _savings(found: Iterable[Share], roles: Sequence[Role], form: str) -> str:
    """Plugins no other one needs, those that save most first."""
    required = {need for role in roles for need in role.requires}
    free = {role.plugin for role in roles if not required & {role.plugin, *role.hooks}}
    sizes = {
        share.package: share.python if form == "py" else share.compiled
        for share in found
        if share.package in free
    }
    order = sorted(sizes, key=lambda name: (-sizes[name], name))
    return ", ".join(f"{name} {sizes[name]} bytes" for name in order)
