"""The configuration keys of every plugin, as a charge point registers them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from generate.markdown import code, table
from ocpp_kernel.build import build_station
from ocpp_kernel.config import Config
from ocpp_kernel.configuration import BOOLEAN, Key
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station

HOOK = "ocpp_register_configuration"
ACCESS = {"R": "read", "RW": "read, write", "W": "write"}


def text() -> str:
    """One table, by name."""
    station = _station()
    rows = sorted(_rows(station), key=lambda row: row[0].strip("`"))
    return table(["key", "type", "access", "default", "bounds", "plugin"], rows)


def _station() -> Station:
    def log(level: str, sentence: str) -> None:
        raise RuntimeError(f"{level}: {sentence}")

    station = build_station(Config(), MemoryStore(), log)
    station.start(0)
    return station


def _rows(station: Station) -> Iterator[list[str]]:
    for register in station.hooks.implementations[HOOK]:
        method: Any = inspect.unwrap(register)
        plugin = method.__self__.__module__.split(".")[1]
        for key in register():
            default = "" if key.default == "" else code(_written(key))
            access = ACCESS[key.access] + ("; after a restart" if key.reboot else "")
            yield [code(key.name), key.kind, access, default, _bounds(key), code(plugin)]


def _written(key: Key) -> str:
    return str(key.default).lower() if key.kind == BOOLEAN else str(key.default)


def _bounds(key: Key) -> str:
    if key.access == "R" or key.low is None:
        return ""
    return f"{key.low} and more" if key.high is None else f"{key.low} to {key.high}"
