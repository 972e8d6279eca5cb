"""The configuration keys of the Core profile (section 9.1 with errata; CFG-01 to CFG-36). Portable.

BlinkRepeat and LightIntensity belong to drivers that have lights (CORE-117).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpp_kernel.configuration import (
    BOOLEAN,
    CSL,
    INTEGER,
    Key,
    boolean,
    fixed,
    integer,
    items,
    listing,
)

from .wire import ENERGY

if TYPE_CHECKING:
    from .plugin import ChargePoint

#: The most measurands a list may hold.
LONGEST_LIST = 16
ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")


class CoreKeys:
    """Declares the keys and checks the values of lists."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core

    def declare(self) -> list[Key]:
        """Every key of the profile."""
        core = self._core
        count = core.driver.connectors
        keys = [
            boolean("AllowOfflineTxForUnknownId", False),
            boolean("AuthorizeRemoteTxRequests", False),
            integer("ClockAlignedDataInterval", 0, 0, 86400),
            integer("ConnectionTimeOut", 60),
            listing("ConnectorPhaseRotation", "", self._check_rotation),
            fixed("ConnectorPhaseRotationMaxLength", INTEGER, count + 1),
            fixed("GetConfigurationMaxKeys", INTEGER, 100),
            integer("HeartbeatInterval", 300, 1),
            boolean("LocalAuthorizeOffline", True),
            boolean("LocalPreAuthorize", False),
            integer("MaxEnergyOnInvalidId", 0),
            integer("MeterValueSampleInterval", 60),
            integer("MinimumStatusDuration", 0),
            fixed("NumberOfConnectors", INTEGER, count),
            integer("ResetRetries", 1),
            boolean("StopTransactionOnEVSideDisconnect", True),
            boolean("StopTransactionOnInvalidId", True),
            fixed("StopTransactionMaxMeterValues", INTEGER, core.options.stop_meter_values),
            fixed("SupportedFeatureProfiles", CSL, ",".join(core.station.profiles)),
            integer("TransactionMessageAttempts", 3, 1),
            integer("TransactionMessageRetryInterval", 60),
            integer("WebSocketPingInterval", 60),
            integer("MessageTimeout", core.station.call_timeout, 1, 3600),
        ]
        if core.options.cache_size > 0:
            keys.append(boolean("AuthorizationCacheEnabled", True))
        if core.driver.lockable:
            keys.append(boolean("UnlockConnectorOnEVSideDisconnect", True))
        else:
            keys.append(fixed("UnlockConnectorOnEVSideDisconnect", BOOLEAN, False))
        for name, default in (
            ("MeterValuesAlignedData", ENERGY),
            ("MeterValuesSampledData", ENERGY),
            ("StopTxnAlignedData", ""),
            ("StopTxnSampledData", ""),
        ):
            keys.append(listing(name, default, self._check_measurands))
            keys.append(fixed(name + "MaxLength", INTEGER, LONGEST_LIST))
        return keys

    def _check_measurands(self, text: str) -> str:
        names = items(text)
        if len(names) > LONGEST_LIST:
            return f"more than {LONGEST_LIST} measurands"
        for name in names:
            if not self._core.meter.is_supported(name):
                return f"{name} cannot be measured here"
        return ""

    def _check_rotation(self, text: str) -> str:
        seen: list[str] = []
        connectors = [str(number) for number in range(self._core.driver.connectors + 1)]
        for item in items(text):
            dot = item.find(".")
            if item[:dot] not in connectors or item[dot + 1 :] not in ROTATIONS:
                return f"{item} is no connector with its rotation, such as 1.RST"
            if item[:dot] in seen:
                return f"connector {item[:dot]} is there twice"
            seen.append(item[:dot])
        return ""
