"""Power fails at every change of a file while an image is installed, tried and taken back."""

from __future__ import annotations

from typing import Any

import pytest

both_kinds = pytest.mark.parametrize("replaces", [True, False], ids=["replacing", "fat"])


@both_kinds
def test_fw_005_a_cut_installation_ends_installed(kit: Any, replaces: bool) -> None:
    """FW-005, FW-007."""
    cuts = 0
    for module, outcome in kit.cut_everywhere(kit.NEW, replaces):
        assert outcome == "Installed", cuts
        assert module.installed() == kit.NEW
        assert module.left() == []
        cuts += 1
    assert cuts > 40


@both_kinds
@pytest.mark.parametrize("release", ["BROKEN", "DEAF"])
def test_fw_003_a_bad_release_ends_taken_back(kit: Any, replaces: bool, release: str) -> None:
    """FW-003: whatever is cut, the old app runs again and knows why."""
    cuts = 0
    for module, outcome in kit.cut_everywhere(getattr(kit, release), replaces):
        assert outcome.startswith("InstallationFailed: "), cuts
        assert "it was started 3 times" in outcome or "did not accept it in time" in outcome
        # What only the new app has stays behind; nothing imports it.
        assert module.installed() == {**kit.OLD, "more.mpy": kit.NEW["more.mpy"]}
        assert module.left() == []
        cuts += 1
    assert cuts > 80


@pytest.mark.parametrize("again", [0, 5, 23])
def test_a_second_cut_on_the_way_back_changes_nothing(kit: Any, again: int) -> None:
    """FW-003, FW-005: recovering is as safe as what it recovers from."""
    for module, outcome in kit.cut_everywhere(kit.NEW, True, again):
        assert outcome == "Installed"
        assert module.installed() == kit.NEW
    for module, outcome in kit.cut_everywhere(kit.BROKEN, True, again):
        assert "it was started 3 times" in outcome
        assert module.installed() == {**kit.OLD, "more.mpy": kit.NEW["more.mpy"]}
        assert module.left() == []
