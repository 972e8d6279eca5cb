"""What happens at a central system, told to every plugin through ``ocpp_on_event``.

These are the kernel's own; profiles define further types beside their central system.
"""

from __future__ import annotations

from typing import NamedTuple


class CentralStarted(NamedTuple):
    """Every plugin is installed; stations may connect from now on."""


class StationConnected(NamedTuple):
    """A station's connection is open; nothing was exchanged on it yet."""

    identity: str


class StationDisconnected(NamedTuple):
    """A station's connection is gone; calls not answered have failed already."""

    identity: str
    reason: str


class RegistrationMissing(NamedTuple):
    """A station's CALL was refused since it never registered with this central system (FRM-041).

    Told once per connection. A station that only reconnects does not register by itself
    (FRM-012); a plugin that can ask it to should do so now.
    """

    identity: str
