"""Power fails at every byte and step of each kind of write; then the store is opened again."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel.store import (
    FileStore,
)

FOLDER = "/usr/ocpp_data"

VALUE = {"text": 'é电 "\n\\', "list": [1, None, True, {"deep": -5}], "n": 1.5}


both_kinds = pytest.mark.parametrize("replaces", [True, False], ids=["replacing", "fat"])


@both_kinds
def test_a_cut_save_leaves_the_old_value_or_the_new(kit: Any, replaces: bool) -> None:
    for flash, done in kit.cut_everywhere(
        lambda store: store.save("a", ["old", 1]), lambda store: store.save("a", VALUE), replaces
    ):
        loaded = kit.mount(flash).load("a")
        assert loaded == VALUE if done else loaded in (["old", 1], VALUE)
        assert set(flash.files) == {f"{FOLDER}/a"}


@both_kinds
def test_a_cut_first_save_leaves_nothing_or_the_value(kit: Any, replaces: bool) -> None:
    for flash, done in kit.cut_everywhere(
        lambda store: None, lambda store: store.save("a", VALUE), replaces
    ):
        loaded = kit.mount(flash).load("a")
        assert loaded == VALUE if done else loaded in (None, VALUE)


@both_kinds
def test_a_cut_append_keeps_every_earlier_record_and_those_after(kit: Any, replaces: bool) -> None:
    def prepare(store: FileStore) -> None:
        store.append("j", "first")
        store.append("j", VALUE)

    for flash, done in kit.cut_everywhere(
        prepare, lambda store: store.append("j", "cut"), replaces
    ):
        reports: list[str] = []
        found = list(kit.mount(flash, reports).records("j"))
        assert found == ["first", VALUE, "cut"] if done else found[:2] == ["first", VALUE]
        assert found[2:] in ([], ["cut"])
        again = kit.mount(flash, reports)
        again.append("j", "after")
        assert list(again.records("j")) == [*found, "after"]


@both_kinds
def test_a_cut_rewrite_leaves_the_old_journal_or_the_new(kit: Any, replaces: bool) -> None:
    def prepare(store: FileStore) -> None:
        for number in range(3):
            store.append("j", number)

    for flash, done in kit.cut_everywhere(
        prepare, lambda store: store.rewrite("j", [1, 2, VALUE]), replaces
    ):
        found = list(kit.mount(flash).records("j"))
        assert found == [1, 2, VALUE] if done else found in ([0, 1, 2], [1, 2, VALUE])


@both_kinds
def test_a_cut_rewrite_of_a_damaged_journal_loses_no_intact_record(
    kit: Any, replaces: bool
) -> None:
    flash = kit.Flash(replaces)
    for number in range(3):
        kit.mount(flash).append("j", number)
    whole = flash.files[f"{FOLDER}/j"]
    damaged = whole.replace(b"1", b"7", 1)
    steps = 0
    done = False
    while not done:
        flash = kit.Flash(replaces)
        flash.folders.add(FOLDER)
        flash.files[f"{FOLDER}/j"] = damaged
        reports: list[str] = []
        store = kit.mount(flash, reports)
        before = list(store.records("j"))
        flash.steps = steps
        try:
            store.rewrite("j", [*before, "new"])
            done = True
        except kit.PowerCut:
            steps += 1
        flash.steps = None
        found = list(kit.mount(flash, reports).records("j"))
        assert found == [*before, "new"] if done else found in (before, [*before, "new"])
    assert flash.files[f"{FOLDER}/j.bad"] == damaged


@both_kinds
def test_a_cut_while_recovering_from_a_cut_does_no_harm(kit: Any, replaces: bool) -> None:
    for first, _ in kit.cut_everywhere(
        lambda store: store.save("a", "old"), lambda store: store.save("a", "new"), replaces
    ):
        files = dict(first.files)
        steps = 0
        while True:
            flash = kit.Flash(replaces)
            flash.folders.add(FOLDER)
            flash.files = dict(files)
            flash.steps = steps
            try:
                kit.mount(flash)
                break
            except kit.PowerCut:
                steps += 1
            flash.steps = None
            assert kit.mount(flash).load("a") in ("old", "new")
