"""The message of the Remote Trigger profile (OCPP 1.6 section 5.17)."""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action

#: The messages the specification lets be triggered (7.32).
MessageTrigger = Literal[
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
]

#: NotImplemented where the message is unknown or cannot be sent from here (7.44, DIS-13).
TriggerMessageStatus = Literal["Accepted", "Rejected", "NotImplemented"]


class TriggerMessageRequest(TypedDict):
    """Asks for a message to be sent now (5.17, 6.51).

    ``requestedMessage`` is a :data:`MessageTrigger`, but any text passes the contract: an unknown
    message has to be answered with NotImplemented, not refused (DIS-08). ``connectorId`` may be 0
    for the charge point itself (DIS-07); absent, all connectors are meant.
    """

    requestedMessage: str
    connectorId: NotRequired[int]


class TriggerMessageResponse(TypedDict):
    """Whether the message will follow (6.52)."""

    status: TriggerMessageStatus


TriggerMessage = Action(
    "TriggerMessage", TriggerMessageRequest, TriggerMessageResponse, sent_by=CENTRAL_SYSTEM
)
