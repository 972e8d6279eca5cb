"""StatusNotification: when it is sent, and when not (CORE-017, CORE-088 to CORE-098). Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel import timestamps
from ocpp_kernel.errors import CallTimeout, Disconnected, OcppError
from ocpp_kernel.events import StatusChanged
from ocpp_kernel.texts import cut

from ..messages import StatusNotification, StatusNotificationRequest
from .connector import Connector, is_allowed

if TYPE_CHECKING:
    from .plugin import ChargePoint


class StatusReporter:
    """Tells the central system what became of connectors, in the order it happened."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station

    def changed(self, connector: Connector, old: str) -> None:
        """A connector shows something new: now, or once it lasts MinimumStatusDuration."""
        connector.changed_at = self._station.now
        seconds = self._station.configuration["MinimumStatusDuration"]
        if connector.settling is not None:
            connector.settling.cancel()
            connector.settling = None
            seen = connector.reported
            needed = seen not in ("", connector.status) and not is_allowed(seen, connector.status)
            # Leaving the short-lived status out would tell a change that does not exist.
            if needed and self._core.boot.is_ready():
                self._send(connector, old, "NoError")
        if seconds:
            connector.settling = self._station.after(seconds, lambda: self._settled(connector))
        else:
            self.report(connector)
        if old != connector.status:
            self._station.emit(StatusChanged(connector.connector_id, old, connector.status))

    def report(self, connector: Connector) -> None:
        """Tells the status if the central system does not know it and may be told.

        An error with other words to it is another error.
        """
        status, error_code = connector.status, connector.error_code
        known = connector.reported == status and connector.reported_error == error_code
        if known and (error_code == "NoError" or connector.reported_info == connector.info):
            return
        if self._core.boot.is_ready():
            self._send(connector, status, error_code)

    def report_all(self) -> None:
        """Tells whatever is not known, connector 0 first.

        Only a status that replaces a known one need last for MinimumStatusDuration (CORE-017).
        """
        for connector in self._core.connectors:
            if connector.settling is None or not connector.reported:
                self.report(connector)

    def forget(self) -> None:
        """The central system is to be told everything again (CORE-017)."""
        for connector in self._core.connectors:
            connector.reported = ""

    def trigger(self, connector_id: int | None) -> str:
        """A StatusNotification was asked for; the TriggerMessageStatus."""
        connectors = self._core.connectors
        if connector_id is None:
            chosen = connectors
        elif 0 <= connector_id < len(connectors):
            chosen = connectors[connector_id : connector_id + 1]
        else:
            return "Rejected"
        self._station.after_response(lambda: self._send_each(chosen))
        return "Accepted"

    def _send_each(self, connectors: list[Connector]) -> None:
        for connector in connectors:
            self._send(connector, connector.status, connector.error_code)

    def _settled(self, connector: Connector) -> None:
        connector.settling = None
        self.report(connector)

    def _send(self, connector: Connector, status: Any, error_code: Any) -> None:
        payload: StatusNotificationRequest = {
            "connectorId": connector.connector_id,
            "errorCode": error_code,
            "status": status,
        }
        info = connector.info
        if info:
            payload["info"] = cut(info, 50)
        if error_code == "OtherError":
            payload["vendorErrorCode"] = cut(info, 50) or "unknown"
            payload["vendorId"] = self._core.options.vendor
        at = self._station.utc_at(connector.changed_at)
        if at is not None:
            payload["timestamp"] = timestamps.format(at)
        connector.reported = status
        connector.reported_error = error_code
        connector.reported_info = info

        def done(answer: Any, error: OcppError | None) -> None:
            if isinstance(error, (Disconnected, CallTimeout)):
                connector.reported_error = ""  # to be told again; it may have been heard

        self._station.call(StatusNotification(payload), done)
