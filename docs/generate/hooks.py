"""Every hook: its signature, whose it is, how answers combine, and what it means."""

from __future__ import annotations

from typing import Any

from generate.markdown import block, documentation
from generate.source import signature
from ocpp_kernel.hooks import Hooks
from ocpp_kernel.hookspecs import SPECIFICATIONS
from ocpp_kernel.role_faults import PREFIX


def text() -> str:
    """A section for each hook, by name."""
    roles: dict[str, list[str]] = {}
    for role, specification in SPECIFICATIONS.items():
        for name in dir(specification):
            if name.startswith(PREFIX):
                roles.setdefault(name, []).append(role)
    return "\n".join(_section(name, roles[name]) for name in sorted(roles))


def _section(name: str, roles: list[str]) -> str:
    declared: Any = getattr(SPECIFICATIONS[roles[0]], name)
    rule, _, asked = documentation(declared).partition(": ")
    combined = documentation(getattr(Hooks, name.removeprefix(PREFIX)))
    who = " and ".join(role.replace("_", " ") for role in roles)
    return (
        f"## {name}\n\n{block('text', signature(declared))}\n"
        f"{asked[:1].upper()}{asked[1:]}\n\n"
        f"- At the {who}.\n- Combination: **{rule}**.\n\n"
        f"What all of them come to: {combined[:1].lower()}{combined[1:]}\n"
    )
