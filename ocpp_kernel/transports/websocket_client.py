"""The asyncio shell of a charge point: socket, clock, reconnecting, restarting.

client = WebSocketClient(make_station, "ws://127.0.0.1:9000")
await client.run()          # until cancelled
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from typing import Literal, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidMessage, InvalidStatus, WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from ocpp_kernel.station import Station
from ocpp_kernel.transports.clock import Clock
from ocpp_kernel.transports.connection import MAX_MESSAGE, TextConnection, logger
from ocpp_kernel.transports.identity import basic_authorization, connection_url, key_bytes

#: Configuration keys the shell obeys, where a plugin declares them (FRM-042, FRM-011).
PING_KEY = "WebSocketPingInterval"
PASSWORD_KEY = "AuthorizationKey"  # noqa: S105 - a key's name, no password

#: Seconds to wait for TCP, TLS and the WebSocket handshake, and for the closing handshake.
OPEN_TIMEOUT = 30.0
CLOSE_TIMEOUT = 3.0


class ClientSocket(TextConnection, ClientConnection):
    """A connection to a central system."""


class Backoff:
    """Growing delays between attempts to connect, each a little off so that stations that lost
    the same central system do not all return at once (FRM-009).

    Doubles from ``first`` to ``limit`` seconds; ``jitter`` is the share a delay may be off.
    """

    def __init__(
        self,
        first: float = 1.0,
        limit: float = 120.0,
        jitter: float = 0.25,
        spread: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first = first
        self._limit = limit
        self._jitter = jitter
        self._spread = spread
        self._next = first

    def next(self) -> float:
        """How many seconds to wait now."""
        base, self._next = self._next, min(self._limit, self._next * 2)
        return base * self._spread(1 - self._jitter, 1 + self._jitter)

    def reset(self) -> None:
        """The connection works: the next delay is the first again."""
        self._next = self._first


class WebSocketClient:
    """Runs one charge point.

    ``make_station`` builds the station, not started; it is asked again after each restart the
    station wishes, since a restart begins with fresh objects and the state that was stored.
    ``url`` is the endpoint without the identity. ``clock`` may run faster than real; the network's
    time does not: pings, time-outs and the delays between attempts to connect are real seconds.
    ``password`` is sent until the station has an AuthorizationKey. ``ssl_context`` is for wss
    URLs; without one the server's certificate is checked as the system does.
    ``proxy`` True takes what the environment says, None goes without.

    Raises ValueError for a URL that is none.
    """

    def __init__(
        self,
        make_station: Callable[[], Station],
        url: str,
        *,
        subprotocols: Sequence[str] | None = None,
        clock: Clock | None = None,
        password: bytes = b"",
        backoff: Backoff | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | Literal[True] | None = True,
        max_message: int = MAX_MESSAGE,
    ) -> None:
        self._make_station = make_station
        self._endpoint = url
        self._subprotocols = subprotocols
        self.clock = clock if clock is not None else Clock()
        self._password = password
        self._backoff = backoff if backoff is not None else Backoff()
        self._ssl = ssl_context
        self._proxy = proxy
        self._max_message = max_message
        self.station = make_station()
        self.socket: ClientSocket | None = None
        #: How often a connection was opened, for whoever watches.
        self.connections = 0
        self.url = connection_url(url, self.station.identity)
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._armed: float | None = None
        self._pings: asyncio.TimerHandle | None = None
        self._ping_interval = 0

    async def run(self) -> None:
        """Runs the charge point without end; cancelling it disconnects and stops."""
        cause = "PowerUp"
        while True:
            self.station.start(self.clock.now(), cause)
            try:
                self._settle()
                await self._stay_connected()
            finally:
                self._stop_timers()
            cause = self.station.exit or cause
            self.station.log("info", f"{self.station.identity}: restarts ({cause})")
            self.station = self._make_station()

    def do(self, action: Callable[[Station], None]) -> None:
        """Has something done to the station from outside its own doings, in the same thread."""
        self.station.now = self.clock.now()
        action(self.station)
        self._settle()

    # One run of the station, from start to restart.

    async def _stay_connected(self) -> None:
        self._backoff.reset()
        while self.station.exit is None:
            socket = await self._connect()
            if socket is not None:
                await self._talk(socket)
            if self.station.exit is None:
                wanted, self.station.reconnect_wanted = self.station.reconnect_wanted, False
                await self._pause(0 if wanted else self._backoff.next())

    async def _pause(self, seconds: float) -> None:
        """Waits unless the station asks for a restart or a connection before."""
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return

    async def _connect(self) -> ClientSocket | None:
        """An open connection that speaks one of our subprotocols, or None; never raises."""
        offered = self._offered()
        try:
            connection = await connect(
                self.url,
                create_connection=ClientSocket,
                subprotocols=[Subprotocol(name) for name in offered],
                additional_headers=self._headers(),
                user_agent_header=None,
                compression=None,
                open_timeout=OPEN_TIMEOUT,
                close_timeout=CLOSE_TIMEOUT,
                ping_interval=None,
                max_size=self._max_message,
                ssl=(self._ssl or True) if self.url.startswith("wss:") else None,
                proxy=self._proxy,
                logger=logger,
            )
        except (OSError, WebSocketException) as error:
            self._log(f"cannot connect to {self.url}: {_explain(error)}")
            return None
        socket = cast(ClientSocket, connection)
        if socket.subprotocol is None:
            socket.detach()
            self._log(f"{self.url} speaks none of {', '.join(offered)}; closing")
            await socket.close(CloseCode.PROTOCOL_ERROR, "no subprotocol agreed upon")
            return None
        return socket

    async def _talk(self, socket: ClientSocket) -> None:
        """Drives the station until the connection ends, or the station wants it to."""
        self.socket = socket
        self.connections += 1
        self._changed.clear()
        try:
            self.station.connected(self.clock.now())
            socket.attach(self)
            await self._changed.wait()
        finally:
            socket.detach()
            self.lost("closed by the charge point")
            self._settle()
            await socket.close()

    def _offered(self) -> Sequence[str]:
        if self._subprotocols is not None:
            return self._subprotocols
        return self.station.subprotocols

    def _headers(self) -> dict[str, str]:
        """Basic credentials, if there is a password (FRM-011)."""
        key = self.station.configuration.get(PASSWORD_KEY, "")
        password = key_bytes(key) if key else self._password
        if not password:
            return {}
        return {"Authorization": basic_authorization(self.station.identity, password)}

    # As the socket's receiver.

    def text(self, message: bytes) -> None:
        """A message came; it proves that the connection works."""
        self._backoff.reset()
        self.station.receive(message, self.clock.now())

    def binary(self) -> None:
        """Not part of OCPP-J."""
        self._log("a binary message was dropped; OCPP-J is text")

    def settle(self) -> None:
        """The messages of this turn are handed over."""
        self._settle()

    def lost(self, reason: str) -> None:
        """The connection is gone."""
        if self.socket is not None:
            self.socket = None
            self.station.disconnected(self.clock.now(), reason)
            self._changed.set()
            self._settle()

    # Output, timers and pings.

    def _settle(self) -> None:
        """Writes what the station has to say and does what it asks for."""
        station = self.station
        if self.socket is not None:
            station.flush(self.socket.write)
            self.socket.push()
        if station.exit is not None or station.reconnect_wanted:
            self._changed.set()
        self._arm()
        self._watch_pings()

    def _arm(self) -> None:
        deadline = self.station.deadline
        if deadline == self._armed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._armed = deadline
        if deadline is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.clock.delay(deadline), self._tick)

    def _tick(self) -> None:
        self._timer = self._armed = None
        self.station.tick(self.clock.now())
        self._settle()

    def _watch_pings(self) -> None:
        """Follows the ping interval as configured now; 0 sends none (FRM-042)."""
        interval = self.station.configuration.get(PING_KEY, 0) if self.socket is not None else 0
        if interval == self._ping_interval:
            return
        self._ping_interval = interval
        if self._pings is not None:
            self._pings.cancel()
            self._pings = None
        if interval > 0 and self.socket is not None:
            self.socket.heard = True
            self._pings = asyncio.get_running_loop().call_later(interval, self._ping)

    def _ping(self) -> None:
        """Sends a ping; where nothing answered the last one, the socket is dead (FRM-044)."""
        self._pings = None
        socket = self.socket
        if socket is None:
            return
        if not socket.heard:
            self._log(f"no answer to a ping in {self._ping_interval} s; connecting anew")
            socket.transport.abort()
            return
        socket.heard = False
        socket.send_ping()
        self._pings = asyncio.get_running_loop().call_later(self._ping_interval, self._ping)

    def _stop_timers(self) -> None:
        for handle in (self._timer, self._pings):
            if handle is not None:
                handle.cancel()
        self._timer = self._pings = self._armed = None
        self._ping_interval = 0

    def _log(self, sentence: str) -> None:
        self.station.log("warning", f"{self.station.identity}: {sentence}")


def _explain(error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        meaning = {401: "credentials missing or wrong", 404: "this identity is not known there"}
        return f"HTTP {status}" + (f", {meaning[status]}" if status in meaning else "")
    for kind, meant in _MEANT:
        if isinstance(error, kind):
            return meant
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"certificate verify failed: {error.verify_message}"
        return f"{why}; charge_point.trust names the certificates to trust"
    strerror = getattr(error, "strerror", None)
    return str(strerror or error) or type(error).__name__


#: What errors without a helpful text stand for when a connection is made.
_MEANT: tuple[tuple[type[Exception], str], ...] = (
    (ConnectionRefusedError, "connection refused: nobody listens there"),
    (ConnectionResetError, "closed by the other side; it may want ws:// rather than wss://"),
    (InvalidMessage, "no HTTP answer; it may want wss:// rather than ws://, or be no web server"),
)
