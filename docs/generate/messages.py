"""Every action with the fields of its request and response, from the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from generate.installed import Installed, installed, modules_below
from generate.markdown import code, documentation, table
from generate.source import notes_of
from ocpp_kernel.contracts import Action
from ocpp_kernel.schema import json_schema

SENDERS = {
    "charge_point": "Sent by the charge point.",
    "central_system": "Sent by the central system.",
    "both": "Sent by either side.",
}
FORMATS = {"date-time": "date-time", "uri": "URI", "decimal1": "number, at most one decimal"}


class Enumeration(NamedTuple):
    """A named list of values."""

    name: str
    values: tuple[str, ...]
    meaning: str


def text() -> str:
    """A section for each plugin that brings messages."""
    return "\n".join(map(_section, installed()))


def own_actions(plugin: Installed) -> list[Action[Any, Any]]:
    """The actions that a plugin brings itself, by name."""
    if plugin.messages is None:
        return []
    home = plugin.messages.__name__
    actions = [value for value in vars(plugin.messages).values() if isinstance(value, Action)]
    own = [action for action in actions if action.request.__module__.startswith(home)]
    return sorted(own, key=lambda action: action.name)


def enumerations() -> str:
    """A section for each enumeration."""
    return "\n".join(
        f"## {each.name}\n\n{each.meaning}\n\n{', '.join(map(code, each.values))}\n"
        for each in sorted(_enumerations().values())
    )


def _section(plugin: Installed) -> str:
    actions = own_actions(plugin)
    if plugin.messages is None or not actions:
        return ""
    title = f"## {plugin.profile}\n\nPlugin `{plugin.name}`, in `{plugin.messages.__name__}`.\n"
    return "\n".join([title, *map(_action, actions)])


def _action(action: Action[Any, Any]) -> str:
    return (
        f"### {action.name}\n\n{SENDERS[action.sent_by]}\n\n"
        f"{_message('Request', action.request)}\n{_message('Response', action.response)}"
    )


def _message(title: str, message: type) -> str:
    rows = list(_fields("", json_schema(message)))
    fields = table(["field", "type", "required"], rows) if rows else ""
    return f"**{title}**: {documentation(message)}\n\n{fields}"


def _fields(path: str, schema: dict[str, Any]) -> Iterator[list[str]]:
    required = schema.get("required", [])
    names = sorted(schema["properties"], key=lambda name: name not in required)
    for name in names:
        field = schema["properties"][name]
        here = path + name
        yield [code(here), _kind(field), "yes" if name in required else ""]
        while field["type"] == "array":
            here, field = here + "[]", field["items"]
        if field["type"] == "object":
            yield from _fields(f"{here}.", field)


def _kind(field: dict[str, Any]) -> str:
    if "enum" in field:
        named = _enumerations().get(tuple(field["enum"]))
        if named is None:
            return ", ".join(map(code, field["enum"]))
        return f"[{named.name}](enumerations.md#{named.name.lower()})"
    if field["type"] == "array":
        least = f", at least {field['minItems']}" if "minItems" in field else ""
        return f"list of {_kind(field['items'])}{least}"
    if "format" in field:
        return FORMATS[field["format"]]
    if field["type"] == "string":
        limit = field.get("maxLength")
        return f"text, at most {limit} characters" if limit else "text"
    return str(field["type"])


@cache
def _enumerations() -> dict[tuple[str, ...], Enumeration]:
    """By their values: an annotation does not remember its name."""
    found: dict[tuple[str, ...], Enumeration] = {}
    for plugin in installed():
        for module in modules_below(plugin.messages) if plugin.messages else ():
            notes = notes_of(module)
            for name, value in vars(module).items():
                if get_origin(value) is Literal and name in notes:
                    values = get_args(value)
                    found.setdefault(values, Enumeration(name, values, notes[name]))
    return found
