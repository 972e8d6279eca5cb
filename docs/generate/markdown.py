"""Markdown as the generated parts write it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any

_ROLE = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)`")


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown already."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def code(text: str) -> str:
    """Text as it stands in source code."""
    return f"`{text}`" if text else ""


def block(language: str, text: str) -> str:
    """A fenced block."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def prose(text: str | None) -> str:
    """A docstring: its roles such as ``:meth:`call``` become plain code."""
    return _ROLE.sub(r"`\1`", inspect.cleandoc(text or "")).replace("``", "`")


def documentation(item: Any) -> str:
    """What an object's own docstring says; "" for none, or one that is inherited."""
    return prose(item.__dict__.get("__doc__") if isinstance(item, type) else item.__doc__)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
