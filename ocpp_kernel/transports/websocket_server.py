"""The WebSocket server of a central system, on asyncio.

server = WebSocketServer(central, "127.0.0.1", 9000)
async with server:
    await server.wait_closed()
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, cast
from weakref import WeakSet

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import MultipleValuesError
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from ocpp_kernel.central import UNKNOWN_STATION, WRONG_CREDENTIALS, Central
from ocpp_kernel.central_session import CentralSession
from ocpp_kernel.config import CentralSystemHost, password_bytes
from ocpp_kernel.store import StoreError
from ocpp_kernel.transports.connection import MAX_MESSAGE, TextConnection, logger
from ocpp_kernel.transports.identity import identity_of, parse_basic

#: Seconds between pings to a station; long enough for its own to make them unnecessary.
PING_INTERVAL = 60.0

#: Seconds a station has to answer a ping; slow cellular links need more than most defaults.
PING_TIMEOUT = 60.0

#: Seconds a station has for the WebSocket handshake, and for the closing handshake.
HANDSHAKE_TIMEOUT = 20.0
CLOSE_TIMEOUT = 5.0

_STATUS = {
    UNKNOWN_STATION: HTTPStatus.NOT_FOUND,
    WRONG_CREDENTIALS: HTTPStatus.UNAUTHORIZED,
}


class StationSocket(TextConnection, ServerConnection):
    """A station's connection; ``identity`` is known once its request was admitted."""

    identity = ""


