"""``ocpp-kernel transactions``: what a central system has stored, also while it runs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from ocpp_kernel import timestamps
from ocpp_kernel.cli.console import output, plain, table
from ocpp_kernel.cli.options import config_option, configuration
from ocpp_kernel.config import plugin_settings

from .central_system import Settings
from .database import reading

#: The book in which the profile that owns transactions keeps them.
BOOK: Final = "core_profile.transactions"
#: Columns, and the fields they show.
COLUMNS: Final = {
    "#id": "id",
    "station": "identity",
    "#connector": "connector_id",
    "idTag": "id_tag",
    "status": "id_tag_status",
    "started": "started_at",
    "stopped": "stopped_at",
    "#meterStart": "meter_start",
    "#meterStop": "meter_stop",
    "#Wh": "energy",
    "reason": "reason",
}


@click.command(short_help="List the transactions a central system has stored.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, for a spreadsheet.")
@config_option
def transactions(as_csv: bool, config_path: Path | None) -> None:
    """List the transactions in the database of [central_system.central_store].

    Times are UTC, energy is in Wh. A central system may run meanwhile.
    """
    settings = plugin_settings(
        configuration(config_path), "central_system", "central_store", Settings
    )
    if not settings.file:
        raise click.UsageError(
            "no database is configured; give --config FILE with file in "
            "[central_system.central_store]"
        )
    rows = sorted(_rows(Path(settings.file)), key=lambda row: int(row[0]))
    names = [name.lstrip("#") for name in COLUMNS]
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([names, *rows])
        return
    shown = table("", *COLUMNS)
    for row in rows:
        shown.add_row(*map(plain, row))
    output().print(shown)


def _rows(path: Path) -> Iterator[list[str]]:
    with reading(path) as database:
        for _, content in database.documents(BOOK):
            document = msgspec.json.decode(content)
            if document["meter_stop"] is not None:
                document["energy"] = document["meter_stop"] - document["meter_start"]
            yield [_shown(field, document.get(field)) for field in COLUMNS.values()]


def _shown(field: str, value: Any) -> str:
    if value is None:
        return ""
    return timestamps.format(value) if field.endswith("_at") else str(value)
