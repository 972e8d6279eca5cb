"""After a power cut: CORE-044, CORE-051, CORE-061, CORE-062, CORE-072."""

from __future__ import annotations

from typing import Any

from ocpp_kernel import events

RELATED = ("StartTransaction", "StopTransaction", "MeterValues")


def names(calls: list[tuple[str, Any]]) -> list[str]:
    return [action for action, _ in calls]


def test_core_062_power_loss(booted: Any) -> None:
    """CORE-062: a running transaction gets its StopTransaction after the next accepted boot, with
    the last energy and time known."""
    booted.charge()
    booted.use(1, 100)
    booted.advance(60)
    booted.use(1, 50)
    booted.advance(30)
    at = booted.now - 30
    booted.seen()
    booted.restart(gap=3600)
    booted.hardware.plugged[1] = False
    booted.connect()
    assert booted.seen("StopTransaction") == [
        (
            "StopTransaction",
            {
                "transactionId": 7,
                "meterStop": 100,
                "timestamp": booted.time(at),
                "reason": "PowerLoss",
            },
        )
    ]
    booted.restart().connect()
    assert booted.seen(*RELATED) == []


def test_core_062_with_a_warning_of_the_hardware(booted: Any) -> None:
    """CORE-062: where the hardware warns, the stop is exact."""
    booted.charge()
    booted.use(1, 123)
    booted.advance(17)
    booted.emit(events.PowerFailing(0))
    at = booted.now
    booted.restart().connect()
    ((_, payload),) = booted.seen("StopTransaction")
    assert (payload["meterStop"], payload["timestamp"]) == (123, booted.time(at))


def test_core_062_before_the_start_was_answered(booted: Any) -> None:
    """CORE-062, CORE-057: start and stop follow each other after the restart."""
    booted.answers["StartTransaction"] = None
    booted.charge()
    booted.answers["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}, "transactionId": 9}
    booted.restart().connect()
    (start, stop) = booted.seen(*RELATED)
    assert start[0] == "StartTransaction"
    assert (stop[0], stop[1]["transactionId"], stop[1]["reason"]) == (
        "StopTransaction",
        9,
        "PowerLoss",
    )


def test_core_061_reboot_is_no_power_loss(booted: Any) -> None:
    """CORE-061: after a watchdog's reset the reason is Reboot."""
    booted.charge()
    booted.restart("Watchdog").connect()
    ((_, payload),) = booted.seen("StopTransaction")
    assert payload["reason"] == "Reboot"


def test_core_062_without_samples_progress_is_stored(booted: Any) -> None:
    """CORE-062: where nothing is sampled, progress is stored now and then."""
    booted.configure("MeterValueSampleInterval", "0")
    booted.charge()
    for _ in range(12):
        booted.use(1, 10)
        booted.advance(60)
    booted.restart().connect()
    ((_, payload),) = booted.seen("StopTransaction")
    assert payload["meterStop"] == 100


def test_core_062_transaction_data_after_power_loss(booted: Any) -> None:
    """CORE-062, CORE-072: the values at the start are kept for the stop."""
    booted.hardware.values["SoC"] = "20"
    booted.configure("StopTxnSampledData", "Energy.Active.Import.Register,SoC")
    booted.charge()
    start = booted.now
    booted.use(1, 100)
    booted.advance(60)
    booted.restart().connect()
    ((_, payload),) = booted.seen("StopTransaction")
    begin, end = payload["transactionData"]
    assert begin["timestamp"] == booted.time(start)
    assert [value["value"] for value in begin["sampledValue"]] == ["0", "20"]
    assert {value["context"] for value in begin["sampledValue"]} == {"Transaction.Begin"}
    assert [(value["value"], value["context"]) for value in end["sampledValue"]] == [
        ("100", "Transaction.End")
    ]


def test_clock_unknown_at_first(booted: Any) -> None:
    """CORE-044, CORE-051: times before the clock was set are told as they really were."""
    booted.allow_offline()
    booted.configure("StopTxnSampledData", "Energy.Active.Import.Register")
    booted.restart()
    begin = booted.now
    booted.advance(10)
    booted.offline_session()
    booted.advance(40)
    booted.connect()
    calls = booted.seen(*RELATED)
    assert calls[0][1]["timestamp"] == booted.time(begin + 10)
    assert calls[1][1]["meterValue"][0]["timestamp"] == booted.time(begin + 70)
    assert calls[3][1]["timestamp"] == booted.time(begin + 130)
    assert calls[3][1]["transactionData"][0]["timestamp"] == booted.time(begin + 10)


def test_clock_set_while_messages_wait_is_stored(booted: Any) -> None:
    """CORE-044: once the time is known it survives the next power cut."""
    booted.allow_offline()
    booted.restart()
    booted.offline_session()
    start = booted.now - 120
    booted.station.set_utc(booted.station.now + 1767225600)
    booted.restart(gap=5000).connect()
    calls = booted.seen(*RELATED)
    assert calls[0][1]["timestamp"] == booted.time(start)
    assert calls[3][1]["timestamp"] == booted.time(start + 120)


def test_clock_never_known_in_a_run(booted: Any) -> None:
    """CORE-044: times of a run that never knew the time keep their distances, before this run."""
    booted.allow_offline()
    booted.configure("StopTxnSampledData", "Energy.Active.Import.Register")
    booted.restart()
    booted.offline_session()
    booted.plug(2)
    booted.tag("TAG2", 2)
    booted.use(2, 10)
    booted.advance(60)
    booted.restart(gap=5000)
    begin = booted.now
    booted.restart(gap=700)
    booted.advance(30)
    booted.connect()
    calls = booted.seen(*RELATED)
    times = [
        payload["timestamp"] if "timestamp" in payload else payload["meterValue"][0]["timestamp"]
        for _, payload in calls
    ]
    # The last sign of life of the first run lies just before the second one began, which never
    # knew the time either and lies before the third.
    last = begin + 700 - 1
    assert names(calls) == [
        "StartTransaction",
        "MeterValues",
        "MeterValues",
        "StopTransaction",
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
    ]
    assert times == sorted(times)
    assert times[-1] <= booted.time(last)
    spans = [(times[0], times[3], 120), (times[4], times[6], 60)]
    for first, second, seconds in spans:
        assert _seconds(second) - _seconds(first) == seconds
    data = calls[3][1]["transactionData"]
    assert data[0]["timestamp"] == times[0]


def _seconds(text: str) -> int:
    hours, minutes, seconds = text[11:19].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
