"""What a driver of hardware offers, from the protocols that type it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from generate.markdown import code, documentation, table
from generate.source import attributes, signature
from ocpp_kernel.driver import Driver, Installer, Witness


def text() -> str:
    """A section for each protocol."""
    return "\n".join(_section(cls) for cls in (Driver, Installer, Witness))


def _section(cls: type) -> str:
    facts = [[code(f"{a.name}: {a.kind}"), a.meaning] for a in attributes(cls)]
    return f"## {cls.__name__}\n\n{documentation(cls)}\n\n" + "\n".join(
        [
            table(["attribute", "meaning"], facts) if facts else "",
            table(["method", "meaning"], _methods(cls)),
        ]
    )


def _methods(cls: type) -> Iterator[list[str]]:
    own: list[Any] = [value for value in vars(cls).values() if inspect.isfunction(value)]
    for method in own:
        if not method.__name__.startswith("_"):
            yield [code(signature(method)), documentation(method)]
