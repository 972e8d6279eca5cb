"""What happens at a charge point, told to every plugin through ``ocpp_on_event``. Portable.

A driver reports what its hardware sees; profiles report what became of it. A new fact is a new
event type, not a new hook. Connector 0 is the charge point as a whole.
"""

from __future__ import annotations

from typing import NamedTuple


class Started(NamedTuple):
    """The software runs; every plugin is installed. ``cause`` as in BootNotification's log."""

    cause: str


class Connected(NamedTuple):
    """The connection to the central system is open; nothing was sent on it yet."""

    session: object


class Disconnected(NamedTuple):
    """The connection is gone; calls not answered have failed already."""

    reason: str


class BootAccepted(NamedTuple):
    """The central system accepted this charge point; ``first`` since the software started."""

    first: bool


class ClockSet(NamedTuple):
    """The time became known or was corrected by ``step`` seconds (0 the first time)."""

    step: int


class Command(NamedTuple):
    """An operator typed a line at the charge point's console."""

    line: str


class CablePlugged(NamedTuple):
    """An EV is connected to the connector."""

    connector_id: int


class CableUnplugged(NamedTuple):
    """The cable was taken out at the EV's side."""

    connector_id: int


class TagPresented(NamedTuple):
    """A driver presented an idTag, of 1 to 20 printable ASCII characters."""

    connector_id: int
    id_tag: str


class EvReady(NamedTuple):
    """The EV began (``ready``) or ceased to ask for energy."""

    connector_id: int
    ready: bool


class StopPressed(NamedTuple):
    """Somebody ends charging at the charge point; ``reason`` is Local, EmergencyStop or Other."""

    connector_id: int
    reason: str


class FaultRaised(NamedTuple):
    """A fault; ``error_code`` is a ChargePointErrorCode, ``info`` free text."""

    connector_id: int
    error_code: str
    info: str


class FaultCleared(NamedTuple):
    """The fault is over."""

    connector_id: int


class PowerFailing(NamedTuple):
    """Power is about to go; what must survive has to be written now."""

    connector_id: int


class StatusChanged(NamedTuple):
    """The connector's ChargePointStatus changed."""

    connector_id: int
    old: str
    new: str


class TransactionStarted(NamedTuple):
    """Charging was authorized and the transaction runs; times are epoch seconds, or None while
    unknown; energy is Wh. ``number`` is this charge point's own, since the transactionId comes
    later."""

    connector_id: int
    number: int
    id_tag: str
    reservation_id: int | None


class TransactionStopped(NamedTuple):
    """The transaction ended, for the Reason given."""

    connector_id: int
    number: int
    reason: str


class StartCancelled(NamedTuple):
    """What was to become a transaction on this connector will not; see TransactionStarted."""

    connector_id: int


class LimitChanged(NamedTuple):
    """The charging limit has to be asked for anew; connector 0 stands for all of them."""

    connector_id: int


class ConfigurationChanged(NamedTuple):
    """A configuration key has a new value; ``key`` is spelled as it was declared."""

    key: str


class TagInfoReceived(NamedTuple):
    """The central system told the status of an idTag; ``expiry`` in epoch seconds, or None."""

    id_tag: str
    status: str
    parent_id_tag: str | None
    expiry: int | None
