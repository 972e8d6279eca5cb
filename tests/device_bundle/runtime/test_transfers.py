"""Downloads and uploads of a module, against a server that follows a script."""

from __future__ import annotations

import base64
import errno
import os
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
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


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """With an empty flash of 1 MB."""
    return Bench(tmp_path)


def arrived(bench: Bench, job: Any, content: bytes = CONTENT) -> None:
    """The file is there, and nothing else."""
    assert job.fault == ""
    assert job.path == f"{bench.folder}/firmware.file"
    assert Path(job.path).read_bytes() == content
    assert bench.names() == ["firmware.file"]
    assert bench.store.load("firmware_origin") is None


def test_a_file_arrives(bench: Bench) -> None:
    arrived(bench, bench.fetch(Stream(answer(CONTENT, "200 OK", TAGGED))))
    assert bench.dialled == [("h", 80, False)]
    assert bench.headers()[0] == "GET /fw HTTP/1.1"
    assert "Accept-Encoding: identity" in bench.headers()
    assert not [line for line in bench.headers() if line.startswith(("Range", "Authorization"))]
    arrived(bench, bench.fetch(Stream(answer(b"newer")), url="https://h:444/fw"), b"newer")
    assert bench.dialled[-1] == ("h", 444, True)


def test_a_file_of_unknown_length_arrives(bench: Bench) -> None:
    chunks = b"".join(b"200\r\n" + CONTENT[at : at + 512] + b"\r\n" for at in range(0, 20480, 512))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    arrived(bench, bench.fetch(Stream(head + chunks + b"0\r\n\r\n")))
    arrived(bench, bench.fetch(Stream(b"HTTP/1.0 200 OK\r\n\r\n" + CONTENT)))


def test_a_turn_moves_a_few_kb_at_most(bench: Bench) -> None:
    stream = Stream(answer(CONTENT))
    bench.streams.append(stream)
    job = bench.transfers.fetch("http://h/fw", "firmware")
    moves = [0]

    def note() -> None:
        moves.append(stream.moved)

    bench.finish(job, note)
    assert max(after - before for before, after in pairwise(moves)) <= 4096


@pytest.mark.parametrize("tag", [TAGGED, "Last-Modified: Sat, 01 Jan 2022 00:00:00 GMT"])
def test_fw_004_a_cut_download_goes_on_where_it_stopped(bench: Bench, tag: str) -> None:
    """FW-004: also after a restart, as long as the server can tell that the file is the same."""
    job = bench.fetch(Stream(answer(CONTENT[:9000], "200 OK", tag, length=len(CONTENT))))
    assert job.fault == f"the connection ended {len(CONTENT) - 9000} bytes too early"
    assert bench.names() == ["firmware.part"]
    again = Bench(bench.folder)
    again.store = bench.store
    again.transfers.store = bench.store
    span = f"Content-Range: bytes 9000-{len(CONTENT) - 1}/{len(CONTENT)}"
    arrived(again, again.fetch(Stream(answer(CONTENT[9000:], "206 Partial", tag, span))))
    assert "Range: bytes=9000-" in again.headers()
    assert "If-Range: " + tag.partition(": ")[2] in again.headers()


@pytest.mark.parametrize(
    ("first", "url"),
    [
        (('ETag: W/"weak"',), "http://h/fw"),
        ((), "http://h/fw"),
        ((TAGGED,), "http://h/another"),
    ],
)
def test_what_cannot_be_known_again_is_fetched_anew(
    bench: Bench, first: tuple[str, ...], url: str
) -> None:
    bench.fetch(Stream(answer(b"old" * 99, "200 OK", *first, length=20000)))
    arrived(bench, bench.fetch(Stream(answer(CONTENT)), url=url))
    assert not [line for line in bench.headers() if line.startswith("Range")]


def test_a_file_that_changed_meanwhile_is_fetched_whole(bench: Bench) -> None:
    bench.fetch(Stream(answer(b"old" * 99, "200 OK", TAGGED, length=20000)))
    arrived(bench, bench.fetch(Stream(answer(CONTENT, "200 OK", 'ETag: "v2"'))))


def test_a_part_beyond_the_end_is_given_up(bench: Bench) -> None:
    bench.fetch(Stream(answer(b"old" * 9999, "200 OK", TAGGED, length=40000)))
    arrived(bench, bench.fetch(Stream(answer(b"", "416 No")), Stream(answer(CONTENT))))
    assert not [line for line in bench.headers() if line.startswith("Range")]


