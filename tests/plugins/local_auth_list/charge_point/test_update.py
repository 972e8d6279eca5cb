"""SendLocalList and GetLocalListVersion (OCPP 1.6 sections 5.10 and 5.15)."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocpp_plugins.local_auth_list.charge_point.tag_list import TagList

from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import StoreError, StoreFull

A = ("A", "Accepted")
B = ("B", "Blocked")
C = ("C", "Accepted")


def test_lal_001_version_of_an_empty_list_is_0(booted: Any) -> None:
    """LAL-001: and the last one sent else."""
    assert booted.call("GetLocalListVersion", "{}") == {"listVersion": 0}
    assert booted.send(234, "Full", A) == "Accepted"
    assert booted.call("GetLocalListVersion", "{}") == {"listVersion": 234}


def test_lal_002_full_replaces_also_by_a_lower_version(booted: Any) -> None:
    """LAL-002."""
    assert booted.send(9, "Full", A, B) == "Accepted"
    assert booted.send(3, "Full", B, C) == "Accepted"
    assert booted.version() == 3
    assert booted.known("A", "B", "C") == [None, "Blocked", "Accepted"]
    assert booted.send(3, "Full", A) == "Accepted"
    assert booted.known("A", "B", "C") == ["Accepted", None, None]


@pytest.mark.parametrize("more", ["", ',"localAuthorizationList":[]'])
def test_lal_003_full_without_entries_empties_the_list(booted: Any, more: str) -> None:
    """LAL-003: the version is 0 then, whatever was sent."""
    booted.send(4, "Full", A, B)
    request = f'{{"listVersion":7,"updateType":"Full"{more}}}'
    assert booted.call("SendLocalList", request) == {"status": "Accepted"}
    assert booted.version() == 0
    assert booted.known("A", "B") == [None, None]
    assert booted.send(1, "Differential", A) == "Accepted"
    assert booted.version() == 1


def test_lal_004_differential_adds_updates_and_deletes(booted: Any) -> None:
    """LAL-004: without case; 7.1."""
    booted.send(1, "Full", A, B, ("D", "Accepted", {"parentIdTag": "P"}))
    change = [("c", "Expired"), ("b", "Accepted"), "d", ("AA", "Invalid")]
    assert booted.send(2, "Differential", *change) == "Accepted"
    assert booted.version() == 2
    found = booted.known("A", "AA", "B", "C", "D", "E")
    assert found == ["Accepted", "Invalid", "Accepted", "Expired", None, None]


@pytest.mark.parametrize("more", ["", ',"localAuthorizationList":[]'])
def test_lal_005_differential_without_entries_changes_the_version(booted: Any, more: str) -> None:
    """LAL-005: entries stay."""
    booted.send(1, "Full", A, B)
    request = f'{{"listVersion":5,"updateType":"Differential"{more}}}'
    assert booted.call("SendLocalList", request) == {"status": "Accepted"}
    assert booted.version() == 5
    assert booted.known("A", "B") == ["Accepted", "Blocked"]


def test_lal_005_on_an_empty_list_the_version_stays_0(booted: Any) -> None:
    """LAL-005, LAL-001."""
    assert booted.send(5, "Differential") == "Accepted"
    assert booted.version() == 0
    assert booted.send(3, "Differential", A) == "Accepted"
    assert booted.version() == 3


@pytest.mark.parametrize("version", [1, 4, 5])
def test_lal_006_differential_must_be_newer(booted: Any, version: int) -> None:
    """LAL-006."""
    booted.send(5, "Full", A)
    assert booted.send(version, "Differential", ("A", "Blocked"), B) == "VersionMismatch"
    assert booted.version() == 5
    assert booted.known("A", "B") == ["Accepted", None]


def test_lal_006_versions_count_from_0_where_all_was_deleted(booted: Any) -> None:
    """LAL-006: current is what is reported."""
    booted.send(5, "Full", A)
    assert booted.send(6, "Differential", "A") == "Accepted"
    assert booted.version() == 0
    assert booted.send(2, "Differential", B) == "Accepted"
    assert booted.version() == 2


@pytest.mark.parametrize("kind", ["Full", "Differential"])
@pytest.mark.parametrize(
    ("version", "entries"),
    [
        (0, [C]),
        (-1, [C]),
        (-7, [C]),
        (9, [C, B, ("c", "Blocked")]),
        (9, [("same", "Accepted"), ("SAME", "Accepted")]),
        (9, ["B", ("b", "Accepted")]),
    ],
)
def test_lal_008_what_cannot_be_meant_fails(
    booted: Any, kind: str, version: int, entries: list[Any]
) -> None:
    """LAL-008: version 0 or below, duplicates; the list is unchanged."""
    booted.send(5, "Full", A, B)
    assert booted.send(version, kind, *entries) == "Failed"
    assert booted.version() == 5
    assert booted.known("A", "B", "C") == ["Accepted", "Blocked", None]


def test_lal_008_full_needs_to_know_about_every_tag(booted: Any) -> None:
    """LAL-008: an entry without idTagInfo in a full list."""
    booted.send(5, "Full", A, B)
    assert booted.send(6, "Full", C, "B") == "Failed"
    assert (booted.version(), booted.known("A", "C")) == (5, ["Accepted", None])


def test_lal_009_more_than_one_message_may_hold(make_bench: Any) -> None:
    """LAL-009: SendLocalListMaxLength, deletions counted."""
    bench = make_bench(max_update=2)
    bench.boot()
    assert bench.send(1, "Full", A, B) == "Accepted"
    for kind in ("Full", "Differential"):
        assert bench.send(2, kind, "A" if kind != "Full" else A, B, C) == "Failed"
    assert (bench.version(), bench.known("A", "C")) == (1, ["Accepted", None])


def test_lal_009_more_than_the_list_may_hold(make_bench: Any) -> None:
    """LAL-009: LocalAuthListMaxLength is about what the list would be."""
    bench = make_bench(max_entries=3)
    bench.boot()
    assert bench.send(1, "Full", A, B, C, ("D", "Accepted")) == "Failed"
    assert (bench.version(), bench.known("A")) == (0, [None])
    assert bench.send(1, "Full", A, B, C) == "Accepted"
    assert bench.send(2, "Differential", ("D", "Accepted")) == "Failed"
    assert bench.send(2, "Differential", ("D", "Accepted"), "Z") == "Failed"
    assert bench.version() == 1
    assert bench.send(2, "Differential", ("C", "Blocked"), ("B", "Expired")) == "Accepted"
    assert bench.send(3, "Differential", ("D", "Accepted"), "A") == "Accepted"
    found = bench.known("A", "B", "C", "D")
    assert found == [None, "Expired", "Blocked", "Accepted"]


def test_lal_010_deleting_an_absent_tag_is_no_error(booted: Any) -> None:
    """LAL-010."""
    booted.send(1, "Full", A)
    assert booted.send(2, "Differential", "GONE", "B") == "Accepted"
    assert (booted.version(), booted.known("A", "GONE")) == (2, ["Accepted", None])


def test_lal_011_without_the_profile_nothing_is_known_of_lists(booted: Any) -> None:
    """LAL-011: the status exists for stations whose list is off; see tests/combinations too."""
    booted.configure("LocalAuthListEnabled", "false")
    assert booted.send(1, "Full", A) == "NotSupported"


def test_lal_012_switched_off_the_list_is_not_consulted(booted: Any) -> None:
    """LAL-012: version -1, updates NotSupported; what was sent is there again afterwards."""
    booted.send(4, "Full", A, B)
    booted.configure("LocalAuthListEnabled", "false")
    assert booted.version() == -1
    assert booted.known("A", "B") == [None, None]
    for kind in ("Full", "Differential"):
        assert booted.send(5, kind, C) == "NotSupported"
    booted.configure("LocalAuthListEnabled", "true")
    assert booted.version() == 4
    assert booted.known("A", "B", "C") == ["Accepted", "Blocked", None]


def test_cfg_37_38_39_the_keys_of_the_profile(make_bench: Any) -> None:
    """CFG-37, CFG-38, CFG-39, DIS-27."""
    bench = make_bench(max_entries=500, max_update=20)
    bench.boot()
    names = ["LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"]
    answer = bench.call("GetConfiguration", json.dumps({"key": names}))
    assert answer == {
        "configurationKey": [
            {"key": names[0], "readonly": False, "value": "true"},
            {"key": names[1], "readonly": True, "value": "500"},
            {"key": names[2], "readonly": True, "value": "20"},
        ]
    }
    for name in names[1:]:
        change = bench.call("ChangeConfiguration", json.dumps({"key": name, "value": "9"}))
        assert change == {"status": "Rejected"}
    profiles = bench.call("GetConfiguration", '{"key":["SupportedFeatureProfiles"]}')
    assert "LocalAuthListManagement" in profiles["configurationKey"][0]["value"]


class Failing(MemoryStore):
    """Storage that refuses to write, or to read."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.unreadable = False

    def rewrite(self, name: str, records: Any) -> None:
        if self.full:
            list(records)
            raise StoreFull("no room left")
        super().rewrite(name, records)

    def locate(self, name: str) -> Any:
        if self.unreadable:
            raise StoreError("flash does not answer")
        return super().locate(name)

    def fetch(self, name: str, place: int) -> Any:
        if self.unreadable:
            raise StoreError("flash does not answer")
        return super().fetch(name, place)


