"""Files fetched and sent by URL, against real servers on this computer."""

from __future__ import annotations

import asyncio
import base64
import errno
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ocpp_kernel.transports import transfers as transfers_module
from ocpp_kernel.transports.http_endpoint import Endpoint, below
from ocpp_kernel.transports.http_limits import Limits
from ocpp_kernel.transports.transfer_job import Job
from ocpp_kernel.transports.transfers import WINDOW, Options, Transfers

CONTENT = bytes(range(256)) * 2000
#: Makes servers in which a test holds every byte; see conftest.py.
Answering = Callable[..., AbstractAsyncContextManager[str]]


class Recorder(Endpoint):
    """Notes requests' headers, and breaks downloads off as told."""

    cut_after: int | None = None

    def __init__(self, folder: Path) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        super().__init__(
            lambda path: below(folder, path),
            lambda path: below(folder / "in", path),
            lambda path, file: None,
            Limits(1_000_000),
            lambda level, text: None,
        )

    async def _head(self, reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
        request = await super()._head(reader)
        self.requests.append(request)
        return request

    async def _copy_out(self, source: Any, start: int, size: int, writer: Any) -> None:
        cut, self.cut_after = self.cut_after, None
        await super()._copy_out(source, start, size if cut is None else cut, writer)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Recorder]:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "fw.bin").write_bytes(CONTENT)
    made = Recorder(folder)
    await made.start("127.0.0.1", 0)
    yield made
    await made.stop()


async def ended(job: Job) -> Job:
    """Waits for its end; the event loop goes on meanwhile."""
    await asyncio.to_thread(job.join)
    return job


async def test_a_file_is_fetched(server: Recorder, transfers: Transfers, files: Path) -> None:
    job = await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/fw.bin", "firmware"))
    assert (job.fault, job.path) == ("", str(files / "firmware"))
    assert (files / "firmware").read_bytes() == CONTENT
    assert [path.name for path in files.iterdir()] == ["firmware"]


async def test_a_transfer_that_broke_off_goes_on_there(
    server: Recorder, transfers: Transfers, files: Path
) -> None:
    url = f"http://127.0.0.1:{server.port}/fw.bin"
    server.cut_after = 200_000
    job = await ended(transfers.fetch(url, "firmware"))
    assert job.fault == "it ended after 200000 of 512000 bytes"
    assert not (files / "firmware").exists()
    job = await ended(transfers.fetch(url, "firmware"))
    assert job.fault == ""
    assert server.requests[-1][2]["range"] == "bytes=200000-"
    assert (files / "firmware").read_bytes() == CONTENT


async def test_after_a_restart_it_goes_on_there_too(
    server: Recorder, transfers: Transfers, files: Path
) -> None:
    url = f"http://127.0.0.1:{server.port}/fw.bin"
    server.cut_after = 100_000
    await ended(transfers.fetch(url, "firmware"))
    other = Transfers(files, Options(proxies=False))
    assert (await ended(other.fetch(url, "firmware"))).fault == ""
    assert server.requests[-1][2]["range"] == "bytes=100000-"
    assert (files / "firmware").read_bytes() == CONTENT


@pytest.mark.parametrize("size", [600_000, 50_000, 0])
async def test_another_version_is_never_mixed_in(
    server: Recorder, transfers: Transfers, files: Path, tmp_path: Path, size: int
) -> None:
    url = f"http://127.0.0.1:{server.port}/fw.bin"
    server.cut_after = 200_000
    await ended(transfers.fetch(url, "firmware"))
    (tmp_path / "server" / "fw.bin").write_bytes(b"n" * size)
    assert (await ended(transfers.fetch(url, "firmware"))).fault == ""
    assert (files / "firmware").read_bytes() == b"n" * size


async def test_another_address_begins_anew(
    server: Recorder, transfers: Transfers, files: Path, tmp_path: Path
) -> None:
    (tmp_path / "server" / "newer.bin").write_bytes(b"newer")
    server.cut_after = 1000
    await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/fw.bin", "firmware"))
    await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/newer.bin", "firmware"))
    assert "range" not in server.requests[-1][2]
    assert (files / "firmware").read_bytes() == b"newer"


async def test_a_server_that_says_nothing_of_versions_sends_all_of_it(
    transfers: Transfers, files: Path, answering: Answering
) -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        body = b"abcdef" if len(heads) > 1 else b"abc"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" + body)

    async with answering(answer) as address:
        url = f"http://{address}/x"
        assert (await ended(transfers.fetch(url, "firmware"))).fault
        assert (await ended(transfers.fetch(url, "firmware"))).fault == ""
    assert b"Range" not in heads[1]
    assert (files / "firmware").read_bytes() == b"abcdef"


