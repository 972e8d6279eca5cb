"""The kernel names no action, no profile and no version; its portable part stands on its own.

Docstrings and comments may explain by example; names and texts of the program may not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import ocpp_plugins
import pytest
from ocpp_plugins.core_profile.messages import STANDARD_ACTIONS, SUBPROTOCOL

import ocpp_kernel

KERNEL = Path(ocpp_kernel.__file__).parent
PLUGINS = Path(ocpp_plugins.__file__).parent
SOURCES = sorted(KERNEL.rglob("*.py"))
#: OCPP 1.6 section 3.3.
FEATURE_PROFILES = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "RemoteTrigger",
    "Reservation",
    "SmartCharging",
)
#: The protocol's own door for vendors has a hook, since any plugin may put something behind it.
EXCEPTIONS = {"DataTransferHandler", "ocpp_register_data_transfer", "register_data_transfer"}
#: What portable code may import besides portable code; none of it is there when it runs.
TYPING_ONLY = {"__future__", "typing", "collections.abc"}


def named(path: Path) -> str:
    return path.relative_to(KERNEL).as_posix()


def words_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name and every text of a module that is no docstring, with its line."""
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                docstrings.add(first.value)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str | bytes) and node not in docstrings:
                text = node.value
                yield line, text if isinstance(text, str) else text.decode("latin-1")
            continue
        for field in ("id", "attr", "name", "arg", "asname", "module"):
            word = getattr(node, field, None)
            if isinstance(word, str):
                yield line, word


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def action_pattern() -> re.Pattern[str]:
    """Actions of several words anywhere, also in snake_case; those of one word on their own."""
    parts = []
    for action in STANDARD_ACTIONS:
        if snake(action) == action.lower():
            parts.append(rf"(?<![A-Za-z_]){action}(?![A-Za-z_])")
        else:
            parts += [action, snake(action)]
    return re.compile("|".join(parts))


def plugin_names() -> set[str]:
    return {path.parent.name for path in PLUGINS.glob("*/__init__.py")}


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_module_names_an_action(path: Path) -> None:
    pattern = action_pattern()
    found = [
        f"{named(path)}:{line}: {word}"
        for line, word in words_of(ast.parse(path.read_text()))
        if pattern.search(word) and word not in EXCEPTIONS
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_module_names_a_profile_a_plugin_or_the_version(path: Path) -> None:
    known = plugin_names() | set(FEATURE_PROFILES)
    found = [
        f"{named(path)}:{line}: {word}"
        for line, word in words_of(ast.parse(path.read_text()))
        if word in known
        or SUBPROTOCOL in word
        or any(f"ocpp_plugins.{name}" in word for name in plugin_names())
    ]
    assert found == []


def test_the_search_would_find_them() -> None:
    pattern = action_pattern()
    for guilty in ("Reset", "on_boot_notification", "MeterValues", "BootNotificationRequest"):
        assert pattern.search(guilty)
    for innocent in ("reset", "ConnectionResetError", "heartbeat", "TransactionStarted"):
        assert not pattern.search(innocent)
    tree = ast.parse('def f(a):\n    "Reset"\n    return x.Reset("BootNotification")\n')
    assert {word for _, word in words_of(tree)} == {"f", "a", "x", "Reset", "BootNotification"}
    assert {"core_profile", "reservation", "smart_charging"} <= plugin_names()
    assert len(SOURCES) > 20


# The portable part.


def is_portable(path: Path) -> bool:
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return docstring.split("\n", 1)[0].endswith(" Portable.")


PORTABLE = {f"ocpp_kernel.{path.stem}" for path in KERNEL.glob("*.py") if is_portable(path)}


def imports_of(tree: ast.Module) -> Iterator[str]:
    """Modules a module needs when it runs: what only type checkers read is left out."""
    checking: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            checking.update(inner for part in node.body for inner in ast.walk(part))
    for node in ast.walk(tree):
        if node in checking:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module == "ocpp_kernel" or node.level:
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module


def test_these_modules_are_portable() -> None:
    expected = {
        "configuration",
        "dispatch",
        "errors",
        "events",
        "frames",
        "hooks",
        "session",
        "station",
        "store",
        "texts",
        "timestamps",
        "validation",
    }
    assert {f"ocpp_kernel.{name}" for name in expected} == PORTABLE


@pytest.mark.parametrize("module", sorted(PORTABLE))
def test_portable_modules_need_only_portable_modules(module: str) -> None:
    tree = ast.parse((KERNEL / f"{module.removeprefix('ocpp_kernel.')}.py").read_text())
    assert set(imports_of(tree)) - TYPING_ONLY - PORTABLE == set()


def test_the_search_for_imports_would_find_them() -> None:
    source = (
        "import json\nfrom ocpp_kernel import central\nfrom os import path\n"
        "if TYPE_CHECKING:\n    import time\n"
    )
    assert set(imports_of(ast.parse(source))) == {"json", "ocpp_kernel.central", "os"}
