"""HTTP for files: addresses, redirections, and answers that come in pieces."""

from __future__ import annotations

from typing import Any, cast

import pytest

from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.http import Address, Exchange, build_head, parse_address, redirected


class Stream:
    """Gives what it is made with, at most so many bytes at a time, then None or the end."""

    def __init__(self, data: bytes, most: int = 1 << 20, ends: bool = True) -> None:
        self.data = data
        self.most = most
        self.ends = ends

    def read(self, size: int) -> bytes | None:
        size = min(size, self.most)
        piece, self.data = self.data[:size], self.data[size:]
        return piece if piece or self.ends else None


def exchange(data: bytes, most: int = 1 << 20, ends: bool = True) -> Exchange:
    return Exchange(cast("Any", Stream(data, most, ends)))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://h/a.gz", Address(False, "h", 80, "/a.gz", "", b"")),
        ("HTTPS://h:8443/a?b=c&d", Address(True, "h", 8443, "/a?b=c&d", "", b"")),
        ("https://h", Address(True, "h", 443, "/", "", b"")),
        ("http://h?x=1#part", Address(False, "h", 80, "/?x=1", "", b"")),
        ("http://[::1]:81/a", Address(False, "::1", 81, "/a", "", b"")),
        ("http://u%40s:p%3a%2F@h/a", Address(False, "h", 80, "/a", "u@s", b"p:/")),
        ("http://user@h/a@b:c", Address(False, "h", 80, "/a@b:c", "user", b"")),
        ("http://u:p@ss@h/", Address(False, "h", 80, "/", "u", b"p@ss")),
        ("http://h/a b/é%20", Address(False, "h", 80, "/a%20b/%C3%A9%20", "", b"")),
        ("http://h/a\r\nHost: x", Address(False, "h", 80, "/a%0D%0AHost:%20x", "", b"")),
    ],
)
def test_fw_010_addresses_are_taken_apart(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://h/a", "h/a", "http:/h", "http://", "http:///a", "http://h:port/", "http://h:0/"),
        *("http://h:70000/", "http://a b/", "http://u:secret%zz@h/", "http://u:secret@/a"),
        *("http://h\r\nx/", "http://[::1/a"),
    ],
)
def test_addresses_that_cannot_be_never_show_a_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|host|port|IPv6") as raised:
        parse_address(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "location", "result"),
    [
        ("http://h/a/b", "http://other/c", "http://other/c"),
        ("http://h/a/b", "https://h/c", "https://h/c"),
        ("https://h/a/b", "HTTPS://h/c", "HTTPS://h/c"),
        ("https://u:p@h:1/a/b?q", "/c?d", "https://u:p@h:1/c?d"),
        ("http://h/a/b?q=/z", "c", "http://h/a/c"),
        ("http://h/a#f/g", "c", "http://h/c"),
        ("http://h", "c", "http://h/c"),
        ("https://h/a", "//other/c", "https://other/c"),
    ],
)
def test_redirections_are_resolved(url: str, location: str, result: str) -> None:
    assert redirected(url, location) == result


def test_a_redirection_does_not_give_up_encryption() -> None:
    with pytest.raises(HandshakeError, match="without"):
        redirected("https://h/a", "http://h/a")


def test_a_head_names_host_and_port_as_they_must_be() -> None:
    address = parse_address("http://[::1]:81/a?b")
    assert build_head("GET", address, ["Range: bytes=5-"]) == (
        b"GET /a?b HTTP/1.1\r\nHost: [::1]:81\r\nConnection: close\r\nRange: bytes=5-\r\n\r\n"
    )
    assert b"Host: h\r\n" in build_head("PUT", parse_address("https://h/"), [])


def body_of(data: bytes, most: int) -> bytes:
    """The whole body, read 7 bytes at a time."""
    reading = exchange(data, most)
    while not reading.status:
        reading.poll()
    body = b""
    while piece := reading.read(7):
        body += piece
    assert reading.read(7) == b""
    return body


BODY = bytes(range(256))
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"


@pytest.mark.parametrize("most", [1, 3, 1000])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 256\r\n\r\n" + BODY,
        b"HTTP/1.1 200 OK\r\nContent-Length: 256\r\n\r\n" + BODY + b"more",
        b"HTTP/1.0 200 OK\n\n" + BODY,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\ncontent-length:256\r\n\r\n" + BODY,
        CHUNKED + b"5;x=y\r\n" + BODY[:5] + b"\r\nFB\r\n" + BODY[5:] + b"\r\n0\r\nT: x\r\n\r\n",
    ],
)
def test_bodies_of_every_kind(answer: bytes, most: int) -> None:
    assert body_of(answer, most) == BODY


def test_nothing_yet_is_no_end() -> None:
    reading = exchange(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", ends=False)
    assert reading.poll()
    assert reading.left() == 3
    assert reading.read(9) == b"ab"
    assert reading.read(9) is None
    waiting = exchange(CHUNKED + b"1", ends=False)
    assert waiting.poll()
    assert waiting.left() is None
    assert waiting.read(9) is None
    silent = exchange(b"", ends=False)
    assert not silent.poll()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "without an answer"),
        (b"HTTP/1.1 200", "without an answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 5000, "too long"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "ended 6 bytes too early"),
        (CHUNKED + b"5\r\nabc", "ended 2 bytes too early"),
        (CHUNKED + b"5\r\nabcde\r\n", "ended before the file did"),
        (CHUNKED + b"five\r\n", "not HTTP"),
        (CHUNKED + b"-1\r\nabc", "not HTTP"),
        (CHUNKED + b"3\r\nabc\r\n-5\r\nabc", "not HTTP"),
        (CHUNKED + b"1" * 500, "ended before the file did"),
    ],
)
def test_answers_that_are_cut_or_nonsense(answer: bytes, reason: str) -> None:
    with pytest.raises(HandshakeError, match=reason):
        body_of(answer, 1000)


def test_a_peer_that_dribbles_does_not_hold_the_main_loop() -> None:
    """Each read may wait for a moment: there are few of them in one turn."""

    class Counting(Stream):
        reads = 0

        def read(self, size: int) -> bytes | None:
            self.reads += 1
            return super().read(size)

    stream = Counting(b"HTTP/1.1 200 OK\r\nA: " + b"a" * 1000, 1)
    reading = Exchange(cast("Any", stream))
    assert reading.poll()
    assert stream.reads <= 64