async def test_a_part_that_was_not_asked_for_is_refused(
    transfers: Transfers, answering: Answering
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 206 x\r\nContent-Range: bytes 9-9/10\r\n")
        writer.write(b"Content-Length: 1\r\n\r\nx")

    async with answering(answer) as address:
        url = f"http://{address}/x"
        job = await ended(transfers.fetch(url, "firmware"))
    assert "another part" in job.fault


async def test_credentials_stay_with_their_server(
    server: Recorder, transfers: Transfers, files: Path, answering: Answering
) -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        target = f"http://127.0.0.1:{server.port}/fw.bin"
        writer.write(f"HTTP/1.1 302 x\r\nLocation: {target}\r\n".encode())
        writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")

    seen: list[bytes] = []
    async with answering(redirect) as address:
        job = await ended(transfers.fetch(f"http://me:p%40ss@{address}/x y", "firmware"))
    assert job.fault == ""
    assert b"GET /x%20y " in seen[0]
    assert b"Authorization: Basic " + base64.b64encode(b"me:p@ss") in seen[0]
    assert "authorization" not in server.requests[-1][2]
    assert (files / "firmware").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://127.0.0.1:9/x", "Connection refused"),
        ("ftp://127.0.0.1:9/x", "Connection refused"),
        ("http://u:p@h:99999/x", "the address is no URL, or its port no number up to 65535"),
        # A slash that should have been %2F ends the host: what is before it looks like a port.
        ("http://u:secret/x@h/", "the address is no URL, or its port no number up to 65535"),
        ("http://u:secr\u2100t@h/", "the address is no URL, or its port no number up to 65535"),
        ("http:///x", "the address is no http, https, ftp or ftps URL with a host"),
        ("file:///etc/passwd", "the address is no http, https, ftp or ftps URL with a host"),
    ],
)
async def test_servers_that_cannot_be_reached(transfers: Transfers, url: str, fault: str) -> None:
    assert (await ended(transfers.fetch(url, "firmware"))).fault == fault


async def test_a_file_that_is_not_there(server: Recorder, transfers: Transfers) -> None:
    job = await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/none", "firmware"))
    assert job.fault == "the server answers HTTP 404 Not Found"


async def test_a_redirection_cannot_lead_to_files(
    transfers: Transfers, answering: Answering
) -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")

    async with answering(redirect) as address:
        url = f"http://{address}/x"
        assert "HTTP 302" in (await ended(transfers.fetch(url, "firmware"))).fault


@pytest.mark.parametrize("told", ["200 OK", "206 Partial Content"])
async def test_a_part_that_ends_before_the_file_does_is_no_file(
    transfers: Transfers, files: Path, told: str, answering: Answering
) -> None:
    """A server may send less than it was asked for: the next attempt asks for the rest."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        body = b"abcdef"[2 * len(heads) - 2 :][:2]
        start = 2 * len(heads) - 2
        status = told if len(heads) == 1 else "206 Partial Content"
        span = f"Content-Range: bytes {start}-{start + 1}/6\r\n" if status[:3] == "206" else ""
        length = len(body) if span else 6
        head = f'HTTP/1.1 {status}\r\nETag: "v"\r\n{span}Content-Length: {length}\r\n\r\n'
        writer.write(head.encode() + body)

    async with answering(answer) as address:
        url = f"http://{address}/x"
        for size in (2, 4):
            job = await ended(transfers.fetch(url, "firmware"))
            assert job.fault == f"it ended after {size} of 6 bytes"
        assert (await ended(transfers.fetch(url, "firmware"))).fault == ""
    assert b"Range: bytes=4-" in heads[2]
    assert (files / "firmware").read_bytes() == b"abcdef"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_fw_014_an_upload_that_is_redirected_is_not_stored(
    server: Recorder, transfers: Transfers, method: str, status: int, answering: Answering
) -> None:
    """What the redirection leads to must not be fetched, nor its success taken for the upload's."""

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(3)
        target = f"http://127.0.0.1:{server.port}/fw.bin"
        writer.write(f"HTTP/1.1 {status} x\r\nLocation: {target}\r\n".encode())
        writer.write(b"Content-Length: 0\r\n\r\n")

    async with answering(redirect) as address:
        url = f"http://{address}/x"
        job = await feed(transfers.send(url, method, 3), [b"abc"])
    assert job.fault.startswith(f"the server answers HTTP {status}")
    assert server.requests == []


async def test_a_silent_server_is_given_up(files: Path, answering: Answering) -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with answering(silence) as address:
        url = f"http://{address}/x"
        transfers = Transfers(files, Options(timeout=0.1, proxies=False))
        job = await ended(transfers.fetch(url, "firmware"))
    assert job.fault == "the server does not answer in time"


