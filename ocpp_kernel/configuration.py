"""Configuration keys: declared by the profile that owns them, read and changed by name. Portable.

A profile returns its :class:`Key` list from ``ocpp_register_configuration``; vendor plugins do
the same. Values are texts on the wire and typed here: bool, int, or text. Names compare without
case (CORE-005); what is changed survives a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ocpp_kernel.store import StoreError

BOOLEAN = "bool"
INTEGER = "int"
STRING = "string"
#: Comma separated list.
CSL = "csl"

READ_ONLY = "R"
READ_WRITE = "RW"
WRITE_ONLY = "W"


class Key(NamedTuple):
    """One configuration key (section 9; CFG-xx).

    ``default`` has the key's type; for a CSL it is the text. ``check(text)`` says why a text is
    refused, or "". With ``reboot`` a change applies after the next restart.
    """

    name: str
    kind: str
    default: Any
    access: str
    low: int | None
    high: int | None
    check: Callable[[str], str] | None
    reboot: bool


def integer(name: str, default: int, low: int = 0, high: int | None = None) -> Key:
    """A key holding a whole number that may be changed within bounds."""
    return Key(name, INTEGER, default, READ_WRITE, low, high, None, False)


def boolean(name: str, default: bool) -> Key:
    """A key holding true or false that may be changed."""
    return Key(name, BOOLEAN, default, READ_WRITE, None, None, None, False)


def listing(name: str, default: str, check: Callable[[str], str] | None = None) -> Key:
    """A key holding a comma separated list that may be changed."""
    return Key(name, CSL, default, READ_WRITE, None, None, check, False)


def fixed(name: str, kind: str, value: Any) -> Key:
    """A key that only tells what the charge point can do."""
    return Key(name, kind, value, READ_ONLY, None, None, None, False)


class _Store(Protocol):
    def load(self, name: str) -> Any: ...

    def save(self, name: str, value: Any) -> None: ...


class Configuration:
    """The keys of one charge point with their values; changed values are kept in the store."""

    FILE = "configuration"

    def __init__(self, store: _Store, report: Callable[[str], None]) -> None:
        self._store = store
        self._report = report
        self._keys: dict[str, Key] = {}
        #: Values that are not the default, and the texts stored: of these, and of keys that
        #: nobody declares any more.
        self._values: dict[str, Any] = {}
        self._changed: dict[str, str] = {}
        self._restored = False

    def declare(self, key: Key) -> None:
        """Adds a key; a second plugin declaring the same one is reported and not heard."""
        if self.key(key.name) is not None:
            self._report(f"configuration key {key.name} is declared twice")
            return
        self._keys[key.name] = key

    def restore(self) -> None:
        """Takes up the values changed before the last restart.

        Unfit ones are reported, and so is a store that fails: the defaults hold until a change
        finds it working again.
        """
        try:
            self._restore()
        except StoreError as error:
            self._report(f"configuration: the defaults hold: {error}")

    def _restore(self) -> None:
        saved = self._store.load(self.FILE)
        self._restored = True
        if type(saved) is not dict:
            return
        for name in saved:
            text = saved[name]
            key = self.key(name)
            if key is None:
                self._changed[name] = text
                continue
            if type(text) is not str:
                fault = "it is no text"
            elif key.access == READ_ONLY:
                # It has become what this software says; what was stored is history.
                fault = "it is read-only"
            else:
                fault = self.fault(key, text)
            if fault:
                self._report(f"stored value of {key.name} is not used: {fault}")
            else:
                self._changed[key.name] = text
                self._values[key.name] = self._value(key, text)

    def __contains__(self, name: str) -> bool:
        return self.key(name) is not None

    def __getitem__(self, name: str) -> Any:
        """The value in the key's type; raises KeyError for a key nobody declared."""
        key = self.key(name)
        if key is None:
            raise KeyError(name)
        return self._values.get(key.name, key.default)

    def get(self, name: str, otherwise: Any) -> Any:
        """The value, or ``otherwise`` where no plugin declared the key."""
        key = self.key(name)
        return otherwise if key is None else self._values.get(key.name, key.default)

    def key(self, name: str) -> Key | None:
        """The declaration of a key."""
        found = self._keys.get(name)
        if found is None:
            # Kept by the names as declared, which cost a device nothing: only a peer spells
            # them in another case.
            folded = name.lower()
            for known in self._keys:
                if len(known) == len(name) and known.lower() == folded:
                    return self._keys[known]
        return found

    def keys(self) -> list[Key]:
        """Every readable key, sorted by name."""
        readable = [key for key in self._keys.values() if key.access != WRITE_ONLY]
        readable.sort(key=lambda key: key.name)
        return readable

    def text(self, key: Key) -> str:
        """A key's value as it goes over the wire."""
        value = self[key.name]
        if key.kind == BOOLEAN:
            return "true" if value else "false"
        return str(value)

    def change(self, name: str, text: str) -> str:
        """Changes a key as ChangeConfiguration asks; returns its status (CORE-111, CORE-112).

        What is stored already is not stored again. Where the store fails its error passes
        through, and nothing is changed.
        """
        key = self.key(name)
        if key is None:
            return "NotSupported"
        if key.access == READ_ONLY or self.fault(key, text):
            return "Rejected"
        if self._changed.get(key.name) != text:
            if not self._restored:
                self._restore()  # what is stored must not be overwritten unread
            changed = dict(self._changed)
            changed[key.name] = text
            self._store.save(self.FILE, changed)
            self._changed = changed
        if key.reboot:
            return "RebootRequired"
        self._values[key.name] = self._value(key, text)
        return "Accepted"

    def fault(self, key: Key, text: str) -> str:
        """Why a text is no value of this key; "" if it is one. A check that fails refuses."""
        if key.kind == INTEGER:
            fault = _integer_fault(key, text)
        elif key.kind == BOOLEAN and text.lower() not in ("true", "false"):
            fault = "neither true nor false"
        else:
            fault = ""
        if fault or key.check is None:
            return fault
        try:
            return key.check(text)
        except Exception as error:  # noqa: BLE001 - reported, and fails closed
            self._report(f"the check of configuration key {key.name} failed: {error!r}")
            return "it could not be checked"

    def _value(self, key: Key, text: str) -> Any:
        if key.kind == INTEGER:
            return int(text)
        if key.kind == BOOLEAN:
            return text.lower() == "true"
        return text


def _integer_fault(key: Key, text: str) -> str:
    number = _integer(text)
    if number is None:
        return "not a whole number"
    if key.low is not None and number < key.low:
        return f"less than {key.low}"
    if key.high is not None and number > key.high:
        return f"more than {key.high}"
    return ""


def _integer(text: str) -> int | None:
    digits = text[1:] if text.startswith("-") else text
    if not digits or len(digits) > 10:
        return None
    for character in digits:
        if not "0" <= character <= "9":
            return None
    return int(text)


def items(text: str) -> list[str]:
    """The items of a comma separated list, blanks around them taken off; "" has none."""
    return [item.strip() for item in text.split(",") if item.strip()]
