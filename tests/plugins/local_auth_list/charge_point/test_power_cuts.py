"""The power fails at every byte of an update; what is there afterwards is one list or the other."""

from __future__ import annotations

import importlib.util
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.local_auth_list.charge_point.tag_list import PAGE, TagList

from ocpp_kernel.store import StoreFull

_PATH = Path(__file__).parents[3] / "ocpp_kernel" / "store" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("store_kit", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
kit = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(kit)

JOURNAL = "/usr/ocpp_data/local_list"
both_kinds = pytest.mark.parametrize("replaces", [True, False], ids=["replacing", "fat"])


def listed(*tags: str, status: str = "Accepted") -> list[Any]:
    """Entries; a tag with a minus before it is to be removed."""
    entries: list[Any] = []
    for tag in sorted(tags, key=lambda tag: tag.lstrip("-").lower()):
        entries.append({"idTag": tag.lstrip("-")})
        if not tag.startswith("-"):
            entries[-1]["idTagInfo"] = {"status": status}
    return entries


OLD = [f"T{number:02d}" for number in range(PAGE + 3)]


def opened(store: Any) -> TagList:
    made = TagList(store)
    made.open()
    return made


def content(flash: Any) -> tuple[int, dict[str, str]]:
    """Version and entries after a restart."""
    made = opened(kit.mount(flash))
    assert not made.damaged
    found = {tag: made.find(tag) for tag in [*OLD, "X1", "X2"]}
    return made.version(), {tag: info.status for tag, info in found.items() if info is not None}


UPDATES = {
    "differential": (2, listed("-T00", "X1", "T05", status="Blocked"), False),
    "full": (1, listed("X1", "X2"), True),
    "emptied": (5, [], True),
    "version only": (9, [], False),
    "grown by a page": (2, listed(*(f"X{number}" for number in range(PAGE))), False),
}


@both_kinds
@pytest.mark.parametrize("name", list(UPDATES))
def test_lal_010_lal_018_cut_at_every_byte(name: str, replaces: bool) -> None:
    """LAL-010, LAL-018: the old list or the new one, each with its own version."""
    update = UPDATES[name]

    def prepare(store: Any) -> None:
        opened(store).update(1, listed(*OLD), True, 1000)

    whole = kit.Flash(replaces)
    prepare(kit.mount(whole))
    old = content(whole)
    opened(kit.mount(whole)).update(*update, 1000)
    new = content(whole)
    assert old != new
    cuts = 0
    for flash, done in kit.cut_everywhere(
        prepare, lambda store: opened(store).update(*update, 1000), replaces
    ):
        cuts += 1
        after = content(flash)
        assert after == new if done else after in (old, new)
        assert set(flash.files) == {JOURNAL}
    assert cuts > 10


@both_kinds
def test_lal_010_cut_twice_in_a_row(replaces: bool) -> None:
    """LAL-010: the second update starts from what the first one left."""
    first, second = listed("A", "B"), listed("-A", "C")
    for flash, _ in kit.cut_everywhere(
        lambda store: None, lambda store: opened(store).update(1, first, True, 9), replaces
    ):
        made = opened(kit.mount(flash))
        before = made.version()
        assert before in (0, 1)
        flash.steps = 40
        with suppress(kit.PowerCut):
            made.update(2, second, False, 9)
        flash.steps = None
        made = opened(kit.mount(flash))
        assert made.version() in (before, 2)
        assert (made.find("B") is not None) == (before == 1)
        assert (made.find("C") is not None) == (made.version() == 2)


def test_lal_010_a_full_flash_keeps_the_old_list() -> None:
    """LAL-010, LAL-009."""
    flash = kit.Flash()
    made = opened(kit.mount(flash))
    made.update(1, listed(*OLD), True, 1000)
    before = content(flash)
    for room in range(0, 900, 31):
        flash.room = room
        with pytest.raises(StoreFull):
            made.update(2, listed(*(f"X{number}" for number in range(40))), False, 1000)
        flash.room = None
        assert made.version() == 1
        assert content(flash) == before


@pytest.mark.parametrize("at", [10, 400, 1000, -5, -20])
def test_lal_018_a_damaged_list_counts_as_empty_until_a_full_one_comes(at: int) -> None:
    """LAL-018, LAL-013: no part of a list is taken for the whole."""
    flash = kit.Flash()
    reports: list[str] = []
    opened(kit.mount(flash)).update(7, listed(*OLD), True, 1000)
    whole = flash.files[JOURNAL]
    flash.files[JOURNAL] = whole[:at] + b"#" + (whole[at + 1 :] if at != -1 else b"")
    made = opened(kit.mount(flash, reports))
    assert reports
    assert (made.version(), made.damaged, made.count) == (0, True, 0)
    assert [made.find(tag) for tag in OLD] == [None] * len(OLD)
    made.update(8, listed("A"), True, 1000)
    made = opened(kit.mount(flash, reports))
    assert (made.version(), made.damaged) == (8, False)
    assert made.find("A") is not None


def test_lal_013_a_differential_update_of_a_damaged_list_fails(make_bench: Any) -> None:
    """LAL-013: so that the central system sends all of it."""
    flash = kit.Flash()
    opened(kit.mount(flash)).update(7, listed(*OLD), True, 1000)
    flash.files[JOURNAL] = flash.files[JOURNAL][:-3]
    bench = make_bench(kit.mount(flash, []))
    bench.boot()
    assert ("error", "the local list is damaged: it counts as empty") in bench.log
    assert bench.version() == 0
    assert bench.send(8, "Differential", ("A", "Accepted")) == "Failed"
    assert bench.send(8, "Full", ("A", "Accepted")) == "Accepted"
    assert bench.send(9, "Differential", ("B", "Accepted")) == "Accepted"


def test_lal_018_damage_found_while_running_refuses_the_tags_concerned(make_bench: Any) -> None:
    """LAL-018, CORE-039: they might be blocked."""
    flash = kit.Flash()
    bench = make_bench(kit.mount(flash, []))
    bench.boot()
    bench.send(1, "Full", *[(tag, "Accepted") for tag in OLD])
    bench.plugin.list.open()
    flash.files[JOURNAL] = flash.files[JOURNAL].replace(b'"t03"', b'"t0?"')
    assert bench.known("T03", OLD[-1]) == ["Invalid", "Accepted"]
    assert any("cannot be read" in text for _, text in bench.log)


def test_lal_018_a_wiped_flash_is_an_empty_list(make_bench: Any) -> None:
    """LAL-018: version 0, so that the central system can see it."""
    flash = kit.Flash()
    bench = make_bench(kit.mount(flash))
    bench.boot()
    bench.send(3, "Full", ("A", "Accepted"))
    flash.files.clear()
    bench.restart()
    bench.connect()
    assert (bench.version(), bench.known("A")) == (0, [None])
