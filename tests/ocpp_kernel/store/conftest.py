"""A flash in memory whose power can fail at any byte."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ocpp_kernel.store import FileStore


class PlainCodec:
    def loads(self, text: str | bytes) -> Any:
        return json.loads(text)

    def dumps(self, value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))


class PowerCut(BaseException):
    """The machine stops; no handler of the program may catch it."""


class Flash:
    """A file system in memory whose power fails after `steps` bytes written or files changed.

    Without `replaces`, renaming onto an existing file fails, as on FAT. `room` is the number of
    bytes that still fit.
    """

    def __init__(self, replaces: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.folders = {"/usr"}
        self.replaces = replaces
        self.steps: int | None = None
        self.room: int | None = None
        self.fault = 0
        self.writes = 0

    def step(self) -> None:
        if self.steps is not None:
            if self.steps == 0:
                raise PowerCut
            self.steps -= 1

    def _check(self, path: str) -> None:
        if self.fault:
            raise OSError(self.fault)
        if path.rpartition("/")[0] not in self.folders:
            raise OSError(2)

    def listdir(self, path: str, /) -> list[str]:
        if path not in self.folders:
            raise OSError(2)
        if self.fault:
            raise OSError(self.fault)
        return [name[len(path) + 1 :] for name in self.files if name.startswith(path + "/")]

    def mkdir(self, path: str, /) -> None:
        if path in self.folders:
            raise OSError(17)
        self._check(path)
        self.step()
        self.folders.add(path)

    def remove(self, path: str, /) -> None:
        self._check(path)
        if path not in self.files:
            raise OSError(2)
        self.step()
        del self.files[path]

    def rename(self, old: str, new: str, /) -> None:
        self._check(old)
        if old not in self.files:
            raise OSError(2)
        if new in self.files and not self.replaces:
            raise OSError(17)
        self.step()
        self.files[new] = self.files.pop(old)

    def open(self, path: str, mode: str) -> Any:
        self._check(path)
        if mode == "rb":
            if path not in self.files:
                raise OSError(2)
            return io.BytesIO(self.files[path])
        self.step()
        if mode == "wb" or path not in self.files:
            self.files[path] = b""
        return Writer(self, path)


class Writer:
    """A file that puts each byte down at once: the worst a buffer can do."""

    def __init__(self, flash: Flash, path: str) -> None:
        self.flash = flash
        self.path = path

    def write(self, data: bytes) -> int:
        self.flash.writes += 1
        for byte in data:
            self.flash.step()
            if self.flash.room is not None:
                if self.flash.room == 0:
                    raise OSError(28)
                self.flash.room -= 1
            self.flash.files[self.path] += bytes([byte])
        return len(data)

    def flush(self) -> None:
        self.flash.step()

    def close(self) -> None:
        pass


FOLDER = "/usr/ocpp_data"


def mount(flash: Flash, reports: list[str] | None = None) -> FileStore:
    report = reports.append if reports is not None else unexpected
    return FileStore(flash, PlainCodec(), FOLDER, flash.open, report)


def unexpected(text: str) -> None:
    pytest.fail(f"damage reported: {text}")


def cut_everywhere(
    prepare: Callable[[FileStore], object], act: Callable[[FileStore], object], replaces: bool
) -> Iterator[tuple[Flash, bool]]:
    """Each flash that a power cut during `act` can leave, and whether `act` had returned."""
    steps = 0
    while True:
        flash = Flash(replaces)
        prepare(mount(flash))
        store = mount(flash)
        flash.steps = steps
        try:
            act(store)
        except PowerCut:
            done = False
        else:
            done = True
        flash.steps = None
        yield flash, done
        if done:
            return
        steps += 1


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """What is above: conftest.py is not a module to import."""
    return SimpleNamespace(
        Flash=Flash,
        PlainCodec=PlainCodec,
        PowerCut=PowerCut,
        cut_everywhere=cut_everywhere,
        mount=mount,
        unexpected=unexpected,
    )
