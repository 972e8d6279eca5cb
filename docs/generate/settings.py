"""What ``ocpp.toml`` may hold: its own tables, and the settings every plugin declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from device_bundle.runtime import settings as runtime
from generate.installed import installed
from generate.markdown import code, table
from generate.source import Attribute, attributes
from ocpp_kernel.config import BundleSettings, CentralSystemHost, ChargePointHost, DeviceSettings

HEADERS = ["key", "type", "default", "meaning"]
TABLES: dict[str, type] = {
    "charge_point": ChargePointHost,
    "central_system": CentralSystemHost,
    "bundle": BundleSettings,
    "device": DeviceSettings,
}
#: The last of a range that is open upwards.
LARGEST = 2**31 - 1
#: How a bound of msgspec reads.
BOUNDS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def of_the_file() -> str:
    """The tables every configuration may have."""
    meanings = {each.name: each.meaning for each in attributes(runtime.Settings)}
    sections = []
    for name, cls in TABLES.items():
        found = [
            each._replace(meaning=each.meaning or meanings.get(each.name, ""))
            for each in attributes(cls)
        ]
        sections.append(f"## [{name}]\n\n{table(HEADERS, _rows(cls, found))}")
    return "\n".join(sections)


def of_plugins() -> str:
    """The tables of plugins, by role."""
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    for plugin in installed():
        for role, loaded in plugin.roles.items():
            cls = getattr(loaded.role, "settings", None)
            if cls is not None:
                rows = _rows(cls, attributes(cls))
                yield f"## [{role}.{plugin.name}]\n\n{table(HEADERS, rows)}"


def _rows(cls: type, found: list[Attribute]) -> Iterator[list[str]]:
    hints = get_type_hints(cls, include_extras=True)
    defaults = cls()
    for each in found:
        default = json.dumps(getattr(defaults, each.name), default=str)
        yield [code(each.name), _kind(hints[each.name]), code(default), each.meaning]


def _kind(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        kind, *marks = get_args(hint)
        if kind is str and isinstance(marks[0], range):
            return f"text of {marks[0][0]} to {marks[0][-1]} characters"
        return ", ".join([_kind(kind), *(text for mark in marks for text in _bounds(mark))])
    if get_origin(hint) is Literal:
        return ", ".join(code(f'"{value}"') for value in get_args(hint))
    if get_origin(hint) is list:
        return f"list of {_kind(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        key, value = get_args(hint)
        keys = "" if key is str else f", by {_kind(key)}"
        return f"table of {_kind(value)}{keys}"
    names = {str: "text", int: "integer", float: "number", bool: "boolean"}
    return names.get(hint, str(hint))


def _bounds(mark: Any) -> Iterator[str]:
    if isinstance(mark, range):
        yield f"at least {mark[0]}" if mark[-1] == LARGEST else f"{mark[0]} to {mark[-1]}"
        return
    for name, word in BOUNDS.items():
        bound = getattr(mark, name, None)
        if bound is not None:
            yield f"{word} {bound:g}"
