"""What outlives a central system: books its plugins keep in a store, and answers that rest on it.

    def ocpp_restore_state(self, store):                         # before any station connects
        self.beats = dict(store.documents("acme.beats"))

    @on(DataTransfer)
    def on_data_transfer(self, station, request):
        ...
        if self.central.store is not None:
            self.central.store.put("acme.beats", station.identity, self.beats[station.identity])
        return self.central.kept({"status": "Accepted"})   # leaves once that is stored

A *book* is named after its plugin. It holds documents by key, each replaced as a whole, and
entries that are only ever added to a key. Documents and entries are what JSON can say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from ocpp_kernel.errors import InternalError
from ocpp_kernel.session import Deferred

_Answer = TypeVar("_Answer")


class NotKept(InternalError):
    """It is not stored, so it is not answered: the station is to send it again."""


class CentralStore(Protocol):
    """Where a central system's state outlives it.

    Changes take effect in the order in which they were made, and none without those before it.
    None of these waits for a disk but :meth:`open`, :meth:`flush`, :meth:`close` and the readers.
    All are called by the thread the central system runs in.
    """

    def __str__(self) -> str:
        """What it is called in messages, such as the file's name."""
        ...

    def open(self) -> None:
        """Makes it ready to be read and written; raises StoreError where it cannot be."""
        ...

    def close(self) -> None:
        """Stores what is left and lets go of it."""
        ...

    def documents(self, book: str) -> Iterable[tuple[str, Any]]:
        """The documents of a book with their keys, as stored when it was opened.

        Raises StoreError.
        """
        ...

    def entries(self, book: str) -> Iterable[tuple[str, Any]]:
        """The entries of a book with their keys, in the order in which they were added.

        Raises StoreError.
        """
        ...

    def put(self, book: str, key: str, document: Any) -> None:
        """Puts a document into a book, in place of what was there under its key.

        What is changed in it later has no effect. Raises :class:`NotKept` where too much waits to
        be stored already.
        """
        ...

    def append(self, book: str, key: str, entry: Any, most: int) -> None:
        """Adds an entry; of a key's entries the newest ``most`` stay. Raises as :meth:`put`."""
        ...

    def remove(self, book: str, key: str) -> None:
        """Removes a key's document and entries, if there are any. Raises as :meth:`put`."""
        ...

    def require_room(self) -> None:
        """Raises :class:`NotKept` where so much waits to be stored that more is refused soon.

        Asked before a handler changes what it remembers, so that none of its changes is refused.
        """
        ...

    def flush(self) -> None:
        """Waits until all of it is stored; raises StoreError where it cannot be."""
        ...

    def kept(self, answer: _Answer, told: Callable[[], None] | None = None) -> _Answer | Deferred:
        """The answer, once every change made so far is stored for good; then calls ``told``.

        Where they cannot be stored, the answer is :class:`NotKept`, raised or deferred. They are
        not lost: they are stored before any later change is, and ``told`` is called then.
        """
        ...
