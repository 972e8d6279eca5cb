"""A connector: its facts, its status, and the one table of changes a status may make. Portable.

The changes are those of OCPP 1.6 section 4.9 with the errata (ST-A to ST-I). A connector cannot
be given a status the table does not allow from where it is: :meth:`Connector.move` raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocpp_kernel.station import Timer

    from .charging import Transaction

#: The statuses in the order of the specification's columns 1 to 9.
STATUSES = (
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEV",
    "SuspendedEVSE",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
)

#: The columns that may follow each row's status: 53 allowed changes, all others are forbidden.
CHANGES = (
    "2345789",  # A  Available
    "134569",  # B  Preparing
    "145689",  # C  Charging
    "135689",  # D  SuspendedEV
    "134689",  # E  SuspendedEVSE
    "1289",  # F  Finishing
    "1289",  # G  Reserved
    "123459",  # H  Unavailable
    "12345678",  # I  Faulted
)

#: Errors a connector may have while EVCommunicationError is told (CORE-092).
TALKING = ("Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing")


class ForbiddenChangeError(Exception):
    """A status change the specification does not allow; a fault of this software."""


def is_allowed(old: str, new: str) -> bool:
    """Whether the table holds the change."""
    return str(STATUSES.index(new) + 1) in CHANGES[STATUSES.index(old)]


class Connector:
    """A connector, or with number 0 the charge point as a whole.

    Other profiles find these in ``station.shared["connectors"]``, indexed by number.
    ``changed(connector, old status)`` is told of every change that shows.
    """

    def __init__(self, connector_id: int, changed: Callable[[Connector, str], None]) -> None:
        self.connector_id = connector_id
        #: The status but for a fault; what a fault hides goes on below it and shows after it.
        self.state = "Available"
        self.faulted = False
        self.error_code = "NoError"
        #: Free text that goes with the next StatusNotification.
        self.info = ""
        #: False once ChangeAvailability took it, or is to take it, out of use.
        self.operative = True
        #: Another profile keeps it out of use for a while; forgotten at a restart. Whoever sets
        #: this calls ``station.shared["settle"]()`` after it.
        self.withheld = False
        self.plugged = False
        self.locked = False
        #: Whether the EV asks for energy.
        self.ev_ready = True
        #: The cable stayed without an idTag for too long; only unplugging helps (CORE-100).
        self.timed_out = False
        #: The idTag the central system or a list is being asked about, "" if none.
        self.authorizing = ""
        #: EVCommunicationError: the EV cannot be talked to.
        self.silent = False
        #: The accepted idTag that waits for its cable, "" if none, and its parent.
        self.id_tag = ""
        self.parent: str | None = None
        #: Who may release the cable after a start was refused later on (CORE-040), "" if none.
        self.held_for = ""
        self.transaction: Transaction | None = None
        #: What the EV is offered, in mA per phase; -1 while nothing is.
        self.offered = -1
        #: Monotonic time of the last change that shows.
        self.changed_at = 0
        #: The status last told to the central system, "" for none since the boot, and the error
        #: told with it, "" where it may not have been heard.
        self.reported = ""
        self.reported_error = ""
        self.reported_info = ""
        #: Ends the wait for a cable or an idTag.
        self.wait: Timer | None = None
        #: Ends the wait for a status to last (MinimumStatusDuration).
        self.settling: Timer | None = None
        self._changed = changed

    @property
    def status(self) -> str:
        """The ChargePointStatus."""
        return "Faulted" if self.faulted else self.state

    @property
    def idle_status(self) -> str:
        """The status while nobody uses it."""
        return "Available" if self.operative and not self.withheld else "Unavailable"

    def move(self, new: str, info: str = "") -> None:
        """Changes the status; raises :class:`ForbiddenChangeError` for what is not in the table."""
        old = self.state
        if self.connector_id == 0 and new not in ("Available", "Unavailable"):
            raise ForbiddenChangeError(f"connector 0 is never {new}")
        if self.faulted:
            if new not in STATUSES[:8]:
                raise ForbiddenChangeError(f"{new} is no status below a fault")
            self.state = new
        elif not is_allowed(old, new):
            raise ForbiddenChangeError(f"connector {self.connector_id}: {old} to {new}")
        else:
            self.state = new
            self._show(old, "NoError", info)

    def fail(self, error_code: str, info: str) -> None:
        """A fault: Faulted until :meth:`recover`."""
        old, self.faulted = self.status, True
        self._show(old, error_code, info)

    def warn(self, error_code: str, info: str) -> None:
        """Something is wrong, but not so that the connector cannot be used."""
        if not self.faulted:
            self._show(self.state, error_code, info)

    def recover(self) -> None:
        """No fault any more: the status is what it was before, or became since (CORE-101)."""
        old, self.faulted = self.status, False
        self._show(old, "NoError", "")

    def reserve(self, at_start: bool = False) -> bool:
        """Becomes Reserved if it is Available now (A7); whether it did.

        When the software starts it may have been so all along, with a cable in or without.
        """
        if at_start and self.state == "Preparing" and not self.id_tag:
            self.cancel_wait()
            self.state = "Available"
        if self.status != "Available":
            return False
        self.move("Reserved")
        return True

    def release(self) -> None:
        """A reservation ended without being used (G1, or G8 where it goes out of use)."""
        if self.state == "Reserved":
            self.move(self.idle_status)

    def cancel_wait(self) -> None:
        """Stops waiting for the user."""
        if self.wait is not None:
            self.wait.cancel()
            self.wait = None

    def _show(self, old: str, error_code: str, info: str) -> None:
        self.error_code = error_code
        self.info = info
        self._changed(self, old)
