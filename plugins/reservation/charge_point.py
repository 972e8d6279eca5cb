"""The Reservation profile of a charge point (OCPP 1.6 sections 5.1 and 5.13). Portable.

A reservation keeps a connector, or with connector 0 any one of them, for an idTag and, where it
has a parentIdTag, for its group. Whoever else wants to start there is vetoed, however the start
came about. RES-001 to RES-019, CORE-110.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ocpp_kernel import events, timestamps
from ocpp_kernel.configuration import BOOLEAN, Key, fixed
from ocpp_kernel.contracts import on
from ocpp_kernel.store import StoreError

from .messages import (
    CancelReservation,
    CancelReservationRequest,
    CancelReservationResponse,
    ReserveNow,
    ReserveNowRequest,
    ReserveNowResponse,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocpp_kernel.seams import Connector
    from ocpp_kernel.station import Station, Timer

FILE = "reservations"
#: Statuses of a connector that end a reservation there.
ENDING = ("Faulted", "Unavailable")


class Settings:
    """What an operator may set for this charge point."""

    #: Whether reservations are taken; else every ReserveNow is Rejected (RES-004).
    accept: bool = True
    #: Whether any one connector may be reserved: ReserveConnectorZeroSupported (RES-005).
    connector_zero: bool = True


class Reservation(NamedTuple):
    """Times are seconds since 1970 UTC; ``parent`` is "" for none."""

    reservation_id: int
    connector_id: int
    id_tag: str
    parent: str
    expiry: int
    made: int


class ChargePoint:
    """Takes reservations, keeps them and keeps others away."""

    profile = "Reservation"
    requires = ("core_profile",)
    settings = Settings

    def __init__(self, station: Station, settings: Settings) -> None:
        self._station = station
        self._settings = settings
        self._held: list[Reservation] = []
        self._timer: Timer | None = None
        self._started = 0
        station.shared["reservation_for"] = self._used_by
        station.shared["parent_decides"] = self._parent_decides

    # Hooks.

    def ocpp_register_configuration(self) -> list[Key]:
        return [fixed("ReserveConnectorZeroSupported", BOOLEAN, self._settings.connector_zero)]

    def ocpp_veto_start(self, connector_id: int, id_tag: str) -> str:
        """Nobody else on a reserved connector (RES-009), nor on the last one that is left for a
        reservation of any (RES-006)."""
        here = self._at(connector_id, self._held)
        if here is not None:
            return "" if self._fits(here, connector_id, id_tag) else "it is reserved"
        waiting = self._waiting(self._held, connector_id)
        left = 0
        for connector in self._connectors()[1:]:
            if connector.connector_id != connector_id and not self._use(connector, self._held):
                left += 1
        if left >= len(waiting) or self._first(waiting, connector_id, id_tag) is not None:
            return ""
        return "the last one is reserved"

    def ocpp_on_event(self, event: Any) -> None:
        kind = type(event)
        if kind is events.StatusChanged:
            self._status_changed(event.connector_id, event.new)
        elif kind is events.TransactionStarted:
            used = self._find(event.reservation_id)
            if used is not None:
                self._end(used, "used")
        elif kind is events.ClockSet:
            self._settle()
        elif kind is events.Started:
            self._restore()

    # What the central system asks.

    @on(ReserveNow)
    def on_reserve_now(self, request: ReserveNowRequest) -> ReserveNowResponse:
        status: Any = self._reserve(request)
        return {"status": status}

    @on(CancelReservation)
    def on_cancel_reservation(self, request: CancelReservationRequest) -> CancelReservationResponse:
        reservation = self._find(request["reservationId"])
        if reservation is None:
            return {"status": "Rejected"}
        self._end(reservation, "cancelled")
        self._station.after_response(self._settle)
        return {"status": "Accepted"}

    def _reserve(self, request: ReserveNowRequest) -> str:
        number = request["connectorId"]
        expiry = timestamps.parse(request["expiryDate"])
        now = self._station.utc()
        if expiry is None or now is None or expiry <= now or not self._settings.accept:
            return "Rejected"
        if not (0 if self._settings.connector_zero else 1) <= number < len(self._connectors()):
            return "Rejected"
        # One of the same id is replaced, and is in nobody's way (RES-002).
        others = [r for r in self._held if r.reservation_id != request["reservationId"]]
        obstacle = self._obstacle(number, others)
        if obstacle:
            return obstacle
        others.append(
            Reservation(
                request["reservationId"],
                number,
                request["idTag"],
                request.get("parentIdTag", ""),
                expiry,
                now,
            )
        )
        self._held = others
        self._save()
        self._station.after_response(self._settle)
        return "Accepted"

    # Who may, and where.

    def _obstacle(self, number: int, held: list[Reservation]) -> str:
        """Why a connector, or any one for 0, cannot be reserved too: a ReservationStatus, or ""."""
        connectors = self._connectors()
        whole: str = connectors[0].status
        if whole != "Available":
            return whole
        uses = [self._use(connector, held) for connector in connectors[1:]]
        if number and uses[number - 1]:
            return uses[number - 1]
        if uses.count("") > len(self._waiting(held, 0)):
            return ""
        if "" in uses or "Occupied" in uses:
            return "Occupied"
        return "Unavailable" if "Unavailable" in uses else "Faulted"

    def _use(self, connector: Any, held: list[Reservation]) -> str:
        """What keeps a connector from somebody new: a ReservationStatus, or "" where it is free."""
        if connector.faulted:
            return "Faulted"
        if connector.state == "Unavailable":
            return "Unavailable"
        free = connector.state in ("Available", "Reserved") and not connector.authorizing
        if not free or self._at(connector.connector_id, held) is not None:
            return "Occupied"
        return "" if connector.idle_status == "Available" else "Unavailable"

    def _waiting(self, held: list[Reservation], but: int) -> list[Reservation]:
        """Reservations of any connector whose tag is at none yet, or at connector ``but`` only."""
        waiting = [r for r in held if r.connector_id == 0]
        for connector in self._connectors()[1:] if waiting else ():
            number = connector.connector_id
            if number != but and connector.id_tag and self._at(number, held) is None:
                found = self._first(waiting, number, connector.id_tag)
                if found is not None:
                    waiting.remove(found)
        return waiting

    def _used_by(self, connector_id: int, id_tag: str) -> int | None:
        """The id of the reservation that a start there uses (RES-012, RES-013)."""
        here = self._at(connector_id, self._held)
        choice = self._waiting(self._held, connector_id) if here is None else [here]
        used = self._first(choice, connector_id, id_tag)
        return None if used is None else used.reservation_id

    def _parent_decides(self, connector_id: int, id_tag: str) -> bool:
        """Whether who an unknown tag belongs to matters there, or anywhere for 0 (RES-010)."""
        station = self._station
        if station.hooks.look_up_tag(id_tag) or station.shared["parent_of"](id_tag):
            return False
        for reservation in self._held:
            number = reservation.connector_id
            if reservation.parent and (0 in (number, connector_id) or number == connector_id):
                return True
        return False

    def _fits(self, reservation: Reservation, connector_id: int, id_tag: str) -> bool:
        """Whether it is for this tag; parents compare with parents only (RES-011, CORE-028)."""
        folded = id_tag.lower()
        if reservation.id_tag.lower() == folded:
            return True
        if not reservation.parent:
            return False
        connector = self._connectors()[connector_id]
        if connector.id_tag.lower() == folded:
            parent = connector.parent  # learned when it was accepted; may be forgotten since
        else:
            parent = self._station.shared["parent_of"](id_tag)
        return parent is not None and parent.lower() == reservation.parent.lower()

    def _first(
        self, choice: list[Reservation], connector_id: int, id_tag: str
    ) -> Reservation | None:
        for reservation in choice:
            if self._fits(reservation, connector_id, id_tag):
                return reservation
        return None

    def _at(self, connector_id: int, held: list[Reservation]) -> Reservation | None:
        for reservation in held:
            if reservation.connector_id == connector_id:
                return reservation
        return None

    def _find(self, reservation_id: int | None) -> Reservation | None:
        for reservation in self._held:
            if reservation.reservation_id == reservation_id:
                return reservation
        return None

    def _connectors(self) -> Sequence[Connector]:
        return self._station.shared["connectors"]

    # Beginning and end.

    def _settle(self) -> None:
        """Ends what has expired, waits for what will next, and shows it all (RES-014)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        nearest = 0
        for reservation in list(self._held):
            left = self._left(reservation)
            if left <= 0:
                self._end(reservation, "expired")
            elif left < nearest or not nearest:
                nearest = left
        if nearest:
            self._timer = self._station.after(nearest, self._settle)
        self._show()

    def _left(self, reservation: Reservation) -> int:
        """Seconds until it expires; no less than that while the time is unknown after a start."""
        now = self._station.utc()
        if now is None:
            return reservation.expiry - reservation.made - self._station.now + self._started
        return reservation.expiry - now

    def _show(self) -> None:
        for connector in self._connectors()[1:]:
            if self._at(connector.connector_id, self._held) is None:
                connector.release()
            elif connector.idle_status == "Available":
                connector.reserve()

    def _status_changed(self, connector_id: int, status: str) -> None:
        if status in ENDING:
            self._end_unusable(connector_id, status)
        if status in ENDING or status == "Available":
            self._show()

    def _end_unusable(self, connector_id: int, why: str) -> None:
        """Ends reservations of a connector, or for 0 all (RES-015). Any other connector serves
        those of connector 0, as long as there is one."""
        none_left = True
        for connector in self._connectors()[1:]:
            none_left = none_left and connector.status in ENDING
        for reservation in list(self._held):
            number = reservation.connector_id
            if connector_id in (0, number) or (number == 0 and none_left):
                self._end(reservation, why)

    def _end(self, reservation: Reservation, why: str) -> None:
        self._held.remove(reservation)
        self._save()
        self._station.log("info", f"reservation {reservation.reservation_id} ended: {why}")

    # What outlives a restart (RES-019).

    def _save(self) -> None:
        try:
            self._station.store.save(FILE, [list(reservation) for reservation in self._held])
        except StoreError as error:
            self._station.log("error", f"reservations were not stored: {error}")

    def _restore(self) -> None:
        self._started = self._station.now
        saved: Any = None
        try:
            saved = self._station.store.load(FILE)
        except StoreError as error:
            self._station.log("error", f"reservations were not read: {error}")
        connectors = self._connectors()
        for record in saved if type(saved) is list else ():
            if type(record) is list and len(record) == 6 and 0 <= record[1] < len(connectors):
                self._held.append(Reservation(*record))
        for connector in connectors:
            number = connector.connector_id
            if connector.status in ENDING:
                self._end_unusable(number, connector.status)
            elif number and self._at(number, self._held) is not None:
                connector.reserve(True)
        self._settle()
