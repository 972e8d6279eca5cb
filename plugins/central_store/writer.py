"""The thread that writes: everything that waits goes into one transaction of the database."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from ocpp_kernel.central_store import NotKept
from ocpp_kernel.store import StoreError

from .database import Change, Database

#: Seconds after which a file that failed is tried again.
RETRY: Final = 1.0
#: Changes in one transaction; more would have the first wait for the last.
MOST_AT_ONCE: Final = 5000
#: What stations are told of a fault; the log has the rest.
REFUSAL: Final = "the central system cannot store it at the moment"


class Promise(NamedTuple):
    """A future of an event loop that gets its answer once every change before it is stored."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    answer: Any

    def settle(self, fault: str) -> None:
        """In the loop's thread: it is stored, or cannot be."""
        if self.future.done():
            return
        if fault:
            self.future.set_exception(NotKept(REFUSAL))
        else:
            self.future.set_result(self.answer)


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


class Writer:
    """Writes changes in order; those that fail are written before any that come after them.

    ``log`` is called by another thread.
    """

    def __init__(self, database: Database, log: Callable[[str, str], None]) -> None:
        self._database = database
        self._log = log
        self._queue: SimpleQueue[Change | Promise | Waiter | None] = SimpleQueue()
        #: Changes taken from the queue that are not stored yet, and who waits for them.
        self._changes: list[Change] = []
        self._waiting: list[Promise | Waiter] = []
        #: Why the last attempt failed, "" if it did not, and when the next is due.
        self._fault = ""
        self._retry_at = 0.0
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="central_store", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """How much is to be written."""
        return self._queue.qsize() + len(self._changes)

    def add(self, item: Change | Promise | Waiter) -> None:
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
            _settle(self._waiting, self._fault)
            self._waiting = []
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

    def _sort(self, item: Change | Promise | Waiter | None) -> None:
        if item is None:
            self._ending = True
        elif isinstance(item, Change):
            self._changes.append(item)
        else:
            self._waiting.append(item)

    def _write(self) -> None:
        """Stores the changes at hand, or says why it could not."""
        try:
            if self._changes:
                self._database.write(self._changes)
        except StoreError as error:
            if not self._fault:
                self._log("error", f"{error}; stations are told to try again until it works")
            self._fault = str(error)
            self._retry_at = time.monotonic() + RETRY
            return
        self._changes.clear()
        if self._fault:
            self._fault = ""
            self._log("info", f"{self._database.path} takes what is to be stored again")


def _settle(waiting: Iterable[Promise | Waiter], fault: str) -> None:
    """Tells everybody; those who wait in the same loop at once."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[Promise]] = defaultdict(list)
    for each in waiting:
        if isinstance(each, Waiter):
            each.settle(fault)
        else:
            by_loop[each.loop].append(each)
    for loop, promises in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle_all, promises, fault)


def _settle_all(promises: Iterable[Promise], fault: str) -> None:
    for promise in promises:
        promise.settle(fault)
