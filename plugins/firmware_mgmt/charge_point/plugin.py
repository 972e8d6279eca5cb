"""The Firmware Management profile of a charge point (OCPP 1.6 sections 5.9 and 5.19). Portable.

Files are moved by ``station.shared["transfers"]`` (:mod:`.transfers`), which a shell offers;
without it every transfer fails. Firmware is installed by the driver's ``install_firmware``
(:mod:`ocpp_kernel.driver`), else by what a shell offers for that. FW-001 to FW-016.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ocpp_kernel import events, timestamps
from ocpp_kernel.configuration import CSL, Key, fixed
from ocpp_kernel.contracts import on

from ..messages import (
    GetDiagnostics,
    GetDiagnosticsRequest,
    GetDiagnosticsResponse,
    UpdateFirmware,
    UpdateFirmwareRequest,
    UpdateFirmwareResponse,
)
from .log import Log
from .update import Update
from .upload import Upload

if TYPE_CHECKING:
    from ocpp_kernel.station import Station

#: Events that stand in the diagnostics; none of them tells who charges.
NOTED = (
    events.Started,
    events.Connected,
    events.Disconnected,
    events.BootAccepted,
    events.CablePlugged,
    events.CableUnplugged,
    events.EvReady,
    events.FaultRaised,
    events.FaultCleared,
    events.StatusChanged,
    events.TransactionStopped,
    events.ConfigurationChanged,
)


class Settings:
    """What an operator may set for this charge point."""

    #: Attempts after the first where a request does not say (FW-004, FW-015).
    retries: Annotated[int, range(2**31)] = 3
    #: Seconds between attempts where a request does not say.
    retry_interval: Annotated[int, range(2**31)] = 60
    #: How diagnostics are uploaded by HTTP: PUT or POST.
    upload_method: Literal["PUT", "POST"] = "PUT"
    #: Pages of 2 KB the diagnostics hold at most.
    log_pages: Annotated[int, range(4, 1025)] = 8


class ChargePoint:
    """Answers requests; :class:`Update` and :class:`Upload` do the work."""

    profile = "FirmwareManagement"
    requires = ("core_profile",)
    settings = Settings

    def __init__(self, station: Station, settings: Settings) -> None:
        self._station = station
        self._settings = settings
        self._log = Log(station, settings.log_pages)
        self._update = Update(station)
        self._upload = Upload(station, self._log, settings.upload_method)

    # Hooks.

    def ocpp_register_configuration(self) -> list[Key]:
        transfers: Any = self._station.shared.get("transfers")
        protocols = "" if transfers is None else transfers.protocols
        return [fixed("SupportedFileTransferProtocols", CSL, protocols)]

    def ocpp_register_triggers(self) -> dict[str, Callable[[int | None], str]]:
        return {
            "DiagnosticsStatusNotification": self._upload.notices.trigger,
            "FirmwareStatusNotification": self._update.notices.trigger,
        }

    def ocpp_on_event(self, event: Any) -> None:
        kind = type(event)
        if kind in NOTED:
            self._log.note(_noted(event))
        if kind is events.Started:
            self._update.restore()
            self._upload.restore()
        elif kind is events.BootAccepted:
            self._update.notices.ready = self._upload.notices.ready = True
            self._update.accept()
            self._pump()
        elif kind is events.Connected:
            self._pump()
        elif kind is events.ClockSet or kind is events.TransactionStopped:
            self._update.hurry()
        elif kind is events.PowerFailing:
            self._log.spill()

    def _pump(self) -> None:
        self._update.notices.pump()
        self._upload.notices.pump()

    # What the central system asks.

    @on(UpdateFirmware)
    def on_update_firmware(self, request: UpdateFirmwareRequest) -> UpdateFirmwareResponse:
        self._update.request(
            request["location"],
            timestamps.parse(request["retrieveDate"]) or 0,
            1 + max(request.get("retries", self._settings.retries), 0),
            max(request.get("retryInterval", self._settings.retry_interval), 0),
        )
        return {}

    @on(GetDiagnostics)
    def on_get_diagnostics(self, request: GetDiagnosticsRequest) -> GetDiagnosticsResponse:
        name = self._upload.request(
            request["location"],
            timestamps.parse(request.get("startTime", "")),
            timestamps.parse(request.get("stopTime", "")),
            1 + max(request.get("retries", self._settings.retries), 0),
            max(request.get("retryInterval", self._settings.retry_interval), 0),
        )
        return {"fileName": name} if name else {}


def _noted(event: Any) -> str:
    """An event as it stands in the diagnostics, on a device as elsewhere."""
    if type(event) is events.Connected:
        return "connected"
    if type(event) is events.FaultRaised and event.error_code == "LocalListConflict":
        return "LocalListConflict"  # its text names an idTag
    # Values alone: on a device the names of fields are shortened beyond recognition.
    return f"{type(event).__name__}{event[:]}"
