"""Storage that survives power cuts: cut at every byte and every step, then opened again."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_kernel.store import (
    MAX_RECORD,
    FileStore,
    MemoryStore,
    Store,
    StoreError,
    StoreFull,
    checksum,
)


class PlainCodec:
    def loads(self, text: str | bytes) -> Any:
        return json.loads(text)

    def dumps(self, value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))


class PowerCut(BaseException):
    """The machine stops; no handler of the program may catch it."""


class Flash:
    """A file system in memory whose power fails after `steps` bytes written or files changed.

    Without `replaces`, renaming onto an existing file fails, as on FAT. `room` is the number of
    bytes that still fit.
    """

    def __init__(self, replaces: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.folders = {"/usr"}
        self.replaces = replaces
        self.steps: int | None = None
        self.room: int | None = None
        self.fault = 0
        self.writes = 0

    def step(self) -> None:
        if self.steps is not None:
            if self.steps == 0:
                raise PowerCut
            self.steps -= 1

    def _check(self, path: str) -> None:
        if self.fault:
            raise OSError(self.fault)
        if path.rpartition("/")[0] not in self.folders:
            raise OSError(2)

    def listdir(self, path: str, /) -> list[str]:
        if path not in self.folders:
            raise OSError(2)
        if self.fault:
            raise OSError(self.fault)
        return [name[len(path) + 1 :] for name in self.files if name.startswith(path + "/")]

    def mkdir(self, path: str, /) -> None:
        if path in self.folders:
            raise OSError(17)
        self._check(path)
        self.step()
        self.folders.add(path)

    def remove(self, path: str, /) -> None:
        self._check(path)
        if path not in self.files:
            raise OSError(2)
        self.step()
        del self.files[path]

    def rename(self, old: str, new: str, /) -> None:
        self._check(old)
        if old not in self.files:
            raise OSError(2)
        if new in self.files and not self.replaces:
            raise OSError(17)
        self.step()
        self.files[new] = self.files.pop(old)

    def open(self, path: str, mode: str) -> Any:
        self._check(path)
        if mode == "rb":
            if path not in self.files:
                raise OSError(2)
            return io.BytesIO(self.files[path])
        self.step()
        if mode == "wb" or path not in self.files:
            self.files[path] = b""
        return Writer(self, path)


class Writer:
    """A file that puts each byte down at once: the worst a buffer can do."""

    def __init__(self, flash: Flash, path: str) -> None:
        self.flash = flash
        self.path = path

    def write(self, data: bytes) -> int:
        self.flash.writes += 1
        for byte in data:
            self.flash.step()
            if self.flash.room is not None:
                if self.flash.room == 0:
                    raise OSError(28)
                self.flash.room -= 1
            self.flash.files[self.path] += bytes([byte])
        return len(data)

    def flush(self) -> None:
        self.flash.step()

    def close(self) -> None:
        pass


FOLDER = "/usr/ocpp_data"


def mount(flash: Flash, reports: list[str] | None = None) -> FileStore:
    report = reports.append if reports is not None else unexpected
    return FileStore(flash, PlainCodec(), FOLDER, flash.open, report)


def unexpected(text: str) -> None:
    pytest.fail(f"damage reported: {text}")


def cut_everywhere(
    prepare: Callable[[FileStore], object], act: Callable[[FileStore], object], replaces: bool
) -> Iterator[tuple[Flash, bool]]:
    """Each flash that a power cut during `act` can leave, and whether `act` had returned."""
    steps = 0
    while True:
        flash = Flash(replaces)
        prepare(mount(flash))
        store = mount(flash)
        flash.steps = steps
        try:
            act(store)
        except PowerCut:
            done = False
        else:
            done = True
        flash.steps = None
        yield flash, done
        if done:
            return
        steps += 1


both_kinds = pytest.mark.parametrize("replaces", [True, False], ids=["replacing", "fat"])


@pytest.fixture(params=["file", "fat", "memory"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return mount(Flash(request.param == "file"))


VALUE = {"text": 'é电 "\n\\', "list": [1, None, True, {"deep": -5}], "n": 1.5}


def test_a_value_comes_back(store: Store) -> None:
    assert store.load("a") is None
    store.save("a", VALUE)
    assert store.load("a") == VALUE
    store.save("a", [])
    assert store.load("a") == []


def test_values_cannot_be_changed_from_outside(store: Store) -> None:
    value = {"list": [1]}
    store.save("a", value)
    value["list"].append(2)
    loaded = store.load("a")
    loaded["list"].append(3)
    assert store.load("a") == {"list": [1]}


def test_records_come_back_in_order(store: Store) -> None:
    assert list(store.records("j")) == []
    for number in range(20):
        store.append("j", {"n": number, "v": VALUE})
    assert [record["n"] for record in store.records("j")] == list(range(20))


def test_records_may_be_anything_even_nothing(store: Store) -> None:
    records: list[Any] = [None, 0, "", [], {}, False, VALUE]
    for record in records:
        store.append("j", record)
    assert list(store.records("j")) == records


def test_rewrite_replaces_a_journal(store: Store) -> None:
    store.append("j", 1)
    store.rewrite("j", [5, 6])
    store.append("j", 7)
    assert list(store.records("j")) == [5, 6, 7]
    store.rewrite("j", [])
    assert list(store.records("j")) == []


def test_rewrite_may_read_the_journal_it_replaces(store: Store) -> None:
    for number in range(6):
        store.append("j", number)
    store.rewrite("j", (number for number in store.records("j") if number % 2))
    assert list(store.records("j")) == [1, 3, 5]


def test_delete_forgets(store: Store) -> None:
    store.delete("never")
    store.save("a", 1)
    store.append("j", 1)
    store.delete("a")
    store.delete("j")
    assert store.load("a") is None
    assert list(store.records("j")) == []


def test_names_do_not_meet(store: Store) -> None:
    store.save("a", 1)
    store.save("a-b", 2)
    store.append("A_1", 3)
    assert (store.load("a"), store.load("a-b"), list(store.records("A_1"))) == (1, 2, [3])


@pytest.mark.parametrize("name", ["", "a/b", "..", "a.tmp", "é", "a b"])
def test_names_that_are_no_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="store name"):
        mount(Flash()).save(name, 1)


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {2: 3}}, object(), [b"x"], {1, 2}])
def test_memory_refuses_what_files_could_not_hold(value: Any) -> None:
    with pytest.raises(ValueError, match="store"):
        MemoryStore().save("a", value)


def test_an_equal_value_is_not_written_again() -> None:
    flash = Flash()
    store = mount(flash)
    store.save("a", VALUE)
    writes = flash.writes
    store.save("a", VALUE)
    assert flash.writes == writes
    store.save("a", [*VALUE])
    assert flash.writes > writes


def test_everything_survives_a_restart() -> None:
    flash = Flash()
    store = mount(flash)
    store.save("a", VALUE)
    store.append("j", 1)
    store.append("j", VALUE)
    again = mount(flash)
    assert again.load("a") == VALUE
    assert list(again.records("j")) == [1, VALUE]


@both_kinds
def test_a_cut_save_leaves_the_old_value_or_the_new(replaces: bool) -> None:
    for flash, done in cut_everywhere(
        lambda store: store.save("a", ["old", 1]), lambda store: store.save("a", VALUE), replaces
    ):
        loaded = mount(flash).load("a")
        assert loaded == VALUE if done else loaded in (["old", 1], VALUE)
        assert set(flash.files) == {f"{FOLDER}/a"}


@both_kinds
def test_a_cut_first_save_leaves_nothing_or_the_value(replaces: bool) -> None:
    for flash, done in cut_everywhere(
        lambda store: None, lambda store: store.save("a", VALUE), replaces
    ):
        loaded = mount(flash).load("a")
        assert loaded == VALUE if done else loaded in (None, VALUE)


@both_kinds
def test_a_cut_append_keeps_every_earlier_record_and_those_after(replaces: bool) -> None:
    def prepare(store: FileStore) -> None:
        store.append("j", "first")
        store.append("j", VALUE)

    for flash, done in cut_everywhere(prepare, lambda store: store.append("j", "cut"), replaces):
        reports: list[str] = []
        found = list(mount(flash, reports).records("j"))
        assert found == ["first", VALUE, "cut"] if done else found[:2] == ["first", VALUE]
        assert found[2:] in ([], ["cut"])
        again = mount(flash, reports)
        again.append("j", "after")
        assert list(again.records("j")) == [*found, "after"]


@both_kinds
def test_a_cut_rewrite_leaves_the_old_journal_or_the_new(replaces: bool) -> None:
    def prepare(store: FileStore) -> None:
        for number in range(3):
            store.append("j", number)

    for flash, done in cut_everywhere(
        prepare, lambda store: store.rewrite("j", [1, 2, VALUE]), replaces
    ):
        found = list(mount(flash).records("j"))
        assert found == [1, 2, VALUE] if done else found in ([0, 1, 2], [1, 2, VALUE])


@both_kinds
def test_a_cut_rewrite_of_a_damaged_journal_loses_no_intact_record(replaces: bool) -> None:
    flash = Flash(replaces)
    for number in range(3):
        mount(flash).append("j", number)
    whole = flash.files[f"{FOLDER}/j"]
    damaged = whole.replace(b"1", b"7", 1)
    steps = 0
    done = False
    while not done:
        flash = Flash(replaces)
        flash.folders.add(FOLDER)
        flash.files[f"{FOLDER}/j"] = damaged
        reports: list[str] = []
        store = mount(flash, reports)
        before = list(store.records("j"))
        flash.steps = steps
        try:
            store.rewrite("j", [*before, "new"])
            done = True
        except PowerCut:
            steps += 1
        flash.steps = None
        found = list(mount(flash, reports).records("j"))
        assert found == [*before, "new"] if done else found in (before, [*before, "new"])
    assert flash.files[f"{FOLDER}/j.bad"] == damaged


@both_kinds
def test_a_cut_while_recovering_from_a_cut_does_no_harm(replaces: bool) -> None:
    for first, _ in cut_everywhere(
        lambda store: store.save("a", "old"), lambda store: store.save("a", "new"), replaces
    ):
        files = dict(first.files)
        steps = 0
        while True:
            flash = Flash(replaces)
            flash.folders.add(FOLDER)
            flash.files = dict(files)
            flash.steps = steps
            try:
                mount(flash)
                break
            except PowerCut:
                steps += 1
            flash.steps = None
            assert mount(flash).load("a") in ("old", "new")


@given(st.binary(min_size=1, max_size=40), st.data())
def test_damage_anywhere_invents_nothing(junk: bytes, data: st.DataObject) -> None:
    flash = Flash()
    store = mount(flash)
    records = [{"n": number, "text": "abc" * number} for number in range(6)]
    for record in records:
        store.append("j", record)
    whole = flash.files[f"{FOLDER}/j"]
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 30))
    flash.files[f"{FOLDER}/j"] = whole[:start] + junk + whole[start + length :]
    found = list(mount(flash, []).records("j"))
    assert [record for record in found if record not in records] == []
    numbers = [record["n"] for record in found]
    assert numbers == sorted(numbers)


def test_every_single_byte_error_is_noticed() -> None:
    flash = Flash()
    mount(flash).save("a", {"energy": 1234})
    whole = flash.files[f"{FOLDER}/a"]
    for at in range(1, len(whole)):
        for other in {whole[at] ^ 1, whole[at] ^ 0x80, 0xFF, 0, 10} - {whole[at]}:
            flash.files = {f"{FOLDER}/a": whole[:at] + bytes([other]) + whole[at + 1 :]}
            reports: list[str] = []
            loaded = mount(flash, reports).load("a")
            # An upper case digit in the checksum says the same.
            assert loaded is None or (loaded == {"energy": 1234} and at < 7)
            assert loaded is not None or reports


def test_a_damaged_value_is_set_aside_and_reported() -> None:
    flash = Flash()
    mount(flash).save("a", VALUE)
    flash.files[f"{FOLDER}/a"] = flash.files[f"{FOLDER}/a"][:-3]
    kept = flash.files[f"{FOLDER}/a"]
    reports: list[str] = []
    store = mount(flash, reports)
    assert store.load("a") is None
    assert flash.files == {f"{FOLDER}/a.bad": kept}
    assert len(reports) == 2
    assert all(f"{FOLDER}/a" in report for report in reports)
    store.save("a", 1)
    assert mount(flash).load("a") == 1


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    flash = Flash()
    store = mount(flash)
    store.append("j", 1)
    flash.files[f"{FOLDER}/j"] += b"\n" + b"x" * (3 * MAX_RECORD)
    reports: list[str] = []
    again = mount(flash, reports)
    again.append("j", 2)
    assert list(again.records("j")) == [1, 2]
    assert all(len(report) < 200 for report in reports)


def test_a_record_too_long_is_refused_before_anything_is_written() -> None:
    flash = Flash()
    store = mount(flash)
    store.append("j", 1)
    before = dict(flash.files)
    with pytest.raises(ValueError, match="too long"):
        store.append("j", "x" * MAX_RECORD)
    with pytest.raises(ValueError, match="too long"):
        store.save("a", "x" * MAX_RECORD)
    assert flash.files == before


@pytest.mark.parametrize("room", range(0, 60, 7))
@both_kinds
def test_a_full_disk_is_told_and_harms_nothing(room: int, replaces: bool) -> None:
    flash = Flash(replaces)
    reports: list[str] = []
    store = mount(flash, reports)
    store.save("a", "old")
    store.append("j", "old")
    flash.room = room
    with pytest.raises(StoreFull, match="no room"):
        store.save("a", "x" * 100)
    flash.room = room
    with pytest.raises(StoreFull, match="no room"):
        store.append("j", "x" * 100)
    flash.room = room
    with pytest.raises(StoreFull, match="no room"):
        store.rewrite("j", ["x" * 100])
    flash.room = None
    for opened in (store, mount(flash, reports)):
        assert opened.load("a") == "old"
        assert list(opened.records("j")) == ["old"]
        assert set(flash.files) == {f"{FOLDER}/a", f"{FOLDER}/j"}
    again = mount(flash, reports)
    again.append("j", "new")
    assert list(again.records("j")) == ["old", "new"]


def test_other_faults_of_the_storage_are_errors_not_empty_answers() -> None:
    flash = Flash()
    store = mount(flash)
    store.append("j", 1)
    flash.fault = 5
    for act in (
        lambda: list(store.records("j")),
        lambda: store.load("j"),
        lambda: store.append("j", 2),
        lambda: store.rewrite("j", []),
        lambda: store.delete("j"),
        lambda: mount(flash),
    ):
        with pytest.raises(StoreError):
            act()
    flash.fault = 0
    assert list(store.records("j")) == [1]


def test_a_replacement_that_failed_half_way_is_finished_by_the_next_call() -> None:
    flash = Flash(replaces=False)
    store = mount(flash)
    store.save("a", "old")
    rename = flash.rename

    def failing(old: str, new: str, /) -> None:
        if new.endswith("/a"):
            raise OSError(5)
        rename(old, new)

    flash.rename = failing  # type: ignore[method-assign]  # a disk that fails for a while
    with pytest.raises(StoreError):
        store.save("a", "new")
    flash.rename = rename  # type: ignore[method-assign]  # and recovers
    assert store.load("a") == "new"
    store.save("a", "newer")
    assert mount(flash).load("a") == "newer"


def test_the_folder_is_made_when_missing_and_when_wiped() -> None:
    flash = Flash()
    flash.folders = {""}
    store = mount(flash)
    assert store.load("a") is None
    store.save("a", 1)
    assert flash.folders == {"", "/usr", FOLDER}
    flash.files.clear()
    flash.folders = {"", "/usr"}
    assert store.load("a") is None
    store.append("j", 2)
    store.save("a", 3)
    assert (store.load("a"), list(store.records("j"))) == (3, [2])


def test_checksum_tells_prefixes_and_single_bytes_apart() -> None:
    data = b'{"transactionId":1234,"meterStop":56789}'
    sums = {checksum(data[:end]) for end in range(len(data) + 1)}
    assert len(sums) == len(data) + 1
    assert all(0 <= value < 1 << 24 for value in sums)
    assert checksum(b"\x00") != checksum(b"\x00\x00")


def test_real_files(tmp_path: Path) -> None:
    synced: list[str] = []

    def make() -> FileStore:
        return FileStore(
            os,
            PlainCodec(),
            str(tmp_path / "deep" / "data"),
            open,
            unexpected,
            lambda file: os.fsync(file.fileno()),
            synced.append,
        )

    store = make()
    store.save("a", VALUE)
    store.save("a", [1])
    store.append("j", 1)
    store.append("j", VALUE)
    store.rewrite("j", [2])
    again = make()
    assert (again.load("a"), list(again.records("j"))) == ([1], [2])
    assert sorted(path.name for path in (tmp_path / "deep" / "data").iterdir()) == ["a", "j"]
    assert len(synced) == 5


@both_kinds
def test_what_is_set_aside_gives_way_to_newer_damage_only(replaces: bool) -> None:
    flash = Flash(replaces)
    reports: list[str] = []
    store = mount(flash, reports)
    for text in ("first", "second"):
        store.rewrite("j", ["intact", text])
        damaged = flash.files[f"{FOLDER}/j"].replace(text.encode(), b"#" * len(text))
        flash.files[f"{FOLDER}/j"] = damaged
        assert list(store.records("j")) == ["intact"]
        store.rewrite("j", ["intact"])
        assert flash.files[f"{FOLDER}/j.bad"] == damaged
        store.rewrite("j", ["intact", "more"])
        assert flash.files[f"{FOLDER}/j.bad"] == damaged
