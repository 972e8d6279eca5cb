"""From an action's name to its contract and its handler. Portable.

Routes are collected once, when plugins are installed, and looked up in a dict. Nothing here knows
an action: names come with the plugins.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from ocpp_kernel.errors import FormationViolation, NotSupported, UnknownAction
from ocpp_kernel.texts import cut
from ocpp_kernel.validation import validate

#: Longest name of an action worth looking at, in characters; the standard's are shorter.
MAX_ACTION_LENGTH = 50

Handler = Callable[..., Any]
#: The contracts of an action's request and response; None where this side never receives it.
Contracts = dict[str, tuple[Any, Any]]


def fingerprint(action: str) -> int:
    """A 16-bit sum of an action's name.

    The names of standard actions whose profile is absent are kept as these numbers: enough to
    answer NotSupported instead of NotImplemented (FRM-028, FRM-029) without carrying the names.
    """
    value = 0
    for character in action:
        value = (value * 31 + ord(character)) & 0xFFFF
    return value


class Router:
    """The actions one side knows: their contracts, and the handlers of those it answers.

    ``check`` validates a payload against a contract as found in ``contracts``; ``foreign`` holds
    the fingerprints of standard actions that nothing here implements. ``lenient`` lets unknown
    fields through.
    """

    def __init__(
        self,
        contracts: Contracts,
        routes: dict[str, Handler],
        foreign: Container[int] = (),
        check: Callable[[Any, Any, Any], None] = validate,
        lenient: bool | Callable[[str], None] = False,
    ) -> None:
        self.contracts = contracts
        self.routes = routes
        self.lenient = lenient
        self._foreign = foreign
        self._check = check

    def handler(self, action: str) -> Handler:
        """Who answers this action; raises UnknownAction or NotSupported (FRM-016)."""
        handler = self.routes.get(action)
        if handler is None:
            if action in self.contracts or self._is_foreign(action):
                raise NotSupported(f"{cut(action, 50)} is not supported here")
            raise UnknownAction(f"{cut(action, 50)} is not an action known here")
        return handler

    def check_request(self, action: str, payload: Any) -> None:
        """Raises the LocalError that fits, where the request breaks its contract."""
        self._check_half(action, 0, payload)

    def check_response(self, action: str, payload: Any) -> None:
        """Raises the LocalError that fits, where the response breaks its contract.

        Of an action nobody wrote a contract for, all that is known is that it is an object.
        """
        self._check_half(action, 1, payload)

    def _check_half(self, action: str, half: int, payload: Any) -> None:
        both = self.contracts.get(action)
        if both is not None and both[half] is not None:
            self._check(payload, both[half], self.lenient)
        elif type(payload) is not dict:
            raise FormationViolation("payload is not an object")

    def _is_foreign(self, action: str) -> bool:
        # No standard name is that long, and a peer must not keep us busy summing up a huge one.
        return len(action) <= MAX_ACTION_LENGTH and fingerprint(action) in self._foreign
