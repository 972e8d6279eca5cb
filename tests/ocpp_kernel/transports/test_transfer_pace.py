"""Servers that keep a transfer going without getting anywhere, and cancelling at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from ocpp_kernel.transports.transfer_job import Job
from ocpp_kernel.transports.transfers import Options, Transfers

#: Seconds a server may be silent. What drips here does so far faster, and moves far too little.
TIMEOUT = 0.4
PAUSE = 0.05

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

SILENT = "the server does not answer in time"


@pytest.fixture
def transfers(tmp_path: Path) -> Transfers:
    return Transfers(tmp_path / "files", Options(timeout=TIMEOUT, proxies=False))


async def drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    """A byte now and then, and no end of them."""
    with contextlib.suppress(OSError):
        for byte in data + b"x" * 10_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(PAUSE)


@asynccontextmanager
async def server(speak: Speak, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """One that speaks like this; what follows the scheme in its URL. Ends with its peers."""
    speaking: list[asyncio.Task[None]] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        speaking.append(asyncio.ensure_future(converse(reader, writer)))

    listening = await asyncio.start_server(arrived, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}/fw.bin"
        await asyncio.gather(*speaking)


def dripping(slow: bytes, quick: bytes = b"") -> Speak:
    """Answers a request by ``quick`` at once and the rest in drips; only HTTP waits for one."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (quick + slow).startswith(b"HTTP"):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(quick)
        await drip(writer, slow)

    return speak


def is_given_up(job: Job) -> bool:
    """For what came, or on a busy computer for what did not come in time."""
    return job.fault == SILENT or re.fullmatch(r"only \d+ bytes in 0.4 s", job.fault) is not None


async def ended(job: Job) -> Job:
    while not job.finished:
        await asyncio.sleep(0.01)
    return job


@pytest.mark.parametrize(
    "told",
    [b"\r\n", b"Content-Length: 5000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1388\r\n"],
    ids=["no length", "length", "chunks"],
)
async def test_a_download_that_drips_is_given_up(
    transfers: Transfers, tmp_path: Path, told: bytes
) -> None:
    async with server(dripping(b"", b"HTTP/1.1 200 OK\r\n" + told)) as address:
        job = await ended(transfers.fetch(f"http://{address}", "firmware"))
    assert is_given_up(job)
    assert job.path == ""
    assert not (tmp_path / "files" / "firmware").exists()


async def test_a_head_that_drips_is_given_up(transfers: Transfers) -> None:
    async with server(dripping(b"HTTP/1.1 200 OK\r\nX-Long: ")) as address:
        job = await ended(transfers.fetch(f"http://{address}", "firmware"))
    assert job.fault == SILENT


async def test_a_head_that_is_cut_is_no_empty_file(transfers: Transfers) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")

    async with server(cut) as address:
        job = await ended(transfers.fetch(f"http://{address}", "firmware"))
    assert job.fault == "the server sends nothing"


async def test_over_tls_too(tmp_path: Path) -> None:
    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(ours)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    options = Options(ssl_context=ours, timeout=TIMEOUT, proxies=False)
    async with server(dripping(b"", b"HTTP/1.1 200 OK\r\n\r\n"), theirs) as address:
        job = await ended(Transfers(tmp_path, options).fetch(f"https://{address}", "firmware"))
    assert is_given_up(job)


async def test_a_handshake_that_drips_is_given_up(tmp_path: Path) -> None:
    """Each byte of what is no handshake yet: TLS waits for the record to be whole."""
    options = Options(timeout=TIMEOUT, proxies=False)
    async with server(dripping(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb")) as address:
        job = await ended(Transfers(tmp_path, options).fetch(f"https://{address}", "firmware"))
    assert job.fault == SILENT


async def test_the_answer_to_an_upload_that_drips_is_given_up(transfers: Transfers) -> None:
    async with server(dripping(b"HTTP/1.1 201 Created\r\nX-Long: ")) as address:
        job = transfers.send(f"http://{address}", "PUT", 5)
        job.feed(b"abcde")
        await ended(job)
    assert job.fault == SILENT


async def test_an_ftp_server_that_drips_is_given_up(transfers: Transfers) -> None:
    async with server(dripping(b"220-hello ")) as address:
        job = await ended(transfers.fetch(f"ftp://{address}", "firmware"))
    assert job.fault == SILENT


async def test_an_upload_that_is_fed_slowly_is_no_fault(
    tmp_path: Path,
) -> None:
    """What it waits for is the charge point, not the server."""
    transfers = Transfers(tmp_path, Options(timeout=3, proxies=False))

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        taken.append((head + await reader.readexactly(4)).rpartition(b"\r\n\r\n")[2])
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    taken: list[bytes] = []
    async with server(take) as address:
        job = transfers.send(f"http://{address}", "PUT", 4)
        for byte in b"abcd":
            await asyncio.sleep(1)
            job.feed(bytes([byte]))
        await ended(job)
    assert (job.fault, taken) == ("", [b"abcd"])


@pytest.mark.parametrize("scheme", ["http", "https", "ftp"])
async def test_cancelling_does_not_wait_for_the_server(tmp_path: Path, scheme: str) -> None:
    """It may be silent for as long as it likes."""
    transfers = Transfers(tmp_path, Options(timeout=3600, proxies=False))
    connected = asyncio.Event()

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()

    async with server(silence) as address:
        job = transfers.fetch(f"{scheme}://{address}", "firmware")
        await connected.wait()
        transfers.cancel()
        await ended(job)
    assert job.fault == "cancelled"
