"""Which tests name which requirement, found as ``tests/test_checklist.py`` finds them."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generate.markdown import code, table

TESTS = Path(__file__).parents[2] / "tests"
FINDER = TESTS / "test_checklist.py"
#: What the groups of requirements are about.
TITLES = {
    "FRM": "Framing and transport",
    "CORE": "Core",
    "CFG": "Configuration keys",
    "FW": "Firmware management",
    "LAL": "Local authorization list",
    "RES": "Reservation",
    "SC": "Smart charging",
    "RT": "Remote trigger",
}
#: Tests named in a row; of the others only the number is told.
MOST = 4
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def text() -> str:
    """A section for each group, a row for each requirement."""
    finder = runpy.run_path(str(FINDER))
    chunks = list(_chunks())
    return "\n".join(
        _section(finder, group, count, digits, chunks)
        for group, (count, digits) in finder["GROUPS"].items()
    )


def _section(
    finder: dict[str, Any], group: str, count: int, digits: int, chunks: list[tuple[str, str]]
) -> str:
    tests: dict[int, list[str]] = {number: [] for number in range(1, count + 1)}
    for name, source in chunks:
        for number in sorted(set(finder["named"](group, digits, source)).intersection(tests)):
            tests[number].append(name)
    rows = [[f"{group}-{number:0{digits}}", _shown(names)] for number, names in tests.items()]
    return f"## {group}: {TITLES[group]}\n\n{table(['requirement', 'tests'], rows)}"


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return "<br>".join(map(code, sorted(names, key=_is_file)[:MOST])) + more


def _is_file(name: str) -> bool:
    """Tests come first, then what is said beside them."""
    return not name.startswith("test_") or "." in name


def _chunks() -> Iterator[tuple[str, str]]:
    """Every test with its source; what is outside of tests counts for its file."""
    for path in sorted(TESTS.rglob("*.scenario")):
        yield path.name, path.read_text(encoding="utf-8")
    for path in sorted(TESTS.rglob("*.py")):
        if path != FINDER:
            yield from _tests_in(path)


def _tests_in(path: Path) -> Iterator[tuple[str, str]]:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    taken: set[int] = set()
    for node in ast.parse(source).body:
        if isinstance(node, _FUNCTIONS) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            span = range(first - 1, node.end_lineno or first)
            taken.update(span)
            yield node.name, "\n".join(lines[at] for at in span)
    rest = [line for at, line in enumerate(lines) if at not in taken]
    yield f"{path.name}, throughout", "\n".join(rest)
