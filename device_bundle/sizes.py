"""The size tables: what the user of the bundler sees last."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from device_bundle.budgets import Figures, Release, last_release
from device_bundle.bundler import BundleResult
from device_bundle.shares import BLOCK, RESERVED, blocks

#: Quectel's OCPP library, message classes without behaviour: bytes of .py, of .mpy, of heap.
QUECTEL = Figures(158_306, 56_487, 123_552)


def print_sizes(result: BundleResult, console: Console | None = None) -> None:
    """Print every file and plugin with its sizes, the totals, and what they are held against."""
    console = console or Console()
    console.print(_files(result))
    console.print(_plugins(result, last_release()))
    if any(file.later for file in result.files):
        console.print("* loaded when needed; its heap is not part of the sum")
    for note in result.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=True)


def _files(result: BundleResult) -> Table:
    limits = result.limits
    table = _table(f"bundle for {result.target.name}", "file", "source", ".py", ".mpy", "heap")
    for file in result.files:
        sizes = (file.source_bytes, len(file.text), len(file.compiled), file.heap or 0)
        table.add_row(f"{file.name} *" if file.later else file.name, *map(_number, sizes))
    table.add_section()
    source = sum(file.source_bytes for file in result.files)
    total = _total(result)
    table.add_row(f"{len(result.files)} files", *map(_number, (source, *total)), style="bold")
    table.add_row(f"limit {limits.files} files", "", _number(limits.total_bytes))
    largest = max(len(file.text) for file in result.files if file.name.endswith(".py"))
    table.add_row("largest file", "", f"{_number(largest)} of {_number(limits.file_bytes)}")
    table.add_row(f"flash, .{result.form}", "", _flash(result))
    return table


def _flash(result: BundleResult) -> str:
    """Blocks the files take; of how many, where the module's flash is known."""
    needed = blocks(len(content) for content in result.in_form(result.form).values())
    room = f" of {(result.flash // BLOCK - RESERVED) // 2}" if result.flash else ""
    return f"{needed}{room} blocks"


def _plugins(result: BundleResult, release: Release) -> Table:
    title = f"by plugin, and the difference to release {release.version}"
    table = _table(title, "plugin", ".py", "±", ".mpy", "±", "heap", "±")
    for share in result.shares:
        now = Figures(share.python, share.compiled, share.heap)
        table.add_row(share.package, *_compared(now, release.packages.get(share.package)))
    table.add_section()
    alike = set(result.plugins) == set(release.plugins)
    total = _total(result)
    table.add_row("all of it", *_compared(total, release.total if alike else None), style="bold")
    row = _compared(QUECTEL, None)
    table.add_row("Quectel's library", *row, style="dim")
    return table


def _total(result: BundleResult) -> Figures:
    return Figures(result.total, result.total_compiled, result.heap)


def _compared(now: Figures, before: Figures | None) -> Iterable[str]:
    """Each figure and its difference to the earlier one, where there is one."""
    for index, size in enumerate(now):
        yield _number(size)
        yield f"{size - before[index]:+,}" if before is not None and size else ""


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right", style="dim" if column == "±" else "")
    return table


def _number(size: int) -> str:
    return f"{size:,}" if size else ""
