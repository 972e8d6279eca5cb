"""Files fetched by URL, against real servers on this computer."""

from __future__ import annotations

import asyncio
import base64
import errno
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.transports import transfers as transfers_module
from ocpp_kernel.transports.transfer_job import Job
from ocpp_kernel.transports.transfers import Options, Transfers

#: Makes servers in which a test holds every byte; see conftest.py.
Answering = Callable[..., AbstractAsyncContextManager[str]]


async def ended(job: Job) -> Job:
    """Waits for its end; the event loop goes on meanwhile."""
    await asyncio.to_thread(job.join)
    return job


async def test_a_file_is_fetched(server: Any, transfers: Transfers, files: Path) -> None:
    job = await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/fw.bin", "firmware"))
    assert (job.fault, job.path) == ("", str(files / "firmware"))
    assert (files / "firmware").read_bytes() == server.content
    assert [path.name for path in files.iterdir()] == ["firmware"]


async def test_a_transfer_that_broke_off_goes_on_there(
    server: Any, transfers: Transfers, files: Path
) -> None:
    url = f"http://127.0.0.1:{server.port}/fw.bin"
    server.cut_after = 200_000
    job = await ended(transfers.fetch(url, "firmware"))
    assert job.fault == "it ended after 200000 of 512000 bytes"
    assert not (files / "firmware").exists()
    job = await ended(transfers.fetch(url, "firmware"))
    assert job.fault == ""
    assert server.requests[-1][2]["range"] == "bytes=200000-"
    assert (files / "firmware").read_bytes() == server.content


async def test_after_a_restart_it_goes_on_there_too(
    server: Any, transfers: Transfers, files: Path
) -> None:
    url = f"http://127.0.0.1:{server.port}/fw.bin"
    server.cut_after = 100_000
    await ended(transfers.fetch(url, "firmware"))
    other = Transfers(files, Options(proxies=False))
    assert (await ended(other.fetch(url, "firmware"))).fault == ""
    assert server.requests[-1][2]["range"] == "bytes=100000-"
    assert (files / "firmware").read_bytes() == server.content


@pytest.mark.parametrize("size", [600_000, 50_000, 0])
async def test_another_version_is_never_mixed_in(
    server: Any, transfers: Transfers, files: Path, tmp_path: Path, size: int
) -> None:
    url = f"http://127.0.0.1:{server.port}/fw.bin"
    server.cut_after = 200_000
    await ended(transfers.fetch(url, "firmware"))
    (tmp_path / "server" / "fw.bin").write_bytes(b"n" * size)
    assert (await ended(transfers.fetch(url, "firmware"))).fault == ""
    assert (files / "firmware").read_bytes() == b"n" * size


async def test_another_address_begins_anew(
    server: Any, transfers: Transfers, files: Path, tmp_path: Path
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
    server: Any, transfers: Transfers, files: Path, answering: Answering
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
    assert (files / "firmware").read_bytes() == server.content


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


async def test_a_file_that_is_not_there(server: Any, transfers: Transfers) -> None:
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


async def test_a_silent_server_is_given_up(files: Path, answering: Answering) -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with answering(silence) as address:
        url = f"http://{address}/x"
        transfers = Transfers(files, Options(timeout=0.1, proxies=False))
        job = await ended(transfers.fetch(url, "firmware"))
    assert job.fault == "the server does not answer in time"


async def test_a_file_too_large_is_not_taken(server: Any, files: Path) -> None:
    transfers = Transfers(files, Options(largest=1000, proxies=False))
    job = await ended(transfers.fetch(f"http://127.0.0.1:{server.port}/fw.bin", "firmware"))
    assert job.fault == "the file has 512000 bytes; more than 1000 are not taken"


async def test_a_full_disk_leaves_nothing_behind(
    server: Any, transfers: Transfers, files: Path, monkeypatch: pytest.MonkeyPatch
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
    server: Any, transfers: Transfers, files: Path, answering: Answering
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
    assert (files / "firmware").read_bytes() == server.content


async def test_what_is_flushed_to_the_disk_may_be_written(
    server: Any, transfers: Transfers, monkeypatch: pytest.MonkeyPatch
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
