"""What the Core profile tells other plugins of a central system, through ``ocpp_on_event``."""

from __future__ import annotations

from typing import NamedTuple

from ..messages import (
    AuthorizationStatus,
    BootNotificationRequest,
    ChargePointErrorCode,
    ChargePointStatus,
    MeterValue,
    RegistrationStatus,
)
from .records import Transaction


class StationBooted(NamedTuple):
    """A station sent BootNotification and was answered with this status."""

    identity: str
    status: RegistrationStatus
    boot: BootNotificationRequest


class ConnectorReported(NamedTuple):
    """A station reported a connector's state; 0 is the station itself."""

    identity: str
    connector_id: int
    status: ChargePointStatus
    error_code: ChargePointErrorCode


class TagChecked(NamedTuple):
    """A station asked about an idTag."""

    identity: str
    id_tag: str
    status: AuthorizationStatus


class TransactionBegan(NamedTuple):
    """A StartTransaction was recorded; not told again for one sent twice (CORE-050)."""

    transaction: Transaction


class TransactionEnded(NamedTuple):
    """A StopTransaction was recorded; not told again for one sent twice."""

    transaction: Transaction


class MeterValuesReceived(NamedTuple):
    """Readings came; ``transaction`` is None where they belong to none that is known."""

    identity: str
    connector_id: int
    transaction: Transaction | None
    meter_values: list[MeterValue]
