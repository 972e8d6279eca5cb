"""A small HTTP/1.1 server for files: downloads with Range, uploads of bounded size.

It serves one request per connection (``Connection: close``), which is what stations do anyway.
Which paths exist is up to whoever makes it: see :class:`Endpoint` and :func:`below`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ssl
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from ocpp_kernel.transports.http_limits import Gate, Limits, Pace, Refused, room

#: Bytes of a request's head, and of a file read or written at once. A peer must take a few of the
#: latter while it may be silent.
LONGEST_HEAD = 16384
PIECE = 16384
#: Bytes of a path; systems take 4096, of which some are the folder's.
LONGEST_PATH = 2048
#: Seconds a peer may be silent.
TIMEOUT = 60.0


def below(root: Path, path: str) -> Path | None:
    """The file of a URL's path (percent-decoded, no leading slash) inside ``root``.

    None for whatever leads outside, links included, or is no plain file name; one that begins
    with a dot is none.
    """
    if len(path.encode()) > LONGEST_PATH:
        return None
    parts = path.split("/")
    for part in parts:
        if part[:1] in ("", ".") or len(part.encode()) > 200 or set(part) & set('\\:*?"<>|'):
            return None
        if any(ord(character) < 32 for character in part):
            return None
    resolved = root.resolve().joinpath(*parts).resolve()
    return resolved if resolved.is_relative_to(root.resolve()) else None


class Endpoint:
    """Serves while it is entered (``async with``).

    ``find(path)`` gives the file to be downloaded, ``place(path)`` the one an upload becomes;
    None is answered with 404. ``stored(path, file)`` hears of complete uploads. ``limits`` says
    what is refused. ``port`` 0 takes a free one.
    """

    def __init__(
        self,
        find: Callable[[str], Path | None],
        place: Callable[[str], Path | None],
        stored: Callable[[str, Path], None],
        limits: Limits,
        log: Callable[[str, str], None],
    ) -> None:
        self._find = find
        self._place = place
        self._stored = stored
        self._limits = limits
        self._gate = Gate(limits, log)
        self._log = log
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._uploads = 0
        self.timeout = TIMEOUT

    @property
    def port(self) -> int:
        """Where it listens; 0 while it does not."""
        sockets = () if self._server is None else self._server.sockets
        return int(sockets[0].getsockname()[1]) if sockets else 0

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listens; raises OSError where it cannot."""
        self._server = await asyncio.start_server(
            self._connected, host, port, ssl=tls, limit=LONGEST_HEAD
        )

    async def stop(self) -> None:
        """Ends, transfers under way too."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        writer.transport.set_write_buffer_limits(PIECE)
        try:
            if len(self._tasks) <= 2 * self._limits.connections:  # else there are too many to tell
                async with asyncio.timeout(self._limits.duration):
                    await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self._log("debug", f"an HTTP connection ended early: {error}")
        except asyncio.CancelledError:
            # Only stop() cancels; asyncio reports it as a fault if it leaves from here.
            self._log("debug", "an HTTP connection was ended")
            writer.transport.abort()
        finally:
            await self._hang_up(writer)
            if task is not None:
                self._tasks.discard(task)

    async def _hang_up(self, writer: asyncio.StreamWriter) -> None:
        """Closes once the peer has taken what was written, but does not wait for ever."""
        writer.close()
        try:
            async with asyncio.timeout(self.timeout):
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = writer.get_extra_info("peername")
            with self._gate.admitted(str(peer[0]) if peer else ""):
                await self._serve(reader, writer)
        except Refused as refusal:
            text = f"{refusal.text}\n".encode() if refusal.text else b""
            lines = [f"Content-Length: {len(text)}", *refusal.headers]
            writer.write(_head_of(refusal.status, lines) + text)
            await self._drain(writer)
            await self._linger(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, path, headers = await self._head(reader)
        if method in ("GET", "HEAD"):
            await self._download(writer, method, path, headers)
        elif method in ("PUT", "POST"):
            await self._upload(reader, writer, path, headers)
        else:
            raise Refused(405, "", "Allow: GET, HEAD, PUT, POST")

    async def _head(self, reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
        try:
            async with asyncio.timeout(self.timeout):
                data = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise Refused(431) from None
        lines = data.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise Refused(400)
        headers: dict[str, str] = {}
        for line in lines[1:-2]:
            name, colon, value = line.partition(":")
            name = name.lower()
            if not colon or not name or name.strip() != name:
                raise Refused(400)
            # Proxies add lines of one name; of a length there can be one only, which a list is not.
            before = f"{headers[name]}, " if name in headers else ""
            headers[name] = before + value.strip()
        try:
            path = unquote(urlsplit(words[1]).path, errors="strict")
        except (ValueError, UnicodeDecodeError):
            raise Refused(400) from None
        return words[0], path.removeprefix("/"), headers

    # Downloads.

    async def _download(
        self, writer: asyncio.StreamWriter, method: str, path: str, headers: dict[str, str]
    ) -> None:
        file = self._find(path)
        if file is None or not file.is_file():
            raise Refused(404)
        try:
            source = file.open("rb")
        except OSError:
            raise Refused(403) from None
        with source:
            facts = file.stat()
            tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
            changed = formatdate(facts.st_mtime, usegmt=True)
            chosen = None
            if headers.get("if-range", tag) in (tag, changed):
                chosen = _range(headers.get("range", ""), facts.st_size)
            start, end = chosen if chosen is not None else (0, facts.st_size)
            lines = [f"Content-Length: {end - start}", f"ETag: {tag}", f"Last-Modified: {changed}"]
            lines += ["Accept-Ranges: bytes", "Content-Type: application/octet-stream"]
            if chosen is not None:
                lines.append(f"Content-Range: bytes {start}-{end - 1}/{facts.st_size}")
            writer.write(_head_of(200 if chosen is None else 206, lines))
            await self._drain(writer)
            if method == "GET":
                await self._copy_out(source, start, end - start, writer)

    async def _copy_out(
        self, source: BinaryIO, start: int, size: int, writer: asyncio.StreamWriter
    ) -> None:
        source.seek(start)
        while size > 0:
            piece = await asyncio.to_thread(source.read, min(PIECE, size))
            if not piece:
                return  # the file shrank: the length tells the peer that something is missing
            size -= len(piece)
            writer.write(piece)
            await self._drain(writer)

    # Uploads.

    async def _upload(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        path: str,
        headers: dict[str, str],
    ) -> None:
        target = self._place(path)
        if target is None:
            raise Refused(404)
        pieces = self._body(reader, headers)
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await self._drain(writer)
        self._uploads += 1
        fresh = target.with_name(f".{self._uploads}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._require_room(target.parent, int(headers.get("content-length") or 0))
            await self._copy_in(pieces, fresh)
            self._require_room(target.parent)  # others have come meanwhile
            fresh.replace(target)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EISDIR):
                raise
            self._log("error", f"an upload to {target} cannot be stored: {error.strerror}")
            raise Refused(507) from None
        finally:
            fresh.unlink(missing_ok=True)
        self._stored(path, target)
        writer.write(_head_of(201, ["Content-Length: 0"]))
        await self._drain(writer)

    async def _copy_in(self, pieces: AsyncIterator[bytes], fresh: Path) -> None:
        size = 0
        pace = Pace(self.timeout)
        with fresh.open("wb") as file:
            async for piece in pieces:
                size += len(piece)
                if size > self._limits.upload:
                    raise Refused(413)
                pace.moves(len(piece))
                await asyncio.to_thread(file.write, piece)

    def _require_room(self, folder: Path, size: int = 0) -> None:
        """Raises Refused where a folder, with so many bytes more, holds more than it may."""
        if room(folder, self._limits) < size:
            text = f"{folder.name} would hold more than {self._limits.folder} bytes"
            self._log("warning", f"an upload is refused, {text}: remove some of {folder}")
            raise Refused(507, text)

    def _body(self, reader: asyncio.StreamReader, headers: dict[str, str]) -> AsyncIterator[bytes]:
        coding = headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length", "")
        if coding == "chunked" and not length:
            return self._chunks(reader)
        if coding:
            raise Refused(400)
        if not length:
            raise Refused(411)
        if not (length.isascii() and length.isdigit()):
            raise Refused(400)
        if len(length) > 15 or int(length) > self._limits.upload:
            raise Refused(413)
        return self._plain(reader, int(length))

    async def _plain(self, reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
        while size > 0:
            async with asyncio.timeout(self.timeout):
                piece = await reader.read(min(PIECE, size))
            if not piece:
                raise asyncio.IncompleteReadError(b"", size)
            size -= len(piece)
            yield piece

    async def _chunks(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        while True:
            line = await self._line(reader)
            try:
                size = int(line.split(b";", 1)[0].strip() or b"x", 16)
            except ValueError:
                raise Refused(400) from None
            if size < 0:
                raise Refused(400)
            if size > self._limits.upload:
                raise Refused(413)
            if size == 0:
                while await self._line(reader):
                    pass  # trailers say nothing that matters here
                return
            async for piece in self._plain(reader, size):
                yield piece
            if await self._line(reader):
                raise Refused(400)

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(self.timeout):
                return (await reader.readuntil(b"\r\n"))[:-2]
        except asyncio.LimitOverrunError:
            raise Refused(400) from None

    async def _drain(self, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self.timeout):
            await writer.drain()

    async def _linger(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lets a peer that still sends read the refusal before the connection is reset."""
        if writer.can_write_eof():
            writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(self.timeout, 2)):
                while await reader.read(PIECE):
                    pass


def _head_of(status: int, lines: list[str]) -> bytes:
    first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
    return "\r\n".join([first, *lines, "Connection: close", "", ""]).encode("latin-1")


def _range(text: str, size: int) -> tuple[int, int] | None:
    """From and up to which byte; None for all of it, as for ranges not understood (RFC 9110)."""
    unit, _, span = text.partition("=")
    first, dash, last = span.strip().partition("-")
    if unit.strip().lower() != "bytes" or not dash or not (first or last):
        return None
    if not (first + last).isascii() or not (first + last).isdigit() or len(first + last) > 36:
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise Refused(416, "", f"Content-Range: bytes */{size}")
    return start, end
