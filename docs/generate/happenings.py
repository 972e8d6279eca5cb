"""Event types of both roles: the kernel's, and those that plugins emit beside them."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import ocpp_plugins

from generate.installed import modules_below
from generate.markdown import code, documentation, table
from generate.source import classes_in
from ocpp_kernel import events, events_central

EMIT = "emit"


def of_stations() -> str:
    """The events of a charge point."""
    return _table([*classes_in([events], tuple), *_of_plugins("charge_point")])


def of_central_systems() -> str:
    """The events of a central system."""
    return _table([*classes_in([events_central], tuple), *_of_plugins("central_system")])


def transaction_record() -> str:
    """What every plugin may rely on in a transaction that an event tells of."""
    cls = events_central.TransactionRecord
    properties = {name: value for name, value in vars(cls).items() if isinstance(value, property)}
    rows = [
        [code(name), code(value.fget.__annotations__["return"])]
        for name, value in properties.items()
    ]
    return f"`{cls.__name__}`: {documentation(cls)}\n\n{table(['attribute', 'type'], rows)}"


def _table(found: Iterable[type]) -> str:
    return table(
        ["event", "fields", "meaning", "import from"],
        (
            [
                code(cls.__name__),
                ", ".join(code(field) for field in getattr(cls, "_fields", ())),
                documentation(cls),
                code(_home(cls)),
            ]
            for cls in found
        ),
    )


def _of_plugins(role: str) -> Iterator[type]:
    """The types that plugins define and emit in this role."""
    modules = [each for each in modules_below(ocpp_plugins) if role in each.__name__.split(".")]
    emitted = {name for module in modules for name in _emitted(module)}
    for cls in classes_in(modules, tuple):
        if cls.__name__ in emitted:
            yield cls


def _emitted(module: ModuleType) -> Iterator[str]:
    """The names of classes in calls such as ``emit(ReservationMade(...))``."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr == EMIT and node.args and isinstance(node.args[0], ast.Call):
            yield _last_name(node.args[0].func)


def _last_name(node: Any) -> str:
    return node.attr if isinstance(node, ast.Attribute) else str(getattr(node, "id", ""))


def _home(cls: type) -> str:
    """The outermost module from which a class can be imported."""
    parts = cls.__module__.split(".")
    for count in range(1, len(parts)):
        name = ".".join(parts[:count])
        if getattr(importlib.import_module(name), cls.__name__, None) is cls:
            return name
    return cls.__module__
