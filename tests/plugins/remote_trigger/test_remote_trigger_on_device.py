"""The bundled charge point under MicroPython: what it sends when it is told to."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.remote_trigger.messages import TriggerMessage

BOOT = TriggerMessage({"requestedMessage": "BootNotification"})


@pytest.mark.slow
async def test_rt_002_to_rt_009_on_a_device(bundled: Any) -> None:
    """RT-002, RT-004 to RT-007, RT-009, CORE-014: while Pending, and once Accepted."""
    async with bundled("remote_trigger") as module:
        core = module.central.shared["core_profile"]
        core.options.registration, core.options.retry_interval = "Pending", 86400
        await module.until(lambda event: getattr(event, "status", "") == "Pending")
        status = TriggerMessage({"requestedMessage": "StatusNotification", "connectorId": 2})
        assert await module.call(status) == "Accepted"
        reported = await module.until(lambda event: hasattr(event, "error_code"))
        assert (reported.connector_id, reported.status) == (2, "Available")
        core.options.registration = "Accepted"
        assert await module.call(BOOT) == "Accepted"
        await module.status("Available")

        readings = TriggerMessage({"requestedMessage": "MeterValues", "connectorId": 1})
        assert await module.call(readings) == "Accepted"
        event = await module.until(lambda event: hasattr(event, "meter_values"))
        assert event.connector_id == 1
        (sampled,) = event.meter_values[0]["sampledValue"]
        assert sampled["context"] == "Trigger"
        for message, connector, expected in (
            ("StatusNotification", 0, "Accepted"),
            ("StatusNotification", 3, "Rejected"),
            ("Heartbeat", 3, "Accepted"),
            ("FirmwareStatusNotification", 0, "NotImplemented"),
        ):
            request = TriggerMessage({"requestedMessage": message, "connectorId": connector})
            assert await module.call(request) == expected, message
        lines = module.emulator.lines
        assert not [line for line in lines if "Traceback" in line or "error" in line]
