"""The list itself: on flash, in order of idTags, with only an index in memory. Portable.

The journal holds pages of entries and, last, ``[version, count]``; without that last record there
is no list. A page is flat, four values an entry: idTag in lower case, position of its status in
STATUSES, parentIdTag, expiry in epoch seconds. A page is found by the first idTag in it. An update
writes the journal anew from the old pages and the changes, one page at a time, and the store puts
it in place all or nothing: so is the update, version included (LAL-010).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ocpp_kernel import timestamps
from ocpp_kernel.hooks import TagInfo
from ocpp_kernel.store import Store

#: Rank of what the list knows, above that of a cache (LAL-015).
RANK = 20
STATUSES = ("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")
#: Entries in a page: few enough to read one for an idTag, many enough for a short index.
PAGE = 24
#: Values of an entry in a page.
WIDTH = 4


class TagList:
    """What the central system listed, and under which version."""

    FILE = "local_list"

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version = 0
        self.count = 0
        #: The stored list is not whole; only a new one helps.
        self.damaged = False
        #: The first idTag of each page, and the page's place.
        self._firsts: list[str] | None = None
        self._places: list[int] = []

    def version(self) -> int:
        """As GetLocalListVersion tells it, 0 where nothing is listed (LAL-001).

        Raises StoreError.
        """
        if self._firsts is None:
            self.open()
        return self._version if self.count else 0

    def open(self) -> None:
        """Reads what is stored (LAL-018). Raises StoreError; the next use tries again then.

        A list that lost a part counts as empty, and as ``damaged``.
        """
        self._firsts = None
        firsts: list[str] = []
        places: list[int] = []
        end: list[Any] = [0, 0]
        count = 0
        for place, record in self._store.locate(self.FILE):
            if len(record) == 2:
                end = record
            else:
                firsts.append(record[0])
                places.append(place)
                count += len(record) // WIDTH
        self.damaged = end[1] != count
        if self.damaged:
            end = [0, 0]
            firsts = []
        self._version, self.count = end
        self._firsts, self._places = firsts, places

    def find(self, id_tag: str) -> TagInfo | None:
        """What the list says of an idTag, whatever the time; raises StoreError."""
        if self._firsts is None:
            self.open()
        folded = id_tag.lower()
        firsts: Any = self._firsts
        low, high = 0, len(firsts)
        while low < high:
            middle = (low + high) // 2
            if firsts[middle] <= folded:
                low = middle + 1
            else:
                high = middle
        if low:
            page = self._store.fetch(self.FILE, self._places[low - 1])
            for at in range(0, len(page), WIDTH):
                if page[at] == folded:
                    return TagInfo(RANK, STATUSES[page[at + 1]], page[at + 2], page[at + 3])
        return None

    def update(self, version: int, changes: list[Any], full: bool, most: int) -> bool:
        """Replaces or changes the list; False, and nothing done, if over ``most`` would be in it.

        ``changes`` are AuthorizationData in order of their idTags in lower case, no two alike.
        Raises StoreError; the list is then as the store has it, old or new.
        """
        additions = 0
        for change in changes:
            if "idTagInfo" in change:
                additions += 1
        if (0 if full else self.count) + additions > most:
            count = 0  # Some may be known already, or removed.
            for _ in self._merged(changes, full):
                count += 1
            if count > most:
                return False
        try:
            self._store.rewrite(self.FILE, self._records(version, changes, full))
        finally:
            self._firsts = None  # to be opened anew; also where it is not known what is stored
        return True

    def _records(self, version: int, changes: list[Any], full: bool) -> Iterator[list[Any]]:
        count = 0
        page: list[Any] = []
        for entry in self._merged(changes, full):
            count += 1
            page.extend(entry)
            if len(page) == PAGE * WIDTH:
                yield page
                page = []
        if page:
            yield page
        yield [version, count]

    def _merged(self, changes: list[Any], full: bool) -> Iterator[list[Any]]:
        """Every entry of the list to be, in order."""
        at = 0
        following = changes[0]["idTag"].lower() if changes else ""
        if not full:
            for page in self._store.records(self.FILE):
                for start in range(0, len(page) - 2, WIDTH):  # no entry in the last record
                    folded = page[start]
                    while at < len(changes) and following < folded:
                        if "idTagInfo" in changes[at]:
                            yield _entry(following, changes[at]["idTagInfo"])
                        at += 1
                        if at < len(changes):
                            following = changes[at]["idTag"].lower()
                    if at >= len(changes) or following != folded:
                        yield page[start : start + WIDTH]
        for change in changes[at:]:
            if "idTagInfo" in change:
                yield _entry(change["idTag"].lower(), change["idTagInfo"])


def _entry(folded: str, info: Any) -> list[Any]:
    expiry = info.get("expiryDate")
    return [
        folded,
        STATUSES.index(info["status"]),
        info.get("parentIdTag"),
        None if expiry is None else timestamps.parse(expiry),
    ]
