"""A list as it is wanted or held: checked when it is made, and unchangeable from then on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from ocpp_kernel import schema
from ocpp_kernel.errors import LocalError

from ..messages import AuthorizationData, IdTagInfo, SendLocalListRequest

#: What every entry is checked against before anything is sent.
_CONTRACT: Final = schema.compiled(SendLocalListRequest)

_encode: Final = msgspec.json.Encoder(order="sorted").encode


class InvalidList(ValueError):
    """Entries no station could take; says which one and why."""


class AuthList(Mapping[str, IdTagInfo]):
    """What is said of idTags, compared without case. One object may serve any number of stations.

    Raises InvalidList for an entry that breaks its contract, is there twice, or has no idTagInfo.
    """

    __slots__ = ("_digest", "_entries")

    def __init__(self, entries: Iterable[AuthorizationData] = ()) -> None:
        self._digest = ""
        self._entries: dict[str, AuthorizationData] = {}
        for folded, entry in _checked(entries).items():
            if "idTagInfo" not in entry:
                raise InvalidList(f"idTag {entry['idTag']!r} has no idTagInfo")
            self._entries[folded] = entry

    def __getitem__(self, id_tag: str) -> IdTagInfo:
        return self._entries[id_tag.lower()]["idTagInfo"]

    def __iter__(self) -> Iterator[str]:
        return (entry["idTag"] for entry in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[AuthorizationData]:
        """All of it, as a full update has it."""
        return list(self._entries.values())

    @property
    def digest(self) -> str:
        """What lists of the same entries have in common, and no others."""
        if not self._digest:
            self._digest = hashlib.sha256(_encode(self.entries())).hexdigest()
        return self._digest

    def changed(self, changes: Iterable[AuthorizationData]) -> AuthList:
        """The list with entries added, updated, or (those without idTagInfo) removed.

        Raises InvalidList where one breaks its contract or two are of the same idTag.
        """
        entries = dict(self._entries)
        for folded, change in _checked(changes).items():
            if "idTagInfo" in change:
                entries[folded] = change
            else:
                entries.pop(folded, None)
        made = AuthList()
        made._entries = entries
        return made

    def since(self, older: AuthList) -> list[AuthorizationData]:
        """The changes that make ``older`` this list, removals first: a full list needs the room."""
        before, now = older._entries, self._entries
        changes: list[AuthorizationData] = [
            {"idTag": entry["idTag"]} for folded, entry in before.items() if folded not in now
        ]
        changes += [
            entry
            for folded, entry in now.items()
            if folded not in before or before[folded]["idTagInfo"] != entry["idTagInfo"]
        ]
        return changes


def _checked(entries: Iterable[AuthorizationData]) -> dict[str, AuthorizationData]:
    """Copies by idTag in lower case."""
    found: dict[str, AuthorizationData] = {}
    for number, entry in enumerate(entries):
        payload = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]}
        try:
            schema.check(payload, _CONTRACT)
        except LocalError as fault:
            text = fault.description.removeprefix("localAuthorizationList[0]").lstrip(".")
            raise InvalidList(f"entry {number}: {text}") from None
        id_tag = entry["idTag"]
        if not id_tag:
            raise InvalidList(f"entry {number}: idTag is empty")
        if id_tag.lower() in found:
            raise InvalidList(f"entry {number}: idTag {id_tag!r} is there twice; case is ignored")
        copy: AuthorizationData = {"idTag": id_tag}
        if "idTagInfo" in entry:
            copy["idTagInfo"] = entry["idTagInfo"].copy()
        found[id_tag.lower()] = copy
    return found
