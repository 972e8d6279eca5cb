"""Makes the program smaller without changing what it does."""

from __future__ import annotations

from typing import NamedTuple

from device_bundle.copies import fold_copies
from device_bundle.flatten import flatten
from device_bundle.inline import inline
from device_bundle.literals import fold_literals
from device_bundle.parameters import fix_parameters
from device_bundle.quiet import drop_logs, merge_codes, shorten_texts
from device_bundle.small import inline_short
from device_bundle.sources import Program
from device_bundle.told import call_texts
from device_bundle.unused import Reach

#: A round that replaces fewer values than this is the last: another costs more than it finds.
_CRUMBS = 16


class Wishes(NamedTuple):
    """What `[bundle]` in ocpp.toml says of the program's texts."""

    log: str = "debug"
    texts: str = "full"
    readable: bool = False
    """Whether every function stays where it is."""


def optimise(program: Program, reach: Reach, firmware: set[str], wishes: Wishes) -> Reach:
    """Rewrite what was reached; returns what is still reached then.

    `firmware` are the attributes that firmware objects may have.
    """
    drop_logs(reach.definitions, wishes.log, firmware)
    if wishes.texts == "short":
        shorten_texts(reach.definitions)
    if wishes.texts != "full":
        merge_codes(reach.definitions)
    if wishes.texts == "file":
        call_texts(reach.definitions)
        reach = reach.again()
    fold_literals(reach.definitions, firmware)
    if wishes.readable:
        return reach.again()
    flatten(program, reach.definitions, firmware)
    return _fixed(program, reach.again(), firmware)


def _fixed(program: Program, reach: Reach, firmware: set[str]) -> Reach:
    """Settle what has one value, and inline, until nothing changes any more."""
    while True:
        reach = _settled(program, reach, firmware)
        moved = inline(program, reach.definitions, firmware)
        reach = reach.again()
        moved += inline_short(program, reach.definitions, firmware)
        reach = reach.again()
        if not moved:
            return reach


def _settled(program: Program, reach: Reach, firmware: set[str]) -> Reach:
    """Replace what has one value by that value, as long as that leaves many others with one."""
    while True:
        moved = fix_parameters(program, reach.definitions, firmware)
        moved += fold_copies(reach.definitions)
        moved += fold_literals(reach.definitions, firmware)
        reach = reach.again()
        if moved < _CRUMBS:
            return reach
