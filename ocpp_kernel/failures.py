"""Names the plugin, and the line, of whatever fails inside of it.

Handlers and hooks are called by portable code, which reports that something raised; here each gets
the name of its plugin, so that the report tells whose fault it is. CPython only: on a device a
plugin's code cannot be told from the rest.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any

from ocpp_kernel.errors import Ignored, OcppError

_KERNEL = str(Path(__file__).parent)

#: Takes a level and a text.
Log = Callable[[str, str], None]
#: What is wrong with an answer; "" if nothing is.
Check = Callable[[Any], str]


class PluginFailure(Exception):
    """A plugin raised, or answered nonsense; the text names it, the fault and the line."""

    def __init__(self, plugin: str, error: BaseException | str) -> None:
        super().__init__(
            f"plugin {plugin}: {error if isinstance(error, str) else described(error)}"
        )

    def __repr__(self) -> str:
        return str(self)


def described(error: BaseException) -> str:
    """An exception with its text and the plugin's line it comes from."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{type(error).__name__}: {error.msg} ({error.filename}:{error.lineno})"
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{text} {origin(error)}".rstrip()


def origin(error: BaseException) -> str:
    """``(file:line)`` of the plugin's line an exception comes from, "" where there is none."""
    every = traceback.extract_tb(error.__traceback__)
    # What the kernel raises is about the line that called it; what is frozen has no file.
    frames = [frame for frame in every if not frame.filename.startswith((_KERNEL, "<frozen"))]
    return f"({frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def place(thing: Any) -> str:
    """``(file:line)`` of a class or function, "" where it cannot be told."""
    try:
        thing = inspect.unwrap(thing) if callable(thing) else thing
        file, (_, line) = inspect.getsourcefile(thing), inspect.getsourcelines(thing)
    except (OSError, TypeError, ValueError):
        return ""
    return f"({file}:{line})"


def named(
    plugin: str, function: Callable[..., Any], check: Check | None = None
) -> Callable[..., Any]:
    """The function, whose exceptions become :class:`PluginFailure`.

    So does an answer that ``check`` objects to. Refusals (:class:`~ocpp_kernel.errors.OcppError`,
    Ignored) are no failures and pass.
    """

    def fit(answer: Any) -> Any:
        fault = check(answer) if check is not None else ""
        if fault:
            raise PluginFailure(plugin, f"{fault} {place(function)}".rstrip())
        return answer

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*arguments: Any) -> Any:
            try:
                return fit(await function(*arguments))
            except (OcppError, Ignored, PluginFailure):
                raise
            except Exception as error:
                raise PluginFailure(plugin, error) from error

        return awaited

    @wraps(function)
    def called(*arguments: Any) -> Any:
        try:
            return fit(function(*arguments))
        except (OcppError, Ignored, PluginFailure):
            raise
        except Exception as error:
            raise PluginFailure(plugin, error) from error

    return called


class Locating:
    """A log whose reports of an exception name the plugin and the line it comes from.

    Timers and callbacks belong to no plugin by themselves: whoever reports that one raised does so
    while the exception is handled. ``modules`` are the names of modules or packages, by plugin.
    """

    def __init__(self, log: Log, modules: Mapping[str, str]) -> None:
        self._log = log
        self._modules = modules
        #: The handlers by action, for reports of what they answered.
        self.routes: Mapping[str, Callable[..., Any]] = {}

    def __call__(self, level: str, text: str) -> None:
        """Takes a line."""
        error = sys.exception()
        if error is not None and not isinstance(error, PluginFailure):
            text = self._located(text, error)
        self._log(level, text)

    def _located(self, text: str, error: BaseException) -> str:
        owner = _owner(error.__traceback__, self._modules)
        if owner:
            return text.replace(repr(error), f"plugin {owner}: {described(error)}")
        _, found, rest = text.partition("handler of ")
        handler = self.routes.get(rest.partition(" ")[0]) if found else None
        return text if handler is None else f"{text} {place(handler)}".rstrip()


def _owner(trace: TracebackType | None, modules: Mapping[str, str]) -> str:
    """The plugin whose code an exception comes from; the innermost, "" for none."""
    owner = ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        for plugin, name in modules.items():
            if module == name or module.startswith(f"{name}."):
                owner = plugin
        trace = trace.tb_next
    return owner
