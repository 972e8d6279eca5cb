"""The messages of the Local Auth List Management profile (OCPP 1.6 sections 3.5.2, 5.10, 5.15).

What is said of an idTag is also said in answers to authorizations, whose profile has its own copy
of these types, since plugins know only the kernel and themselves; a test keeps the two alike.
"""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action, CiString20, DateTime

#: An identification token, compared without regard to case (7.28).
IdToken = CiString20

#: What the central system says of an idTag; only Accepted may charge (7.2).
AuthorizationStatus = Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]

#: VersionMismatch where a differential update is not newer than the list (7.47).
UpdateStatus = Literal["Accepted", "Failed", "NotSupported", "VersionMismatch"]

#: Changes to the list, or a new one (7.48).
UpdateType = Literal["Differential", "Full"]


class IdTagInfo(TypedDict):
    """Status of an idTag, and for how long it may be remembered (7.27)."""

    expiryDate: NotRequired[DateTime]
    parentIdTag: NotRequired[IdToken]
    status: AuthorizationStatus


class AuthorizationData(TypedDict):
    """An entry of the list (7.1).

    In a differential update one without ``idTagInfo`` removes the idTag; a full one needs it.
    """

    idTag: IdToken
    idTagInfo: NotRequired[IdTagInfo]


class SendLocalListRequest(TypedDict):
    """Replaces or changes the list, which has ``listVersion`` then (5.15, 6.41).

    A full update with an empty or absent list removes every entry; idTags must not repeat.
    """

    listVersion: int
    localAuthorizationList: NotRequired[list[AuthorizationData]]
    updateType: UpdateType


class SendLocalListResponse(TypedDict):
    """Whether the list has that version now (6.42)."""

    status: UpdateStatus


class GetLocalListVersionRequest(TypedDict):
    """Asks for the list's version; no fields (5.10, 6.27)."""


class GetLocalListVersionResponse(TypedDict):
    """The version: 0 for an empty list, -1 where lists are not supported (5.10, 6.28)."""

    listVersion: int


SendLocalList = Action(
    "SendLocalList", SendLocalListRequest, SendLocalListResponse, sent_by=CENTRAL_SYSTEM
)
GetLocalListVersion = Action(
    "GetLocalListVersion",
    GetLocalListVersionRequest,
    GetLocalListVersionResponse,
    sent_by=CENTRAL_SYSTEM,
)
