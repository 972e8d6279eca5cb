"""The authorization cache: bounded, and kept over restarts (CORE-030 to CORE-036). Portable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ocpp_kernel.hooks import TagInfo
from ocpp_kernel.store import Store, StoreError

#: Rank of what the cache knows; a local list has 20.
RANK = 10


class Cache:
    """What the central system said of idTags, at most ``limit`` of them.

    Entries are lists of idTag in lower case, status, parentIdTag and expiry (epoch seconds),
    oldest first.
    """

    FILE = "cache"

    def __init__(self, store: Store, limit: int, report: Callable[[str], None]) -> None:
        self._store = store
        self._limit = limit
        self._report = report
        self._entries: list[list[Any]] = []
        self._written = 0

    def restore(self) -> None:
        """Reads what was known before the restart (CORE-034)."""
        for record in self._store.records(self.FILE):
            self._written += 1
            if type(record) is list and len(record) == 4:
                self._put(record, None)

    def find(self, id_tag: str) -> TagInfo | None:
        """What is known of the tag, also where it has expired since."""
        position = self._position(id_tag.lower())
        if position < 0:
            return None
        entry = self._entries[position]
        return TagInfo(RANK, entry[1], entry[2], entry[3])

    def update(
        self, id_tag: str, status: str, parent: str | None, expiry: int | None, now: int | None
    ) -> None:
        """Remembers what was said last, valid or not (CORE-031); ``now`` in epoch seconds."""
        if self._limit <= 0:
            return
        entry: list[Any] = [id_tag.lower(), status, parent, expiry]
        position = self._position(entry[0])
        if position >= 0 and self._entries[position] == entry:
            return  # nothing new; flash wears
        self._put(entry, now)
        try:
            if self._written > 2 * self._limit + 16:
                self._store.rewrite(self.FILE, self._entries)
                self._written = len(self._entries)
            else:
                self._store.append(self.FILE, entry)
                self._written += 1
        except StoreError as error:
            self._report(f"the authorization cache could not be stored: {error}")

    def clear(self) -> None:
        """Forgets everything; raises StoreError where the storage fails (CORE-036)."""
        self._store.delete(self.FILE)
        self._entries = []
        self._written = 0

    def _put(self, entry: list[Any], now: int | None) -> None:
        position = self._position(entry[0])
        if position >= 0:
            del self._entries[position]
        elif len(self._entries) >= self._limit:
            del self._entries[self._least(now)]
        self._entries.append(entry)

    def _least(self, now: int | None) -> int:
        """The oldest entry that is not valid, else the oldest one (CORE-033)."""
        for position in range(len(self._entries)):
            entry = self._entries[position]
            expired = entry[3] is not None and now is not None and entry[3] <= now
            if entry[1] != "Accepted" or expired:
                return position
        return 0

    def _position(self, folded: str) -> int:
        for position in range(len(self._entries)):
            if self._entries[position][0] == folded:
                return position
        return -1
