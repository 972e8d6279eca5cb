"""Brings one station's list to what is wanted (OCPP 1.6 sections 3.5.2, 5.10 and 5.15)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from ocpp_kernel.central import ConnectedStation
from ocpp_kernel.contracts import Request
from ocpp_kernel.errors import InvalidAnswer, OcppError, RemoteError

from ..messages import (
    AuthorizationData,
    GetLocalListVersion,
    SendLocalList,
    SendLocalListRequest,
    UpdateStatus,
)
from .auth_list import AuthList, InvalidList

#: The configuration keys that say how much a station takes (CFG-38, CFG-39).
MOST_ENTRIES: Final = "LocalAuthListMaxLength"
MOST_IN_UPDATE: Final = "SendLocalListMaxLength"
#: After this, versions begin anew with a full list: stations keep them in 32 bits.
LAST_VERSION: Final = 2**31 - 1
#: CALLERRORs of stations without the profile.
ABSENT: Final = ("NotImplemented", "NotSupported")


class ListRefused(OcppError):
    """The station did not take a full list either; it holds what it held before."""

    code = "ListRefused"


class ListNotSupported(OcppError):
    """The station has no local list, or it is switched off (LocalAuthListEnabled)."""

    code = "ListNotSupported"


@dataclass
class StationList:
    """What is wanted of a station's list, and what is known of it."""

    identity: str
    wanted: AuthList | None = None
    #: None while it is not known.
    held: AuthList | None = None
    #: Of what is held; a station tells 0 instead where that is nothing.
    version: int = 0
    #: Whether the station was asked for its version since it connected.
    verified: bool = False
    #: What the station can take, None while it did not tell; set these where it is known.
    max_entries: int | None = None
    max_update: int | None = None
    #: Most entries in one message as long as ``max_update`` is not known; 0 for no limit.
    otherwise: int = 0
    #: An update whose answer never came: its version, and the list it makes.
    unanswered: tuple[int, AuthList] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def pending(self) -> bool:
        """Whether the station does not hold, as far as is known, what is wanted."""
        return self.wanted is not None and self.held is not self.wanted

    def check_room(self, wanted: AuthList) -> None:
        """Raises InvalidList for a list that is too long for the station."""
        most = self.max_entries
        if most is not None and len(wanted) > most:
            raise InvalidList(
                f"{self.identity} holds {most} idTags at most ({MOST_ENTRIES}), "
                f"but the list has {len(wanted)}"
            )


async def deliver(station: ConnectedStation, state: StationList) -> None:
    """Sends differential updates, or a full one where those cannot work.

    Raises ListNotSupported, ListRefused, InvalidList, and what
    :meth:`ocpp_kernel.central.ConnectedStation.call` raises. What is held is known as far as it
    can be; the next delivery goes on from there.
    """
    async with state.lock:
        if not state.verified:
            await _verify(station, state)
        full_at_last = False
        while state.wanted is not None and state.pending:
            state.check_room(state.wanted)
            if state.version >= LAST_VERSION:
                state.held, state.version = None, 0
            full = not state.held
            status = await _send_part(station, state, state.wanted)
            if status in ("Failed", "VersionMismatch"):
                if full or full_at_last:
                    raise ListRefused(f"{state.identity} answers {status} to a full list, too")
                full_at_last = True  # LAL-013; the version may have been the reason
                await _verify(station, state)
                state.held = None


async def _send_part(
    station: ConnectedStation, state: StationList, wanted: AuthList
) -> UpdateStatus | None:
    """One message towards the wanted list; its status, None where nothing needed to be sent."""
    held = state.held
    changes = wanted.since(held) if held else wanted.entries()
    if held is not None and not changes:
        state.held = wanted
        return None
    part = changes[: state.max_update or state.otherwise or None]
    # A full update that has to be cut is a short list, which the others then complete.
    made = wanted if len(part) == len(changes) else (held or AuthList()).changed(part)
    version = state.version + 1  # from 1 on: never 0 or -1 (LAL-007)
    state.unanswered = (version, made)
    try:
        answer = await station.call(SendLocalList(_request(version, not held, part)))
    except (OcppError, asyncio.CancelledError) as error:
        state.verified = False
        raise _absent(state, error) from None
    state.unanswered = None
    if answer["status"] == "NotSupported":
        state.verified = False
        raise ListNotSupported(f"{state.identity} does not support local lists")
    if answer["status"] == "Accepted":
        state.held, state.version = made, version
    return answer["status"]


def _request(version: int, full: bool, part: list[AuthorizationData]) -> SendLocalListRequest:
    request: SendLocalListRequest = {
        "listVersion": version,
        "updateType": "Full" if full else "Differential",
    }
    if part:
        request["localAuthorizationList"] = part
    return request


async def _verify(station: ConnectedStation, state: StationList) -> None:
    """Asks for the version: whether the station holds what it is thought to (5.10)."""
    try:
        answer = await station.call(GetLocalListVersion({}))
    except RemoteError as error:
        raise _absent(state, error) from None
    reported = answer["listVersion"]
    if reported == -1:
        raise ListNotSupported(f"{state.identity} does not support local lists")
    if state.held is None or reported != _shown(state.version, state.held):
        if state.unanswered is not None and reported == _shown(*state.unanswered):
            state.version, state.held = state.unanswered
        else:
            state.version = max(reported, 0)
            state.held = None if reported else AuthList()
    state.unanswered = None
    if state.max_entries is None or state.max_update is None:
        await _ask_limits(station, state)
    state.verified = True


def _shown(version: int, entries: AuthList) -> int:
    """How a station that holds this tells its version (LAL-001)."""
    return version if entries else 0


async def _ask_limits(station: ConnectedStation, state: StationList) -> None:
    """Asks how much the station takes; many do not tell, and then nothing is known."""
    name = "GetConfiguration"
    if name not in station.central.router.contracts:
        return  # no plugin brings it
    request: Request[Any, Any] = Request((name, {"key": [MOST_ENTRIES, MOST_IN_UPDATE]}))
    try:
        answer = await station.call(request)
    except (RemoteError, InvalidAnswer):
        return
    found = {
        entry["key"].lower(): int(entry["value"])
        for entry in answer.get("configurationKey", ())
        if entry.get("value", "").isdecimal() and int(entry["value"]) > 0
    }
    if state.max_entries is None:
        state.max_entries = found.get(MOST_ENTRIES.lower())
    if state.max_update is None:
        state.max_update = found.get(MOST_IN_UPDATE.lower())


def _absent(state: StationList, error: BaseException) -> BaseException:
    """What an error means: a station without the profile has a name of its own for it."""
    if isinstance(error, RemoteError) and error.code in ABSENT:
        return ListNotSupported(f"{state.identity} does not know local lists ({error.code})")
    return error
