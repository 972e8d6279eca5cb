"""A central system that answers by table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from ocpp_kernel import schema
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action, Request
from ocpp_kernel.dispatch import Handler, Router
from ocpp_kernel.errors import LocalError, OcppError
from ocpp_kernel.session import Deferred, Session
from ocpp_kernel.testing.clock import FakeClock
from ocpp_kernel.testing.samples import Samples, merged

Req = TypeVar("Req")
Resp = TypeVar("Resp")

#: In the table: the CALL is not answered at all.
SILENCE: Final = object()

#: Fields of the answer, a function of the request that gives them, an OCPP-J error's code, or
#: SILENCE.
Answer = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] | str | object

#: Seconds the double waits for answers to its own calls.
_PATIENCE = 30


class CentralDouble:
    """Answers CALLs as :attr:`answers` says, by action; fields not given are the least allowed.

    Without an entry a CALL is answered with the least its contract allows: enumerations have
    their first value, which is ``Accepted`` in OCPP. Requests and answers are held against their
    contracts, as a real central system would do.
    """

    def __init__(
        self,
        actions: Iterable[Action[Any, Any]],
        clock: FakeClock,
        answers: Mapping[str, Answer] | None = None,
    ) -> None:
        #: By action; change it at any time.
        self.answers: dict[str, Answer] = dict(answers or {})
        self.session: Session | None = None
        #: What the session complained of, such as an answer in the table that breaks its contract.
        self.complaints: list[str] = []
        self._actions = {action.name: action for action in actions}
        self._clock = clock
        self._samples = Samples(clock.utc)

    def connect(self) -> Session:
        """A new connection's end."""
        routes: dict[str, Handler] = {
            name: partial(self._answer, action)
            for name, action in self._actions.items()
            if action.sent_by != CENTRAL_SYSTEM
        }
        router = Router(
            schema.contracts_of(list(self._actions.values())), routes, check=schema.check
        )
        self.session = Session(router, MsgspecCodec(), _PATIENCE, report=self.complaints.append)
        self.session.now = self._clock.now
        return self.session

    def post(
        self, request: Request[Req, Resp], outcome: list[tuple[Any, OcppError | None]]
    ) -> None:
        """Calls the charge point; how it ended is put into ``outcome``.

        Raises AssertionError while there is no connection.
        """
        if self.session is None:
            raise AssertionError("connect() first: there is no connection to call over")
        self.session.now = self._clock.now
        self.session.call(request, lambda answer, error: outcome.append((answer, error)))

    def disconnected(self, reason: str) -> None:
        """The connection is gone."""
        if self.session is not None:
            self.session.close(reason)
            self.session = None

    def _answer(self, action: Action[Any, Any], request: Any) -> Any:
        given = self.answers.get(action.name, {})
        if given is SILENCE:
            return Deferred()
        if isinstance(given, str):
            raise LocalError("as the table has it", None, given)
        fields = given(request) if callable(given) else given
        if not isinstance(fields, Mapping):
            raise TypeError(
                f"the table's answer to {action.name} is {fields!r}, which is no object"
            )
        return merged(self._samples.of(action.response), fields)
