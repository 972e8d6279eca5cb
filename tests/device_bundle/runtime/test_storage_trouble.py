"""Flash that is full, fails or holds nonsense, and every plugin on it (CORE-044)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel import events
from ocpp_kernel.build import build_station
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.config import parse_config
from ocpp_kernel.station import Station
from ocpp_kernel.store import FileStore, checksum

ENOSPC, EIO = 28, 5
TIME = "2026-01-01T00:00:00Z"
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
ANSWERS: dict[str, dict[str, Any]] = {
    "BootNotification": {"status": "Accepted", "currentTime": TIME, "interval": 86400},
    "Heartbeat": {"currentTime": TIME},
    "Authorize": ACCEPTED,
    "StartTransaction": {"transactionId": 7, **ACCEPTED},
    "StopTransaction": ACCEPTED,
}


class Flash:
    """A folder whose writing, or all of it, fails with an error number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fault = 0
        self.unreadable = False

    def check(self, writing: bool) -> None:
        if self.fault and (writing or self.unreadable):
            raise OSError(self.fault, "flash")

    def open(self, path: str, mode: str) -> Any:
        self.check(mode[0] != "r")
        return Path(path).open(mode)

    def listdir(self, path: str, /) -> list[str]:
        self.check(False)
        return os.listdir(path)  # noqa: PTH208  # what a module has

    def mkdir(self, path: str, /) -> None:
        self.check(True)
        Path(path).mkdir()

    def remove(self, path: str, /) -> None:
        self.check(True)
        Path(path).unlink()

    def rename(self, old: str, new: str, /) -> None:
        self.check(True)
        Path(old).rename(new)


class Bed:
    """One charge point and a central system that accepts everything."""

    def __init__(self, folder: Path, fault: int = 0) -> None:
        self.flash = Flash(folder)
        self.flash.fault = fault
        self.logs: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.now = 0
        self.station: Station
        self.start()

    def start(self) -> None:
        """Power up, on the flash as it is."""
        store = FileStore(
            self.flash, MsgspecCodec(), str(self.flash.folder), self.flash.open, self.logs.append
        )
        self.station = build_station(parse_config({}), store, self.log)
        self.station.start(self.now)
        self.station.connected(self.now)
        self.wait(2)

    def log(self, level: str, text: str) -> None:
        self.logs.append(f"{level} {text}")

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.station.tick(self.now)
            self.converse()

    def converse(self) -> None:
        said: list[str] = []
        while True:
            self.station.flush(said.append)
            if not said:
                return
            frame = json.loads(said.pop(0))
            if frame[0] == 2:
                self.calls.append((frame[2], frame[3]))
                answer = [3, frame[1], ANSWERS.get(frame[2], {})]
                self.station.receive(json.dumps(answer), self.now)

    def do(self, line: str) -> None:
        self.station.emit(events.Command(line))
        self.wait(3)

    def told(self, *actions: str) -> list[str]:
        return [action for action, _ in self.calls if action in actions]

    def charge(self) -> None:
        self.do("plug 1")
        self.do("tag 1 ABCD")

    def leave(self) -> None:
        self.do("tag 1 ABCD")
        self.do("unplug 1")


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path / "ocpp_data")


def charges(bed: Bed) -> bool:
    """Whether somebody who comes now can charge, from plugging in to leaving."""
    before = len(bed.told("StartTransaction"))
    bed.charge()
    started = len(bed.told("StartTransaction")) > before
    bed.leave()
    return started


@pytest.mark.parametrize("fault", [ENOSPC, EIO])
@pytest.mark.parametrize("unreadable", [False, True])
def test_without_storage_nothing_starts_and_all_is_well_once_it_is_back(
    tmp_path: Path, fault: int, unreadable: bool
) -> None:
    bed = Bed(tmp_path / "ocpp_data")
    bed.flash.fault = fault
    bed.flash.unreadable = unreadable
    bed.start()
    assert len(bed.told("BootNotification")) == 2
    assert not charges(bed)
    assert any(line.startswith("error ") for line in bed.logs)
    bed.flash.fault = 0
    bed.wait(130)  # storage is tried again every minute
    assert charges(bed)
    assert len(bed.told("StopTransaction")) == len(bed.told("StartTransaction"))


def test_the_first_start_ever_needs_no_storage_to_register(tmp_path: Path) -> None:
    """CORE-009: the interval of the answer cannot be stored, and that is all."""
    bed = Bed(tmp_path / "ocpp_data", ENOSPC)
    assert bed.told("BootNotification", "StatusNotification") == [
        "BootNotification",
        *["StatusNotification"] * 3,
    ]
    assert not charges(bed)
    bed.flash.fault = 0
    bed.wait(130)
    assert charges(bed)


