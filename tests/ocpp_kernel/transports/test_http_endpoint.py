"""The small HTTP server: ranges, uploads, limits, and paths that lead elsewhere."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ocpp_kernel.transports.http_endpoint import Endpoint, below
from ocpp_kernel.transports.http_limits import Limits

CONTENT = bytes(range(256)) * 1000
LARGEST = 100_000


class Served:
    """An endpoint over a folder, and raw requests to it."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.out = folder / "out"
        self.out.mkdir()
        self.into = folder / "into"
        self.stored: list[str] = []
        self.log: list[tuple[str, str]] = []
        self.endpoint = Endpoint(
            lambda path: below(self.out, path),
            lambda path: below(self.into, path),
            lambda path, file: self.stored.append(path),
            limits,
            lambda level, text: self.log.append((level, text)),
        )
        (self.out / "fw.bin").write_bytes(CONTENT)

    async def raw(self, data: bytes) -> bytes:
        """Everything that is answered to these bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.endpoint.port)
        writer.write(data)
        try:
            return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()

    async def ask(
        self, line: str, *headers: str, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by lower case name, and body."""
        head = "\r\n".join([f"{line} HTTP/1.1", "Host: h", *headers, "", ""])
        answer = await self.raw(head.encode() + body)
        top, _, rest = answer.partition(b"\r\n\r\n")
        lines = top.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        return int(lines[0].split()[1]), fields, rest


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    made = Served(tmp_path, Limits(LARGEST))
    await made.endpoint.start("127.0.0.1", 0)
    yield made
    await made.endpoint.stop()


async def test_a_file_is_served(served: Served) -> None:
    status, headers, body = await served.ask("GET /fw.bin")
    assert (status, headers["content-length"], body) == (200, str(len(CONTENT)), CONTENT)
    assert headers["accept-ranges"] == "bytes"


async def test_head_tells_without_the_content(served: Served) -> None:
    status, headers, body = await served.ask("HEAD /fw.bin")
    assert (status, headers["content-length"], body) == (200, str(len(CONTENT)), b"")


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [("100-", 100, 256000), ("0-0", 0, 1), ("10-19", 10, 20), ("-5", 255995, 256000)],
)
async def test_ranges(served: Served, span: str, start: int, end: int) -> None:
    status, headers, body = await served.ask("GET /fw.bin", f"Range: bytes={span}")
    assert (status, body) == (206, CONTENT[start:end])
    assert headers["content-range"] == f"bytes {start}-{end - 1}/256000"


@pytest.mark.parametrize("span", ["5-2", "a-b", "", "0-1,5-9", "+1-", "--5"])
async def test_ranges_that_are_none_give_all_of_it(served: Served, span: str) -> None:
    status, _, body = await served.ask("GET /fw.bin", f"Range: bytes={span}")
    assert (status, body) == (200, CONTENT)


async def test_a_range_behind_the_end(served: Served) -> None:
    status, headers, _ = await served.ask("GET /fw.bin", "Range: bytes=256000-")
    assert (status, headers["content-range"]) == (416, "bytes */256000")


async def test_if_range_of_another_version_gives_all_of_it(served: Served) -> None:
    _, headers, _ = await served.ask("HEAD /fw.bin")
    tag = headers["etag"]
    status, _, _ = await served.ask("GET /fw.bin", "Range: bytes=5-", f"If-Range: {tag}")
    assert status == 206
    (served.out / "fw.bin").write_bytes(CONTENT + b"more")
    status, _, body = await served.ask("GET /fw.bin", "Range: bytes=5-", f"If-Range: {tag}")
    assert (status, len(body)) == (200, len(CONTENT) + 4)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/a/../../secret",
        "//secret",
        "/..\\secret",
        "/C:secret",
        "/fw.bin%00.txt",
        "/.hidden",
        "/folder/.hidden",
        "/" + "%C3%A4" * 150,
        "/" + "folder/" * 700 + "x",
        "/",
        "/nothing",
        "/link",
        "/folder",
    ],
)
async def test_paths_that_lead_elsewhere_are_not_found(served: Served, path: str) -> None:
    (served.out.parent / "secret").write_text("secret")
    (served.out / "folder").mkdir()
    (served.out / ".hidden").write_text("hidden")
    (served.out / "folder" / ".hidden").write_text("hidden")
    (served.out / "link").symlink_to(served.out.parent / "secret")
    status, _, body = await served.ask(f"GET {path}")
    assert (status, body) == (404, b"")


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_an_upload_is_stored(served: Served, method: str) -> None:
    status, _, _ = await served.ask(f"{method} /cp1/a.log", "Content-Length: 5", body=b"hello")
    assert status == 201
    assert (served.into / "cp1" / "a.log").read_bytes() == b"hello"
    assert served.stored == ["cp1/a.log"]


@pytest.mark.parametrize("further", [(), ("Content-Length: ",)])
async def test_an_upload_in_chunks(served: Served, further: tuple[str, ...]) -> None:
    body = b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n"
    status, _, _ = await served.ask("PUT /a", "Transfer-Encoding: chunked", *further, body=body)
    assert status == 201
    assert (served.into / "a").read_bytes() == b"hello world"


async def test_headers_proxies_repeat_are_no_fault(served: Served) -> None:
    """RFC 9110 section 5.3: lines of one name are a list."""
    repeated = (
        "Via: 1.1 a",
        "Via: 1.1 b",
        "X-Forwarded-For: 10.0.0.1",
        "X-Forwarded-For: 10.0.0.2",
    )
    status, _, _ = await served.ask("PUT /a", "Content-Length: 1", *repeated, body=b"x")
    assert status == 201


