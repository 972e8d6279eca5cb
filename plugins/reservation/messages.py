"""The messages of the Reservation profile (OCPP 1.6 sections 5.1 and 5.13)."""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action, CiString20, DateTime

#: An identification token, compared without regard to case (7.28).
IdToken = CiString20

#: Rejected where there is no such reservation (7.5).
CancelReservationStatus = Literal["Accepted", "Rejected"]

#: Made, or why not; Rejected where reservations are not taken at all (7.40).
ReservationStatus = Literal["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]


class ReserveNowRequest(TypedDict):
    """Keeps a connector, or with connectorId 0 any one, until ``expiryDate`` (5.13, 6.37).

    It is kept for ``idTag`` and for idTags whose parent is ``parentIdTag``. A reservation with
    the same ``reservationId`` is replaced.
    """

    connectorId: int
    expiryDate: DateTime
    idTag: IdToken
    parentIdTag: NotRequired[IdToken]
    reservationId: int


class ReserveNowResponse(TypedDict):
    """Whether it is kept (6.38)."""

    status: ReservationStatus


class CancelReservationRequest(TypedDict):
    """Gives a reservation up (5.1, 6.5)."""

    reservationId: int


class CancelReservationResponse(TypedDict):
    """Whether there was such a reservation (6.6)."""

    status: CancelReservationStatus


ReserveNow = Action("ReserveNow", ReserveNowRequest, ReserveNowResponse, sent_by=CENTRAL_SYSTEM)
CancelReservation = Action(
    "CancelReservation",
    CancelReservationRequest,
    CancelReservationResponse,
    sent_by=CENTRAL_SYSTEM,
)
