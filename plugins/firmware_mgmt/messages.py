"""The messages of the Firmware Management profile (OCPP 1.6 sections 4.4, 4.5, 5.9, 5.19, 8)."""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import (
    CENTRAL_SYSTEM,
    CHARGE_POINT,
    Action,
    AnyUri,
    CiString255,
    DateTime,
)

#: How far an upload has come; Idle only when asked by TriggerMessage (7.24).
DiagnosticsStatus = Literal["Idle", "Uploaded", "UploadFailed", "Uploading"]

#: How far an update has come; Idle only when asked by TriggerMessage (7.25).
FirmwareStatus = Literal[
    "Downloaded",
    "DownloadFailed",
    "Downloading",
    "Idle",
    "InstallationFailed",
    "Installing",
    "Installed",
]


class UpdateFirmwareRequest(TypedDict):
    """Asks for the firmware at ``location`` to be fetched and installed (5.19, 6.55).

    Not before ``retrieveDate``. ``retries`` counts attempts after the first (DIS-26);
    ``retryInterval`` is the time between attempts in seconds.
    """

    location: AnyUri
    retries: NotRequired[int]
    retrieveDate: DateTime
    retryInterval: NotRequired[int]


class UpdateFirmwareResponse(TypedDict):
    """The request has arrived; no fields (6.56)."""


class FirmwareStatusNotificationRequest(TypedDict):
    """Progress of a firmware update (4.5, 6.19)."""

    status: FirmwareStatus


class FirmwareStatusNotificationResponse(TypedDict):
    """The progress is recorded; no fields (6.20)."""


class GetDiagnosticsRequest(TypedDict):
    """Asks for logs to be uploaded into the directory ``location`` (5.9, 6.25).

    Those from ``startTime`` to ``stopTime``. ``retries`` counts attempts after the first
    (DIS-26); ``retryInterval`` is the time between attempts in seconds.
    """

    location: AnyUri
    retries: NotRequired[int]
    retryInterval: NotRequired[int]
    startTime: NotRequired[DateTime]
    stopTime: NotRequired[DateTime]


class GetDiagnosticsResponse(TypedDict):
    """The name of the file to come; absent where there is nothing to upload (6.26)."""

    fileName: NotRequired[CiString255]


class DiagnosticsStatusNotificationRequest(TypedDict):
    """Progress of a diagnostics upload (4.4, 6.17)."""

    status: DiagnosticsStatus


class DiagnosticsStatusNotificationResponse(TypedDict):
    """The progress is recorded; no fields (6.18)."""


UpdateFirmware = Action(
    "UpdateFirmware", UpdateFirmwareRequest, UpdateFirmwareResponse, sent_by=CENTRAL_SYSTEM
)
FirmwareStatusNotification = Action(
    "FirmwareStatusNotification",
    FirmwareStatusNotificationRequest,
    FirmwareStatusNotificationResponse,
    sent_by=CHARGE_POINT,
)
GetDiagnostics = Action(
    "GetDiagnostics", GetDiagnosticsRequest, GetDiagnosticsResponse, sent_by=CENTRAL_SYSTEM
)
DiagnosticsStatusNotification = Action(
    "DiagnosticsStatusNotification",
    DiagnosticsStatusNotificationRequest,
    DiagnosticsStatusNotificationResponse,
    sent_by=CHARGE_POINT,
)