@pytest.mark.parametrize("fault", [ENOSPC, EIO])
def test_a_transaction_that_runs_goes_on_and_is_told_in_order(bed: Bed, fault: int) -> None:
    bed.charge()
    bed.flash.fault = fault
    bed.wait(300)
    bed.leave()
    told = bed.told("StartTransaction", "MeterValues", "StopTransaction")
    assert told[0] == "StartTransaction"
    assert told[-1] == "StopTransaction"
    assert told.count("MeterValues") >= 3
    bed.flash.fault = 0
    bed.wait(130)
    bed.start()
    bed.wait(10)
    assert bed.told("StartTransaction", "MeterValues", "StopTransaction") == told
    assert charges(bed)


def test_what_was_told_to_nobody_is_stored_once_there_is_room_again(bed: Bed) -> None:
    bed.charge()
    bed.station.disconnected(bed.now)
    bed.flash.fault = ENOSPC
    bed.leave()
    bed.flash.fault = 0
    bed.wait(70)
    bed.start()  # what only memory held would be lost here
    bed.wait(10)
    (stop,) = [payload for action, payload in bed.calls if action == "StopTransaction"]
    assert stop["transactionId"] == 7
    assert stop.get("reason", "Local") == "Local"


def test_a_power_cut_while_storage_fails_ends_the_transaction_from_what_it_holds(
    bed: Bed,
) -> None:
    bed.charge()
    bed.station.disconnected(bed.now)
    bed.flash.fault = ENOSPC
    bed.wait(100)
    bed.flash.fault = 0
    bed.start()
    bed.wait(10)
    (stop,) = [payload for action, payload in bed.calls if action == "StopTransaction"]
    assert stop["reason"] == "PowerLoss"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, 12))
def test_memory_that_runs_out_at_any_write_loses_and_invents_no_transaction(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, number: int, after: bool
) -> None:
    """The store is written first: what is in it is told after a restart, and once."""
    write = FileStore._write
    writes = [0]

    def failing(*arguments: Any) -> None:
        writes[0] += 1
        if writes[0] == number and not after:
            raise MemoryError
        write(*arguments)
        if writes[0] == number and after:
            raise MemoryError

    monkeypatch.setattr(FileStore, "_write", failing)
    bed.charge()
    bed.wait(200)
    bed.leave()
    bed.wait(10)
    assert writes[0] >= number
    monkeypatch.undo()
    bed.start()
    bed.wait(70)
    if bed.station.shared["connectors"][1].plugged:
        bed.do("unplug 1")
    told = bed.told("StartTransaction", "MeterValues", "StopTransaction")
    ends = [action for action in told if action != "MeterValues"]
    assert ends in ([], ["StartTransaction", "StopTransaction"])
    assert told[:1] == ends[:1]
    assert told[-1:] == ends[-1:]
    assert charges(bed)


def whole(value: Any) -> bytes:
    """A record whose checksum is right, whatever its content means."""
    body = json.dumps(value).encode()
    return f"\n{checksum(body):06x}".encode() + body


NONSENSE = {
    "empty": b"",
    "zeros": b"\x00" * 5000,
    "text": b"\n\n not a record \n\n",
    "one long line": b"x" * 100_000,
    "null": whole(None),
    "number": whole(-1),
    "text record": whole("x"),
    "empty list": whole([]),
    "nested lists": whole([[], [[]], [None], ["S"]]),
    "object": whole({"": {"": []}, "x": None}),
    "many records": whole([1, "S", 0]) + whole([0, "E", "x"]) + whole({}) + whole(5),
}


def names(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        yield path.name


@pytest.mark.parametrize("content", NONSENSE.values(), ids=NONSENSE)
def test_files_full_of_nonsense_keep_nobody_from_charging(bed: Bed, content: bytes) -> None:
    """Whatever a file holds: each in turn, and all at once."""
    folder = bed.flash.folder
    bed.charge()
    bed.station.emit(events.PowerFailing(0))
    found = list(names(folder))
    assert len(found) >= 4
    for spoiled in (*((name,) for name in found), tuple(found)):
        for name in spoiled:
            folder.joinpath(name).write_bytes(content)
        bed.start()
        bed.wait(5)
        if bed.station.shared["connectors"][1].plugged:
            bed.leave()
        assert charges(bed), spoiled


def test_a_folder_that_is_gone_is_made_again(bed: Bed) -> None:
    assert charges(bed)
    for path in list(bed.flash.folder.iterdir()):
        path.unlink()
    bed.flash.folder.rmdir()
    assert charges(bed)
    assert charges(bed)


def test_a_configuration_that_could_not_be_read_is_not_overwritten(bed: Bed) -> None:
    change = bed.station.configuration.change
    assert change("MeterValueSampleInterval", "77") == "Accepted"
    bed.flash.fault, bed.flash.unreadable = EIO, True
    bed.start()
    assert bed.station.configuration["MeterValueSampleInterval"] == 60
    bed.flash.fault = 0
    assert bed.station.configuration.change("ConnectionTimeOut", "45") == "Accepted"
    assert bed.station.configuration["MeterValueSampleInterval"] == 77
    bed.start()
    assert bed.station.configuration["MeterValueSampleInterval"] == 77
    assert bed.station.configuration["ConnectionTimeOut"] == 45
