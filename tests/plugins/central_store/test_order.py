"""With an event loop: answers leave once they rest on something, events are told after them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.central_store import store, writer
from ocpp_plugins.core_profile.central_system.vendors import Vendors

from ocpp_kernel.central import VendorHandler
from ocpp_kernel.hook_answers import Answers

from .conftest import BOOT, METER, NewSite, Site, start_of, stop_of


async def until(is_true: Callable[[], Any]) -> None:
    """Lets others go on until something is true."""
    while not is_true():
        await asyncio.sleep(0.001)


async def test_the_event_loop_goes_on_while_the_disk_takes_its_time(
    path: Path, new_site: NewSite
) -> None:
    """Others are answered, and a connection that ends meanwhile takes nothing with it."""
    site = new_site()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        link, second = site.connect(), site.connect("CP2")
        link.say("BootNotification", BOOT)
        while not link.take():
            await asyncio.sleep(0.001)
        other.execute("BEGIN IMMEDIATE")
        link.say("StartTransaction", start_of())
        await asyncio.sleep(0)
        assert link.take() == []
        assert second.ask("Heartbeat", {})[2] == "SecurityError"
        assert link.ask("Heartbeat", {}).keys() == {"currentTime"}
        site.central.disconnected(link.session, "gone")
        other.execute("ROLLBACK")
    link = site.connect()
    link.say("StartTransaction", start_of())
    while not (answers := link.take()):
        await asyncio.sleep(0.001)
    assert answers[0][2]["transactionId"] == next(iter(site.core.transactions))
    site.crash()
    assert len(new_site().core.transactions) == 1


async def test_core_013_events_are_told_once_the_answer_has_left(
    path: Path, new_site: NewSite
) -> None:
    """Whoever calls a station when it registers calls one that knows that it is accepted."""
    site = new_site()
    link = site.connect()
    link.say("BootNotification", BOOT)
    assert (link.take(), site.told("StationBooted")) == ([], [])
    await until(lambda: site.told("StationBooted"))
    assert link.take()[0][2]["status"] == "Accepted"


async def test_events_are_told_though_the_station_gave_up(
    new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY", 0.01)
    site = new_site()
    link = site.connect()
    link.say("BootNotification", BOOT)
    await until(lambda: site.told("StationBooted"))
    link.take()
    site.break_disk()
    link.say("StartTransaction", start_of())
    while not (answers := link.take()):
        await asyncio.sleep(0.001)
    assert (answers[0][2], site.told("TransactionBegan")) == ("InternalError", [])
    site.mend_disk()
    await until(lambda: site.told("TransactionBegan"))
    site.crash()
    assert len(new_site().core.transactions) == 1


def test_a_vendors_count_leaves_once_it_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where an event loop runs, and where the handler is ``async``."""
    monkeypatch.chdir(tmp_path)

    class Counter:
        """A plugin of an application's own."""

        def __init__(self, site: Site) -> None:
            self.site = site

        def put(self, station: Any, message_id: str | None, data: str | None) -> Any:
            store = self.site.central.store
            assert store is not None
            store.put("acme.counts", station.identity, data)
            return self.site.central.kept(("Accepted", data))

        async def put_later(self, *arguments: Any) -> Any:
            await asyncio.sleep(0)
            return self.put(*arguments)

    async def run(name: str) -> Any:
        site = Site(tmp_path / f"{name}.db")
        site.central.start()
        counter = Counter(site)
        handler = VendorHandler("acme", None, getattr(counter, name))
        # As the plugin's handlers are when they come from its hook.
        hook = Answers("central_system").checked(
            "acme", "ocpp_register_data_transfer", lambda: [handler]
        )
        site.core._vendors = Vendors(hook())
        link = site.connect()
        link.say("BootNotification", BOOT)
        link.say("DataTransfer", {"vendorId": "acme", "data": "7"})
        answers: list[Any] = []
        while len(answers) < 2:
            answers += link.take()
            await asyncio.sleep(0.001)
        stored = list(site.central.store.documents("acme.counts"))  # type: ignore[union-attr]  # it is there
        site.central.stop()
        return next(a[2] for a in answers if a[1] == "c2"), stored

    for name in ("put", "put_later"):
        answer, stored = asyncio.run(run(name))
        assert (answer, stored) == ({"status": "Accepted", "data": "7"}, [("CP1", "7")])


