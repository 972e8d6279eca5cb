"""What plugins may rely on (docs/plugin-contract.md) changes on purpose only, and is told.

``tests/data/public_surface.txt`` holds every public name, signature and constant of the modules
plugins use. After a change on purpose::

    python tests/test_public_surface.py              writes it anew, and notes what changed
    python tests/test_public_surface.py --released   forgets what changed, when a version is made

Whatever changed since the last version must be named in CHANGELOG.md under "Unreleased".
"""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SNAPSHOT = Path(__file__).parent / "data" / "public_surface.txt"
COMMAND = "python tests/test_public_surface.py"
HEADER = f"# What plugins may rely on. Written by: {COMMAND}"
CHANGED = "# Changed since the last version, and named in CHANGELOG.md: "

#: Where what plugins use is defined; the kit's own parts are those it gives out.
MODULES = (
    "__init__",
    "central",
    "central_store",
    "config",
    "configuration",
    "contracts",
    "driver",
    "errors",
    "events",
    "events_central",
    "hooks",
    "hookspecs",
    "memory_store",
    "seams",
    "session",
    "station",
    "store",
    "testing/bench",
    "testing/central_double",
    "testing/clock",
    "testing/frames",
    "testing/hardware",
    "testing/micropython",
    "testing/pair",
    "testing/scenarios",
    "timestamps",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def surface() -> list[str]:
    """Every line of the surface as it is now."""
    lines: set[str] = set()
    for module in MODULES:
        text = (ROOT / "ocpp_kernel" / f"{module}.py").read_text(encoding="utf-8")
        name = f"ocpp_kernel.{module.replace('/', '.')}".removesuffix(".__init__")
        lines.update(f"{name} {line}" for line in surface_of(text))
    return sorted(lines)


def surface_of(text: str) -> Iterator[str]:
    """The public names of a module's text, with what is written of them."""
    for node in ast.parse(text).body:
        yield from _names(node, "")


def _names(node: ast.stmt, owner: str) -> Iterator[str]:
    if isinstance(node, Function) and _is_public(node.name):
        yield owner + _signature(node)
    elif isinstance(node, ast.ClassDef) and _is_public(node.name):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        yield f"{owner}{node.name}({bases})"
        for part in node.body:
            yield from _names(part, f"{owner}{node.name}.")
            if isinstance(part, Function) and part.name == "__init__":
                yield from _attributes(part, f"{owner}{node.name}.")
    elif isinstance(node, ast.AnnAssign | ast.Assign):
        yield from _assigned(node, owner)


def _signature(node: Function) -> str:
    kind = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    marks = "".join(f"@{ast.unparse(mark)} " for mark in node.decorator_list)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return f"{node.name}: {marks}{kind}({ast.unparse(node.args)}){returns}"


def _assigned(node: ast.AnnAssign | ast.Assign, owner: str) -> Iterator[str]:
    targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
    for target in targets:
        if isinstance(target, ast.Name) and _is_public(target.id):
            kind = f": {ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else ""
            value = f" = {ast.unparse(node.value)}" if node.value is not None else ""
            yield f"{owner}{target.id}{kind}{value}"


def _attributes(init: Function, owner: str) -> Iterator[str]:
    """What objects are given when they are made."""
    for node in ast.walk(init):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and _is_public(target.attr):
                kind = (
                    f": {ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else ""
                )
                yield f"{owner}{target.attr}{kind}"


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name in ("__init__", "__call__", "__getitem__")


def name_of(line: str) -> str:
    """The name a line is about, without its module: ``Station.after``."""
    found = re.match(r"\S+ ([\w.]+)", line)
    return found[1] if found else line


def changes(old: list[str], new: list[str]) -> list[str]:
    """The names that are there no more, are new, or are written otherwise.

    Of a class that came or went as a whole only its own name.
    """
    names = {name_of(line) for line in set(old) ^ set(new)}
    whole = {name_of(line) for line in set(old) ^ set(new) if re.search(r" \w+\(.*\)$", line)}
    return sorted(name for name in names if name.rpartition(".")[0] not in whole)


def recorded(text: str) -> tuple[list[str], list[str]]:
    """A snapshot's lines, and the names noted as changed."""
    lines = text.splitlines()
    noted = [line.removeprefix(CHANGED) for line in lines if line.startswith(CHANGED)]
    return [line for line in lines if not line.startswith("#")], noted


def unreleased(changelog: str) -> str:
    """The section of the changelog for what is not released yet."""
    found = re.search(r"^## Unreleased\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    assert found is not None, "CHANGELOG.md has no section Unreleased"
    return found[1]


def untold(names: list[str], changelog: str) -> list[str]:
    """Those of the names that the changelog's section does not mention."""
    section = unreleased(changelog)
    return [name for name in names if not re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", section)]


def written(lines: list[str], noted: list[str]) -> str:
    """A snapshot's text."""
    return "\n".join([HEADER, *(CHANGED + name for name in noted), *lines, ""])


def write(released: bool) -> None:
    """Takes the surface as it is for what it should be."""
    old, noted = recorded(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.exists() else ([], [])
    new = surface()
    if old:
        noted = sorted({*noted, *changes(old, new)})
    SNAPSHOT.write_text(written(new, [] if released else noted), encoding="utf-8")


def test_the_surface_is_as_recorded() -> None:
    expected, _ = recorded(SNAPSHOT.read_text(encoding="utf-8"))
    difference = "\n".join(difflib.unified_diff(expected, surface(), "recorded", "now", "", "", 0))
    assert not difference, f"what plugins rely on changed; if on purpose: {COMMAND}\n{difference}"


def test_every_change_is_told_in_the_changelog() -> None:
    _, noted = recorded(SNAPSHOT.read_text(encoding="utf-8"))
    missing = untold(noted, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert missing == [], f"CHANGELOG.md, Unreleased: say what became of {', '.join(missing)}"


def test_hooks_events_and_the_contract_are_part_of_it() -> None:
    names = {name_of(line) for line in surface()}
    expected = {
        "CONTRACT",
        "ChargePointHooks.ocpp_veto_start",
        "Hooks.veto_start",
        "events.Started".partition(".")[2],
        "Driver.energise",
        "Station.after",
        "StationShared.__getitem__",
        "Bench.connect",
    }
    assert expected <= names


SOURCE = """
LIMIT = 3
_SECRET = 4

class Thing(Base):
    kind: str = "a"
    def __init__(self, size: int) -> None:
        self.size = size
        self._hidden = 1
        self.more: list[int] = []
    def grow(self, by: int = 1, *, fast: bool) -> int: ...
    def _inner(self) -> None: ...

async def make(name): ...
"""


def test_names_signatures_and_attributes_are_seen() -> None:
    assert list(surface_of(SOURCE)) == [
        "LIMIT = 3",
        "Thing(Base)",
        "Thing.kind: str = 'a'",
        "Thing.__init__: (self, size: int) -> None",
        "Thing.size",
        "Thing.more: list[int]",
        "Thing.grow: (self, by: int=1, *, fast: bool) -> int",
        "make: async (name)",
    ]


def test_changes_are_told_by_name() -> None:
    old = [f"m {line}" for line in surface_of(SOURCE)]
    for before, after, name in (
        ("by: int = 1", "by: int = 2", "Thing.grow"),
        ("LIMIT = 3", "LIMIT = 4", "LIMIT"),
        ("self.size = size", "self.length = size", "Thing.length Thing.size"),
        ("async def make", "def make", "make"),
        ("class Thing(Base)", "class Other(Base)", "Other Thing"),
        ("self._hidden = 1", "self._hidden = 2", ""),
    ):
        new = [f"m {line}" for line in surface_of(SOURCE.replace(before, after))]
        assert changes(old, new) == name.split()


def test_a_change_counts_as_told_where_its_whole_name_stands() -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n- `Thing.grow` grows.\n\n## 0.1\n\n- `make`.\n"
    assert untold(["Thing.grow"], changelog) == []
    assert untold(["make", "grow", "Thing.gro"], changelog) == ["make", "grow", "Thing.gro"]


def test_a_snapshot_is_read_as_it_was_written() -> None:
    assert recorded(written(["m a", "m b"], ["Thing.grow"])) == (["m a", "m b"], ["Thing.grow"])


if __name__ == "__main__":
    write("--released" in sys.argv[1:])
