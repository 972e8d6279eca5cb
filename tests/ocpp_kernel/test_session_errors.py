"""What a session makes of refusals, failures and the end of the connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import errors
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.dispatch import Router, fingerprint
from ocpp_kernel.session import Deferred, Session
from ocpp_kernel.validation import INTEGER, REQUIRED, SHIFT, STRING

Answer = tuple[Any, errors.OcppError | None]

ASK: tuple[Any, Any] = (
    {
        "text": STRING | REQUIRED | (20 << SHIFT),
        "count": INTEGER,
        "list": (0, [(1, {"inner": STRING | REQUIRED}), 1]),
        "kind": (0, "Soft", "Hard"),
    },
    {"status": (1, "Accepted", "Rejected")},
)
ACCEPTED = {"status": "Accepted"}
CALL = '[2,"1","Ask",{"text":"x"}]'


class Wire:
    """A session with one handler; keeps what is written, in order, and what is reported."""

    def __init__(self, handler: Callable[..., Any] = lambda request: ACCEPTED) -> None:
        self.reports: list[str] = []
        router = Router({"Ask": ASK, "Tell": ASK}, {"Ask": handler}, (fingerprint("Foreign"),))
        self.session = Session(router, MsgspecCodec(), 30, report=self.reports.append)
        self.written: list[Any] = []

    def receive(self, text: str) -> list[Any]:
        self.session.receive(text, 0)
        return self.flush()

    def flush(self) -> list[Any]:
        frames: list[Any] = []
        self.session.flush(lambda text: frames.append(json.loads(text)))
        return frames

    def call(self, text: str = "x") -> list[Answer]:
        ends: list[Answer] = []
        self.session.call(("Ask", {"text": text}), lambda *end: ends.append(end))
        return ends


def keeping(handled: list[Any]) -> Callable[[Any], Any]:
    """A handler that accepts and keeps every request."""

    def handle(request: Any) -> Any:
        handled.append(request)
        return ACCEPTED

    return handle


CODES = [
    (errors.UnknownAction, "NotImplemented"),
    (errors.NotSupported, "NotSupported"),
    (errors.InternalError, "InternalError"),
    (errors.ProtocolError, "ProtocolError"),
    (errors.SecurityError, "SecurityError"),
    (errors.FormationViolation, "FormationViolation"),
    (errors.PropertyConstraintViolation, "PropertyConstraintViolation"),
    (errors.OccurenceConstraintViolation, "OccurenceConstraintViolation"),
    (errors.TypeConstraintViolation, "TypeConstraintViolation"),
    (errors.GenericError, "GenericError"),
]


@pytest.mark.parametrize(("kind", "code"), CODES)
def test_frm_037_038_039_every_code_goes_out_spelled_like_table_7(
    kind: type[errors.LocalError], code: str
) -> None:
    def handler(_: Any) -> Any:
        raise kind

    texts: list[str] = []
    wire = Wire(handler)
    wire.session.receive(CALL, 0)
    wire.session.flush(texts.append)
    assert texts == [f'[4,"1","{code}","",{{}}]']
    assert wire.reports == []


def test_frm_039_description_and_details_of_a_refusal_are_sent() -> None:
    def handler(_: Any) -> Any:
        raise errors.SecurityError("no such certificate", {"serial": 7})

    assert Wire(handler).receive(CALL) == [
        [4, "1", "SecurityError", "no such certificate", {"serial": 7}]
    ]


def test_frm_039_an_overlong_description_is_cut_to_what_the_field_holds() -> None:
    def handler(_: Any) -> Any:
        raise errors.GenericError("long" * 1000)

    assert len(Wire(handler).receive(CALL)[0][3]) == 255


@pytest.mark.parametrize("details", [["a"], "text", 5, {"x": object()}, {"x": "\ud800"}])
def test_frm_039_unfit_details_of_ours_never_spoil_the_frame(details: Any) -> None:
    def handler(_: Any) -> Any:
        raise errors.GenericError("why", details)

    frame = Wire(handler).receive(CALL)[0]
    assert frame[:2] == [4, "1"]
    assert frame[2] in ("GenericError", "InternalError")
    assert frame[4] == {}


REQUESTS = [
    ("FRM-028", '[2,"1","Nonsense",{}]', "NotImplemented"),
    ("FRM-028", '[2,"1","",{}]', "NotImplemented"),
    ("FRM-029", '[2,"1","Foreign",{}]', "NotSupported"),
    ("FRM-029", '[2,"1","Tell",{}]', "NotSupported"),
    ("FRM-030", '[2,"1","Ask",{}]', "ProtocolError"),
    ("FRM-030", '[2,"1","Ask",null]', "ProtocolError"),
    ("FRM-030", '[2,"1","Ask",{"text":"x","list":[{}]}]', "ProtocolError"),
    ("FRM-031", '[2,"1","Ask",{"text":12}]', "TypeConstraintViolation"),
    ("FRM-031", '[2,"1","Ask",{"text":"x","count":"1"}]', "TypeConstraintViolation"),
    ("FRM-031", '[2,"1","Ask",{"text":"x","count":1.5}]', "TypeConstraintViolation"),
    ("FRM-031", '[2,"1","Ask",{"text":"x","count":true}]', "TypeConstraintViolation"),
    ("FRM-031", '[2,"1","Ask",{"text":null}]', "TypeConstraintViolation"),
    ("FRM-032", '[2,"1","Ask",{"text":"123456789012345678901"}]', "PropertyConstraintViolation"),
    ("FRM-032", '[2,"1","Ask",{"text":"x","kind":"soft"}]', "PropertyConstraintViolation"),
    ("FRM-033", '[2,"1","Ask",{"text":"x","list":[]}]', "OccurenceConstraintViolation"),
    ("FRM-034", '[2,"1","Ask",{"text":"x","more":1}]', "FormationViolation"),
    (
        "FRM-034",
        '[2,"1","Ask",{"text":"x","list":[{"inner":"i","more":1}]}]',
        "FormationViolation",
    ),
    ("FRM-034", '[2,"1","Ask",[]]', "FormationViolation"),
    ("FRM-034", '[2,"1","Ask","text"]', "FormationViolation"),
    ("FRM-034", '[2,"1",7,{}]', "FormationViolation"),
    ("FRM-034", '[2,1,"Ask",{"text":"x"}]', "FormationViolation"),
    ("FRM-035", '[2,"1"]', "FormationViolation"),
    ("FRM-035", '[2,"1","Ask"]', "FormationViolation"),
    ("FRM-035", '[2,"1","Ask",{"text":"x"},{}]', "FormationViolation"),
]


@pytest.mark.parametrize(("row", "text", "code"), REQUESTS)
def test_frm_028_to_035_a_bad_call_gets_the_code_of_its_row(row: str, text: str, code: str) -> None:
    handled: list[Any] = []
    wire = Wire(keeping(handled))
    frames = wire.receive(text)
    assert [frame[:3] for frame in frames] == [[4, "1", code]], row
    assert isinstance(frames[0][3], str)
    assert frames[0][4] == {}
    assert handled == []


def test_frm_035_minus_one_as_an_id_is_tolerated() -> None:
    wire = Wire()
    assert wire.receive('[2,"-1","Ask",{"text":"x"}]') == [[3, "-1", ACCEPTED]]
    assert wire.receive('[4,"-1","FormationViolation","",{}]') == []


def test_frm_037_a_failing_handler_is_an_internal_error_without_its_secrets() -> None:
    def handler(_: Any) -> Any:
        raise RuntimeError("password is 1234")

    wire = Wire(handler)
    frames = wire.receive(CALL)
    assert frames[0][:3] == [4, "1", "InternalError"]
    assert "1234" not in json.dumps(frames)
    assert len(wire.reports) == 1
    assert "1234" in wire.reports[0]


@pytest.mark.parametrize("result", [None, [], "Accepted", 5, (ACCEPTED,)])
def test_frm_037_a_handler_that_returns_no_response_is_an_internal_error(result: Any) -> None:
    wire = Wire(lambda request: result)
    assert wire.receive(CALL)[0][:3] == [4, "1", "InternalError"]
    assert wire.session._handling == {}


@pytest.mark.parametrize("result", [{}, {"status": "Maybe"}, {"status": "Accepted", "more": 1}])
def test_frm_037_a_response_that_breaks_its_contract_never_leaves(result: Any) -> None:
    wire = Wire(lambda request: result)
    assert wire.receive(CALL)[0][:3] == [4, "1", "InternalError"]
    assert len(wire.reports) == 1


def test_frm_037_a_response_json_cannot_say_is_an_internal_error() -> None:
    router = Router({}, {"Ask": lambda request: {"x": object()}})
    session = Session(router, MsgspecCodec(), 30)
    texts: list[str] = []
    session.receive(CALL, 0)
    session.flush(texts.append)
    assert [json.loads(text)[:3] for text in texts] == [[4, "1", "InternalError"]]


@pytest.mark.parametrize(
    "error",
    [
        errors.RemoteError("theirs", {}, "CustomCode"),
        errors.CallTimeout("no answer"),
        errors.Disconnected("gone"),
        errors.InvalidAnswer("odd"),
    ],
)
def test_frm_037_how_a_call_of_ours_ended_is_no_code_for_the_peer(error: errors.OcppError) -> None:
    later = Deferred()
    wire = Wire(lambda request: later)
    wire.receive(CALL)
    later.resolve(None, error)
    assert wire.flush()[0][:3] == [4, "1", "InternalError"]

    def handler(_: Any) -> Any:
        raise error

    assert Wire(handler).receive(CALL)[0][:3] == [4, "1", "InternalError"]


def test_frm_040_a_rejection_the_response_can_express_is_a_result() -> None:
    wire = Wire(lambda request: {"status": "Rejected"})
    assert wire.receive(CALL) == [[3, "1", {"status": "Rejected"}]]


def test_frm_041_a_gate_refuses_before_anything_runs() -> None:
    handled: list[Any] = []
    asked: list[str] = []

    def gate(action: str) -> None:
        asked.append(action)
        raise errors.SecurityError("not accepted yet")

    wire = Wire(keeping(handled))
    wire.session.gate = gate
    assert wire.receive(CALL) == [[4, "1", "SecurityError", "not accepted yet", {}]]
    assert wire.receive('[2,"2","Nonsense",{}]')[0][2] == "SecurityError"
    assert handled == []
    assert asked == ["Ask", "Nonsense"]
    wire.session.gate = None
    assert wire.receive(CALL) == [[3, "1", ACCEPTED]]


def test_a_gate_may_drop_a_call_unanswered() -> None:
    handled: list[Any] = []

    def gate(_: str) -> None:
        raise errors.Ignored

    wire = Wire(keeping(handled))
    wire.session.gate = gate
    assert wire.receive(CALL) == []
    assert handled == []
    assert wire.session._handling == {}


def test_a_gate_that_fails_lets_nothing_in() -> None:
    handled: list[Any] = []

    def gate(_: str) -> None:
        raise KeyError("x")

    wire = Wire(keeping(handled))
    wire.session.gate = gate
    assert wire.receive(CALL)[0][:3] == [4, "1", "InternalError"]
    assert handled == []


# How our own calls end.


def end_of(text: str) -> errors.OcppError:
    wire = Wire()
    ends = wire.call()
    wire.flush()
    assert wire.receive(text) == []
    assert len(ends) == 1
    assert ends[0][0] is None
    assert ends[0][1] is not None
    assert wire.session.deadline is None
    return ends[0][1]


@pytest.mark.parametrize(
    "code", ["FormationViolation", "FormatViolation", "OccurrenceConstraintViolation", "x", "日"]
)
def test_frm_038_any_code_of_the_peer_is_taken(code: str) -> None:
    error = end_of(json.dumps([4, "1", code, "why", {"at": "x"}]))
    assert isinstance(error, errors.RemoteError)
    assert (error.code, error.description, error.details) == (code, "why", {"at": "x"})


@pytest.mark.parametrize(
    "text",
    [
        '[4,"1"]',
        '[4,"1",null]',
        '[4,"1","GenericError"]',
        '[4,"1","GenericError",null]',
        '[4,"1","GenericError","",null]',
        '[4,"1",5,6,7]',
        '[4,"1","GenericError","",{},"extra"]',
        '[4,"1","GenericError","",[]]',
        '[4,"1","","",{}]',
    ],
)
def test_frm_039_an_incomplete_error_still_ends_the_call(text: str) -> None:
    error = end_of(text)
    assert isinstance(error, errors.RemoteError)
    assert (error.code, error.description, error.details) == ("GenericError", "", {})


@pytest.mark.parametrize("payload", ["{}", "[]", "5", '{"status":"Maybe"}', "null"])
def test_a_result_that_breaks_its_contract_ends_the_call(payload: str) -> None:
    assert isinstance(end_of(f'[3,"1",{payload}]'), errors.InvalidAnswer)


def test_an_answer_to_an_action_without_contract_only_has_to_be_an_object() -> None:
    wire = Wire()
    ends: list[Answer] = []
    for _ in range(2):
        wire.session.call(("Unwritten", {}), lambda *end: ends.append(end))
    wire.flush()
    wire.receive('[3,"1",{"any":"thing"}]')
    wire.receive('[3,"2","thing"]')
    assert ends[0] == ({"any": "thing"}, None)
    assert isinstance(ends[1][1], errors.InvalidAnswer)


@pytest.mark.parametrize("text", ['[3,"1"]', '[3,"1",{},{}]', "[3,1,{}]", "[4,1]", "[3]", "[4]"])
def test_frm_015_misshapen_answers_change_nothing(text: str) -> None:
    wire = Wire()
    ends = wire.call()
    wire.flush()
    assert wire.receive(text) == []
    assert ends == []
    wire.receive('[3,"1",{"status":"Accepted"}]')
    assert ends == [(ACCEPTED, None)]


def test_one_who_fails_at_his_answer_stops_nobody() -> None:
    def fail(answer: Any, error: Any) -> None:
        raise RuntimeError("mine")

    wire = Wire()
    wire.session.call(("Ask", {"text": "x"}), fail)
    ends = wire.call("second")
    wire.flush()
    assert wire.receive('[3,"1",{"status":"Accepted"}]') == [[2, "2", "Ask", {"text": "second"}]]
    assert len(wire.reports) == 1
    wire.receive('[3,"2",{"status":"Accepted"}]')
    assert ends == [(ACCEPTED, None)]