class WebSocketServer:
    """Takes stations' connections and drives their sessions.

    ``ping_interval`` 0 sends no pings. ``max_message`` bounds what one station can make the
    server hold; a larger message ends its connection (1009). Compression is not negotiated
    (FRM-013): it costs more processor time per message than everything else together.
    """

    def __init__(
        self,
        central: Central,
        host: str = "127.0.0.1",
        port: int = 9000,
        *,
        ssl_context: ssl.SSLContext | None = None,
        ping_interval: float = PING_INTERVAL,
        ping_timeout: float = PING_TIMEOUT,
        max_message: int = MAX_MESSAGE,
    ) -> None:
        self.central = central
        self.host = host
        self._port = port
        self._ssl = ssl_context
        self._ping = (ping_interval or None, ping_timeout)
        self._max_message = max_message
        self._server: Server | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._sockets: WeakSet[StationSocket] = WeakSet()

    @classmethod
    def from_config(
        cls, central: Central, config: CentralSystemHost, ssl_context: ssl.SSLContext | None = None
    ) -> WebSocketServer:
        """A server as ``[central_system]`` describes it; raises ConfigError for a bad password."""
        passwords = {name: password_bytes(text) for name, text in config.passwords.items()}
        central.admit_only(config.identities, passwords)
        central.call_timeout = config.call_timeout
        return cls(
            central,
            config.host,
            config.port,
            ssl_context=ssl_context,
            ping_interval=config.ping_interval,
            max_message=config.max_message,
        )

    @property
    def port(self) -> int:
        """The port listened on; with port 0 the system's choice, once started."""
        if self._server is not None and self._server.sockets:
            return int(self._server.sockets[0].getsockname()[1])
        return self._port

    @property
    def url(self) -> str:
        """What stations connect to, before "/" and their identity."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ws' if self._ssl is None else 'wss'}://{host}:{self.port}"

    async def start(self) -> None:
        """Begins to listen. Raises OSError where that fails, ValueError without a protocol, and
        StoreError where what the central system stored cannot be restored."""
        if not self.central.subprotocols:
            raise ValueError("no plugin brings a WebSocket subprotocol; enable one that does")
        server = await serve(
            self._serve,
            self.host,
            self._port,
            create_connection=cast(type[StationSocket], self._make_socket),
            process_request=self._process_request,
            select_subprotocol=self._select_subprotocol,
            subprotocols=[Subprotocol(name) for name in self.central.subprotocols],
            compression=None,
            server_header=None,
            open_timeout=HANDSHAKE_TIMEOUT,
            ping_interval=self._ping[0],
            ping_timeout=self._ping[1],
            close_timeout=CLOSE_TIMEOUT,
            max_size=self._max_message,
            ssl=self._ssl,
            logger=logger,
            start_serving=False,
        )
        self._server = server
        try:
            self.central.start()
            await server.start_serving()
        except (StoreError, OSError):
            await self.stop()
            raise

    async def stop(self) -> None:
        """Closes every connection (1001, or at once if it is not open yet) and stops listening."""
        if self._server is not None:
            self._server.close()
            await asyncio.sleep(0)  # From here on nobody is let in.
            for socket in self._sockets:
                transport = getattr(socket, "transport", None)  # None before TLS is agreed.
                if transport is not None and socket.protocol.state is State.CONNECTING:
                    transport.abort()  # Who never ends a request would be waited for.
            await self._server.wait_closed()
        if self._closing:
            await asyncio.wait(self._closing)
        self.central.stop()

    async def wait_closed(self) -> None:
        """Returns once the server has been stopped."""
        if self._server is not None:
            await self._server.wait_closed()

    async def __aenter__(self) -> WebSocketServer:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    # The opening handshake.

    def _make_socket(self, *arguments: Any, **options: Any) -> StationSocket:
        socket = StationSocket(*arguments, **options)
        self._sockets.add(socket)
        return socket

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuses unknown identities and wrong credentials before any upgrade."""
        socket = cast(StationSocket, connection)
        identity = identity_of(request.path)
        if identity is None:
            return socket.respond(HTTPStatus.NOT_FOUND, "The path must end in an identity.\n")
        refusal = self._refusal(identity, request)
        if not refusal:
            socket.identity = identity
            return None
        self.central.log("info", f"{identity}: connection refused: {refusal}")
        response = socket.respond(_STATUS.get(refusal, HTTPStatus.FORBIDDEN), refusal + "\n")
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Basic realm="ocpp"'
        return response

    def _refusal(self, identity: str, request: Request) -> str:
        try:
            header = request.headers.get("Authorization")
        except MultipleValuesError:
            return WRONG_CREDENTIALS
        if header is None:
            return self.central.admit(identity, None)
        credentials = parse_basic(header)
        if credentials is None or credentials[0] != identity.encode():
            return self.central.admit(identity, None) or WRONG_CREDENTIALS
        return self.central.admit(identity, credentials[1])

    def _select_subprotocol(
        self, _: ServerConnection, offered: Sequence[Subprotocol]
    ) -> Subprotocol | None:
        """The first the station offers that is spoken here (FRM-005); None closes (FRM-006)."""
        for name in offered:
            if name in self.central.subprotocols:
                return name
        return None

    # An open connection.

    async def _serve(self, connection: ServerConnection) -> None:
        socket = cast(StationSocket, connection)
        if socket.subprotocol is None:
            socket.detach()
            self.central.log("warning", f"{socket.identity}: offers no subprotocol spoken here")
            await socket.close(CloseCode.PROTOCOL_ERROR, "no acceptable subprotocol")
            return
        peer = _Peer(self, socket)
        try:
            await socket.wait_closed()
        finally:
            peer.lost("server stopped")

    def close_later(self, socket: StationSocket, reason: str) -> None:
        """Begins the closing handshake without waiting for it."""
        task = asyncio.get_running_loop().create_task(
            socket.close(CloseCode.POLICY_VIOLATION, reason.encode()[:120].decode(errors="ignore"))
        )
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class _Peer:
    """Between one station's socket and its session: the link of one, the receiver of the other."""

    def __init__(self, server: WebSocketServer, socket: StationSocket) -> None:
        self._server = server
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self._timer: asyncio.TimerHandle | None = None
        self._reading = True  # Until attached, what is called out of turn waits for settle().
        self._session: CentralSession = server.central.connected(socket.identity, self)
        socket.attach(self)

    # As the receiver.

    def text(self, message: bytes) -> None:
        self._reading = True
        session = self._session
        session.heard_at = now = self.now()
        session.receive(message, now)

    def binary(self) -> None:
        self._server.central.log(
            "warning", f"{self._socket.identity}: a binary message was dropped; OCPP-J is text"
        )

    def settle(self) -> None:
        self._reading = False
        self._session.flush(self._socket.write)
        self._socket.push()
        if self._session.deadline is not None:
            self._arm(self._session.deadline)

    def lost(self, reason: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._server.central.disconnected(self._session, reason)

    # As the link.

    def wake(self) -> None:
        if not self._reading:
            self.settle()

    def close(self, reason: str) -> None:
        self.wake()
        self._server.close_later(self._socket, reason)

    def _arm(self, deadline: float) -> None:
        """One timer serves all calls: it is not moved when an answer arrives early."""
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self._session.closed:
            self._session.tick(self.now())
            self.settle()