async def test_uploads_of_one_name_at_once_are_never_mixed(served: Served) -> None:
    """Each is whole; the one that ends last is kept."""
    head = b"PUT /a HTTP/1.1\r\nContent-Length: 50000\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", served.endpoint.port)
    writer.write(head + b"1" * 20000)
    while not served.into.exists():
        await asyncio.sleep(0.01)
    status, _, _ = await served.ask("PUT /a", "Content-Length: 50000", body=b"2" * 50000)
    assert status == 201
    assert (served.into / "a").read_bytes() == b"2" * 50000
    writer.write(b"1" * 30000)
    assert b" 201 " in await reader.read()
    writer.close()
    await writer.wait_closed()
    assert [(path.name, path.read_bytes()) for path in served.into.iterdir()] == [
        ("a", b"1" * 50000)
    ]


async def test_a_client_that_asks_first_is_told_to_go_on(served: Served) -> None:
    answer = await served.raw(
        b"PUT /a HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx"
    )
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 ")


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (["Content-Length: 100001"], b"", 413),
        (["Content-Length: 99999999999999999999"], b"", 413),
        (["Content-Length: -1"], b"", 400),
        (["Content-Length: ²"], b"", 400),
        (["Content-Length: 1", "Content-Length: 2"], b"xx", 400),
        ([], b"", 411),
        (["Transfer-Encoding: gzip"], b"", 400),
        (["Transfer-Encoding: chunked", "Content-Length: 1"], b"0\r\n\r\n", 400),
        (["Transfer-Encoding: chunked"], b"zz\r\n", 400),
        (["Transfer-Encoding: chunked"], b"-5\r\n", 400),
        (["Transfer-Encoding: chunked"], b"FFFFFF\r\n", 413),
        (["Transfer-Encoding: chunked"], b"1\r\nxyz\r\n", 400),
        (["Transfer-Encoding: chunked"], b"C350\r\n" + (b"x" * 50000 + b"\r\nC350\r\n") * 3, 413),
        (["Bad Header"], b"", 400),
        (["Bad : x"], b"", 400),
    ],
)
async def test_uploads_that_are_refused_leave_nothing(
    served: Served, headers: list[str], body: bytes, expected: int
) -> None:
    status, _, _ = await served.ask("PUT /a", *headers, body=body)
    assert status == expected
    assert not served.into.exists() or list(served.into.iterdir()) == []
    assert served.stored == []


async def test_an_upload_that_breaks_off_leaves_nothing(served: Served) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", served.endpoint.port)
    writer.write(b"PUT /a HTTP/1.1\r\nContent-Length: 50\r\n\r\nhello")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    while not served.log:
        await asyncio.sleep(0.01)
    assert list(served.into.iterdir()) == []
    assert served.stored == []


async def test_a_full_disk_is_said(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(pieces: Any, fresh: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(served.endpoint, "_copy_in", full)
    status, _, _ = await served.ask("PUT /a", "Content-Length: 1", body=b"x")
    assert status == 507
    level, text = served.log[0]
    assert level == "error"
    assert text.endswith(": No space left on device")


@pytest.mark.parametrize(
    "path", ["/../x", "/%2e%2e/x", "/a/../../x", "/", "/.1.part", "/a/" + "%C3%A4" * 150]
)
async def test_uploads_cannot_lead_elsewhere(served: Served, path: str) -> None:
    status, _, _ = await served.ask(f"PUT {path}", "Content-Length: 1", body=b"x")
    assert status == 404
    assert not (served.into.parent / "x").exists()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"DELETE /fw.bin HTTP/1.1\r\n\r\n", b"405"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /%ff HTTP/1.1\r\n\r\n", b"400"),
        (b"GET http://[x HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 20000 + b"\r\n\r\n", b"431"),
    ],
)
async def test_bad_requests(served: Served, data: bytes, status: bytes) -> None:
    assert (await served.raw(data)).startswith(b"HTTP/1.1 " + status)


async def test_a_silent_peer_is_dropped(served: Served) -> None:
    served.endpoint.timeout = 0.05
    assert await served.raw(b"GET /fw.bin HTT") == b""


async def test_stopping_ends_what_is_under_way(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.endpoint.port)
    writer.write(b"PUT /a HTTP/1.1\r\nContent-Length: 50\r\n\r\nhello")
    while not served.into.exists():
        await asyncio.sleep(0.01)
    await served.endpoint.stop()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    assert list(served.into.iterdir()) == []
    assert served.endpoint.port == 0


async def stall(served: Served) -> asyncio.StreamWriter:
    """A peer that asks for more than all buffers hold and never reads it."""
    with (served.out / "huge.bin").open("wb") as file:
        file.truncate(50_000_000)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.endpoint.port, limit=10)
    writer.write(b"GET /huge.bin HTTP/1.1\r\n\r\n")
    await reader.readexactly(10)
    return writer


async def test_stopping_does_not_wait_for_a_peer_that_does_not_read(served: Served) -> None:
    writer = await stall(served)
    async with asyncio.timeout(20):
        await served.endpoint.stop()
    writer.transport.abort()


async def test_a_peer_that_does_not_read_does_not_stay(tmp_path: Path) -> None:
    served = Served(tmp_path, Limits(LARGEST, connections_of_one=1, requests_of_one=0))
    await served.endpoint.start("127.0.0.1", 0)
    served.endpoint.timeout = 0.5
    writer = await stall(served)
    assert (await served.ask("HEAD /fw.bin"))[0] == 429
    async with asyncio.timeout(20):
        while (await served.ask("HEAD /fw.bin"))[0] == 429:
            await asyncio.sleep(0.01)
    writer.transport.abort()
    await served.endpoint.stop()
