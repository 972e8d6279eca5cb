"""A file system in memory whose power may fail at any change."""

from __future__ import annotations

import io
from typing import Any


class PowerCut(BaseException):
    """The machine stops; no handler of the program may catch it."""


class Flash:
    """A file system whose power fails at the n-th change, half way if that is a write.

    With `replaces` false a rename onto an existing file fails.
    """

    def __init__(self, replaces: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.folders = {"/usr", "/usr/ocpp_data"}
        self.replaces = replaces
        self.steps: int | None = None
        self.blocks = 96

    def step(self) -> None:
        if self.steps is not None:
            if self.steps == 0:
                raise PowerCut
            self.steps -= 1

    def listdir(self, path: str) -> list[str]:
        if path not in self.folders:
            raise OSError(2)
        names = [*self.files, *self.folders]
        return [name[len(path) + 1 :] for name in names if name.rpartition("/")[0] == path]

    def mkdir(self, path: str) -> None:
        if path in self.folders:
            raise OSError(17)
        if path.rpartition("/")[0] not in {"", *self.folders}:
            raise OSError(2)
        self.step()
        self.folders.add(path)

    def remove(self, path: str) -> None:
        if path not in self.files:
            raise OSError(2)
        self.step()
        del self.files[path]

    def rename(self, old: str, new: str) -> None:
        if old not in self.files:
            raise OSError(2)
        if new in self.files and not self.replaces:
            raise OSError(17)
        self.step()
        self.files[new] = self.files.pop(old)

    def stat(self, path: str) -> tuple[int, ...]:
        if path not in self.files:
            raise OSError(2)
        return (0, 0, 0, 0, 0, 0, len(self.files[path]), 0, 0, 0)

    def statvfs(self, path: str) -> tuple[int, ...]:
        used = sum(-(-len(content) // 4096) for content in self.files.values())
        free = self.blocks - used
        return (4096, 4096, self.blocks, free, free, 0, 0, 0, 0, 255)

    def open(self, path: str, mode: str = "r") -> Any:
        if path.rpartition("/")[0] not in self.folders:
            raise OSError(2)
        if mode in ("r", "rb"):
            if path not in self.files:
                raise OSError(2)
            content = self.files[path]
            return io.BytesIO(content) if mode == "rb" else io.StringIO(content.decode())
        self.step()
        if mode[0] == "w" or path not in self.files:
            self.files[path] = b""
        return Writer(self, path)


class Writer:
    """A file that puts each piece down at once."""

    def __init__(self, flash: Flash, path: str) -> None:
        self._flash = flash
        self._path = path

    def write(self, data: bytes | str) -> int:
        content = data.encode() if isinstance(data, str) else data
        try:
            self._flash.step()
        except PowerCut:
            self._flash.files[self._path] += content[: len(content) // 2]
            raise
        self._flash.files[self._path] += content
        return len(content)

    def close(self) -> None:
        pass

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exc: object) -> None:
        pass
