"""The central system hears of temperatures, and sends texts.

acme = central.shared["acme_datatransfer"]               # CentralSystem
await acme.show("CP001", "Happy new year")
acme.reports["CP001"].hottest                            # 25.0
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from ocpp_kernel.central import Central, ConnectedStation, VendorHandler
from ocpp_kernel.errors import Disconnected, OcppError
from ocpp_plugins.core_profile.messages import DataTransfer

VENDOR = "com.acme"


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """What a station reported."""

    location: str
    celsius: list[str]

    @property
    def hottest(self) -> float | None:
        """The highest reading; None where there is none."""
        return max(map(float, self.celsius), default=None)


class TooHot(NamedTuple):
    """A station's housing is hotter than it should be; told through ``ocpp_on_event``."""

    identity: str
    celsius: float


class TextRefusedError(OcppError):
    """The station does not show the text; the description says why."""

    code = "TextRefused"


class Settings:
    """``[central_system.acme_datatransfer]``."""

    #: Degrees Celsius above which :class:`TooHot` is told.
    too_hot: float = 70.0


class CentralSystem:
    """Keeps every station's last report; ``central.shared["acme_datatransfer"]``."""

    settings = Settings
    requires = ("core_profile",)
    contract = 1

    def __init__(self, central: Central, settings: Settings) -> None:
        self.central = central
        self.options = settings
        self.reports: dict[str, Report] = {}
        central.shared["acme_datatransfer"] = self

    def ocpp_register_data_transfer(self) -> list[VendorHandler]:
        return [VendorHandler(VENDOR, "Temperature", self._reported)]

    async def show(self, identity: str, text: str) -> None:
        """Has a station show a text. Raises Disconnected, TextRefusedError, or what
        :meth:`ocpp_kernel.central.ConnectedStation.call` raises."""
        station = self.central.stations.get(identity)
        if station is None:
            raise Disconnected(f"{identity} is not connected")
        answer = await station.call(
            DataTransfer({"vendorId": VENDOR, "messageId": "ShowText", "data": text})
        )
        if answer["status"] != "Accepted":
            raise TextRefusedError(f"{identity}: {answer.get('data', answer['status'])}")

    def _reported(
        self, station: ConnectedStation, message_id: str | None, data: str | None
    ) -> tuple[str, str | None]:
        try:
            report = msgspec.json.decode(data or "", type=Report)
            hottest = report.hottest
        except (msgspec.DecodeError, ValueError) as error:
            return "Rejected", str(error)
        self.reports[station.identity] = report
        if hottest is not None and hottest > self.options.too_hot:
            self.central.emit(TooHot(station.identity, hottest))
        return "Accepted", None
