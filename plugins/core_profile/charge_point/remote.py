"""RemoteStartTransaction, RemoteStopTransaction and UnlockConnector. Portable.

CORE-016, CORE-123 to CORE-133.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel.session import Deferred

from .connector import Connector

if TYPE_CHECKING:
    from ..messages import RemoteStartTransactionResponse
    from .plugin import ChargePoint

#: Where a remote start may begin, the likeliest first.
STARTABLE = ("Reserved", "Preparing", "Available", "Finishing")


class Remote:
    """What the central system does to a connector in a driver's stead."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station

    def start(
        self, id_tag: str, connector_id: int | None, profile: Any
    ) -> RemoteStartTransactionResponse | Deferred:
        """The response; it comes later where the central system is asked for the parentIdTag first.

        A charging profile goes to whoever set ``station.shared["accept_remote_profile"]``, which
        says whether it will do; without anybody it is ignored (CORE-132).
        """
        core = self._core
        if core.boot.status != "Accepted":
            return {"status": "Rejected"}
        connector = self._choose(id_tag, connector_id)
        if connector is not None or not core.authorizer.parent_decides(connector_id or 0, id_tag):
            answer: RemoteStartTransactionResponse = self._attempt(connector, id_tag, profile)
            return answer
        later = Deferred()
        session = self._station.session

        def then(ok: bool, parent: str | None) -> None:
            # Nothing starts that nobody can be told of.
            if ok and self._station.session is session:
                later.resolve(self._attempt(self._choose(id_tag, connector_id), id_tag, profile))
            else:
                later.resolve({"status": "Rejected"})

        core.authorizer.authorize(id_tag, then)
        return later

    def _attempt(self, connector: Connector | None, id_tag: str, profile: Any) -> Any:
        """The response; starts once it is sent (CORE-126)."""
        take = self._station.shared.get("accept_remote_profile")
        if connector is None or (
            profile is not None and take is not None and not take(connector.connector_id, profile)
        ):
            return {"status": "Rejected"}
        connector.authorizing = id_tag
        self._station.after_response(lambda: self._begin(connector, id_tag))
        return {"status": "Accepted"}

    def stop(self, transaction_id: int) -> bool:
        """Whether that transaction runs and is going to be ended (CORE-133)."""
        if self._core.boot.status != "Accepted":
            return False
        connector = self._core.charging.find(transaction_id)
        if connector is None:
            return False
        self._station.after_response(lambda: self._core.charging.stop(connector, "Remote"))
        return True

    def unlock(self, connector_id: int) -> str:
        """Ends the connector's transaction and releases its cable; the UnlockStatus."""
        connector = self._core.connector(connector_id)
        if connector is None or not self._core.driver.lockable:
            return "NotSupported"
        self._core.charging.stop(connector, "UnlockCommand")
        connector.locked = True  # whatever was known: the lock is to be moved now
        return "Unlocked" if self._core.charging.unlock(connector) else "UnlockFailed"

    def _choose(self, id_tag: str, connector_id: int | None) -> Connector | None:
        if connector_id is not None:
            connector = self._core.connector(connector_id)
            if connector is not None and self._is_free(connector, id_tag):
                return connector
            return None
        for state in STARTABLE:
            for connector in self._core.connectors[1:]:
                if connector.state == state and self._is_free(connector, id_tag):
                    return connector
        return None

    def _is_free(self, connector: Connector, id_tag: str) -> bool:
        return (
            connector.state in STARTABLE
            and not (connector.authorizing or connector.id_tag or connector.held_for)
            and not self._core.usage.obstacle(connector)
            and not self._station.hooks.veto_start(connector.connector_id, id_tag)
        )

    def _begin(self, connector: Connector, id_tag: str) -> None:
        core = self._core
        if self._station.configuration["AuthorizeRemoteTxRequests"]:
            core.authorizer.authorize(
                id_tag, lambda ok, parent: core.usage.verdict(connector, id_tag, ok, parent)
            )
        else:
            core.usage.verdict(connector, id_tag, True, core.authorizer.parent_of(id_tag))
