"""The file that says an app is on trial. Portable.

It holds a count of starts, a blank, and why the app is to be taken back, if it is; see
`installer`. /usr/main.py reads and writes it as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from device_bundle.runtime.places import TRIAL

if TYPE_CHECKING:
    from collections.abc import Callable

_ENOENT = 2


class Trial:
    """What is on trial."""

    def __init__(self, fs: Any, opener: Callable[[str, str], Any]) -> None:
        """fs: `uos`; opener: `open`."""
        self._fs = fs
        self._open = opener

    def read(self) -> str:
        """What the file holds, "" where nothing is on trial."""
        for path in (TRIAL, TRIAL + ".new"):
            try:
                file = self._open(path, "rb")
            except OSError:
                continue
            text: str = file.read(200).decode()
            file.close()
            return text if text[1:2] == " " else ""
        return ""

    def write(self, text: str) -> None:
        """A cut leaves the old text or the new one, even where a rename replaces nothing."""
        file = self._open(TRIAL + ".new", "wb")
        file.write(text.encode())
        file.close()
        self._remove(TRIAL)
        self._fs.rename(TRIAL + ".new", TRIAL)

    def end(self) -> None:
        """Nothing is on trial any more. Raises OSError."""
        self._remove(TRIAL + ".new")
        self._remove(TRIAL)

    def _remove(self, path: str) -> None:
        try:
            self._fs.remove(path)
        except OSError as error:
            if error.args[0] != _ENOENT:
                raise
