"""One connection as a state machine: text and time in, text and answers out. Portable.

No socket, clock, thread or event loop lives here. A shell feeds :meth:`Session.receive`, tells the
time to :meth:`Session.tick` no later than :attr:`Session.deadline`, and writes what
:meth:`Session.flush` hands it. Both roles use the same class; OCPP-J 1.6 section 4.1 (FRM-018 to
FRM-041).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ocpp_kernel.dispatch import Router
from ocpp_kernel.errors import (
    CallTimeout,
    Disconnected,
    FormationViolation,
    GenericError,
    Ignored,
    InternalError,
    InvalidAnswer,
    LocalError,
    OcppError,
    RemoteError,
)
from ocpp_kernel.frames import CALL, CALLRESULT, BadFrame, Codec, error_frame, parse
from ocpp_kernel.texts import cut

Payload = dict[str, Any]
#: Told how a call ended: the answer and None, or None and the error.
Done = Callable[[Any, "OcppError | None"], None]

#: CALLs of the peer that may await their answers at once; one more is refused.
MAX_HANDLING = 64


class Deferred:
    """A response that comes later: a handler returns it at once and resolves it when it can."""

    def __init__(self) -> None:
        self._waiting: list[Done] = []
        self._result: tuple[Payload | None, OcppError | None] | None = None

    def resolve(self, payload: Payload | None, error: OcppError | None = None) -> None:
        """Answers the CALL with a payload, or refuses it with an error. The first one counts."""
        if self._result is None:
            self._result = (payload, error)
            waiting, self._waiting = self._waiting, []
            for finish in waiting:
                finish(payload, error)

    def then(self, finish: Done) -> None:
        """Has ``finish`` told the outcome, now or when it is there.

        Several may wait: one piece of work can answer several CALLs.
        """
        if self._result is None:
            self._waiting.append(finish)
        else:
            finish(self._result[0], self._result[1])


class Session:
    """The CALLs and answers of one connection, both ways.

    ``router`` answers the peer's CALLs. ``timeout`` is how long, in the unit of ``now``, an answer
    may take. ``peer`` is handed to every handler as its first argument unless None. ``new_id``
    gives the next message id; ids never repeat on a connection (FRM-020). ``report`` is told, in
    a sentence, of faults that nobody else learns of.
    """

    def __init__(
        self,
        router: Router,
        codec: Codec,
        timeout: float,
        peer: Any = None,
        new_id: Callable[[], str] | None = None,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self.router = router
        self.timeout = timeout
        #: The time as last told. A host that makes a call long after it last told the time sets
        #: this first: the deadline of the answer counts from here.
        self.now: float = 0
        #: When the last frame of the peer arrived.
        self.heard: float = 0
        #: When :meth:`tick` must be called at the latest; None while nothing is waited for.
        self.deadline: float | None = None
        self.closed = False
        #: May refuse an incoming CALL by raising LocalError, or drop it by raising Ignored.
        self.gate: Callable[[str], None] | None = None
        #: Sees every frame: ``observe("in" or "out", text)``. It must not raise.
        self.observe: Callable[[str, str], None] | None = None
        self._codec = codec
        self._peer = peer
        self._new_id = new_id
        self._report = report
        self._sent = 0
        #: Calls as (id, action, text, done): those that wait their turn, and the unanswered one.
        self._queue: list[tuple[str, str, str, Done]] = []
        self._pending: tuple[str, str, str, Done] | None = None
        #: CALLs of the peer without a response, and what is to follow each response.
        self._handling: dict[str, list[Callable[[], None]]] = {}
        self._after: list[Callable[[], None]] | None = None
        self._out: list[str | Callable[[], None]] = []

    # What the shell calls.

    def receive(self, text: str | bytes, now: float) -> None:
        """Takes one text frame. Never raises for what the peer sent; bad frames end nothing.

        Once closed, a session ignores whatever still arrives.
        """
        self.now = self.heard = now
        if self.closed:
            return
        if self.observe is not None:
            self.observe("in", text if isinstance(text, str) else _readable(text))
        try:
            frame = parse(text, self._codec)
        except BadFrame as bad:
            self._refuse_frame(bad)
            return
        if frame[0] == CALL:
            self._receive_call(frame[1], frame[2], frame[3])
        elif frame[0] == CALLRESULT:
            self._receive_result(frame[1], frame[2])
        else:
            self._receive_error(frame)

    def tick(self, now: float) -> None:
        """Ends the pending call if its time is up, and sends the next one (FRM-025)."""
        self.now = now
        pending = self._pending
        if pending is not None and self.deadline is not None and now >= self.deadline:
            self._end_pending(pending[3], None, CallTimeout(f"no answer to {pending[1]} in time"))

    def flush(self, write: Callable[[str], None]) -> None:
        """Hands every frame due to ``write``, in order.

        What a handler scheduled for after its response runs right after that response was
        written, before anything later is. An error raised by ``write`` passes through; the shell
        then calls :meth:`close`.
        """
        while self._out:
            item = self._out.pop(0)
            if isinstance(item, str):
                write(item)
            else:
                self._run(item)

    def close(self, reason: str = "connection closed") -> None:
        """Fails every call at once; what was to follow a response still happens."""
        if self.closed:
            return
        self.closed = True
        left, self._out = self._out, []
        calls, self._queue = self._queue, []
        if self._pending is not None:
            calls.insert(0, self._pending)
        self._pending, self.deadline = None, None
        for item in left:
            if not isinstance(item, str):
                self._run(item)
        for _, action, _, done in calls:
            self._finish(done, None, Disconnected(f"{reason} before {action} was answered"))

    # What plugins and hosts call.

    def call(self, request: tuple[str, Payload], done: Done) -> None:
        """Sends a CALL, or queues it behind the unanswered one (FRM-022).

        ``done(answer, error)`` is called exactly once, never from within this method unless the
        connection is already closed. The payload is put into JSON here and now: changing it
        later changes nothing, and what JSON cannot say raises the codec's error, in which case
        nothing is sent and ``done`` is not called.
        """
        action, payload = request
        if self.closed:
            self._finish(done, None, Disconnected(f"not connected; {action} was not sent"))
            return
        self._sent += 1
        call_id = str(self._sent) if self._new_id is None else self._new_id()
        text = self._codec.dumps([CALL, call_id, action, payload])
        self._queue.append((call_id, action, text, done))
        self._send_next()

    def after_response(self, callback: Callable[[], None]) -> None:
        """From inside a handler: runs ``callback`` once this response is on the wire (RT-001).

        That holds for a response that is deferred, too. If the CALL is refused instead,
        ``callback`` does not run; if the connection ends before the response is written, it runs
        all the same. Outside a handler, it runs as soon as everything sent so far is on the wire.
        """
        if self._after is not None:
            self._after.append(callback)
        elif self.closed:
            self._run(callback)
        else:
            self._out.append(callback)

    # The peer's CALLs.

    def _receive_call(self, call_id: str, action: str, payload: Any) -> None:
        try:
            if call_id in self._handling:
                raise FormationViolation("this message id is being handled already")
            if len(self._handling) >= MAX_HANDLING:
                raise GenericError("too many CALLs await their answer")
            if self.gate is not None:
                self.gate(action)
            handler = self.router.handler(action)
            self.router.check_request(action, payload)
        except Ignored:
            return
        except Exception as error:  # noqa: BLE001 - a gate or check that fails lets nothing in
            self._refuse(call_id, self._as_local(action, error))
            return
        self._handle(handler, call_id, action, payload)

    def _handle(self, handler: Callable[..., Any], call_id: str, action: str, payload: Any) -> None:
        outer, self._after = self._after, []
        self._handling[call_id] = self._after
        result, fault = None, None
        try:
            result = handler(payload) if self._peer is None else handler(self._peer, payload)
        except Exception as error:  # noqa: BLE001 - told to the peer and reported
            fault = self._as_local(action, error)
        self._after = outer
        if fault is not None or type(result) is dict:
            self.reply(call_id, action, result, fault)
        else:
            self._await_result(call_id, action, result)

    def _await_result(self, call_id: str, action: str, result: Any) -> None:
        """Arranges for a response that is not there yet. Shells with an event loop extend this."""
        if isinstance(result, Deferred):
            result.then(lambda answer, error: self.reply(call_id, action, answer, error))
        else:
            self.reply(call_id, action, None, InternalError(f"no response to {action} was made"))

    def reply(
        self, call_id: str, action: str, payload: Payload | None, error: OcppError | None
    ) -> None:
        """Answers a CALL being handled, once; too late an answer is dropped with its connection.

        Of errors only a :class:`~ocpp_kernel.errors.LocalError` reaches the peer as it is.
        """
        after = self._handling.pop(call_id, None)
        if after is None:
            return
        if self.closed:
            for callback in after if error is None else ():
                self._run(callback)
            return
        if error is None:
            try:
                self.router.check_response(action, payload)
                self._send(self._codec.dumps([CALLRESULT, call_id, payload]))
            except Exception as fault:  # noqa: BLE001 - told to the peer and reported
                error = self._as_local(action, fault, "made a bad response")
            else:
                self._out.extend(after)
        if error is not None:
            self._refuse(call_id, self._as_local(action, error))

    def _as_local(self, action: str, error: Exception, did: str = "failed") -> LocalError:
        """What the peer is told: refusals as they are, faults of ours as InternalError."""
        if isinstance(error, LocalError) and did == "failed":
            return error
        self._tell(f"handler of {cut(action, 50)} {did}: {error!r}")
        return InternalError(f"{cut(action, 50)} could not be handled")

    def _refuse(self, call_id: str, error: LocalError) -> None:
        try:
            text = self._codec.dumps(error_frame(call_id, error))
        except Exception as fault:  # noqa: BLE001 - the CALL must be answered all the same
            self._tell(f"an error could not be put into JSON: {fault!r}")
            text = self._codec.dumps(error_frame(call_id, InternalError()))
        self._send(text)

    def _refuse_frame(self, bad: BadFrame) -> None:
        self._tell(f"bad frame: {bad.reason}")
        if bad.call_id is not None:
            self._refuse(bad.call_id, FormationViolation(bad.reason))

    # Our CALLs.

    def _send_next(self) -> None:
        if self._pending is not None or not self._queue or self.closed:
            return
        self._pending = self._queue.pop(0)
        self.deadline = self.now + self.timeout
        self._send(self._pending[2])

    def _receive_result(self, call_id: str, payload: Any) -> None:
        pending = self._pending
        if pending is None or pending[0] != call_id:
            self._tell("an answer nobody waits for was dropped")
            return
        action, done = pending[1], pending[3]
        try:
            self.router.check_response(action, payload)
        except LocalError as fault:
            self._end_pending(done, None, InvalidAnswer(f"{action}: {fault.description}"))
        else:
            self._end_pending(done, payload, None)

    def _receive_error(self, frame: list[Any]) -> None:
        pending = self._pending
        if pending is None or pending[0] != frame[1]:
            self._tell("an error nobody waits for was dropped")
            return
        self._end_pending(pending[3], None, RemoteError(frame[3], frame[4], frame[2]))

    def _end_pending(self, done: Done, answer: Any, error: OcppError | None) -> None:
        """The pending call is over before anybody hears of it, so that ``done`` may call again."""
        self._pending, self.deadline = None, None
        self._finish(done, answer, error)
        self._send_next()

    def _finish(self, done: Done, answer: Any, error: OcppError | None) -> None:
        try:
            done(answer, error)
        except Exception as fault:  # noqa: BLE001 - reported
            self._tell(f"whoever waited for an answer failed: {fault!r}")

    def _run(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as fault:  # noqa: BLE001 - reported
            self._tell(f"what was to follow a response failed: {fault!r}")

    # Output.

    def _send(self, text: str) -> None:
        if self.observe is not None:
            self.observe("out", text)
        self._out.append(text)

    def _tell(self, sentence: str) -> None:
        if self._report is not None:
            self._report(sentence)


def _readable(data: bytes) -> str:
    """For those who look on; a device knows no other way of decoding than the strict one."""
    try:
        return data.decode()
    except ValueError:
        return repr(data)
