"""What a charge point's hardware must offer. Only types: a driver need not inherit from it.

A driver plugin returns itself from ``ocpp_driver`` and reports what it sees by
``station.emit(CablePlugged(1))`` and the like (:mod:`ocpp_kernel.events`).

No method waits: the one loop that calls them also keeps the connection alive. What takes time is
begun here and looked at in later turns, which ``station.after(0, look)`` asks for; a module's loop
turns about five times a second. ``lock`` and ``unlock`` alone may take a second, since their
outcome is the answer to UnlockConnector. An event may be emitted at any time but from another
thread or the firmware's callbacks; methods here may be called before ``emit`` returns.
"""

from __future__ import annotations

from typing import Protocol


class Driver(Protocol):
    """Relays, meter, lock and the rest; connectors are numbered from 1, 0 is the main meter."""

    #: How many connectors there are.
    connectors: int
    #: The measurands, with phases as in ``Voltage.L1``, the meter can read.
    measurands: tuple[str, ...]
    #: Whether connectors can lock the cable.
    lockable: bool
    #: The most the hardware can offer, in mA per phase.
    max_current: int

    def read_energy(self, connector_id: int) -> int:
        """The import register in Wh; never decreases.

        Before the meter could be read it is what was last read of it; a driver then vetoes starts
        (``ocpp_veto_start``). A value made up would be billed.
        """
        ...

    def read(self, connector_id: int, measurand: str, phase: str) -> str | None:
        """The value now as decimal text, or None where it cannot be read. ``phase`` may be ""."""
        ...

    def energise(self, connector_id: int, on: bool) -> None:
        """Closes or opens the contactor.

        ``on`` is permission: whether the EV is ready is the driver's to see. Off means now.
        """
        ...

    def offer_current(self, connector_id: int, milliampere: int) -> None:
        """Tells the EV how much it may draw, per phase; 0 means pause."""
        ...

    def lock(self, connector_id: int) -> bool:
        """Locks the cable; whether it is locked now."""
        ...

    def unlock(self, connector_id: int) -> bool:
        """Releases the cable; whether it is free now."""
        ...

    def is_plugged(self, connector_id: int) -> bool:
        """Whether an EV is connected."""
        ...

    def restart(self, kind: str) -> None:
        """Restarts hardware (``Hard``) where that is more than the software; may not return.

        Raises OSError where it failed; it is tried again (CORE-122).
        """
        ...


class Installer(Driver, Protocol):
    """A driver that can also install firmware; one that cannot lacks the method."""

    def install_firmware(self, path: str) -> str:
        """Goes on installing the image in that file, without waiting; how far it has come.

        Called about once a second from when it is to begin until it answers ``Installed``, also
        after a restart of whatever cause. ``Restart`` asks for a restart, after which it is
        called again. Anything else: not done yet. Raises OSError where the image is no good or
        cannot be installed; nothing may then be left half done.
        """
        ...


class Witness(Driver, Protocol):
    """A driver whose hardware keeps a log of its own; one without lacks the method."""

    def collect_logs(self) -> list[str]:
        """Lines of that log, oldest first, without ends; GetDiagnostics appends the last 64.

        Called when diagnostics are asked for and when their upload begins.
        """
        ...
