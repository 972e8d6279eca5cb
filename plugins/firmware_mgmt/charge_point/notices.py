"""Statuses the central system is told: in order, each once, over disconnections too. Portable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ocpp_kernel.errors import CallTimeout, Disconnected, OcppError

if TYPE_CHECKING:
    from ocpp_kernel.station import Station

#: Seconds until a status that was not answered in time is told again.
PAUSE = 60


class Notices:
    """``make(status)`` gives the CALL; ``save()`` stores what is :attr:`waiting`.

    ``current()`` gives the status as it is now.
    """

    def __init__(
        self,
        station: Station,
        make: Callable[[Any], tuple[str, dict[str, Any]]],
        save: Callable[[], None],
        current: Callable[[], str],
    ) -> None:
        #: Not told yet, oldest first.
        self.waiting: list[str] = []
        #: Whether this charge point was accepted, so that CALLs may be sent.
        self.ready = False
        self._station = station
        self._make = make
        self._save = save
        self._current = current
        self._calling = False
        #: A trigger asked for the current one, which follows what waits: the order must hold.
        self._asked = False

    def pump(self) -> None:
        """Tells what waits, if it may be told."""
        if self._calling or not self._station.online:
            return
        if self.waiting and self.ready:
            self._calling = True
            self._station.call(self._make(self.waiting[0]), self._done)
        elif self._asked:
            self._asked = False
            self._station.call(self._make(self._current()), lambda answer, error: None)

    def trigger(self, connector_id: int | None) -> str:
        """Tells the current status again (FW-008); the TriggerMessageStatus."""
        self._asked = True
        self._station.after_response(self.pump)
        return "Accepted"

    def _done(self, answer: Any, error: OcppError | None) -> None:
        self._calling = False
        if isinstance(error, CallTimeout):
            self._station.after(PAUSE, self.pump)
            return
        if isinstance(error, Disconnected) or (error is not None and error.code == "SecurityError"):
            # Told anew on the next connection, or after the next boot, or with the next status.
            self._asked = False
            return
        if error is not None:
            self._station.log("warning", f"{self.waiting[0]} is not heard: {error}")
        self.waiting.pop(0)
        self._save()
        self.pump()
