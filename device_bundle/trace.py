"""Reads what a device printed, and says where in the source it happened.

A bundle's functions have short names and, unless `bundle.lines` is set, no line numbers:
MicroPython then reports line 1 throughout. The map the bundler wrote knows what they were made of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

_FRAME = re.compile(
    r'^(?P<indent>.*?)File "(?P<file>[^"]+)", line (?P<line>\d+)(, in (?P<name>.+))?'
)
_MISSING = re.compile(r"'(?P<owner>\w+)' (?:object )?has no attribute '(?P<name>\w+)'")
_UNDEFINED = re.compile(r"name '(?P<name>\w+)' (?:isn't|is not) defined")
#: What a frame without line numbers shows.
_NO_LINE = 1
_TOP = "<module>"
_PARTS = {"sources", "names", "globals", "files"}


class TraceError(Exception):
    """The map cannot be read; the text says where and what to do."""


class Tracer:
    """Rewrites the output of one bundle, line by line."""

    def __init__(self, path: str | Path) -> None:
        """path: the map.json the bundler wrote beside the bundle; raises TraceError."""
        try:
            self._map = json.loads(Path(path).read_bytes())
            self._files: dict[str, Any] = self._map["files"]
            if not isinstance(self._files, dict) or not self._map.keys() >= _PARTS:
                raise TypeError
        except OSError as error:
            raise TraceError(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError):
            raise TraceError(
                f"{path}: is no map of a bundle; the bundler writes map.json"
            ) from None
        #: The emitted lines the last frame may stand for.
        self._file: Any = None
        self._lines: list[int] = []

    def rewrite(self, lines: Iterable[str]) -> Iterator[str]:
        """The same output with places and names of the source; the rest stays as it is."""
        for line in lines:
            text = line.rstrip("\r\n")
            frame = _FRAME.match(text)
            if frame is None:
                yield self._respelled(text)
            else:
                yield from self._frame(text, frame)

    def _frame(self, text: str, frame: re.Match[str]) -> Iterator[str]:
        name = re.sub(r"\.mpy$", ".py", frame["file"].rpartition("/")[2])
        self._file, self._lines = self._files.get(name), []
        if self._file is None:
            yield text
            return
        places = self._places(int(frame["line"]), frame["name"] or _TOP)
        found = [self._shown(place) for place in places]
        if len(found) == 1:
            yield frame["indent"] + found[0]
            return
        yield text + (", one of:" if found else "")
        yield from (f"{frame['indent']}  {one}" for one in found)

    def _places(self, line: int, name: str) -> list[Sequence[int]]:
        """Where a frame may be; the functions called so where it has no line of its own."""
        places = self._file["lines"]
        if line > _NO_LINE:
            known = [int(number) for number in places if int(number) <= line]
            self._lines = [max(known)] if known else []
            return [place for number in self._lines for place in places[str(number)]]
        spans = self._file["functions"].get(name, [])
        self._lines = [
            int(number)
            for number in places
            if any(first <= int(number) <= last for first, last in spans)
        ]
        return [places[str(first)][0] for first, _ in spans if str(first) in places]

    def _shown(self, place: Sequence[int]) -> str:
        source, line, last, name = place
        lines = f"line {line}" if line == last else f"lines {line} to {last}"
        return f'File "{self._map["sources"][source]}", {lines}, in {self._map["names"][name]}'

    def _respelled(self, text: str) -> str:
        """An error's message with the names of the source."""
        text = _MISSING.sub(self._missing, text)
        return _UNDEFINED.sub(
            lambda found: found[0].replace(found["name"], self._global(found["name"])), text
        )

    def _missing(self, found: re.Match[str]) -> str:
        owner, names = self._global(found["owner"]), self._attribute(found["name"])
        head = found[0][: found.start("owner") - found.start()]
        tail = found[0][found.end("owner") - found.start() : found.start("name") - found.start()]
        return head + owner + tail + "' or '".join(names) + "'"

    def _global(self, name: str) -> str:
        """What it is called in the source; modules that do not meet may share a spelling."""
        symbols = self._map["globals"].get(name, [name])
        return "' or '".join(dict.fromkeys(symbol.rpartition(".")[2] for symbol in symbols))

    def _attribute(self, name: str) -> list[str]:
        """What an attribute is called where the last frame is, or anywhere if that is unknown."""
        here = self._attributes(name, self._file, self._lines) if self._file is not None else []
        if here:
            return here
        anywhere = {
            found
            for file in self._files.values()
            for found in self._attributes(name, file, file["attributes"])
        }
        return sorted(anywhere) or [name]

    def _attributes(self, name: str, file: Any, lines: Iterable[int | str]) -> list[str]:
        numbers = {n for line in lines for n in file["attributes"].get(str(line), {}).get(name, ())}
        return sorted(self._map["names"][number] for number in numbers)
