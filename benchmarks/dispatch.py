"""One CALL in, its answer out, in one process: this kernel beside mobilityhouse/ocpp.

Both decode, validate, call a handler that returns a fixed answer, and encode the answer.
"""

from __future__ import annotations

import asyncio
import logging
import timeit
from typing import Any

import frames
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp_plugins.core_profile import messages
from rich.console import Console
from rich.table import Table

from ocpp_kernel import schema
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.contracts import Action
from ocpp_kernel.dispatch import Router
from ocpp_kernel.session import Session

GOALS = {"Heartbeat": 5, "StartTransaction": 8, "MeterValues": 12}
ANSWERS: dict[str, dict[str, Any]] = {
    "Heartbeat": {"currentTime": frames.TIMESTAMP},
    "StartTransaction": {"transactionId": 1, "idTagInfo": {"status": "Accepted"}},
    "MeterValues": {},
}


class _Sink:
    """A connection that swallows what is sent."""

    async def send(self, text: str) -> None:
        self.sent = text


class _Peer(ChargePoint):  # type: ignore[misc]  # mobilityhouse's class is untyped
    """The same three handlers in mobilityhouse's terms."""

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def on_heartbeat(self) -> Any:
        return call_result.Heartbeat(**_snake(ANSWERS["Heartbeat"]))

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def on_start_transaction(self, **_: Any) -> Any:
        return call_result.StartTransaction(transaction_id=1, id_tag_info={"status": "Accepted"})

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def on_meter_values(self, **_: Any) -> Any:
        return call_result.MeterValues()


def _snake(payload: dict[str, Any]) -> dict[str, Any]:
    return {"current_time": payload["currentTime"]}


def _ours(text: str, count: int) -> float:
    actions = [value for value in vars(messages).values() if isinstance(value, Action)]
    routes = {name: (lambda request, answer=answer: answer) for name, answer in ANSWERS.items()}
    session = Session(
        Router(schema.contracts_of(actions), routes, (), schema.check), MsgspecCodec(), 30
    )
    written: list[str] = []

    def once() -> None:
        session.receive(text, 1.0)
        session.flush(written.append)

    once()
    if '[3,"1"' not in written[0]:
        raise AssertionError(f"not answered: {written[0]}")
    return min(timeit.repeat(once, number=count, repeat=5)) / count * 1e6


def _theirs(text: str, count: int) -> float:
    logging.getLogger("ocpp").setLevel(logging.ERROR)
    sink = _Sink()
    peer = _Peer("CP1", sink)

    async def many(number: int) -> float:
        begin = timeit.default_timer()
        for _ in range(number):
            await peer.route_message(text)
        return timeit.default_timer() - begin

    asyncio.run(many(3))
    if not sink.sent.startswith("[3,"):
        raise AssertionError(f"not answered: {sink.sent}")
    return min(asyncio.run(many(count)) for _ in range(3)) / count * 1e6


def run(console: Console) -> None:
    """Prints the table."""
    table = Table(title="Dispatch of one CALL in-process (µs, best of several)")
    for column in ("action", "ocpp-kernel", "goal", "mobilityhouse/ocpp", "ratio"):
        table.add_column(column, justify="left" if column == "action" else "right")
    for action, request in frames.REQUESTS.items():
        text = frames.call("1", action, request)
        ours, theirs = _ours(text, 20000), _theirs(text, 400)
        table.add_row(
            action, f"{ours:.1f}", f"≤ {GOALS[action]}", f"{theirs:.0f}", f"{theirs / ours:.0f} ×"
        )
    console.print(table)
