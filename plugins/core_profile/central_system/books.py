"""What of stations and transactions outlives the central system, where it has a store.

Without one nothing here does anything. Documents have the fields of the records; a field a record
gained since gets its default.
"""

from __future__ import annotations

from collections import deque
from dataclasses import fields
from typing import Any, Final, TypeVar

from ocpp_kernel.central import Central
from ocpp_kernel.central_store import CentralStore
from ocpp_kernel.events_central import StationRestored
from ocpp_kernel.store import StoreError

from ..messages import MeterValue, StopTransactionRequest
from .ledger import MAX_UNMATCHED, Ledger
from .records import Connector, StationRecord, Transaction

R = TypeVar("R")

STATIONS: Final = "core_profile.stations"
CONNECTORS: Final = "core_profile.connectors"
TRANSACTIONS: Final = "core_profile.transactions"
METER_VALUES: Final = "core_profile.meter_values"
#: Stops without a start, all under one key.
UNMATCHED: Final = "core_profile.unmatched"
#: By what is numbered: the first number that was never given.
NUMBERS: Final = "core_profile.numbers"

#: TransactionIds set aside at once: those that were given but not stored are not given again.
RESERVED: Final = 1000

_STATION: Final = ("identity", "registration", "boot", "booted_at")
_CONNECTOR: Final = tuple(field.name for field in fields(Connector))
#: Readings are entries of their own.
_TRANSACTION: Final = tuple(f.name for f in fields(Transaction) if f.name != "meter_values")


class Books:
    """Writes records down as they change, into ``central.store``."""

    def __init__(self, central: Central, ledger: Ledger, keep_meter_values: int) -> None:
        self._central = central
        self._ledger = ledger
        self._keep_meter_values = keep_meter_values
        #: The first transactionId that is not set aside.
        self._reserved = 0
        ledger.changed, ledger.forgotten = self.transaction, self._forget

    def require_room(self) -> None:
        """Before a record changes: raises NotKept where the change would not be stored."""
        if self._central.store is not None:
            self._central.store.require_room()

    def station(self, record: StationRecord) -> None:
        """A station registered."""
        self._put(STATIONS, record.identity, _STATION, record)

    def connector(self, identity: str, number: int, connector: Connector) -> None:
        """A connector's state was reported."""
        self._put(CONNECTORS, f"{number} {identity}", _CONNECTOR, connector)

    def transaction(self, transaction: Transaction) -> None:
        """A transaction began, ended, or gave way to another."""
        if self._central.store is not None and transaction.id in self._ledger.transactions:
            if transaction.id >= self._reserved - RESERVED // 2:
                self._reserve(self._central.store)
            self._put(TRANSACTIONS, str(transaction.id), _TRANSACTION, transaction)

    def readings(self, transaction: Transaction, readings: list[MeterValue]) -> None:
        """Readings of a transaction came."""
        store, key = self._central.store, str(transaction.id)
        if store is not None and readings and transaction.id in self._ledger.transactions:
            store.append(METER_VALUES, key, readings, self._keep_meter_values)

    def unmatched(self, identity: str, request: StopTransactionRequest) -> None:
        """The end of a transaction came whose start is not known."""
        if self._central.store is not None:
            self._central.store.append(UNMATCHED, "", [identity, request], MAX_UNMATCHED)

    def forget_station(self, record: StationRecord) -> None:
        """A station is not known any more."""
        if self._central.store is not None:
            self._central.store.remove(STATIONS, record.identity)
            for number in record.connectors:
                self._central.store.remove(CONNECTORS, f"{number} {record.identity}")

    def restore(self, store: CentralStore, name: str) -> None:
        """Fills the ledger, and puts records under ``name`` in stations. Raises StoreError."""
        self._restore_ledger(store)
        records = _stations(store)
        for identity, record in records.items():
            self._central.meet(identity).shared[name] = record
            if record.registration is not None:
                self._central.emit(StationRestored(identity, record.registration))
        running = sum(each.running for each in self._ledger.transactions.values())
        known = f"{len(records)} stations and {running} running transactions"
        self._central.log("info", f"{store}: goes on with {known}")

    def _restore_ledger(self, store: CentralStore) -> None:
        """Ids go on where they have never been given."""
        ledger, keep = self._ledger, self._keep_meter_values
        for _, first in store.documents(NUMBERS):
            ledger.next_id = max(ledger.next_id, first)
        known: dict[str, Transaction] = {}
        for key, document in store.documents(TRANSACTIONS):
            document["start_facts"] = tuple(document["start_facts"])
            document["meter_values"] = deque(maxlen=keep)
            known[key] = _made(Transaction, store, TRANSACTIONS, key, document)
        for key, readings in store.entries(METER_VALUES):
            if key in known:
                known[key].meter_values.extend(readings)
        for transaction in sorted(known.values(), key=lambda each: each.id):
            ledger.restore(transaction)
        for _, (identity, request) in store.entries(UNMATCHED):
            ledger.unmatched.append((identity, request))
        self._reserve(store)

    def _forget(self, transaction: Transaction) -> None:
        if self._central.store is not None:
            for book in (TRANSACTIONS, METER_VALUES):
                self._central.store.remove(book, str(transaction.id))

    def _reserve(self, store: CentralStore) -> None:
        self._reserved = self._ledger.next_id + RESERVED
        store.put(NUMBERS, "transactionId", self._reserved)

    def _put(self, book: str, key: str, names: tuple[str, ...], record: object) -> None:
        if self._central.store is not None:
            document = {name: getattr(record, name) for name in names}
            self._central.store.put(book, key, document)


def _stations(store: CentralStore) -> dict[str, StationRecord]:
    """The stations that registered, with their connectors."""
    records = {
        identity: _made(StationRecord, store, STATIONS, identity, document)
        for identity, document in store.documents(STATIONS)
    }
    for key, document in store.documents(CONNECTORS):
        number, _, identity = key.partition(" ")
        record = records.setdefault(identity, StationRecord(identity))
        record.connectors[int(number)] = _made(Connector, store, CONNECTORS, key, document)
    return records


def _made(kind: type[R], store: CentralStore, book: str, key: str, document: dict[str, Any]) -> R:
    """A record of its document; what a newer version noted besides is left out."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # every record is one
    try:
        return kind(**{name: value for name, value in document.items() if name in known})
    except TypeError as error:
        raise StoreError(f"{store}: {book} {key!r} cannot be used: {error}") from error
