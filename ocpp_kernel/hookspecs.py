"""The hooks a plugin may implement, as pluggy knows them.

Each has its meaning and the rule by which answers combine in :mod:`ocpp_kernel.hooks`; here stand
the names and arguments that implementations are checked against. All are synchronous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pluggy

from ocpp_kernel.configuration import Key
from ocpp_kernel.driver import Driver
from ocpp_kernel.hooks import DataTransferHandler, TagInfo

if TYPE_CHECKING:
    from ocpp_kernel.central import VendorHandler
    from ocpp_kernel.central_store import CentralStore

PROJECT = "ocpp_kernel"
hookspec = pluggy.HookspecMarker(PROJECT)

CHARGE_POINT_HOOKS = "charge_point"
CENTRAL_SYSTEM_HOOKS = "central_system"


class BothRoles:
    """Hooks of either role."""

    @hookspec
    def ocpp_register_data_transfer(  # type: ignore[empty-body]
        self,
    ) -> Sequence[DataTransferHandler | VendorHandler]:
        """Collected: who handles DataTransfer of which vendor. A VendorHandler is told which
        station asks; only a central system takes those."""

    @hookspec
    def ocpp_on_event(self, event: Any) -> None:
        """Told to everybody: what happened; see :mod:`ocpp_kernel.events`."""

    @hookspec
    def ocpp_on_frame(self, identity: str, direction: str, text: str) -> None:
        """Told to everybody: a frame came ``in`` or goes ``out``."""


class ChargePointHooks(BothRoles):
    """Hooks of a charge point."""

    @hookspec
    def ocpp_register_configuration(self) -> list[Key]:  # type: ignore[empty-body]
        """Collected: the configuration keys this plugin owns."""

    @hookspec
    def ocpp_register_triggers(  # type: ignore[empty-body]
        self,
    ) -> dict[str, Callable[[int | None], str]]:
        """Collected: messages this plugin sends when triggered; the sender answers a status."""

    @hookspec
    def ocpp_driver(self) -> Driver:  # type: ignore[empty-body]
        """One owner: the driver of the hardware."""

    @hookspec
    def ocpp_look_up_tag(self, id_tag: str) -> TagInfo | None:
        """Highest rank wins: what this source knows of an idTag."""

    @hookspec
    def ocpp_veto_start(self, connector_id: int, id_tag: str) -> str:  # type: ignore[empty-body]
        """Any veto: why this tag may not start there, or ""."""

    @hookspec
    def ocpp_charging_limit(self, connector_id: int, at: int) -> int | None:
        """Lowest wins: the limit in mA per phase at a UTC time, or None."""


class CentralSystemHooks(BothRoles):
    """Hooks of a central system."""

    @hookspec
    def ocpp_accept_station(  # type: ignore[empty-body]
        self, identity: str, password: bytes | None
    ) -> str:
        """Any veto: why this station may not connect, or ""."""

    @hookspec
    def ocpp_restore_state(self, store: CentralStore) -> None:
        """Told to everybody, before any station connects and only where a store is: read it.

        Where one fails, the central system does not start."""


SPECIFICATIONS: dict[str, Any] = {
    CHARGE_POINT_HOOKS: ChargePointHooks,
    CENTRAL_SYSTEM_HOOKS: CentralSystemHooks,
}

#: Hooks that at most one plugin may implement.
SINGLE_OWNER = frozenset({"ocpp_driver"})


class Deprecated(NamedTuple):
    """A hook's former name; it works until a version, and every use is a warning."""

    #: The hook whose arguments it takes and for which it is called.
    replaced_by: str
    #: The version from which it is unknown.
    until: str

    def remedy(self, name: str) -> str:
        """What to do, as a sentence."""
        return f"{name} goes away with ocpp-kernel {self.until}; rename it to {self.replaced_by}"


#: Former names of hooks. Each stays for one minor version at least.
DEPRECATED: dict[str, Deprecated] = {}
