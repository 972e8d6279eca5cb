"""URLs and credentials; examples are those of the specification."""

from __future__ import annotations

import base64

import pytest

from ocpp_kernel.transports.identity import (
    basic_authorization,
    connection_url,
    identity_of,
    key_bytes,
    parse_basic,
)


@pytest.mark.parametrize(
    ("endpoint", "identity", "url"),
    [
        ("ws://h/ocppj", "CP001", "ws://h/ocppj/CP001"),
        ("wss://h/ocppj", "RDAM 123", "wss://h/ocppj/RDAM%20123"),
        ("ws://h:9000", "CP1", "ws://h:9000/CP1"),
        ("ws://[::1]:9000/a", "CP1", "ws://[::1]:9000/a/CP1"),
    ],
)
def test_frm_001_url_is_endpoint_slash_escaped_identity(
    endpoint: str, identity: str, url: str
) -> None:
    assert connection_url(endpoint, identity) == url


@pytest.mark.parametrize(
    ("endpoint", "identity", "url"),
    [
        ("ws://h/a/", "CP1", "ws://h/a/CP1"),
        ("ws://h/", "CP1", "ws://h/CP1"),
        ("ws://h/a?token=x%2Fy", "CP1", "ws://h/a/CP1?token=x%2Fy"),
        ("ws://h/a/?b=c", "CP1", "ws://h/a/CP1?b=c"),
        ("ws://h", "a/b%c?d#e", "ws://h/a%2Fb%25c%3Fd%23e"),
        ("ws://h", "Säule+1", "ws://h/S%C3%A4ule%2B1"),
    ],
)
def test_frm_002_slashes_queries_and_odd_characters(endpoint: str, identity: str, url: str) -> None:
    assert connection_url(endpoint, identity) == url


@pytest.mark.parametrize("endpoint", ["http://h", "h:9000", "ws://", "", "ws://h/a#b", "wss:h"])
def test_an_endpoint_that_is_no_websocket_url_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"ws://|'#'"):
        connection_url(endpoint, "CP1")


def test_an_empty_identity_is_refused() -> None:
    with pytest.raises(ValueError, match="identity"):
        connection_url("ws://h", "")


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        ("/CP1", "CP1"),
        ("/ocpp/v16/CP1", "CP1"),
        ("/ocppj/RDAM%20123", "RDAM 123"),
        ("/CP1?token=/x", "CP1"),
        ("/a%2Fb", "a/b"),
        ("/CP%2541", "CP%41"),
        ("/S%C3%A4ule", "Säule"),
        ("/CP+1", "CP+1"),
    ],
)
def test_frm_003_the_last_segment_is_decoded_once(target: str, identity: str) -> None:
    assert identity_of(target) == identity


@pytest.mark.parametrize("target", ["/", "", "/ocpp/", "/?CP1", "/CP%FF", "/CP%0A1", "/CP%00"])
def test_frm_003_a_target_without_a_printable_identity(target: str) -> None:
    assert identity_of(target) is None


@pytest.mark.parametrize("identity", ["CP1", "RDAM 123", "a/b%c?d#e", "%25", "Säule", "..", "a;b"])
def test_frm_003_decodes_what_frm_001_encodes(identity: str) -> None:
    assert identity_of(connection_url("ws://h/x?y=z", identity).removeprefix("ws://h")) == identity


def test_sec_005_the_specification_s_example() -> None:
    key = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
    expected = "Basic QUwxMDAwOgABAgMEBQYH////////////////"
    assert basic_authorization("AL1000", key_bytes(key)) == expected


def test_a_key_that_is_no_hex_is_text() -> None:
    assert key_bytes("open sesame") == b"open sesame"


def _basic(raw: bytes) -> str:
    return "Basic " + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        (_basic(b"CP1:secret"), (b"CP1", b"secret")),
        (_basic(b"CP1:a:b:c"), (b"CP1", b"a:b:c")),
        (_basic(b"CP1:"), (b"CP1", b"")),
        (_basic(b"CP1:\xff\x00"), (b"CP1", b"\xff\x00")),
        (_basic(b"CP1:x").replace("Basic", "bAsIc  "), (b"CP1", b"x")),
    ],
)
def test_sec_006_bytes_are_split_at_the_first_colon(
    header: str, credentials: tuple[bytes, bytes]
) -> None:
    assert parse_basic(header) == credentials


@pytest.mark.parametrize(
    "header", ["", "Basic", "Bearer abc", "Basic !!!", "Basic Q1", _basic(b"no colon"), "Basic é"]
)
def test_sec_007_what_are_no_basic_credentials(header: str) -> None:
    assert parse_basic(header) is None
