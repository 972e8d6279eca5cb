"""StartTransaction, StopTransaction, and what is remembered of them."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.core_profile.central_system import ledger as ledger_module

from .conftest import METER, START, Bench, stop


def test_a_transaction_from_start_to_stop(bench: Bench) -> None:
    link = bench.boot()
    answer = link.ask("StartTransaction", {**START, "reservationId": 7})
    assert answer["idTagInfo"] == {"status": "Accepted"}
    number = answer["transactionId"]
    transaction = bench.core.transactions[number]
    assert transaction.running
    assert transaction.energy is None
    payload = {"connectorId": 1, "transactionId": number, "meterValue": METER}
    assert link.ask("MeterValues", payload) == {}
    data = [{"timestamp": "2026-01-01T01:00:00Z", "sampledValue": [{"value": "3000"}]}]
    answer = link.ask(
        "StopTransaction", stop(number, idTag="TAG1", reason="Remote", transactionData=data)
    )
    assert answer == {"idTagInfo": {"status": "Accepted"}}
    assert not transaction.running
    assert transaction.energy == 2000
    assert transaction.reservation_id == 7
    assert (transaction.reason, transaction.stop_id_tag) == ("Remote", "TAG1")
    assert transaction.stopped_at - transaction.started_at == 3600
    assert list(transaction.meter_values) == METER + data
    assert [event.transaction for event in bench.told("TransactionBegan")] == [transaction]
    assert [event.transaction for event in bench.told("TransactionEnded")] == [transaction]
    assert bench.told("MeterValuesReceived")[0].transaction is transaction


def test_core_055_ids_are_positive_unique_and_not_repeated_over_restarts(
    bench: Bench, make_bench: Any
) -> None:
    numbers = [
        bench.boot(f"CP{n}").ask("StartTransaction", START)["transactionId"] for n in range(5)
    ]
    assert len(set(numbers)) == 5
    assert min(numbers) > 0
    later = make_bench()
    later.core.ledger.next_id = later.central.utc() + 10
    assert later.boot().ask("StartTransaction", START)["transactionId"] not in numbers
    assert (
        make_bench(first_transaction_id=1).boot().ask("StartTransaction", START)["transactionId"]
        == 1
    )


def test_core_050_the_same_start_again_gets_the_same_id(bench: Bench) -> None:
    link = bench.boot()
    first = link.ask("StartTransaction", START)
    again = bench.connect().ask("StartTransaction", {**START, "idTag": "tag1"})
    assert again == first
    assert len(bench.core.transactions) == 1
    assert len(bench.told("TransactionBegan")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"connectorId": 2},
        {"idTag": "TAG2"},
        {"meterStart": 1001},
        {"timestamp": "2026-01-01T00:00:01Z"},
    ],
)
def test_core_050_another_start_gets_another_id(bench: Bench, change: Any) -> None:
    link = bench.boot()
    first = link.ask("StartTransaction", START)["transactionId"]
    assert link.ask("StartTransaction", {**START, **change})["transactionId"] != first


def test_core_050_another_station_is_another_transaction(bench: Bench) -> None:
    first = bench.boot("CP1").ask("StartTransaction", START)["transactionId"]
    assert bench.boot("CP2").ask("StartTransaction", START)["transactionId"] != first


def test_core_050_a_start_sent_again_after_its_stop_is_still_known(bench: Bench) -> None:
    link = bench.boot()
    number = link.ask("StartTransaction", START)["transactionId"]
    link.ask("StopTransaction", stop(number))
    assert link.ask("StartTransaction", START)["transactionId"] == number
    assert not bench.core.transactions[number].running


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid"])
def test_core_053_a_refused_tag_gets_an_id_too(make_bench: Any, status: str) -> None:
    bench = make_bench(tags={"TAG1": status})
    answer = bench.boot().ask("StartTransaction", START)
    assert answer["idTagInfo"] == {"status": status}
    assert bench.core.transactions[answer["transactionId"]].id_tag_status == status


def concurrent(make_bench: Any) -> Any:
    return make_bench(concurrent_transactions=False)


def test_core_053_concurrent_tx(make_bench: Any) -> None:
    bench = concurrent(make_bench)
    first = bench.boot("CP1").ask("StartTransaction", START)
    assert first["idTagInfo"]["status"] == "Accepted"
    second = bench.boot("CP2").ask("StartTransaction", {**START, "idTag": "tag1"})
    assert second["idTagInfo"]["status"] == "ConcurrentTx"
    assert second["transactionId"] != first["transactionId"]
    other = bench.boot("CP3").ask("StartTransaction", {**START, "idTag": "TAG2"})
    assert other["idTagInfo"]["status"] == "Accepted"


def test_core_053_the_answer_stays_the_same_when_sent_again(make_bench: Any) -> None:
    bench = concurrent(make_bench)
    first, second = bench.boot("CP1"), bench.boot("CP2")
    accepted = first.ask("StartTransaction", START)
    refused = second.ask("StartTransaction", START)
    assert first.ask("StartTransaction", START) == accepted
    assert second.ask("StartTransaction", START) == refused
    assert refused["idTagInfo"]["status"] == "ConcurrentTx"


def test_core_053_a_tag_whose_transaction_ended_may_start_again(make_bench: Any) -> None:
    bench = concurrent(make_bench)
    link = bench.boot("CP1")
    number = link.ask("StartTransaction", START)["transactionId"]
    link.ask("StopTransaction", stop(number))
    answer = bench.boot("CP2").ask("StartTransaction", START)
    assert answer["idTagInfo"]["status"] == "Accepted"


def test_core_053_a_lost_stop_does_not_lock_the_tag_on_its_own_connector(make_bench: Any) -> None:
    bench = concurrent(make_bench)
    link = bench.boot("CP1")
    first = link.ask("StartTransaction", START)["transactionId"]
    later = {**START, "timestamp": "2026-01-02T00:00:00Z"}
    assert link.ask("StartTransaction", later)["idTagInfo"]["status"] == "Accepted"
    assert bench.core.transactions[first].superseded
    assert link.ask("StopTransaction", stop(first)) == {}  # late, and recorded all the same
    assert bench.core.transactions[first].energy == 2000


def test_core_029_authorize_never_says_concurrent_tx(make_bench: Any) -> None:
    bench = concurrent(make_bench)
    link = bench.boot()
    link.ask("StartTransaction", START)
    assert link.ask("Authorize", {"idTag": "TAG1"})["idTagInfo"]["status"] == "Accepted"


@pytest.mark.parametrize(
    "odd",
    [
        {"connectorId": 0},
        {"connectorId": -5},
        {"connectorId": 999},
        {"meterStart": -1},
        {"timestamp": "1970-01-01T00:00:00Z"},
        {"timestamp": "2099-01-01T00:00:00Z"},
        {"idTag": ""},
    ],
)
def test_core_054_sanity_is_no_condition_for_an_answer(bench: Bench, odd: Any) -> None:
    assert bench.boot().ask("StartTransaction", {**START, **odd})["transactionId"] > 0


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({k: v for k, v in START.items() if k != "meterStart"}, "ProtocolError"),
        ({**START, "meterStart": "1"}, "TypeConstraintViolation"),
        ({**START, "meterStart": 1.5}, "TypeConstraintViolation"),
        ({**START, "timestamp": "yesterday"}, "PropertyConstraintViolation"),
        ({**START, "more": 1}, "FormationViolation"),
    ],
)
def test_a_faulty_start(bench: Bench, payload: Any, code: str) -> None:
    assert bench.boot().ask("StartTransaction", payload)[2] == code
    assert dict(bench.core.transactions) == {}


# StopTransaction.


@pytest.mark.parametrize("number", [-1, 0, -77, 424242])
def test_core_056_and_063_a_stop_of_any_id_is_answered_and_kept(bench: Bench, number: int) -> None:
    link = bench.boot()
    assert link.ask("StopTransaction", stop(number)) == {}
    assert link.ask("StopTransaction", stop(number, idTag="T")) == {
        "idTagInfo": {"status": "Accepted"}
    }
    assert [kept["transactionId"] for _, kept in bench.core.ledger.unmatched] == [number, number]


def test_core_056_a_stop_without_a_start_sent_again_is_kept_once(bench: Bench) -> None:
    link = bench.boot()
    for _ in range(3):
        assert link.ask("StopTransaction", stop(-1)) == {}
    assert len(bench.core.ledger.unmatched) == 1


def test_core_063_a_stop_sent_again_is_answered_and_changes_nothing(bench: Bench) -> None:
    link = bench.boot()
    number = link.ask("StartTransaction", START)["transactionId"]
    assert link.ask("StopTransaction", stop(number)) == {}
    assert link.ask("StopTransaction", stop(number, meterStop=9999)) == {}
    assert bench.core.transactions[number].meter_stop == 3000
    assert len(bench.told("TransactionEnded")) == 1


def test_core_063_another_station_cannot_end_a_transaction(bench: Bench) -> None:
    number = bench.boot("CP1").ask("StartTransaction", START)["transactionId"]
    assert bench.boot("CP2").ask("StopTransaction", stop(number)) == {}
    assert bench.core.transactions[number].running


def test_a_stop_without_a_reason_was_local(bench: Bench) -> None:
    link = bench.boot()
    number = link.ask("StartTransaction", START)["transactionId"]
    link.ask("StopTransaction", stop(number))
    assert bench.core.transactions[number].reason == "Local"


def test_core_063_a_blocked_tag_may_stop(make_bench: Any) -> None:
    bench = make_bench(tags={"TAG1": "Accepted", "THIEF": "Blocked"})
    link = bench.boot()
    number = link.ask("StartTransaction", START)["transactionId"]
    answer = link.ask("StopTransaction", stop(number, idTag="THIEF"))
    assert answer == {"idTagInfo": {"status": "Blocked"}}
    assert not bench.core.transactions[number].running


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"transactionId": 1}, "ProtocolError"),
        (stop(1, reason="Boredom"), "PropertyConstraintViolation"),
        (stop(1, meterStop=None), "TypeConstraintViolation"),
    ],
)
def test_a_faulty_stop(bench: Bench, payload: Any, code: str) -> None:
    assert bench.boot().ask("StopTransaction", payload)[2] == code


# Memory.


def test_what_is_remembered_is_bounded(make_bench: Any) -> None:
    bench = make_bench(keep_transactions=10, keep_meter_values=5)
    link = bench.boot()
    for n in range(50):
        number = link.ask("StartTransaction", {**START, "meterStart": n})["transactionId"]
        for value in range(10):
            reading = {**METER[0], "sampledValue": [{"value": str(value)}]}
            link.ask(
                "MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [reading]}
            )
        link.ask("StopTransaction", stop(number))
    assert len(bench.core.transactions) == 10
    assert all(len(known.meter_values) == 5 for known in bench.core.transactions.values())
    assert len(bench.core.ledger._starts) == 10
    assert bench.core.ledger._tags == {}


def test_transactions_that_never_end_are_bounded_too(
    make_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "MAX_RUNNING", 5)
    bench = make_bench(keep_transactions=3)
    link = bench.boot()
    for n in range(50):
        link.ask("StartTransaction", {**START, "connectorId": n})
    assert sum(known.running for known in bench.core.transactions.values()) == 5
    assert len(bench.core.transactions) == 8
