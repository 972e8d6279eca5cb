"""What the journal's file tells of earlier runs (CORE-044, CORE-062). Portable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .ledger import Ledger, Record

#: Times below this are no epoch seconds but seconds since the start of a run.
EPOCH = 1_000_000_000


class Running:
    """What is known of a transaction whose StopTransaction is not answered yet."""

    def __init__(self, energy: int, time: int) -> None:
        self.transaction_id: int | None = None
        self.energy = energy
        self.started = time
        self.time = time
        #: The seq of its StopTransaction, 0 while it runs.
        self.stop = 0
        self.begin: list[Any] | None = None


class Past:
    """Reads the file once; raises StoreError where it cannot be read."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.running: dict[int, Running] = {}
        self.number = 0
        self.seq = 0
        self.acked = 0
        #: The latest time told in epoch seconds, and in seconds of a run that never knew it.
        self.known = 0
        self._unknown = 0
        ledger.length = 0
        for record in ledger.records():
            ledger.length += 1
            self._take(record)
        self.seq = max(self.seq, self.acked)
        for number in list(self.running):
            if 0 < self.running[number].stop <= self.acked:
                del self.running[number]

    def shift(self) -> bool:
        """Times unknown for good are put just before this run; whether there are any."""
        if not self._unknown:
            return False
        for number in self.running:
            running = self.running[number]
            running.time = self._earlier(running.time)
            running.started = self._earlier(running.started)
        return True

    def shifted(self) -> Iterator[Record]:
        """The file's records with such times, as far apart as they were."""
        for record in self._ledger.records():
            yield retimed(record, self._earlier)

    def _earlier(self, time: int) -> int:
        return time - self._unknown if time < EPOCH else time

    def _take(self, record: Record) -> None:
        kind = record[1]
        self.acked = max(self.acked, record[2])
        self.seq = max(self.seq, record[0])
        if kind in "SMEP":
            self.known = max(self.known, record[3])
            if record[3] < EPOCH:
                self._unknown = max(self._unknown, record[3] + 1)
        number = record[4] if len(record) > 4 else 0
        self.number = max(self.number, number)
        running = self.running.get(number)
        if kind == "S":
            running = self.running[number] = Running(record[5], record[3])
            running.begin = record[9]
        elif running is None:
            return
        elif kind == "X":
            self._ledger.withdrawn.append(record[3])
            del self.running[number]
        elif kind == "I":
            running.transaction_id = record[3]
        else:
            running.energy = max(running.energy, record[5])
            running.time = max(running.time, record[3])
            if kind == "E":
                running.stop = record[0]


def retimed(record: Record, change: Any) -> Record:
    """The record itself, with every time in it replaced by ``change(time)``."""
    if record[1] in "SMEP":
        record[3] = change(record[3])
        if record[1] == "E":
            for entry in record[8] or ():
                entry[0] = change(entry[0])
    return record
