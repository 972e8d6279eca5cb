"""The Local Auth List Management profile of a charge point. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ocpp_kernel.configuration import INTEGER, Key, boolean, fixed
from ocpp_kernel.contracts import on
from ocpp_kernel.events import FaultCleared, FaultRaised, Started, TagInfoReceived
from ocpp_kernel.hooks import TagInfo
from ocpp_kernel.store import StoreError

from ..messages import (
    GetLocalListVersion,
    GetLocalListVersionRequest,
    GetLocalListVersionResponse,
    SendLocalList,
    SendLocalListRequest,
    SendLocalListResponse,
)
from .tag_list import RANK, TagList

if TYPE_CHECKING:
    from ocpp_kernel.station import Station

#: Statuses that count as valid in a list (LAL-016).
VALID = ("Accepted", "ConcurrentTx")
CONFLICT = "LocalListConflict"


class Settings:
    """What an operator may set for the list."""

    #: Most idTags in the list: LocalAuthListMaxLength.
    max_entries: Annotated[int, range(2**31)] = 1000
    #: Most idTags in one message: SendLocalListMaxLength. 100 with all details make about 14 KB.
    max_update: Annotated[int, range(1, 2**31)] = 100


class ChargePoint:
    """Keeps the list the central system sends, and answers what it says of an idTag."""

    profile = "LocalAuthListManagement"
    requires = ("core_profile",)
    settings = Settings

    def __init__(self, station: Station, settings: Settings) -> None:
        self.station = station
        self.options = settings
        self.list = TagList(station.store)

    # Hooks.

    def ocpp_register_configuration(self) -> list[Key]:
        return [
            boolean("LocalAuthListEnabled", True),
            fixed("LocalAuthListMaxLength", INTEGER, self.options.max_entries),
            fixed("SendLocalListMaxLength", INTEGER, self.options.max_update),
        ]

    def ocpp_look_up_tag(self, id_tag: str) -> TagInfo | None:
        if not self._is_enabled():
            return None
        try:
            return self.list.find(id_tag)
        except StoreError as error:
            # It might be the one that blocks the tag.
            self._report("read", error)
            return TagInfo(RANK, "Invalid", None, None)

    def ocpp_on_event(self, event: Any) -> None:
        if type(event) is TagInfoReceived:
            self._compare(event)
        elif type(event) is Started:
            try:
                self.list.open()
            except StoreError as error:
                self._report("read", error)
            if self.list.damaged:
                self.station.log("error", "the local list is damaged: it counts as empty")

    # What the central system asks.

    @on(GetLocalListVersion)
    def on_get_local_list_version(
        self, request: GetLocalListVersionRequest
    ) -> GetLocalListVersionResponse:
        return {"listVersion": self.list.version() if self._is_enabled() else -1}

    @on(SendLocalList)
    def on_send_local_list(self, request: SendLocalListRequest) -> SendLocalListResponse:
        status: Any = "NotSupported"
        if self._is_enabled():
            try:
                status = self._update(request)
            except StoreError as error:
                self._report("stored", error)
                status = "Failed"
        if status == "Accepted":
            self.station.after_response(self._settle)
        return {"status": status}

    def _update(self, request: SendLocalListRequest) -> str:
        version = request["listVersion"]
        changes = request.get("localAuthorizationList", [])
        full = request["updateType"] == "Full"
        current = self.list.version()
        if version <= 0 or len(changes) > self.options.max_update or not _sort(changes, full):
            return "Failed"
        if not full and self.list.damaged:
            return "Failed"
        if not full and version <= current:
            return "VersionMismatch"
        if self.list.update(version, changes, full, self.options.max_entries):
            return "Accepted"
        return "Failed"

    # Conflicts (LAL-019).

    def _compare(self, told: TagInfoReceived) -> None:
        """Reports a tag that is valid for one of the list and the central system only."""
        try:
            listed = self.list.find(told.id_tag) if self._is_enabled() else None
        except StoreError:
            return  # told when the tag was looked up
        if listed is None:
            return
        now = self.station.utc()
        status = listed.status
        if status in VALID and listed.expiry is not None and now is not None:
            status = "Expired" if listed.expiry <= now else status
        if (status in VALID) != (told.status in VALID):
            info = f"{told.id_tag} {told.status}, listed {status}"
            self.station.emit(FaultRaised(0, CONFLICT, info))

    def _settle(self) -> None:
        """The list was changed since a conflict was told."""
        if self.station.shared["connectors"][0].error_code == CONFLICT:
            self.station.emit(FaultCleared(0))

    def _is_enabled(self) -> bool:
        enabled: bool = self.station.configuration["LocalAuthListEnabled"]
        return enabled

    def _report(self, what: str, error: StoreError) -> None:
        self.station.log("error", f"the local list cannot be {what}: {error}")


def _sort(changes: list[Any], full: bool) -> bool:
    """Puts entries in order of their idTags, in place; False if they are faulty (LAL-008)."""
    ordered = True
    before = None
    for change in changes:
        if full and "idTagInfo" not in change:
            return False
        folded = change["idTag"].lower()
        if before is not None and folded <= before:
            ordered = False
        before = folded
    if not ordered:
        changes.sort(key=_folded)
        for at in range(1, len(changes)):
            if _folded(changes[at]) == _folded(changes[at - 1]):
                return False
    return True


def _folded(change: Any) -> str:
    folded: str = change["idTag"].lower()
    return folded
