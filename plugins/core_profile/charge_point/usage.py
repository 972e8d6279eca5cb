"""What people do at a connector: plug in, present a tag, unplug, or nothing at all. Portable.

CORE-023 to CORE-028, CORE-064 to CORE-066, CORE-096, CORE-099, CORE-100.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpp_kernel.events import (
    CablePlugged,
    CableUnplugged,
    EvReady,
    StartCancelled,
    StopPressed,
    TagPresented,
)
from ocpp_kernel.texts import masked

from .authorization import same_tag
from .connector import Connector

if TYPE_CHECKING:
    from .charging import Transaction
    from .plugin import ChargePoint


class Usage:
    """Turns events of the hardware into starts and stops."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station

    # Decisions others share.

    def obstacle(self, connector: Connector) -> str:
        """Why nobody can start a transaction here now, "" if somebody can."""
        core = self._core
        reason = ""
        if core.resetting:
            reason = "the charge point is about to restart"
        elif not core.boot.known and not core.options.charge_before_accepted:
            reason = "no central system ever accepted this charge point"
        elif core.connectors[0].faulted or connector.faulted:
            reason = "there is a fault"
        elif connector.idle_status == "Unavailable":
            reason = "the connector is out of use"
        elif connector.transaction is not None:
            reason = "a transaction runs"
        elif connector.timed_out:
            reason = "the cable was in for too long without an idTag; unplug it first"
        return reason

    def accept(self, connector: Connector, id_tag: str, parent: str | None) -> None:
        """The tag is authorized: starts, or waits for the cable."""
        reason = self.obstacle(connector) or self._station.hooks.veto_start(
            connector.connector_id, id_tag
        )
        if reason:
            self._drop(connector, id_tag, reason)
            return
        connector.id_tag = id_tag
        connector.parent = parent
        if connector.state != "Preparing":
            connector.move("Preparing")
        if connector.plugged:
            self._core.charging.start(connector)
        else:
            self.await_user(connector)

    def verdict(self, connector: Connector, id_tag: str, ok: bool, parent: str | None) -> None:
        """The outcome of an authorization to start."""
        connector.authorizing = ""
        if ok:
            self.accept(connector, id_tag, parent)
        else:
            self._drop(connector, id_tag, "it is not authorized")

    def cancel(self, connector: Connector) -> None:
        """An accepted tag will not start after all; the connector is as before (B1)."""
        connector.cancel_wait()
        if connector.id_tag:
            connector.id_tag = ""
            self._station.emit(StartCancelled(connector.connector_id))
        if connector.state == "Preparing":
            if connector.plugged and connector.idle_status == "Available":
                self.await_user(connector)
            else:
                connector.move("Available")

    def await_user(self, connector: Connector) -> None:
        """Gives the user ConnectionTimeOut to bring what is missing."""
        connector.cancel_wait()
        seconds = self._station.configuration["ConnectionTimeOut"]
        if seconds:
            connector.wait = self._station.after(seconds, lambda: self._too_late(connector))

    def resume(self, connector: Connector) -> None:
        """The connector is Available again: a cable that is in counts from now on (A2)."""
        if connector.plugged and connector.state == "Available":
            connector.move("Preparing")
            self.await_user(connector)

    # Events.

    def on_plugged(self, event: CablePlugged) -> None:
        connector = self._core.connector(event.connector_id)
        if connector is None or connector.plugged:
            return
        connector.plugged = True
        connector.ev_ready = True
        connector.timed_out = False
        if connector.transaction is not None:
            self._core.charging.refresh(connector)
        elif connector.state == "Available":
            self.resume(connector)
        elif connector.state == "Preparing" and connector.id_tag:
            self.accept(connector, connector.id_tag, connector.parent)

    def on_unplugged(self, event: CableUnplugged) -> None:
        connector = self._core.connector(event.connector_id)
        if connector is None or not connector.plugged:
            return
        connector.plugged = False
        connector.timed_out = False
        if connector.transaction is not None:
            if self._station.configuration["StopTransactionOnEVSideDisconnect"]:
                self._core.charging.stop(connector, "EVDisconnected")
            else:
                self._core.charging.refresh(connector)
        elif connector.state == "Preparing":
            self.cancel(connector)
        elif connector.state == "Finishing" and not connector.locked:
            connector.held_for = ""
            connector.move(connector.idle_status)

    def on_ev_ready(self, event: EvReady) -> None:
        connector = self._core.connector(event.connector_id)
        if connector is not None:
            connector.ev_ready = event.ready
            self._core.charging.refresh(connector)

    def on_stop_pressed(self, event: StopPressed) -> None:
        for connector in self._core.connectors:
            if event.connector_id in (0, connector.connector_id):
                self._core.charging.stop(connector, event.reason)

    def on_tag(self, event: TagPresented) -> None:
        id_tag = event.id_tag
        connector = self._reader(event.connector_id, id_tag)
        if connector is None or connector.authorizing:
            text = f"idTag {masked(id_tag)} is ignored: no connector is free for it"
            self._station.log("warning", text)
            return
        transaction = connector.transaction
        if transaction is not None:
            self._stop_by(connector, transaction, id_tag)
        elif connector.held_for or (connector.locked and not connector.plugged):
            self._release_by(connector, id_tag)
        elif connector.id_tag:
            if same_tag(connector.id_tag, id_tag):
                self.cancel(connector)
            else:
                self._refuse(connector, id_tag, "another idTag is waiting for its cable")
        else:
            self._start_by(connector, id_tag)

    # Tags.

    def _start_by(self, connector: Connector, id_tag: str) -> None:
        reason = self.obstacle(connector)
        if reason:
            self._refuse(connector, id_tag, reason)
            return
        connector.authorizing = id_tag
        self._core.authorizer.authorize(
            id_tag, lambda ok, parent: self.verdict(connector, id_tag, ok, parent)
        )

    def _stop_by(self, connector: Connector, transaction: Transaction, id_tag: str) -> None:
        """Ends a transaction with its own tag, or with one of the same group (CORE-026/027)."""
        charging = self._core.charging
        if same_tag(transaction.id_tag, id_tag):
            charging.stop(connector, "Local", id_tag)
            return
        group = transaction.parent
        if not group:
            self._refuse(connector, id_tag, "a transaction of another idTag runs")
            return

        def then(ok: bool, parent: str | None) -> None:
            connector.authorizing = ""
            if not (ok and parent and same_tag(parent, group)):
                self._refuse(connector, id_tag, "it is not of the group that charges")
            elif connector.transaction is transaction:
                charging.stop(connector, "Local", id_tag)

        connector.authorizing = id_tag
        info = self._core.authorizer.known(id_tag)
        if info is not None and info.status == "Accepted" and info.parent_id_tag:
            then(True, info.parent_id_tag)
        else:
            self._core.authorizer.authorize(id_tag, then)

    def _release_by(self, connector: Connector, id_tag: str) -> None:
        """A cable that stayed locked is released to who started, or the group (CORE-040)."""
        holder, group = connector.held_for, connector.parent
        if not holder or same_tag(holder, id_tag):
            self._core.charging.unlock(connector)
            return

        def then(ok: bool, parent: str | None) -> None:
            connector.authorizing = ""
            if parent and group and same_tag(parent, group):
                self._core.charging.unlock(connector)
            else:
                self._refuse(connector, id_tag, "the cable is locked for another idTag")

        connector.authorizing = id_tag
        self._core.authorizer.authorize(id_tag, then)

    def _refuse(self, connector: Connector, id_tag: str, reason: str) -> None:
        number = connector.connector_id
        text = f"connector {number}: idTag {masked(id_tag)} is refused: {reason}"
        self._station.log("warning", text)

    def _drop(self, connector: Connector, id_tag: str, reason: str) -> None:
        """A start that was under way is refused after all."""
        self._refuse(connector, id_tag, reason)
        if connector.id_tag:
            self.cancel(connector)
        else:
            self._station.emit(StartCancelled(connector.connector_id))

    def _reader(self, connector_id: int, id_tag: str) -> Connector | None:
        """The connector a tag was meant for; 0 stands for a reader they share."""
        if connector_id:
            return self._core.connector(connector_id)
        best = None
        most = 0
        for connector in self._core.connectors[1:]:
            transaction = connector.transaction
            if transaction is not None:
                if same_tag(transaction.id_tag, id_tag):
                    return connector
            elif same_tag(connector.id_tag or connector.held_for, id_tag):
                return connector
            else:
                fitness = self._fitness(connector, id_tag)
                if fitness > most:
                    best = connector
                    most = fitness
        return best

    def _fitness(self, connector: Connector, id_tag: str) -> int:
        """How likely a tag is meant for a connector nobody uses; 0 if it cannot be."""
        fitness = 0
        if self._station.hooks.veto_start(connector.connector_id, id_tag):
            if self._core.authorizer.parent_decides(connector.connector_id, id_tag):
                fitness = 1
        elif connector.state == "Reserved":
            fitness = 4
        elif connector.plugged and not self.obstacle(connector):
            fitness = 3
        elif connector.status == "Available":
            fitness = 2
        return fitness

    def _too_late(self, connector: Connector) -> None:
        connector.wait = None
        if connector.state != "Preparing":
            return
        if connector.plugged:
            connector.timed_out = True
            connector.id_tag = ""
            connector.move("Finishing")
        else:
            self.cancel(connector)
