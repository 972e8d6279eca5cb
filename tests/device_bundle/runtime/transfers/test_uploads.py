"""Files that are sent: streamed, refused, or left unfinished."""

from __future__ import annotations

import base64

import pytest

from .conftest import CONTENT, Bench, Stream, answer, upload


@pytest.mark.parametrize("method", ["PUT", "post"])
@pytest.mark.parametrize("accepts", [1 << 20, 700])
def test_an_upload_is_streamed(bench: Bench, method: str, accepts: int) -> None:
    stream = Stream(answer(b"", "201 Created"))
    stream.accepts = accepts
    assert upload(bench, stream, CONTENT, method).fault == ""
    assert stream.sent == CONTENT
    assert bench.headers()[0] == f"{method.upper()} /logs/x.log HTTP/1.1"
    assert f"Content-Length: {len(CONTENT)}" in bench.headers()
    assert "Authorization: Basic " + base64.b64encode(b"u:p").decode() in bench.headers()


def test_an_empty_upload(bench: Bench) -> None:
    assert upload(bench, Stream(answer(b"", "200 OK")), b"").fault == ""


@pytest.mark.parametrize("status", ["404 No", "302 Found", "507 Full"])
def test_fw_014_a_refused_upload_is_told(bench: Bench, status: str) -> None:
    """FW-014."""
    job = upload(bench, Stream(answer(b"", status, "Location: /x")), CONTENT)
    assert job.fault == f"the server answers HTTP {status[:3]}"


def test_a_refusal_before_the_end_is_understood(bench: Bench) -> None:
    stream = Stream(answer(b"", "413 Too Large"))
    stream.accepts = -1
    assert upload(bench, stream, CONTENT).fault == "the server answers HTTP 413"
    early = Stream(answer(b"", "200 OK"))
    early.accepts = -1
    assert upload(bench, early, CONTENT).fault == "the server answers HTTP 200"
    gone = Stream(b"")
    gone.accepts = -1
    assert "without an answer" in upload(bench, gone, CONTENT).fault


def test_a_server_that_takes_nothing(bench: Bench) -> None:
    stream = Stream(b"", ends=False)
    stream.accepts = 0
    assert upload(bench, stream, CONTENT).fault == "the server does not answer in time"


def test_another_method(bench: Bench) -> None:
    assert upload(bench, Stream(b""), b"x", "GET").fault == (
        "upload_method must be PUT or POST, not GET"
    )
