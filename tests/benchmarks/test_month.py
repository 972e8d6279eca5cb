"""A month on a bad link: nothing grows, nothing is lost, flash is written sparingly."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: Bytes of log lines that wait for their page of the diagnostics to be full.
DIAGNOSTICS = 8 * 1024
#: Bytes in one piece that must stay free: four times the largest file of a bundle.
PIECE = 96 * 1024

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # One process lives the month for all of them.
    pytest.mark.xdist_group("month"),
]


@pytest.fixture(scope="module")
def month() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("month").live()


def test_the_heap_does_not_grow(month: Any) -> None:
    kept = [day.heap for day in month.days[1:]]
    early, late = kept[:15], kept[15:]
    assert max(kept) - min(kept) <= DIAGNOSTICS
    assert max(late) <= max(early) + 1024
    assert min(late) <= min(early) + 1024


def test_the_heap_does_not_fall_apart(month: Any) -> None:
    """Where a block lies among others differs from computer to computer; a decay does not."""
    longest = [day.largest for day in month.days]
    early, late = longest[1:16], longest[16:]
    assert min(longest) >= PIECE
    assert sum(late) / len(late) >= sum(early) / len(early) - 4 * 1024


def test_no_transaction_is_lost_or_invented(month: Any) -> None:
    """Five a day: by a tag, offline, from remote, and two in the evening (CORE-043, CORE-048)."""
    assert month.messages["StartTransaction"] == 5 * 30
    assert month.messages["StopTransaction"] == 5 * 30


def test_it_never_restarted(month: Any) -> None:
    assert month.messages["BootNotification"] == 1
    assert not [line for line in month.log if "restarting the module" in line]


def test_nothing_went_wrong_inside(month: Any) -> None:
    assert not [line for line in month.log if line.split(" ")[1:2] == ["error"]]
    for sign in ("internal fault", "failed:", "a turn of the main loop"):
        assert not [line for line in month.log if sign in line], sign


def test_trouble_was_told(month: Any) -> None:
    for said in (
        "no network: no signal",
        "dialling anew",
        "restarting the radio",
        "the network is there",
        "closed by the server with code 1012 service restart",
        "no pong within 20 s",
        "HTTP 401",
        "HTTP 503",
    ):
        assert [line for line in month.log if said in line], said


def test_heartbeats_keep_coming_whatever_the_clock_says(month: Any) -> None:
    """Jumps of hours and decades, and a counter of milliseconds that wraps twice (CORE-021)."""
    assert 30 * 24 <= month.messages["Heartbeat"] <= 30 * 96


def test_flash_is_written_sparingly(month: Any) -> None:
    """Each meter value once, and little beside (CORE-044)."""
    journal = month.files["transactions"] + month.files["transactions.tmp"]
    assert journal <= 1.1 * month.messages["MeterValues"] + 12 * 150
    assert sum(month.files.values()) - journal <= 120 * 30
