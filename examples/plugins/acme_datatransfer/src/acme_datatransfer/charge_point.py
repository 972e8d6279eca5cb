"""The charge point shows texts and reports its temperature. Runs on a module, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel import events
from ocpp_kernel.configuration import READ_WRITE, STRING, Key, integer
from ocpp_kernel.hooks import DataTransferHandler
from ocpp_kernel.store import StoreError
from ocpp_plugins.core_profile.messages import DataTransfer

if TYPE_CHECKING:
    from ocpp_kernel.errors import OcppError
    from ocpp_kernel.station import Station, Timer

VENDOR = "com.acme"
#: Configuration keys, which the central system reads and changes; they survive a restart.
INTERVAL = "AcmeReportInterval"
GREETING = "AcmeGreeting"
#: Under this name the text shown is stored.
FILE = "acme_text"
#: Characters the display has.
WIDTH = 32


class Settings:
    """``[charge_point.acme_datatransfer]``."""

    #: Where the charge point stands, as reports have it.
    location: str = ""
    #: The text shown to drivers before the central system sends another.
    greeting: str = "Welcome"


class ChargePoint:
    """Owns the display and the reports."""

    settings = Settings
    requires = ("core_profile",)
    contract = 1

    def __init__(self, station: Station, settings: Settings) -> None:
        self._station = station
        self._settings = settings
        self._timer: Timer | None = None
        #: What the display shows.
        self.text = ""

    # Hooks.

    def ocpp_register_configuration(self) -> list[Key]:
        greeting = self._settings.greeting
        return [
            integer(INTERVAL, 900, 0, 86400),
            Key(GREETING, STRING, greeting, READ_WRITE, None, None, _too_long, False),
        ]

    def ocpp_register_data_transfer(self) -> list[DataTransferHandler]:
        return [DataTransferHandler(VENDOR, "ShowText", self._show)]

    def ocpp_on_event(self, event: Any) -> None:
        if isinstance(event, events.Started):
            self._restore()
        elif isinstance(event, events.BootAccepted):
            self._plan()
        elif isinstance(event, events.ConfigurationChanged):
            if event.key == INTERVAL:
                self._plan()
            elif event.key == GREETING:
                self._restore()

    # The display.

    def _show(self, message_id: str | None, data: str | None) -> tuple[str, str | None]:
        text = data or ""
        fault = _too_long(text)
        if fault:
            return "Rejected", fault
        try:
            self._station.store.save(FILE, text)
        except StoreError as error:
            self._station.log("error", f"the text could not be stored: {error}")
            return "Rejected", "it could not be stored"
        self._restore()
        return "Accepted", None

    def _restore(self) -> None:
        try:
            text = self._station.store.load(FILE)
        except StoreError as error:
            self._station.log("error", f"the text could not be read: {error}")
            text = None
        self.text = text or self._station.configuration[GREETING]
        self._station.log("info", f"display: {self.text}")

    # Reports.

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        interval = self._station.configuration[INTERVAL]
        if interval:
            self._timer = self._station.after(interval, self._report)

    def _report(self) -> None:
        self._timer = None
        self._plan()
        driver = self._station.hooks.driver()
        if driver is None or not self._station.online:
            return
        readings: list[str] = []
        for number in range(1, driver.connectors + 1):
            celsius = driver.read(number, "Temperature", "")
            if celsius is not None:
                readings.append(celsius)
        report = {"location": self._settings.location, "celsius": readings}
        data = self._station.codec.dumps(report)
        self._station.call(
            DataTransfer({"vendorId": VENDOR, "messageId": "Temperature", "data": data}),
            self._reported,
        )

    def _reported(self, answer: Any, error: OcppError | None) -> None:
        if error is not None:
            self._station.log("warning", f"the temperature was not reported: {error}")
        elif answer["status"] != "Accepted":
            self._station.log("warning", f"the temperature is {answer['status']}")


def _too_long(text: str) -> str:
    return f"longer than {WIDTH} characters" if len(text) > WIDTH else ""
