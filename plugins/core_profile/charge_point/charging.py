"""Transactions from start to stop, and whether energy flows meanwhile. Portable.

CORE-040 to CORE-042, CORE-051 to CORE-066, CORE-091.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel.events import TransactionStarted, TransactionStopped

from .connector import Connector

if TYPE_CHECKING:
    from ocpp_kernel.station import Timer

    from .plugin import ChargePoint

#: Seconds between looks at the meter while an invalid idTag may still get energy (CORE-042).
WATCH = 10


class Transaction:
    """A transaction that runs. ``number`` is this charge point's own, ``transaction_id`` the
    central system's, None until it told one. Energy is in Wh, times are monotonic seconds."""

    def __init__(self, connector_id: int, id_tag: str, parent: str | None) -> None:
        self.connector_id = connector_id
        self.id_tag = id_tag
        self.parent = parent
        self.number = 0
        self.transaction_id: int | None = None
        self.reservation_id: int | None = None
        self.meter_start = 0
        #: The register as last read.
        self.energy = 0
        self.started_at = 0
        #: The central system refused the idTag afterwards, and energy must not flow (CORE-041).
        self.blocked = False
        #: Meter values for the StopTransaction: [time, context, values] (CORE-071).
        self.data: list[Any] = []
        #: Of periodic samples only every ``stride``-th is kept; ``skipped`` counts them.
        self.stride = 1
        self.skipped = 0
        self.sampling: Timer | None = None


