"""A central system that ends without warning, anywhere, any number of times.

The rule above all: no transaction message is ever lost, reordered or invented.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from ocpp_plugins.central_store import writer

from .conftest import Link, Site, start_of, stop_of

#: What becomes of a message: it is answered; it never arrives; it is handled, but neither stored
#: nor answered; it is stored, but its answer gets lost; the disk fails, and it is sent again.
Fate = Literal["answered", "not heard", "not stored", "not told", "refused"]
FATES = st.sampled_from(["answered", "not heard", "not stored", "not told", "refused"])


@dataclass
class Charger:
    """A station that sends the messages of transactions in order, each until it is answered."""

    identity: str
    #: What is still to be sent; ``None`` stands for the transactionId.
    queue: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    transaction_id: int = -1
    #: Ids in the order in which they were given.
    given: list[int] = field(default_factory=list)
    link: Link | None = None

    def charge(self, meter: int, values: int) -> None:
        """A whole transaction is to be told."""
        self.queue.append(("StartTransaction", start_of(meterStart=meter)))
        self.queue += [
            ("MeterValues", {"connectorId": 1, "meterValue": [reading(meter, value)]})
            for value in range(values)
        ]
        self.queue.append(("StopTransaction", stop_of(0, meterStop=meter + 10)))

    def send(self, site: Site, *, answered: bool) -> None:
        """Sends what is next; without an answer it stays next."""
        if self.link is None or self.link.session.closed:
            self.link = site.connect(self.identity)
        action, payload = self.queue[0]
        if action != "StartTransaction":
            payload = {**payload, "transactionId": self.transaction_id}
        answer = self.link.ask(action, payload)
        if not answered or isinstance(answer, list):
            assert not isinstance(answer, list) or answer[2] == "InternalError", answer
            return
        del self.queue[0]
        if action == "StartTransaction":
            self.transaction_id = answer["transactionId"]
            self.given.append(self.transaction_id)


def reading(meter: int, value: int) -> dict[str, Any]:
    """A reading unlike any other."""
    stamp = f"2026-01-01T00:{value:02}:00Z"
    return {"timestamp": stamp, "sampledValue": [{"value": str(meter + value)}]}


class World:
    """Charging stations and the central systems that follow each other."""

    def __init__(self, path: Path, transactions: list[int]) -> None:
        self.path = path
        self.site = self.start()
        self.chargers = [Charger("CP1"), Charger("CP2")]
        for charger in self.chargers:
            charger.link = self.site.boot(charger.identity)
            for number, values in enumerate(transactions):
                charger.charge(number * 1000, values)

    def start(self) -> Site:
        """The next central system."""
        site = Site(self.path, {"core_profile": {"first_transaction_id": 1}})
        site.central.start()
        return site

    def meet(self, charger: Charger, fate: Fate) -> None:
        """A message is sent, if there is one, and meets its fate."""
        if not charger.queue:
            return
        if fate in ("not stored", "refused"):
            self.site.break_disk()
        if fate != "not heard":
            charger.send(self.site, answered=fate in ("answered", "refused"))
        if fate == "refused":
            self.site.mend_disk()
        elif fate != "answered":
            self.site.crash()
            self.site = self.start()
            for each in self.chargers:
                each.link = None

    def check(self, transactions: list[int]) -> None:
        """Everything that was told is known, once, in order, and nothing else."""
        self.site.crash()
        self.site = self.start()
        known = self.site.core.transactions
        given = [number for charger in self.chargers for number in charger.given]
        assert sorted(known) == sorted(given)
        for charger in self.chargers:
            for number, (meter, values) in zip(charger.given, enumerate(transactions), strict=True):
                found = known[number]
                assert (found.identity, found.meter_start) == (charger.identity, meter * 1000)
                assert found.energy == 10
                told = [reading(meter * 1000, value) for value in range(values)]
                assert list(found.meter_values) == told
        assert list(self.site.core.ledger.unmatched) == []
        self.site.central.stop()


@settings(max_examples=20, deadline=None)
@given(
    transactions=st.lists(st.integers(0, 3), min_size=1, max_size=3),
    fates=st.lists(st.tuples(st.integers(0, 1), FATES), max_size=25),
)
def test_no_message_is_lost_reordered_or_invented(
    transactions: list[int], fates: list[tuple[int, Fate]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.object(writer, "RETRY", 0.001):
        world = World(Path(folder) / "central.db", transactions)
        for number, fate in fates:
            world.meet(world.chargers[number], fate)
        while any(charger.queue for charger in world.chargers):
            for charger in world.chargers:
                world.meet(charger, "answered")
        world.check(transactions)
