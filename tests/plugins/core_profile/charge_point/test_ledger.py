"""The journal's file, and storage that fails: CORE-043, CORE-044."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import StoreError, StoreFull

RELATED = ("StartTransaction", "StopTransaction", "MeterValues")


def names(calls: list[tuple[str, Any]]) -> list[str]:
    return [action for action, _ in calls]


class Broken(MemoryStore):
    """Storage that fails on demand, after having written or not."""

    failing = ""

    def append(self, name: str, record: Any) -> None:
        if self.failing == "written" or not self.failing:
            super().append(name, record)
        if self.failing:
            raise StoreFull("no room")

    def rewrite(self, name: str, records: Any) -> None:
        if self.failing:
            raise StoreFull("no room")
        super().rewrite(name, records)

    def delete(self, name: str) -> None:
        if self.failing:
            raise StoreError("broken")
        super().delete(name)


def test_too_long_queue_is_thinned(bench: Any) -> None:
    """CORE-044: above queue_limit meter values are thinned out evenly; never starts and stops."""
    bench.settings.queue_limit = 40
    bench.boot()
    bench.allow_offline()
    bench.disconnect()
    bench.charge()
    for _ in range(100):
        bench.use(1, 1)
        bench.advance(60)
    bench.tag()
    bench.unplug()
    bench.charge(2)
    bench.connect()
    calls = bench.seen(*RELATED)
    values = [
        int(payload["meterValue"][0]["sampledValue"][0]["value"])
        for action, payload in calls
        if action == "MeterValues"
    ]
    assert values == sorted(values)
    assert 20 <= len(values) <= 60
    assert [name for name in names(calls) if name != "MeterValues"] == [
        "StartTransaction",
        "StopTransaction",
        "StartTransaction",
    ]


def test_file_stays_small_online(booted: Any) -> None:
    """CORE-043: what was answered is cleared away while a long transaction runs."""
    booted.charge()
    for _ in range(300):
        booted.advance(60)
    assert len(list(booted.store.records("transactions"))) < 80
    booted.restart().connect()
    assert names(booted.seen(*RELATED))[-1] == "StopTransaction"


@pytest.mark.parametrize("failing", ["lost", "written"])
def test_no_energy_without_storage(make_bench: Any, failing: str) -> None:
    """CORE-043: a start that cannot be stored does not take place, nor is it ever told."""
    store = Broken()
    bench = make_bench(store=store).boot()
    store.failing = failing
    bench.plug()
    bench.tag()
    assert not bench.hardware.energised[1]
    assert not bench.hardware.locked[1]
    assert bench.status(1) == "Preparing"
    store.failing = ""
    bench.tag("TAG2")
    assert bench.status(1) == "Charging"
    bench.restart().connect()
    assert [payload.get("idTag", payload.get("reason")) for _, payload in bench.seen(*RELATED)] == [
        "TAG2",
        "PowerLoss",
    ]


@pytest.mark.parametrize("failing", ["lost", "written"])
def test_storage_fails_during_a_transaction(make_bench: Any, failing: str) -> None:
    """CORE-043: a stop is kept in memory until storage works, and everything stays in order."""
    store = Broken()
    bench = make_bench(store=store).boot()
    bench.allow_offline()
    bench.disconnect()
    bench.plug()
    bench.tag()
    store.failing = failing
    bench.use(1, 100)
    bench.advance(60)
    bench.tag()
    bench.advance(30)
    store.failing = ""
    bench.advance(60)
    bench.restart().connect()
    assert names(bench.seen(*RELATED)) == ["StartTransaction", "MeterValues", "StopTransaction"]


def test_storage_fails_for_long(make_bench: Any) -> None:
    """CORE-043: without storage memory is bounded; starts and stops are still delivered."""
    store = Broken()
    bench = make_bench(store=store).boot()
    bench.allow_offline()
    bench.disconnect()
    bench.plug()
    bench.tag()
    store.failing = "lost"
    for _ in range(200):
        bench.use(1, 1)
        bench.advance(60)
    assert len(bench.core.journal._ledger.unwritten) < 40
    bench.tag()
    bench.connect()
    calls = names(bench.seen(*RELATED))
    assert (calls[0], calls[-1]) == ("StartTransaction", "StopTransaction")
    assert bench.core.journal.is_empty()


def test_damaged_records_do_not_stop_the_rest(make_bench: Any) -> None:
    """CORE-044: what is no record of the journal is passed over."""
    store = MemoryStore()
    for record in ("x", [], [1, "S"], [1, "S", 0, 5], {"a": 1}, [None, "A", 0]):
        store.append("transactions", record)
    bench = make_bench(store=store).boot()
    bench.charge()
    bench.tag()
    assert bench.core.journal.is_empty()


def test_long_queue_stays_on_flash(booted: Any) -> None:
    """CORE-044: hours offline fill the journal, not the memory; all of it arrives in order."""
    booted.allow_offline()
    booted.disconnect()
    booted.charge()
    for _ in range(100):
        booted.use(1, 1)
        booted.advance(60)
    assert len(booted.core.journal._head) <= 12
    booted.restart().connect()
    calls = booted.seen(*RELATED)
    values = [
        int(payload["meterValue"][0]["sampledValue"][0]["value"]) for _, payload in calls[1:-1]
    ]
    assert values == list(range(1, 101))
    assert names(calls)[0] == "StartTransaction"
    assert names(calls)[-1] == "StopTransaction"


class Unreadable(MemoryStore):
    """Storage that cannot be read on demand."""

    unreadable = False

    def records(self, name: str) -> Any:
        if self.unreadable and name == "transactions":
            raise StoreError("unreadable")
        return super().records(name)


def test_an_unreadable_journal_comes_first(make_bench: Any) -> None:
    """CORE-043, CORE-044: as long as the file cannot be read nothing new starts, so that nothing
    overtakes what is in it; then everything goes on."""
    store = Unreadable()
    bench = make_bench(store=store).boot()
    bench.allow_offline()
    bench.disconnect()
    bench.offline_session()
    store.unreadable = True
    bench.restart().connect()
    bench.plug(2)
    bench.tag("TAG2", 2)
    assert bench.seen(*RELATED) == []
    assert not bench.hardware.energised[2]
    store.unreadable = False
    bench.advance(60)
    assert names(bench.seen(*RELATED)) == [
        "StartTransaction",
        "MeterValues",
        "MeterValues",
        "StopTransaction",
    ]
    bench.unplug(2)
    bench.charge(2)


def test_reading_fails_later(make_bench: Any) -> None:
    """CORE-043: messages beyond those in memory wait until they can be read again."""
    store = Unreadable()
    bench = make_bench(store=store).boot()
    bench.allow_offline()
    bench.disconnect()
    bench.plug()
    bench.tag()
    for _ in range(30):
        bench.use(1, 1)
        bench.advance(60)
    store.unreadable = True
    bench.connect()
    assert len(bench.seen(*RELATED)) == 12
    bench.tag()
    assert bench.status(1) == "Finishing"
    assert not bench.hardware.energised[1]
    store.unreadable = False
    bench.advance(60)
    calls = bench.seen(*RELATED)
    assert names(calls) == ["MeterValues"] * 19 + ["StopTransaction"]
    assert bench.core.journal.is_empty()


def test_huge_transaction_data_is_cut(bench: Any) -> None:
    """CORE-073: what would not fit into one record is thinned; begin and end are left."""
    bench.settings.stop_meter_values = 500
    bench.hardware.values["SoC"] = "5" * 90
    bench.boot()
    bench.allow_offline()
    bench.configure("StopTxnSampledData", "SoC,Energy.Active.Import.Register")
    bench.charge()
    for _ in range(300):
        bench.use(1, 1)
        bench.advance(60)
    bench.tag()
    ((_, payload),) = bench.seen("StopTransaction")
    data = payload["transactionData"]
    assert 50 < len(data) < 200
    assert data[0]["sampledValue"][0]["context"] == "Transaction.Begin"
    assert data[-1]["sampledValue"][0]["context"] == "Transaction.End"


def test_transaction_data_that_never_fits_is_left_out(bench: Any) -> None:
    """CORE-058: the StopTransaction itself is what matters."""
    bench.hardware.values["SoC"] = "5" * 20000
    bench.boot()
    bench.configure("StopTxnSampledData", "SoC")
    bench.charge()
    bench.tag()
    ((_, payload),) = bench.seen("StopTransaction")
    assert "transactionData" not in payload
