"""Who may charge: local knowledge, the central system, or the offline rules. Portable.

CORE-023 to CORE-042; sections 3.4, 3.5 and 4.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ocpp_kernel import timestamps
from ocpp_kernel.errors import CallTimeout, Disconnected, OcppError
from ocpp_kernel.events import TagInfoReceived
from ocpp_kernel.hooks import TagInfo

from ..messages import Authorize
from .cache import RANK

if TYPE_CHECKING:
    from .plugin import ChargePoint

#: Told whether the tag is accepted, and its parentIdTag.
Verdict = Callable[[bool, "str | None"], None]


def same_tag(one: str, other: str) -> bool:
    """Whether two idTags are the same; case does not count (CORE-005)."""
    return one.lower() == other.lower()


class Authorizer:
    """Answers whether an idTag may charge."""

    def __init__(self, core: ChargePoint) -> None:
        self._core = core
        self._station = core.station
        self._latest: TagInfoReceived | None = None

    def known(self, id_tag: str) -> TagInfo | None:
        """What is known here of a tag; Expired once its time is over (CORE-032)."""
        info = self._station.hooks.look_up_tag(id_tag)
        now = self._station.utc()
        if info is None or info.expiry is None or now is None or info.expiry > now:
            return info
        if info.status not in ("Accepted", "ConcurrentTx"):
            return info
        return TagInfo(info.rank, "Expired", info.parent_id_tag, info.expiry)

    def parent_of(self, id_tag: str) -> str | None:
        """The parentIdTag of a tag as far as it is known here; other profiles ask this too."""
        latest = self._latest
        if latest is not None and same_tag(latest.id_tag, id_tag):
            return latest.parent_id_tag
        info = self._station.hooks.look_up_tag(id_tag)
        return None if info is None else info.parent_id_tag

    def parent_decides(self, connector_id: int, id_tag: str) -> bool:
        """Whether a tag may start there (0: anywhere) if only its parentIdTag is the right one,
        which is not known here; ``station.shared["parent_decides"]`` is asked, if it is there."""
        decides = self._station.shared.get("parent_decides")
        return decides is not None and decides(connector_id, id_tag)

    def authorize(self, id_tag: str, then: Verdict) -> None:
        """Finds out whether a tag is accepted; ``then`` hears of it, maybe at once."""
        info = self.known(id_tag)
        if not self._core.boot.is_ready():
            self._offline(id_tag, info, then)
        elif (
            info is not None
            and info.status == "Accepted"
            and self._station.configuration["LocalPreAuthorize"]
        ):
            then(True, info.parent_id_tag)
        else:
            self._station.call(
                Authorize({"idTag": id_tag}),
                lambda answer, error: self._answered(id_tag, answer, error, then),
            )

    def learn(self, id_tag: str, info: Any) -> None:
        """Remembers an IdTagInfo of the central system."""
        expiry = info.get("expiryDate")
        received = TagInfoReceived(
            id_tag,
            info["status"],
            info.get("parentIdTag"),
            None if expiry is None else timestamps.parse(expiry),
        )
        self._latest = received
        known = self._station.hooks.look_up_tag(id_tag)
        if self._station.configuration.get("AuthorizationCacheEnabled", False) and (
            known is None or known.rank <= RANK
        ):
            self._core.cache.update(
                id_tag,
                received.status,
                received.parent_id_tag,
                received.expiry,
                self._station.utc(),
            )
        self._station.emit(received)

    def _answered(self, id_tag: str, answer: Any, error: OcppError | None, then: Verdict) -> None:
        if error is None:
            info = answer["idTagInfo"]
            self.learn(id_tag, info)
            then(info["status"] == "Accepted", info.get("parentIdTag"))
        elif isinstance(error, (Disconnected, CallTimeout)):
            self._offline(id_tag, self.known(id_tag), then)
        else:
            self._core.boot.is_lost(error)
            self._station.log("warning", f"Authorize failed: {error}")
            then(False, None)

    def _offline(self, id_tag: str, info: TagInfo | None, then: Verdict) -> None:
        configuration = self._station.configuration
        if info is None:
            then(configuration["AllowOfflineTxForUnknownId"], None)
        elif info.status not in ("Accepted", "ConcurrentTx"):
            then(False, None)
        else:
            allowed = (
                configuration["LocalAuthorizeOffline"]
                or configuration["AllowOfflineTxForUnknownId"]
            )
            then(allowed, info.parent_id_tag)