async def test_core_054_decisions_may_take_their_time_too(new_site: NewSite) -> None:
    """An application that asks a database about tags and registrations."""
    site = new_site()

    async def look_up(station: Any, id_tag: str) -> Any:
        await asyncio.sleep(0)
        return {"status": "Blocked"}

    async def accept(station: Any, request: Any) -> Any:
        await asyncio.sleep(0)
        return "Accepted"

    site.core.look_up, site.core.accept = look_up, accept
    link = site.connect()
    answers: list[Any] = []

    async def ask(action: str, payload: Any) -> Any:
        link.say(action, payload)
        await until(lambda: answers.extend(link.take()) or answers)
        return answers.pop()[2]

    assert (await ask("BootNotification", BOOT))["status"] == "Accepted"
    started = await ask("StartTransaction", start_of())
    assert started["idTagInfo"] == {"status": "Blocked"}
    stop = stop_of(started["transactionId"], idTag="TAG1")
    assert await ask("StopTransaction", stop) == {"idTagInfo": {"status": "Blocked"}}
    assert len(site.told("TransactionEnded")) == 1
    site.crash()
    (known,) = new_site().core.transactions.values()
    assert (known.energy, known.id_tag_status) == (2000, "Blocked")


async def test_a_vendors_late_answer_that_is_none_is_an_error(new_site: NewSite) -> None:
    """The station does not wait for ever."""
    site = new_site()
    handler = VendorHandler("acme", None, lambda *_: site.central.kept(5))  # type: ignore[arg-type,return-value]  # that is the fault
    site.core._vendors = Vendors([handler])
    link = site.connect()
    link.say("BootNotification", BOOT)
    link.say("DataTransfer", {"vendorId": "acme"})
    answers: list[Any] = []
    await until(lambda: answers.extend(link.take()) or len(answers) == 2)
    assert answers[1][2] == "InternalError"
    assert any("a vendor's handler answered 5" in text for _, text in site.log)


async def test_an_end_with_an_idtag_is_told_after_its_answer(new_site: NewSite) -> None:
    """However the writer's thread cuts the work into pieces: here each is one."""
    site = new_site()
    link = site.connect()
    link.say("BootNotification", BOOT)
    link.say("StartTransaction", start_of())
    answers: list[Any] = []
    await until(lambda: answers.extend(link.take()) or len(answers) == 2)
    look_up = site.core.look_up

    def slow(*arguments: Any) -> Any:
        site.central.store.flush()  # type: ignore[union-attr]  # it is there
        return look_up(*arguments)

    site.core.look_up = slow
    left: list[bool] = []

    def tell(event: Any) -> None:
        if type(event).__name__ == "TransactionEnded":
            left.append(bool(link.take()))

    site.central.hooks.implementations["ocpp_on_event"] += (tell,)
    link.say("StopTransaction", stop_of(answers[1][2]["transactionId"], idTag="TAG1"))
    await until(lambda: left)
    assert left == [True]


async def test_what_is_to_be_told_is_bounded(
    new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readings of no transaction are not stored, but told of: they wait for the disk, too."""
    monkeypatch.setattr(store, "MAX_WAITING", 20)
    monkeypatch.setattr(store, "HEADROOM", 20)
    site = new_site()
    link = site.connect()
    link.say("BootNotification", BOOT)
    await until(link.take)
    site.break_disk()
    answers: list[Any] = []
    for _ in range(60):
        link.say("StartTransaction", start_of())  # remembered: nothing more is to be told
        link.say("MeterValues", {"connectorId": 1, "meterValue": METER})
        await until(lambda: answers.extend(link.take()) or not len(answers) % 2)
    assert {answer[2] for answer in answers} == {"InternalError"}
    assert len(site.central.store._writer._tellings) <= 40  # type: ignore[union-attr]  # the plugin's own
