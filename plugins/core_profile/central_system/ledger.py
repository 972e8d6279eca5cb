"""The transactions of all stations, by id: every start and stop once, however often it is sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ..messages import (
    AuthorizationStatus,
    StartTransactionRequest,
    StopTransactionRequest,
)
from .records import Transaction, epoch

#: Transactions that run at once, and stops without a start, at most; the oldest give way.
MAX_RUNNING = 100_000
MAX_UNMATCHED = 1000


#: What makes a StartTransaction sent again the same one (CORE-050): the station, connectorId,
#: idTag without case, timestamp and meterStart.
StartFacts = tuple[str, int, str, str, int]


class Ledger:
    """Transactions, the newest ``keep`` of them; running ones are kept as well.

    ``first_id`` must lie above every id this central system ever gave (CORE-055): the ids of
    stations that were offline over a restart of it must not meet new ones.
    """

    def __init__(self, first_id: int, keep: int, keep_meter_values: int) -> None:
        self.transactions: dict[int, Transaction] = {}
        #: Stops that belong to no transaction known here, such as those of id -1 (CORE-056).
        self.unmatched: deque[tuple[str, StopTransactionRequest]] = deque(maxlen=MAX_UNMATCHED)
        self.next_id = first_id
        self._keep = keep
        self._keep_meter_values = keep_meter_values
        self._starts: dict[StartFacts, Transaction] = {}
        #: Running transactions by station and connector, and how many each idTag has.
        self._running: dict[tuple[str, int], Transaction] = {}
        self._tags: dict[str, int] = {}
        #: Ids of transactions that are over, oldest first.
        self._over: deque[int] = deque()
        #: Told of a transaction that another one made change, and of one that is forgotten.
        self.changed: Callable[[Transaction], None] = _ignore
        self.forgotten: Callable[[Transaction], None] = _ignore

    def restore(self, transaction: Transaction) -> None:
        """Takes over a transaction that an earlier central system recorded, oldest first."""
        self.transactions[transaction.id] = transaction
        self._starts[transaction.start_facts] = transaction
        self.next_id = max(self.next_id, transaction.id + 1)
        if transaction.running:
            self._enter(transaction)
        else:
            self._over.append(transaction.id)
            self._make_room()

    def started_before(self, identity: str, request: StartTransactionRequest) -> Transaction | None:
        """The transaction this very request began, if it came before."""
        return self._starts.get(start_facts(identity, request))

    def is_charging(self, id_tag: str) -> bool:
        """Whether a running transaction belongs to this idTag."""
        return id_tag.lower() in self._tags

    def start(
        self,
        identity: str,
        request: StartTransactionRequest,
        status: AuthorizationStatus,
        received_at: int,
    ) -> Transaction:
        """Records a transaction's start."""
        facts = start_facts(identity, request)
        transaction = Transaction(
            id=self.next_id,
            identity=identity,
            connector_id=request["connectorId"],
            id_tag=request["idTag"],
            meter_start=request["meterStart"],
            started_at=epoch(request["timestamp"], received_at),
            id_tag_status=status,
            meter_values=deque(maxlen=self._keep_meter_values),
            start_facts=facts,
            reservation_id=request.get("reservationId"),
            reported_at=received_at,
        )
        self.next_id += 1
        self._starts[facts] = transaction
        self.transactions[transaction.id] = transaction
        self._enter(transaction)
        return transaction

    def stop(
        self, identity: str, request: StopTransactionRequest, received_at: int
    ) -> tuple[Transaction | None, bool]:
        """Records a transaction's end; the transaction, and whether the end was news."""
        transaction = self.find(identity, request["transactionId"])
        if transaction is None:
            if (identity, request) in self.unmatched:
                return None, False
            self.unmatched.append((identity, request))
            return None, True
        if transaction.stopped_at is not None:
            return transaction, False
        self._leave(transaction)
        transaction.stopped_at = epoch(request["timestamp"], received_at)
        transaction.meter_stop = request["meterStop"]
        transaction.reason = request.get("reason", "Local")
        transaction.stop_id_tag = request.get("idTag")
        transaction.meter_values.extend(request.get("transactionData", []))
        return transaction, True

    def find(self, identity: str, transaction_id: int | None) -> Transaction | None:
        """The transaction of that id, if it is this station's."""
        transaction = self.transactions.get(transaction_id) if transaction_id is not None else None
        if transaction is None or transaction.identity != identity:
            return None
        return transaction

    def running(self, identity: str, connector_id: int) -> Transaction | None:
        """What runs on a connector now."""
        return self._running.get((identity, connector_id))

    def _enter(self, transaction: Transaction) -> None:
        place = (transaction.identity, transaction.connector_id)
        before = self._running.get(place)
        if before is None and len(self._running) >= MAX_RUNNING:
            before = next(iter(self._running.values()))
        if before is not None:
            self._leave(before)
            before.superseded = True
            self.changed(before)
        self._running[place] = transaction
        tag = transaction.id_tag.lower()
        self._tags[tag] = self._tags.get(tag, 0) + 1

    def _leave(self, transaction: Transaction) -> None:
        """It is over, by its own end or since another one began in its place."""
        place = (transaction.identity, transaction.connector_id)
        if self._running.get(place) is not transaction:
            return
        del self._running[place]
        tag = transaction.id_tag.lower()
        self._tags[tag] -= 1
        if not self._tags[tag]:
            del self._tags[tag]
        self._over.append(transaction.id)
        self._make_room()

    def _make_room(self) -> None:
        while len(self._over) > self._keep:
            gone = self.transactions.pop(self._over.popleft())
            self._starts.pop(gone.start_facts, None)
            self.forgotten(gone)


def start_facts(identity: str, request: StartTransactionRequest) -> StartFacts:
    """By what a start is known again."""
    return (
        identity,
        request["connectorId"],
        request["idTag"].lower(),
        request["timestamp"],
        request["meterStart"],
    )


def _ignore(transaction: Transaction) -> None:
    """Nobody wants to know."""