def test_a_server_that_sends_another_part(bench: Bench) -> None:
    bench.fetch(Stream(answer(b"old" * 99, "200 OK", TAGGED, length=20000)))
    other = answer(CONTENT, "206 Partial", "Content-Range: bytes 0-20479/20480")
    assert "another part" in bench.fetch(Stream(other)).fault


@pytest.mark.parametrize("size", ["20480", "*"])
def test_a_part_that_ends_before_the_file_does_is_no_file(bench: Bench, size: str) -> None:
    """A server may send less than it was asked for: the next attempt asks for the rest."""
    first = answer(CONTENT[:9000], "206 Partial", TAGGED, "Content-Range: bytes 0-8999/20480")
    assert bench.fetch(Stream(first)).fault == "it ended after 9000 of 20480 bytes"
    assert bench.names() == ["firmware.part"]
    span = f"Content-Range: bytes 9000-20479/{size}"
    arrived(bench, bench.fetch(Stream(answer(CONTENT[9000:], "206 Partial", TAGGED, span))))
    assert "Range: bytes=9000-" in bench.headers()


def test_a_flood_of_empty_lines_does_not_hold_up_the_loop(bench: Bench) -> None:
    """Between two chunks there is one; a server that sends no end of them is given up."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    stream = Stream(head + b"\n" * 100_000)
    bench.streams.append(stream)
    job = bench.transfers.fetch("http://h/fw", "firmware")
    moves = [0]
    bench.finish(job, lambda: moves.append(stream.moved))
    assert job.fault == "the server does not answer in time"
    assert max(after - before for before, after in pairwise(moves)) <= 128


def test_a_flood_of_interim_answers_is_given_up(bench: Bench) -> None:
    stream = Stream(b"HTTP/1.1 100 Continue\r\n\r\n" * 9999)
    assert bench.fetch(stream).fault == "the server's answer is not HTTP"
    assert bench.now < 60


def test_redirections_are_followed_and_credentials_stay_with_their_server(bench: Bench) -> None:
    job = bench.fetch(
        Stream(answer(b"", "302 Found", "Location: /there")),
        Stream(answer(b"", "307 Moved", "Location: https://other/fw")),
        Stream(answer(CONTENT)),
        url="http://user:pass%20word@h/fw",
    )
    arrived(bench, job)
    login = base64.b64encode(b"user:pass word").decode()
    assert f"Authorization: Basic {login}" in bench.headers(0)
    assert f"Authorization: Basic {login}" in bench.headers(1)
    assert not [line for line in bench.headers(2) if line.startswith("Authorization")]
    assert bench.dialled[-1] == ("other", 443, True)


def test_redirections_in_a_circle_end(bench: Bench) -> None:
    circle = [Stream(answer(b"", "301 Moved", "Location: /fw")) for _ in range(9)]
    assert bench.fetch(*circle).fault == "the server answers HTTP 301"
    assert len(bench.met) == 6


@pytest.mark.parametrize(
    ("url", "server", "fault"),
    [
        ("http://h/fw", Stream(answer(b"", "404 No")), "the server answers HTTP 404"),
        ("http://h/fw", Stream(answer(b"", "416 No")), "the server answers HTTP 416"),
        ("http://h/fw", OSError(110), "it broke off: "),
        ("http://h/fw", Stream(OSError(104)), "it broke off: "),
        ("http://h/fw", Stream(b"", ends=False), "the server does not answer in time"),
        (
            "http://h/fw",
            Stream(answer(b"abc", length=9), ends=False),
            "only 3 bytes in 30 s",
        ),
        ("ftp://h/fw", Stream(b""), "the address is no http or https URL"),
        ("http://us:er:name@h/fw", Stream(answer(b"", "401 No")), "the server answers HTTP 401"),
    ],
)
def test_fw_003_faults_are_told(
    bench: Bench, url: str, server: Stream | OSError, fault: str
) -> None:
    job = bench.fetch(server, url=url)
    assert job.fault.startswith(fault)
    assert job.path == ""
    assert bench.now <= 40


def test_a_file_without_room_is_refused_with_numbers(bench: Bench) -> None:
    bench.free = 32768
    job = bench.fetch(Stream(answer(CONTENT)))
    assert job.fault == f"{len(CONTENT)} bytes are to come, only {32768 - 16384} are free"
    assert bench.names() == []
    bench.free = 0
    assert "only 0 are free" in bench.fetch(Stream(answer(CONTENT))).fault


def test_a_file_of_unknown_length_stops_before_the_flash_is_full(bench: Bench) -> None:
    bench.free = 32768
    job = bench.fetch(Stream(b"HTTP/1.0 200 OK\r\n\r\n" + CONTENT[:16384], ends=False))
    assert job.fault == "the server does not answer in time"
    bench.free = 32768 - 4096
    job = bench.fetch(Stream(b"HTTP/1.0 200 OK\r\n\r\n" + CONTENT))
    assert "are free" in job.fault
    assert bench.names() == []


def test_a_full_flash_ends_it_and_leaves_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str, mode: str) -> Any:
        file = open(path, mode)  # noqa: PTH123, SIM115  # as the program opens files

        def write(data: bytes) -> int:
            raise OSError(errno.ENOSPC, "full")

        return SimpleNamespace(write=write, close=file.close, flush=file.flush)

    monkeypatch.setattr(bench.transfers, "open", full)
    job = bench.fetch(Stream(answer(CONTENT, "200 OK", TAGGED)))
    assert job.fault == "no room left"
    assert bench.names() == []
    assert bench.store.load("firmware_origin") is None


def test_a_flash_that_fails_altogether_is_a_fault_of_the_job_alone(bench: Bench) -> None:
    def full(data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    def remove(path: str) -> None:
        removals.append(path)
        raise OSError(errno.ENOENT if len(removals) == 1 else errno.EIO, "broken")

    removals: list[str] = []
    bench.fs.remove = remove
    bench.transfers.open = lambda path, mode: SimpleNamespace(write=full, close=lambda: full(b""))
    assert bench.fetch(Stream(answer(CONTENT))).fault == "no room left"
    assert len(removals) == 2


def test_a_new_download_takes_the_place_of_one_under_way(bench: Bench) -> None:
    first = Stream(answer(b"abc", "200 OK", TAGGED, length=9), ends=False)
    bench.streams += [first, Stream(answer(CONTENT))]
    bench.transfers.fetch("http://h/old", "firmware")
    for _ in range(3):
        bench.transfers.step(0)
    job = bench.transfers.fetch("http://h/new", "firmware")
    assert first.closed
    arrived(bench, bench.finish(job))


def test_a_cancelled_job_is_not_heard_of_again(bench: Bench) -> None:
    stream = Stream(answer(b"abc", length=9), ends=False)
    bench.streams.append(stream)
    job = bench.transfers.fetch("http://h/fw", "firmware")
    bench.transfers.step(0)
    job.cancel()
    assert stream.closed
    assert not bench.transfers.step(1)


# Uploads.


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


@pytest.mark.parametrize("method", ["PUT", "post"])
@pytest.mark.parametrize("accepts", [1 << 20, 700])
def test_an_upload_is_streamed(bench: Bench, method: str, accepts: int) -> None:
    stream = Stream(answer(b"", "201 Created"))
    stream.accepts = accepts
    assert upload(bench, stream, CONTENT, method).fault == ""
    assert stream.sent == CONTENT
    assert bench.headers()[0] == f"{method.upper()} /logs/x.log HTTP/1.1"
    assert f"Content-Length: {len(CONTENT)}" in bench.headers()
    assert "Authorization: Basic " + base64.b64encode(b"u:p").decode() in bench.headers()


def test_an_empty_upload(bench: Bench) -> None:
    assert upload(bench, Stream(answer(b"", "200 OK")), b"").fault == ""


@pytest.mark.parametrize("status", ["404 No", "302 Found", "507 Full"])
def test_fw_014_a_refused_upload_is_told(bench: Bench, status: str) -> None:
    """FW-014."""
    job = upload(bench, Stream(answer(b"", status, "Location: /x")), CONTENT)
    assert job.fault == f"the server answers HTTP {status[:3]}"


def test_a_refusal_before_the_end_is_understood(bench: Bench) -> None:
    stream = Stream(answer(b"", "413 Too Large"))
    stream.accepts = -1
    assert upload(bench, stream, CONTENT).fault == "the server answers HTTP 413"
    early = Stream(answer(b"", "200 OK"))
    early.accepts = -1
    assert upload(bench, early, CONTENT).fault == "the server answers HTTP 200"
    gone = Stream(b"")
    gone.accepts = -1
    assert "without an answer" in upload(bench, gone, CONTENT).fault


def test_a_server_that_takes_nothing(bench: Bench) -> None:
    stream = Stream(b"", ends=False)
    stream.accepts = 0
    assert upload(bench, stream, CONTENT).fault == "the server does not answer in time"


class Dripping(Stream):
    """Gives and takes so many bytes every so many seconds of the bench's."""

    def __init__(self, data: bytes, every: int, size: int = 1) -> None:
        super().__init__(data)
        self.every = every
        self.size = size
        self.room = 0
        self.pauses = 0

    def pause(self) -> None:
        self.pauses += 1
        if self.pauses % self.every == 0:
            self.room = self.size

    def read(self, size: int) -> bytes | None:
        if not self.room:
            self.pause()
            return None
        piece = super().read(min(self.room, size))
        self.room -= len(piece or b"")
        return piece

    def send(self, data: memoryview) -> int:
        if not self.room:
            self.pause()
        count = super().send(data[: self.room])
        self.room -= count
        return count


