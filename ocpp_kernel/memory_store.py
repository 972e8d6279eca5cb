"""A Store that forgets: for tests, and charge points told to keep nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ocpp_kernel.store import StoreError


class MemoryStore:
    """A Store that lives as long as its object. What goes in and comes out is copied."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = {}

    def load(self, name: str) -> Any:
        """See Store."""
        records = self._values.get(name)
        return _copy(records[-1]) if records else None

    def save(self, name: str, value: Any) -> None:
        """See Store."""
        self._values[name] = [_copy(value)]

    def append(self, name: str, record: Any) -> None:
        """See Store."""
        self._values.setdefault(name, []).append(_copy(record))

    def records(self, name: str) -> Iterator[Any]:
        """See Store."""
        for record in list(self._values.get(name, [])):
            yield _copy(record)

    def locate(self, name: str) -> Iterator[tuple[int, Any]]:
        """See Store."""
        for place, record in enumerate(list(self._values.get(name, []))):
            yield place, _copy(record)

    def fetch(self, name: str, place: int) -> Any:
        """See Store."""
        records = self._values.get(name, [])
        if not 0 <= place < len(records):
            raise StoreError(f"{name} has no record at {place}")
        return _copy(records[place])

    def rewrite(self, name: str, records: Iterable[Any]) -> None:
        """See Store."""
        self._values[name] = [_copy(record) for record in records]

    def delete(self, name: str) -> None:
        """See Store."""
        self._values.pop(name, None)


def _copy(value: Any) -> Any:
    """Raises ValueError for what a file could not give back as it was."""
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise ValueError(f"a stored object needs strings as keys, not {key!r}")
        return {key: _copy(value[key]) for key in value}
    if kind is list or kind is tuple:
        return [_copy(item) for item in value]
    if value is None or kind is str or kind is int or kind is float or kind is bool:
        return value
    raise ValueError(f"{value!r} cannot be stored")
