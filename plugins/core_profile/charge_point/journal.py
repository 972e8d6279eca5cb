"""The journal of transaction messages: written first, sent in order, removed once answered.

Portable. One append-only file holds every StartTransaction, StopTransaction and MeterValues from
the moment it comes about until the central system has answered it, and what else must be known
after a power cut. Records are lists:

    [seq, "S", acked, time, number, energy, connector, idTag, reservationId, begin values]
    [seq, "M", acked, time, number, energy, connector, context, values]
    [seq, "E", acked, time, number, energy, idTag, reason, transaction data]
    [0,   "I", acked, transactionId, number]       the answer to a start
    [0,   "P", acked, time, number, energy]        how far a running transaction got
    [0,   "A", acked]                              only the progress of sending
    [0,   "X", acked, seq, number]                 that start never took place

``seq`` counts messages; everything up to ``acked`` is dealt with, and every record tells how far
that was when it was written. ``number`` is this charge point's own number of a transaction, 0 for
none. ``time`` is in epoch seconds, or, below ``EPOCH``, in seconds since this run started, for as
long as the time is unknown. Only a few of the messages that wait are held in memory.

CORE-043 to CORE-049, CORE-056, CORE-057, CORE-062; sections 3.7 and 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ocpp_kernel import timestamps
from ocpp_kernel.errors import Disconnected, InvalidAnswer, OcppError
from ocpp_kernel.store import StoreError

from . import wire
from .ledger import RETRY, Ledger, Record
from .recovery import EPOCH, Past, Running, retimed

if TYPE_CHECKING:
    from ocpp_kernel.station import Timer

    from .plugin import ChargePoint

#: How many waiting messages are held in memory.
WINDOW = 12
#: The file is rewritten once it holds this many records more than it needs.
SLACK = 48
#: Answers to MeterValues after which the progress of sending is stored.
PROGRESS = 8
#: Records that may wait in memory while storage fails before MeterValues are left out.
UNWRITTEN = 24
#: Characters of meter values that fit into one record; storage and messages have limits.
LONGEST = 16000


class Journal:
    """Owns the file and the delivery of what is in it."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station
        #: The transactions that still have messages to come, by number.
        self.running: dict[int, Running] = {}
        #: The number last given to a transaction.
        self.number = 0
        self._started = 0
        self._seq = 0
        self._acked = 0
        self._waiting = 0
        self._stored = 0
        self._limit = core.options.queue_limit
        self._head: list[Record] = []
        self._calling = False
        self._attempts = 0
        self._retry: Timer | None = None
        self._ledger = Ledger(core.station)
        self._restored = False

    # What other parts of the charge point call.

    def is_empty(self) -> bool:
        """Whether every message was answered."""
        return self._waiting == 0

    def clock(self) -> int:
        """The time now as records hold it."""
        utc = self._station.utc()
        return self._station.now - self._started if utc is None else utc

    def timestamp(self, time: int) -> str:
        """The date-time of a record's time. The time now must be known."""
        return timestamps.format(self._fixed(time))

    def start(
        self, energy: int, connector_id: int, id_tag: str, reservation_id: int | None, begin: Any
    ) -> int:
        """A transaction is about to begin; its number, or 0 if that cannot be stored.

        Only once it is stored may energy flow.
        """
        if not self._restored:
            return 0
        self.number += 1
        time = self.clock()
        record = self._record("S", time, self.number, energy)
        record.extend((connector_id, id_tag, reservation_id, begin))
        if not self._write(record):
            self._ledger.withdraw(record, [0, "X", self._acked, record[0], self.number])
            return 0
        self.running[self.number] = Running(energy, time)
        self._queue(record)
        return self.number

    def measured(self, number: int, energy: int) -> None:
        """A running transaction's register was read; stored with the next record of it."""
        running = self.running[number]
        running.energy = max(running.energy, energy)
        running.time = self.clock()

    def values(
        self, connector_id: int, number: int, context: str, time: int, values: list[str]
    ) -> None:
        """A MeterValues is to be sent, of transaction ``number`` or of none."""
        if not self._restored:
            return
        energy = self.running[number].energy if number else 0
        record = self._record("M", time, number, energy)
        record.extend((connector_id, context, values))
        if not self._write(record) and len(self._ledger.unwritten) > UNWRITTEN:
            self._ledger.unwritten.remove(record)
            self._station.log("error", "meter values are lost: storage fails and memory is full")
            return
        self._queue(record)
        if self._waiting > self._limit:
            self._thin()

    def progress(self, number: int) -> None:
        """Stores how far a running transaction got, as :meth:`measured` said."""
        running = self.running[number]
        if not self._ledger.unwritten:
            self._write([0, "P", self._acked, running.time, number, running.energy])

    def stop(self, number: int, energy: int, id_tag: str | None, reason: str, data: Any) -> None:
        """A transaction ended. Energy must flow no more."""
        running = self.running[number]
        for entry in data or ():
            entry[0] = self._fixed(entry[0])
        record = self._record("E", self.clock(), number, energy)
        record.extend((id_tag, reason, _shortened(data)))
        running.stop = record[0]
        self._write(record)
        self._queue(record)

    def restore(self, reason: str) -> None:
        """After a restart: takes up the queue and ends transactions the last run left (CORE-062).

        ``reason`` is what ended them. Until the file can be read nothing starts and nothing is
        sent: what is in it comes first.
        """
        self._started = self._station.now
        try:
            self._restore(reason)
        except StoreError as error:
            self._station.log("error", f"the transaction journal cannot be read: {error}")
            self.running = {}
            self._station.after(RETRY, lambda: self.restore(reason))

    def _restore(self, reason: str) -> None:
        past = Past(self._ledger)
        self.running, self.number = past.running, past.number
        self._seq, self._acked = past.seq, past.acked
        if past.shift():
            self._rewrite(past.shifted())
        self._refill()
        self._restored = True
        self._end_interrupted(reason, past.known)
        self._tidy()
        self.pump()

    def clock_set(self) -> None:
        """The time became known: records get the time it really was."""
        for number in self.running:
            running = self.running[number]
            running.started = self._fixed(running.started)
            running.time = self._fixed(running.time)
        for record in self._head:
            retimed(record, self._fixed)
        for record in self._ledger.unwritten:
            retimed(record, self._fixed)
        if self._ledger.length:
            self._rewrite(self._fixed_records())
        self.pump()

    def pump(self) -> None:
        """Sends the oldest message if nothing stands in the way."""
        waiting = self._restored and self._waiting and not self._calling
        if not waiting or self._retry is not None or not self._core.boot.is_ready():
            return
        if not self._head:
            try:
                self._refill()
            except StoreError as error:
                self._station.log("error", f"the transaction journal cannot be read: {error}")
                self._retry = self._station.after(RETRY, self._try_again)
                return
        if self._head and self._station.utc() is not None:
            request = wire.request(self, self._head[0])
            self._calling = True
            self._station.call(request, self._answered)

    # Delivery.

    def _answered(self, answer: Any, error: OcppError | None) -> None:
        self._calling = False
        record = self._head[0]
        if isinstance(error, Disconnected):
            return  # uses no attempt; goes again when connected (CORE-048)
        if error is None or (isinstance(error, InvalidAnswer) and record[1] != "S"):
            self._settle(record, answer)
            return
        if self._core.boot.is_lost(error):
            return  # uses no attempt; goes again once registered
        self._attempts += 1
        configuration = self._station.configuration
        what = wire.ACTIONS[record[1]]
        if self._attempts >= configuration["TransactionMessageAttempts"]:
            self._station.log(
                "error", f"{what} is given up after {self._attempts} attempts: {error}"
            )
            self._settle(record, None)
            return
        wait = configuration["TransactionMessageRetryInterval"] * self._attempts
        self._station.log("warning", f"{what} failed, next attempt in {wait} s: {error}")
        self._retry = self._station.after(wait, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self.pump()

    def _settle(self, record: Record, answer: Any) -> None:
        """The oldest message is dealt with: answered, or given up where ``answer`` is None."""
        self._attempts = 0
        self._acked = record[0]
        self._waiting -= 1
        del self._head[0]
        kind, number = record[1], record[4]
        if kind == "E":
            del self.running[number]
        if kind == "S" and answer is not None:
            running = self.running[number]
            running.transaction_id = answer["transactionId"]
            self._write([0, "I", self._acked, running.transaction_id, number])
        elif (self.running or self._waiting) and (
            kind != "M" or self._acked - self._stored >= PROGRESS
        ):
            self._write([0, "A", self._acked])
        elif self._ledger.unwritten and not self.running and not self._waiting:
            # What will be stored late is known to be answered by then.
            self._write([0, "A", self._acked])
        self._tidy()
        if answer is not None:
            self._core.charging.answered(record, answer)
        self.pump()

    # The file.

    def _record(self, kind: str, time: int, number: int, energy: int) -> Record:
        self._seq += 1
        return [self._seq, kind, self._acked, time, number, energy]

    def _queue(self, record: Record) -> None:
        """The record is written; it is sent when its turn comes."""
        self._waiting += 1
        if len(self._head) < WINDOW and self._waiting == len(self._head) + 1:
            self._head.append(record)
        self.pump()

    def _write(self, record: Record) -> bool:
        self._stored = record[2]
        return self._ledger.write(record)

    def _refill(self) -> None:
        """Reads the oldest waiting messages into memory, and counts all of them."""
        head: list[Record] = []
        waiting = 0
        for source in (self._ledger.records(), self._ledger.unwritten):
            for record in source:
                if record[0] > self._acked:
                    waiting += 1
                    if waiting <= WINDOW:
                        head.append(record)
        self._head, self._waiting = head, waiting

    def _tidy(self) -> None:
        """Drops what nobody needs any more from the file."""
        ledger = self._ledger
        if ledger.unwritten:
            return
        if not self.running and not self._waiting:
            if ledger.length and not ledger.clear():
                self._write([0, "A", self._acked])
        elif ledger.length > self._waiting + 3 * len(self.running) + SLACK:
            self._rewrite(ledger.records())

    def _rewrite(self, records: Iterator[Record]) -> None:
        """Replaces the file by the records still needed."""
        self._ledger.rewrite(self._needed(records))

    def _needed(self, records: Iterator[Record]) -> Iterator[Record]:
        yield [0, "A", self._acked]
        for record in records:
            if record[0] > self._acked or (record[1] == "S" and record[4] in self.running):
                yield record
        for number in self.running:
            running = self.running[number]
            yield [0, "P", self._acked, running.time, number, running.energy]
            if running.transaction_id is not None:
                yield [0, "I", self._acked, running.transaction_id, number]

    def _thin(self) -> None:
        """Too much waits: leaves out every other MeterValues beyond those in memory."""
        self._station.log(
            "error",
            f"{self._waiting} transaction messages wait; every other meter value is left out",
        )
        self._rewrite(self._thinned())
        try:
            self._refill()
        except StoreError as error:
            self._station.log("error", f"the transaction journal cannot be read: {error}")
        self._limit = max(self._core.options.queue_limit, self._waiting * 3 // 2)

    def _thinned(self) -> Iterator[Record]:
        keep = True
        last = self._head[-1][0]
        for record in self._ledger.records():
            if record[0] > last and record[1] == "M":
                keep = not keep
                if keep:
                    continue
            yield record

    def _end_interrupted(self, reason: str, time: int) -> None:
        """Nobody was there to end these: they get the last time and energy known of them."""
        for number in sorted(self.running):
            running = self.running[number]
            if running.stop:
                continue
            at = time if running.time >= EPOCH else -1
            record = self._record("E", at, number, running.energy)
            record.extend((None, reason, wire.interrupted_data(running, at)))
            running.stop = record[0]
            self._write(record)
            self._queue(record)
            self._station.log("warning", f"transaction {number} was interrupted: {reason}")

    def _fixed(self, time: int) -> int:
        if time < EPOCH:
            known = self._station.utc_at(self._started + time)
            return time if known is None else known
        return time

    def _fixed_records(self) -> Iterator[Record]:
        for record in self._ledger.records():
            yield retimed(record, self._fixed)


def _shortened(data: Any) -> Any:
    """Meter values of a transaction that fit into a record; those between begin and end go."""
    while data and len(data) > 2 and _length(data) > LONGEST:
        for position in range(len(data) - 2, 0, -2):
            del data[position]
    return data if data and _length(data) <= LONGEST else None


def _length(data: Any) -> int:
    length = 0
    for entry in data:
        for text in entry[2]:
            length += len(text) + 3
    return length
