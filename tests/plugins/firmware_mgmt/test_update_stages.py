"""What else is asked of a charge point in each stage of an update: FW-001, 002, 006 to 009."""

from __future__ import annotations

from typing import Any

import pytest

STAGES = ("Scheduled", "Downloading", "Downloaded", "Installing", "Restarting")


def reach(bench: Any, stage: str) -> None:
    """Brings an update to that stage, and keeps it there."""
    if not stage:
        return
    if stage == "Downloaded":
        bench.charge(1)
    bench.hardware.outcomes = ["Restart" if stage == "Restarting" else ""]
    bench.update(**({"retrieveDate": bench.time(bench.now + 5000)} if stage == "Scheduled" else {}))
    bench.advance(1)
    if stage in ("Downloaded", "Installing", "Restarting"):
        bench.job.end()
        bench.advance(2)


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        ("", "Idle"),
        ("Scheduled", "Idle"),
        ("Downloading", "Downloading"),
        ("Downloaded", "Downloaded"),
        ("Installing", "Installing"),
        ("Restarting", "Installing"),
    ],
)
def test_fw_008_what_is_asked_for_in_each_stage(bench: Any, stage: str, status: str) -> None:
    """FW-008: Idle while nothing goes on, and nothing but the truth while something does."""
    reach(bench, stage)
    assert "Idle" not in bench.told()
    assert bench.trigger("FirmwareStatusNotification") == "Accepted"
    assert bench.told() == [status]


def test_fw_008_what_is_asked_for_follows_what_waits(bench: Any) -> None:
    """One status stream: nothing newer is told before what was to be told already."""
    bench.answers["FirmwareStatusNotification"] = None
    bench.hardware.outcomes = [""]
    bench.downloaded()
    bench.advance(2)
    assert bench.told() == ["Downloading"]
    bench.trigger("FirmwareStatusNotification")
    bench.hardware.outcomes = ["Installed"]
    bench.advance(2)
    bench.answers["FirmwareStatusNotification"] = {}
    bench.answer("{}")
    assert bench.told() == ["Downloaded", "Installing", "Installed", "Idle"]


def test_fw_008_what_was_asked_for_on_another_connection_is_not_told(bench: Any) -> None:
    bench.answers["FirmwareStatusNotification"] = None
    bench.update()
    bench.advance(2)
    bench.trigger("FirmwareStatusNotification")
    bench.disconnect()
    bench.answers["FirmwareStatusNotification"] = {}
    bench.seen()
    bench.connect()
    assert bench.told() == ["Downloading"]


def test_fw_002_a_status_that_is_not_answered_is_told_again(bench: Any) -> None:
    """The connection may last for weeks: the outcome must not wait for the next one."""
    bench.answers["FirmwareStatusNotification"] = None
    bench.downloaded()
    bench.advance(20)
    assert bench.told() == ["Downloading"]
    bench.answers["FirmwareStatusNotification"] = {}
    bench.ids.clear()
    bench.advance(120)
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]
    bench.advance(300)
    assert bench.told() == []


@pytest.mark.parametrize("stage", STAGES)
def test_fw_009_a_new_update_in_each_stage(bench: Any, stage: str) -> None:
    """FW-009: answered {} whatever goes on; replaces what is not being installed yet."""
    reach(bench, stage)
    before = bench.told()
    assert bench.update(location="http://h/newer.bin") == {}
    bench.advance(1)
    if stage in ("Installing", "Restarting"):
        assert bench.job.url == "http://h/fw.bin"
        assert bench.told() == []
        return
    assert bench.job.url == "http://h/newer.bin"
    assert bench.told() == ["Downloading"]
    bench.job.end("refused")
    bench.update(location="http://h/newest.bin", retries=0)
    bench.advance(1)
    bench.job.end("refused")
    bench.advance(5)
    assert bench.told() == ["Downloading", "DownloadFailed"]
    assert before.count("Installing") == 0
    assert bench.status(2) == "Available"


@pytest.mark.parametrize("stage", STAGES)
def test_fw_007_a_reset_in_each_stage(bench: Any, stage: str) -> None:
    """A Reset delays an update and never ends it; the outcome is told once."""
    reach(bench, stage)
    told = bench.told()
    assert bench.call("Reset", '{"type":"Hard"}')["status"] == "Accepted"
    bench.advance(10)
    assert bench.station.exit is not None
    bench.hardware.outcomes = ["Installed"]
    bench.unplug()
    bench.reboot(cause="Hard")
    bench.advance(5000 if stage == "Scheduled" else 15)
    if stage in ("Scheduled", "Downloading"):
        bench.job.end()
        bench.advance(5)
    assert told + bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert bench.status(1) == bench.status(2) == "Available"


@pytest.mark.parametrize("stage", STAGES)
def test_fw_006_availability_changed_in_each_stage_holds_after_it(bench: Any, stage: str) -> None:
    reach(bench, stage)
    answer = bench.call("ChangeAvailability", '{"connectorId":2,"type":"Inoperative"}')
    assert answer["status"] == "Accepted"
    assert bench.status(2) == "Unavailable"
    bench.update(location="sftp://h/x", retries=0)
    bench.hardware.outcomes = ["Installed"]
    bench.advance(5)
    if stage == "Restarting":
        bench.reboot(cause="Soft")
        bench.advance(5)
    assert bench.told()[-1] in ("DownloadFailed", "Installed")
    assert bench.status(2) == "Unavailable"
    bench.call("ChangeAvailability", '{"connectorId":2,"type":"Operative"}')
    assert bench.status(2) == "Available"


def test_fw_006_nothing_is_started_or_reserved_from_afar_meanwhile(bench: Any) -> None:
    reach(bench, "Installing")
    remote = '{"idTag":"TAG1","connectorId":1}'
    assert bench.call("RemoteStartTransaction", remote)["status"] == "Rejected"
    bench.call("ChangeAvailability", '{"connectorId":0,"type":"Operative"}')
    assert bench.status(1) == bench.status(2) == "Unavailable"


@pytest.mark.parametrize(
    "when", ["1970-01-01T00:00:00Z", "2025-12-31T23:59:59.999+14:00", "2026-01-01T00:00Z"]
)
def test_fw_001_a_date_in_the_past_is_now(bench: Any, when: str) -> None:
    bench.update(retrieveDate=when)
    bench.advance(1)
    assert bench.told() == ["Downloading"]


def test_fw_001_the_clock_may_jump(bench: Any) -> None:
    """Back: the date is further away again. Forward: it has come."""
    bench.update(retrieveDate=bench.time(bench.now + 1000))
    bench.advance(900)
    bench.station.set_utc(bench.station.utc() - 5000)
    bench.advance(150)  # less than HeartbeatInterval, which would set it right again
    assert bench.told() == []
    bench.station.set_utc(bench.station.utc() + 5000)
    bench.advance(1)
    assert bench.told() == ["Downloading"]


def test_fw_001_a_date_far_away_is_waited_for(bench: Any) -> None:
    assert bench.update(retrieveDate="9999-12-31T23:59:59Z") == {}
    bench.advance(100)
    assert bench.told() == []
    assert bench.transfers.jobs == []
