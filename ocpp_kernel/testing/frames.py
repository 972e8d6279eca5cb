"""Frames that were sent, and assertions about them that say how they differ.

Payloads are compared as scenarios do: fields that are not given may be anything.

    >>> from ocpp_kernel.testing import Seen, assert_calls, assert_sent
    >>> frames = [Seen("left", '[2,"1","Ping",{"depth":1}]'), Seen("right", '[3,"1",{}]')]
    >>> assert_calls(frames, [("Ping", {"depth": 1})])
    >>> assert_sent(frames, "Ping")
    {'depth': 1}
    >>> assert_calls(frames, [("Ping", {"depth": 2}), ("Pong", {})])
    Traceback (most recent call last):
    AssertionError: these CALLs differ from what was expected (- expected, + sent):
    - Ping {"depth": 2}
    + Ping {"depth": 1}
    - Pong {}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from ocpp_kernel.frames import CALL
from ocpp_kernel.scenario.tape import fits

#: ``left`` is the charge point, ``right`` the central system, where a pair has these.
Sender = Literal["left", "right"]

#: An action, and the fields its payload must have.
Expected = tuple[str, Any]


class Seen(NamedTuple):
    """A frame that was sent, and whether it arrived."""

    sender: Sender
    text: str
    lost: bool = False

    @property
    def message(self) -> list[Any]:
        """The frame as a list."""
        message: list[Any] = json.loads(self.text)
        return message

    @property
    def action(self) -> str | None:
        """The action of a CALL; None for an answer."""
        message = self.message
        return str(message[2]) if message[0] == CALL else None

    @property
    def payload(self) -> Any:
        """The payload of a CALL or of its answer; of a CALLERROR its code."""
        message = self.message
        return message[3] if message[0] == CALL else message[2]


def transcript(frames: Iterable[Seen]) -> str:
    """The frames as lines: ``left: Ping {"depth": 1}``, and answers after ``=``."""
    return "\n".join(_line(seen) for seen in frames)


def assert_calls(
    frames: Iterable[Seen], expected: Sequence[Expected], sender: Sender = "left"
) -> None:
    """These CALLs, in this order and no others, were sent by that side."""
    found = _calls(frames, sender)
    fit = [_fits(one, other) for one, other in zip(expected, found, strict=False)]
    if len(expected) != len(found) or not all(fit):
        lines = "\n".join(_difference(expected, found))
        raise AssertionError(
            f"these CALLs differ from what was expected (- expected, + sent):\n{lines}"
        )


def assert_sent(
    frames: Iterable[Seen], action: str, fields: Any = None, sender: Sender = "left"
) -> Any:
    """That side sent such a CALL; the payload of the last one."""
    found = _calls(frames, sender)
    wanted = (action, {} if fields is None else fields)
    fitting = [call for call in found if _fits(wanted, call)]
    if not fitting:
        sent = "\n".join(f"  {_shown(*call)}" for call in found) or "  nothing"
        raise AssertionError(f"{_shown(*wanted)} was not sent, but:\n{sent}")
    return fitting[-1][1]


def assert_not_sent(
    frames: Iterable[Seen], action: str, fields: Any = None, sender: Sender = "left"
) -> None:
    """That side sent no such CALL."""
    wanted = (action, {} if fields is None else fields)
    for call in _calls(frames, sender):
        if _fits(wanted, call):
            raise AssertionError(f"{_shown(*call)} was sent")


def answers_to(frames: Iterable[Seen], action: str, sender: Sender = "left") -> list[Any]:
    """What that side was answered to its CALLs of an action; of a CALLERROR the code."""
    asked: set[Any] = set()
    answers = []
    for seen in frames:
        if seen.sender == sender and seen.action == action:
            asked.add(seen.message[1])
        elif seen.sender != sender and seen.action is None and seen.message[1] in asked:
            answers.append(seen.payload)
    return answers


def _calls(frames: Iterable[Seen], sender: Sender) -> list[Expected]:
    return [(seen.action, seen.payload) for seen in frames if seen.sender == sender and seen.action]


def _fits(expected: Expected, found: Expected) -> bool:
    return expected[0] == found[0] and fits(found[1], expected[1])


def _difference(expected: Sequence[Expected], found: Sequence[Expected]) -> Iterator[str]:
    """Lines as ``diff`` has them; CALLs are told apart by their actions first."""
    matcher = SequenceMatcher(None, [e[0] for e in expected], [f[0] for f in found], False)
    for tag, begin, end, begin_found, end_found in matcher.get_opcodes():
        if tag == "equal":
            for one, other in zip(expected[begin:end], found[begin_found:end_found], strict=True):
                if _fits(one, other):
                    yield f"  {_shown(*other)}"
                else:
                    yield from (f"- {_shown(*one)}", f"+ {_shown(*other)}")
        else:
            yield from (f"- {_shown(*one)}" for one in expected[begin:end])
            yield from (f"+ {_shown(*other)}" for other in found[begin_found:end_found])


def _shown(action: str, payload: Any) -> str:
    return f"{action} {json.dumps(payload)}"


def _line(seen: Seen) -> str:
    what = "=" if seen.action is None else seen.action
    return f"{seen.sender}: {_shown(what, seen.payload)}{' (lost)' if seen.lost else ''}"
