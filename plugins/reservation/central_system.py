"""The central system's side of the Reservation profile: books of what stations hold.

reservations = central.shared["reservation"]                     # CentralSystem
held = await reservations.reserve(station, 1, "ABCD", expires_at)
await reservations.cancel(held)
reservations.active("CP001")                                     # [Reservation(...), ...]

A ``ReserveNow`` that an application calls by itself is booked all the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple

from ocpp_kernel import timestamps
from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.central_store import CentralStore
from ocpp_kernel.errors import PropertyConstraintViolation
from ocpp_kernel.events_central import (
    CentralStarted,
    ConnectorReported,
    TransactionBegan,
    TransactionRecord,
)
from ocpp_kernel.seams import CentralCore

from .messages import (
    CancelReservation,
    CancelReservationRequest,
    CancelReservationResponse,
    ReservationStatus,
    ReserveNow,
    ReserveNowRequest,
    ReserveNowResponse,
)

#: The name under which the instance is found in ``central.shared``.
NAME: Final = "reservation"

#: Where reservations, those that ended among them, outlive the central system.
BOOK: Final = "reservation.reservations"

#: How a reservation ended. ``Lost``: the station knows nothing of it.
End = Literal["Used", "Cancelled", "Expired", "Faulted", "Unavailable", "Replaced", "Lost"]


class NotReserved(Exception):
    """The station did not make the reservation; ``status`` says why (7.40)."""

    def __init__(self, identity: str, status: ReservationStatus) -> None:
        super().__init__(f"{identity} answers ReserveNow with {status}")
        self.status = status


class Settings:
    """``[central_system.reservation]``."""

    #: The first id that :meth:`CentralSystem.reserve` gives; 0 takes the time in seconds, which
    #: restarts do not repeat.
    first_reservation_id: Annotated[int, range(2**31)] = 0
    #: Reservations remembered after they ended.
    keep: Annotated[int, range(2**31)] = 1000


@dataclass
class Reservation:
    """A reservation a station accepted; times are seconds since 1970 UTC."""

    id: int
    identity: str
    #: 0 for any connector.
    connector_id: int
    id_tag: str
    parent_id_tag: str | None
    made_at: int
    expires_at: int
    #: None while it holds.
    end: End | None = None
    #: The transaction that used it.
    transaction_id: int | None = None

    @property
    def key(self) -> str:
        """By what a station tells it from all others it holds."""
        return f"{self.id} {self.identity}"


class ReservationMade(NamedTuple):
    """A station accepted a reservation."""

    reservation: Reservation


class ReservationEnded(NamedTuple):
    """A reservation ended; ``reservation.end`` says how.

    That one expired is told when its station is next heard of or asked about.
    """

    reservation: Reservation


class CentralSystem:
    """Checks what is to be reserved, and knows what is; ``central.shared["reservation"]``."""

    profile = "Reservation"
    settings = Settings

    def __init__(self, central: Central, settings: Settings) -> None:
        self.central = central
        self.next_id = settings.first_reservation_id or central.utc()
        #: Reservations that ended, the last ones, oldest first.
        self.ended: deque[Reservation] = deque(maxlen=settings.keep)
        self._active: dict[str, dict[int, Reservation]] = {}
        #: What :meth:`reserve` waits for: it may have ended before that hears of it.
        self._asked: dict[tuple[str, int], Reservation | None] = {}
        central.shared[NAME] = self
        central.outgoing_gates.append(self._gate)
        central.on_answer(ReserveNow.name, self._reserved)
        central.on_answer(CancelReservation.name, self._cancelled)

    # What an application asks.

    def active(self, identity: str) -> list[Reservation]:
        """The reservations a station holds, as far as is known here."""
        self._expire(identity)
        return list(self._active.get(identity, {}).values())

    async def reserve(
        self,
        station: ConnectedStation,
        connector_id: int,
        id_tag: str,
        expires_at: int,
        parent_id_tag: str | None = None,
    ) -> Reservation:
        """Has a station reserve a connector, or with 0 any one, under a new id.

        Raises :class:`NotReserved`, or what :meth:`ConnectedStation.call` raises.
        """
        while self._known(station.identity, self.next_id) is not None:
            self.next_id += 1
        number, self.next_id = self.next_id, self.next_id + 1
        request: ReserveNowRequest = {
            "connectorId": connector_id,
            "expiryDate": timestamps.format(expires_at),
            "idTag": id_tag,
            "reservationId": number,
        }
        if parent_id_tag is not None:
            request["parentIdTag"] = parent_id_tag
        place = (station.identity, number)
        self._asked[place] = None
        try:
            answer = await station.call(ReserveNow(request))
        finally:
            made = self._asked.pop(place)
        if made is None:
            raise NotReserved(station.identity, answer["status"])
        return made

    async def cancel(self, reservation: Reservation) -> bool:
        """Gives a reservation up; whether its station still held it.

        Raises what :meth:`ConnectedStation.call` raises, KeyError where the station is forgotten.
        """
        station = self.central.stations[reservation.identity]
        answer = await station.call(CancelReservation({"reservationId": reservation.id}))
        return answer["status"] == "Accepted"

    # Hooks.

    def ocpp_restore_state(self, store: CentralStore) -> None:
        """What stations hold, and what the last ones came to."""
        found = [Reservation(**document) for _, document in store.documents(BOOK)]
        for reservation in sorted(found, key=lambda each: each.made_at):
            self.next_id = max(self.next_id, reservation.id + 1)
            if reservation.end is None:
                self._active.setdefault(reservation.identity, {})[reservation.id] = reservation
            else:
                self._remember(reservation)

    def ocpp_on_event(self, event: object) -> None:
        """What stations report ends reservations."""
        if isinstance(event, TransactionBegan):
            self._used(event.transaction)
        elif isinstance(event, CentralStarted) and self._active:
            self._catch_up()
        elif isinstance(event, ConnectorReported):
            self._reported(event)

    def _catch_up(self) -> None:
        """A transaction may have been stored by a central system that ended before it told so."""
        core: CentralCore | None = self.central.shared.get("core_profile")
        for transaction in list(core.transactions.values()) if core is not None else ():
            number = transaction.reservation_id
            held = None if number is None else self._known(transaction.identity, number)
            # An older one used another reservation of the same id.
            if held is not None and transaction.started_at >= held.made_at:
                self._used(transaction)

    # What is said to stations.

    def _gate(self, station: ConnectedStation, action: str, request: Any) -> None:
        """What no station could do is not even sent (RES-008)."""
        if action != ReserveNow.name:
            return
        wanted: ReserveNowRequest = request
        if wanted["connectorId"] < 0:
            raise PropertyConstraintViolation(
                f"ReserveNow: connectorId {wanted['connectorId']} is negative; 0 is any connector"
            )
        if not wanted["idTag"]:
            raise PropertyConstraintViolation("ReserveNow: idTag is empty")
        expires_at = timestamps.parse(wanted["expiryDate"])
        if expires_at is None or expires_at <= self.central.utc():
            raise PropertyConstraintViolation(
                f"ReserveNow: expiryDate {wanted['expiryDate']} is not in the future; "
                f"it is {self.central.timestamp()} now"
            )

    def _reserved(
        self, station: ConnectedStation, request: ReserveNowRequest, answer: ReserveNowResponse
    ) -> None:
        self._expire(station.identity)
        if answer["status"] == "Accepted":
            self._book(station, request)

    def _book(self, station: ConnectedStation, request: ReserveNowRequest) -> None:
        """RES-002: one of the same id takes the place of the old one."""
        old = self._known(station.identity, request["reservationId"])
        if old is not None:
            self._end(old, "Replaced")
        now = self.central.utc()
        reservation = Reservation(
            request["reservationId"],
            station.identity,
            request["connectorId"],
            request["idTag"],
            request.get("parentIdTag"),
            now,
            timestamps.parse(request["expiryDate"]) or now,
        )
        self._active.setdefault(station.identity, {})[reservation.id] = reservation
        self._write(reservation)
        if (station.identity, reservation.id) in self._asked:
            self._asked[station.identity, reservation.id] = reservation
        self.central.emit(ReservationMade(reservation))

    def _cancelled(
        self,
        station: ConnectedStation,
        request: CancelReservationRequest,
        answer: CancelReservationResponse,
    ) -> None:
        """RES-016: what a station does not know is of no use to keep either."""
        self._expire(station.identity)
        reservation = self._known(station.identity, request["reservationId"])
        if reservation is not None:
            self._end(reservation, "Cancelled" if answer["status"] == "Accepted" else "Lost")

    # What stations report.

    def _used(self, transaction: TransactionRecord) -> None:
        """RES-012. Where it was told late, the reservation may have expired here meanwhile."""
        number = transaction.reservation_id
        if number is None:
            return
        reservation = self._known(transaction.identity, number)
        if reservation is not None:
            reservation.transaction_id = transaction.id
            self._end(reservation, "Used")
            return
        for ended in self.ended:
            is_it = (ended.identity, ended.id) == (transaction.identity, number)
            if is_it and ended.end == "Expired" and transaction.started_at < ended.expires_at:
                ended.end, ended.transaction_id = "Used", transaction.id
                self._write(ended)

    def _reported(self, event: ConnectorReported) -> None:
        """RES-015. Available says nothing: it may be Reserved again at once (B1, A7)."""
        self._expire(event.identity)
        if event.status not in ("Faulted", "Unavailable"):
            return
        end: End = "Faulted" if event.status == "Faulted" else "Unavailable"
        for reservation in list(self._active.get(event.identity, {}).values()):
            if event.connector_id in (0, reservation.connector_id):
                self._end(reservation, end)

    # Books.

    def _known(self, identity: str, number: int) -> Reservation | None:
        return self._active.get(identity, {}).get(number)

    def _expire(self, identity: str) -> None:
        """RES-014: ends what has expired by now."""
        now = self.central.utc()
        for reservation in list(self._active.get(identity, {}).values()):
            if reservation.expires_at <= now:
                self._end(reservation, "Expired")

    def _end(self, reservation: Reservation, end: End) -> None:
        reservation.end = end
        held = self._active[reservation.identity]
        del held[reservation.id]
        if not held:
            del self._active[reservation.identity]
        self._write(reservation)
        self._remember(reservation)
        self.central.emit(ReservationEnded(reservation))

    def _remember(self, ended: Reservation) -> None:
        """The last ones that ended; the first of them is forgotten where there is no room."""
        gone = [ended] if self.ended.maxlen == 0 else []
        if self.ended and len(self.ended) == self.ended.maxlen:
            gone.append(self.ended[0])
        self.ended.append(ended)
        for each in gone:
            again = any(other.key == each.key for other in self.ended)
            known = self._known(each.identity, each.id) is not None
            if self.central.store is not None and not again and not known:
                self.central.store.remove(BOOK, each.key)

    def _write(self, reservation: Reservation) -> None:
        if self.central.store is not None:
            self.central.store.put(BOOK, reservation.key, asdict(reservation))
