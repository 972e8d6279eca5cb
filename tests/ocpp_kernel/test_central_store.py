"""What a central system does with a store, whoever brings it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ocpp_kernel.central import Central
from ocpp_kernel.central_store import NotKept
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.errors import LocalError
from ocpp_kernel.hooks import Hooks
from ocpp_kernel.session import Deferred
from ocpp_kernel.store import StoreError


class Shelf:
    """A store that keeps nothing, and notes what is done with it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.held: list[tuple[Deferred, Any, Callable[[], None] | None]] = []

    def __str__(self) -> str:
        return "shelf"

    def open(self) -> None:
        """Ready."""
        self.done.append("open")

    def close(self) -> None:
        """No more."""
        self.done.append("close")

    def documents(self, book: str) -> Iterator[tuple[str, Any]]:
        """Nothing was kept."""
        return iter(())

    entries = documents

    def put(self, book: str, key: str, document: Any) -> None:
        """Noted."""
        self.done.append(f"put {book} {key} {document}")

    def append(self, book: str, key: str, entry: Any, most: int) -> None:
        """Noted."""
        self.done.append(f"append {book} {key} {entry} {most}")

    def remove(self, book: str, key: str) -> None:
        """Noted."""
        self.done.append(f"remove {book} {key}")

    def require_room(self) -> None:
        """There is."""

    def flush(self) -> None:
        """Noted."""
        self.done.append("flush")

    def kept(self, answer: Any, told: Callable[[], None] | None = None) -> Deferred:
        """Later."""
        deferred = Deferred()
        self.held.append((deferred, answer, told))
        return deferred


@pytest.fixture
def central() -> Central:
    """A central system without plugins."""
    return Central(MsgspecCodec(), lambda level, text: None)


def listening(central: Central, **hooks: Callable[..., Any]) -> None:
    central.hooks = Hooks({f"ocpp_{name}": (hook,) for name, hook in hooks.items()})


def test_without_a_store_an_answer_is_itself_and_events_are_told_at_once(central: Central) -> None:
    told: list[Any] = []
    listening(central, on_event=told.append)
    assert central.kept({"a": 1}, "first", "second") == {"a": 1}
    assert told == ["first", "second"]
    central.start()
    central.stop()


def test_an_answer_rests_on_the_store_and_events_follow_it(central: Central) -> None:
    told: list[Any] = []
    shelf = Shelf()
    listening(central, on_event=told.append)
    central.keep_in(shelf)
    assert isinstance(central.kept({"a": 1}, "event"), Deferred)
    assert told == []
    _, answer, tell = shelf.held[0]
    tell()
    assert (answer, told) == ({"a": 1}, ["event"])


def test_only_one_keeps_it(central: Central) -> None:
    central.keep_in(Shelf())
    with pytest.raises(ValueError, match="another plugin keeps the central system's state"):
        central.keep_in(Shelf())


def test_it_is_restored_before_anything_starts_and_once(central: Central) -> None:
    shelf = Shelf()
    central.keep_in(shelf)
    listening(
        central,
        restore_state=lambda store: shelf.done.append("restore"),
        on_event=lambda event: shelf.done.append(type(event).__name__),
    )
    central.start()
    central.stop()
    assert shelf.done == ["open", "restore", "flush", "CentralStarted", "close"]
    central.start()
    assert shelf.done[5:] == ["open", "flush", "CentralStarted"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreError("shelf: broken; mend it"), "^shelf: broken; mend it$"),
        (KeyError("id"), "^shelf: what is stored cannot be restored: 'id'$"),
    ],
)
def test_what_cannot_be_restored_does_not_start(
    central: Central, error: Exception, told: str
) -> None:
    shelf, events = Shelf(), list[Any]()

    def fail(store: Any) -> None:
        raise error

    central.keep_in(shelf)
    listening(central, restore_state=fail, on_event=events.append)
    with pytest.raises(StoreError, match=told):
        central.start()
    assert (shelf.done, events) == (["open", "close"], [])


def test_a_station_that_gives_way_is_told_of_while_it_is_known(central: Central) -> None:
    told: list[Any] = []
    central.max_known = 1
    listening(central, on_event=lambda event: told.append((event.identity, *central.stations)))
    assert central.meet("CP1") is central.meet("CP1")
    central.meet("CP2")
    assert (told, list(central.stations)) == ([("CP1", "CP1")], ["CP2"])


def test_frm_037_not_kept_reaches_the_station_as_internal_error() -> None:
    assert issubclass(NotKept, LocalError)
    assert NotKept.code == "InternalError"
