"""The vocabulary in which messages are written, once, and what is made of them.

A profile writes each message as a ``TypedDict`` of wire names, with ``Literal`` enumerations and
the bounds below, and ties request and response together in an :class:`Action`:

    class ResetRequest(TypedDict):
        type: Literal["Hard", "Soft"]

    Reset = Action("Reset", ResetRequest, ResetResponse, sent_by=CENTRAL_SYSTEM)

From that come the types editors and mypy see, the msgspec check used on CPython
(:mod:`ocpp_kernel.schema`), the compact contract that :mod:`ocpp_kernel.validation` interprets, and
JSON Schema. On a device actions shrink to their names and ``@on`` to a literal route table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, Final, Generic, Literal, NamedTuple, TypeVar, overload

from ocpp_kernel.session import Deferred

Req = TypeVar("Req")
Resp = TypeVar("Resp")

CHARGE_POINT: Final = "charge_point"
CENTRAL_SYSTEM: Final = "central_system"
BOTH: Final = "both"

SentBy = Literal["charge_point", "central_system", "both"]


class MaxLength(NamedTuple):
    """At most ``limit`` characters."""

    limit: int


class MinItems(NamedTuple):
    """At least ``limit`` elements."""

    limit: int


class Format(NamedTuple):
    """How a string or number is to be read: ``date-time``, ``uri`` or ``decimal1``."""

    name: str


CiString20 = Annotated[str, MaxLength(20)]
CiString25 = Annotated[str, MaxLength(25)]
CiString50 = Annotated[str, MaxLength(50)]
CiString255 = Annotated[str, MaxLength(255)]
CiString500 = Annotated[str, MaxLength(500)]
#: ISO 8601 date and time; fractions and offsets are accepted (CORE-004, DIS-10).
DateTime = Annotated[str, Format("date-time")]
#: An address; any text is accepted, its transfer fails later if it is none.
AnyUri = Annotated[str, Format("uri")]
#: A number with at most one decimal; 8.1 is one, whatever binary floats say (SC-016, DIS-09).
Decimal1 = Annotated[float, Format("decimal1")]


class Request(tuple[str, Any], Generic[Req, Resp]):
    """An action with its payload, ready to be called; unpacks to ``(name, payload)``."""

    __slots__ = ()


class Action(Generic[Req, Resp]):
    """One OCPP action: its wire name, its two messages, and who may send the request.

    Calling it with a payload gives a :class:`Request`, so that ``await station.call(Reset({...}))``
    checks the payload's keys and knows the answer's.
    """

    def __init__(
        self, name: str, request: type[Req], response: type[Resp], *, sent_by: SentBy
    ) -> None:
        if sent_by not in (CHARGE_POINT, CENTRAL_SYSTEM, BOTH):
            raise ValueError(f"action {name}: sent_by is one of charge_point, central_system, both")
        self.name = name
        self.request = request
        self.response = response
        self.sent_by = sent_by

    def __call__(self, payload: Req) -> Request[Req, Resp]:
        return Request((self.name, payload))

    def __repr__(self) -> str:
        return f"Action({self.name!r}, sent_by={self.sent_by!r})"


P = TypeVar("P")
S = TypeVar("S")


class on(Generic[Req, Resp]):  # noqa: N801 - the field's word for it, used as a decorator
    """Marks the method that handles an action.

    In a ``charge_point`` module the method takes ``(self, request)``; in a ``central_system``
    module ``(self, station, request)`` and it may be ``async``. It returns the response payload,
    or a :class:`~ocpp_kernel.session.Deferred` that will carry it.
    """

    def __init__(self, action: Action[Req, Resp]) -> None:
        given: Any = action
        if not isinstance(given, Action):
            named = getattr(given, "__qualname__", None) or repr(given)
            raise TypeError(f"@on takes an action that some messages module defines, not {named}")
        self.action = action

    # One overload per kind of result, so that a handler called directly keeps its own type.

    @overload
    def __call__(self, handler: Callable[[S, Req], Resp]) -> Callable[[S, Req], Resp]: ...

    @overload
    def __call__(self, handler: Callable[[S, Req], Deferred]) -> Callable[[S, Req], Deferred]: ...

    @overload
    def __call__(
        self, handler: Callable[[S, Req], Resp | Deferred]
    ) -> Callable[[S, Req], Resp | Deferred]: ...

    @overload
    def __call__(self, handler: Callable[[S, P, Req], Resp]) -> Callable[[S, P, Req], Resp]: ...

    @overload
    def __call__(
        self, handler: Callable[[S, P, Req], Coroutine[Any, Any, Resp]]
    ) -> Callable[[S, P, Req], Coroutine[Any, Any, Resp]]: ...

    @overload
    def __call__(
        self, handler: Callable[[S, P, Req], Deferred]
    ) -> Callable[[S, P, Req], Deferred]: ...

    @overload
    def __call__(
        self, handler: Callable[[S, P, Req], Resp | Awaitable[Resp | Deferred] | Deferred]
    ) -> Callable[[S, P, Req], Resp | Awaitable[Resp | Deferred] | Deferred]: ...

    def __call__(self, handler: Any) -> Any:
        handler.ocpp_action = self.action
        return handler
