"""The rule above all: no transaction message is lost, reordered or invented, whatever is cut.

A script of charging sessions runs again and again; each time the power goes at another write to
the storage, just before or just after it. Then the charge point starts anew and finishes telling.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ocpp_kernel.memory_store import MemoryStore

RELATED = ("StartTransaction", "StopTransaction", "MeterValues")


class PowerCut(BaseException):
    """The power went; nothing may catch this."""


class CutStore(MemoryStore):
    """Storage that loses power at the write with that number, before or after it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.cut_at = -1
        self.after = False

    def _write(self, write: Callable[[], None]) -> None:
        self.writes += 1
        if self.writes == self.cut_at and not self.after:
            raise PowerCut
        write()
        if self.writes == self.cut_at:
            raise PowerCut

    def save(self, name: str, value: Any) -> None:
        self._write(lambda: MemoryStore.save(self, name, value))

    def append(self, name: str, record: Any) -> None:
        self._write(lambda: MemoryStore.append(self, name, record))

    def rewrite(self, name: str, records: Iterable[Any]) -> None:
        self._write(lambda: MemoryStore.rewrite(self, name, records))

    def delete(self, name: str) -> None:
        self._write(lambda: MemoryStore.delete(self, name))


def script(bench: Any) -> None:
    """Online and offline, two connectors, refusals, a soft restart, the clock known or not."""
    bench.build()
    bench.advance(3)
    bench.connect()
    bench.configure("AllowOfflineTxForUnknownId", "true")
    bench.configure("TransactionMessageRetryInterval", "5")
    bench.configure("TransactionMessageAttempts", "5")
    bench.configure("HeartbeatInterval", "86400")
    bench.plug(1)
    bench.tag("ONE", 1)
    step(bench, 70)
    bench.disconnect()
    bench.plug(2)
    bench.tag("TWO", 2)
    step(bench, 130)
    bench.tag("ONE", 1)
    bench.unplug(1)
    bench.answers["StartTransaction"] = ["InternalError", ""]
    bench.connect()
    step(bench, 20)
    bench.answers["StartTransaction"] = bench.start_answer
    step(bench, 70)
    bench.plug(1)
    bench.tag("THREE", 1)
    step(bench, 10)
    bench.restart()
    bench.connect()
    step(bench, 10)
    bench.plug(1)
    bench.tag("FOUR", 1)
    step(bench, 61)
    bench.unplug(1)
    step(bench, 5)


def step(bench: Any, seconds: int) -> None:
    for _ in range(seconds):
        for connector in (1, 2):
            if bench.hardware.energised[connector]:
                bench.use(connector, 3)
        bench.advance(1)


class Central:
    """What the central system was told, and when energy really flowed."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.starts: dict[str, int] = {}
        bench.start_answer = bench.answers["StartTransaction"] = self.start
        energise = bench.hardware.energise
        self.flowed: list[tuple[int, int]] = []

        def watched(connector_id: int, on: bool) -> None:
            if on and not bench.hardware.energised[connector_id]:
                self.flowed.append((connector_id, bench.hardware.energy[connector_id]))
            energise(connector_id, on)

        bench.hardware.energise = watched

    def start(self, request: Any) -> Any:
        """The same start gets the same id (CORE-050)."""
        key = json.dumps(request, sort_keys=True)
        number = self.starts.setdefault(key, 100 + len(self.starts))
        return {"idTagInfo": {"status": "Accepted"}, "transactionId": number}


def told(calls: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The transaction messages, each once: repeating one that was perhaps not heard is right."""
    unique: list[tuple[str, Any]] = []
    for call in calls:
        if call[0] in RELATED and call not in unique:
            unique.append(call)
    return unique


def check(central: Central, calls: list[tuple[str, Any]]) -> None:
    messages = told(calls)
    begun: dict[int, Any] = {}
    ended: list[int] = []
    for action, payload in messages:
        if action == "StartTransaction":
            number = central.starts[json.dumps(payload, sort_keys=True)]
            begun[number] = payload
            continue
        number = payload["transactionId"]
        assert number in begun, f"{action} of a transaction that was not told"
        assert number not in ended, f"{action} after the end"
        if action == "StopTransaction":
            ended.append(number)
            energy = payload["meterStop"] - begun[number]["meterStart"]
            connector = begun[number]["connectorId"]
            assert 0 <= energy <= central.bench.hardware.energy[connector]
    assert sorted(begun) == sorted(ended), "a start without its stop"
    told_flows = [(start["connectorId"], start["meterStart"]) for start in begun.values()]
    for flow in central.flowed:
        assert flow in told_flows, "energy flowed that was not told"
    by_connector = [[], [], []]  # type: list[list[str]]
    for _, payload in messages:
        at = payload.get("timestamp") or payload["meterValue"][0]["timestamp"]
        connector = payload.get("connectorId") or begun[payload["transactionId"]]["connectorId"]
        by_connector[connector].append(at)
    for times in by_connector:
        assert times == sorted(times), "out of order"


def run(make_bench: Any, cut_at: int, after: bool) -> int:
    store = CutStore()
    bench = make_bench(store=store)
    central = Central(bench)
    store.cut_at, store.after = cut_at, after
    try:
        script(bench)
    except PowerCut:
        bench.hardware.energised = [False] * 3
    store.cut_at = -1
    bench.answers["StartTransaction"] = bench.start_answer
    bench.hardware.plugged = [False] * 3
    bench.restart()
    bench.connect()
    bench.advance(200)
    check(central, bench.calls)
    assert bench.core.journal.is_empty()
    return store.writes


@pytest.mark.parametrize("after", [False, True])
def test_core_043_core_044_core_062_cut_at_every_write(make_bench: Any, after: bool) -> None:
    """CORE-043, CORE-044, CORE-048, CORE-062: a power cut at any write loses, reorders and invents
    nothing."""
    writes = run(make_bench, -1, after)
    assert writes > 30
    for cut_at in range(1, writes + 1):
        run(make_bench, cut_at, after)


@pytest.mark.parametrize("seconds", range(0, 390, 13))
def test_core_062_cut_at_any_time(make_bench: Any, seconds: int) -> None:
    """CORE-062: nor does one between two writes, or two in a row."""
    store = CutStore()
    bench = make_bench(store=store)
    central = Central(bench)
    advance, passed = bench.advance, [0]

    def limited(count: int) -> None:
        for _ in range(count):
            if passed[0] == seconds:
                raise PowerCut
            passed[0] += 1
            advance(1)

    bench.advance = limited
    try:
        script(bench)
    except PowerCut:
        bench.hardware.energised = [False] * 3
    bench.advance = advance
    bench.hardware.plugged = [False] * 3
    bench.answers["StartTransaction"] = bench.start_answer
    bench.restart()
    bench.restart()
    bench.connect()
    bench.advance(100)
    check(central, bench.calls)
    assert bench.core.journal.is_empty()
