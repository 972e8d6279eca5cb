"""Names the plugin, and the line, of whatever fails inside of it.

Handlers and hooks are called by portable code, which reports that something raised; here each gets
the name of its plugin, so that the report tells whose fault it is. CPython only: on a device a
plugin's code cannot be told from the rest.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from ocpp_kernel.errors import Ignored, OcppError

_KERNEL = str(Path(__file__).parent)


class PluginFailure(Exception):
    """A plugin raised; the text names it, the exception and the line."""

    def __init__(self, plugin: str, error: BaseException) -> None:
        super().__init__(f"plugin {plugin}: {described(error)}")

    def __repr__(self) -> str:
        return str(self)


def described(error: BaseException) -> str:
    """An exception with its text and the plugin's line it comes from."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{type(error).__name__}: {error.msg} ({error.filename}:{error.lineno})"
    every = traceback.extract_tb(error.__traceback__)
    # What the kernel raises is about the line that called it.
    frames = [frame for frame in every if not frame.filename.startswith(_KERNEL)] or every
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return text + where


def place(thing: Any) -> str:
    """``(file:line)`` of a class or function, "" where it cannot be told."""
    try:
        file, (_, line) = inspect.getsourcefile(thing), inspect.getsourcelines(thing)
    except (OSError, TypeError):
        return ""
    return f"({file}:{line})"


def named(plugin: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose exceptions become :class:`PluginFailure`.

    Refusals (:class:`~ocpp_kernel.errors.OcppError`, Ignored) are no failures and pass.
    """
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*arguments: Any) -> Any:
            try:
                return await function(*arguments)
            except (OcppError, Ignored, PluginFailure):
                raise
            except Exception as error:
                raise PluginFailure(plugin, error) from error

        return awaited

    @wraps(function)
    def called(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except (OcppError, Ignored, PluginFailure):
            raise
        except Exception as error:
            raise PluginFailure(plugin, error) from error

    return called


def named_within(plugin: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """As :func:`named`; so are the functions in what it returns, such as handlers of vendors."""
    guarded = named(plugin, function)

    @wraps(function)
    def called(*arguments: Any) -> Any:
        return _within(plugin, guarded(*arguments))

    return called


def _within(plugin: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_within(plugin, item) for item in value]
    if isinstance(value, dict):
        return {name: _within(plugin, item) for name, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_within(plugin, item) for item in value])
    return named(plugin, value) if callable(value) and not isinstance(value, type) else value
