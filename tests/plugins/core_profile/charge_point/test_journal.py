"""Delivery of transaction messages: CORE-043 to CORE-049, CORE-056, CORE-057, CORE-062."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import events
from ocpp_kernel.store import MemoryStore, StoreError, StoreFull

RELATED = ("StartTransaction", "StopTransaction", "MeterValues")


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


def names(calls: list[tuple[str, Any]]) -> list[str]:
    return [action for action, _ in calls]


def session(bench: Any, connector: int = 1, tag: str = "TAG1") -> None:
    """An offline transaction of two minutes that uses 200 Wh."""
    bench.plug(connector)
    bench.tag(tag, connector)
    for _ in range(2):
        bench.use(connector, 100)
        bench.advance(60)
    bench.tag(tag, connector)
    bench.unplug(connector)
    bench.seen()


def allow_offline(bench: Any) -> None:
    bench.configure("AllowOfflineTxForUnknownId", "true")
    bench.configure("HeartbeatInterval", "86400")


def test_core_043_core_044_core_057_queued_offline(booted: Any) -> None:
    """CORE-043, CORE-044, CORE-057: everything is delivered in order, with the times it had and
    the transactionId that came meanwhile, one at a time."""
    allow_offline(booted)
    booted.disconnect()
    session(booted)
    start = booted.now - 120
    booted.advance(500)
    for action in RELATED:
        booted.answers[action] = None
    booted.connect()
    (sent,) = booted.seen(*RELATED)
    assert sent == (
        "StartTransaction",
        {
            "connectorId": 1,
            "idTag": "TAG1",
            "meterStart": 0,
            "timestamp": booted.time(start),
        },
    )
    booted.answer('{"idTagInfo":{"status":"Accepted"},"transactionId":42}')
    for index in (1, 2):
        ((action, payload),) = booted.seen(*RELATED)
        assert action == "MeterValues"
        assert payload["transactionId"] == 42
        assert payload["meterValue"][0]["timestamp"] == booted.time(start + 60 * index)
        assert payload["meterValue"][0]["sampledValue"][0]["value"] == str(100 * index)
        booted.answer("{}")
    assert booted.seen(*RELATED) == [
        (
            "StopTransaction",
            {
                "transactionId": 42,
                "idTag": "TAG1",
                "meterStop": 200,
                "timestamp": booted.time(start + 120),
            },
        )
    ]
    booted.answer("{}")
    assert booted.core.journal.is_empty()
    assert list(booted.store.records("transactions")) == []


def test_core_044_the_queue_survives_a_restart(booted: Any) -> None:
    """CORE-044: a power cut loses nothing of what waits."""
    allow_offline(booted)
    booted.disconnect()
    session(booted)
    booted.restart().connect()
    assert names(booted.seen(*RELATED)) == [
        "StartTransaction",
        "MeterValues",
        "MeterValues",
        "StopTransaction",
    ]


def test_core_044_old_messages_before_new_ones(booted: Any) -> None:
    """CORE-044: what happened offline is delivered before what happens now."""
    allow_offline(booted)
    booted.disconnect()
    session(booted)
    booted.answers["StartTransaction"] = None
    booted.connect()
    booted.plug(2)
    booted.tag("TAG2", 2)
    assert [payload["idTag"] for _, payload in booted.seen("StartTransaction")] == ["TAG1"]
    booted.answers["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}, "transactionId": 8}
    booted.answer('{"idTagInfo":{"status":"Accepted"},"transactionId":7}')
    assert [
        (action, payload.get("idTag"), payload.get("transactionId"))
        for action, payload in booted.seen("StartTransaction", "StopTransaction")
    ] == [("StopTransaction", "TAG1", 7), ("StartTransaction", "TAG2", None)]


def test_core_044_other_messages_pass_the_queue(booted: Any) -> None:
    """CORE-044: a stuck queue holds up transaction messages only."""
    booted.answers["StartTransaction"] = ["InternalError", ""]
    booted.charge()
    booted.advance(10)
    booted.plug(2)
    assert booted.statuses() == [(2, "Preparing")]


def test_core_046_core_047_core_049_attempts_and_waits(booted: Any) -> None:
    """CORE-046, CORE-047, CORE-049, CORE-056: t0, +60, +120, then it is given up; the same
    payload each time under a new id; what follows carries transactionId -1."""
    booted.answers["StartTransaction"] = None
    ids = []
    booted.plug()
    booted.tag()
    first = booted.seen("StartTransaction")
    for wait in (60, 120):
        ids.append(booted.ids[0])
        booted.refuse("InternalError")
        booted.advance(wait - 1)
        assert booted.seen("StartTransaction") == []
        booted.advance(1)
        assert booted.seen("StartTransaction") == first
    ids.append(booted.ids[0])
    assert len(set(ids)) == 3
    booted.refuse("InternalError")
    assert "given up" in next(line[1] for line in booted.log if line[0] == "error")
    values = booted.seen("MeterValues")
    assert len(values) == 3
    assert {payload["transactionId"] for _, payload in values} == {-1}
    booted.tag()
    ((_, payload),) = booted.seen("StopTransaction")
    assert payload["transactionId"] == -1


def test_core_046_timeout_is_a_failed_attempt(booted: Any) -> None:
    """CORE-046: no answer within MessageTimeout counts like a CALLERROR."""
    booted.configure("TransactionMessageAttempts", "2")
    booted.answers["StartTransaction"] = None
    booted.charge()
    booted.advance(30 + 59)
    assert booted.seen("StartTransaction") == []
    booted.advance(1)
    assert len(booted.seen("StartTransaction")) == 1
    booted.advance(30)
    assert len(booted.seen("MeterValues")) == 2


def test_core_048_being_offline_uses_no_attempt(booted: Any) -> None:
    """CORE-048: however often the connection breaks, the message is sent until answered."""
    booted.answers["StartTransaction"] = None
    booted.charge()
    for _ in range(10):
        booted.disconnect()
        booted.advance(5)
        booted.connect()
        assert len(booted.seen("StartTransaction")) == 1
    del booted.ids[:-1]
    booted.answer('{"idTagInfo":{"status":"Accepted"},"transactionId":3}')
    booted.tag()
    assert booted.seen("StopTransaction")[0][1]["transactionId"] == 3


def test_core_048_wait_goes_on_over_a_new_connection(booted: Any) -> None:
    """CORE-047, CORE-048: a reconnect does not cut the wait short, nor is anything sent past it."""
    booted.answers["StartTransaction"] = ["InternalError", ""]
    booted.charge()
    booted.disconnect()
    booted.connect()
    booted.answers["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}, "transactionId": 1}
    booted.advance(59)
    assert booted.seen(*RELATED) == []
    booted.advance(1)
    assert names(booted.seen(*RELATED)) == ["StartTransaction", "MeterValues"]


def test_core_055_zero_and_negative_ids(booted: Any) -> None:
    """CORE-055: 0 and negative transactionIds are ids like others."""
    for number in (0, -5):
        booted.answers["StartTransaction"] = {
            "idTagInfo": {"status": "Accepted"},
            "transactionId": number,
        }
        booted.charge()
        booted.tag()
        ((_, payload),) = booted.seen("StopTransaction")
        assert payload["transactionId"] == number
        booted.unplug()


def test_invalid_answers(booted: Any) -> None:
    """CORE-046: a start without a transactionId is a failure; a stop that was answered oddly was
    answered all the same."""
    booted.answers["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}}
    booted.charge()
    booted.answers["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}, "transactionId": 5}
    booted.advance(60)
    assert len(booted.seen("StartTransaction")) == 1
    booted.answers["StopTransaction"] = {"idTagInfo": {"status": "Fine"}}
    booted.tag()
    booted.advance(600)
    assert len(booted.seen("StopTransaction")) == 1


def test_core_062_power_loss(booted: Any) -> None:
    """CORE-062: a running transaction gets its StopTransaction after the next accepted boot, with
    the last energy and time known."""
    booted.charge()
    booted.use(1, 100)
    booted.advance(60)
    booted.use(1, 50)
    booted.advance(30)
    at = booted.now - 30
    booted.seen()
    booted.restart(gap=3600)
    booted.hardware.plugged[1] = False
    booted.connect()
    assert booted.seen("StopTransaction") == [
        (
            "StopTransaction",
            {
                "transactionId": 7,
                "meterStop": 100,
                "timestamp": booted.time(at),
                "reason": "PowerLoss",
            },
        )
    ]
    booted.restart().connect()
    assert booted.seen(*RELATED) == []


def test_core_062_with_a_warning_of_the_hardware(booted: Any) -> None:
    """CORE-062: where the hardware warns, the stop is exact."""
    booted.charge()
    booted.use(1, 123)
    booted.advance(17)
    booted.emit(events.PowerFailing(0))
    at = booted.now
    booted.restart().connect()
    ((_, payload),) = booted.seen("StopTransaction")
    assert (payload["meterStop"], payload["timestamp"]) == (123, booted.time(at))


def test_core_062_before_the_start_was_answered(booted: Any) -> None:
    """CORE-062, CORE-057: start and stop follow each other after the restart."""
    booted.answers["StartTransaction"] = None
    booted.charge()
    booted.answers["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}, "transactionId": 9}
    booted.restart().connect()
    (start, stop) = booted.seen(*RELATED)
    assert start[0] == "StartTransaction"
    assert (stop[0], stop[1]["transactionId"], stop[1]["reason"]) == (
        "StopTransaction",
        9,
        "PowerLoss",
    )


def test_core_061_reboot_is_no_power_loss(booted: Any) -> None:
    """CORE-061: after a watchdog's reset the reason is Reboot."""
    booted.charge()
    booted.restart("Watchdog").connect()
    ((_, payload),) = booted.seen("StopTransaction")
    assert payload["reason"] == "Reboot"