def test_lal_010_no_room_left_is_failed_and_nothing_changed(make_bench: Any) -> None:
    """LAL-010."""
    bench = make_bench(Failing())
    bench.boot()
    bench.send(1, "Full", A, B)
    bench.store.full = True
    for kind in ("Full", "Differential"):
        assert bench.send(2, kind, C) == "Failed"
    assert (bench.version(), bench.known("A", "C")) == (1, ["Accepted", None])
    assert ("error", "the local list cannot be stored: no room left") in bench.log
    bench.store.full = False
    assert bench.send(2, "Differential", C) == "Accepted"


def test_core_039_while_the_flash_fails_nobody_is_taken_for_unknown(make_bench: Any) -> None:
    """CORE-039: the tag might be listed as Blocked."""
    bench = make_bench(Failing())
    bench.boot()
    bench.send(1, "Full", A, B)
    bench.allow_offline()
    bench.store.unreadable = True
    bench.disconnect()
    bench.plug()
    bench.tag("B")
    assert bench.core.connectors[1].transaction is None
    bench.tag("NEVER SEEN")
    assert bench.core.connectors[1].transaction is None
    bench.store.unreadable = False
    bench.tag("A")
    assert bench.core.connectors[1].transaction is not None


def test_lal_018_a_flash_that_fails_at_the_start_is_read_later(make_bench: Any) -> None:
    """LAL-018."""
    store = Failing()
    bench = make_bench(store)
    bench.boot()
    bench.send(1, "Full", A)
    store.unreadable = True
    bench.restart()
    assert ("error", "the local list cannot be read: flash does not answer") in bench.log
    bench.connect()
    assert bench.call("GetLocalListVersion", "{}")[0] == "InternalError"
    assert bench.send(2, "Full", C) == "Failed"
    store.unreadable = False
    assert (bench.version(), bench.known("A")) == (1, ["Accepted"])


