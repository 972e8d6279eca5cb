"""The file behind the transaction journal, and what waits while it cannot be written. Portable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ocpp_kernel.store import StoreError

if TYPE_CHECKING:
    from ocpp_kernel.station import Station, Timer

Record = list[Any]

#: Seconds until storage that failed is tried again.
RETRY = 60
#: What records of each kind hold at least; see :mod:`.journal`.
LENGTHS = {"S": 10, "M": 9, "E": 9, "I": 5, "P": 6, "X": 5}


class Ledger:
    """An append-only file of records that keeps their order through every failure."""

    FILE = "transactions"

    def __init__(self, station: Station) -> None:
        self._station = station
        #: Records in the file, roughly.
        self.length = 0
        #: Records that could not be written yet, oldest first.
        self.unwritten: list[Record] = []
        #: Messages that do not count although they may be in the file.
        self.withdrawn: list[int] = []
        self._retry: Timer | None = None

    def write(self, record: Record) -> bool:
        """Appends a record behind those that could not be written before; whether it is there."""
        self.unwritten.append(record)
        try:
            while self.unwritten:
                self._station.store.append(self.FILE, self.unwritten[0])
                del self.unwritten[0]
                self.length += 1
        except StoreError as error:
            self._report("written", error)
            if self._retry is None:
                self._retry = self._station.after(RETRY, self._write_again)
        return not self.unwritten

    def withdraw(self, record: Record, note: Record) -> None:
        """A record that could not be written is not to count, should it be found all the same."""
        self.unwritten.remove(record)
        self.withdrawn.append(record[0])
        self.unwritten.append(note)

    def records(self) -> Iterator[Record]:
        """What the file holds, oldest first; raises StoreError.

        A record whose writing failed may be there, even twice: each message comes once.
        """
        last = 0
        for record in self._station.store.records(self.FILE):
            if type(record) is not list or len(record) < 3 or type(record[0]) is not int:
                continue
            if len(record) < LENGTHS.get(record[1], 3):
                continue
            if record[0]:
                if record[0] <= last or record[0] in self.withdrawn:
                    continue
                last = record[0]
            yield record

    def rewrite(self, records: Iterator[Record]) -> None:
        """Replaces the file; where that fails the old one stays."""
        try:
            self._station.store.rewrite(self.FILE, self._counted(records))
        except StoreError as error:
            self._report("rewritten", error)

    def clear(self) -> bool:
        """Removes the file; whether that worked."""
        try:
            self._station.store.delete(self.FILE)
        except StoreError as error:
            self._report("cleared", error)
            return False
        self.length = 0
        return True

    def _counted(self, records: Iterator[Record]) -> Iterator[Record]:
        self.length = 0
        for record in records:
            self.length += 1
            yield record

    def _write_again(self) -> None:
        self._retry = None
        if self.unwritten:
            self.write(self.unwritten.pop())

    def _report(self, what: str, error: StoreError) -> None:
        self._station.log("error", f"the transaction journal was not {what}: {error}")
