"""What the Core profile tells other plugins of a central system, through ``ocpp_on_event``.

Beside these, the events of :mod:`ocpp_kernel.events_central` that other profiles build on.
"""

from __future__ import annotations

from typing import NamedTuple

from ocpp_kernel.events_central import (
    ConnectorReported,
    StationBooted,
    TransactionBegan,
    TransactionEnded,
)

from ..messages import AuthorizationStatus, MeterValue
from .records import Transaction

__all__ = [
    "ConnectorReported",
    "MeterValuesReceived",
    "StationBooted",
    "TagChecked",
    "TransactionBegan",
    "TransactionEnded",
]


class TagChecked(NamedTuple):
    """A station asked about an idTag."""

    identity: str
    id_tag: str
    status: AuthorizationStatus


class MeterValuesReceived(NamedTuple):
    """Readings came; ``transaction`` is None where they belong to none that is known."""

    identity: str
    connector_id: int
    transaction: Transaction | None
    meter_values: list[MeterValue]
