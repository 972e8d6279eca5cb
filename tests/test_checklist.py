"""Every requirement this project claims is named by a test, in its name or docstring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
#: The requirements of each group: how many there are, and the digits of their numbers.
GROUPS = {
    "FRM": (45, 3),
    "CORE": (136, 3),
    "CFG": (46, 2),
    "FW": (16, 3),
    "LAL": (19, 3),
    "RES": (19, 3),
    "SC": (51, 3),
    "RT": (13, 3),
}
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for suffix in ("*.py", "*.scenario")
    for path in sorted(TESTS.rglob(suffix))
    if path != Path(__file__)
)


def named(group: str, digits: int, text: str = SOURCES) -> Iterator[int]:
    """The numbers named: ``CORE-007``, ``core_074_075``, ``CORE-037, -039``, ``CORE-040..042``."""
    number = rf"\d{{{digits}}}"
    for span in re.finditer(
        rf"{group}[-_]({number})(?: to |\.\.)(?:{group}[-_])?({number})", text, re.IGNORECASE
    ):
        yield from range(int(span[1]), int(span[2]) + 1)
    rows = rf"{group}[-_]{number}(?:(?:_|, -| and -|, |/){number})*"
    for row in re.finditer(rows, text, re.IGNORECASE):
        yield from (int(found) for found in re.findall(number, row[0]))


@pytest.mark.parametrize("group", GROUPS)
def test_every_requirement_is_named_by_a_test(group: str) -> None:
    count, digits = GROUPS[group]
    missing = set(range(1, count + 1)).difference(named(group, digits))
    assert not missing, f"no test names {group} {sorted(missing)}"


@pytest.mark.parametrize("row", "ABCDEFGHI")
def test_every_row_of_the_status_table_is_named_by_a_test(row: str) -> None:
    assert re.search(rf"\bST[-_]{row}", SOURCES, re.IGNORECASE)
