"""The second act of the demo: the charge point tells of itself, and becomes another release.

Both go through the central system's own HTTP endpoint; on the module they are what they would be on
a real one: an upload and a download in its main loop, then the firmware's updater and a restart.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from rich.table import Table

from ocpp_kernel import timestamps
from ocpp_kernel.central import Central
from ocpp_kernel.cli.console import plain, table

#: What the charge point is updated to; the example's own release is older.
VERSION = "1.1.0"
#: The image, as the bundler names it.
IMAGE = "usr.tar.gz"
#: The name under which the plugin that does all this is found.
_PLUGIN = "firmware_mgmt"
#: Lines shown of what the charge point noted.
_LINES = 8
#: What is told of an update that succeeds.
_STATUSES = ("Downloading", "Downloaded", "Installing", "Installed")
#: Where nothing more will come.
_ENDS = ("Installed", "DownloadFailed", "InstallationFailed")


class Act(Protocol):
    """What the demo lends to an act."""

    def headline(self, title: str) -> None:
        """Says what happens next."""

    def show(self, what: str | Table) -> None:
        """Says what came of it."""

    def wait_until(
        self, title: str, is_reached: Callable[[], bool], why: str, steps: int = 1
    ) -> Awaitable[None]:
        """Waits; raises Failed, which says why, if it takes longer than so many steps may."""

    def fail(self, title: str, why: str) -> Exception:
        """The error to raise."""

    def bundle(self, version: str, out: Path) -> Awaitable[Any]:
        """Bundles the charge point as that release."""


class Update:
    """Plays it with the one station of a central system whose files are below ``folder``."""

    def __init__(self, act: Act, central: Central, folder: Path) -> None:
        self._act = act
        self._central = central
        self._folder = folder
        self._firmware = central.shared[_PLUGIN]

    async def play(self) -> None:
        """Both, one after the other; raises Failed."""
        (station,) = self._central.stations.values()
        await self._fetch_diagnostics(station)
        await self._install(station)

    async def close(self) -> None:
        """Ends the endpoint."""
        await self._firmware.close()

    async def ready(self) -> None:
        """Waits until files are served."""
        await self._firmware.listening.wait()

    async def _fetch_diagnostics(self, station: Any) -> None:
        title = "the central system asks for diagnostics"
        self._act.headline(title)
        await self._firmware.diagnostics(station)
        record = self._firmware.record(station.identity).diagnostics
        await self._act.wait_until(title, lambda: record.status == "Uploaded", "they did not come")
        text = await asyncio.to_thread(record.file.read_text, encoding="utf-8")
        lines = text.splitlines()
        size = record.file.stat().st_size
        self._act.show(
            f"{record.file.name} arrived, {size:,} bytes in {len(lines)} lines; it ends:"
        )
        for line in lines[-_LINES:]:
            self._act.show(f"  {plain(line)}")

    async def _install(self, station: Any) -> None:
        title = f"the charge point is updated to {VERSION}"
        self._act.headline(f"release {VERSION} of the charge point is bundled")
        out = self._folder / "firmware" / VERSION
        await self._act.bundle(VERSION, out)
        self._act.headline(title)
        image = out / IMAGE
        self._act.show(f"{VERSION}/{IMAGE}, {image.stat().st_size:,} bytes, waits to be fetched")
        await self._firmware.update(station, f"{VERSION}/{IMAGE}")
        record = self._firmware.record(station.identity).firmware
        await self._act.wait_until(
            title, lambda: record.status in _ENDS, "it told no end", steps=len(_STATUSES)
        )
        if record.status != "Installed":
            raise self._act.fail(title, f"the charge point tells {record.status}")
        self._act.show(_told(record))


def _told(record: Any) -> Table:
    made = table("Update", "time", "status")
    for at, status in record.history:
        made.add_row(timestamps.format(at), status)
    return made


def with_endpoint(text: str, folder: Path) -> str:
    """A configuration whose central system serves and receives files below a folder."""
    settings = f"folder = {json.dumps(str(folder))}\nhttp_port = 0"
    return re.sub(r'(?m)^folder = "".*$', lambda found: settings, text)


def released(text: str, version: str) -> str:
    """The configuration of another release, as text: the emulated module runs no compiled form."""
    text = re.sub(r'(?m)^((?:firmware_)?version) = ".*"$', rf'\1 = "{version}"', text)
    return re.sub(r"(?m)^\[bundle\]$", '[bundle]\nimage = "py"', text)
