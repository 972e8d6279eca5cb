"""Lines typed at a module's console, read without ever waiting for one. Portable."""

from __future__ import annotations

from typing import Any

# Characters taken in one turn at most.
_TYPED = 80
# Characters of a line that are kept.
_LINE = 256


class Console:
    """Standard input where the firmware can poll it; else a console nobody types at."""

    def __init__(self, wanted: bool) -> None:
        self._poll: Any = None
        self._stdin: Any = None
        self._line = ""
        if wanted:
            self._open()

    def read(self) -> str | None:
        """A line without its end; None while there is none."""
        poll = self._poll
        if poll is None:
            return None
        for _ in range(_TYPED):
            waiting = False
            for _ in poll.ipoll(0):
                waiting = True
                character = self._stdin.read(1)
                if not character:
                    self._poll = None
                    return None
                if character in "\r\n":
                    line, self._line = self._line.strip(), ""
                    return line or None
                if len(self._line) < _LINE:
                    self._line += character
            if not waiting:
                return None
        return None

    def _open(self) -> None:
        try:
            try:  # firmware has it by one name or the other
                import usys as sys  # noqa: PLC0415  # not at the top: old firmware lacks uselect
            except ImportError:
                import sys  # type: ignore[no-redef]  # noqa: PLC0415  # the same

            import uselect  # noqa: PLC0415

            self._stdin = sys.stdin
            poll = uselect.poll()
            poll.register(sys.stdin, uselect.POLLIN)
            poll.ipoll(0)
            self._poll = poll
        except (AttributeError, ImportError, OSError, TypeError):
            self._poll = None  # this firmware cannot poll its console
