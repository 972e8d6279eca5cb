"""Reset: soft and hard, after its response and after what is left to be told. Portable.

CORE-118 to CORE-122; section 5.14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .plugin import ChargePoint

#: Seconds a soft and a hard reset wait at most for StopTransaction to be answered.
SOFT_WAIT = 30
HARD_WAIT = 5
#: Seconds between attempts of a reset that fails.
RETRY = 10


class Restart:
    """Ends transactions, gives their messages a chance, restarts."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station
        self._kind = ""
        self._give_up_at = 0
        self._attempts = 0

    def request(self, kind: str) -> None:
        """Restarts, ``Soft`` or ``Hard``, once the response is sent."""
        self._core.resetting = True
        self._kind = kind
        self._attempts = 0
        self._station.after_response(self._begin)

    def _begin(self) -> None:
        core = self._core
        hard = self._kind == "Hard"
        for connector in core.connectors:
            core.charging.stop(connector, "HardReset" if hard else "SoftReset")
        self._give_up_at = self._station.now + (HARD_WAIT if hard else SOFT_WAIT)
        self._station.after(1, self._wait)

    def _wait(self) -> None:
        waiting = not self._core.journal.is_empty() and self._core.boot.is_ready()
        if waiting and self._station.now < self._give_up_at:
            self._station.after(1, self._wait)
        else:
            self._restart()

    def _restart(self) -> None:
        try:
            self._core.driver.restart(self._kind)
        except OSError as error:
            self._attempts += 1
            self._station.log("error", f"reset failed: {error}")
            if self._attempts <= self._station.configuration["ResetRetries"]:
                self._station.after(RETRY, self._restart)
            else:
                self._core.resetting = False
                self._core.raise_fault(0, "ResetFailure", "")
            return
        self._station.exit = self._kind
