"""Transfers of a module, against servers that follow a script."""

from __future__ import annotations

import base64
import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from device_bundle.runtime.transfers import Transfers
from ocpp_kernel.memory_store import MemoryStore

CONTENT = bytes(range(256)) * 80
TAGGED = 'ETag: "v1"'


def answer(body: bytes = b"", status: str = "200 OK", *headers: str, length: int = -1) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Stream:
    """One connection: gives `data`, then ends or stays silent; takes `accepts` bytes a time."""

    def __init__(self, data: bytes | OSError, ends: bool = True) -> None:
        self.data = b"" if isinstance(data, OSError) else data
        self.fault = data if isinstance(data, OSError) else None
        self.ends = ends
        self.request = b""
        self.sent = b""
        self.accepts = 1 << 20
        self.moved = 0
        self.closed = False

    def read(self, size: int) -> bytes | None:
        piece, self.data = self.data[:size], self.data[size:]
        self.moved += len(piece)
        if not piece and self.fault is not None:
            raise self.fault
        return piece if piece or self.ends else None

    def write(self, data: bytes) -> None:
        self.request += data

    def send(self, data: memoryview) -> int:
        if self.accepts < 0:
            raise OSError(errno.ECONNRESET)
        self.sent += bytes(data[: self.accepts])
        self.moved += len(data[: self.accepts])
        return len(data[: self.accepts])

    def close(self) -> None:
        self.closed = True


class Bench:
    """Transfers with a flash, and the servers they meet one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = MemoryStore()
        self.streams: list[Stream | Exception] = []
        self.met: list[Stream] = []
        self.dialled: list[tuple[str, int, bool]] = []
        self.free = 1 << 20
        self.now = 0
        fs = SimpleNamespace(
            stat=os.stat,
            rename=os.rename,
            remove=os.remove,
            statvfs=lambda path: (4096, 4096, 0, 0, self.free // 4096, 0, 0, 0, 0, 255),
        )
        self.fs = fs
        self.transfers = Transfers(
            str(folder), self.store, fs, self.open, self.dial, base64.encodebytes
        )

    def open(self, path: str, mode: str) -> Any:
        return open(path, mode, buffering=0)  # noqa: PTH123  # as the program opens files

    def dial(self, host: str, port: int, secure: bool) -> Any:
        self.dialled.append((host, port, secure))
        stream = self.streams.pop(0)
        if isinstance(stream, Exception):
            raise stream
        self.met.append(stream)
        return stream

    def fetch(self, *streams: Stream | Exception, url: str = "http://h/fw") -> Any:
        """A finished download."""
        self.streams += streams
        return self.finish(self.transfers.fetch(url, "firmware"))

    def finish(self, job: Any, each: Callable[[], object] = lambda: None) -> Any:
        for _ in range(500):
            if job.finished:
                assert all(stream.closed for stream in self.met)
                return job
            each()
            self.transfers.step(self.now)
            self.now += 1
        raise AssertionError("it does not end")

    def headers(self, number: int = -1) -> list[str]:
        """Of a request."""
        return self.met[number].request.decode().split("\r\n")

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def arrived(bench: Bench, job: Any, content: bytes = CONTENT) -> None:
    """The file is there, and nothing else."""
    assert job.fault == ""
    assert job.path == f"{bench.folder}/firmware.file"
    assert Path(job.path).read_bytes() == content
    assert bench.names() == ["firmware.file"]
    assert bench.store.load("firmware_origin") is None


def upload(bench: Bench, stream: Stream, content: bytes, method: str = "PUT") -> Any:
    """An upload fed as a plugin does it: while it is hungry, in uneven pieces."""
    bench.streams.append(stream)
    job = bench.transfers.send("http://u:p@h/logs/x.log", method, len(content))
    left = [content[at : at + 333] for at in range(0, len(content), 333)]

    def feed() -> None:
        waiting = sum(map(len, job._waiting)) + len(job._piece) - job._sent
        assert waiting <= 4096 + 333
        while left and job.hungry():
            job.feed(left.pop(0))

    return bench.finish(job, feed)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """With an empty flash of 1 MB."""
    return Bench(tmp_path)
