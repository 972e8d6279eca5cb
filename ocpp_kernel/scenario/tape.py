"""Everything said on a charge point's connections, in order."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ocpp_kernel.frames import CALL, CALLERROR, CALLRESULT


class Said(NamedTuple):
    """A CALL of the charge point."""

    action: str
    payload: Any


class Tape:
    """Hears frames and keeps what scripts ask about."""

    def __init__(self) -> None:
        #: CALLs of the charge point.
        self.calls: list[Said] = []
        #: What the charge point answered, by message id: a payload, or the code of an error.
        self.answers: dict[str, Any] = {}
        #: The last value each field had in an answer of the central system.
        self.values: dict[str, Any] = {}
        #: Frames heard, either way.
        self.count = 0

    def hear(self, from_station: bool, text: str) -> None:
        """One frame passed."""
        self.count += 1
        try:
            frame = json.loads(text)
            if from_station:
                self._hear_station(frame)
            elif frame[0] == CALLRESULT:
                self.values.update(frame[2])
        except (ValueError, LookupError, TypeError):
            if from_station:
                self.calls.append(Said("(no OCPP-J frame)", text))

    def _hear_station(self, frame: Any) -> None:
        if frame[0] == CALL:
            self.calls.append(Said(frame[2], frame[3]))
        elif frame[0] in (CALLRESULT, CALLERROR):
            self.answers[frame[1]] = frame[2]

    def filled(self, pattern: Any) -> Any:
        """The pattern with the values that ``"$field"`` and ``"$field/rest"`` stand for."""
        if isinstance(pattern, dict):
            return {name: self.filled(part) for name, part in pattern.items()}
        if isinstance(pattern, list):
            return [self.filled(part) for part in pattern]
        if isinstance(pattern, str) and pattern.startswith("$"):
            name, slash, rest = pattern[1:].partition("/")
            if name in self.values:
                return f"{self.values[name]}/{rest}" if slash else self.values[name]
        return pattern


def fits(value: Any, pattern: Any) -> bool:
    """Whether a value is as the pattern says: of objects only the fields given are compared.

    Of a list of objects, each of the pattern must have one that fits, in the same order.
    """
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and fits(value[name], part) for name, part in pattern.items()
        )
    if isinstance(pattern, list):
        if not isinstance(value, list):
            return False
        rest = iter(value)
        return all(any(fits(item, part) for item in rest) for part in pattern)
    same_kind = isinstance(value, bool) == isinstance(pattern, bool)
    return same_kind and bool(value == pattern)