class Charging:
    """Starts, steers and stops the transactions of all connectors."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station

    def start(self, connector: Connector) -> None:
        """Begins the transaction of a connector that is plugged and has an accepted idTag."""
        core, number = self._core, connector.connector_id
        connector.cancel_wait()
        if core.driver.lockable:
            connector.locked = core.driver.lock(number)
            if not connector.locked:
                core.usage.cancel(connector)
                core.raise_fault(number, "ConnectorLockFailure", "the cable was not locked")
                return
        transaction = Transaction(number, connector.id_tag, connector.parent)
        transaction.meter_start = transaction.energy = core.driver.read_energy(number)
        transaction.started_at = self._station.now
        finder = self._station.shared.get("reservation_for")
        if finder is not None:
            transaction.reservation_id = finder(number, connector.id_tag)
        begin = core.meter.begin(transaction)
        # Stored before energy flows: what was charged is told, whatever happens (CORE-043).
        transaction.number = core.journal.start(
            transaction.meter_start, number, connector.id_tag, transaction.reservation_id, begin
        )
        if not transaction.number:
            self._station.log("error", f"connector {number}: no start, it cannot be stored")
            self._unlock(connector)
            core.usage.cancel(connector)
            return
        connector.transaction = transaction
        connector.id_tag = ""
        connector.held_for = ""
        self._station.emit(
            TransactionStarted(
                number, transaction.number, transaction.id_tag, transaction.reservation_id
            )
        )
        self.offer(connector)
        core.meter.start(connector)

    def stop(self, connector: Connector, reason: str, id_tag: str | None = None) -> None:
        """Ends the connector's transaction for a Reason; ``id_tag`` is who ended it."""
        core, number = self._core, connector.connector_id
        transaction = connector.transaction
        if transaction is None:
            return
        core.driver.energise(number, False)
        connector.offered = -1
        energy = self.read_energy(transaction)
        data = core.meter.end(transaction)
        core.journal.stop(transaction.number, energy, id_tag, reason, data)
        connector.transaction = None
        self._station.emit(TransactionStopped(number, transaction.number, reason))
        if reason == "EVDisconnected":
            if self._station.configuration["UnlockConnectorOnEVSideDisconnect"]:
                self._unlock(connector)
        elif reason == "DeAuthorized":
            if connector.locked:
                connector.held_for = transaction.id_tag
                connector.parent = transaction.parent
        else:
            self._unlock(connector)
        self._leave(connector, reason == "EVDisconnected")
        core.availability.settle()

    def offer(self, connector: Connector) -> None:
        """Asks for the charging limit anew and passes it on to the EV."""
        if connector.transaction is not None:
            core, number = self._core, connector.connector_id
            most = core.driver.max_current
            limit = self._station.hooks.charging_limit(number, self._station.utc() or 0)
            current = most if limit is None else max(min(limit, most), 0)
            if current != connector.offered:
                connector.offered = current
                core.driver.offer_current(number, current)
            self.refresh(connector)

    def refresh(self, connector: Connector) -> None:
        """Lets energy flow, or not, and shows it: Charging, SuspendedEV or SuspendedEVSE."""
        transaction = connector.transaction
        if transaction is None:
            return
        flows = connector.plugged and not (connector.faulted or transaction.blocked)
        self._core.driver.energise(connector.connector_id, flows)
        if transaction.blocked or connector.offered == 0 or connector.silent:
            state = "SuspendedEVSE"
        elif connector.ev_ready and connector.plugged:
            state = "Charging"
        else:
            state = "SuspendedEV"
        if state != connector.state:
            info = "" if connector.plugged else "EV side disconnected"
            connector.move(state, info)

    def read_energy(self, transaction: Transaction) -> int:
        """The register of the transaction's connector; never less than before (CORE-080)."""
        energy = self._core.driver.read_energy(transaction.connector_id)
        transaction.energy = max(transaction.energy, energy)
        self._core.journal.measured(transaction.number, transaction.energy)
        return transaction.energy

    def find(self, transaction_id: int) -> Connector | None:
        """The connector where the transaction with this transactionId runs."""
        for connector in self._core.connectors:
            transaction = connector.transaction
            if transaction is not None and transaction.transaction_id == transaction_id:
                return connector
        return None

    def answered(self, record: list[Any], answer: Any) -> None:
        """The central system answered a message of the journal."""
        info = answer.get("idTagInfo")
        if record[1] == "S":
            self._core.authorizer.learn(record[7], info)
            for connector in self._core.connectors:
                transaction = connector.transaction
                if transaction is not None and transaction.number == record[4]:
                    transaction.transaction_id = answer["transactionId"]
                    transaction.parent = info.get("parentIdTag", transaction.parent)
                    if info["status"] != "Accepted":
                        self._refused(connector, transaction)
        elif record[1] == "E" and info is not None and record[6]:
            self._core.authorizer.learn(record[6], info)

    def unlock(self, connector: Connector) -> bool:
        """Releases the cable and shows what follows; whether it is free now."""
        free = self._unlock(connector)
        if free:
            connector.held_for = ""
            if connector.state == "Finishing" and not connector.plugged:
                connector.move(connector.idle_status)
        return free

    def _unlock(self, connector: Connector) -> bool:
        if self._core.driver.lockable and connector.locked:
            connector.locked = not self._core.driver.unlock(connector.connector_id)
        return not connector.locked

    def _refused(self, connector: Connector, transaction: Transaction) -> None:
        configuration = self._station.configuration
        if configuration["StopTransactionOnInvalidId"]:
            self.stop(connector, "DeAuthorized")
            return
        left: int = configuration["MaxEnergyOnInvalidId"]
        self._watch(connector, transaction, self.read_energy(transaction) + left)

    def _watch(self, connector: Connector, transaction: Transaction, most: int) -> None:
        if connector.transaction is not transaction:
            return
        if self.read_energy(transaction) >= most:
            transaction.blocked = True
            self.refresh(connector)
        else:
            self._station.after(WATCH, lambda: self._watch(connector, transaction, most))

    def _leave(self, connector: Connector, by_cable: bool) -> None:
        """The status after a transaction."""
        idle = connector.idle_status
        if idle == "Unavailable":
            connector.move(idle)
        elif connector.plugged:
            connector.move("Finishing")
        elif by_cable:
            connector.move("Finishing", "EV side disconnected")
            if not connector.locked:
                connector.move(idle)
        else:
            connector.move(idle)
