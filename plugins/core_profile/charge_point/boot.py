"""BootNotification and what is allowed before its answer (CORE-007 to CORE-018). Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel.errors import Disconnected, Ignored, OcppError
from ocpp_kernel.events import BootAccepted
from ocpp_kernel.store import StoreError

from ..messages import BootNotification, BootNotificationRequest

if TYPE_CHECKING:
    from ocpp_kernel.station import Timer

    from .plugin import ChargePoint


class Boot:
    """The registration of this charge point since its software started."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station
        #: RegistrationStatus, "" while there was no answer yet.
        self.status = ""
        #: Whether any run of this charge point was ever accepted.
        self.known = False
        self._not_before = 0
        self._calling = False
        self._sent = 0
        self._renewed = False
        self._timer: Timer | None = None

    def is_ready(self) -> bool:
        """Whether CALLs may be sent now."""
        return self.status == "Accepted" and self._station.session is not None

    def connected(self) -> None:
        """The socket opened: registers, unless that is done already (FRM-012)."""
        self._renewed = False
        if self.status == "Accepted":
            self._core.resume()
        else:
            self._wait()

    def is_lost(self, error: OcppError) -> bool:
        """Whether this refusal means that the central system has forgotten us (FRM-041).

        After a restart of its own it may, and would refuse what waits until that is given up.
        So this registers anew, once a connection: one that refuses all the same is taken at its
        word.
        """
        if error.code != "SecurityError" or self._renewed or self.status != "Accepted":
            return False
        self._station.log("warning", "the central system has forgotten this charge point")
        self._renewed = True
        self.status = ""
        self._send()
        return True

    def gate(self, action: str) -> None:
        """Drops CALLs of the central system while it keeps us rejected (CORE-012)."""
        if self.status == "Rejected" and self._station.now < self._not_before:
            raise Ignored(f"{action} is not answered while rejected")

    def trigger(self, connector_id: int | None) -> str:
        """A BootNotification was asked for (RT-009, RT-010); the TriggerMessageStatus."""
        if self.status == "Accepted":
            return "Rejected"
        self._station.after_response(self._send)
        return "Accepted"

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        seconds = self._not_before - self._station.now
        if seconds > 0:
            self._timer = self._station.after(seconds, self._send)
        else:
            self._send()

    def _send(self) -> None:
        if self._calling or self.status == "Accepted" or not self._station.online:
            return
        settings = self._core.options
        payload: BootNotificationRequest = {
            "chargePointVendor": settings.vendor,
            "chargePointModel": settings.model,
        }
        if settings.serial_number:
            payload["chargePointSerialNumber"] = settings.serial_number
        if settings.box_serial_number:
            payload["chargeBoxSerialNumber"] = settings.box_serial_number
        if settings.firmware_version:
            payload["firmwareVersion"] = settings.firmware_version
        if settings.iccid:
            payload["iccid"] = settings.iccid
        if settings.imsi:
            payload["imsi"] = settings.imsi
        if settings.meter_type:
            payload["meterType"] = settings.meter_type
        if settings.meter_serial_number:
            payload["meterSerialNumber"] = settings.meter_serial_number
        self._calling = True
        self._sent = self._station.now
        self._station.call(BootNotification(payload), self._done)

    def _done(self, answer: Any, error: OcppError | None) -> None:
        self._calling = False
        wait = self._core.options.boot_retry
        if error is None:
            self._core.heartbeat.set_clock(answer["currentTime"], self._sent)
            self.status = answer["status"]
            if self.status == "Accepted":
                self._accepted(answer["interval"])
                return
            self._station.log("warning", f"the central system answers the boot: {self.status}")
            if answer["interval"] > 0:
                wait = answer["interval"]
        elif isinstance(error, Disconnected):
            return
        else:
            self._station.log("warning", f"BootNotification failed: {error}")
        self._not_before = self._station.now + wait
        if self._station.online:
            self._wait()

    def _accepted(self, interval: int) -> None:
        station = self._station
        if interval > 0 and interval != station.configuration["HeartbeatInterval"]:
            try:
                station.configuration.change("HeartbeatInterval", str(interval))
            except StoreError as error:
                station.log("error", f"the heartbeat interval was not stored: {error}")
        if not self.known:
            self.known = True
            self._core.save_state()
        self._core.reporter.forget()
        station.emit(BootAccepted(True))
        self._core.resume()