def test_core_062_without_samples_progress_is_stored(booted: Any) -> None:
    """CORE-062: where nothing is sampled, progress is stored now and then."""
    booted.configure("MeterValueSampleInterval", "0")
    booted.charge()
    for _ in range(12):
        booted.use(1, 10)
        booted.advance(60)
    booted.restart().connect()
    ((_, payload),) = booted.seen("StopTransaction")
    assert payload["meterStop"] == 100


def test_core_062_transaction_data_after_power_loss(booted: Any) -> None:
    """CORE-062, CORE-072: the values at the start are kept for the stop."""
    booted.hardware.values["SoC"] = "20"
    booted.configure("StopTxnSampledData", "Energy.Active.Import.Register,SoC")
    booted.charge()
    start = booted.now
    booted.use(1, 100)
    booted.advance(60)
    booted.restart().connect()
    ((_, payload),) = booted.seen("StopTransaction")
    begin, end = payload["transactionData"]
    assert begin["timestamp"] == booted.time(start)
    assert [value["value"] for value in begin["sampledValue"]] == ["0", "20"]
    assert {value["context"] for value in begin["sampledValue"]} == {"Transaction.Begin"}
    assert [(value["value"], value["context"]) for value in end["sampledValue"]] == [
        ("100", "Transaction.End")
    ]