@pytest.mark.parametrize("beginning", [answer(CONTENT)[:10], answer(CONTENT)])
def test_a_server_that_drips_is_given_up(bench: Bench, beginning: bytes) -> None:
    """However long it goes on: a byte in 20 s would take a week for a small image."""
    stream = Dripping(beginning, every=20)
    assert bench.fetch(stream).fault.endswith("bytes in 30 s")
    assert stream.closed
    assert bench.now < 100


def test_a_server_that_takes_an_upload_in_drips_is_given_up(bench: Bench) -> None:
    stream = Dripping(b"", every=20)
    assert upload(bench, stream, CONTENT).fault.endswith("bytes in 30 s")
    assert bench.now < 100


def test_a_slow_link_is_no_fault(bench: Bench) -> None:
    """A few hundred bytes every 10 s, both ways: the worst there is over a radio link."""
    content = CONTENT[:2000]
    arrived(bench, bench.fetch(Dripping(answer(content), every=10, size=400)), content)
    stream = Dripping(answer(b"", "201 Created"), every=10, size=400)
    assert upload(bench, stream, content).fault == ""
    assert stream.sent == content
    headers = [f"X-{number}: {'x' * 90}" for number in range(20)]
    slow = Dripping(answer(content, "200 OK", *headers), every=10, size=400)
    arrived(bench, bench.fetch(slow), content)


