"""How much a turn moves, how slow a server may be, and that nothing spins meanwhile."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from .conftest import CONTENT, Bench, Stream, answer, arrived, upload


class Dripping(Stream):
    """Gives and takes so many bytes every so many seconds of the bench's."""

    def __init__(self, data: bytes, every: int, size: int = 1) -> None:
        super().__init__(data)
        self.every = every
        self.size = size
        self.room = 0
        self.pauses = 0

    def pause(self) -> None:
        self.pauses += 1
        if self.pauses % self.every == 0:
            self.room = self.size

    def read(self, size: int) -> bytes | None:
        if not self.room:
            self.pause()
            return None
        piece = super().read(min(self.room, size))
        self.room -= len(piece or b"")
        return piece

    def send(self, data: memoryview) -> int:
        if not self.room:
            self.pause()
        count = super().send(data[: self.room])
        self.room -= count
        return count


@pytest.mark.parametrize("beginning", [answer(CONTENT)[:10], answer(CONTENT)])
def test_a_server_that_drips_is_given_up(bench: Bench, beginning: bytes) -> None:
    """However long it goes on: a byte in 20 s would take a week for a small image."""
    stream = Dripping(beginning, every=20)
    assert bench.fetch(stream).fault.endswith("bytes in 30 s")
    assert stream.closed
    assert bench.now < 100


def test_a_server_that_takes_an_upload_in_drips_is_given_up(bench: Bench) -> None:
    stream = Dripping(b"", every=20)
    assert upload(bench, stream, CONTENT).fault.endswith("bytes in 30 s")
    assert bench.now < 100


def test_a_slow_link_is_no_fault(bench: Bench) -> None:
    """A few hundred bytes every 10 s, both ways: the worst there is over a radio link."""
    content = CONTENT[:2000]
    arrived(bench, bench.fetch(Dripping(answer(content), every=10, size=400)), content)
    stream = Dripping(answer(b"", "201 Created"), every=10, size=400)
    assert upload(bench, stream, content).fault == ""
    assert stream.sent == content
    headers = [f"X-{number}: {'x' * 90}" for number in range(20)]
    slow = Dripping(answer(content, "200 OK", *headers), every=10, size=400)
    arrived(bench, bench.fetch(slow), content)


@pytest.mark.parametrize("kind", ["fetch", "send"])
def test_connecting_may_take_longer_than_an_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Looking the name up, TCP and TLS over a slow link; the server answers 20 s later."""
    dial = bench.dial

    def slowly(host: str, port: int, secure: bool) -> Any:
        bench.now += 40
        return dial(host, port, secure)

    monkeypatch.setattr(bench.transfers, "dial", slowly)
    stream = Dripping(answer(CONTENT, "201 Created" if kind == "send" else "200 OK"), 20, 9999)
    if kind == "send":
        assert upload(bench, stream, CONTENT).fault == ""
    else:
        arrived(bench, bench.fetch(Stream(answer(b"", "302 No", "Location: /fw")), stream))


def test_a_turn_moves_a_few_kb_at_most(bench: Bench) -> None:
    stream = Stream(answer(CONTENT))
    bench.streams.append(stream)
    job = bench.transfers.fetch("http://h/fw", "firmware")
    moves = [0]

    def note() -> None:
        moves.append(stream.moved)

    bench.finish(job, note)
    assert max(after - before for before, after in pairwise(moves)) <= 4096


def test_a_flood_of_empty_lines_does_not_hold_up_the_loop(bench: Bench) -> None:
    """Between two chunks there is one; a server that sends no end of them is given up."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    stream = Stream(head + b"\n" * 100_000)
    bench.streams.append(stream)
    job = bench.transfers.fetch("http://h/fw", "firmware")
    moves = [0]
    bench.finish(job, lambda: moves.append(stream.moved))
    assert job.fault == "the server does not answer in time"
    assert max(after - before for before, after in pairwise(moves)) <= 128


def test_an_upload_that_is_not_fed_lets_the_loop_wait(bench: Bench) -> None:
    """The plugin that feeds it looks once a second: nothing is to spin until then."""
    bench.streams.append(Stream(answer(b"", "200 OK")))
    job = bench.transfers.send("http://h/x", "PUT", 10)
    assert not bench.transfers.step(0)
    for now in range(1, 100):
        assert not bench.transfers.step(now)
    assert not job.finished
    job.feed(b"0123456789")
    assert bench.transfers.step(100)
    bench.finish(job)
    assert job.fault == ""
