"""Frames as people read them: who told whom what, one line each.

Works from the text on the wire alone and knows no action.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from rich.console import Console
from rich.text import Text

from ocpp_kernel.cli.console import plain
from ocpp_kernel.frames import CALL, CALLERROR, CALLRESULT

#: CALLs remembered to name their answers; the oldest is forgotten beyond that.
MEMORY = 1000

#: Characters shown of a frame; a peer may send megabytes of them.
LONGEST = 10_000

_ARROWS = {True: ("──▶", "-->"), False: ("◀──", "<--")}
_STYLES = {"call": "bold", "result": "", "error": "red", "bad": "red"}
_ACTION_WIDTH = 24


class Line(NamedTuple):
    """A frame; ``kind`` is ``call``, ``result``, ``error``, or ``bad`` where it is none."""

    identity: str
    to_central: bool
    kind: str
    action: str
    fields: str


class FrameLog:
    """Makes lines of the frames of one side; ``role`` is the side that sees them."""

    def __init__(self, role: str) -> None:
        self._out_is_to_central = role == "charge_point"
        self._open: dict[tuple[str, bool, str], str] = {}

    def line(self, identity: str, direction: str, text: str) -> Line:
        """What to show of a frame; ``direction`` is ``in`` or ``out``."""
        to_central = (direction == "out") == self._out_is_to_central
        try:
            kind, action, fields = self._read(identity, to_central, json.loads(text))
        except (ValueError, LookupError, TypeError, RecursionError):
            kind, action, fields = "bad", "(no OCPP-J frame)", text
        if len(fields) > LONGEST:
            fields = f"{fields[:LONGEST]}... (of a frame of {len(text)} characters)"
        return Line(plain(identity), to_central, kind, plain(action[:LONGEST]), plain(fields))

    def _read(self, identity: str, to_central: bool, frame: Any) -> tuple[str, str, str]:
        kind, call_id = frame[0], str(frame[1])
        if kind == CALL:
            self._open[identity, to_central, call_id] = str(frame[2])
            if len(self._open) > MEMORY:
                del self._open[next(iter(self._open))]
            return "call", str(frame[2]), _joined(frame[3])
        action = self._open.pop((identity, not to_central, call_id), f"(unknown call {call_id})")
        if kind == CALLRESULT:
            return "result", action, _joined(frame[2])
        if kind == CALLERROR:
            return "error", action, f"{frame[2]}: {frame[3]}"
        raise ValueError(kind)


def _joined(payload: Any) -> str:
    """Its values, as far as they are going to be shown."""
    fields: list[str] = []
    length = 0
    for field in flat(payload):
        fields.append(field)
        length += len(field)
        if length > LONGEST:
            break
    return " ".join(fields)


def flat(value: Any, name: str = "") -> Iterator[str]:
    """``name=value`` of every value in a payload, however deep, under its innermost name.

    Lines are cut at the right, so what identifies things comes first and times come last.
    """
    if isinstance(value, dict):
        for key, inner in sorted(value.items(), key=_rank):
            yield from flat(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner, name)
    else:
        yield f"{name}={value if isinstance(value, str) else json.dumps(value)}"


def _rank(field: tuple[str, Any]) -> int:
    name = field[0].lower()
    if name.endswith("id"):
        return 0
    if name in {"status", "key", "value"}:
        return 1
    return 3 if "time" in name else 2


def show(console: Console, line: Line, stamp: str = "") -> None:
    """Prints one line, cut at the terminal's width."""
    modern = (console.encoding or "").lower().startswith("utf")
    text = Text()
    if stamp:
        text.append(f"{stamp} ", style="dim")
    text.append(f"{line.identity} ", style="cyan")
    text.append(
        f"{_ARROWS[line.to_central][0 if modern else 1]} ",
        style="green" if line.to_central else "magenta",
    )
    mark = {"call": " ", "result": "=", "error": "!", "bad": "!"}[line.kind]
    text.append(f"{mark} {line.action:<{_ACTION_WIDTH}} ", style=_STYLES[line.kind])
    text.append(line.fields, style="red" if line.kind in {"error", "bad"} else "")
    if console.is_terminal:
        console.print(text, no_wrap=True, overflow="ellipsis")
    else:
        console.print(text, soft_wrap=True)
