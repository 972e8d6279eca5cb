"""Decisions that may be there at once or later, as those of an application that asks a database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def when(value: T | Awaitable[T], then: Callable[[T], R]) -> R | Awaitable[R]:
    """``then`` of the value: now if it is there, else once it is."""
    # A dictionary is the usual value, and is told much faster than that something is awaitable.
    if type(value) is dict or not isinstance(value, Awaitable):
        return then(value)

    async def later(awaited: Awaitable[T]) -> R:
        return then(await awaited)

    return later(value)
