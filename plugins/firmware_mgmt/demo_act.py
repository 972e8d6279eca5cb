"""An act of ``ocpp-kernel demo``: the charge point tells of itself, and becomes another release.

Both go through the central system's own HTTP endpoint; on the module they are what they would be on
a real one: an upload and a download in its main loop, then the firmware's updater and a restart.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

from rich.table import Table

from ocpp_kernel import timestamps
from ocpp_kernel.central import Central
from ocpp_kernel.cli.acts import Stage
from ocpp_kernel.cli.console import plain, table

from .central_system import NAME

#: What the charge point is, and what it is updated to.
FIRST = "1.0.0"
VERSION = "1.1.0"
#: The image, as the bundler names it.
IMAGE = "usr.tar.gz"
#: Lines shown of what the charge point noted.
_LINES = 8
#: What is told of an update that succeeds.
_STATUSES = ("Downloading", "Downloaded", "Installing", "Installed")
#: Where nothing more will come.
_ENDS = ("Installed", "DownloadFailed", "InstallationFailed")


class Act:
    """Plays it with the one station of a central system; see :class:`ocpp_kernel.cli.acts.Act`."""

    name = "update"
    help = "Then fetch its diagnostics, and update it to another release."

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        self._central: Central
        self._firmware: Any = None

    def edit_central(self, text: str) -> str:
        """Its HTTP endpoint serves and receives files below the folder."""
        settings = f"folder = {json.dumps(str(self._folder))}\nhttp_port = 0"
        return re.sub(r'(?m)^folder = "".*$', lambda found: settings, text)

    def edit_station(self, text: str) -> str:
        """It is the first release."""
        return released(text, FIRST)

    async def begin(self, central: Central) -> None:
        """Waits until files are served."""
        self._central = central
        self._firmware = central.shared[NAME]
        await self._firmware.listening.wait()

    async def play(self) -> None:
        """Both, one after the other; raises Failed."""
        (station,) = self._central.stations.values()
        await self._fetch_diagnostics(station)
        await self._install(station)

    async def close(self) -> None:
        """Ends the endpoint."""
        if self._firmware is not None:
            await self._firmware.close()

    async def _fetch_diagnostics(self, station: Any) -> None:
        title = "the central system asks for diagnostics"
        self._stage.headline(title)
        await self._firmware.diagnostics(station)
        record = self._firmware.record(station.identity).diagnostics
        await self._stage.wait_until(
            title, lambda: record.status == "Uploaded", "they did not come"
        )
        text = await asyncio.to_thread(record.file.read_text, encoding="utf-8")
        lines = text.splitlines()
        size = record.file.stat().st_size
        self._stage.show(
            f"{record.file.name} arrived, {size:,} bytes in {len(lines)} lines; it ends:"
        )
        for line in lines[-_LINES:]:
            self._stage.show(f"  {plain(line)}")

    async def _install(self, station: Any) -> None:
        title = f"the charge point is updated to {VERSION}"
        self._stage.headline(f"release {VERSION} of the charge point is bundled")
        out = self._folder / "firmware" / VERSION
        await self._stage.bundle(out, lambda text: released(text, VERSION))
        self._stage.headline(title)
        image = out / IMAGE
        self._stage.show(f"{VERSION}/{IMAGE}, {image.stat().st_size:,} bytes, waits to be fetched")
        await self._firmware.update(station, f"{VERSION}/{IMAGE}")
        record = self._firmware.record(station.identity).firmware
        await self._stage.wait_until(
            title, lambda: record.status in _ENDS, "it told no end", steps=len(_STATUSES)
        )
        if record.status != "Installed":
            raise self._stage.fail(title, f"the charge point tells {record.status}")
        self._stage.show(_told(record))


def _told(record: Any) -> Table:
    made = table("Update", "time", "status")
    for at, status in record.history:
        made.add_row(timestamps.format(at), status)
    return made


def released(text: str, version: str) -> str:
    """The configuration of another release, as text: the emulated module runs no compiled form."""
    text = re.sub(r'(?m)^((?:firmware_)?version) = ".*"$', rf'\1 = "{version}"', text)
    return re.sub(r"(?m)^\[bundle\]$", '[bundle]\nimage = "py"', text)
