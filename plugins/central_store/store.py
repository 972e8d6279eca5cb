"""The store: changes are queued where they are made, and written by a thread of its own.

One commit serves whatever was queued while the commit before went on, from any number of stations:
the event loop never waits for the disk, and the disk is not asked once for each message.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from ocpp_kernel.central_store import NotKept
from ocpp_kernel.session import Deferred
from ocpp_kernel.store import StoreError

from .database import APPEND, PUT, REMOVE, REMOVE_ENTRIES, TRIM, Change, Database
from .writer import REFUSAL, Promise, Telling, Waiter, Writer

T = TypeVar("T")

#: Changes, and events to be told, that may wait for a disk that does not take them.
MAX_WAITING: Final = 200_000
#: Those that may come besides of a handler that was let in by ``require_room``.
HEADROOM: Final = 1000

_encode: Final = msgspec.json.Encoder().encode


class SqliteStore:
    """A :class:`~ocpp_kernel.central_store.CentralStore` in one SQLite file.

    ``log`` is told of a file that fails, and of its recovery.
    """

    def __init__(self, path: Path, log: Callable[[str, str], None]) -> None:
        self.path = path
        self._log = log
        self._database = Database(path)
        self._writer: Writer | None = None
        #: What is to be called once something is stored, where no event loop runs.
        self._untold: list[Callable[[], None]] = []

    def __str__(self) -> str:
        return str(self.path)

    def open(self) -> None:
        """Opens the file. Raises StoreError."""
        self._database.open()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._writer = Writer(self._database, self._log)
        else:
            self._writer = Writer(self._database, partial(_told_in, loop, self._log))

    def close(self) -> None:
        """Stores what is left. What is put from then on is refused."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.stop()
        self._database.close()

    def documents(self, book: str) -> Iterator[tuple[str, Any]]:
        """The documents of a book; raises StoreError."""
        return self._read(book, self._database.documents(book))

    def entries(self, book: str) -> Iterator[tuple[str, Any]]:
        """The entries of a book; raises StoreError."""
        return self._read(book, self._database.entries(book))

    def put(self, book: str, key: str, document: Any) -> None:
        """Replaces a document; raises NotKept."""
        self._add(_change(PUT, book, key, _encode(document).decode()))

    def append(self, book: str, key: str, entry: Any, most: int) -> None:
        """Adds an entry; raises NotKept."""
        addition = _change(APPEND, book, key, _encode(entry).decode())
        self._add(addition, _change(TRIM, book, key, book, key, most))

    def remove(self, book: str, key: str) -> None:
        """Removes a document and its entries; raises NotKept."""
        self._add(_change(REMOVE, book, key), _change(REMOVE_ENTRIES, book, key))

    def require_room(self) -> None:
        """Raises NotKept where too much waits already."""
        self._within(MAX_WAITING)

    def flush(self) -> None:
        """Waits until all of it is stored; raises StoreError."""
        waiter = Waiter()
        self._working().add(waiter)
        waiter.wait()

    def kept(self, answer: T, told: Callable[[], None] | None = None) -> T | Deferred:
        """The answer, once what was put is stored. Where no event loop runs, this waits."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._flush_and_tell(told)
            return answer
        deferred = Deferred()
        writer = self._within(MAX_WAITING + HEADROOM)
        writer.add(Promise(loop, deferred, answer))
        if told is not None:
            writer.add(Telling(loop, told))
        return deferred

    def _flush_and_tell(self, told: Callable[[], None] | None) -> None:
        if told is not None:
            self._untold.append(told)
        try:
            self.flush()
        except StoreError as error:
            raise NotKept(REFUSAL) from error
        untold, self._untold = self._untold, []
        for each in untold:
            each()

    def _add(self, *changes: Change) -> None:
        writer = self._within(MAX_WAITING + HEADROOM)
        for change in changes:
            writer.add(change)

    def _within(self, most: int) -> Writer:
        writer = self._working()
        if writer.backlog >= most:
            raise NotKept("too much waits to be stored already")
        return writer

    def _working(self) -> Writer:
        if self._writer is None:
            raise NotKept(f"{self.path.name} is not open")
        return self._writer

    def _read(self, book: str, rows: Iterator[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
        for key, content in rows:
            try:
                yield key, msgspec.json.decode(content)
            except msgspec.DecodeError as error:
                raise StoreError(
                    f"{self.path}: {book} {key!r} is damaged ({error}); put back a copy of the "
                    "file, or move it away: what it held is then forgotten"
                ) from error


def _change(statement: str, *values: str | int) -> Change:
    """Raises TypeError or ValueError for what no database takes: it would end all storing."""
    for value in values:
        if isinstance(value, str):
            value.encode()
        elif type(value) is not int:
            raise TypeError(f"a key must be a text, not {value!r}")
        elif not 0 <= value < 1 << 63:
            raise ValueError(f"{value} entries cannot be counted")
    return Change(statement, values)


def _told_in(
    loop: asyncio.AbstractEventLoop, log: Callable[[str, str], None], level: str, text: str
) -> None:
    """Logs in the thread of the event loop, where an application expects it."""
    with contextlib.suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(log, level, text)
