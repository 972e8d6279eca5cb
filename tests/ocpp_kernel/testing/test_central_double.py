"""A central system that answers by table, and answers nobody had to write."""

# No postponed annotations here: TypedDicts are made below.
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import ocpp_plugins.core_profile.messages as core
import pytest

from ocpp_kernel import schema
from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action, CiString20, DateTime, MinItems
from ocpp_kernel.errors import RemoteError
from ocpp_kernel.testing import SILENCE, Bench, answers_to
from ocpp_kernel.testing.samples import FIRST_NUMBER, Samples, merged


class Inner(TypedDict):
    status: Literal["Accepted", "Rejected"]
    until: DateTime


class Message(TypedDict):
    inner: Inner
    items: Annotated[list[Inner], MinItems(1)]
    others: list[int]
    name: CiString20
    number: int
    other: int
    flag: bool
    note: NotRequired[str]


def test_the_least_a_message_may_hold() -> None:
    made = Samples(lambda: 0).of(Message)
    inner = {"status": "Accepted", "until": "1970-01-01T00:00:00Z"}
    assert made == {
        "inner": inner,
        "items": [inner],
        "others": [],
        "name": "",
        "number": FIRST_NUMBER,
        "other": FIRST_NUMBER + 1,
        "flag": False,
    }


ACTIONS = [value for value in vars(core).values() if isinstance(value, Action)]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_it_keeps_every_contract(action: Action[Any, Any]) -> None:
    made = Samples(lambda: 1_767_225_600).of(action.response)
    schema.check(made, schema.compiled(action.response))


def test_what_is_given_replaces_what_was_made_inside_of_objects_too() -> None:
    assert merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 0}, "d": {}}) == {
        "a": {"b": 0, "c": 2},
        "d": {},
    }


@pytest.fixture
def bench() -> Bench:
    bench = Bench("core_profile")
    bench.connect()
    return bench


def authorized(bench: Bench) -> list[Any]:
    bench.hardware.plug()
    bench.hardware.present("TAG")
    return answers_to(bench.frames, "Authorize")


def test_without_a_table_everything_is_accepted(bench: Bench) -> None:
    assert authorized(bench) == [{"idTagInfo": {"status": "Accepted"}}]
    assert bench.hardware.energised[1]


def test_the_table_gives_fields(bench: Bench) -> None:
    bench.central.answers["Authorize"] = {"idTagInfo": {"parentIdTag": "FLEET"}}
    assert authorized(bench) == [{"idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}}]


def test_the_table_may_look_at_the_request(bench: Bench) -> None:
    bench.central.answers["Authorize"] = lambda request: {
        "idTagInfo": {"status": "Blocked" if request["idTag"] == "TAG" else "Accepted"}
    }
    assert authorized(bench) == [{"idTagInfo": {"status": "Blocked"}}]
    assert not bench.hardware.energised[1]


def test_the_table_may_refuse(bench: Bench) -> None:
    bench.central.answers["Authorize"] = "InternalError"
    assert authorized(bench) == ["InternalError"]


def test_the_table_may_be_silent(bench: Bench) -> None:
    bench.central.answers["Authorize"] = SILENCE
    assert authorized(bench) == []
    bench.advance(60)
    assert "Authorize" in bench.actions("left")


@pytest.mark.parametrize("wrong", [{"idTagInfo": {"status": "Perhaps"}}, 3])
def test_a_table_that_is_wrong_is_told(bench: Bench, wrong: Any) -> None:
    bench.central.answers["Authorize"] = wrong
    assert authorized(bench) == ["InternalError"]
    assert "Authorize" in bench.central.complaints[0]


def test_what_the_charge_point_sends_is_held_against_its_contract(bench: Bench) -> None:
    bench.station.call(("Authorize", {"idTag": 7}), lambda answer, error: None)
    bench.pump()
    assert answers_to(bench.frames, "Authorize") == ["TypeConstraintViolation"]


def test_it_does_not_answer_its_own_actions(bench: Bench) -> None:
    bench.station.call(("ClearCache", {}), lambda answer, error: None)
    bench.pump()
    assert ACTIONS[0].sent_by in (CENTRAL_SYSTEM, "charge_point", "both")
    assert answers_to(bench.frames, "ClearCache") == ["NotSupported"]


def test_a_refused_call_is_raised(bench: Bench) -> None:
    reserve: Action[Any, Any] = Action("Fly", core.ResetRequest, core.ResetResponse, sent_by="both")
    with pytest.raises(RemoteError, match="NotImplemented"):
        bench.call(reserve({"type": "Soft"}))
