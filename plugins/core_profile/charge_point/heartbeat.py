"""Heartbeat and the clock it brings (CORE-020, CORE-021). Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel import timestamps
from ocpp_kernel.errors import OcppError

from ..messages import Heartbeat

if TYPE_CHECKING:
    from ocpp_kernel.station import Timer

    from .plugin import ChargePoint

#: A Heartbeat is due after this many seconds whatever else was exchanged, for its clock (FRM-045).
LONGEST = 86400


class HeartbeatTimer:
    """Sends a Heartbeat once nothing was heard of the central system for HeartbeatInterval."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station
        self._timer: Timer | None = None
        self._sent = 0
        self._unanswered = False
        self._synchronised = 0

    def start(self) -> None:
        """Begins to watch; also when the interval changed."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._station.after(self._remaining(), self._due)

    def send(self) -> None:
        """Sends one now."""
        asked = self._sent = self._station.now
        self._unanswered = True
        self._station.call(Heartbeat({}), lambda answer, error: self._done(answer, error, asked))

    def trigger(self, connector_id: int | None) -> str:
        """A Heartbeat was asked for; the TriggerMessageStatus."""
        self._station.after_response(self.send)
        return "Accepted"

    def set_clock(self, text: str, asked: int) -> None:
        """Takes over the central system's time, which answers what was asked at ``asked``.

        How much of the time since then is the way back nobody knows: a clock that may be right
        stays, so that no late answer sets it back.
        """
        self._synchronised = self._station.now
        epoch = timestamps.parse(text)
        now = self._station.utc()
        if epoch is not None and (
            now is None or not -1 <= now - epoch <= self._station.now - asked + 1
        ):
            self._station.set_utc(epoch)

    def _remaining(self) -> int:
        session = self._station.session
        last = self._sent if session is None else max(int(session.heard), self._sent)
        interval: int = self._station.configuration["HeartbeatInterval"]
        due = min(last + interval, max(self._synchronised, self._sent) + LONGEST)
        return max(due - self._station.now, 0)

    def _due(self) -> None:
        self._timer = None
        if not self._core.boot.is_ready():
            return
        # Where answers are slow, one that waits is enough.
        if self._remaining() == 0 and not self._unanswered:
            self.send()
        self._timer = self._station.after(max(self._remaining(), 1), self._due)

    def _done(self, answer: Any, error: OcppError | None, asked: int) -> None:
        self._unanswered = False
        if error is None:
            self.set_clock(answer["currentTime"], asked)
        else:
            self._core.boot.is_lost(error)
