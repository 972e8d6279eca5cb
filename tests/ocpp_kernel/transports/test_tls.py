"""Both shells over TLS, with a certificate made for the occasion."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel import schema
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station
from ocpp_kernel.transports.websocket_client import Backoff, WebSocketClient
from ocpp_kernel.transports.websocket_server import WebSocketServer

#: A central system of a protocol of one action; see conftest.py.
House = Any


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"openssl could not make a certificate: {done.stderr.strip()[-200:]}")
    return certificate, key


@pytest.fixture
def tls_house(closed_house: House, certificate: tuple[Path, Path]) -> House:
    """The central system behind TLS, not listening yet."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    closed_house.server = WebSocketServer(closed_house.central, "127.0.0.1", 0, ssl_context=context)
    return closed_house


def make_client(house: House, log: list[str], trusted: Path | None) -> WebSocketClient:
    def build() -> Station:
        station = Station(
            "CP1", MsgspecCodec(), MemoryStore(), lambda level, text: log.append(text)
        )
        station.install(
            schema.contracts_of([house.Say]),
            {"Say": lambda request: {"text": request["text"].upper()}},
            {},
            (),
            check=schema.check,
        )
        return station

    return WebSocketClient(
        build,
        house.server.url,
        subprotocols=[house.subprotocol],
        ssl_context=None if trusted is None else ssl.create_default_context(cafile=trusted),
        backoff=Backoff(0.01),
        proxy=None,
    )


async def test_calls_travel_over_tls(tls_house: House, certificate: tuple[Path, Path]) -> None:
    async with tls_house.server:
        assert tls_house.server.url.startswith("wss://127.0.0.1:")
        task = asyncio.create_task(make_client(tls_house, [], certificate[0]).run())
        station = await tls_house.station()
        text = "x" * 200_000
        answer = await station.call(tls_house.Say({"text": text}))
        assert answer["text"] == text.upper()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_certificate_nobody_trusts_is_refused_and_retried(tls_house: House) -> None:
    log: list[str] = []
    async with tls_house.server:
        task = asyncio.create_task(make_client(tls_house, log, None).run())
        await tls_house.until(lambda: len(log) >= 2)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert "certificate verify failed" in log[0]
    assert tls_house.central.stations == {}


def test_sec_016_nothing_below_tls_1_2_by_default() -> None:
    assert ssl.create_default_context().minimum_version >= ssl.TLSVersion.TLSv1_2
