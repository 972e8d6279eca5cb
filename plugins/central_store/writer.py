"""The thread that writes: everything that waits goes into one transaction of the database."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from ocpp_kernel.central_store import NotKept
from ocpp_kernel.session import Deferred
from ocpp_kernel.store import StoreError

from .database import Change, Database

#: Seconds after which a file that failed is tried again.
RETRY: Final = 1.0
#: Changes in one transaction; more would have the first wait for the last.
MOST_AT_ONCE: Final = 5000
#: What stations are told of a fault; the log has the rest.
REFUSAL: Final = "the central system cannot store it at the moment"


class Promise(NamedTuple):
    """An answer that is given once every change before it is stored, or refused if one is not."""

    loop: asyncio.AbstractEventLoop
    deferred: Deferred
    answer: Any

    def settle(self, fault: str) -> None:
        """In the loop's thread: it is stored, or cannot be."""
        if fault:
            self.deferred.resolve(None, NotKept(REFUSAL))
        else:
            self.deferred.resolve(self.answer)


class Telling(NamedTuple):
    """What is called once every change before it is stored, however long that takes."""

    loop: asyncio.AbstractEventLoop
    call: Callable[[], None]


class Waiter:
    """A thread that waits until every change before it is stored."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._fault = ""

    def wait(self) -> None:
        """Returns once it is stored; raises StoreError where it cannot be."""
        self._done.wait()
        if self._fault:
            raise StoreError(self._fault)

    def settle(self, fault: str) -> None:
        """It is stored, or cannot be."""
        self._fault = fault
        self._done.set()


Item = Change | Promise | Telling | Waiter


class Writer:
    """Writes changes in order; those that fail are written before any that come after them.

    ``log`` is called by another thread.
    """

    def __init__(self, database: Database, log: Callable[[str, str], None]) -> None:
        self._database = database
        self._log = log
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        #: Changes taken from the queue that are not stored yet, and who waits for them.
        self._changes: list[Change] = []
        self._waiting: list[Promise | Waiter] = []
        self._tellings: list[Telling] = []
        #: Why the last attempt failed, "" if it did not, and when the next is due.
        self._fault = ""
        self._retry_at = 0.0
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="central_store", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """How much is to be written, and to be told then."""
        return self._queue.qsize() + len(self._changes) + len(self._tellings)

    def add(self, item: Item) -> None:
        """Queues a change, or who waits for those before it."""
        self._queue.put(item)

    def stop(self) -> None:
        """Writes what is left, once more if it failed before, and ends the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while not self._ending:
            self._take()
            if self._ending or not self._fault or time.monotonic() >= self._retry_at:
                self._write()
            self._settle()
        if self._changes:
            self._log("error", f"{self._database.path}: {len(self._changes)} changes are not kept")

    def _take(self) -> None:
        """Waits for something to do, and takes all there is."""
        try:
            self._sort(self._queue.get(timeout=RETRY if self._fault else None))
            while len(self._changes) < MOST_AT_ONCE or self._fault:
                self._sort(self._queue.get_nowait())
        except Empty:
            pass

    def _sort(self, item: Item | None) -> None:
        if item is None:
            self._ending = True
        elif isinstance(item, Change):
            self._changes.append(item)
        elif isinstance(item, Telling):
            self._tellings.append(item)
        else:
            self._waiting.append(item)

    def _write(self) -> None:
        """Stores the changes at hand, or says why it could not."""
        try:
            if self._changes:
                self._database.write(self._changes)
        except Exception as error:  # noqa: BLE001 - everybody waits for ever if the thread ends
            if not self._fault:
                self._log("error", f"{error}; stations are told to try again until it works")
            self._fault = str(error) or repr(error)
            self._retry_at = time.monotonic() + RETRY
            return
        self._changes.clear()
        if self._fault:
            self._fault = ""
            self._log("info", f"{self._database.path} takes what is to be stored again")

    def _settle(self) -> None:
        """Answers everybody, and then tells what is stored; each loop's at once."""
        waiting, self._waiting = self._waiting, []
        calls: defaultdict[asyncio.AbstractEventLoop, list[Callable[[], None]]] = defaultdict(list)
        for each in waiting:
            if isinstance(each, Waiter):
                each.settle(self._fault)
            else:
                calls[each.loop].append(partial(each.settle, self._fault))
        if not self._fault:
            tellings, self._tellings = self._tellings, []
            for telling in tellings:
                calls[telling.loop].append(telling.call)
        for loop, those in calls.items():
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(_call_all, loop, those)


def _call_all(loop: asyncio.AbstractEventLoop, calls: Iterable[Callable[[], None]]) -> None:
    """In order, each on its own: one that raises does not silence the others."""
    for call in calls:
        loop.call_soon(call)
