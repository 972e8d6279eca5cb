"""What of lists outlives the central system, where it has a store.

A list is stored once, however many stations are to have it. What a delivery that breaks off left at
a station is found out by its version, and made good by a full list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ocpp_kernel.central import Central
from ocpp_kernel.central_store import CentralStore
from ocpp_kernel.store import StoreError

from .auth_list import AuthList, InvalidList
from .delivery import StationList

#: Lists by their digest, and what is known of each station's.
LISTS: Final = "local_auth_list.lists"
STATIONS: Final = "local_auth_list.stations"


class Books:
    """Writes down what stations should have, and have.

    ``default`` is what is wanted where nothing else is; it follows the settings of each start.
    """

    def __init__(self, central: Central, default: AuthList | None) -> None:
        self._central = central
        self._default = default
        #: By digest, how often a stored list is referred to; and by identity, to which it refers.
        self._references: Counter[str] = Counter()
        self._of: dict[str, tuple[str | None, ...]] = {}

    def write(self, state: StationList) -> None:
        """Something about a station's list changed."""
        store = self._central.store
        if store is None:
            return
        wanted = None if state.wanted is self._default else state.wanted
        digests = (self._refer(store, wanted), self._refer(store, state.held))
        document = {
            "wanted": digests[0],
            "held": digests[1],
            "version": state.version,
            "max_entries": state.max_entries,
            "max_update": state.max_update,
        }
        before = self._of.get(state.identity, ())
        self._of[state.identity] = digests
        store.put(STATIONS, state.identity, document)
        self._release(store, before)

    def restored(self, store: CentralStore) -> Iterator[StationList]:
        """The stations of an earlier central system. Raises StoreError."""
        lists = {key: _made(store, key, entries) for key, entries in store.documents(LISTS)}
        if self._default is not None and self._default.digest in lists:
            lists[self._default.digest] = self._default
        for identity, document in store.documents(STATIONS):
            wanted, held = lists.get(document["wanted"]), lists.get(document["held"])
            self._of[identity] = (document["wanted"], document["held"])
            self._references.update(each for each in self._of[identity] if each is not None)
            yield StationList(
                identity,
                wanted if wanted is not None else self._default,
                held,
                document["version"],
                max_entries=document["max_entries"],
                max_update=document["max_update"],
            )
        for digest in lists.keys() - self._references.keys():
            store.remove(LISTS, digest)

    def _refer(self, store: CentralStore, entries: AuthList | None) -> str | None:
        """The digest of a list, which is stored from now on."""
        if entries is None:
            return None
        if not self._references[entries.digest]:
            store.put(LISTS, entries.digest, entries.entries())
        self._references[entries.digest] += 1
        return entries.digest

    def _release(self, store: CentralStore, digests: Iterable[str | None]) -> None:
        for digest in digests:
            if digest is not None:
                self._references[digest] -= 1
                if not self._references[digest]:
                    del self._references[digest]
                    store.remove(LISTS, digest)


def _made(store: CentralStore, digest: str, entries: Any) -> AuthList:
    try:
        return AuthList(entries)
    except InvalidList as error:
        raise StoreError(f"{store}: {LISTS} {digest} cannot be used: {error}") from error
