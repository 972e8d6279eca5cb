"""The main loop: one thread that owns the socket, the clock and the station. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_bundle.runtime.backoff import Backoff
from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.websocket import CLOSE_GOING_AWAY, CLOSE_NORMAL, WebSocket
from ocpp_kernel import events

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from device_bundle.runtime.clock import Clock
    from device_bundle.runtime.settings import Settings
    from ocpp_kernel.station import Station

    class Machine(Protocol):
        """What the loop needs of a `board.Board`."""

        def random(self, bits: int, /) -> int: ...

        def from_hex(self, digits: str, /) -> bytes: ...

        def network_ready(self) -> bool: ...

        def restart_network(self) -> None: ...

        def feed(self) -> None: ...

        def log(self, level: str, text: str, /) -> None: ...

        def read_command(self) -> str | None: ...

    class Opener(Protocol):
        """What the loop needs of a `connector.Connector`."""

        def begin(self, password: bytes, now: int, /) -> None: ...

        def poll(self, now: int, report: Callable[[str], object], /) -> WebSocket | None: ...

        def abort(self) -> None: ...


# Milliseconds of a turn without a socket to wait on.
_IDLE = 200
# Turns in a row that may fail before the software gives itself up and restarts.
_FAULTS = 20
# Seconds without a network after which the radio is restarted, again and again.
_NETWORK_PATIENCE = 300
# Moments (200 ms) the peer is given to answer our closing frame.
_CLOSING = 10


class Loop:
    """Drives one station. A turn takes about 200 ms when nothing happens, less when it does."""

    def __init__(
        self, station: Station, clock: Clock, board: Machine, opener: Opener, settings: Settings
    ) -> None:
        self._station = station
        self._clock = clock
        self._board = board
        self._opener = opener
        self._settings = settings
        self._backoff = Backoff(settings.retry_minimum, settings.retry_maximum, board.random)
        self._socket: WebSocket | None = None
        self._send: Callable[[str], None] | None = None
        self._opening = False
        self._retry_at = clock.now()
        self._since = 0
        self._second = -1
        self._network_since = clock.now()
        self._faults = 0

    def run(self) -> str:
        """Turn until a restart is wanted; returns its kind, "Soft" or "Hard".

        Nothing a turn raises ends the loop: it is logged and the connection made anew. Only
        when every turn fails the answer is a restart.
        """
        while True:
            try:
                exit_kind = self.turn()
                self._faults = 0
            except Exception as error:  # noqa: BLE001  # a station must stay alive
                exit_kind = self._survive(error)
            if exit_kind is not None:
                try:
                    self._leave()
                except Exception:  # noqa: BLE001  # the restart comes all the same
                    self._abort()
                return exit_kind

    def turn(self) -> str | None:
        """Once round: receive, do what is due, send. Returns the kind of restart wanted."""
        station = self._station
        clock = self._clock
        now = clock.now()
        socket = self._socket
        self._board.feed()
        if socket is not None:
            text = socket.receive()
            now = clock.now()
            if text is not None:
                station.receive(text, now)
        elif self._opening or now >= self._retry_at:
            self._connect(now)
            now = clock.now()
        else:
            clock.sleep(_IDLE)
            now = clock.now()
        line = self._board.read_command()
        if line is not None:
            station.now = now
            station.emit(events.Command(line))
        station.tick(now)
        if self._socket is not None:
            self._serve(self._socket, now)
        return station.exit

    def _serve(self, socket: WebSocket, now: int) -> None:
        """Send what is due, keep the connection alive, and notice its end."""
        station = self._station
        if self._send is not None:
            station.flush(self._send)
        if now != self._second:
            self._second = now
            interval = station.configuration.get("WebSocketPingInterval", None)
            socket.ping_interval = self._settings.ping_interval if interval is None else interval
            socket.tick(now)
        if station.exit is None and station.reconnect_wanted:
            station.reconnect_wanted = False
            socket.close(CLOSE_NORMAL, "reconnecting")
            self._drop(now)
            self._retry_at = now
        elif not socket.open:
            self._drop(now)

    def _connect(self, now: int) -> None:
        """Begin an attempt to connect, or see what became of it."""
        board = self._board
        try:
            if not self._opening:
                if not board.network_ready():
                    self._await_network(now)
                    return
                self._network_since = now
                self._opener.begin(self._password(), now)
                self._opening = True
                return
            socket = self._opener.poll(now, self._refused)
        except (HandshakeError, OSError, ValueError) as error:
            self._opening = False
            delay = self._backoff.next()
            self._retry_at = self._clock.now() + delay
            board.log("warning", f"no connection: {error}; next attempt in {delay} s")
            return
        if socket is not None:
            self._opening = False
            self._since = now
            self._socket = socket
            self._send = socket.send
            board.log("info", "connected to the central system")
            self._station.connected(now)

    def _await_network(self, now: int) -> None:
        if now - self._network_since >= _NETWORK_PATIENCE:
            self._network_since = now
            self._board.log(
                "warning", f"no network for {_NETWORK_PATIENCE} s, restarting the radio"
            )
            self._board.restart_network()
        self._retry_at = self._clock.now() + 2

    def _password(self) -> bytes:
        """The bytes of AuthorizationKey, else the password of the settings (SEC-005)."""
        key = self._station.configuration.get("AuthorizationKey", "")
        if key:
            return self._board.from_hex(key)
        password = self._settings.password
        if password[:4] == "hex:":
            return self._board.from_hex(password[4:])
        return password.encode()

    def _drop(self, now: int) -> None:
        """The connection is over: tell the station, then let go of the socket."""
        socket, self._socket, self._send = self._socket, None, None
        if socket is None:
            return
        if now - self._since >= self._settings.stable_after:
            self._backoff.reset()
        delay = self._backoff.next()
        self._retry_at = now + delay
        self._board.log("warning", f"disconnected: {socket.reason}; next attempt in {delay} s")
        self._station.disconnected(now, socket.reason)
        socket.finish(_CLOSING)

    def _leave(self) -> None:
        """Orderly end before a restart."""
        socket = self._socket
        if socket is not None:
            if self._send is not None:
                self._station.flush(self._send)
            socket.close(CLOSE_GOING_AWAY, "restarting")
            self._drop(self._clock.now())
        self._abort()

    def _abort(self) -> None:
        if self._opening:
            self._opening = False
            self._opener.abort()

    def _survive(self, error: Exception) -> str | None:
        self._faults += 1
        self._board.log("error", f"internal fault: {error!r}")
        socket = self._socket
        try:
            if socket is not None:
                socket.close(CLOSE_GOING_AWAY, "internal fault")
                self._drop(self._clock.now())
            self._abort()
        except Exception:  # noqa: BLE001  # not even that: there is no memory for anything
            return "Hard"
        if self._faults >= _FAULTS:
            self._board.log("error", "no turn succeeds any more, restarting")
            return "Hard"
        self._clock.sleep(_IDLE)
        return None

    def _refused(self, text: str) -> None:
        self._board.log("warning", text)