async def test_a_file_too_large_is_not_taken(server: Recorder, files: Path) -> None:
    transfers = Transfers(files, Options(largest=1000, proxies=False))
    job = await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/fw.bin", "firmware"))
    assert job.fault == "the file has 512000 bytes; more than 1000 are not taken"


async def test_a_full_disk_leaves_nothing_behind(
    server: Recorder, transfers: Transfers, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if mode == "wb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(self, mode, *rest, **options)

    opened = Path.open
    monkeypatch.setattr(Path, "open", full)
    job = await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/fw.bin", "firmware"))
    monkeypatch.undo()
    assert job.fault == "No space left on device"
    assert list(files.iterdir()) == []


async def test_a_new_fetch_takes_the_place_of_one_under_way(
    server: Recorder, transfers: Transfers, files: Path, answering: Answering
) -> None:
    release = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nold")
        await release.wait()
        writer.write(b"old" * 3)

    async with answering(slow) as address:
        first = transfers.fetch(f"http://{address}/x", "firmware")
        while not (files / "firmware.part").exists():
            await asyncio.sleep(0.01)
        second = transfers.fetch(f"http://127.0.0.1:{server.port}/fw.bin", "firmware")
        release.set()
        await ended(second)
        await ended(first)
    assert first.fault == "cancelled"
    assert second.fault == ""
    assert (files / "firmware").read_bytes() == CONTENT


async def feed(job: Job, pieces: list[bytes]) -> Job:
    """Feeds it as a charge point does, and waits for its end."""
    for piece in pieces:
        while not job.hungry() and not job.finished:
            await asyncio.sleep(0.01)
        job.feed(piece)
    return await ended(job)


@pytest.mark.parametrize("method", ["PUT", "POST", "put"])
async def test_an_upload(
    server: Recorder, transfers: Transfers, tmp_path: Path, method: str
) -> None:
    pieces = [bytes([number]) * 5000 for number in range(100)]
    url = f"http://u:p@127.0.0.1:{server.port}/cp1/a.log"
    job = await feed(transfers.send(url, method, 500_000), pieces)
    assert job.fault == ""
    assert (tmp_path / "server" / "in" / "cp1" / "a.log").read_bytes() == b"".join(pieces)
    assert server.requests[-1][0] == method.upper()
    assert server.requests[-1][2]["content-length"] == "500000"


async def test_an_upload_is_never_wholly_in_memory(
    transfers: Transfers, answering: Answering
) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.close()

    release = asyncio.Event()
    async with answering(slow) as address:
        url = f"http://{address}/x"
        job = transfers.send(url, "PUT", 1 << 30)
        for _ in range(WINDOW // 1024):
            assert job.hungry()
            job.feed(b"x" * 1024)
            if not job.hungry():
                break
        job.cancel()
        release.set()
        await ended(job)
    assert job.fault
    assert not job.hungry()


@pytest.mark.parametrize(
    ("path", "method", "size", "fault"),
    [
        ("../x", "PUT", 3, "the server answers HTTP 404 Not Found"),
        ("x", "PUT", 2_000_000, "the server answers HTTP 413"),
        ("x", "GET", 3, "upload_method must be PUT or POST, not GET"),
    ],
)
async def test_uploads_that_are_refused(
    server: Recorder, transfers: Transfers, path: str, method: str, size: int, fault: str
) -> None:
    url = f"http://127.0.0.1:{server.port}/{path}"
    job = await feed(transfers.send(url, method, size), [b"x" * size])
    assert job.fault.startswith(fault) or (size > 1_000_000 and job.fault)


async def test_an_upload_nobody_takes(transfers: Transfers) -> None:
    job = await feed(transfers.send("http://127.0.0.1:9/x", "PUT", 3), [b"abc"])
    assert job.fault == "Connection refused"


async def test_cancelling_ends_what_is_under_way(
    server: Recorder, transfers: Transfers, tmp_path: Path
) -> None:
    job = transfers.send(f"http://127.0.0.1:{server.port}/a", "PUT", 1000)
    job.feed(b"some of it")
    while not server.requests:
        await asyncio.sleep(0.01)
    transfers.cancel()
    assert (await ended(job)).fault == "cancelled"
    assert not (tmp_path / "server" / "in" / "a").exists()


async def test_what_is_flushed_to_the_disk_may_be_written(
    server: Recorder, transfers: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to flush what was opened for reading only."""
    flushed: list[bool] = []

    def flush(descriptor: int) -> None:
        try:
            flushed.append(os.write(descriptor, b"") == 0)
        except OSError:
            flushed.append(False)

    monkeypatch.setattr(transfers_module.os, "fsync", flush)
    job = await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/fw.bin", "firmware"))
    assert (job.fault, flushed) == ("", [True])
