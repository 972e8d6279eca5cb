"""Reads scripts; the format is described in :mod:`ocpp_kernel.scenario`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

#: What stands for no answer, in ``= nothing`` and ``answer ACTION nothing``.
NOTHING = "nothing"
AS_USUAL = "as usual"

_UNITS = {"s": 1, "min": 60, "h": 3600}


class ScriptError(Exception):
    """The script cannot be read; the text names file and line."""


class Step(NamedTuple):
    """One line. ``kind`` is its first word; ``type`` for lines typed at the console.

    ``action`` may also be the name of a file. ``given`` is a payload, a word in its place, or a
    text; ``amount`` is seconds, or 1 for on and 0 for off.
    """

    line: int
    text: str
    kind: str
    action: str = ""
    given: Any = None
    amount: int = 0


class Script(NamedTuple):
    """The steps of a file."""

    name: str
    steps: tuple[Step, ...]


def read_script(path: str | Path) -> Script:
    """Reads a script; raises ScriptError."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ScriptError(f"{path}: is not UTF-8 text") from None
    return parse_script(text, str(path))


def parse_script(text: str, name: str) -> Script:
    """Makes a script of its text; ``name`` is for messages. Raises ScriptError."""
    steps = []
    called = False
    for number, line in _lines(text):
        try:
            step = _step(number, line)
            called = called or step.kind in (">", "raw")
            if step.kind == "=" and not called:
                raise _Fault("nothing was called before")
        except _Fault as fault:
            raise ScriptError(f"{name}:{number}: {line}: {fault}") from None
        steps.append(step)
    return Script(name, tuple(steps))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbers and lines without comments; one that is indented belongs to the one before."""
    begun, whole = 0, ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if raw[0].isspace() and whole:
            whole += " " + line
            continue
        if whole:
            yield begun, whole
        begun, whole = number, line
    if whole:
        yield begun, whole


class _Fault(Exception):
    """What is wrong with a line."""


def _step(number: int, line: str) -> Step:
    first, _, rest = line.partition(" ")
    rest = rest.strip()
    read = _READERS.get(first)
    if read is None:
        return Step(number, line, "type")
    return read(Step(number, line, first), rest)


def _switch(step: Step, rest: str) -> Step:
    if rest not in ("on", "off"):
        raise _Fault(f"write {step.kind} on, or {step.kind} off")
    return step._replace(amount=int(rest == "on"))


def _wait(step: Step, rest: str) -> Step:
    digits, _, unit = rest.partition(" ")
    if not digits.isdecimal() or unit.strip() not in ("", *_UNITS):
        raise _Fault("write a number and s, min or h, such as: wait 5 min")
    return step._replace(amount=int(digits) * _UNITS.get(unit.strip(), 1))


def _message(step: Step, rest: str) -> Step:
    action, _, payload = rest.partition(" ")
    if not action or not action[0].isalpha():
        raise _Fault("the name of an action is wanted")
    return step._replace(action=action, given=_payload(payload.strip() or "{}"))


def _absent(step: Step, rest: str) -> Step:
    if not rest.startswith("< "):
        raise _Fault("write not < and the message that must not have come")
    return _message(step, rest[1:].strip())


def _file(step: Step, rest: str) -> Step:
    name, _, text = rest.partition(" ")
    if not name or "/" in name:
        raise _Fault("the name of a file is wanted, without a folder")
    return step._replace(action=name, given=text.strip())


def _image(step: Step, rest: str) -> Step:
    step = _file(step, rest)
    if not step.given or " " in step.given:
        raise _Fault("write image, the name of a file, and a version, such as: image new.bin 2.0.0")
    return step


def _text(step: Step, rest: str) -> Step:
    if not rest:
        raise _Fault("the text is missing")
    return step._replace(given=rest)


def _reply(step: Step, rest: str) -> Step:
    return step._replace(given=_payload_or_word(rest))


def _answer(step: Step, rest: str) -> Step:
    action, _, text = rest.partition(" ")
    as_usual = text.split() == AS_USUAL.split()
    given = AS_USUAL if as_usual else _payload_or_word(text.strip())
    return step._replace(action=action, given=given)


def _payload_or_word(text: str) -> Any:
    if text.isalpha():
        return text
    return _payload(text)


def _payload(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except ValueError as error:
        raise _Fault(f"the payload is no JSON: {error}") from None
    if not isinstance(payload, dict):
        raise _Fault("the payload is no JSON object")
    return payload


_READERS: dict[str, Callable[[Step, str], Step]] = {
    "power": _switch,
    "network": _switch,
    "wait": _wait,
    "<": _message,
    "not": _absent,
    ">": _message,
    "raw": _text,
    "=": _reply,
    "answer": _answer,
    "allow": _text,
    "file": _file,
    "image": _image,
    "received": _file,
}
