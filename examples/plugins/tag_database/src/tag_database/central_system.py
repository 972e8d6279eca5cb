"""Answers what is known of idTags from a database.

The database is asked for every tag, in a thread. A cache that is refreshed now and then would
answer sooner, but a tag blocked a minute ago would go on charging; a query in the event loop would
keep every station waiting while an operator writes. So ``look_up`` of the profile that owns
transactions, which may be ``async``, is replaced. What was found last is kept for one purpose: a
database that fails must not fail the start of a transaction, which a station would report in vain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, cast

from ocpp_kernel import timestamps
from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.errors import OcppError
from ocpp_kernel.events_central import CentralStarted, StationBooted
from ocpp_kernel.seams import CentralCore
from ocpp_plugins.core_profile.messages import AuthorizationStatus, IdTagInfo

from .store import Tag, TagStore, TagStoreError

#: Tags remembered for when the database fails.
MOST = 10_000


class Settings:
    """``[central_system.tag_database]``."""

    #: The database, relative to where the central system is started; made if it is not there.
    file: str = "tags.sqlite"
    #: Whether stations get the tags marked ``--offline`` as their local list when they boot.
    local_list: bool = True


class LocalLists(Protocol):
    """``central.shared["local_auth_list"]``, as far as it is used here."""

    async def update(self, station: str, entries: Iterable[Any]) -> int:
        """Makes these the station's list."""
        ...


class CentralSystem:
    """The source of idTags of every station."""

    settings = Settings
    requires = ("core_profile",)
    contract = 1

    def __init__(self, central: Central, settings: Settings) -> None:
        self.central = central
        self.options = settings
        self.tags = TagStore(Path(settings.file))
        self.tags.prepare()
        self._found: dict[str, Tag | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ocpp_on_event(self, event: object) -> None:
        if isinstance(event, CentralStarted):
            core: CentralCore = self.central.shared["core_profile"]
            core.look_up = self.look_up
        elif isinstance(event, StationBooted) and event.status == "Accepted":
            lists: LocalLists | None = self.central.shared.get("local_auth_list")
            if lists is not None and self.options.local_list:
                self._deliver_soon(event.identity, lists)

    async def look_up(self, station: ConnectedStation, id_tag: str) -> IdTagInfo:
        """What messages say of a tag; one that is not in the database is Invalid."""
        folded = id_tag.lower()
        try:
            tag = await asyncio.to_thread(self.tags.find, id_tag)
        except TagStoreError as error:
            self.central.log("error", f"{error}; answering what {id_tag} was found to be last")
            tag = self._found.get(folded)
        else:
            if len(self._found) >= MOST:
                self._found.pop(next(iter(self._found)))
            self._found[folded] = tag
        return info_of(tag, self.central.utc())

    # Local lists.

    def _deliver_soon(self, identity: str, lists: LocalLists) -> None:
        def begin() -> None:
            task = asyncio.get_running_loop().create_task(self._deliver(identity, lists))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        # A station is told that it is accepted before anything else.
        self.central.stations[identity].after_response(begin)

    async def _deliver(self, identity: str, lists: LocalLists) -> None:
        try:
            tags = await asyncio.to_thread(self.tags.all, offline=True)
            now = self.central.utc()
            entries = [{"idTag": tag.id_tag, "idTagInfo": info_of(tag, now)} for tag in tags]
            await lists.update(identity, entries)
        except (TagStoreError, OcppError, ValueError) as error:
            self.central.log("warning", f"{identity}: its local list is not delivered: {error}")


def info_of(tag: Tag | None, now: int) -> IdTagInfo:
    """A tag as messages have it; Expired once its time is over (CORE-032)."""
    if tag is None:
        return {"status": "Invalid"}
    over = tag.expiry is not None and tag.expiry <= now
    status = "Expired" if over and tag.status == "Accepted" else tag.status
    info: IdTagInfo = {"status": cast(AuthorizationStatus, status)}
    if tag.expiry is not None:
        info["expiryDate"] = timestamps.format(tag.expiry)
    if tag.parent is not None:
        info["parentIdTag"] = tag.parent
    return info
