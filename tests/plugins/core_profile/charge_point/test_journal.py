"""Delivery of transaction messages: CORE-043 to CORE-049, CORE-055 to CORE-057."""

from __future__ import annotations

from typing import Any

RELATED = ("StartTransaction", "StopTransaction", "MeterValues")


def names(calls: list[tuple[str, Any]]) -> list[str]:
    return [action for action, _ in calls]


def test_core_043_core_044_core_057_queued_offline(booted: Any) -> None:
    """CORE-043, CORE-044, CORE-057: everything is delivered in order, with the times it had and
    the transactionId that came meanwhile, one at a time."""
    booted.allow_offline()
    booted.disconnect()
    booted.offline_session()
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
    booted.allow_offline()
    booted.disconnect()
    booted.offline_session()
    booted.restart().connect()
    assert names(booted.seen(*RELATED)) == [
        "StartTransaction",
        "MeterValues",
        "MeterValues",
        "StopTransaction",
    ]


def test_core_044_old_messages_before_new_ones(booted: Any) -> None:
    """CORE-044: what happened offline is delivered before what happens now."""
    booted.allow_offline()
    booted.disconnect()
    booted.offline_session()
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
