"""A protocol of one action, so that transports are tested without any profile of OCPP."""

# No postponed annotations here: NotRequired must be seen when a TypedDict is made.

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pytest
from websockets.asyncio.client import ClientConnection, connect

from ocpp_kernel import schema
from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.contracts import BOTH, Action
from ocpp_kernel.errors import NotSupported
from ocpp_kernel.transports.http_endpoint import Endpoint, below
from ocpp_kernel.transports.http_limits import Limits
from ocpp_kernel.transports.transfers import Options, Transfers
from ocpp_kernel.transports.websocket_server import WebSocketServer

SUBPROTOCOL = "toy1"


class SayRequest(TypedDict):
    """``wait``: answer late; ``fail``: refuse."""

    text: str
    wait: NotRequired[bool]
    fail: NotRequired[bool]


class SayResponse(TypedDict):
    text: str


Say = Action("Say", SayRequest, SayResponse, sent_by=BOTH)


class Toy:
    """The central system's side; :attr:`release` lets the slow answers go."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.said: list[tuple[str, str]] = []
        self.cancelled = 0

    def on_say(
        self, station: ConnectedStation, request: SayRequest
    ) -> SayResponse | Awaitable[SayResponse]:
        self.said.append((station.identity, request["text"]))
        if request.get("fail"):
            raise NotSupported("as asked")
        if request.get("wait"):
            return self._later(request)
        return {"text": request["text"].upper()}

    async def _later(self, request: SayRequest) -> SayResponse:
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return {"text": request["text"].upper()}


class House:
    """A central system, its server, and what they told."""

    subprotocol = SUBPROTOCOL
    Say = Say

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []
        self.events: list[Any] = []
        self.toy = Toy()
        self.central = Central(MsgspecCodec(), lambda level, text: self.log.append((level, text)))
        self.central.install(
            schema.contracts_of([Say]),
            {"Say": self.toy.on_say},
            {"ocpp_on_event": (self.events.append,)},
            (),
            check=schema.check,
        )
        self.central.subprotocols = (SUBPROTOCOL,)
        self.server = WebSocketServer(self.central, "127.0.0.1", 0)

    def connect(
        self, path: str = "/CP1", **options: Any
    ) -> AbstractAsyncContextManager[ClientConnection]:
        """A bare WebSocket client, to say anything at all."""
        options.setdefault("subprotocols", [SUBPROTOCOL])
        return connect(self.server.url + path, proxy=None, **options)

    @staticmethod
    def say(call_id: str, text: str, **more: Any) -> str:
        """A CALL as a text."""
        return json.dumps([2, call_id, "Say", {"text": text, **more}])

    @staticmethod
    async def ask(socket: ClientConnection, text: str) -> Any:
        """What is answered to a text."""
        await socket.send(text)
        return json.loads(await socket.recv())

    async def upgraded(self, identity: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose peer does nothing by itself."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(
            f"GET /{identity} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    @staticmethod
    def frame(text: str) -> bytes:
        """A masked text frame; a mask of zeros leaves the payload as it is."""
        data = text.encode()
        return b"\x81\xfe" + len(data).to_bytes(2, "big") + bytes(4) + data

    async def station(self, identity: str = "CP1") -> ConnectedStation:
        """The station, once the server has it."""
        await self.until(lambda: identity in self.central.stations)
        return self.central.stations[identity]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for what the event loop is about to do; the test's time-out is the limit."""
        while not condition():
            await asyncio.sleep(0.001)


@asynccontextmanager
async def opened(house: House) -> AsyncIterator[House]:
    async with house.server:
        yield house


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A central system that listens on loopback."""
    async with opened(House()) as it:
        yield it


@pytest.fixture
def closed_house() -> House:
    """The same, not listening yet."""
    return House()


Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answered_by(speak: Speak, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Host and port of a server that speaks like this to each peer; it ends once all is said."""
    conversations: list[asyncio.Task[None]] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.append(asyncio.ensure_future(converse(reader, writer)))

    async with await asyncio.start_server(arrived, "127.0.0.1", 0, ssl=tls) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for _ in range(10):  # asyncio forgets whom it accepts in the moment in which it closes
            await asyncio.sleep(0)
    await asyncio.gather(*conversations, return_exceptions=True)


@pytest.fixture
def answering() -> Callable[..., AbstractAsyncContextManager[str]]:
    """``async with answering(speak) as address``: a server in which a test holds every byte."""
    return answered_by


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Where what is fetched is put."""
    return tmp_path / "files"


@pytest.fixture
def transfers(files: Path) -> Transfers:
    """The proxies of this computer's configuration would not reach the servers of tests."""
    return Transfers(files, Options(timeout=60, proxies=False))


class Recorder(Endpoint):
    """Has ``content`` at /fw.bin, notes requests' headers, and breaks downloads off as told."""

    content = bytes(range(256)) * 2000
    cut_after: int | None = None

    def __init__(self, folder: Path) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        super().__init__(
            lambda path: below(folder, path),
            lambda path: below(folder / "in", path),
            lambda path, file: None,
            Limits(1_000_000),
            lambda level, text: None,
        )

    async def _head(self, reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
        request = await super()._head(reader)
        self.requests.append(request)
        return request

    async def _copy_out(self, source: Any, start: int, size: int, writer: Any) -> None:
        cut, self.cut_after = self.cut_after, None
        await super()._copy_out(source, start, size if cut is None else cut, writer)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Recorder]:
    folder = tmp_path / "server"
    folder.mkdir()
    made = Recorder(folder)
    (folder / "fw.bin").write_bytes(made.content)
    await made.start("127.0.0.1", 0)
    yield made
    await made.stop()
