"""The commands of the simulated hardware's console."""

from __future__ import annotations

from ocpp_plugins.simulated_ev.console import ERROR_CODES, REASONS, USAGE

from generate.markdown import code


def text() -> str:
    """A list of them, and of the words they take."""
    commands = "\n".join(f"- {code(usage)}" for usage in USAGE.split(", "))
    return (
        f"{commands}\n\n`REASON` is one of {_listed(REASONS)}; "
        f"`ERRORCODE` one of {_listed(ERROR_CODES)}.\n"
    )


def _listed(words: str) -> str:
    return ", ".join(map(code, words.split()))
