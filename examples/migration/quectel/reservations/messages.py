"""CancelReservation (OCPP 1.6 section 5.1), as the plugin ``reservation`` has it too."""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Literal, TypedDict

from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action

CancelReservationStatus = Literal["Accepted", "Rejected"]


class CancelReservationRequest(TypedDict):
    """Asks for a reservation to be given up."""

    reservationId: int


class CancelReservationResponse(TypedDict):
    """Whether there was one."""

    status: CancelReservationStatus


CancelReservation = Action(
    "CancelReservation",
    CancelReservationRequest,
    CancelReservationResponse,
    sent_by=CENTRAL_SYSTEM,
)
