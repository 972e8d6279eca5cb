"""GetDiagnostics at a charge point: FW-008, FW-010, FW-013 to FW-016."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import events
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import StoreFull

DIAGNOSTICS = "DiagnosticsStatusNotification"


class FullStore(MemoryStore):
    """Has no room for diagnostics once told so."""

    full = False

    def append(self, name: str, record: Any) -> None:
        if self.full and name == "diagnostics":
            raise StoreFull("no room left")
        super().append(name, record)


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


def test_fw_013_the_file_named_is_uploaded_into_the_directory(bench: Any) -> None:
    answer = bench.diagnose(location="ftp://u:p@h/logs/")
    bench.advance(1)
    assert bench.job.url == f"ftp://u:p@h/logs/{answer['fileName']}"
    assert answer["fileName"] == "CP1-2026-01-01T000000Z.log"


@pytest.mark.parametrize(
    ("location", "before", "after"),
    [("http://h", "http://h/", ""), ("https://h/d?sig=a/b", "https://h/d/", "?sig=a/b")],
)
def test_fw_010_the_name_goes_into_the_path(
    bench: Any, location: str, before: str, after: str
) -> None:
    name = bench.diagnose(location=location)["fileName"]
    bench.advance(1)
    assert bench.job.url == before + name + after


def test_fw_013_an_identity_makes_a_safe_name(make_bench: Callable[..., Any]) -> None:
    bench = make_bench()
    bench.boot()
    bench.station.identity = "Straße/../CP 1#?"
    assert bench.diagnose()["fileName"] == "Stra_e_.._CP_1__-2026-01-01T000000Z.log"


def test_fw_013_nothing_in_the_window_means_no_name_and_no_upload(bench: Any) -> None:
    bench.advance(10)
    assert bench.diagnose(startTime=bench.time(5000), stopTime=bench.time(6000)) == {}
    bench.advance(20)
    assert bench.transfers.jobs == []
    assert bench.seen(DIAGNOSTICS) == []


def test_fw_013_what_is_in_it(bench: Any) -> None:
    bench.charge()
    bench.station.log("warning", "the fan is slow")
    text = upload(bench)
    assert text.startswith("CP1 2026-01-01T")
    assert "\nfirmware \nconnector 0: Available\n" in text  # no version is set here
    assert "connector 1: Charging\n" in text
    assert "HeartbeatInterval=300\n" in text
    assert "SupportedFileTransferProtocols=" in text
    assert "2026-01-01T00:00:00Z warning: the fan is slow\n" in text
    assert "StatusChanged(1, 'Preparing', 'Charging')\n" in text
    assert "TAG1" not in text


def test_fw_014_uploading_then_uploaded(bench: Any) -> None:
    bench.diagnose()
    bench.advance(3)
    assert bench.told(DIAGNOSTICS) == ["Uploading"]
    assert bench.trigger(DIAGNOSTICS) == "Accepted"
    assert bench.told(DIAGNOSTICS) == ["Uploading"]
    bench.job.end()
    bench.advance(30)
    assert bench.told(DIAGNOSTICS) == ["Uploaded"]
    bench.trigger(DIAGNOSTICS)
    assert bench.told(DIAGNOSTICS) == ["Idle"]
    assert len(bench.transfers.jobs) == 1


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_fw_014_fw_015_retries_come_after_the_first(bench: Any, retries: int) -> None:
    bench.diagnose(retries=retries, retryInterval=20)
    for attempt in range(retries + 1):
        bench.advance(22)
        assert len(bench.transfers.jobs) == attempt + 1
        bench.job.end("connection refused")
        bench.advance(1)
    bench.advance(100)
    assert len(bench.transfers.jobs) == retries + 1
    assert bench.told(DIAGNOSTICS) == ["Uploading", "UploadFailed"]
    assert any("connection refused" in text for _, text in bench.log)


def test_fw_015_the_interval_lies_between_attempts(bench: Any) -> None:
    bench.diagnose(retries=1, retryInterval=100)
    bench.advance(1)
    bench.job.end("refused")
    bench.advance(100)
    assert len(bench.transfers.jobs) == 1
    bench.advance(2)
    assert len(bench.transfers.jobs) == 2


@pytest.mark.parametrize("where", ["making", "feeding"])
def test_fw_014_no_memory_for_the_content_is_told(
    bench: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """FW-014, FW-015: as other faults are; nothing stays unfed, and Uploading for ever."""

    def fail(*arguments: Any) -> Any:
        raise MemoryError

    if where == "making":
        monkeypatch.setitem(bench.station.shared, "crash_log", fail)
    else:
        send = bench.transfers.send

        def send_unfed(*arguments: Any) -> Any:
            job = send(*arguments)
            job.feed = fail
            return job

        monkeypatch.setattr(bench.transfers, "send", send_unfed)
    bench.diagnose(retries=1, retryInterval=20)
    bench.advance(60)
    assert bench.told(DIAGNOSTICS) == ["Uploading", "UploadFailed"]
    assert len(bench.transfers.jobs) == (2 if where == "feeding" else 0)
    assert all(job.cancelled for job in bench.transfers.jobs)
    assert any("MemoryError" in text for _, text in bench.log)
    monkeypatch.undo()
    upload(bench)
    assert bench.told(DIAGNOSTICS) == ["Uploading", "Uploaded"]


def test_fw_015_each_attempt_begins_anew_with_the_whole_file(bench: Any) -> None:
    bench.diagnose(retries=1, retryInterval=5)
    bench.advance(1)
    bench.job.end("cut")
    first = bench.job
    bench.advance(10)
    assert bench.job is not first
    assert content(bench).startswith("CP1 ")
    bench.job.end()
    bench.advance(1)
    assert bench.told(DIAGNOSTICS) == ["Uploading", "Uploaded"]


def test_it_is_fed_piece_by_piece_as_the_server_takes_it(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        bench.station.log("info", f"line {number} " + "x" * 100)
    begin = bench.transfers._begin

    def narrow(job: Any) -> Any:
        job.room = 4000
        return begin(job)

    monkeypatch.setattr(bench.transfers, "_begin", narrow)
    bench.diagnose()
    bench.advance(1)
    assert 4000 <= len(bench.job.content) < 4300
    bench.station.log("info", "too late for this file")
    bench.job.room = 8000
    bench.advance(1)
    assert 8000 <= len(bench.job.content) < 8300
    bench.job.room = 1_000_000
    bench.advance(1)
    assert "too late" not in content(bench)
    assert "line 99 " in content(bench)


def test_the_log_is_bounded_and_keeps_the_latest(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(log_pages=4)
    bench.boot()
    for number in range(2000):
        bench.station.log("info", f"line {number:04d} " + "x" * 300)
    pages = list(bench.store.records("diagnostics"))
    assert len(pages) <= 4
    assert len(json.dumps(pages)) < 4 * 4096
    text = upload(bench)
    assert "line 1999" in text
    assert "line 0000" not in text


def test_the_log_survives_a_restart(bench: Any) -> None:
    for number in range(40):
        bench.station.log("info", f"line {number} " + "x" * 100)
    bench.reboot()
    assert "line 0 " in upload(bench)


def test_the_log_is_bounded_over_restarts(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(log_pages=4)
    bench.boot()
    for _ in range(5):
        for number in range(60):
            bench.station.log("info", f"line {number} " + "x" * 100)
        bench.reboot()
    assert len(list(bench.store.records("diagnostics"))) <= 4


def test_a_full_disk_leaves_the_latest_in_memory(make_bench: Callable[..., Any]) -> None:
    store = FullStore()
    bench = make_bench(store=store)
    bench.boot()
    store.full = True
    for number in range(500):
        bench.station.log("info", f"line {number} " + "x" * 100)
    text = upload(bench)
    assert "line 499 " in text
    assert "line 0 " not in text
    assert len(text) < 10_000
    assert any("diagnostics could not be stored" in line for _, line in bench.log)


def test_a_restart_in_the_middle_begins_the_upload_anew(bench: Any) -> None:
    name = bench.diagnose()["fileName"]
    bench.advance(2)
    assert bench.told(DIAGNOSTICS) == ["Uploading"]
    bench.reboot()
    bench.advance(2)
    assert len(bench.transfers.jobs) == 2
    assert bench.job.url == f"http://h/logs/{name}"
    bench.job.end()
    bench.advance(2)
    assert bench.told(DIAGNOSTICS) == ["Uploaded"]
    bench.reboot()
    bench.advance(2)
    assert len(bench.transfers.jobs) == 2


def test_fw_015_no_attempt_is_made_before_the_network_is_back(bench: Any) -> None:
    bench.diagnose(retries=0)
    bench.advance(2)
    bench.restart()
    bench.advance(50)
    assert len(bench.transfers.jobs) == 1
    bench.connect()
    bench.advance(2)
    bench.job.end()
    bench.advance(2)
    assert bench.told(DIAGNOSTICS) == ["Uploading", "Uploaded"]


def test_fw_008_fw_014_an_update_and_an_upload_at_once(bench: Any) -> None:
    """Two streams of statuses, neither of which waits for the other."""
    bench.update()
    bench.diagnose()
    bench.advance(2)
    load, send = bench.transfers.jobs
    send.end()
    bench.advance(2)
    assert bench.trigger(DIAGNOSTICS) == "Accepted"
    load.end()
    bench.advance(5)
    calls = bench.seen(DIAGNOSTICS, "FirmwareStatusNotification")
    assert [payload["status"] for name, payload in calls if name == DIAGNOSTICS] == [
        *("Uploading", "Uploaded", "Idle")
    ]
    assert [payload["status"] for name, payload in calls if name != DIAGNOSTICS] == [
        *("Downloading", "Downloaded", "Installing", "Installed")
    ]


def test_a_new_request_replaces_the_one_under_way(bench: Any) -> None:
    bench.diagnose()
    bench.advance(2)
    first = bench.job
    bench.diagnose(location="http://elsewhere/")
    bench.advance(2)
    assert first.cancelled
    assert bench.job.url.startswith("http://elsewhere/")
    bench.job.end()
    bench.advance(2)
    assert bench.told(DIAGNOSTICS)[-1] == "Uploaded"


@pytest.mark.parametrize("location", ["sftp://h/logs", "logs"])
def test_another_scheme_fails_without_a_try(bench: Any, location: str) -> None:
    bench.diagnose(location=location)
    bench.advance(300)
    assert bench.told(DIAGNOSTICS) == ["Uploading", "UploadFailed"]
    assert bench.transfers.jobs == []


def test_without_transfers_every_upload_fails(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(transfers=None)
    bench.boot()
    bench.diagnose()
    bench.advance(3)
    assert bench.told(DIAGNOSTICS) == ["Uploading", "UploadFailed"]


def test_the_method_is_the_settings(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(upload_method="POST")
    bench.boot()
    bench.diagnose()
    bench.advance(1)
    assert bench.job.method == "POST"


def test_a_cut_of_power_announced_stores_the_last_lines(bench: Any) -> None:
    bench.station.log("info", "just before")
    bench.emit(events.PowerFailing(0))
    bench.reboot()
    assert "just before" in upload(bench)
