"""The central system as its plugins see it: stations, calls to them, events.

A shell (:mod:`ocpp_kernel.transports.websocket_server`, or
:class:`ocpp_kernel.testing.CentralPair` without a socket) owns connections and clock. It asks
:meth:`Central.admit`, then :meth:`Central.connected` gives it a session to drive.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from ocpp_kernel import timestamps
from ocpp_kernel.central_session import CentralSession, Link
from ocpp_kernel.central_store import CentralStore
from ocpp_kernel.contracts import Request
from ocpp_kernel.dispatch import Contracts, Handler, Router
from ocpp_kernel.errors import (
    Disconnected,
    FormationViolation,
    LocalError,
    OcppError,
    UnknownAction,
)
from ocpp_kernel.events_central import (
    CentralStarted,
    StationConnected,
    StationDisconnected,
    StationForgotten,
)
from ocpp_kernel.failures import PluginFailure
from ocpp_kernel.frames import Codec
from ocpp_kernel.hooks import Hooks, Implementations
from ocpp_kernel.session import Deferred, Done
from ocpp_kernel.store import StoreError
from ocpp_kernel.validation import validate

Req = TypeVar("Req")
Resp = TypeVar("Resp")

#: Given station, action and payload of a CALL about to be sent; raises LocalError to refuse it.
OutgoingGate = Callable[["ConnectedStation", str, Any], None]
#: A status, and data or None; now or later, as :meth:`Central.kept` gives it.
VendorAnswer = tuple[str, str | None] | Awaitable[tuple[str, str | None] | Deferred] | Deferred
#: Given station, request and answer.
AnswerListener = Callable[["ConnectedStation", Any, Any], None]

#: Seconds an answer of a station may take unless :attr:`Central.call_timeout` says otherwise.
CALL_TIMEOUT = 30.0

#: Stations remembered while they are not connected; the one known longest is forgotten first.
MAX_KNOWN = 10_000

#: Refusals of :meth:`Central.admit` (and of ``ocpp_accept_station``) that shells tell apart:
#: HTTP 404 and 401 (FRM-008, SEC-007). Any other text is a refusal too: HTTP 403.
UNKNOWN_STATION = "no station of this identity is known"
WRONG_CREDENTIALS = "credentials are missing or wrong"


class VendorHandler(NamedTuple):
    """A :class:`~ocpp_kernel.hooks.DataTransferHandler` that is told which station asks.

    ``handle(station, message_id, data)`` returns a status and the data of the answer, or None for
    none; it may be ``async``. Central systems only: return it from the same hook.
    """

    vendor_id: str
    message_id: str | None
    handle: Callable[[ConnectedStation, str | None, str | None], VendorAnswer]


class ConnectedStation:
    """One charge point, as handlers and applications see it; it outlasts its connections."""

    def __init__(self, central: Central, identity: str) -> None:
        self.central = central
        self.identity = identity
        self.session: CentralSession | None = None
        #: What plugins keep for this station, by plugin name.
        self.shared: dict[str, Any] = {}
        self._heard = 0
        self._calls = 0

    @property
    def online(self) -> bool:
        """Whether it is connected."""
        return self.session is not None

    @property
    def last_seen(self) -> int:
        """When it last sent anything, in seconds since 1970 UTC; 0 for never (CORE-022)."""
        if self.session is None:
            return self._heard
        return self.central.utc() - int(self.session.link.now() - self.session.heard_at)

    async def call(self, request: Request[Req, Resp]) -> Resp:
        """Calls the station and returns its answer.

        Calls made at the same time queue up, one is on the wire at once (FRM-022); other
        stations are not affected (FRM-024). Cancelling takes a call that still queues back.
        Raises LocalError where the request breaks its contract or must not be sent now,
        RemoteError for a CALLERROR, InvalidAnswer, CallTimeout, or Disconnected.
        """
        future: asyncio.Future[Resp] = asyncio.get_running_loop().create_future()

        def done(answer: Any, error: OcppError | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(answer)

        session = self.session
        queued = self._post(request, done)
        try:
            return await future
        except asyncio.CancelledError:
            if session is not None:
                session.forget(queued)
            raise

    def post(self, request: Request[Any, Any], done: Done) -> None:
        """Calls the station; ``done(answer, error)`` is told how it ended, once.

        Raises LocalError as :meth:`call` does.
        """
        self._post(request, done)

    def _next_id(self) -> str:
        """Ids go on over connections, lest a late answer from an earlier one fits a new CALL."""
        self._calls += 1
        return str(self._calls)

    def _post(self, request: Request[Any, Any], done: Done) -> Done:
        """What the session was given for ``done``."""
        action, payload = request
        self.central.check_outgoing(self, action, payload)
        listeners = self.central.answer_listeners.get(action)
        if listeners is not None:
            done = partial(self._answered, listeners, payload, done)
        if self.session is None:
            done(None, Disconnected(f"{self.identity} is not connected; {action} was not sent"))
            return done
        try:
            self.session.call(request, done)
        except (TypeError, ValueError) as fault:
            raise _unsayable(action, fault) from None
        return done

    def _answered(
        self,
        listeners: list[AnswerListener],
        payload: Any,
        done: Done,
        answer: Any,
        error: OcppError | None,
    ) -> None:
        """Whoever keeps books hears of an answer before whoever asked acts on it."""
        for listener in listeners if error is None else ():
            try:
                listener(self, payload, answer)
            except Exception as fault:  # noqa: BLE001 - reported; the caller is told all the same
                self.central.log("warning", f"{self.identity}: a listener failed: {fault!r}")
        done(answer, error)

    def after_response(self, callback: Callable[[], None]) -> None:
        """From a handler: runs ``callback`` once the response is on the wire."""
        if self.session is not None:
            self.session.after_response(callback)

    def disconnect(self, reason: str = "closed by the central system") -> None:
        """Closes the connection, after what was already to be sent; the station may return."""
        if self.session is not None:
            self.session.link.close(reason)


class Central:
    """The central system. Every plugin's role object is made with it.

    ``log(level, text)`` takes ``debug``, ``info``, ``warning`` or ``error``.
    """

    def __init__(self, codec: Codec, log: Callable[[str, str], None]) -> None:
        self.codec = codec
        self.log = log
        #: Stations by identity, connected or not; see :attr:`ConnectedStation.online`.
        self.stations: dict[str, ConnectedStation] = {}
        self.max_known = MAX_KNOWN
        self.hooks = Hooks({})
        self.profiles: tuple[str, ...] = ()
        #: WebSocket subprotocols the plugins speak, best first.
        self.subprotocols: tuple[str, ...] = ()
        #: Seconds an answer may take; for connections opened from now on.
        self.call_timeout = CALL_TIMEOUT
        #: Identities admitted; empty admits any.
        self.identities: frozenset[str] = frozenset()
        #: Passwords of those stations that must send one.
        self.passwords: Mapping[str, bytes] = {}
        #: The time as sent to stations, in seconds since 1970 UTC.
        self.utc: Callable[[], int] = _utc
        #: May refuse a station's CALL (LocalError) or drop it (Ignored), by station and action.
        self.gate: Callable[[ConnectedStation, str], None] | None = None
        #: Each may refuse a CALL to a station by raising LocalError; what they are given has
        #: passed its contract. Plugins add theirs.
        self.outgoing_gates: list[OutgoingGate] = []
        #: By action, who is told of answers; see :meth:`on_answer`.
        self.answer_listeners: dict[str, list[AnswerListener]] = {}
        #: Objects plugins offer each other and applications, by name.
        self.shared: dict[str, Any] = {}
        #: Where plugins keep what is to outlive this process; None: nothing does.
        self.store: CentralStore | None = None
        self._restored: bool | None = False  # None: it failed midway.
        self.router = Router({}, {})
        self._check: Callable[[Any, Any, Any], None] = validate
        self._stamp = (0, timestamps.format(0))

    # Wiring, done once by whoever builds the central system.

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
        """Connects the plugins' handlers and hooks; as :meth:`ocpp_kernel.station.Station`."""
        self.router = Router(contracts, routes, foreign, check, self._warn if lenient else False)
        self.hooks = Hooks(hooks, self._warn)
        self.profiles = profiles
        self._check = check

    def admit_only(self, identities: Iterable[str], passwords: Mapping[str, bytes]) -> None:
        """Sets who may connect (empty: anybody), and who of them must send which password."""
        self.identities, self.passwords = frozenset(identities), dict(passwords)

    def start(self) -> None:
        """Begins work: restores what the store holds, and tells every plugin.

        Raises StoreError where that cannot be done: nothing may start then, or ids would be given
        twice and transactions forgotten. Begun again after :meth:`stop`, it goes on with what it
        knows; after a start that failed midway, which took over a part, another one has to be made.
        """
        if self.store is not None:
            if self._restored is None:
                raise StoreError(f"{self.store}: restored in part only; make a new central system")
            self.store.open()
            try:
                if not self._restored:
                    self._restored = None
                    self.hooks.restore_state(self.store)
                self.store.flush()
            except Exception as error:
                self.store.close()
                raise _not_restored(self.store, error) from error
            self._restored = True
        self.emit(CentralStarted())

    def stop(self) -> None:
        """Ends work, once every connection is gone; stores what is left. Harmless if repeated."""
        if self.store is not None:
            self.store.close()

    # What a shell calls.

    def admit(self, identity: str, password: bytes | None) -> str:
        """Why a station may not connect, "" if it may. Compares in constant time (SEC-006)."""
        if self.identities and identity not in self.identities and identity not in self.passwords:
            return UNKNOWN_STATION
        expected = self.passwords.get(identity)
        if expected is not None and not hmac.compare_digest(expected, password or b""):
            return WRONG_CREDENTIALS
        return self.hooks.accept_station(identity, password)

    def connected(self, identity: str, link: Link) -> CentralSession:
        """A station's connection is open; an older one of the same identity ends (FRM-010)."""
        station = self.meet(identity)
        if station.session is not None:
            station.session.link.close("replaced by a newer connection")
            self.disconnected(station.session, "replaced by a newer connection")
        session = CentralSession(station, link, station._next_id)
        if self.gate is not None:
            session.gate = partial(self.gate, station)
        if "ocpp_on_frame" in self.hooks.implementations:
            session.observe = partial(self.hooks.on_frame, identity)
        station.session = session
        self.emit(StationConnected(identity))
        return session

    def disconnected(self, session: CentralSession, reason: str) -> None:
        """A connection is gone; calls without an answer fail now. Harmless if said again."""
        if session.closed:
            return
        station = session.station
        station._heard = station.last_seen
        station.session = None
        session.close(reason)
        self.emit(StationDisconnected(station.identity, reason))

    def check_outgoing(self, station: ConnectedStation, action: str, payload: Any) -> None:
        """Raises the LocalError that fits where a CALL must not be sent; says where it is wrong."""
        contract = self.router.contracts.get(action)
        if contract is None:
            raise UnknownAction(f"no plugin brings the action {action}")
        try:
            self._check(payload, contract[0], False)
        except LocalError as fault:
            raise type(fault)(f"{action}: {fault.description}", fault.details) from None
        except UnicodeEncodeError as fault:
            raise _unsayable(action, fault) from None
        for gate in self.outgoing_gates:
            gate(station, action, payload)

    # What plugins call.

    def keep_in(self, store: CentralStore) -> None:
        """Has what is to outlive this process kept there; for a plugin while it is made.

        Raises ValueError where another one keeps it already.
        """
        if self.store is not None:
            raise ValueError("another plugin keeps the central system's state; switch one off")
        self.store = store

    def kept(self, answer: Resp, *events: Any) -> Resp | Deferred:
        """From a handler: its answer, which leaves once what it put into the store is stored.

        Everybody is told of ``events`` then, after the answer: whoever acts on them may rely on
        both. Where storing fails, the CALL is answered InternalError, and a station sends what
        matters again; the events are told once it works. Without a store, events are told at once
        and this is the answer itself.
        """
        if self.store is not None:
            return self.store.kept(answer, partial(self._emit_all, events) if events else None)
        self._emit_all(events)
        return answer

    def meet(self, identity: str) -> ConnectedStation:
        """The station of this identity, which is known from now on, connected or not."""
        station = self.stations.get(identity)
        if station is None:
            self._make_room()
            station = self.stations[identity] = ConnectedStation(self, identity)
        return station

    def on_answer(self, action: str, listener: AnswerListener) -> None:
        """Has ``listener(station, request, answer)`` told of every CALL of this action that a
        station answered, whoever made it, before its caller hears of it."""
        self.answer_listeners.setdefault(action, []).append(listener)

    def emit(self, event: Any) -> None:
        """Tells every plugin what happened."""
        self.hooks.on_event(event)

    def timestamp(self) -> str:
        """The time now as a date-time for messages."""
        now = self.utc()
        if now != self._stamp[0]:
            self._stamp = (now, timestamps.format(now))
        return self._stamp[1]

    def _emit_all(self, events: Iterable[Any]) -> None:
        for event in events:
            self.emit(event)

    def _make_room(self) -> None:
        if len(self.stations) < self.max_known:
            return
        for known in self.stations.values():
            if not known.online:
                self.emit(StationForgotten(known.identity))
                del self.stations[known.identity]
                break

    def _warn(self, sentence: str) -> None:
        self.log("warning", sentence)


def _unsayable(action: str, fault: Exception) -> FormationViolation:
    return FormationViolation(f"{action}: cannot be put into JSON: {fault}")


def _utc() -> int:
    return int(time.time())


def _not_restored(store: CentralStore, error: Exception) -> StoreError:
    """Why a central system does not start with what was stored."""
    fault = error.__cause__ if isinstance(error, PluginFailure) else error
    if isinstance(fault, StoreError):
        return fault
    return StoreError(f"{store}: what is stored cannot be restored: {error}")
