"""Files that are fetched: whole, in parts, or not at all, and then why."""

from __future__ import annotations

import base64
import errno
from types import SimpleNamespace
from typing import Any

import pytest

from .conftest import CONTENT, TAGGED, Bench, Stream, answer, arrived


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
