"""UpdateFirmware at a charge point: FW-001 to FW-006, FW-008 to FW-011, CFG-46."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel.store import StoreFull


def test_fw_001_the_answer_is_empty_and_comes_first(bench: Any) -> None:
    frames: list[str] = []
    bench.station.receive(
        '[2,"u","UpdateFirmware",{"location":"http://h/fw.bin",'
        '"retrieveDate":"2026-01-01T00:00:00Z"}]',
        bench.now,
    )
    bench.station.flush(frames.append)
    assert frames == ['[3,"u",{}]']
    assert bench.transfers.jobs == []
    bench.advance(1)
    assert bench.job.url == "http://h/fw.bin"


def test_fw_001_nothing_is_fetched_before_retrieve_date(bench: Any) -> None:
    assert bench.update(retrieveDate=bench.time(3600)) == {}
    bench.advance(3598 - bench.now)
    assert bench.transfers.jobs == []
    assert bench.told() == []
    bench.advance(3)
    assert len(bench.transfers.jobs) == 1
    assert bench.told() == ["Downloading"]


def test_fw_001_without_a_clock_the_date_cannot_have_come(make_bench: Callable[..., Any]) -> None:
    bench = make_bench()
    bench.answers["BootNotification"] = None
    bench.boot()
    bench.update()
    bench.advance(20)
    assert bench.transfers.jobs == []
    bench.answer(f'{{"currentTime":"{bench.time()}","interval":300,"status":"Accepted"}}')
    bench.advance(1)
    assert len(bench.transfers.jobs) == 1


def test_fw_002_every_status_is_told_once_in_order(bench: Any) -> None:
    bench.hardware.outcomes = ["", "", "Installed"]
    bench.update()
    bench.advance(5)
    bench.job.end()
    bench.advance(60)
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert bench.hardware.images == ["/files/firmware"] * 3


@pytest.mark.parametrize(("fields", "attempts"), [({"retries": 2}, 3), ({"retries": 0}, 1)])
def test_fw_003_fw_004_dis_26_retries_come_after_the_first(
    bench: Any, fields: Any, attempts: int
) -> None:
    bench.update(retryInterval=30, **fields)
    for attempt in range(attempts):
        bench.advance(31)
        assert len(bench.transfers.jobs) == attempt + 1
        bench.job.end("no route to host")
        bench.advance(2)
    bench.advance(300)
    assert len(bench.transfers.jobs) == attempts
    assert bench.told() == ["Downloading", "DownloadFailed"]
    assert any("no route to host" in text for _, text in bench.log)


def test_fw_004_the_interval_lies_between_attempts(bench: Any) -> None:
    bench.update(retries=1, retryInterval=100)
    bench.advance(1)
    bench.job.end("refused")
    bench.advance(100)
    assert len(bench.transfers.jobs) == 1
    bench.advance(2)
    assert len(bench.transfers.jobs) == 2
    bench.job.end()
    bench.advance(5)
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]


def test_fw_004_what_is_not_asked_is_the_settings_choice(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(retries=1, retry_interval=10)
    bench.boot()
    bench.update()
    for _ in range(3):
        bench.advance(13)
        bench.job.end("refused")
    bench.advance(60)
    assert len(bench.transfers.jobs) == 2


def test_fw_004_a_transaction_that_ends_does_not_shorten_the_pause(bench: Any) -> None:
    bench.charge()
    bench.update(retries=1, retryInterval=1000)
    bench.advance(1)
    bench.job.end("refused")
    bench.advance(2)
    bench.tag()
    bench.unplug()
    bench.advance(20)
    assert len(bench.transfers.jobs) == 1


@pytest.mark.parametrize("fault", [OSError(5), ValueError("bad image"), RuntimeError("bug")])
def test_fw_003_an_installation_that_fails_is_the_end(bench: Any, fault: Exception) -> None:
    bench.hardware.outcomes = ["", fault]
    bench.downloaded()
    bench.advance(60)
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "InstallationFailed"]
    assert bench.status(1) == bench.status(2) == "Available"
    assert len(bench.hardware.images) == 2


def test_fw_003_hardware_that_cannot_install_says_so(make_bench: Callable[..., Any]) -> None:
    bench = make_bench()
    bench.hardware.install_firmware = None
    bench.boot()
    bench.downloaded()
    bench.advance(5)
    assert bench.told() == ["Downloading", "Downloaded", "InstallationFailed"]
    assert any("install_firmware" in text for _, text in bench.log)
    assert bench.status(1) == "Available"


def test_fw_005_an_image_is_installed_at_once_where_nobody_charges(bench: Any) -> None:
    bench.downloaded()
    bench.advance(2)
    assert bench.hardware.images == ["/files/firmware"]


def test_fw_006_it_waits_for_transactions_and_idle_connectors_are_unavailable(bench: Any) -> None:
    bench.charge(1)
    bench.downloaded()
    assert bench.status(1) == "Charging"
    assert bench.status(2) == "Unavailable"
    assert bench.told() == ["Downloading", "Downloaded"]
    bench.hardware.outcomes = [""]
    bench.tag()
    bench.advance(1)
    assert bench.status(1) in ("Finishing", "Unavailable")
    bench.unplug()
    bench.advance(5)
    assert bench.status(1) == "Unavailable"
    assert bench.told() == ["Installing"]
    bench.hardware.outcomes = ["Installed"]
    bench.advance(2)
    assert bench.told() == ["Installed"]
    assert bench.status(1) == bench.status(2) == "Available"


def test_fw_006_nothing_starts_meanwhile(bench: Any) -> None:
    bench.hardware.outcomes = [""]
    bench.downloaded()
    bench.advance(2)
    bench.plug(2)
    bench.tag("TAG2", 2)
    assert bench.seen("StartTransaction") == []
    assert bench.core.connectors[2].transaction is None


def test_fw_006_downloading_takes_nothing_out_of_use(bench: Any) -> None:
    bench.update()
    bench.advance(10)
    bench.charge(1)
    assert bench.status(1) == "Charging"


def test_fw_006_what_was_inoperative_before_stays_so(bench: Any) -> None:
    bench.call("ChangeAvailability", '{"connectorId":2,"type":"Inoperative"}')
    bench.downloaded()
    bench.advance(5)
    assert bench.told()[-1] == "Installed"
    assert bench.status(1) == "Available"
    assert bench.status(2) == "Unavailable"


def test_fw_002_offline_statuses_are_told_later_and_after_the_boot(bench: Any) -> None:
    bench.update(retrieveDate=bench.time(100))
    bench.disconnect()
    bench.advance(120)
    bench.job.end()
    bench.advance(5)
    assert bench.hardware.images
    bench.connect()
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]


def test_fw_002_a_status_the_central_system_cannot_take_holds_up_nothing(bench: Any) -> None:
    bench.answers["FirmwareStatusNotification"] = ["NotSupported", "no such profile"]
    bench.downloaded()
    bench.advance(5)
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]


def test_fw_008_idle_only_when_asked_and_not_busy(bench: Any) -> None:
    assert bench.trigger("FirmwareStatusNotification") == "Accepted"
    assert bench.trigger("DiagnosticsStatusNotification") == "Accepted"
    calls = bench.seen("FirmwareStatusNotification", "DiagnosticsStatusNotification")
    assert [payload["status"] for _, payload in calls] == ["Idle", "Idle"]
    bench.update()
    bench.advance(1)
    assert bench.told() == ["Downloading"]
    assert bench.trigger("FirmwareStatusNotification") == "Accepted"
    assert bench.told() == ["Downloading"]
    bench.job.end()
    bench.advance(10)
    bench.told()
    bench.trigger("FirmwareStatusNotification")
    assert bench.told() == ["Idle"]


def test_fw_009_a_new_update_replaces_one_that_downloads(bench: Any) -> None:
    bench.update()
    bench.advance(2)
    first = bench.job
    assert bench.update(location="http://h/newer.bin") == {}
    bench.advance(2)
    assert first.cancelled
    assert bench.job.url == "http://h/newer.bin"
    first.end("late")
    bench.job.end()
    bench.advance(5)
    assert bench.told()[-3:] == ["Downloaded", "Installing", "Installed"]
    assert len(bench.transfers.jobs) == 2


def test_fw_009_one_that_is_being_installed_is_finished(bench: Any) -> None:
    bench.hardware.outcomes = [""]
    bench.downloaded()
    bench.advance(2)
    assert bench.update(location="http://h/newer.bin") == {}
    bench.hardware.outcomes = ["Installed"]
    bench.advance(5)
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert len(bench.transfers.jobs) == 1


def test_fw_009_connectors_return_where_a_new_update_waits(bench: Any) -> None:
    bench.charge(1)
    bench.downloaded()
    assert bench.status(2) == "Unavailable"
    bench.update(retrieveDate=bench.time(bench.now + 5000))
    bench.advance(1)
    assert bench.status(2) == "Available"


def test_fw_009_an_image_that_is_replaced_leaves_room_for_the_next(bench: Any) -> None:
    """Flash may hold one only; once it is gone it is not asked for again."""
    gone: list[str] = []
    bench.hardware.forget = gone.append
    bench.charge(1)
    bench.downloaded()
    bench.update(location="http://h/newer.bin")
    assert gone == ["/files/firmware"]
    assert not bench.job.finished
    bench.advance(1)
    assert bench.job.url == "http://h/newer.bin"
    bench.job.end("refused")
    assert gone == ["/files/firmware"]


@pytest.mark.parametrize("location", ["sftp://h/fw.bin", "file:///etc/passwd", "fw.bin"])
def test_fw_010_fw_011_another_scheme_fails_without_a_try(bench: Any, location: str) -> None:
    bench.update(location=location)
    bench.advance(5)
    assert bench.told() == ["Downloading", "DownloadFailed"]
    assert bench.transfers.jobs == []


def test_fw_011_cfg_46_the_key_lists_what_the_shell_can(bench: Any) -> None:
    answer = bench.call("GetConfiguration", '{"key":["SupportedFileTransferProtocols"]}')
    assert answer["configurationKey"] == [
        {
            "key": "SupportedFileTransferProtocols",
            "readonly": True,
            "value": "FTP,FTPS,HTTP,HTTPS",
        }
    ]


def test_fw_011_without_transfers_every_download_fails(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(transfers=None)
    bench.boot()
    answer = bench.call("GetConfiguration", '{"key":["SupportedFileTransferProtocols"]}')
    assert answer["configurationKey"][0]["value"] == ""
    bench.update()
    bench.advance(5)
    assert bench.told() == ["Downloading", "DownloadFailed"]
    assert any("no transfers by HTTP" in text for _, text in bench.log)


@pytest.mark.parametrize("stage", ["Downloading", "Downloaded", "Installing"])
def test_want_of_memory_does_not_stop_the_update(
    bench: Any, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """FW-006: connectors would stay out of use until a restart nobody asks for."""
    save = bench.store.save
    failures: list[str] = []

    def fail_once(name: str, state: Any) -> None:
        if name == "firmware" and state[0] == stage and not failures:
            failures.append(stage)
            raise MemoryError
        save(name, state)

    monkeypatch.setattr(bench.store, "save", fail_once)
    bench.update()
    bench.advance(20)
    bench.job.end()
    bench.advance(40)
    assert failures == [stage]
    assert bench.hardware.images == ["/files/firmware"]
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]


def test_a_full_disk_does_not_stop_the_update(bench: Any) -> None:
    def full(name: str, value: Any) -> None:
        raise StoreFull("no room left")

    bench.store.save = full
    bench.downloaded()
    bench.advance(5)
    assert bench.told() == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert any("could not be stored" in text for _, text in bench.log)


def test_heartbeats_go_on_while_a_file_is_fetched(bench: Any) -> None:
    bench.configure("HeartbeatInterval", "10")
    bench.update()
    bench.advance(60)
    assert len(bench.seen("Heartbeat")) >= 5
    assert not bench.job.finished
