"""A central system of a protocol of one action, and links that stand for sockets."""

# No postponed annotations here: TypedDicts are made below.
from typing import Any, TypedDict

from ocpp_kernel import schema
from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.central_session import CentralSession
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.contracts import BOTH, Action, Annotated, MaxLength


class Item(TypedDict):
    name: Annotated[str, MaxLength(5)]


class Word(TypedDict):
    items: list[Item]


class Nothing(TypedDict):
    pass


Say = Action("Say", Word, Nothing, sent_by=BOTH)
Other = Action("Other", Nothing, Nothing, sent_by=BOTH)

HELLO = Say({"items": [{"name": "hello"}]})


class FakeLink:
    """Keeps what is sent; time stands still unless it is set."""

    def __init__(self) -> None:
        self.time = 0.0
        self.session: CentralSession | None = None
        self.sent: list[str] = []
        self.closed: list[str] = []

    def now(self) -> float:
        return self.time

    def wake(self) -> None:
        if self.session is not None:
            self.session.flush(self.sent.append)

    def close(self, reason: str) -> None:
        self.closed.append(reason)


class Bench:
    """A central system and its stations' links."""

    def __init__(self, handler: Any = None, **hooks: Any) -> None:
        self.log: list[tuple[str, str]] = []
        self.events: list[Any] = []
        self.central = Central(MsgspecCodec(), lambda level, text: self.log.append((level, text)))
        self.central.install(
            schema.contracts_of([Say]),
            {"Say": handler or (lambda station, request: {})},
            {"ocpp_on_event": (self.events.append,), **hooks},
            ("Toy",),
            check=schema.check,
        )

    def connect(self, identity: str = "CP1") -> tuple[ConnectedStation, FakeLink]:
        link = FakeLink()
        link.session = self.central.connected(identity, link)
        return self.central.stations[identity], link


def receive(link: FakeLink, text: str) -> None:
    assert link.session is not None
    link.session.receive(text, link.time)
    link.wake()
