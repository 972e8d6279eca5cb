"""The opening handshake: OCPP-J 3.1 and 3.2, RFC 6455 section 4."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bundle.runtime.handshake import (
    HandshakeError,
    ResponseReader,
    accept_value,
    basic_credentials,
    build_request,
    parse_url,
    percent_encode,
    request_target,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def to_base64(data: bytes) -> bytes:
    return base64.b64encode(data) + b"\n"


def target(url: str, identity: str) -> str:
    return request_target(parse_url(url), identity)


def response(**changes: str | None) -> bytes:
    headers: dict[str, str | None] = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": ACCEPT,
        "Sec-WebSocket-Protocol": "ocpp1.6",
    }
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, "", ""]).encode()


def check(data: bytes, subprotocols: tuple[str, ...] = ("ocpp1.6",)) -> str:
    reader = ResponseReader()
    done = [reader.feed(data[i : i + 1]) for i in range(len(data))]
    assert done.index(True) == len(data) - 1, "complete with the last byte, not before"
    return reader.check(ACCEPT, subprotocols)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("ws://h", (False, "h", 80, "/", "")),
        ("wss://h/", (True, "h", 443, "/", "")),
        ("WSS://h:8443/a/b", (True, "h", 8443, "/a/b", "")),
        ("ws://10.0.0.1:9000/ocpp?site=4&x=/", (False, "10.0.0.1", 9000, "/ocpp", "site=4&x=/")),
        ("ws://[2001:db8::1]:90/x", (False, "2001:db8::1", 90, "/x", "")),
        ("ws://[::1]", (False, "::1", 80, "/", "")),
        ("ws://h?q", (False, "h", 80, "/", "q")),
    ],
)
def test_urls_are_taken_apart(url: str, parts: tuple[object, ...]) -> None:
    assert tuple(parse_url(url)) == parts


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "ws:// or wss://"),
        ("http://h/", "ws:// or wss://"),
        ("h:9000", "ws:// or wss://"),
        ("ws://", "host is missing"),
        ("ws://:80/", "host is missing"),
        ("ws://h:0/", "port"),
        ("ws://h:65536/", "port"),
        ("ws://h:80x/", "port"),
        ("ws://h:/", "port"),
        ("ws://[::1/", "IPv6"),
        ("ws://[::1]80/", "IPv6"),
        ("ws://user:secret@h/", "password"),
        ("ws://h/a#b", "'#'"),
        ("ws://h/a b", "blanks"),
        ("ws://h/\r\nX-Evil: 1", "blanks"),
        ("ws://h/é", "non-ASCII"),
    ],
)
def test_urls_that_cannot_be_used_say_why(url: str, says: str) -> None:
    with pytest.raises(ValueError, match="url") as caught:
        parse_url(url)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_frm_001_url_is_path_slash_identity() -> None:
    assert target("wss://h/ocppj", "RDAM 123") == "/ocppj/RDAM%20123"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ws://h", "/CP1"),
        ("ws://h/", "/CP1"),
        ("ws://h/ocpp/", "/ocpp/CP1"),
        ("ws://h/a/b//", "/a/b/CP1"),
        ("ws://h/ocpp?site=4", "/ocpp/CP1?site=4"),
    ],
)
def test_frm_002_identity_goes_into_the_path(url: str, expected: str) -> None:
    assert target(url, "CP1") == expected


@pytest.mark.parametrize(
    ("identity", "escaped"),
    [
        ("a/b", "a%2Fb"),
        ("50%", "50%25"),
        ("what?", "what%3F"),
        ("#1", "%231"),
        ("é电", "%C3%A9%E7%94%B5"),
        ("a-b.c_d~e", "a-b.c_d~e"),
        ("a+b:c@d", "a%2Bb%3Ac%40d"),
        ("x\r\nEvil: 1", "x%0D%0AEvil%3A%201"),
    ],
)
def test_frm_002_identity_is_escaped(identity: str, escaped: str) -> None:
    assert target("ws://h/p", identity) == f"/p/{escaped}"


@given(st.text(min_size=1))
def test_frm_003_unescaping_gives_the_identity_back(identity: str) -> None:
    try:
        identity.encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair is not a text
    path = urlsplit("ws://h" + target("ws://h/p", identity)).path
    assert unquote(path[len("/p/") :]) == identity
    assert percent_encode(identity).isascii()


def test_an_empty_identity_is_refused() -> None:
    with pytest.raises(ValueError, match="identity"):
        target("ws://h", "")


def test_sec_005_password_is_the_raw_bytes() -> None:
    password = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    value = basic_credentials("AL1000", password, to_base64)
    assert value == "Basic QUwxMDAwOgABAgMEBQYH////////////////"


def test_sec_004_identity_with_a_colon_cannot_have_a_password() -> None:
    with pytest.raises(ValueError, match=":"):
        basic_credentials("a:b", b"x", to_base64)


def test_frm_004_request_offers_subprotocols_in_order() -> None:
    endpoint = parse_url("ws://h:9000/x")
    request = build_request(endpoint, "/x/CP1", KEY, ("ocpp1.6", "ocpp1.5"), "Basic abc")
    lines = request.decode().split("\r\n")
    assert lines[0] == "GET /x/CP1 HTTP/1.1"
    assert lines[-2:] == ["", ""]
    assert set(lines[1:-2]) == {
        "Host: h:9000",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: ocpp1.6, ocpp1.5",
        "Authorization: Basic abc",
    }


@pytest.mark.parametrize(
    ("url", "host"),
    [("ws://h:80", "h"), ("wss://h:443", "h"), ("wss://h:80", "h:80"), ("ws://[::1]:9", "[::1]:9")],
)
def test_host_header(url: str, host: str) -> None:
    request = build_request(parse_url(url), "/x", KEY, ("ocpp1.6",), "")
    assert f"\r\nHost: {host}\r\n".encode() in request
    assert b"Authorization" not in request


@pytest.mark.parametrize("offered", [(), ("",), ("ocpp1.6\r\nX: 1",), ("a b",), ("a,b",)])
def test_a_subprotocol_must_be_a_token(offered: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="subprotocol"):
        build_request(parse_url("ws://h"), "/x", KEY, offered, "")


def test_accept_value_is_the_one_of_the_rfc() -> None:
    assert (
        accept_value(
            KEY, lambda data: hashlib.sha1(data, usedforsecurity=False).digest(), to_base64
        )
        == ACCEPT
    )


def test_a_good_answer_gives_the_subprotocol() -> None:
    assert check(response()) == "ocpp1.6"
    assert check(response(), ("ocpp2.0.1", "ocpp1.6")) == "ocpp1.6"


def test_names_and_tokens_of_headers_have_no_case() -> None:
    data = response(Connection="keep-alive, UPGRADE", Upgrade="WebSocket")
    assert check(data.replace(b"Sec-WebSocket-Accept", b"sec-websocket-ACCEPT")) == "ocpp1.6"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Sec_WebSocket_Accept": None}, "Accept"),
        ({"Sec_WebSocket_Accept": "AAAA"}, "Accept"),
        ({"Upgrade": None}, "Upgrade"),
        ({"Upgrade": "h2c"}, "Upgrade"),
        ({"Connection": "close"}, "Connection"),
        ({"Sec_WebSocket_Extensions": "permessage-deflate"}, "extension"),
    ],
)
def test_a_handshake_with_faults_is_refused(changes: dict[str, str | None], says: str) -> None:
    with pytest.raises(HandshakeError) as caught:
        check(response(**changes))
    assert says in str(caught.value)


@pytest.mark.parametrize("agreed", [None, "ocpp2.0.1", "ocpp1.6.0", "ocpp1.6, ocpp2.0.1", ""])
def test_frm_007_missing_or_unoffered_subprotocol_is_refused(agreed: str | None) -> None:
    with pytest.raises(HandshakeError) as caught:
        check(response(Sec_WebSocket_Protocol=agreed))
    assert "subprotocol" in str(caught.value)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 429, 500, 503])
def test_frm_009_http_refusals_carry_their_status(status: int) -> None:
    with pytest.raises(HandshakeError) as caught:
        check(f"HTTP/1.1 {status} Nope\r\nContent-Length: 0\r\n\r\n".encode())
    assert caught.value.status == status
    assert str(status) in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"\x15\x03\x01\xff\r\n\r\n", b"\r\n\r\n"],
)
def test_an_answer_that_is_not_http_is_refused(data: bytes) -> None:
    with pytest.raises(HandshakeError) as caught:
        check(data)
    assert "HTTP" in str(caught.value)


def test_an_endless_answer_is_given_up() -> None:
    reader = ResponseReader()
    with pytest.raises(HandshakeError):
        for _ in range(100_000):
            reader.feed(b"x")
