"""Files sent by URL, against a real server on this computer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.transports.transfer_job import Job
from ocpp_kernel.transports.transfers import WINDOW, Transfers

#: Makes servers in which a test holds every byte; see conftest.py.
Answering = Callable[..., AbstractAsyncContextManager[str]]


async def feed(job: Job, pieces: list[bytes]) -> Job:
    """Feeds it as a charge point does, and waits for its end."""
    for piece in pieces:
        while not job.hungry() and not job.finished:
            await asyncio.sleep(0.01)
        job.feed(piece)
    await asyncio.to_thread(job.join)
    return job


@pytest.mark.parametrize("method", ["PUT", "POST", "put"])
async def test_an_upload(server: Any, transfers: Transfers, tmp_path: Path, method: str) -> None:
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
        await asyncio.to_thread(job.join)
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
    server: Any, transfers: Transfers, path: str, method: str, size: int, fault: str
) -> None:
    url = f"http://127.0.0.1:{server.port}/{path}"
    job = await feed(transfers.send(url, method, size), [b"x" * size])
    assert job.fault.startswith(fault) or (size > 1_000_000 and job.fault)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_fw_014_an_upload_that_is_redirected_is_not_stored(
    server: Any, transfers: Transfers, method: str, status: int, answering: Answering
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


async def test_an_upload_nobody_takes(transfers: Transfers) -> None:
    job = await feed(transfers.send("http://127.0.0.1:9/x", "PUT", 3), [b"abc"])
    assert job.fault == "Connection refused"


async def test_cancelling_ends_what_is_under_way(
    server: Any, transfers: Transfers, tmp_path: Path
) -> None:
    job = transfers.send(f"http://127.0.0.1:{server.port}/a", "PUT", 1000)
    job.feed(b"some of it")
    while not server.requests:
        await asyncio.sleep(0.01)
    transfers.cancel()
    await asyncio.to_thread(job.join)
    assert job.fault == "cancelled"
    assert not (tmp_path / "server" / "in" / "a").exists()
