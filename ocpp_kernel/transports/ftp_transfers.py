"""Downloads with REST and streamed uploads over FTP, and FTPS with explicit TLS (RFC 4217)."""

from __future__ import annotations

import ftplib
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote

from ocpp_kernel.transports.http_transfers import PIECE
from ocpp_kernel.transports.transfer_job import Job, Known

if TYPE_CHECKING:
    from ocpp_kernel.transports.transfers import Download, Options, Upload


def fetch(address: SplitResult, job: Download, options: Options) -> None:
    """Fetches what is missing; raises OSError, ftplib.Error or TransferError."""
    with _connect(address, job, options) as server:
        path = _path(address)
        total, version = _facts(server, path)
        start, known = job.there()
        if known != version or (total is not None and start > total):
            start = 0
        connection = server.transfercmd(f"RETR {path}", start or None)
        with connection:
            job.keep(start, total, version, _received(connection))
            if isinstance(connection, ssl.SSLSocket):
                connection.unwrap()
        server.voidresp()


def send(address: SplitResult, job: Upload, options: Options) -> None:
    """Sends what the job is fed; raises OSError, ftplib.Error or TransferError."""
    with _connect(address, job, options) as server:
        server.storbinary(f"STOR {_path(address)}", _Reader(job.pieces()))


class _Server(Known, ftplib.FTP):
    """Both its connections are known to the job, and so is each answer."""

    def getresp(self) -> str:
        answer = super().getresp()
        self.job.moves()
        return answer

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        connection, size = super().ntransfercmd(cmd, rest)
        self.job.use(connection)
        return connection, size


class _SecureServer(_Server, ftplib.FTP_TLS):
    """The same over TLS."""


def _connect(address: SplitResult, job: Job, options: Options) -> ftplib.FTP:
    """Logged in, as anonymous where the URL has no user (FW-010)."""
    server: _Server
    if address.scheme == "ftps":
        context = options.ssl_context or ssl.create_default_context()
        server = _SecureServer(context=context, timeout=options.timeout)
    else:
        server = _Server(timeout=options.timeout)
    server.job = job
    try:
        server.connect(address.hostname or "", address.port or ftplib.FTP_PORT)
        server.login(unquote(address.username or ""), unquote(address.password or ""))
        if isinstance(server, ftplib.FTP_TLS):
            server.prot_p()
        server.voidcmd("TYPE I")
    except BaseException:
        server.close()
        raise
    return server


def _path(address: SplitResult) -> str:
    """Relative to where the login leads; a leading %2F makes it absolute (RFC 1738)."""
    return unquote(address.path[1:])


def _facts(server: ftplib.FTP, path: str) -> tuple[int | None, str]:
    """The size, and what tells one version of the file from another; as far as the server can."""
    size = None
    try:
        size = server.size(path)
        return size, f"{server.voidcmd(f'MDTM {path}')} {size}"
    except ftplib.error_perm:
        return size, ""


def _received(connection: object) -> Iterator[bytes]:
    while piece := connection.recv(PIECE):  # type: ignore[attr-defined]  # a socket, plain or TLS
        yield piece


class _Reader:
    """Pieces as ftplib reads them."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int = -1, /) -> bytes:
        """The next piece, however long; b"" at the end."""
        return next(self._pieces, b"")
