"""Statuses the central system is told: in order, each once, over disconnections too. Portable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ocpp_kernel.errors import CallTimeout, Disconnected, OcppError

if TYPE_CHECKING:
    from ocpp_kernel.station import Station


class Notices:
    """``make(status)`` gives the CALL; ``save()`` stores what is :attr:`waiting`."""

    def __init__(
        self,
        station: Station,
        make: Callable[[Any], tuple[str, dict[str, Any]]],
        save: Callable[[], None],
    ) -> None:
        #: Not told yet, oldest first.
        self.waiting: list[str] = []
        #: Whether this charge point was accepted, so that CALLs may be sent.
        self.ready = False
        self._station = station
        self._make = make
        self._save = save
        self._calling = False

    def pump(self) -> None:
        """Tells what waits, if it may be told."""
        if self.waiting and self.ready and not self._calling and self._station.online:
            self._calling = True
            self._station.call(self._make(self.waiting[0]), self._done)

    def trigger(self, status: str) -> str:
        """Tells the status again (FW-008); the TriggerMessageStatus."""
        self._station.after_response(
            lambda: self._station.call(self._make(status), lambda answer, error: None)
        )
        return "Accepted"

    def _done(self, answer: Any, error: OcppError | None) -> None:
        self._calling = False
        if isinstance(error, (Disconnected, CallTimeout)) or (
            error is not None and error.code == "SecurityError"
        ):
            # Told anew on the next connection, or after the next boot, or with the next status.
            return
        if error is not None:
            self._station.log("warning", f"{self.waiting[0]} is not heard: {error}")
        self.waiting.pop(0)
        self._save()
        self.pump()
