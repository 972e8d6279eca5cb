"""TLS: what is handed to the firmware, and the pinned certificate (SEC-015)."""

from __future__ import annotations

import binascii
import hashlib
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from device_bundle.runtime.handshake import HandshakeError

CERTIFICATE = b"a certificate"
PIN = hashlib.sha256(CERTIFICATE).hexdigest()


class FakeTls:
    closed = False

    def close(self) -> None:
        self.closed = True


class ShowingTls(FakeTls):
    certificate: bytes | None = CERTIFICATE

    def getpeercert(self, binary: bool) -> bytes | None:
        assert binary
        return self.certificate


class FakeSsl(ModuleType):
    def __init__(self) -> None:
        super().__init__("ussl")
        self.calls: list[tuple[Any, dict[str, Any]]] = []
        self.tls: FakeTls = ShowingTls()

    def wrap_socket(self, socket: Any, **arguments: Any) -> FakeTls:
        self.calls.append((socket, arguments))
        return self.tls


@pytest.fixture
def ussl(monkeypatch: pytest.MonkeyPatch) -> FakeSsl:
    fake = FakeSsl()
    monkeypatch.setitem(sys.modules, "ussl", fake)
    monkeypatch.setitem(sys.modules, "uhashlib", hashlib)
    monkeypatch.setitem(sys.modules, "ubinascii", binascii)
    return fake


@pytest.fixture
def tls(ussl: FakeSsl) -> Iterator[Any]:
    names = ("device_bundle.runtime.tls", "device_bundle.runtime.pinning")
    for name in names:
        sys.modules.pop(name, None)
    yield importlib.import_module(names[0])
    for name in names:
        del sys.modules[name]


def test_the_server_learns_which_host_is_meant(tls: Any, ussl: FakeSsl) -> None:
    assert tls.wrapper("", "", "")("socket", "csms.example") is ussl.tls
    assert ussl.calls == [("socket", {"server_hostname": "csms.example"})]


def test_a_client_certificate_is_presented(tls: Any, ussl: FakeSsl) -> None:
    tls.wrapper("CERT", "KEY", "")("socket", "h")
    assert ussl.calls[0][1] == {"server_hostname": "h", "cert": "CERT", "key": "KEY"}


@pytest.mark.parametrize(
    "pin", [PIN, PIN.upper(), ":".join(PIN[i : i + 2] for i in range(0, 64, 2))]
)
def test_sec_015_the_pinned_certificate_is_accepted(tls: Any, ussl: FakeSsl, pin: str) -> None:
    assert tls.wrapper("", "", pin)("socket", "h") is ussl.tls
    assert not ussl.tls.closed


def test_sec_015_another_certificate_is_refused(tls: Any, ussl: FakeSsl) -> None:
    with pytest.raises(HandshakeError, match="not the expected one"):
        tls.wrapper("", "", "0" * 64)("socket", "h")
    assert ussl.tls.closed


@pytest.mark.parametrize("silent", [FakeTls(), ShowingTls()])
def test_sec_015_firmware_that_hides_the_certificate_is_refused(
    tls: Any, ussl: FakeSsl, silent: FakeTls
) -> None:
    ussl.tls = silent
    if isinstance(silent, ShowingTls):
        silent.certificate = None
    with pytest.raises(HandshakeError, match="does not show"):
        tls.wrapper("", "", PIN)("socket", "h")
    assert silent.closed


def test_firmware_without_tls_cannot_connect_but_starts_all_the_same(
    tls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A charge point that started again and again for want of TLS would not even charge offline."""
    monkeypatch.setitem(sys.modules, "ussl", None)
    wrap = tls.wrapper("", "", "")
    with pytest.raises(HandshakeError, match="this firmware has none; use a ws:// address"):
        wrap("socket", "h")
