"""What stands in diagnostics: FW-013, FW-016."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import events

DIAGNOSTICS = "DiagnosticsStatusNotification"


def content(bench: Any) -> str:
    """What was uploaded, all of it."""
    assert len(bench.job.content) == bench.job.size
    return str(bench.job.content.decode())


def upload(bench: Any, **fields: Any) -> str:
    """Asks, uploads, and gives the content."""
    assert "fileName" in bench.diagnose(**fields)
    bench.advance(2)
    bench.job.end()
    bench.advance(1)
    return content(bench)


def test_fw_016_the_window_bounds_the_content(bench: Any) -> None:
    for minute in range(5):
        bench.station.log("info", f"minute {minute}")
        bench.advance(60)
    text = upload(bench, startTime=bench.time(60), stopTime=bench.time(180))
    assert [f"minute {minute}" in text for minute in range(5)] == [False, True, True, True, False]
    text = upload(bench, startTime=bench.time(180))
    assert [f"minute {minute}" in text for minute in range(5)] == [False, False, False, True, True]
    text = upload(bench, stopTime=bench.time(60))
    assert [f"minute {minute}" in text for minute in range(5)] == [True, True, False, False, False]


def test_fw_016_what_was_noted_before_the_clock_was_set_gets_its_time(
    make_bench: Callable[..., Any],
) -> None:
    bench = make_bench()
    bench.build()
    bench.station.log("info", "in the dark")
    bench.advance(50)
    bench.connect()
    assert "2026-01-01T00:00:00Z info: in the dark\n" in upload(bench)


@pytest.mark.parametrize("location", ["ftp://u:hush@h/logs", "http://u:hush@h/l?sig=hush"])
def test_what_must_stay_secret_is_in_no_diagnostics(bench: Any, location: str) -> None:
    """Neither of the addresses asked for before, nor how this one failed, nor the key."""
    bench.update(location="https://u:hush@h/fw.bin?token=hush", retries=0)
    bench.advance(2)
    bench.job.end("refused")
    bench.diagnose(location=location, retries=0)
    bench.advance(2)
    bench.job.end("refused")
    bench.advance(2)
    bench.update(location="sftp://u:hush@h/fw.bin")
    bench.advance(2)
    text = upload(bench, location=location)
    assert "hush" not in text
    assert "DownloadFailed" in text
    assert not any("hush" in line for _, line in bench.log)


def test_who_charges_is_in_no_diagnostics(bench: Any) -> None:
    """Refused, charging, ignored, or unlike the local list: the whole idTag is nowhere."""
    tag, other = "04A2B3C4D5E680", "DEADBEEF000001"
    bench.plug(1)
    bench.plug(2)
    for connector, id_tag in ((1, tag), (1, other), (2, tag), (2, other)):
        bench.emit(events.TagPresented(connector, id_tag))
        bench.advance(1)
    bench.emit(events.FaultRaised(0, "LocalListConflict", f"{tag} Accepted, listed Blocked"))
    bench.emit(events.FaultRaised(1, "GroundFailure", "relay 3"))
    bench.advance(1)
    text = upload(bench)
    assert "idTag ***0001 is refused: a transaction of another idTag runs" in text
    assert "LocalListConflict" in text
    assert "relay 3" in text
    assert tag not in text
    assert other not in text


@pytest.mark.parametrize(
    ("start", "stop", "there"),
    [
        ("2026-01-01T00:00:30Z", "2026-01-01T00:01:30Z", True),
        ("2026-01-01T14:00:30+14:00", "2025-12-31T12:01:30-12:00", True),
        ("2026-01-01T00:01Z", "2026-01-01T00:01:00.999Z", True),
        ("2026-01-01T00:01:01Z", None, False),
        (None, "2026-01-01T00:00:59Z", False),
        ("2026-01-01T00:01:30Z", "2026-01-01T00:00:30Z", False),
    ],
)
def test_fw_016_bounds_in_any_zone_and_in_any_order(
    bench: Any, start: str | None, stop: str | None, there: bool
) -> None:
    """FW-016: inclusive; between bounds the wrong way round there is nothing."""
    bench.advance(60 - bench.now % 60)
    bench.station.set_utc(1767225660)
    bench.station.log("info", "in the middle")
    fields = {"startTime": start, "stopTime": stop}
    bounds = {name: text for name, text in fields.items() if text is not None}
    if not there:
        answer = bench.diagnose(**bounds)
        assert answer == {} or start is None
        return
    assert "in the middle" in upload(bench, **bounds)


class Witness:
    """Lines of the hardware, which change all the time."""

    def __init__(self, bench: Any) -> None:
        self.count = 0
        self.error: Exception | None = None
        bench.hardware.collect_logs = self.collect

    def collect(self) -> list[str]:
        if self.error is not None:
            raise self.error
        self.count += 1
        return ["coil closed 7 times", f"asked {self.count} times", "x" * 500]


def test_fw_013_the_hardwares_own_log_comes_last(bench: Any) -> None:
    Witness(bench)
    lines = upload(bench).splitlines()
    # What is told when the upload begins stays so until its end, however it changes meanwhile.
    assert lines[-3:] == [
        "hardware: coil closed 7 times",
        "hardware: asked 2 times",
        f"hardware: {'x' * 200}",
    ]
    assert not any(line.startswith("hardware") for line in lines[:-3])


def test_fw_013_the_hardwares_own_log_is_bounded(bench: Any) -> None:
    bench.hardware.collect_logs = lambda: [f"line {number}" for number in range(5000)]
    told = [line for line in upload(bench).splitlines() if line.startswith("hardware: ")]
    assert told == [f"hardware: line {number}" for number in range(5000 - 64, 5000)]


def test_fw_016_bounds_are_not_for_lines_without_a_time(bench: Any) -> None:
    Witness(bench)
    lines = upload(bench, stopTime="2020-01-01T00:00:00Z").splitlines()
    assert [line.split(":")[0] for line in lines[-3:]] == ["hardware"] * 3
    assert not any("connected" in line for line in lines)


def test_a_driver_that_cannot_tell_does_not_keep_the_rest_back(bench: Any) -> None:
    Witness(bench).error = OSError(5)
    assert "connected" in upload(bench)
    assert ("error", "the driver's log cannot be had: OSError(5)") in bench.log


def test_fw_016_lines_without_a_time_are_in_no_window(make_bench: Callable[..., Any]) -> None:
    """FW-016: stored before the clock was known, they cannot be said to lie between bounds."""
    bench = make_bench()
    bench.answers["BootNotification"] = None
    bench.boot()
    for number in range(100):
        bench.station.log("info", f"early {number} " + "x" * 100)
    bench.answer(f'{{"currentTime":"{bench.time()}","interval":300,"status":"Accepted"}}')
    bench.advance(1)
    assert "early 0 " in upload(bench)
    assert "early 0 " not in upload(bench, stopTime=bench.time(bench.now + 60))
    assert "early 0 " not in upload(bench, startTime=bench.time(-60))
