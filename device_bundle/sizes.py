"""The size table: what the user of the bundler sees last."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from device_bundle.bundler import BundleResult
from device_bundle.targets import LIMITS

#: Quectel's OCPP library, message classes without behaviour: bytes of .py, of .mpy, of heap.
QUECTEL = (158_306, 56_487, 123_552)


def print_sizes(result: BundleResult, console: Console | None = None) -> None:
    """Print every file with its sizes, the totals, and the limits they are held against."""
    table = Table(
        title=f"bundle for {result.target.name}: {', '.join(result.plugins) or 'no plugin'}"
    )
    table.add_column("file")
    for column in ("source", ".py", ".mpy", "heap at import"):
        table.add_column(column, justify="right")
    for file in result.files:
        table.add_row(
            file.name,
            _number(file.source_bytes),
            _number(len(file.text)),
            _number(len(file.compiled)),
            _number(file.heap or 0),
        )
    table.add_section()
    source = sum(file.source_bytes for file in result.files)
    heap = sum(file.heap or 0 for file in result.files)
    totals = (source, result.total, result.total_compiled, heap)
    table.add_row(f"{len(result.files)} files", *map(_number, totals), style="bold")
    largest = max(len(file.text) for file in result.files)
    table.add_row(f"limit {LIMITS.files} files", "", _number(LIMITS.total_bytes))
    table.add_row("largest file", "", f"{_number(largest)} of {_number(LIMITS.file_bytes)}")
    table.add_row("Quectel's library", "", *(_number(size) for size in QUECTEL), style="dim")
    (console or Console()).print(table)


def _number(size: int) -> str:
    return f"{size:,}" if size else ""
