"""Every rule of the dialect gate: what a device cannot run, why, and what to write instead.

`check` and the lowering passes refuse by code. Problem and remedy come from here unless a word list
in `dialect` has better ones. `docs/device-dialect.md` is made from this table.
"""

from __future__ import annotations

from device_bundle.rules_meaning import LAYOUT, LOWERING, MEANINGS
from device_bundle.rules_missing import GRAMMAR, METHODS, NAMES

#: Groups of rules by the first digit of their codes.
GROUPS = {
    "1": "Grammar the compiler of a device refuses",
    "2": "Modules and names that are not there",
    "3": "Methods and arguments that are not there",
    "4": "What means something else on a device",
    "5": "How a plugin is laid out",
    "6": "What the bundler cannot rewrite",
}

RULES = {rule.code: rule for rule in (*GRAMMAR, *NAMES, *METHODS, *MEANINGS, *LAYOUT, *LOWERING)}
