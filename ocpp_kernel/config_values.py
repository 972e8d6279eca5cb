"""Values of ``ocpp.toml`` held against the types that declare them.

What does not fit becomes a sentence that names the key, down to the entry of a list or table, and
says what is wanted. Besides what msgspec knows, an annotation may bound a value by a ``range``,
which needs no import and costs a device nothing::

    phases: Annotated[int, range(1, 4)] = 3       # 1, 2 or 3
    vendor: Annotated[str, range(21)] = "Acme"    # of at most 20 characters
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

T = TypeVar("T")

#: What msgspec calls a type, in the words of a configuration.
_WORDS = {
    "str": "text in quotation marks",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": 'a list, as in ["..."]',
    "object": "a table",
    "date": "a date",
    "time": "a time",
    "datetime": "a date and time",
}
_GIVEN = {**_WORDS, "str": "text", "array": "a list"}
_LIMITS = {"<=": "at most", ">=": "at least", "<": "below", ">": "above"}
_EXPECTED = re.compile(
    r"Expected `(?P<kind>\w+)`"
    r"(?:, got `(?P<given>\w+)`| (?P<length>of length )?(?P<limit>[<>]=?) (?P<number>[-\d.]+))?"
)


class Unfit(Exception):
    """A value that does not fit its type; the text has the key and what is wanted."""


def fitting(where: str, value: Any, kind: type[T]) -> T:
    """``value`` as ``kind``, a type with its annotations; raises :class:`Unfit`.

    ``where`` is the key as it is told. Integers are taken for floats, nothing else is converted.
    """
    fields = getattr(kind, "__struct_fields__", None)
    if fields is not None:
        return kind(**_fields(where, value, kind))
    if get_origin(kind) is dict and isinstance(value, dict):
        key_kind, entry_kind = get_args(kind)
        entries = {
            fitting(f"{where}: {key!r}", key, key_kind): fitting(f"{where}.{key}", each, entry_kind)
            for key, each in value.items()
        }
        return cast(T, entries)
    if get_origin(kind) is Literal and value not in get_args(kind):
        options = [str(option) for option in get_args(kind)]
        raise Unfit(unknown(f"{where}: {value!r}", str(value), options))
    try:
        return cast(T, msgspec.convert(value, _bounded(kind)))
    except msgspec.ValidationError as error:
        raise Unfit(_sentence(where, str(error))) from None


def _fields(where: str, table: dict[str, Any], kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    for key in table:
        if key not in hints:
            raise Unfit(unknown(f"{where}.{key}", key, hints))
    return {key: fitting(f"{where}.{key}", value, hints[key]) for key, value in table.items()}


def unknown(where: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that is not known, with the nearest one that is."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else f"known are: {', '.join(names) or 'none'}"
    return f"{where} is not known; {hint}"


def unset(settings: object, cls: type) -> list[str]:
    """The settings that have no default, and that no table gives."""
    return [name for name in get_type_hints(cls) if not hasattr(settings, name)]


def is_path(text: str) -> bool:
    """Whether an entry of ``[plugins] load`` is a file or folder, and no import name."""
    return "/" in text or "\\" in text or text.endswith(".py")


def name_of(text: str) -> str:
    """The name of the plugin that an entry of ``[plugins] load`` brings."""
    return Path(text).stem if is_path(text) else text.rpartition(".")[2]


def _bounded(kind: Any) -> Any:
    """The type with its ranges as msgspec knows them."""
    if get_origin(kind) is not Annotated:
        return kind
    base, *marks = get_args(kind)
    for mark in marks:
        if not isinstance(mark, range):
            base = Annotated[base, mark]
        elif base is str:
            base = Annotated[base, Meta(min_length=mark[0], max_length=mark[-1])]
        else:
            base = Annotated[base, Meta(ge=mark[0], le=mark[-1])]
    return base


def _sentence(where: str, text: str) -> str:
    """msgspec's "Expected `int` <= 9 - at `$[1]`" with the key in front, as people read it."""
    text, _, path = text.partition(" - at `$")
    where += path.rstrip("`").replace("[...]", "")
    match = _EXPECTED.fullmatch(text)
    if match is None:
        return f"{where}: {text.replace('`', '')}"
    kind, given = match["kind"], match["given"]
    if given:
        return f"{where} must be {_WORDS.get(kind, kind)}, not {_GIVEN.get(given, given)}"
    if match["length"]:
        return f"{where} must have {_LIMITS[match['limit']]} {match['number']} characters"
    return f"{where} must be {_LIMITS[match['limit']]} {float(match['number']):.15g}"
