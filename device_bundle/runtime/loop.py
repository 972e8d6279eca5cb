"""The main loop: one thread that owns the socket, the clock and the station. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_bundle.runtime.backoff import Backoff
from device_bundle.runtime.handshake import HandshakeError
from device_bundle.runtime.network import Network
from device_bundle.runtime.websocket import WebSocket
from device_bundle.runtime.websocket_frames import CLOSE_GOING_AWAY, CLOSE_NORMAL
from ocpp_kernel import events

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from device_bundle.runtime.clock import Clock
    from device_bundle.runtime.network import Modem
    from device_bundle.runtime.settings import Settings
    from ocpp_kernel.station import Station

    class Machine(Modem, Protocol):
        """What the loop needs of a `board.Board`."""

        def random(self, bits: int, /) -> int: ...

        def from_hex(self, digits: str, /) -> bytes: ...

        def feed(self) -> None: ...

        def collect(self) -> int: ...

        def read_command(self) -> str | None: ...

    class Opener(Protocol):
        """What the loop needs of a `connector.Connector`."""

        def begin(self, password: bytes, now: int, /) -> None: ...

        def poll(self, now: int, report: Callable[[str], object], /) -> WebSocket | None: ...

        def abort(self) -> None: ...


# Milliseconds of a turn without a socket to wait on.
_IDLE = 200
# Turns that may fail, each within so many seconds of the one before, until the software restarts.
_FAULTS = 20
_FORGIVEN = 600
# The same for turns that found no memory: what lacks it once will lack it again.
_EXHAUSTIONS = 5
# Seconds after a start before which little memory is no reason for another: it was little already.
_SPENT = 3600
# Seconds a turn may take before it is remarked upon; connecting may well take ten.
_SLOW = 15
# HTTP statuses that do not change by trying again soon: somebody has to set something.
_FINAL = (401, 403, 404)
# Moments (200 ms) the peer is given to answer our closing frame.
_CLOSING = 10


class Loop:
    """Drives one station. A turn takes about 200 ms when nothing happens, less when it does."""

    def __init__(
        self,
        station: Station,
        clock: Clock,
        board: Machine,
        opener: Opener,
        settings: Settings,
        work: Callable[[int], bool] | None = None,
    ) -> None:
        """work(now): done once a turn beside the station; whether it did, or waited for, anything.

        It may take about 200 ms and raises nothing.
        """
        self._station = station
        self._work = work
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
        self._network = Network(station, board, settings, clock.now())
        self._turned = clock.now()
        self._faults = self._exhaustions = 0
        self._fault_at = 0
        #: Messages came since garbage was collected.
        self._littered = False
        #: Little memory was left, which has been said.
        self._scarce = False
        #: The kind of restart this loop wants itself.
        self._exit: str | None = None

    def run(self) -> str:
        """Turn until a restart is wanted; returns its kind: "Soft", "Hard" or "Reboot".

        "Reboot" is the loop's own wish. Nothing a turn raises ends the loop: it is logged and
        the connection made anew. Only when turns fail again and again, or the connection cannot
        even be ended, the answer is a restart.
        """
        while True:
            try:
                exit_kind = self.turn() or self._exit
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
        if now - self._turned >= _SLOW:
            station.log("warning", f"a turn of the main loop took {now - self._turned} s")
        self._turned = now
        work = self._work
        busy = work is not None and work(now)
        if socket is not None:
            if work is not None:
                socket.hurry(busy)
            text = socket.receive()
            now = clock.now()
            if text is not None:
                self._littered = True
                station.receive(text, now)
            elif self._littered:
                self._tidy()
        elif self._opening or now >= self._retry_at:
            self._connect(now)
            now = clock.now()
        else:
            if not busy:
                clock.sleep(_IDLE)
            now = clock.now()
        line = self._board.read_command()
        if line is not None:
            station.now = now
            station.emit(events.Command(line))
        station.tick(now)
        if station.exhausted:
            station.exhausted = False
            raise MemoryError("in a plugin")
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

    def _tidy(self) -> None:
        """Collect garbage while nothing comes, and restart in time where little is left."""
        self._littered = False
        free = self._board.collect()
        if not 0 <= free < self._settings.least_memory:
            return
        if not self._scarce:
            self._scarce = True
            self._station.log("warning", f"only {free} B of memory are left")
        if self._clock.now() >= _SPENT and not self._network.is_charging():
            self._station.log("error", "restarting for want of memory")
            self._exit = "Reboot"

    def _connect(self, now: int) -> None:
        """Begin an attempt to connect, or see what became of it."""
        try:
            if not self._opening:
                if self._network.recover(now):
                    self._exit = "Reboot"
                elif not self._network.is_ready():
                    self._retry_at = self._clock.now() + 2
                else:
                    self._opener.begin(self._password(), now)
                    self._opening = True
                return
            socket = self._opener.poll(now, self._refused)
        except (HandshakeError, OSError, ValueError) as error:
            self._opening = False
            self._failed(error)
            return
        if socket is not None:
            self._opening = False
            self._since = now
            self._socket = socket
            self._send = socket.send
            self._network.reached(now)
            self._station.log("info", "connected to the central system")
            self._station.connected(now)

    def _failed(self, error: Exception) -> None:
        """An attempt came to nothing: say so, and when the next one is."""
        now = self._clock.now()
        if isinstance(error, HandshakeError) and error.status:
            self._network.reached(now)  # it carries: the fault is not the network's
            if error.status in _FINAL:
                self._backoff.next()
        delay = self._backoff.next()
        self._retry_at = now + delay
        self._station.log("warning", f"no connection: {error}; next attempt in {delay} s")

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
        self._network.reached(now)
        self._station.log("warning", f"disconnected: {socket.reason}; next attempt in {delay} s")
        self._station.disconnected(now, socket.reason)
        socket.finish(_CLOSING)

    def _leave(self) -> None:
        """Orderly end before a restart."""
        if self._station.exit is None:
            self._station.emit(events.PowerFailing(0))
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
        """Go on without the connection after a turn that failed; a restart if that is no use."""
        self._board.collect()
        now = self._clock.now()
        if now - self._fault_at > _FORGIVEN:
            self._faults = self._exhaustions = 0
        self._fault_at = now
        self._faults += 1
        if isinstance(error, MemoryError):
            self._exhaustions += 1
        station = self._station
        try:
            station.log("error", f"internal fault: {error!r}")
            socket = self._socket
            if socket is not None:
                socket.close(CLOSE_GOING_AWAY, "internal fault")
                self._drop(now)
            self._abort()
            if self._faults < _FAULTS and self._exhaustions < _EXHAUSTIONS:
                self._clock.sleep(_IDLE)
                return None
            station.log("error", "turns fail again and again, restarting")
        except Exception:  # noqa: BLE001  # who waits for an answer was perhaps never told
            self._socket = self._send = None
            self._board.collect()
        return "Reboot"

    def _refused(self, text: str) -> None:
        self._station.log("warning", text)
