"""The central system's end of one connection: a session whose handlers may be ``async``."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ocpp_kernel.errors import InternalError, OcppError
from ocpp_kernel.session import Deferred, Done, Payload, Session

if TYPE_CHECKING:
    from ocpp_kernel.central import Central, ConnectedStation


class Link(Protocol):
    """A connection, as the central system sees it."""

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    def wake(self) -> None:
        """The session has something to write, or a new deadline."""
        ...

    def close(self, reason: str) -> None:
        """Begins to close the connection; the session is told later, or has been already."""
        ...


class CentralSession(Session):
    """A session whose handlers may be ``async``; a slow one delays nobody else."""

    def __init__(
        self, station: ConnectedStation, link: Link, new_id: Callable[[], str] | None = None
    ) -> None:
        central, router = station.central, station.central.router
        report = partial(_report, central, station.identity)
        if callable(router.lenient):
            router = copy(router)
            router.lenient = report  # What is let through is told with the station's name.
        super().__init__(router, central.codec, central.call_timeout, station, new_id, report)
        self.station = station
        self.link = link
        #: When something was last received, on the link's clock; the link sets it.
        self.heard_at = self.now = link.now()
        #: The handlers still at work, and the CALLs they answer.
        self._tasks: dict[asyncio.Future[Any], str] = {}

    def call(self, request: tuple[str, Payload], done: Done) -> None:
        self.now = self.link.now()
        super().call(request, done)
        self.link.wake()

    def forget(self, done: Done) -> None:
        """A CALL that was not sent yet is not wanted any more; one that was sent goes on."""
        self._queue[:] = [entry for entry in self._queue if entry[3] is not done]

    def after_response(self, callback: Callable[[], None]) -> None:
        task = asyncio.current_task() if self._tasks else None
        after = self._handling.get(self._tasks[task]) if task in self._tasks else None
        if after is not None:
            after.append(callback)  # An async handler's own response is still to come.
        else:
            super().after_response(callback)
            self.link.wake()

    def close(self, reason: str = "connection closed") -> None:
        super().close(reason)
        for task in list(self._tasks):
            task.cancel()

    def _await_result(self, call_id: str, action: str, result: Any) -> None:
        if inspect.isawaitable(result):
            task = asyncio.ensure_future(result)
            self._tasks[task] = call_id
            task.add_done_callback(partial(self._finished, action))
        elif isinstance(result, Deferred):
            result.then(partial(self._answer_late, call_id, action))
        else:
            super()._await_result(call_id, action, result)

    def _answer_late(
        self, call_id: str, action: str, payload: Payload | None, error: OcppError | None
    ) -> None:
        self.reply(call_id, action, payload, error)
        self.link.wake()

    def _finished(self, action: str, task: asyncio.Future[Any]) -> None:
        call_id = self._tasks.pop(task)
        fault = InternalError("cancelled") if task.cancelled() else task.exception()
        if fault is None and isinstance(task.result(), Deferred):
            task.result().then(partial(self._answer_late, call_id, action))
        elif fault is None:
            self._answer_late(call_id, action, task.result(), None)
        elif isinstance(fault, Exception):
            self._answer_late(call_id, action, None, self._as_local(action, fault))


def _report(central: Central, identity: str, sentence: str) -> None:
    central.log("warning", f"{identity}: {sentence}")
