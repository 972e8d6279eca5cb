"""What happens at a central system, told to every plugin through ``ocpp_on_event``.

The kernel reports connections; whichever profile owns stations and transactions reports the rest.
Profiles define further types beside their central system.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol


class TransactionRecord(Protocol):
    """A transaction as far as every plugin may rely on; energy in Wh, times since 1970 UTC."""

    @property
    def id(self) -> int: ...

    @property
    def identity(self) -> str: ...

    @property
    def connector_id(self) -> int: ...

    @property
    def id_tag(self) -> str: ...

    @property
    def reservation_id(self) -> int | None: ...

    @property
    def started_at(self) -> int: ...

    @property
    def stopped_at(self) -> int | None: ...

    @property
    def energy(self) -> int | None: ...


class CentralStarted(NamedTuple):
    """Every plugin is installed; stations may connect from now on."""


class StationConnected(NamedTuple):
    """A station's connection is open; nothing was exchanged on it yet."""

    identity: str


class StationDisconnected(NamedTuple):
    """A station's connection is gone; calls not answered have failed already."""

    identity: str
    reason: str


class StationForgotten(NamedTuple):
    """A station that is not connected gives way to others; ``central.stations`` has it for the
    last time."""

    identity: str


class RegistrationMissing(NamedTuple):
    """A station's CALL was refused since it never registered with this central system (FRM-041).

    Told once per connection. A station that only reconnects does not register by itself
    (FRM-012); a plugin that can ask it to should do so now.
    """

    identity: str


class StationBooted(NamedTuple):
    """A station registered and was answered with this status; ``boot`` is what it presented."""

    identity: str
    status: str
    boot: Mapping[str, Any]


class StationRestored(NamedTuple):
    """A station registered before this central system was started anew, and need not again.

    Told before :class:`CentralStarted`.
    """

    identity: str
    status: str


class ConnectorReported(NamedTuple):
    """A station reported a connector's state; 0 is the station itself."""

    identity: str
    connector_id: int
    status: str
    error_code: str


class TransactionBegan(NamedTuple):
    """A transaction's start was recorded; not told again for one sent twice (CORE-050)."""

    transaction: TransactionRecord


class TransactionEnded(NamedTuple):
    """A transaction's end was recorded; not told again for one sent twice."""

    transaction: TransactionRecord