def test_clock_unknown_at_first(booted: Any) -> None:
    """CORE-044, CORE-051: times before the clock was set are told as they really were."""
    allow_offline(booted)
    booted.configure("StopTxnSampledData", "Energy.Active.Import.Register")
    booted.restart()
    begin = booted.now
    booted.advance(10)
    session(booted)
    booted.advance(40)
    booted.connect()
    calls = booted.seen(*RELATED)
    assert calls[0][1]["timestamp"] == booted.time(begin + 10)
    assert calls[1][1]["meterValue"][0]["timestamp"] == booted.time(begin + 70)
    assert calls[3][1]["timestamp"] == booted.time(begin + 130)
    assert calls[3][1]["transactionData"][0]["timestamp"] == booted.time(begin + 10)


def test_clock_set_while_messages_wait_is_stored(booted: Any) -> None:
    """CORE-044: once the time is known it survives the next power cut."""
    allow_offline(booted)
    booted.restart()
    session(booted)
    start = booted.now - 120
    booted.station.set_utc(booted.station.now + 1767225600)
    booted.restart(gap=5000).connect()
    calls = booted.seen(*RELATED)
    assert calls[0][1]["timestamp"] == booted.time(start)
    assert calls[3][1]["timestamp"] == booted.time(start + 120)


def test_clock_never_known_in_a_run(booted: Any) -> None:
    """CORE-044: times of a run that never knew the time keep their distances, before this run."""
    allow_offline(booted)
    booted.configure("StopTxnSampledData", "Energy.Active.Import.Register")
    booted.restart()
    session(booted)
    booted.plug(2)
    booted.tag("TAG2", 2)
    booted.use(2, 10)
    booted.advance(60)
    booted.restart(gap=5000)
    begin = booted.now
    booted.restart(gap=700)
    booted.advance(30)
    booted.connect()
    calls = booted.seen(*RELATED)
    times = [
        payload["timestamp"] if "timestamp" in payload else payload["meterValue"][0]["timestamp"]
        for _, payload in calls
    ]
    # The last sign of life of the first run lies just before the second one began, which never
    # knew the time either and lies before the third.
    last = begin + 700 - 1
    assert names(calls) == [
        "StartTransaction",
        "MeterValues",
        "MeterValues",
        "StopTransaction",
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
    ]
    assert times == sorted(times)
    assert times[-1] <= booted.time(last)
    spans = [(times[0], times[3], 120), (times[4], times[6], 60)]
    for first, second, seconds in spans:
        assert _seconds(second) - _seconds(first) == seconds
    data = calls[3][1]["transactionData"]
    assert data[0]["timestamp"] == times[0]


def _seconds(text: str) -> int:
    hours, minutes, seconds = text[11:19].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def test_long_queue_stays_on_flash(booted: Any) -> None:
    """CORE-044: hours offline fill the journal, not the memory; all of it arrives in order."""
    allow_offline(booted)
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


def test_too_long_queue_is_thinned(bench: Any) -> None:
    """CORE-044: above queue_limit meter values are thinned out evenly; never starts and stops."""
    bench.settings.queue_limit = 40
    bench.boot()
    allow_offline(bench)
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
    allow_offline(bench)
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
    allow_offline(bench)
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
