"""Calls to stations typed at ``ocpp-kernel serve``: identity, action, payload."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Callable
from typing import Any

from ocpp_kernel.central import Central
from ocpp_kernel.contracts import Request
from ocpp_kernel.errors import OcppError

USAGE = "type: IDENTITY ACTION [PAYLOAD]; the payload is a JSON object"

#: Stations named where one is not connected.
_MOST_NAMES = 20


class Calls:
    """Takes lines and makes calls of them; ``tell(level, text)`` is given every outcome."""

    def __init__(self, central: Central, tell: Callable[[str, str], None]) -> None:
        self._central = central
        self._tell = tell
        self._running: set[asyncio.Task[None]] = set()

    def take(self, line: str) -> None:
        """One line as typed; empty ones are passed over."""
        words = self._words(line)
        if not words:
            return
        fault = self._fault(words)
        if fault:
            self._tell("error", fault)
            return
        payload = _payload(words[2] if len(words) > 2 else "{}")
        if payload is None:
            wanted = 'the payload must be a JSON object, such as {"connectorId": 1}'
            self._tell("error", f"{words[2][:80]}: {wanted}")
            return
        task = asyncio.ensure_future(self._call(words[0], words[1], payload))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _online(self) -> list[str]:
        return sorted(name for name, known in self._central.stations.items() if known.online)

    def _words(self, line: str) -> list[str]:
        """Identity, action, payload; an identity may hold blanks, as in J3.1.1's own example."""
        for identity in reversed(self._online()):  # "RDAM 123" comes before "RDAM"
            rest = line.removeprefix(identity)
            if rest != line and (not rest or rest[0].isspace()):
                return [identity, *rest.split(maxsplit=1)]
        return line.split(maxsplit=2)

    def _fault(self, words: list[str]) -> str:
        if len(words) < 2:
            return USAGE
        identity, action = words[:2]
        stations = self._online()
        if identity not in stations:
            return f"{identity} is not connected; connected are: {_some(stations) or 'none'}"
        actions = self._central.router.contracts
        if action not in actions:
            near = difflib.get_close_matches(action, actions, n=1)
            hint = f"did you mean {near[0]}?" if near else "see: ocpp-kernel actions"
            return f"{action} is no action known here; {hint}"
        return ""

    async def _call(self, identity: str, action: str, payload: dict[str, Any]) -> None:
        request: Request[Any, Any] = Request((action, payload))
        try:
            answer = await self._central.stations[identity].call(request)
        except OcppError as error:
            self._tell("error", f"{identity} {action}: {error}")
        else:
            self._tell("info", f"{identity} {action}: {json.dumps(answer)}")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _payload(text: str) -> dict[str, Any] | None:
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None
