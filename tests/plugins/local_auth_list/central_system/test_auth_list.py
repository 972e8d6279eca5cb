"""Lists as values: what can be one, and what differs between two."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.local_auth_list.central_system import AuthList, InvalidList


def entry(tag: str, status: str = "Accepted") -> Any:
    return {"idTag": tag, "idTagInfo": {"status": status}}


def test_entries_are_found_without_case() -> None:
    made = AuthList([entry("Tag1"), entry("TAG2", "Blocked")])
    assert (made["tag1"]["status"], made["TAG2"]["status"]) == ("Accepted", "Blocked")
    assert (len(made), list(made)) == (2, ["Tag1", "TAG2"])
    assert "tAg2" in made
    assert "TAG3" not in made


def test_a_list_is_not_changed_from_outside() -> None:
    given = entry("A")
    made = AuthList([given])
    given["idTagInfo"]["status"] = "Blocked"
    assert made["A"]["status"] == "Accepted"


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([entry("A"), entry("a")], "entry 1: idTag 'a' is there twice; case is ignored"),
        ([{"idTag": "A"}], "idTag 'A' has no idTagInfo"),
        ([entry("A" * 21)], "entry 0: idTag"),
        ([entry("")], "entry 0: idTag is empty"),
        ([entry("A", "Unknown")], "entry 0: idTagInfo.status"),
        ([{"idTagInfo": {"status": "Accepted"}}], "entry 0: idTag"),
        ([entry("B"), {"idTag": "A", "idTagInfo": {"status": "Accepted", "x": 1}}], "entry 1: "),
        ([{"idTag": 5}], "entry 0: idTag"),
        (["A"], "entry 0: "),
    ],
)
def test_lal_008_what_no_station_could_take_is_refused_at_once(
    entries: list[Any], fault: str
) -> None:
    """LAL-008, LAL-004."""
    with pytest.raises(InvalidList) as refusal:
        AuthList(entries)
    assert str(refusal.value).startswith(fault)


def test_lal_004_changes_and_the_way_back() -> None:
    """LAL-004."""
    old = AuthList([entry("A"), entry("B"), entry("C")])
    new = old.changed([{"idTag": "a"}, entry("B", "Blocked"), entry("D"), {"idTag": "never"}])
    assert {tag: new[tag]["status"] for tag in new} == {
        "B": "Blocked",
        "C": "Accepted",
        "D": "Accepted",
    }
    assert new.since(old) == [{"idTag": "A"}, entry("B", "Blocked"), entry("D")]
    assert old.changed(new.since(old)) == new
    assert old.since(old) == []
    with pytest.raises(InvalidList, match="twice"):
        old.changed([{"idTag": "X"}, entry("x")])
