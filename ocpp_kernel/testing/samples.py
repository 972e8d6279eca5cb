"""The least a message may hold, made from its contract: answers nobody had to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

from ocpp_kernel import timestamps
from ocpp_kernel.contracts import Format, MinItems

#: Whole numbers count from here: as ids they differ, as seconds they are long.
FIRST_NUMBER = 1001


class Samples:
    """Makes messages with their required fields only.

    Enumerations have their first value (in OCPP ``Accepted``), date-times are ``utc()``, whole
    numbers count up, texts are empty, lists as short as they may be.
    """

    def __init__(self, utc: Callable[[], int]) -> None:
        self._utc = utc
        self._numbers = count(FIRST_NUMBER)

    def of(self, message: Any) -> dict[str, Any]:
        """One message of that TypedDict."""
        hints = get_type_hints(message, include_extras=True)
        return {name: self._value(hints[name], ()) for name in sorted(message.__required_keys__)}

    def _value(self, kind: Any, bounds: tuple[Any, ...]) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._value(arguments[0], (*arguments[1:], *bounds))
        if origin is Literal:
            return arguments[0]
        if origin is list:
            least = max([b.limit for b in bounds if isinstance(b, MinItems)], default=0)
            return [self._value(arguments[0], ()) for _ in range(least)]
        if is_typeddict(kind):
            return self.of(kind)
        if arguments:  # NotRequired and Required
            return self._value(arguments[0], bounds)
        return self._plain(kind, bounds)

    def _plain(self, kind: Any, bounds: tuple[Any, ...]) -> Any:
        if Format("date-time") in bounds:
            return timestamps.format(self._utc())
        if kind is int:
            return next(self._numbers)
        return kind()


def merged(made: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``made`` with what is given in its place, also inside of objects."""
    result = dict(made)
    for name, value in given.items():
        before = result.get(name)
        both = isinstance(before, dict) and isinstance(value, Mapping)
        result[name] = merged(before, value) if both else value  # type: ignore[arg-type]  # as `both` says
    return result
