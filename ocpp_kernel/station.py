"""The charge point as its plugins see it: calls, timers, events, storage, time. Portable.

A shell (asyncio on CPython, the main loop on a device) owns socket and clock and drives a station
by :meth:`connected`, :meth:`receive`, :meth:`tick`, :meth:`flush` and :meth:`disconnected`.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from ocpp_kernel import events, timestamps
from ocpp_kernel.configuration import Configuration
from ocpp_kernel.dispatch import Contracts, Handler, Router
from ocpp_kernel.errors import Disconnected
from ocpp_kernel.frames import Codec
from ocpp_kernel.hooks import Hooks, Implementations
from ocpp_kernel.session import Done, Payload, Session
from ocpp_kernel.store import Store
from ocpp_kernel.validation import validate

if TYPE_CHECKING:
    from ocpp_kernel.seams import StationShared

#: Seconds an answer of the central system may take unless a profile sets :attr:`call_timeout`.
CALL_TIMEOUT = 30


class Timer:
    """A callback due at a time; see :meth:`Station.after`."""

    def __init__(self, due: int, callback: Callable[[], None], waiting: list[Timer]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback
        self._waiting = waiting

    def cancel(self) -> None:
        """It will not run. Harmless if it has run."""
        self.callback = None
        if self in self._waiting:
            # At once: a timer put off again and again must not leave a trail of dead ones.
            self._waiting.remove(self)


class Station:
    """One charge point. Every plugin's role object is made with it.

    ``log(level, text)`` takes ``debug``, ``info``, ``warning`` or ``error``.
    """

    def __init__(
        self, identity: str, codec: Codec, store: Store, log: Callable[[str, str], None]
    ) -> None:
        self.identity = identity
        self.store = store
        self.log = log
        self.codec = codec
        #: Monotonic seconds, as the shell last told them.
        self.now = 0
        self.call_timeout = CALL_TIMEOUT
        self.session: Session | None = None
        self.hooks = Hooks({})
        self.profiles: tuple[str, ...] = ()
        #: WebSocket subprotocols the plugins speak, best first (FRM-004).
        self.subprotocols: tuple[str, ...] = ()
        self.configuration = Configuration(store, self._warn)
        #: May refuse an incoming CALL (LocalError) or drop it (Ignored).
        self.gate: Callable[[str], None] | None = None
        #: ``Soft`` or ``Hard`` once the software is to be restarted; the shell does it.
        self.exit: str | None = None
        #: Set when the shell is to drop the connection and open a new one.
        self.reconnect_wanted = False
        #: Set once memory ran out in a plugin: how far that came nobody knows, so the shell is to
        #: begin anew with a new connection.
        self.exhausted = False
        #: Objects plugins offer each other by name; :mod:`ocpp_kernel.seams` has their types.
        self.shared: StationShared = {}
        self._router = Router({}, {})
        self._timers: list[Timer] = []
        self._epoch_offset: int | None = None

    # Wiring, done once by whoever builds the station.

    def install(
        self,
        contracts: Contracts,
        routes: dict[str, Handler],
        hooks: Implementations,
        profiles: tuple[str, ...],
        foreign: Container[int] = (),
        check: Callable[[Any, Any, Any], None] = validate,
        lenient: bool = False,
    ) -> None:
        """Connects the plugins' handlers and hooks; ``profiles`` are the names to report."""
        self._router = Router(contracts, routes, foreign, check, self._warn if lenient else False)
        self.hooks = Hooks(hooks, self._warn)
        self.profiles = profiles

    def start(self, now: int, cause: str = "PowerUp") -> None:
        """Begins work: collects configuration keys, then tells every plugin."""
        self.now = now
        for key in self.hooks.register_configuration():
            self.configuration.declare(key)
        self.configuration.restore()
        self.emit(events.Started(cause))

    # What the shell calls.

    def connected(self, now: int) -> None:
        """The socket is open and its handshake done. A connection still there counts as lost."""
        self.disconnected(now, "a new connection took its place")
        session = Session(self._router, self.codec, self.call_timeout, None, None, self._warn)
        session.now = now
        session.gate = self._check_gate
        if "ocpp_on_frame" in self.hooks.implementations:
            session.observe = self._on_frame
        self.session = session
        self.reconnect_wanted = False
        self.emit(events.Connected(session))

    def receive(self, text: str | bytes, now: int) -> None:
        """A text frame arrived."""
        self.now = now
        if self.session is not None:
            self.session.receive(text, now)

    def tick(self, now: int) -> None:
        """Runs every timer that is due and ends calls whose time is up.

        Timers set meanwhile wait for the next tick, so that this one ends.
        """
        self.now = now
        if self.session is not None:
            self.session.tick(now)
        timers = self._timers
        if not timers or timers[0].due > now:
            return
        count = 1
        while count < len(timers) and timers[count].due <= now:
            count += 1
        due = timers[:count]
        del timers[:count]
        for timer in due:
            callback, timer.callback = timer.callback, None
            if callback is not None:
                self._run(callback)

    def flush(self, write: Callable[[str], None]) -> None:
        """Hands every frame due to ``write``; see :meth:`ocpp_kernel.session.Session.flush`."""
        if self.session is not None:
            self.session.flush(write)

    def disconnected(self, now: int, reason: str = "connection closed") -> None:
        """The socket is gone. Calls without an answer fail now."""
        self.now = now
        session, self.session = self.session, None
        if session is not None:
            session.close(reason)
            self.emit(events.Disconnected(reason))

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` must be called at the latest; None if nothing is waited for."""
        due = self._timers[0].due if self._timers else None
        answer = None if self.session is None else self.session.deadline
        if answer is None or (due is not None and due <= answer):
            return due
        return answer

    # What plugins call.

    @property
    def online(self) -> bool:
        """Whether there is a connection to the central system."""
        return self.session is not None

    def call(self, request: tuple[str, Payload], done: Done) -> None:
        """Calls the central system; ``done(answer, error)`` is told how it ended, once.

        Without a connection it is told so before this method returns; otherwise later. See
        :meth:`ocpp_kernel.session.Session.call`.
        """
        if self.session is None:
            try:
                done(None, Disconnected(f"not connected; {request[0]} was not sent"))
            except Exception as error:  # noqa: BLE001 - reported, as it is while online
                self._warn(f"whoever waited for an answer failed: {error!r}")
        else:
            self.session.timeout = self.call_timeout
            self.session.now = self.now
            self.session.call(request, done)

    def after(self, seconds: int, callback: Callable[[], None]) -> Timer:
        """Runs ``callback`` once, that many seconds from now; 0 or less means at the next tick.

        Timers due at the same time run in the order in which they were set.
        """
        timer = Timer(self.now + max(seconds, 0), callback, self._timers)
        position = len(self._timers)
        while position > 0 and self._timers[position - 1].due > timer.due:
            position -= 1
        self._timers.insert(position, timer)
        return timer

    def after_response(self, callback: Callable[[], None]) -> None:
        """From a handler: runs ``callback`` once the response is on the wire."""
        if self.session is not None:
            self.session.after_response(callback)
        else:
            self.after(0, callback)

    def emit(self, event: Any) -> None:
        """Tells every plugin what happened."""
        self.hooks.on_event(event)

    def utc(self) -> int | None:
        """Seconds since 1970 in UTC; None until the time is known."""
        return None if self._epoch_offset is None else self.now + self._epoch_offset

    def utc_at(self, now: int) -> int | None:
        """The UTC of a monotonic time of this run; None until the time is known."""
        return None if self._epoch_offset is None else now + self._epoch_offset

    def set_utc(self, epoch: int) -> None:
        """Sets the clock to a time the central system told."""
        before, self._epoch_offset = self._epoch_offset, epoch - self.now
        if before is None or before != self._epoch_offset:
            self.emit(events.ClockSet(0 if before is None else self._epoch_offset - before))

    def timestamp(self) -> str | None:
        """The time now as a date-time for messages; None until it is known."""
        epoch = self.utc()
        return None if epoch is None else timestamps.format(epoch)

    def reconnect(self) -> None:
        """Asks the shell to drop the connection and open a new one."""
        self.reconnect_wanted = True

    def _check_gate(self, action: str) -> None:
        if self.gate is not None:
            self.gate(action)

    def _on_frame(self, direction: str, text: str) -> None:
        self.hooks.on_frame(self.identity, direction, text)

    def _run(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - reported
            self._warn(f"a timer failed: {error!r}")

    def _warn(self, sentence: str) -> None:
        """Hears of everything a plugin raises; the sentence tells what that was."""
        if "MemoryError(" in sentence:
            self.exhausted = True
        self.log("warning", sentence)
