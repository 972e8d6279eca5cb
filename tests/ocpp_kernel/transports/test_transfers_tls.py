"""Files fetched and sent over TLS: HTTPS and FTPS with explicit TLS, certificates checked."""

from __future__ import annotations

import asyncio
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme

from ocpp_kernel.transports.http_endpoint import Endpoint, below
from ocpp_kernel.transports.http_limits import Limits
from ocpp_kernel.transports.transfer_job import Job
from ocpp_kernel.transports.transfers import Options, Transfers

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of asyncore, which the server is made of
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import TLS_FTPHandler
    from pyftpdlib.servers import FTPServer

CONTENT = bytes(range(256)) * 2000


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("127.0.0.1")


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path: Path) -> Transfers:
    """Trusts the authority of these tests."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Transfers(tmp_path / "files", Options(ssl_context=context, timeout=60, proxies=False))


@pytest.fixture
def careful(tmp_path: Path) -> Transfers:
    """Trusts whom the system trusts."""
    return Transfers(tmp_path / "files", Options(timeout=60, proxies=False))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the servers have, and take in."""
    made = tmp_path / "server"
    (made / "in").mkdir(parents=True)
    (made / "fw.bin").write_bytes(CONTENT)
    return made


@pytest_asyncio.fixture
async def https(folder: Path, certificate: trustme.LeafCert) -> AsyncIterator[str]:
    """An HTTPS server's URL."""
    endpoint = Endpoint(
        lambda path: below(folder, path),
        lambda path: below(folder, path),
        lambda path, file: None,
        Limits(1_000_000),
        lambda level, text: None,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    await endpoint.start("127.0.0.1", 0, context)
    yield f"https://127.0.0.1:{endpoint.port}"
    await endpoint.stop()


class Ftps:
    """An FTP server that wants TLS for commands and for data."""

    def __init__(self, folder: Path, pem: Path) -> None:
        users = DummyAuthorizer()
        users.add_user("box", "p w", str(folder), perm="elrw")

        class Handler(TLS_FTPHandler):  # type: ignore[misc]  # untyped
            certfile = str(pem)
            tls_control_required = True
            tls_data_required = True
            authorizer = users
            log_prefix = ""

        self._server = FTPServer(("127.0.0.1", 0), Handler)
        self.url = f"ftps://box:p%20w@127.0.0.1:{self._server.address[1]}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._over.is_set():
            self._server.serve_forever(timeout=0.05, blocking=False)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._server.close_all()


@pytest.fixture
def ftps(folder: Path, certificate: trustme.LeafCert, tmp_path: Path) -> Iterator[str]:
    """An FTPS server's URL."""
    pem = tmp_path / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    server = Ftps(folder, pem)
    yield server.url
    server.close()


@pytest.fixture(params=["https", "ftps"])
def url(request: pytest.FixtureRequest) -> str:
    """Of each kind of server."""
    return str(request.getfixturevalue(request.param))


async def ended(job: Job) -> Job:
    """Waits for its end; the event loop goes on meanwhile."""
    await asyncio.to_thread(job.join)
    return job


async def test_fw_010_a_file_is_fetched_over_tls(url: str, trusting: Transfers) -> None:
    job = await ended(trusting.fetch(f"{url}/fw.bin", "firmware"))
    assert job.fault == ""
    assert Path(job.path).read_bytes() == CONTENT


async def test_fw_010_a_file_is_sent_over_tls(url: str, trusting: Transfers, folder: Path) -> None:
    job = trusting.send(f"{url}/in/log.txt", "PUT", len(CONTENT))
    for start in range(0, len(CONTENT), 5000):
        job.feed(CONTENT[start : start + 5000])
    assert (await ended(job)).fault == ""
    assert (folder / "in" / "log.txt").read_bytes() == CONTENT


async def test_a_fetch_goes_on_where_it_stopped(
    url: str, trusting: Transfers, tmp_path: Path
) -> None:
    await ended(trusting.fetch(f"{url}/fw.bin", "firmware"))
    files = tmp_path / "files"
    calls: list[int] = []

    def cut(self: Any, start: int, total: int | None, version: str, pieces: Any) -> None:
        calls.append(start)
        original(self, start, total, version, first(pieces) if len(calls) == 1 else pieces)

    def first(pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield next(pieces)[:1000]
        raise OSError(104, "Connection reset by peer")

    kind = type(trusting.fetch("", "other"))
    original = kind.keep
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "keep", cut)
        assert (await ended(trusting.fetch(f"{url}/fw.bin", "again"))).fault
        assert (await ended(trusting.fetch(f"{url}/fw.bin", "again"))).fault == ""
    assert calls == [0, 1000]
    assert (files / "again").read_bytes() == CONTENT


async def test_an_unknown_authority_is_refused(url: str, careful: Transfers) -> None:
    job = await ended(careful.fetch(f"{url}/fw.bin", "firmware"))
    assert "CERTIFICATE_VERIFY_FAILED" in job.fault or "certificate verify failed" in job.fault
    assert job.path == ""
    upload = careful.send(f"{url}/in/log.txt", "PUT", 3)
    upload.feed(b"abc")
    assert "certificate" in (await ended(upload)).fault.lower()


async def test_a_certificate_of_another_host_is_refused(
    https: str, ftps: str, trusting: Transfers
) -> None:
    for address in (https, ftps):
        job = await ended(
            trusting.fetch(f"{address}/fw.bin".replace("127.0.0.1", "localhost"), "f")
        )
        assert "certificate" in job.fault.lower()


async def test_passwords_do_not_get_into_faults(ftps: str, trusting: Transfers) -> None:
    job = await ended(trusting.fetch(f"{ftps}/fw.bin".replace("p%20w", "secret"), "firmware"))
    assert "530" in job.fault
    assert "secret" not in job.fault


async def test_a_redirection_does_not_give_up_encryption(
    certificate: trustme.LeafCert, trusting: Transfers
) -> None:
    """Whoever sits between would else choose the image."""
    asked: list[bytes] = []

    async def open_to_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        target = f"http://127.0.0.1:{plain.sockets[0].getsockname()[1]}/fw.bin"
        writer.write(f"HTTP/1.1 302 x\r\nLocation: {target}\r\n".encode())
        writer.write(b"Content-Length: 0\r\n\r\n")
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    async with (
        await asyncio.start_server(open_to_all, "127.0.0.1", 0) as plain,
        await asyncio.start_server(redirect, "127.0.0.1", 0, ssl=context) as secure,
    ):
        url = f"https://127.0.0.1:{secure.sockets[0].getsockname()[1]}/fw.bin"
        job = await ended(trusting.fetch(url, "firmware"))
    assert job.fault == "the server redirects from https to an address without"
    assert asked == []
