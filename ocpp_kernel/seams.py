"""What a charge point's and a central system's profiles offer other plugins, as types.

Only types: nothing here runs, and nothing of it reaches a device. ``station.shared`` and
``central.shared`` are dictionaries; a plugin that looks into them at a name below gets an object
of the type given there::

    def ocpp_on_event(self, event: object) -> None:
        if isinstance(event, TransactionStarted):
            connector = self.station.shared["connectors"][event.connector_id]   # a Connector

Every name is there from :class:`~ocpp_kernel.events.Started` on, as long as the plugin that offers
it runs; those marked *may be absent* are asked for with ``get``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from ocpp_kernel.central import ConnectedStation
    from ocpp_kernel.events_central import TransactionRecord

D = TypeVar("D")


class Transaction(Protocol):
    """A transaction that runs at a charge point."""

    @property
    def number(self) -> int:
        """This charge point's own number, as in events; it is there before the transactionId."""
        ...

    @property
    def transaction_id(self) -> int | None:
        """As the central system gave it; None while it did not answer."""
        ...

    @property
    def id_tag(self) -> str: ...

    @property
    def started_at(self) -> int:
        """On ``station.now``'s clock."""
        ...

    @property
    def parent(self) -> str | None:
        """The parentIdTag."""
        ...

    @property
    def reservation_id(self) -> int | None: ...


class Connector(Protocol):
    """A connector; number 0 is the charge point as a whole."""

    @property
    def connector_id(self) -> int: ...

    @property
    def status(self) -> str:
        """The ChargePointStatus."""
        ...

    @property
    def error_code(self) -> str:
        """The ChargePointErrorCode last told."""
        ...

    @property
    def id_tag(self) -> str:
        """The accepted idTag that waits for its cable, "" if none."""
        ...

    @property
    def parent(self) -> str | None:
        """The parentIdTag of :attr:`id_tag`."""
        ...

    @property
    def idle_status(self) -> str:
        """The status while nobody uses it."""
        ...

    @property
    def plugged(self) -> bool:
        """Whether an EV is connected."""
        ...

    @property
    def ev_ready(self) -> bool:
        """Whether the EV asks for energy."""
        ...

    @property
    def operative(self) -> bool:
        """False once ChangeAvailability took it, or is to take it, out of use."""
        ...

    @property
    def offered(self) -> int:
        """What the EV is offered, in mA per phase; -1 while nothing is."""
        ...

    @property
    def transaction(self) -> Transaction | None: ...

    #: A plugin keeps the connector out of use for a while; it calls ``settle`` after setting it.
    withheld: bool

    def reserve(self, at_start: bool = False) -> bool:
        """Becomes Reserved if it is Available; whether it did."""
        ...

    def release(self) -> None:
        """It is reserved no longer."""
        ...


class StationShared(Protocol):
    """``station.shared``: any object by name, and these with their types."""

    @overload
    def __getitem__(self, name: Literal["connectors"], /) -> Sequence[Connector]:
        """By number; 0 is the charge point as a whole."""

    @overload
    def __getitem__(self, name: Literal["parent_of"], /) -> Callable[[str], str | None]:
        """The parentIdTag of an idTag as far as it is known here."""

    @overload
    def __getitem__(self, name: Literal["settle"], /) -> Callable[[], None]:
        """To be called after ``withheld`` was set: gives connectors the status that follows."""

    @overload
    def __getitem__(self, name: Literal["restart"], /) -> Callable[[str], Any]:
        """Restarts the software, ``Soft`` or ``Hard``, once transactions have ended."""

    @overload
    def __getitem__(self, name: Literal["firmware_version"], /) -> str:
        """Of this charge point's software, as BootNotification tells it; "" where none is set."""

    @overload
    def __getitem__(self, name: Literal["reservation_for"], /) -> Callable[[int, str], int | None]:
        """The reservationId that an idTag uses up on a connector. May be absent."""

    @overload
    def __getitem__(self, name: Literal["parent_decides"], /) -> Callable[[int, str], bool]:
        """Whether only its parentIdTag could let an idTag start there. May be absent."""

    @overload
    def __getitem__(self, name: Literal["accept_remote_profile"], /) -> Callable[[int, Any], bool]:
        """Takes the charging profile of a remote start, or does not. May be absent."""

    @overload
    def __getitem__(self, name: str, /) -> Any: ...

    def __setitem__(self, name: str, value: Any, /) -> None: ...

    def __delitem__(self, name: str, /) -> None: ...

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...

    @overload
    def get(self, name: str, /) -> Any: ...

    @overload
    def get(self, name: str, otherwise: D, /) -> Any | D: ...


class CentralCore(Protocol):
    """What the profile that owns stations offers others, by its plugin's name.

    An application or plugin may put its own decisions in place of these two; each may be
    ``async``, so that a database or another service can be asked without delaying other stations.
    """

    #: (station, request of its boot) -> its registration's status.
    accept: Callable[[ConnectedStation, Any], Any]
    #: (station, idTag) -> what is known of the tag, as messages have it. Whatever it raises is
    #: answered with an error: a start of a transaction must not be, so it should not raise.
    look_up: Callable[[ConnectedStation, str], Any]

    @property
    def transactions(self) -> Mapping[int, TransactionRecord]:
        """Transactions by id: those that run and the last that ended."""
        ...
