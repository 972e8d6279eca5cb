"""Authorization and transactions (OCPP 1.6 sections 4.1, 4.8, 4.10, 5.11, 5.12)."""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import CENTRAL_SYSTEM, CHARGE_POINT, Action, CiString20, DateTime

from .charging_profile import ChargingProfile
from .metering import MeterValue

#: An identification token, compared without regard to case (7.28).
IdToken = CiString20

#: What the central system says of an idTag; only Accepted may charge (7.2).
AuthorizationStatus = Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]

#: Why a transaction ended (7.36).
Reason = Literal[
    "DeAuthorized",
    "EmergencyStop",
    "EVDisconnected",
    "HardReset",
    "Local",
    "Other",
    "PowerLoss",
    "Reboot",
    "Remote",
    "SoftReset",
    "UnlockCommand",
]

#: Whether a remote start or stop is going to be carried out (7.39).
RemoteStartStopStatus = Literal["Accepted", "Rejected"]


class IdTagInfo(TypedDict):
    """Status of an idTag, and for how long it may be remembered (7.27)."""

    expiryDate: NotRequired[DateTime]
    parentIdTag: NotRequired[IdToken]
    status: AuthorizationStatus


class AuthorizeRequest(TypedDict):
    """Asks whether an idTag may charge, or stop charging (4.1, 6.1)."""

    idTag: IdToken


class AuthorizeResponse(TypedDict):
    """Says so (6.2)."""

    idTagInfo: IdTagInfo


class StartTransactionRequest(TypedDict):
    """A transaction has started (4.8, 6.45).

    ``connectorId`` is above 0; ``meterStart`` is the meter's reading in Wh; ``reservationId`` is
    the reservation used up by this transaction.
    """

    connectorId: int
    idTag: IdToken
    meterStart: int
    reservationId: NotRequired[int]
    timestamp: DateTime


class StartTransactionResponse(TypedDict):
    """The transaction's id, and whether its idTag may go on charging (6.46)."""

    idTagInfo: IdTagInfo
    transactionId: int


class StopTransactionRequest(TypedDict):
    """A transaction has ended (4.10, 6.49).

    ``idTag`` is who ended it, where somebody did; ``meterStop`` is the meter's reading in Wh;
    ``reason`` may be left out only for Local (DIS-17); ``transactionData`` may be empty.
    """

    idTag: NotRequired[IdToken]
    meterStop: int
    timestamp: DateTime
    transactionId: int
    reason: NotRequired[Reason]
    transactionData: NotRequired[list[MeterValue]]


class StopTransactionResponse(TypedDict):
    """The end is recorded; what is now known of the idTag (6.50)."""

    idTagInfo: NotRequired[IdTagInfo]


class RemoteStartTransactionRequest(TypedDict):
    """Asks for a transaction with this idTag (5.11, 6.33).

    ``connectorId`` is above 0, any connector where absent; ``chargingProfile`` is a TxProfile.
    """

    connectorId: NotRequired[int]
    idTag: IdToken
    chargingProfile: NotRequired[ChargingProfile]


class RemoteStartTransactionResponse(TypedDict):
    """Whether a start will be attempted, not whether it succeeds (6.34)."""

    status: RemoteStartStopStatus


class RemoteStopTransactionRequest(TypedDict):
    """Asks for this transaction to be ended (5.12, 6.35)."""

    transactionId: int


class RemoteStopTransactionResponse(TypedDict):
    """Whether the transaction runs here and will be ended (6.36)."""

    status: RemoteStartStopStatus


Authorize = Action("Authorize", AuthorizeRequest, AuthorizeResponse, sent_by=CHARGE_POINT)
StartTransaction = Action(
    "StartTransaction", StartTransactionRequest, StartTransactionResponse, sent_by=CHARGE_POINT
)
StopTransaction = Action(
    "StopTransaction", StopTransactionRequest, StopTransactionResponse, sent_by=CHARGE_POINT
)
RemoteStartTransaction = Action(
    "RemoteStartTransaction",
    RemoteStartTransactionRequest,
    RemoteStartTransactionResponse,
    sent_by=CENTRAL_SYSTEM,
)
RemoteStopTransaction = Action(
    "RemoteStopTransaction",
    RemoteStopTransactionRequest,
    RemoteStopTransactionResponse,
    sent_by=CENTRAL_SYSTEM,
)
