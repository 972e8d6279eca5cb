"""Values and journals: what goes in comes out, and damage is noticed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import MAX_RECORD, FileStore, Store, StoreError, StoreFull, checksum

FOLDER = "/usr/ocpp_data"


both_kinds = pytest.mark.parametrize("replaces", [True, False], ids=["replacing", "fat"])


@pytest.fixture(params=["file", "fat", "memory"])
def store(kit: Any, request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    made: Store = kit.mount(kit.Flash(request.param == "file"))
    return made


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
def test_names_that_are_no_names_are_refused(kit: Any, name: str) -> None:
    with pytest.raises(ValueError, match="store name"):
        kit.mount(kit.Flash()).save(name, 1)


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {2: 3}}, object(), [b"x"], {1, 2}])
def test_memory_refuses_what_files_could_not_hold(value: Any) -> None:
    with pytest.raises(ValueError, match="store"):
        MemoryStore().save("a", value)


def test_an_equal_value_is_not_written_again(kit: Any) -> None:
    flash = kit.Flash()
    store = kit.mount(flash)
    store.save("a", VALUE)
    writes = flash.writes
    store.save("a", VALUE)
    assert flash.writes == writes
    store.save("a", [*VALUE])
    assert flash.writes > writes


def test_everything_survives_a_restart(kit: Any) -> None:
    flash = kit.Flash()
    store = kit.mount(flash)
    store.save("a", VALUE)
    store.append("j", 1)
    store.append("j", VALUE)
    again = kit.mount(flash)
    assert again.load("a") == VALUE
    assert list(again.records("j")) == [1, VALUE]


@given(st.binary(min_size=1, max_size=40), st.data())
def test_damage_anywhere_invents_nothing(kit: Any, junk: bytes, data: st.DataObject) -> None:
    flash = kit.Flash()
    store = kit.mount(flash)
    records = [{"n": number, "text": "abc" * number} for number in range(6)]
    for record in records:
        store.append("j", record)
    whole = flash.files[f"{FOLDER}/j"]
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 30))
    flash.files[f"{FOLDER}/j"] = whole[:start] + junk + whole[start + length :]
    found = list(kit.mount(flash, []).records("j"))
    assert [record for record in found if record not in records] == []
    numbers = [record["n"] for record in found]
    assert numbers == sorted(numbers)


def test_every_single_byte_error_is_noticed(kit: Any) -> None:
    flash = kit.Flash()
    kit.mount(flash).save("a", {"energy": 1234})
    whole = flash.files[f"{FOLDER}/a"]
    for at in range(1, len(whole)):
        for other in {whole[at] ^ 1, whole[at] ^ 0x80, 0xFF, 0, 10} - {whole[at]}:
            flash.files = {f"{FOLDER}/a": whole[:at] + bytes([other]) + whole[at + 1 :]}
            reports: list[str] = []
            loaded = kit.mount(flash, reports).load("a")
            # An upper case digit in the checksum says the same.
            assert loaded is None or (loaded == {"energy": 1234} and at < 7)
            assert loaded is not None or reports


def test_a_damaged_value_is_set_aside_and_reported(kit: Any) -> None:
    flash = kit.Flash()
    kit.mount(flash).save("a", VALUE)
    flash.files[f"{FOLDER}/a"] = flash.files[f"{FOLDER}/a"][:-3]
    kept = flash.files[f"{FOLDER}/a"]
    reports: list[str] = []
    store = kit.mount(flash, reports)
    assert store.load("a") is None
    assert flash.files == {f"{FOLDER}/a.bad": kept}
    assert len(reports) == 2
    assert all(f"{FOLDER}/a" in report for report in reports)
    store.save("a", 1)
    assert kit.mount(flash).load("a") == 1


def test_a_line_without_end_does_not_fill_the_memory(kit: Any) -> None:
    flash = kit.Flash()
    store = kit.mount(flash)
    store.append("j", 1)
    flash.files[f"{FOLDER}/j"] += b"\n" + b"x" * (3 * MAX_RECORD)
    reports: list[str] = []
    again = kit.mount(flash, reports)
    again.append("j", 2)
    assert list(again.records("j")) == [1, 2]
    assert all(len(report) < 200 for report in reports)


def test_a_record_too_long_is_refused_before_anything_is_written(kit: Any) -> None:
    flash = kit.Flash()
    store = kit.mount(flash)
    store.append("j", 1)
    before = dict(flash.files)
    with pytest.raises(ValueError, match="too long"):
        store.append("j", "x" * MAX_RECORD)
    with pytest.raises(ValueError, match="too long"):
        store.save("a", "x" * MAX_RECORD)
    assert flash.files == before


@pytest.mark.parametrize("room", range(0, 60, 7))
@both_kinds
def test_a_full_disk_is_told_and_harms_nothing(kit: Any, room: int, replaces: bool) -> None:
    flash = kit.Flash(replaces)
    reports: list[str] = []
    store = kit.mount(flash, reports)
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
    for opened in (store, kit.mount(flash, reports)):
        assert opened.load("a") == "old"
        assert list(opened.records("j")) == ["old"]
        assert set(flash.files) == {f"{FOLDER}/a", f"{FOLDER}/j"}
    again = kit.mount(flash, reports)
    again.append("j", "new")
    assert list(again.records("j")) == ["old", "new"]


def test_other_faults_of_the_storage_are_errors_not_empty_answers(kit: Any) -> None:
    flash = kit.Flash()
    store = kit.mount(flash)
    store.append("j", 1)
    flash.fault = 5
    for act in (
        lambda: list(store.records("j")),
        lambda: store.load("j"),
        lambda: store.append("j", 2),
        lambda: store.rewrite("j", []),
        lambda: store.delete("j"),
    ):
        with pytest.raises(StoreError):
            act()
    flash.fault = 0
    assert list(store.records("j")) == [1]


def test_storage_that_fails_at_the_start_is_reported_and_used_once_it_works(kit: Any) -> None:
    flash = kit.Flash()
    kit.mount(flash).append("j", 1)
    flash.fault = 5
    reports: list[str] = []
    store = kit.mount(flash, reports)
    assert reports == ["/usr/ocpp_data cannot be read: 5"]
    with pytest.raises(StoreError):
        store.load("j")
    flash.fault = 0
    assert list(store.records("j")) == [1]


def test_a_replacement_that_failed_half_way_is_finished_by_the_next_call(kit: Any) -> None:
    flash = kit.Flash(replaces=False)
    store = kit.mount(flash)
    store.save("a", "old")
    rename = flash.rename

    def failing(old: str, new: str, /) -> None:
        if new.endswith("/a"):
            raise OSError(5)
        rename(old, new)

    flash.rename = failing  # a disk that fails for a while
    with pytest.raises(StoreError):
        store.save("a", "new")
    flash.rename = rename  # and recovers
    assert store.load("a") == "new"
    store.save("a", "newer")
    assert kit.mount(flash).load("a") == "newer"


def test_the_folder_is_made_when_missing_and_when_wiped(kit: Any) -> None:
    flash = kit.Flash()
    flash.folders = {""}
    store = kit.mount(flash)
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


def test_real_files(kit: Any, tmp_path: Path) -> None:
    synced: list[str] = []

    def make() -> FileStore:
        return FileStore(
            os,
            kit.PlainCodec(),
            str(tmp_path / "deep" / "data"),
            open,
            kit.unexpected,
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
def test_what_is_set_aside_gives_way_to_newer_damage_only(kit: Any, replaces: bool) -> None:
    flash = kit.Flash(replaces)
    reports: list[str] = []
    store = kit.mount(flash, reports)
    for text in ("first", "second"):
        store.rewrite("j", ["intact", text])
        damaged = flash.files[f"{FOLDER}/j"].replace(text.encode(), b"#" * len(text))
        flash.files[f"{FOLDER}/j"] = damaged
        assert list(store.records("j")) == ["intact"]
        store.rewrite("j", ["intact"])
        assert flash.files[f"{FOLDER}/j.bad"] == damaged
        store.rewrite("j", ["intact", "more"])
        assert flash.files[f"{FOLDER}/j.bad"] == damaged


def test_a_record_is_fetched_from_its_place(store: Store) -> None:
    store.rewrite("j", [VALUE, "middle", 3])
    store.append("j", None)
    places = [place for place, _ in store.locate("j")]
    assert [record for _, record in store.locate("j")] == [VALUE, "middle", 3, None]
    assert [store.fetch("j", place) for place in reversed(places)] == [None, 3, "middle", VALUE]


@pytest.mark.parametrize("place", [-1, 1, 99])
def test_memory_invents_no_record(place: int) -> None:
    made = MemoryStore()
    made.append("j", "only")
    with pytest.raises(StoreError, match="no record"):
        made.fetch("j", place)


def test_no_record_is_invented_at_a_place_without_one(kit: Any) -> None:
    flash = kit.Flash()
    made = kit.mount(flash, [])
    with pytest.raises(StoreError, match="cannot be read"):
        made.fetch("j", 0)
    made.append("j", "only")
    for place in range(40):
        if place != 1:
            with pytest.raises(StoreError, match=f"/j has no intact record at {place}"):
                made.fetch("j", place)
    flash.fault = 5
    with pytest.raises(StoreError, match="cannot be read"):
        made.fetch("j", 1)


def test_a_journal_may_be_read_for_its_own_replacement(store: Store) -> None:
    store.rewrite("j", range(5))
    store.rewrite("j", (record * 2 for record in store.records("j") if record != 3))
    assert list(store.records("j")) == [0, 2, 4, 8]
