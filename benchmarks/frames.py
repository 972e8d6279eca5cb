"""The frames every benchmark sends: one small, one usual, one large."""

from __future__ import annotations

import json
from typing import Any

TIMESTAMP = "2026-01-01T00:00:00Z"
_SAMPLES = [
    {"value": "7360", "measurand": "Power.Active.Import", "unit": "W"},
    {"value": "123456", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
    {"value": "32.1", "measurand": "Current.Import", "unit": "A", "phase": "L1"},
    {"value": "230.2", "measurand": "Voltage", "unit": "V", "phase": "L1-N"},
    {"value": "41.5", "measurand": "Temperature", "unit": "Celsius", "location": "Body"},
    {"value": "64", "measurand": "SoC", "unit": "Percent", "location": "EV"},
]

REQUESTS: dict[str, dict[str, Any]] = {
    "Heartbeat": {},
    "StartTransaction": {
        "connectorId": 1,
        "idTag": "04A2B3C4D5E6F7",
        "meterStart": 123400,
        "timestamp": TIMESTAMP,
    },
    "MeterValues": {
        "connectorId": 1,
        "transactionId": 1,
        "meterValue": [{"timestamp": TIMESTAMP, "sampledValue": _SAMPLES}],
    },
}
BOOT = {"chargePointVendor": "Example", "chargePointModel": "Model"}


def call(call_id: str, action: str, payload: dict[str, Any]) -> str:
    """The text of a CALL."""
    return json.dumps([2, call_id, action, payload], separators=(",", ":"))
