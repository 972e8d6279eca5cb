"""A bundled station on the emulator, and servers to connect it to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bundle.bundler import bundle
from device_bundle.emulator import Emulator
from ocpp_kernel.config import Config
from ocpp_kernel.plugins import discover

DATA = Path(__file__).parent / "data"
# Replaced in the bundle's text by the port of each test's server.
PORT = 65017
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#: Emulated seconds per second.
SPEED = 20
#: Seconds of this computer's that anything may take; a failed test, never a measurement.
PATIENCE = 100
#: Pings come every three seconds of this computer's otherwise, whatever a test is about.
NO_PINGS = "ping_interval = 0"


class Device:
    """One station; waits for what it says without blocking the event loop."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._seen = 0

    async def says(self, text: str) -> str:
        """The next line that contains `text`."""
        number = await asyncio.to_thread(self.emulator.wait_for, text, PATIENCE, self._seen)
        self._seen = number
        return self.emulator.lines[number - 1]

    def type(self, line: str) -> None:
        self.emulator.send_line(line)

    def lines_with(self, text: str) -> list[str]:
        return [line for line in self.emulator.lines if text in line]


class Server:
    """A WebSocket server in which a test holds every byte; one connection at a time."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[dict[str, str]] = []
        self._connections: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue()
        )
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._arrived, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            for _ in range(10):  # asyncio forgets whom it accepts in the moment in which it closes
                await asyncio.sleep(0)
            self._server.close()
            await self._server.wait_closed()
        for writer in self._writers:
            writer.transport.abort()
        ends = [writer.wait_closed() for writer in self._writers]
        await asyncio.gather(*ends, return_exceptions=True)
        self._writers = []

    async def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        await self._connections.put((reader, writer))

    async def request(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, dict[str, str]]:
        """The next upgrade request: its headers, by lower case name, and "target"."""
        reader, writer = await asyncio.wait_for(self._connections.get(), PATIENCE)
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)).decode()
        first, *rest = head.strip().split("\r\n")
        headers = {line.split(": ")[0].lower(): line.split(": ", 1)[1] for line in rest}
        headers["target"] = first.split(" ")[1]
        self.requests.append(headers)
        return reader, writer, headers

    async def accept(self, protocol: str = "ocpp1.6") -> Peer:
        """Complete the next handshake."""
        reader, writer, headers = await self.request()
        digest = hashlib.sha1(
            (headers["sec-websocket-key"] + GUID).encode(), usedforsecurity=False
        ).digest()
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n"
            b"Sec-WebSocket-Protocol: " + protocol.encode() + b"\r\n\r\n"
        )
        return Peer(reader, writer)

    async def refuse(self, status: int) -> None:
        """Answer the next request with an HTTP error."""
        _, writer, _ = await self.request()
        writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


class Peer:
    """The server's end of one WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, opcode: int, payload: bytes = b"", *, fin: bool = True) -> None:
        self.writer.write(frame(opcode, payload, fin=fin))

    async def receive(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame; checks that it is final and masked."""
        head = await self._read(2)
        assert head[0] & 0xF0 == 0x80
        assert head[1] & 0x80
        length = head[1] & 127
        if length == 126:
            length = int.from_bytes(await self._read(2), "big")
        mask = await self._read(4)
        payload = await self._read(length)
        return head[0] & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))

    async def ended(self) -> bool:
        """Waits until the device has closed the socket."""
        return await asyncio.wait_for(self.reader.read(1), PATIENCE) == b""

    async def _read(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), PATIENCE)


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    head = bytes([(0x80 if fin else 0) | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload


@pytest.fixture(scope="session")
def bundle_of(made_once: Callable[..., Path]) -> Callable[[str], Path]:
    """Makes, once for each, the probe's bundle with these lines of [charge_point] and [device]."""

    def bundle_with(charge_point: str) -> Path:
        def make(folder: Path) -> None:
            shutil.copy(DATA / "probe.py", folder)
            off = "".join(f"{found.name} = false\n" for found in discover(Config()))
            (folder / "ocpp.toml").write_text(
                f'[profiles]\n{off}[plugins]\nload = ["./probe.py"]\n'
                f"[charge_point]\n{charge_point}\n"
            )
            bundle(folder / "ocpp.toml", folder / "out")

        digest = hashlib.sha256(charge_point.encode()).hexdigest()
        return made_once(f"probe-{digest[:16]}", make) / "out"

    return bundle_with


@pytest.fixture
def device(bundle_of: Callable[[str], Path], tmp_path: Path) -> Iterator[Callable[..., Device]]:
    """Starts a station that connects to a port; options go to the emulated modules."""
    started: list[Emulator] = []

    def start(
        port: int,
        *,
        url: str = f'url = "ws://127.0.0.1:{PORT}/ocpp"',
        more: str = 'identity = "CP001"',
        settings: str = NO_PINGS,
        network: bool = True,
        texts: bool = True,
        **options: Any,
    ) -> Device:
        copy = tmp_path / f"bundle{len(started)}"
        shutil.copytree(bundle_of(f"{url}\n{more}\n[device]\n{settings}") / "usr", copy)
        for path in copy.iterdir():
            path.write_text(path.read_text().replace(str(PORT), str(port)))
        if not texts:
            (copy / "texts.txt").unlink()
        emulator = Emulator(copy, data=tmp_path / "flash", speed=SPEED, options=options)
        started.append(emulator)
        if not network:
            emulator.set_network(False)
        emulator.start()
        return Device(emulator)

    yield start
    for emulator in started:
        emulator.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A listening `Server`."""
    made = Server()
    await made.start()
    yield made
    await made.stop()
