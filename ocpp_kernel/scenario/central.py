"""A central system of ours that a script can make answer otherwise, and send anything."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable
from functools import partial
from typing import Any

from ocpp_kernel.central import Central
from ocpp_kernel.dispatch import Handler
from ocpp_kernel.errors import LocalError
from ocpp_kernel.frames import CALL
from ocpp_kernel.scenario.script import AS_USUAL, NOTHING
from ocpp_kernel.scenario.tape import Tape
from ocpp_kernel.session import Deferred


class ScriptedCentral:
    """Plays one charge point's central system by way of ``central``.

    Frames go to ``tape`` through :meth:`ocpp_on_frame`; pass this as, or on from, the watcher.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.central: Central
        self._answers: dict[str, Any] = {}
        self._sent = 0

    def attach(self, central: Central) -> None:
        """From now on scripts decide what this central system answers."""
        self.central = central
        routes = central.router.routes
        for action, handler in list(routes.items()):
            routes[action] = partial(self._handle, action, handler)

    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        """A frame passed."""
        self.tape.hear(direction == "in", text)

    def answer(self, action: str, given: Any) -> None:
        """How to answer from now on: fields, an error's code, ``nothing`` or ``as usual``.

        Raises ValueError for an action the central system does not answer.
        """
        if action not in self.central.router.routes:
            raise ValueError(f"the central system answers no {action}")
        self._answers[action] = None if given == AS_USUAL else given

    def call(self, identity: str, action: str, payload: Any) -> str:
        """Sends a CALL, right or wrong; returns its message id. Raises ValueError if it cannot."""
        self._sent += 1
        call_id = f"script-{self._sent}"
        self.send(identity, json.dumps([CALL, call_id, action, payload]))
        return call_id

    def send(self, identity: str, text: str) -> None:
        """Sends a text as it is. Raises ValueError while the charge point is not connected."""
        station = self.central.stations.get(identity)
        if station is None or station.session is None:
            raise ValueError(f"{identity} is not connected")
        # Past everything that would keep a wrong or untimely message back.
        station.session._send(text)
        station.session.link.wake()

    def fault_of(self, action: str, answer: Any) -> str:
        """How a charge point's answer breaks its contract, "" if it does not."""
        try:
            self.central.router.check_response(action, answer)
        except LocalError as fault:
            return str(fault)
        return ""

    def _handle(self, action: str, handler: Handler, station: Any, request: Any) -> Any:
        given = self._answers.get(action)
        if given is None:
            return handler(station, request)
        if given == NOTHING:
            return Deferred()
        if isinstance(given, str):
            raise LocalError("as the script has it", None, given)
        usual = handler(station, request)
        if inspect.isawaitable(usual):
            return _merged_later(usual, given)
        return {**usual, **given}


async def _merged_later(usual: Awaitable[Any], given: dict[str, Any]) -> dict[str, Any]:
    return {**await usual, **given}
