"""The charging profiles a charge point holds, and their file. Portable.

Those of transactions end with them, and no transaction outlives a restart, so they stay in memory;
the others are stored, one record each (SC-017).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ocpp_kernel.store import StoreError

from ..rules import PURPOSES
from ..schedule import MAX, TX, Profile, is_dated, rank

if TYPE_CHECKING:
    from ocpp_kernel.store import Store

FILE = "charging_profiles"
#: What a stored profile consists of.
FIELDS = 12


class Profiles:
    """All installed profiles, highest rank first."""

    def __init__(self, store: Store, report: Callable[[str], None]) -> None:
        self._store = store
        self._report = report
        self.all: list[Profile] = []

    def restore(self) -> None:
        """Takes up what was stored before the restart."""
        found: list[Profile] = []
        try:
            for record in self._store.records(FILE):
                if type(record) is list and len(record) == FIELDS:
                    found.append(Profile(*record))
        except StoreError as error:
            self._report(f"charging profiles could not be read: {error}")
        found.sort(key=rank, reverse=True)
        self.all = found

    def replace(self, profiles: list[Profile]) -> None:
        """These are installed from now on; raises StoreError, and then the old ones still are."""
        lasting = [profile for profile in profiles if profile.purpose != TX]
        if lasting != [profile for profile in self.all if profile.purpose != TX]:
            self._store.rewrite(FILE, (list(profile) for profile in lasting))
        self.all = profiles

    def with_one(self, new: Profile, now: int) -> list[Profile]:
        """All as they are once this one is added and what it replaces is gone (SC-009, SC-010).

        What will never be valid again makes room.
        """
        kept = [
            profile
            for profile in self.all
            if profile.number != new.number
            and rank(profile) != rank(new)
            and profile.valid_to > now
        ]
        kept.append(new)
        kept.sort(key=rank, reverse=True)
        return kept

    def without(self, criteria: Any) -> list[Profile]:
        """All but those a ClearChargingProfile names (SC-045, SC-046)."""
        number = criteria.get("id")
        connector_id = criteria.get("connectorId")
        purpose = criteria.get("chargingProfilePurpose")
        level = criteria.get("stackLevel")
        kept = []
        for profile in self.all:
            if number is not None:
                named = profile.number == number
            else:
                named = (
                    (connector_id is None or profile.connector_id == connector_id)
                    and (purpose is None or PURPOSES[profile.purpose] == purpose)
                    and (level is None or profile.level == level)
                )
            if not named:
                kept.append(profile)
        return kept

    def chain(self, connector_id: int, timed: bool = True) -> list[Profile]:
        """What a transaction on a connector obeys; 0: what the whole charge point does.

        With ``timed`` False only what needs no clock.
        """
        return [
            profile
            for profile in self.all
            if (profile.purpose == MAX) == (connector_id == 0)
            and profile.connector_id in (0, connector_id)
            and (timed or not is_dated(profile))
        ]
