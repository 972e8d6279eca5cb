"""What the demo shows at its end: transactions, and the bundle's sizes beside another's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table

from ocpp_kernel import timestamps
from ocpp_kernel.cli.console import table

#: Quectel's OCPP library (message classes, no behaviour) in bytes: source, compiled, and heap
#: after it is imported by the same 64-bit interpreter.
QUECTEL = (158_306, 56_487, 123_552)


def transactions(records: Iterable[Any]) -> Table:
    """A line for each transaction as the central system recorded it."""
    made = table("Transaction", "#id", "#connector", "tag", "start", "stop", "#Wh", "reason")
    for record in records:
        made.add_row(
            str(record.id),
            str(record.connector_id),
            record.id_tag,
            _time(record.started_at),
            _time(record.stopped_at),
            _number(record.energy),
            record.reason or "",
        )
    return made


def sizes(bundle: Any, heap: int | None) -> Table:
    """Every file of a bundle with its bytes, and the heap it takes, if that was measured."""
    made = table("Size in bytes", "file", "#.py", "#.mpy", "#heap after boot")
    for file in bundle.files:
        made.add_row(file.name, _number(len(file.text)), _number(len(file.compiled)))
    made.add_section()
    made.add_row(
        "this charge point, with behaviour and simulated car",
        _number(bundle.total),
        _number(bundle.total_compiled),
        _number(heap),
        style="bold",
    )
    made.add_row("Quectel's OCPP library, message classes only", *map(_number, QUECTEL))
    return made


def _time(epoch: int | None) -> str:
    return "" if epoch is None else timestamps.format(epoch)


def _number(value: int | None) -> str:
    return f"{value:,}" if value else ""
