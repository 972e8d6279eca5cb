"""An update over restarts and cuts of power: FW-003, FW-004, FW-007."""

from __future__ import annotations

from typing import Any


def test_fw_007_the_driver_restarts_and_installed_follows_the_boot(bench: Any) -> None:
    bench.hardware.outcomes = ["", "Restart", "Installed"]
    bench.downloaded()
    bench.advance(10)
    assert bench.told() == ["Downloading", "Downloaded", "Installing"]
    assert bench.station.exit == "Soft"
    assert bench.hardware.restarts == ["Soft"]
    bench.reboot(cause="Soft")
    bench.advance(5)
    calls = [name for name, _ in bench.calls]
    assert calls[0] == "BootNotification"
    assert bench.told() == ["Installed"]
    assert bench.status(1) == "Available"


def test_fw_007_restarts_that_do_not_help_end(bench: Any) -> None:
    bench.hardware.outcomes = ["Restart"]
    bench.downloaded()
    told = []
    for _ in range(6):
        bench.advance(10)
        told += bench.told()
        bench.reboot(cause="Soft")
    bench.advance(5)
    assert (told + bench.told())[-1] == "InstallationFailed"
    assert len(bench.hardware.restarts) == 3
    assert bench.status(1) == "Available"


def test_fw_007_a_cut_while_scheduled(bench: Any) -> None:
    bench.update(retrieveDate=bench.time(1000))
    bench.reboot(gap=400)
    bench.advance(500)
    assert bench.transfers.jobs == []
    bench.advance(101)
    assert bench.told() == ["Downloading"]


def test_fw_007_a_cut_while_downloading_does_not_cost_an_attempt(bench: Any) -> None:
    bench.update(retries=0)
    bench.advance(5)
    assert bench.told() == ["Downloading"]
    bench.reboot()
    bench.advance(2)
    assert len(bench.transfers.jobs) == 2
    bench.job.end()
    bench.advance(5)
    assert bench.told() == ["Downloaded", "Installing", "Installed"]


def test_fw_004_no_attempt_is_made_before_the_network_is_back(bench: Any) -> None:
    """A module needs up to a minute for that: none of its attempts may be spent on it."""
    bench.update(retries=0)
    bench.advance(5)
    bench.restart()
    bench.advance(50)
    assert len(bench.transfers.jobs) == 1
    bench.connect()
    bench.advance(2)
    assert len(bench.transfers.jobs) == 2
    bench.disconnect()
    bench.job.end()
    bench.advance(5)
    bench.connect()
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]


def test_fw_007_a_cut_while_waiting_for_a_transaction(bench: Any) -> None:
    bench.charge(1)
    bench.downloaded()
    bench.seen()
    bench.unplug()
    bench.now += 1
    bench.reboot()
    bench.advance(15)
    assert bench.told() == ["Installing", "Installed"]
    assert bench.hardware.images == ["/files/firmware"]


def test_fw_007_a_cut_while_installing(bench: Any) -> None:
    bench.hardware.outcomes = [""]
    bench.downloaded()
    bench.advance(3)
    assert bench.told() == ["Downloading", "Downloaded", "Installing"]
    bench.reboot()
    bench.advance(1)
    assert bench.status(1) == bench.status(2) == "Unavailable"
    bench.hardware.outcomes = ["Installed"]
    bench.advance(2)
    assert bench.told() == ["Installed"]
    assert bench.status(1) == bench.status(2) == "Available"


def test_fw_003_an_image_nothing_survives_is_given_up(bench: Any) -> None:
    """What bites the watchdog each time must not keep the charge point out of use for good."""
    bench.hardware.outcomes = [""]
    bench.downloaded()
    bench.advance(3)
    assert bench.told()[-1] == "Installing"
    for _ in range(9):
        bench.reboot(cause="Watchdog")
        bench.advance(2)
    assert bench.told() == []
    assert bench.status(1) == "Unavailable"
    bench.reboot(cause="Watchdog")
    bench.advance(2)
    assert bench.told() == ["InstallationFailed"]
    assert bench.status(1) == "Available"
    assert any("broken off 10 times" in text for _, text in bench.log)


def test_fw_007_a_cut_before_the_last_status_was_told(bench: Any) -> None:
    bench.answers["FirmwareStatusNotification"] = None
    bench.downloaded()
    bench.advance(5)
    assert bench.told() == ["Downloading"]
    bench.answers["FirmwareStatusNotification"] = {}
    bench.reboot()
    bench.advance(2)
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]
    bench.reboot()
    bench.advance(2)
    assert bench.told() == []


def test_fw_007_what_waits_is_not_told_before_the_boot_is_accepted(bench: Any) -> None:
    """FW-007: after a reboot BootNotification comes first, and its answer (CORE-001)."""
    bench.hardware.outcomes = ["Restart", "Installed"]
    bench.downloaded()
    bench.advance(10)
    assert bench.told()[-1] == "Installing"
    accepted = bench.answers["BootNotification"]
    bench.answers["BootNotification"] = {
        "currentTime": bench.time(),
        "interval": 60,
        "status": "Pending",
    }
    bench.reboot(cause="Soft")
    bench.advance(20)
    assert bench.hardware.images == ["/files/firmware"] * 2
    assert [name for name, _ in bench.seen()] == ["BootNotification"]
    bench.answers["BootNotification"] = accepted
    bench.advance(60)
    assert bench.told() == ["Installed"]
