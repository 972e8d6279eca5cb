"""A whole charging session, frame by frame."""

from __future__ import annotations

from typing import Any


def test_whole_session(bench: Any) -> None:
    """CORE-007, CORE-017, CORE-024, CORE-051, CORE-058, CORE-059, CORE-060, CORE-067, ST-A2,
    ST-B3, ST-C6, ST-F1: boot, plug, tag, charge, stop, unplug."""
    bench.build()
    bench.connect()
    assert bench.seen() == [
        (
            "BootNotification",
            {"chargePointVendor": "ocpp-kernel", "chargePointModel": "charge point"},
        ),
        *[
            (
                "StatusNotification",
                {
                    "connectorId": connector,
                    "errorCode": "NoError",
                    "status": "Available",
                    "timestamp": "2026-01-01T00:00:00Z",
                },
            )
            for connector in (0, 1, 2)
        ],
    ]
    bench.advance(10)
    bench.hardware.energy[1] = 1500
    bench.plug()
    bench.tag("ABCD")
    assert [action for action, _ in bench.calls] == [
        "StatusNotification",
        "Authorize",
        "StartTransaction",
        "StatusNotification",
    ]
    calls = bench.seen()
    assert calls[0][1]["status"] == "Preparing"
    assert calls[1] == ("Authorize", {"idTag": "ABCD"})
    assert calls[2] == (
        "StartTransaction",
        {
            "connectorId": 1,
            "idTag": "ABCD",
            "meterStart": 1500,
            "timestamp": "2026-01-01T00:00:10Z",
        },
    )
    assert calls[3][1]["status"] == "Charging"
    assert bench.hardware.energised[1]
    assert bench.hardware.locked[1]
    assert bench.hardware.offered[1] == 32000

    bench.use(1, 100)
    bench.advance(60)
    assert bench.seen() == [
        (
            "MeterValues",
            {
                "connectorId": 1,
                "transactionId": 7,
                "meterValue": [
                    {
                        "timestamp": "2026-01-01T00:01:10Z",
                        "sampledValue": [
                            {
                                "value": "1600",
                                "context": "Sample.Periodic",
                                "measurand": "Energy.Active.Import.Register",
                                "unit": "Wh",
                            }
                        ],
                    }
                ],
            },
        )
    ]
    bench.use(1, 50)
    bench.advance(5)
    bench.tag("abcd")
    assert bench.seen("StopTransaction", "Authorize") == [
        (
            "StopTransaction",
            {
                "transactionId": 7,
                "idTag": "abcd",
                "meterStop": 1650,
                "timestamp": "2026-01-01T00:01:15Z",
            },
        )
    ]
    assert bench.status(1) == "Finishing"
    assert not bench.hardware.energised[1]
    assert not bench.hardware.locked[1]
    bench.unplug()
    assert bench.statuses() == [(1, "Available")]
    assert list(bench.store.records("transactions")) == []
    assert [line for line in bench.log if line[0] != "info"] == []
