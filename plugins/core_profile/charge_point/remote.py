"""RemoteStartTransaction, RemoteStopTransaction and UnlockConnector. Portable.

CORE-016, CORE-123 to CORE-133.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .connector import Connector

if TYPE_CHECKING:
    from .plugin import ChargePoint

#: Where a remote start may begin, the likeliest first.
STARTABLE = ("Preparing", "Reserved", "Available", "Finishing")


class Remote:
    """What the central system does to a connector in a driver's stead."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station

    def start(self, id_tag: str, connector_id: int | None, profile: Any) -> bool:
        """Whether a start will be attempted; it is, once the response is sent (CORE-126).

        A charging profile goes to whoever set ``station.shared["accept_remote_profile"]``, which
        says whether it will do; without anybody it is ignored (CORE-132).
        """
        if self._core.boot.status != "Accepted":
            return False
        connector = self._choose(id_tag, connector_id)
        if connector is None:
            return False
        take = self._station.shared.get("accept_remote_profile")
        number = connector.connector_id
        if profile is not None and take is not None and not take(number, profile):
            return False
        connector.authorizing = id_tag
        self._station.after_response(lambda: self._begin(connector, id_tag))
        return True

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
