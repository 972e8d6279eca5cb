"""What a central system remembers of stations and transactions. Plain, typed records.

Times are seconds since 1970 UTC, energy is in Wh.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from ocpp_kernel import timestamps

from ..messages import (
    AuthorizationStatus,
    BootNotificationRequest,
    ChargePointErrorCode,
    ChargePointStatus,
    MeterValue,
    Reason,
    RegistrationStatus,
    StatusNotificationRequest,
)


@dataclass(slots=True)
class Connector:
    """A connector as last reported; number 0 is the station itself."""

    status: ChargePointStatus
    error_code: ChargePointErrorCode
    #: When the status was reached, by the station's clock; of receipt where it did not say.
    since: int
    #: The whole report, with vendor codes and free text.
    report: StatusNotificationRequest
    #: The newest readings.
    meter_values: list[MeterValue] = field(default_factory=list)


@dataclass(slots=True)
class StationRecord:
    """A station that has been heard of."""

    identity: str
    #: None until it sent a BootNotification.
    registration: RegistrationStatus | None = None
    boot: BootNotificationRequest | None = None
    booted_at: int | None = None
    connectors: dict[int, Connector] = field(default_factory=dict)
    #: Whether RegistrationMissing was told on this connection.
    reminded: bool = False


@dataclass(slots=True)
class Transaction:
    """One charging transaction. It runs until ``stopped_at`` is there."""

    id: int
    identity: str
    connector_id: int
    id_tag: str
    meter_start: int
    started_at: int
    #: What was said of the idTag when the transaction began.
    id_tag_status: AuthorizationStatus
    meter_values: deque[MeterValue]
    #: By what its StartTransaction is known again when it is sent again.
    start_facts: tuple[str, int, str, str, int]
    reservation_id: int | None = None
    #: When its start was heard of here; long after ``started_at`` where the station was offline.
    reported_at: int = 0
    meter_stop: int | None = None
    stopped_at: int | None = None
    reason: Reason | None = None
    stop_id_tag: str | None = None
    #: Another one began on the same connector before the end of this was heard.
    superseded: bool = False

    @property
    def running(self) -> bool:
        """Whether its end has not been heard, and nothing else says that it is over."""
        return self.stopped_at is None and not self.superseded

    @property
    def energy(self) -> int | None:
        """Energy delivered; None while it runs."""
        return None if self.meter_stop is None else self.meter_stop - self.meter_start

    def ends_with(self, readings: list[MeterValue]) -> bool:
        """Whether these are the last that came: what was answered in vain is sent again."""
        newest = list(islice(reversed(self.meter_values), len(readings)))
        return newest == readings[::-1]


def epoch(text: str | None, otherwise: int) -> int:
    """The seconds since 1970 UTC a date-time stands for, or ``otherwise`` where it is absent.

    The usual forms take the fast way. No zone means UTC, as in :mod:`ocpp_kernel.timestamps`,
    which knows the rarer ones.
    """
    if text is None:
        return otherwise
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        seconds = timestamps.parse(text)
        return otherwise if seconds is None else seconds
    return int((time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp())
