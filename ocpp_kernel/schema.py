"""What is made of a message's ``TypedDict``: compact contract, fast check, JSON Schema.

CPython only: on a device the compact contracts arrive as literals in the bundle. The fast check is
msgspec's, at C speed; it may only accept. What it refuses, the compact contract decides, so there
is one authority on what is valid and on the error code (:mod:`ocpp_kernel.validation`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import msgspec

from ocpp_kernel.contracts import Action, Format, MaxLength, MinItems
from ocpp_kernel.errors import LocalError
from ocpp_kernel.validation import (
    BOOLEAN,
    DATE_TIME,
    DECIMAL1,
    INTEGER,
    REQUIRED,
    SHIFT,
    STRING,
    Contract,
    validate,
)

#: The usual forms of a date-time; rarer legal ones are left to the compact contract.
_DATE_TIME_PATTERN = (
    r"^(?!0000)[0-9]{4}-"
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])\Z"
)

_KINDS: dict[Any, int] = {str: STRING, int: INTEGER, bool: BOOLEAN, float: DECIMAL1}


#: Whether unknown fields and needless nulls are let through, and who is told of them.
Lenient = bool | Callable[[str], None]


class _Field(NamedTuple):
    """A field's or element's type, taken apart."""

    base: Any
    required: bool
    max_length: int
    min_items: int
    format: str


class Compiled(NamedTuple):
    """One message, ready to be checked; ``struct`` is None where only the slow path is exact."""

    name: str
    compact: Contract
    struct: Any


def check(payload: Any, contract: Compiled, lenient: Lenient = False) -> None:
    """Raises the LocalError that fits, where the payload breaks its contract.

    ``lenient`` lets unknown fields through, and takes out null where a field may be absent; a
    callable one is told of the first, in a sentence.
    """
    if contract.struct is not None:
        try:
            msgspec.convert(payload, contract.struct)
            return
        except msgspec.ValidationError:
            pass  # the compact contract has the last word, and the right error code
    try:
        validate(payload, contract.compact)
    except LocalError as fault:
        if not lenient:
            raise
        validate(payload, contract.compact, lenient=True)
        if callable(lenient):
            lenient(f"{contract.name}: {fault.description}; let through")


@cache
def compiled(message: Any) -> Compiled:
    """The compiled form of a TypedDict; raises TypeError for what contracts cannot say."""
    struct = None if _has_decimals(message) else _struct(message)
    return Compiled(message.__name__, compact(message), struct)


def contracts_of(actions: list[Action[Any, Any]]) -> dict[str, tuple[Compiled, Compiled]]:
    """Both contracts of every action, by name."""
    both: list[tuple[str, Any, Any]] = [(a.name, a.request, a.response) for a in actions]
    return {name: (compiled(request), compiled(response)) for name, request, response in both}


def compact(message: Any) -> Contract:
    """The message as literals; see :mod:`ocpp_kernel.validation` for the form."""
    return {name: _compact_field(field) for name, field in _fields(message).items()}


def json_schema(message: Any) -> dict[str, Any]:
    """The message as a JSON Schema object (draft 4, where 1.0 is no integer)."""
    fields = _fields(message)
    required = sorted(name for name, field in fields.items() if field.required)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _schema_field(field) for name, field in fields.items()},
        "additionalProperties": False,
    }
    return schema | {"required": required} if required else schema


def _fields(message: Any) -> dict[str, _Field]:
    if not is_typeddict(message):
        raise TypeError(f"{message!r} is not a TypedDict")
    hints = get_type_hints(message, include_extras=True)
    return {
        name: _take_apart(hint, name in message.__required_keys__, name)
        for name, hint in hints.items()
    }


def _take_apart(hint: Any, required: bool, name: str) -> _Field:
    limits = {MaxLength: 0, MinItems: 0}
    format_name = ""
    while get_origin(hint) in (Annotated, Required, NotRequired):
        if get_origin(hint) is not Annotated:
            # __required_keys__ cannot see these where annotations are postponed.
            required = get_origin(hint) is Required
        else:
            for mark in hint.__metadata__:
                if isinstance(mark, Format):
                    format_name = mark.name
                elif isinstance(mark, MaxLength | MinItems):
                    limits[type(mark)] = mark.limit
        hint = get_args(hint)[0]
    known = hint in _KINDS or is_typeddict(hint) or get_origin(hint) in (Literal, list)
    if not known or (hint is float) != (format_name == "decimal1"):
        raise TypeError(f"field {name}: a contract has no words for {hint!r}")
    return _Field(hint, required, limits[MaxLength], limits[MinItems], format_name)


def _item(field: _Field) -> _Field:
    return _take_apart(get_args(field.base)[0], True, "element")


def _has_decimals(message: Any) -> bool:
    return "'decimal1'" in repr(json_schema(message))


def _compact_field(field: _Field) -> Any:
    if get_origin(field.base) is Literal:
        return (int(field.required), *get_args(field.base))
    if get_origin(field.base) is list:
        return (int(field.required), [_compact_field(_item(field)), field.min_items])
    if is_typeddict(field.base):
        return (int(field.required), compact(field.base))
    kind = DATE_TIME if field.format == "date-time" else _KINDS[field.base]
    return kind | (REQUIRED if field.required else 0) | (field.max_length << SHIFT)


def _schema_field(field: _Field) -> dict[str, Any]:
    if get_origin(field.base) is Literal:
        return {"type": "string", "enum": list(get_args(field.base))}
    if get_origin(field.base) is list:
        least = {"minItems": field.min_items} if field.min_items else {}
        return {"type": "array", "items": _schema_field(_item(field))} | least
    if is_typeddict(field.base):
        return json_schema(field.base)
    names = {str: "string", int: "integer", bool: "boolean", float: "number"}
    schema: dict[str, Any] = {"type": names[field.base]}
    if field.max_length:
        schema["maxLength"] = field.max_length
    if field.format:
        schema["format"] = field.format
    return schema


def _struct(message: Any) -> Any:
    fields: list[tuple[str, Any, Any]] = []
    for name, field in _fields(message).items():
        if field.required:
            fields.append((name, _struct_type(field), msgspec.NODEFAULT))
        else:
            fields.append((name, _struct_type(field) | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct(
        message.__name__, fields, forbid_unknown_fields=True, kw_only=True, gc=False
    )


def _struct_type(field: _Field) -> Any:
    if get_origin(field.base) is list:
        element: Any = _struct_type(_item(field))
        elements: Any = list[element]
        return Annotated[elements, msgspec.Meta(min_length=field.min_items)]
    if is_typeddict(field.base):
        return _struct(field.base)
    if field.format == "date-time":
        return Annotated[str, msgspec.Meta(pattern=_DATE_TIME_PATTERN)]
    if field.max_length:
        return Annotated[str, msgspec.Meta(max_length=field.max_length)]
    return field.base
