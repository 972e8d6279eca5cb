"""What one peer, and all of them, may take of the small HTTP server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ocpp_kernel.transports.http_endpoint import Endpoint, below
from ocpp_kernel.transports.http_limits import Gate, Limits, Pace, Refused

#: 127.0.0.1, as the server sees whoever speaks to it here.
CONTENT = b"image" * 10


class Served:
    """An endpoint over a folder, and requests to it."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.log: list[str] = []
        self.endpoint = Endpoint(
            lambda path: below(folder, path),
            lambda path: below(folder / "in", path),
            lambda path, file: None,
            limits,
            lambda level, text: self.log.append(f"{level}: {text}"),
        )
        (folder / "fw.bin").write_bytes(CONTENT)

    async def ask(self, line: str, *headers: str, body: bytes = b"") -> bytes:
        """Everything that is answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.endpoint.port)
        writer.write("\r\n".join([f"{line} HTTP/1.1", *headers, "", ""]).encode() + body)
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    @asynccontextmanager
    async def idle(self, count: int) -> AsyncIterator[None]:
        """So many connections that say nothing."""
        made = []
        for _ in range(count):
            made.append(await asyncio.open_connection("127.0.0.1", self.endpoint.port))
        while len(self.endpoint._tasks) < count:
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            for _, writer in made:
                writer.close()
                await writer.wait_closed()
        while self.endpoint._tasks:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(folder: Path, limits: Limits) -> AsyncIterator[Served]:
    made = Served(folder, limits)
    await made.endpoint.start("127.0.0.1", 0)
    try:
        yield made
    finally:
        await made.endpoint.stop()


async def test_more_connections_than_there_may_be_are_told_to_come_back(tmp_path: Path) -> None:
    async with serving(tmp_path, Limits(1, connections=3)) as served:
        async with served.idle(3):
            answer = await served.ask("GET /fw.bin")
            await served.ask("GET /fw.bin")
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"\r\nRetry-After: 10\r\n" in answer
        assert answer.endswith(b"\r\n\r\nthere are 3 connections already\n")
        assert (await served.ask("GET /fw.bin")).endswith(CONTENT)
    assert [text for text in served.log if text.startswith("warning")] == [
        "warning: file transfers are refused: there are 3 connections already"
    ]


async def test_one_address_cannot_take_all_of_them(tmp_path: Path) -> None:
    async with serving(tmp_path, Limits(1, connections=9, connections_of_one=2)) as served:
        async with served.idle(2):
            answer = await served.ask("GET /fw.bin")
        assert answer.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        assert answer.endswith(b"\r\n\r\n127.0.0.1 has 2 connections already\n")
        assert (await served.ask("GET /fw.bin")).endswith(CONTENT)


async def test_a_flood_of_refused_ones_is_dropped_without_a_word(tmp_path: Path) -> None:
    """Refusing takes a moment of its own, in which others come."""
    async with serving(tmp_path, Limits(1, connections=2)) as served:
        async with served.idle(4):
            assert await served.ask("GET /fw.bin") == b""
        assert (await served.ask("GET /fw.bin")).endswith(CONTENT)


async def test_requests_of_one_address_are_counted(tmp_path: Path) -> None:
    async with serving(tmp_path, Limits(1, requests_of_one=3)) as served:
        answers = [await served.ask("GET /fw.bin") for _ in range(5)]
    assert [answer[9:12] for answer in answers] == [b"200"] * 3 + [b"429"] * 2
    assert b"\r\nRetry-After: 60\r\n" in answers[-1]
    assert answers[-1].endswith(b"127.0.0.1 has made 3 requests in a minute\n")
    assert len([text for text in served.log if text.startswith("warning")]) == 1


async def test_an_upload_that_drips_is_given_up(tmp_path: Path) -> None:
    async with serving(tmp_path, Limits(1000)) as served:
        served.endpoint.timeout = 1
        reader, writer = await asyncio.open_connection("127.0.0.1", served.endpoint.port)
        writer.write(b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof() and not reader._buffer:  # type: ignore[attr-defined]  # what came
                writer.write(b"1\r\nx\r\n")
                await asyncio.sleep(0.02)
        answer = await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert answer.endswith(b" bytes in 1 s\n")
        assert list((tmp_path / "in").iterdir()) == []


async def test_a_transfer_has_an_end(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, Limits(10_000, duration=0.1)) as served,
        served.idle(1),
    ):
        while not served.log:
            await asyncio.sleep(0.01)
    assert served.log[0].startswith("debug: an HTTP connection ended early")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("Content-Length: 60",), b"x" * 60),
        (("Transfer-Encoding: chunked",), b"3c\r\n" + b"x" * 60 + b"\r\n0\r\n\r\n"),
    ],
)
async def test_a_folder_takes_so_many_bytes(
    tmp_path: Path, headers: tuple[str, ...], body: bytes
) -> None:
    async with serving(tmp_path, Limits(100, folder=100)) as served:
        assert (await served.ask("PUT /cp/a", *headers, body=body))[9:12] == b"201"
        answer = await served.ask("PUT /cp/b", *headers, body=body)
        assert answer.startswith(b"HTTP/1.1 507 ")
        assert answer.endswith(b"cp would hold more than 100 bytes\n")
        folder = tmp_path / "in" / "cp"
        assert [file.name for file in folder.iterdir()] == ["a"]
        assert served.log == [
            f"warning: an upload is refused, cp would hold more than 100 bytes: "
            f"remove some of {folder}"
        ]
        (folder / "a").unlink()
        assert (await served.ask("PUT /cp/b", *headers, body=body))[9:12] == b"201"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def admitted(gate: Gate, host: str) -> bool:
    try:
        with gate.admitted(host):
            return True
    except Refused:
        return False


def test_the_count_begins_anew_each_minute() -> None:
    clock, log = Clock(), list[str]()
    gate = Gate(Limits(1, requests_of_one=2), lambda level, text: log.append(text), clock)
    assert [admitted(gate, "192.0.2.1") for _ in range(4)] == [True, True, False, False]
    assert admitted(gate, "192.0.2.2")
    clock.now = 59.9
    assert not admitted(gate, "192.0.2.1")
    assert len(log) == 1
    clock.now = 60
    assert [admitted(gate, "192.0.2.1") for _ in range(3)] == [True, True, False]
    assert len(log) == 2
    assert len(gate._asked) == 1


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_what_counts_as_one_address(first: str, second: str, same: bool) -> None:
    gate = Gate(Limits(1, connections_of_one=1), lambda level, text: None)
    with gate.admitted(first):
        assert admitted(gate, second) != same
    assert admitted(gate, second)


def test_0_is_no_limit() -> None:
    gate = Gate(
        Limits(1, connections=50, connections_of_one=0, requests_of_one=0), lambda level, text: None
    )
    with contextlib.ExitStack() as inside:
        for _ in range(50):
            inside.enter_context(gate.admitted("192.0.2.1"))
        assert not admitted(gate, "192.0.2.1")


def test_a_pace_is_looked_at_once_in_a_while() -> None:
    clock = Clock()
    pace = Pace(60, clock)
    pace.moves(1)
    for clock.now in (60.0, 120.0):
        pace.moves(512)
    clock.now = 179
    pace.moves(511)
    clock.now = 180
    with pytest.raises(Refused) as refusal:
        pace.moves(0)
    assert (refusal.value.status, refusal.value.text) == (408, "only 511 bytes in 60 s")