@pytest.mark.parametrize("kind", ["fetch", "send"])
def test_connecting_may_take_longer_than_an_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Looking the name up, TCP and TLS over a slow link; the server answers 20 s later."""
    dial = bench.dial

    def slowly(host: str, port: int, secure: bool) -> Any:
        bench.now += 40
        return dial(host, port, secure)

    monkeypatch.setattr(bench.transfers, "dial", slowly)
    stream = Dripping(answer(CONTENT, "201 Created" if kind == "send" else "200 OK"), 20, 9999)
    if kind == "send":
        assert upload(bench, stream, CONTENT).fault == ""
    else:
        arrived(bench, bench.fetch(Stream(answer(b"", "302 No", "Location: /fw")), stream))


def test_another_method(bench: Bench) -> None:
    assert upload(bench, Stream(b""), b"x", "GET").fault == (
        "upload_method must be PUT or POST, not GET"
    )


def test_an_upload_that_is_not_fed_lets_the_loop_wait(bench: Bench) -> None:
    """The plugin that feeds it looks once a second: nothing is to spin until then."""
    bench.streams.append(Stream(answer(b"", "200 OK")))
    job = bench.transfers.send("http://h/x", "PUT", 10)
    assert not bench.transfers.step(0)
    for now in range(1, 100):
        assert not bench.transfers.step(now)
    assert not job.finished
    job.feed(b"0123456789")
    assert bench.transfers.step(100)
    bench.finish(job)
    assert job.fault == ""


@pytest.mark.parametrize("begin", ["fetch", "send"])
def test_a_job_whose_code_cannot_be_loaded_has_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    """FW-003, FW-015: the file is lost, or there is no memory for it; another try may do better."""
    transfers = bench.transfers
    with monkeypatch.context() as lost:
        lost.setitem(sys.modules, "device_bundle.runtime.jobs", None)
        arguments = ("http://h/f", "x") if begin == "fetch" else ("http://h/f", "PUT", 3)
        job = getattr(transfers, begin)(*arguments)
        assert job.finished
        assert job.fault.startswith("transfers cannot be loaded: ModuleNotFoundError")
        assert not job.path
        assert not job.hungry()
        job.feed(b"piece")
        job.cancel()
        assert not transfers.step(0)
    assert not getattr(transfers, begin)(*arguments).finished


def test_code_is_let_go_of_after_the_last_job(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "usr.later_jobs"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    transfers = bench.transfers
    bench.streams.append(Stream(b"", ends=False))
    first = transfers.fetch("http://h/f", "one")
    second = transfers.fetch("http://h/f", "two")
    first.cancel()
    transfers.step(0)
    assert name in sys.modules
    second.cancel()
    transfers.step(0)
    assert name not in sys.modules
