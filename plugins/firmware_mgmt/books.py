"""What a central system remembers of updates and diagnostics, and how it outlives it."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from .messages import DiagnosticsStatus, FirmwareStatus

#: Statuses remembered per station.
HISTORY: Final = 32
#: Where records outlive the central system, by identity.
BOOK: Final = "firmware_mgmt.stations"


@dataclass
class Firmware:
    """A station's last update; times are seconds since 1970 UTC."""

    #: What it was last asked to fetch, "" for nothing that is known here.
    location: str = ""
    requested_at: int = 0
    #: As last told, None if never.
    status: FirmwareStatus | None = None
    since: int = 0
    #: Every status told and when, the latest last.
    history: deque[tuple[int, FirmwareStatus]] = field(
        default_factory=lambda: deque(maxlen=HISTORY)
    )


@dataclass
class Diagnostics:
    """A station's last diagnostics; times are seconds since 1970 UTC."""

    location: str = ""
    requested_at: int = 0
    #: The name it gave, None where it had nothing to send (FW-013).
    file_name: str | None = None
    status: DiagnosticsStatus | None = None
    since: int = 0
    #: Where what it sent is stored, None until it has arrived at the endpoint.
    file: Path | None = None


@dataclass
class Record:
    """What is known of a station."""

    firmware: Firmware = field(default_factory=Firmware)
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    #: Whether the operator was told where it may upload.
    invited: bool = False


def document_of(record: Record) -> dict[str, Any]:
    """A record as it is stored."""
    firmware, diagnostics = asdict(record.firmware), asdict(record.diagnostics)
    file = record.diagnostics.file
    return {
        "firmware": {**firmware, "history": list(record.firmware.history)},
        "diagnostics": {**diagnostics, "file": None if file is None else str(file)},
    }


def record_of(document: dict[str, Any]) -> Record:
    """The record that was stored so."""
    firmware, diagnostics = document["firmware"], document["diagnostics"]
    history = deque(map(tuple, firmware.pop("history")), maxlen=HISTORY)
    file = diagnostics.pop("file")
    return Record(
        Firmware(**firmware, history=history),
        Diagnostics(**diagnostics, file=None if file is None else Path(file)),
    )
