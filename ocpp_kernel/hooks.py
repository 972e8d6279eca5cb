"""The hooks plugins implement, as typed calls, and how several answers become one. Portable.

A method of a role object whose name is that of a hook implements it: ``ocpp_veto_start`` answers
``station.hooks.veto_start``. Order never matters: answers combine as *any veto*, *lowest limit*,
*highest-ranked source*, *all collected* or *notify all*. A raising listener is reported and
silences nobody; a raising decision counts as a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ocpp_kernel.configuration import Key
    from ocpp_kernel.driver import Driver

Implementations = dict[str, tuple[Callable[..., Any], ...]]


class TagInfo(NamedTuple):
    """What a source knows of an idTag. The highest ``rank`` wins: local list 20, cache 10."""

    rank: int
    status: str
    parent_id_tag: str | None
    expiry: int | None


class DataTransferHandler(NamedTuple):
    """Handles DataTransfer of one vendor; ``message_id`` None stands for any, and for none.

    ``handle(message_id, data)`` returns a status and the data of the answer, or None for none.
    """

    vendor_id: str
    message_id: str | None
    handle: Callable[[str | None, str | None], tuple[str, str | None]]


class Hooks:
    """The implementations of one host, by hook name, and the calls to them.

    ``report`` is told, in a sentence, of implementations that raise.
    """

    def __init__(
        self, implementations: Implementations, report: Callable[[str], None] | None = None
    ) -> None:
        self.implementations = implementations
        self._report = report

    # Collected once, when a host starts.

    def register_configuration(self) -> list[Key]:
        """The configuration keys every plugin owns."""
        found: list[Key] = []
        self._collect("ocpp_register_configuration", found.extend)
        return found

    def register_triggers(self) -> dict[str, Callable[[int | None], str]]:
        """Message name -> sender; it gets the connector and answers a TriggerMessageStatus."""
        senders: dict[str, Callable[[int | None], str]] = {}
        self._collect("ocpp_register_triggers", senders.update)
        return senders

    def register_data_transfer(self) -> list[DataTransferHandler]:
        """Who handles which vendor's DataTransfer."""
        found: list[DataTransferHandler] = []
        self._collect("ocpp_register_data_transfer", found.extend)
        return found

    def driver(self) -> Driver | None:
        """The one driver of the hardware, or None."""
        owners = self.implementations.get("ocpp_driver", ())
        return owners[0]() if owners else None

    # Decisions.

    def look_up_tag(self, id_tag: str) -> TagInfo | None:
        """What the highest-ranked source knows of a tag, or None if none knows it.

        Nothing counts as known while a source fails: it might be the one that blocks the tag.
        """
        best = None
        for implementation in self.implementations.get("ocpp_look_up_tag", ()):
            try:
                info = implementation(id_tag)
                if info is not None and (best is None or info.rank > best.rank):
                    best = info
            except Exception as error:  # noqa: BLE001 - reported, and fails closed
                self._tell("ocpp_look_up_tag", error)
                return None
        return best

    def veto_start(self, connector_id: int, id_tag: str) -> str:
        """Why this tag may not start on this connector; "" if nobody objects."""
        for implementation in self.implementations.get("ocpp_veto_start", ()):
            try:
                reason = implementation(connector_id, id_tag)
            except Exception as error:  # noqa: BLE001 - reported, and fails closed
                self._tell("ocpp_veto_start", error)
                reason = "a plugin failed to decide"
            if reason:
                return str(reason)
        return ""

    def charging_limit(self, connector_id: int, at: int) -> int | None:
        """The lowest limit anybody sets, in mA per phase; None for no limit.

        A plugin that fails to answer is taken to allow nothing: a missing limit could overload a
        supply.
        """
        lowest = None
        for implementation in self.implementations.get("ocpp_charging_limit", ()):
            try:
                limit = implementation(connector_id, at)
                if limit is not None and (lowest is None or limit < lowest):
                    lowest = limit
            except Exception as error:  # noqa: BLE001 - reported, and fails closed
                self._tell("ocpp_charging_limit", error)
                lowest = 0
        return lowest

    def accept_station(self, identity: str, password: bytes | None) -> str:
        """Why a station may not connect; "" if nobody objects. Central system only."""
        for implementation in self.implementations.get("ocpp_accept_station", ()):
            try:
                reason = implementation(identity, password)
            except Exception as error:  # noqa: BLE001 - reported, and fails closed
                self._tell("ocpp_accept_station", error)
                reason = "a plugin failed to decide"
            if reason:
                return str(reason)
        return ""

    def restore_state(self, store: Any) -> None:
        """Has everybody read what outlived the last central system. Central system only.

        Raises what the first that fails raises: with half of it forgotten nothing may start.
        """
        for implementation in self.implementations.get("ocpp_restore_state", ()):
            implementation(store)

    # Notifications.

    def on_event(self, event: Any) -> None:
        """Tells everybody what happened."""
        for listener in self.implementations.get("ocpp_on_event", ()):
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - reported
                self._tell("ocpp_on_event", error)

    def on_frame(self, identity: str, direction: str, text: str) -> None:
        """Shows everybody a frame; ``direction`` is "in" or "out" as this side sees it."""
        for listener in self.implementations.get("ocpp_on_frame", ()):
            try:
                listener(identity, direction, text)
            except Exception as error:  # noqa: BLE001 - reported
                self._tell("ocpp_on_frame", error)

    def _collect(self, name: str, add: Callable[[Any], object]) -> None:
        for implementation in self.implementations.get(name, ()):
            try:
                add(implementation())
            except Exception as error:  # noqa: BLE001 - reported
                self._tell(name, error)

    def _tell(self, name: str, error: Exception) -> None:
        if self._report is not None:
            self._report(f"a plugin failed in {name}: {error!r}")