TAGS = [f"{letter}{number}" for letter in "abcXYZ~ " for number in range(12)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.dictionaries(st.sampled_from(TAGS), st.booleans()))))
def test_lal_004_lal_010_any_updates_leave_what_they_say(updates: list[Any]) -> None:
    """LAL-002, LAL-004: against a plain dictionary; case and order do not matter."""
    made, expected = TagList(MemoryStore()), dict[str, str]()
    made.open()
    shuffle = random.Random(1).shuffle  # noqa: S311 - not for secrets
    for number, (full, changes) in enumerate(updates):
        entries: list[Any] = []
        for tag, keep in changes.items():
            info = {"idTagInfo": {"status": "Accepted", "parentIdTag": f"P{number}"}}
            entries.append({"idTag": tag, **(info if keep or full else {})})
        shuffle(entries)
        entries.sort(key=lambda given: given["idTag"].lower())
        if full:
            expected = {}
        for given_entry in entries:
            expected.pop(given_entry["idTag"].lower(), None)
            if "idTagInfo" in given_entry:
                expected[given_entry["idTag"].lower()] = f"P{number}"
        assert made.update(number + 1, entries, full, 10_000)
        assert made.version() == (number + 1 if expected else 0)
        for tag in TAGS:
            found = made.find(tag.upper())
            parent = None if found is None else found.parent_id_tag
            assert parent == expected.get(tag.lower())
