"""A server of files for scripts: what it offers, and what it was sent."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType

from ocpp_kernel.transports.http_endpoint import Endpoint, below
from ocpp_kernel.transports.http_limits import Limits

#: Largest file taken, in bytes.
LARGEST = 16 * 1024 * 1024


def _ignore(level: str, text: str) -> None:
    """A log nobody reads."""


class Files:
    """Serves over HTTP while it is entered (``async with``); its files are below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._offered = folder / "offered"
        self._incoming = folder / "received"
        self._received: list[Path] = []
        self._endpoint = Endpoint(
            lambda path: below(self._offered, path),
            lambda path: below(self._incoming, path),
            lambda path, file: self._received.append(file),
            Limits(LARGEST),
            _ignore,
        )

    async def __aenter__(self) -> Files:
        for folder in (self._offered, self._incoming):
            folder.mkdir(parents=True)
        await self._endpoint.start("127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._endpoint.stop()

    @property
    def url(self) -> str:
        """Where files are fetched from and sent to, without a slash at its end."""
        return f"http://127.0.0.1:{self._endpoint.port}"

    def offer(self, name: str, content: bytes) -> None:
        """A file of that name can be fetched from now on."""
        (self._offered / name).write_bytes(content)

    def received(self) -> list[str]:
        """The names of the files that were sent and not taken, the oldest first."""
        return [file.name for file in self._received]

    def take(self, name: str, text: str) -> bool:
        """Takes the oldest file whose name fits, ``*`` for anything, with the text in it.

        Whether there was one; each can be taken once.
        """
        for file in self._received:
            if fnmatchcase(file.name, name) and text in file.read_text("utf-8", "replace"):
                self._received.remove(file)
                return True
        return False
