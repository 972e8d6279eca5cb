"""One rule of the dialect gate."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule; `example` breaks it and `instead` does the same within the dialect."""

    code: str
    title: str
    remedy: str
    example: str
    instead: str
    #: Whether the code may be right all the same: it is told, and bundled.
    warns: bool = False
