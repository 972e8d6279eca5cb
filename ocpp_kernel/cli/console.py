"""How the command line writes: results to standard output, everything about them to the other."""

from __future__ import annotations

import os
import sys
from typing import IO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Columns where the output is no terminal: nothing is cut off for a reader that scrolls.
_WIDE = 1000

_COLOURS = {"debug": "dim", "info": "", "warning": "yellow", "error": "red"}


class _Console(Console):
    """Goes on in silence where nobody reads any more; Rich would end the program there."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, self.file.fileno())
        os.close(silence)


def output() -> Console:
    """Standard output, for results."""
    return _console(sys.stdout)


def notes() -> Console:
    """Standard error, for progress, warnings and errors."""
    return _console(sys.stderr)


def _console(stream: IO[str]) -> Console:
    width = None if stream.isatty() else _WIDE
    return _Console(file=stream, width=width, highlight=False, soft_wrap=width is not None)


def table(title: str, *columns: str) -> Table:
    """An empty table; a column whose name begins with ``#`` is aligned to the right."""
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in columns:
        right = column.startswith("#")
        made.add_column(column.lstrip("#"), justify="right" if right else "left", overflow="fold")
    return made


def note(level: str, text: str) -> None:
    """A line about what happens, in the colour of its level; ``debug`` is not shown."""
    if level != "debug":
        prefix = f"{level}: " if level in {"warning", "error"} else ""
        notes().print(Text(prefix + plain(text), style=_COLOURS.get(level, "")), soft_wrap=True)


def plain(text: str) -> str:
    """The text with whatever could act on a terminal made visible."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
