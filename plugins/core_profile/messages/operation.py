"""Boot, status, availability, reset and unlocking (OCPP 1.6 sections 4.2, 4.6, 4.9, 5.2 ff)."""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import (
    CENTRAL_SYSTEM,
    CHARGE_POINT,
    Action,
    CiString20,
    CiString25,
    CiString50,
    CiString255,
    DateTime,
)

#: Done, refused, or done once the running transactions have ended (7.3).
AvailabilityStatus = Literal["Accepted", "Rejected", "Scheduled"]

#: Whether a connector may be used (7.4).
AvailabilityType = Literal["Inoperative", "Operative"]

#: What is wrong; EVCommunicationError is no fault of the charge point (7.6, DIS-16).
ChargePointErrorCode = Literal[
    "ConnectorLockFailure",
    "EVCommunicationError",
    "GroundFailure",
    "HighTemperature",
    "InternalError",
    "LocalListConflict",
    "NoError",
    "OtherError",
    "OverCurrentFailure",
    "OverVoltage",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "ReaderFailure",
    "ResetFailure",
    "UnderVoltage",
    "WeakSignal",
]

#: State of a connector; of connector 0 only Available, Unavailable and Faulted (7.7).
ChargePointStatus = Literal[
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEVSE",
    "SuspendedEV",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
]

#: Whether the central system takes the charge point on (7.38).
RegistrationStatus = Literal["Accepted", "Pending", "Rejected"]

#: Whether a reset is going to happen (7.41).
ResetStatus = Literal["Accepted", "Rejected"]

#: Soft ends transactions first; Hard need not (7.42).
ResetType = Literal["Hard", "Soft"]

#: NotSupported also where there is no such connector (7.46).
UnlockStatus = Literal["Unlocked", "UnlockFailed", "NotSupported"]


class BootNotificationRequest(TypedDict):
    """A charge point presents itself after every start (4.2, 6.3).

    ``chargeBoxSerialNumber`` is deprecated; ``iccid`` and ``imsi`` are those of the modem's SIM.
    """

    chargeBoxSerialNumber: NotRequired[CiString25]
    chargePointModel: CiString20
    chargePointSerialNumber: NotRequired[CiString25]
    chargePointVendor: CiString20
    firmwareVersion: NotRequired[CiString50]
    iccid: NotRequired[CiString20]
    imsi: NotRequired[CiString20]
    meterSerialNumber: NotRequired[CiString25]
    meterType: NotRequired[CiString25]


class BootNotificationResponse(TypedDict):
    """The central system's decision and its clock (6.4).

    ``interval`` is in seconds: between heartbeats where Accepted, else the least time before the
    next BootNotification (DIS-11, DIS-37).
    """

    currentTime: DateTime
    interval: int
    status: RegistrationStatus


class HeartbeatRequest(TypedDict):
    """The charge point is alive; no fields (4.6, 6.29)."""


class HeartbeatResponse(TypedDict):
    """The central system's clock (6.30)."""

    currentTime: DateTime


class StatusNotificationRequest(TypedDict):
    """State of a connector, or of the main controller where connectorId is 0 (4.9, 6.47).

    The state is that of ``timestamp``, of the message's arrival where absent.
    """

    connectorId: int
    errorCode: ChargePointErrorCode
    info: NotRequired[CiString50]
    status: ChargePointStatus
    timestamp: NotRequired[DateTime]
    vendorId: NotRequired[CiString255]
    vendorErrorCode: NotRequired[CiString50]


class StatusNotificationResponse(TypedDict):
    """The state is recorded; no fields (6.48)."""


class ChangeAvailabilityRequest(TypedDict):
    """Puts a connector, or with 0 the charge point and all of them, in or out of use (5.2, 6.7)."""

    connectorId: int
    type: AvailabilityType


class ChangeAvailabilityResponse(TypedDict):
    """Whether and when it takes effect (6.8)."""

    status: AvailabilityStatus


class ResetRequest(TypedDict):
    """Asks for a restart (5.14, 6.39)."""

    type: ResetType


class ResetResponse(TypedDict):
    """Whether it will happen (6.40)."""

    status: ResetStatus


class UnlockConnectorRequest(TypedDict):
    """Releases a connector's lock; ``connectorId`` is above 0 (5.18, 6.53)."""

    connectorId: int


class UnlockConnectorResponse(TypedDict):
    """Whether the lock opened (6.54)."""

    status: UnlockStatus


BootNotification = Action(
    "BootNotification", BootNotificationRequest, BootNotificationResponse, sent_by=CHARGE_POINT
)
Heartbeat = Action("Heartbeat", HeartbeatRequest, HeartbeatResponse, sent_by=CHARGE_POINT)
StatusNotification = Action(
    "StatusNotification",
    StatusNotificationRequest,
    StatusNotificationResponse,
    sent_by=CHARGE_POINT,
)
ChangeAvailability = Action(
    "ChangeAvailability",
    ChangeAvailabilityRequest,
    ChangeAvailabilityResponse,
    sent_by=CENTRAL_SYSTEM,
)
Reset = Action("Reset", ResetRequest, ResetResponse, sent_by=CENTRAL_SYSTEM)
UnlockConnector = Action(
    "UnlockConnector", UnlockConnectorRequest, UnlockConnectorResponse, sent_by=CENTRAL_SYSTEM
)
