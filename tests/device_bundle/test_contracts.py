"""A device carries the contracts of what it receives, and of nothing else."""

from __future__ import annotations

from typing import Literal, TypedDict

from device_bundle import app
from device_bundle.contracts import Messages, tables
from ocpp_kernel import schema
from ocpp_kernel.contracts import BOTH, CENTRAL_SYSTEM, CHARGE_POINT, Action
from ocpp_kernel.dispatch import fingerprint


class Ask(TypedDict):
    kind: Literal["A", "B"]


class Answer(TypedDict):
    status: Literal["Accepted", "Rejected"]
    asks: list[Ask]


IN = Action("In", Ask, Answer, sent_by=CENTRAL_SYSTEM)
OUT = Action("Out", Ask, Answer, sent_by=CHARGE_POINT)
EITHER = Action("Either", Ask, Answer, sent_by=BOTH)
MESSAGES = Messages(
    {action.name: action for action in (IN, OUT, EITHER)}, ("In", "Out", "Absent"), ()
)


def test_only_the_halves_received_are_kept() -> None:
    contracts, foreign = tables(MESSAGES, {"In", "Either"}, {"In", "Out", "Either", "text"})
    ask, answer = schema.compact(Ask), schema.compact(Answer)
    assert contracts == {"In": (ask, None), "Out": (None, answer), "Either": (ask, answer)}
    assert foreign == {fingerprint("Absent")}


def test_frm_029_actions_neither_handled_nor_called_are_known_by_fingerprint() -> None:
    contracts, foreign = tables(MESSAGES, set(), {"Either"})
    assert contracts == {"Either": (None, schema.compact(Answer))}
    assert foreign == {fingerprint(name) for name in ("In", "Out", "Absent")}


def test_repeated_parts_are_written_once() -> None:
    contracts, _ = tables(MESSAGES, {"In", "Either"}, {"Out", "Either"})
    module = app.tables_module(contracts, ())
    text = "\n".join(definition.module.name for definition in module.definitions)
    assert text.count(app.TABLES) == len(module.definitions)
    space: dict[str, object] = {}
    exec(compile(module.tree, "tables", "exec"), space)  # noqa: S102  # our own literals
    assert space["CONTRACTS"] == contracts
    assert len(module.definitions) > 2
