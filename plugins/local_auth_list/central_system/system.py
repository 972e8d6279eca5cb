"""Keeps the list every station is to have, and sends it (OCPP 1.6 sections 3.5.2 and 5.15)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any, Final, NamedTuple

from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.central_store import CentralStore
from ocpp_kernel.errors import Disconnected, OcppError, PropertyConstraintViolation
from ocpp_kernel.events_central import (
    StationBooted,
    StationConnected,
    StationDisconnected,
    StationRestored,
)

from ..messages import AuthorizationData, AuthorizationStatus, GetLocalListVersion, SendLocalList
from .auth_list import AuthList, InvalidList
from .books import Books
from .delivery import StationList, deliver

#: The name under which the instance is found in ``central.shared``.
NAME: Final = "local_auth_list"

#: A whole list, in either form.
Entries = AuthList | Iterable[AuthorizationData]


class ListDelivered(NamedTuple):
    """A station holds the list that is wanted of it."""

    identity: str
    version: int
    entries: int


class Settings:
    """``[central_system.local_auth_list]``."""

    #: Status by idTag: the list of every station nothing else is wanted of. Empty: no list.
    tags: dict[Annotated[str, range(1, 21)], AuthorizationStatus] = {}  # noqa: RUF012 - replaced, never changed
    #: Most entries in one message to stations that do not tell; 0 for no limit.
    max_update: Annotated[int, range(2**31)] = 0


def _gate(station: ConnectedStation, action: str, request: Any) -> None:
    """LAL-007: 0 and -1 would mean something else, and lower ones nothing."""
    if action == SendLocalList.name and request["listVersion"] < 1:
        raise PropertyConstraintViolation(
            f"{action}: listVersion {request['listVersion']} must be above 0"
        )


class CentralSystem:
    """Knows which list each station should have; ``central.shared["local_auth_list"]``.

    Stations are given as they are or by identity. A list is sent as differential updates while
    the station holds the one before, in full otherwise, and again in full after an update that
    was refused (LAL-013). What is wanted outlives the central system where it has a store.
    """

    profile = "LocalAuthListManagement"
    settings = Settings

    def __init__(self, central: Central, settings: Settings) -> None:
        self.central = central
        self.options = settings
        #: What is wanted and known, by identity.
        self.stations: dict[str, StationList] = {}
        self._default: AuthList | None = None
        if settings.tags:
            self._default = AuthList(
                {"idTag": tag, "idTagInfo": {"status": status}}
                for tag, status in settings.tags.items()
            )
        self._books = Books(central, self._default)
        self._tasks: set[asyncio.Task[None]] = set()
        self._registered: set[str] = set()
        central.shared[NAME] = self
        central.outgoing_gates.append(_gate)

    def of(self, station: ConnectedStation | str) -> StationList:
        """What is wanted of a station, and what is known of its list."""
        identity = station if isinstance(station, str) else station.identity
        if identity not in self.stations:
            state = self.stations[identity] = StationList(identity, self._default)
            state.otherwise = self.options.max_update
        return self.stations[identity]

    def want(self, station: ConnectedStation | str, entries: Entries) -> None:
        """Notes the whole list a station should have; sent at the next delivery.

        An :class:`AuthList` is taken as it is. Raises InvalidList, and notes nothing, for entries
        no station could take or more than this one holds.
        """
        state = self.of(station)
        wanted = entries if isinstance(entries, AuthList) else AuthList(entries)
        state.check_room(wanted)
        state.wanted = wanted
        self._books.write(state)

    async def update(self, station: ConnectedStation | str, entries: Entries) -> int:
        """Makes these the station's list; the version it has then. Raises as :meth:`want` does
        and as :meth:`synchronise` does; in the latter case the list stays wanted."""
        self.want(station, entries)
        return await self.synchronise(station)

    async def change(
        self, station: ConnectedStation | str, changes: Iterable[AuthorizationData]
    ) -> int:
        """Adds, updates and (entries without idTagInfo) removes; otherwise as :meth:`update`."""
        return await self.update(station, (self.of(station).wanted or AuthList()).changed(changes))

    async def synchronise(self, station: ConnectedStation | str) -> int:
        """Sends what the station does not hold yet; the version it has then.

        Raises Disconnected where it is not connected; ListNotSupported, ListRefused, or what
        :meth:`ocpp_kernel.central.ConnectedStation.call` raises. What could not be sent is sent
        when the station registers or connects again.
        """
        state = self.of(station)
        known = self.central.stations.get(state.identity)
        if known is None or not known.online:
            raise Disconnected(f"{state.identity} is not connected; its list is sent once it is")
        news = state.pending
        try:
            await deliver(known, state)
        finally:
            self._books.write(state)
        if news and state.held is not None:
            self.central.emit(ListDelivered(state.identity, state.version, len(state.held)))
        return state.version if state.held else 0

    async def version(self, station: ConnectedStation) -> int:
        """The version the station itself tells: 0 for no entries, -1 for no lists (LAL-001)."""
        return (await station.call(GetLocalListVersion({})))["listVersion"]

    # Stations come and go.

    def ocpp_restore_state(self, store: CentralStore) -> None:
        """What is wanted of stations, and what they were known to hold."""
        for state in self._books.restored(store):
            state.otherwise = self.options.max_update
            self.stations[state.identity] = state

    def ocpp_on_event(self, event: object) -> None:
        """A station that registers is checked; one that comes back gets what it missed."""
        if isinstance(event, StationBooted):
            self._registered.discard(event.identity)
            if event.status == "Accepted":
                self._registered.add(event.identity)
                self._check_soon(event.identity, booted=True)
        elif isinstance(event, StationRestored) and event.status == "Accepted":
            self._registered.add(event.identity)
        elif isinstance(event, StationConnected) and event.identity in self._registered:
            self._check_soon(event.identity, booted=False)
        elif isinstance(event, StationDisconnected) and event.identity in self.stations:
            self.of(event.identity).verified = False

    def _check_soon(self, identity: str, booted: bool) -> None:
        """Once the station heard that it is accepted."""
        if self._default is None and identity not in self.stations:
            return
        state = self.of(identity)
        if booted:
            state.verified = False
        if state.wanted is not None and (booted or state.pending):
            self.central.stations[identity].after_response(lambda: self._start(identity))

    def _start(self, identity: str) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # nothing is asynchronous here; whoever drives this asks for it
        task = loop.create_task(self._deliver(identity))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, identity: str) -> None:
        try:
            await self.synchronise(identity)
        except (OcppError, InvalidList) as error:
            self.central.log("warning", f"{identity}: its local list is not delivered: {error}")
