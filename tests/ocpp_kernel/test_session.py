"""One connection: ids, order, crossing calls, time-outs, late answers, closing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import errors
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.dispatch import Router, fingerprint
from ocpp_kernel.session import MAX_HANDLING, Deferred, Session
from ocpp_kernel.validation import REQUIRED, SHIFT, STRING

Answer = tuple[Any, errors.OcppError | None]

ASK: tuple[Any, Any] = (
    {"text": STRING | REQUIRED | (20 << SHIFT), "list": (0, [STRING, 1])},
    {"status": (1, "Accepted", "Rejected")},
)
ACCEPTED = {"status": "Accepted"}


class Wire:
    """A session whose peer, clock and plugins are the test."""

    def __init__(self, handler: Callable[..., Any] | None = None, **options: Any) -> None:
        self.handled: list[Any] = []
        self.reports: list[str] = []
        self.written: list[Any] = []
        routes = {"Ask": handler or self.accept}
        router = Router({"Ask": ASK, "Tell": ASK}, routes, (fingerprint("Foreign"),))
        self.session = Session(router, MsgspecCodec(), 30, report=self.reports.append, **options)

    def accept(self, request: Any) -> Any:
        self.handled.append(request)
        return ACCEPTED

    def receive(self, frame: Any, now: float = 0) -> list[Any]:
        """Feeds a frame, given as text or as what it holds; returns the frames written for it."""
        self.session.receive(frame if isinstance(frame, str | bytes) else json.dumps(frame), now)
        return self.flush()

    def flush(self) -> list[Any]:
        frames: list[Any] = []
        self.session.flush(lambda text: frames.append(json.loads(text)))
        self.written.extend(frames)
        return frames

    def call(self, text: str = "x", action: str = "Ask") -> list[Answer]:
        """Makes a call; the list returned holds how it ended, once it has."""
        ends: list[Answer] = []
        self.session.call((action, {"text": text}), lambda *end: ends.append(end))
        return ends

    def due(self) -> float | None:
        return self.session.deadline

    def held(self) -> int:
        """How much the session remembers."""
        session = self.session
        return len(session._queue) + len(session._handling) + len(session._out)


def test_frm_015_call_and_result_have_their_literal_form() -> None:
    wire = Wire()
    answers = wire.call()
    texts: list[str] = []
    wire.session.flush(texts.append)
    assert texts == ['[2,"1","Ask",{"text":"x"}]']
    wire.session.receive('[3,"1",{"status":"Accepted"}]', 1)
    assert answers == [(ACCEPTED, None)]
    wire.session.receive('[2,"peer-1","Ask",{"text":"y"}]', 1)
    wire.session.flush(texts.append)
    assert texts[1:] == ['[3,"peer-1",{"status":"Accepted"}]']
    assert wire.handled == [{"text": "y"}]


def test_frm_014_text_outside_ascii_passes_as_utf_8() -> None:
    wire = Wire()
    assert wire.receive('[2,"ä","Ask",{"text":"日本"}]'.encode()) == [[3, "ä", ACCEPTED]]
    assert wire.handled == [{"text": "日本"}]


def test_frm_016_actions_are_case_sensitive() -> None:
    wire = Wire()
    assert wire.receive([2, "1", "ask", {"text": "x"}])[0][2] == "NotImplemented"
    assert wire.handled == []


def test_frm_017_null_payloads_are_read_as_empty_objects() -> None:
    seen: list[Any] = []

    def handler(request: Any) -> Any:
        seen.append(request)
        return {}

    router = Router({"Ask": ({}, {})}, {"Ask": handler})
    session = Session(router, MsgspecCodec(), 30)
    texts: list[str] = []
    session.receive('[2,"1","Ask",null]', 0)
    session.flush(texts.append)
    assert seen == [{}]
    assert texts == ['[3,"1",{}]']
    ends: list[Answer] = []
    session.call(("Ask", {}), lambda *end: ends.append(end))
    session.flush(texts.append)
    assert texts[1:] == ['[2,"1","Ask",{}]']
    session.receive('[3,"1",null]', 0)
    assert ends == [({}, None)]


@pytest.mark.parametrize("kind", [0, 1, 5, 99, -2, 2.0, "2", None, True, [2], {"2": 2}])
def test_frm_018_unknown_message_types_do_nothing(kind: Any) -> None:
    wire = Wire()
    answers = wire.call()
    wire.flush()
    assert wire.receive([kind, "1", "Ask", {"text": "x"}]) == []
    assert wire.receive([kind, "1", ACCEPTED]) == []
    assert wire.handled == []
    assert answers == []
    assert len(wire.reports) == 2
    assert wire.receive([3, "1", ACCEPTED]) == []
    assert answers == [(ACCEPTED, None)]


def test_frm_019_ids_of_36_characters_work_and_of_37_are_refused() -> None:
    wire = Wire()
    assert wire.receive([2, "i" * 36, "Ask", {"text": "x"}]) == [[3, "i" * 36, ACCEPTED]]
    refused = wire.receive([2, "i" * 37, "Ask", {"text": "x"}])
    assert [refused[0][0], refused[0][1], refused[0][2]] == [4, "i" * 37, "FormationViolation"]
    assert len(wire.handled) == 1


def test_frm_020_ids_never_repeat_and_are_short_strings() -> None:
    wire = Wire()
    ids = []
    for _ in range(200):
        ends = wire.call()
        frame = wire.flush()[0]
        ids.append(frame[1])
        wire.receive([3, frame[1], ACCEPTED])
        assert ends == [(ACCEPTED, None)]
    assert len(set(ids)) == 200
    assert all(isinstance(call_id, str) and len(call_id) <= 36 for call_id in ids)


def test_frm_020_both_sides_may_use_the_same_id_at_once() -> None:
    wire = Wire()
    answers = wire.call("ours")
    assert wire.flush() == [[2, "1", "Ask", {"text": "ours"}]]
    assert wire.receive([2, "1", "Ask", {"text": "theirs"}]) == [[3, "1", ACCEPTED]]
    assert answers == []
    assert wire.receive([3, "1", {"status": "Rejected"}]) == []
    assert answers == [({"status": "Rejected"}, None)]


def test_frm_020_ids_come_from_the_host_if_it_wants() -> None:
    names = iter(["a", "b"])
    wire = Wire(new_id=lambda: next(names))
    wire.call()
    wire.call()
    assert wire.flush() == [[2, "a", "Ask", {"text": "x"}]]
    assert wire.receive([3, "a", ACCEPTED]) == [[2, "b", "Ask", {"text": "x"}]]


def test_frm_022_one_call_is_out_at_a_time_and_the_rest_go_in_order() -> None:
    wire = Wire()
    ends = [wire.call(str(number)) for number in range(3)]
    assert wire.flush() == [[2, "1", "Ask", {"text": "0"}]]
    assert wire.receive([3, "1", ACCEPTED]) == [[2, "2", "Ask", {"text": "1"}]]
    assert wire.receive([4, "2", "GenericError", "", {}]) == [[2, "3", "Ask", {"text": "2"}]]
    assert [len(end) for end in ends] == [1, 1, 0]
    assert wire.receive([3, "3", ACCEPTED]) == []
    assert ends[2] == [(ACCEPTED, None)]
    assert wire.held() == 0


def test_frm_022_a_call_made_on_an_answer_waits_behind_the_queue() -> None:
    wire = Wire()
    wire.session.call(("Ask", {"text": "first"}), lambda *end: void(wire.call("third")))
    wire.call("second")
    wire.flush()
    assert wire.receive([3, "1", ACCEPTED]) == [[2, "2", "Ask", {"text": "second"}]]
    assert wire.receive([3, "2", ACCEPTED]) == [[2, "3", "Ask", {"text": "third"}]]


def void(_: object) -> None:
    """For lambdas that have nothing to return."""


def test_a_payload_is_sent_as_it_was_when_called() -> None:
    wire = Wire()
    wire.call()
    payload = {"text": "before"}
    wire.session.call(("Ask", payload), lambda *end: None)
    payload["text"] = "after"
    wire.flush()
    assert wire.receive([3, "1", ACCEPTED]) == [[2, "2", "Ask", {"text": "before"}]]


def test_a_payload_json_cannot_say_is_the_callers_fault_and_stops_nothing() -> None:
    wire = Wire()
    ends: list[Answer] = []
    with pytest.raises(TypeError):
        wire.session.call(("Ask", {"text": object()}), lambda *end: ends.append(end))
    assert wire.flush() == []
    assert ends == []
    answers = wire.call()
    frame = wire.flush()[0]
    wire.receive([3, frame[1], ACCEPTED])
    assert answers == [(ACCEPTED, None)]


def test_frm_023_a_call_of_the_peer_is_answered_while_ours_is_out() -> None:
    wire = Wire()
    answers = wire.call()
    wire.flush()
    assert wire.receive([2, "p", "Ask", {"text": "x"}]) == [[3, "p", ACCEPTED]]
    assert wire.receive([3, "1", ACCEPTED]) == []
    assert answers == [(ACCEPTED, None)]


def test_frm_023_a_handler_may_call_and_answer_with_what_it_heard() -> None:
    def handler(_: Any) -> Deferred:
        later = Deferred()
        wire.session.call(("Tell", {"text": "asked"}), later.resolve)
        return later

    wire = Wire(handler)
    assert wire.receive([2, "p", "Ask", {"text": "x"}]) == [[2, "1", "Tell", {"text": "asked"}]]
    assert wire.receive([3, "1", {"status": "Rejected"}]) == [[3, "p", {"status": "Rejected"}]]
    assert wire.held() == 0


def test_frm_023_a_handler_that_answers_at_once_still_learns_of_its_call() -> None:
    heard: list[Answer] = []

    def handler(_: Any) -> Any:
        wire.session.call(("Tell", {"text": "t"}), lambda *end: heard.append(end))
        return ACCEPTED

    wire = Wire(handler)
    assert wire.receive([2, "p", "Ask", {"text": "x"}]) == [
        [2, "1", "Tell", {"text": "t"}],
        [3, "p", ACCEPTED],
    ]
    wire.receive([3, "1", ACCEPTED])
    assert heard == [(ACCEPTED, None)]


def test_frm_024_a_pending_call_holds_up_no_other_connection() -> None:
    first, second = Wire(), Wire()
    waiting = first.call()
    first.flush()
    answers = second.call()
    second.flush()
    second.receive([3, "1", ACCEPTED])
    assert waiting == []
    assert answers == [(ACCEPTED, None)]


def test_frm_025_an_unanswered_call_times_out_and_the_next_goes() -> None:
    wire = Wire()
    wire.session.tick(100)
    first, second = wire.call("1"), wire.call("2")
    wire.flush()
    assert wire.due() == 130
    wire.session.tick(129.9)
    assert wire.flush() == []
    wire.session.tick(130)
    assert first[0][0] is None
    assert isinstance(first[0][1], errors.CallTimeout)
    assert wire.flush() == [[2, "2", "Ask", {"text": "2"}]]
    assert wire.due() == 160
    assert second == []
    wire.receive([3, "2", ACCEPTED], 131)
    assert wire.due() is None
    wire.session.tick(1000)
    assert second == [(ACCEPTED, None)]


def test_frm_025_one_late_tick_ends_one_call_only() -> None:
    wire = Wire()
    ends = [wire.call(), wire.call()]
    wire.session.tick(1000)
    assert [len(end) for end in ends] == [1, 0]
    assert wire.due() == 1030


def test_frm_025_the_time_out_may_change_between_calls() -> None:
    wire = Wire()
    wire.session.timeout = 5
    wire.call()
    assert wire.due() == 5


@pytest.mark.parametrize("late", [[3, "1", ACCEPTED], [4, "1", "GenericError", "", {}]])
def test_frm_026_answers_after_the_time_out_are_dropped(late: list[Any]) -> None:
    wire = Wire()
    first = wire.call()
    wire.flush()
    wire.session.tick(30)
    second = wire.call()
    wire.flush()
    assert wire.receive(late, 31) == []
    assert len(first) == 1
    assert second == []
    wire.receive([3, "2", ACCEPTED], 31)
    assert second == [(ACCEPTED, None)]


def test_frm_026_repeated_and_unknown_answers_are_dropped_without_growth() -> None:
    wire = Wire()
    answers = wire.call()
    wire.flush()
    wire.receive([3, "1", ACCEPTED])
    for number in range(500):
        assert wire.receive([3, "1", {"status": "Rejected"}]) == []
        assert wire.receive([3, f"unknown {number}", ACCEPTED]) == []
        assert wire.receive([4, f"unknown {number}", "GenericError", "", {}]) == []
        assert wire.receive([4, "-1", "FormationViolation", "", {}]) == []
    assert answers == [(ACCEPTED, None)]
    assert len(wire.reports) == 2000
    assert wire.held() == 0
    assert wire.due() is None


def test_frm_027_two_calls_of_the_peer_are_each_answered_under_their_id() -> None:
    waiting: list[Deferred] = []

    def handler(_: Any) -> Deferred:
        waiting.append(Deferred())
        return waiting[-1]

    wire = Wire(handler)
    assert wire.receive([2, "a", "Ask", {"text": "x"}]) == []
    assert wire.receive([2, "b", "Ask", {"text": "x"}]) == []
    waiting[1].resolve({"status": "Rejected"})
    waiting[0].resolve(ACCEPTED)
    assert wire.flush() == [[3, "b", {"status": "Rejected"}], [3, "a", ACCEPTED]]
    assert wire.held() == 0


def test_frm_036_an_id_being_handled_is_refused_and_run_once() -> None:
    waiting: list[Deferred] = []

    def handler(_: Any) -> Deferred:
        waiting.append(Deferred())
        return waiting[-1]

    wire = Wire(handler)
    wire.receive([2, "a", "Ask", {"text": "x"}])
    refused = wire.receive([2, "a", "Ask", {"text": "x"}])
    assert [refused[0][0], refused[0][1]] == [4, "a"]
    assert len(waiting) == 1
    waiting[0].resolve(ACCEPTED)
    assert wire.flush() == [[3, "a", ACCEPTED]]
    assert wire.receive([2, "a", "Ask", {"text": "x"}]) == []
    assert len(waiting) == 2


def test_no_more_than_so_many_calls_are_handled_at_once() -> None:
    waiting: list[Deferred] = []

    def handler(_: Any) -> Deferred:
        waiting.append(Deferred())
        return waiting[-1]

    wire = Wire(handler)
    for number in range(MAX_HANDLING):
        assert wire.receive([2, str(number), "Ask", {"text": "x"}]) == []
    for number in range(100):
        refused = wire.receive([2, f"more {number}", "Ask", {"text": "x"}])
        assert refused[0][:3] == [4, f"more {number}", "GenericError"]
    assert len(waiting) == MAX_HANDLING
    waiting[0].resolve(ACCEPTED)
    assert wire.flush() == [[3, "0", ACCEPTED]]
    assert wire.receive([2, "again", "Ask", {"text": "x"}]) == []


def test_observe_sees_every_frame_both_ways_and_bytes_as_text() -> None:
    seen: list[tuple[str, str]] = []
    wire = Wire()
    wire.session.observe = lambda direction, text: seen.append((direction, text))
    wire.receive(b'[2,"1","Ask",{"text":"x"}]')
    wire.receive("nonsense")
    wire.receive(b"\xff\xfe")
    assert seen[0] == ("in", '[2,"1","Ask",{"text":"x"}]')
    assert seen[1] == ("out", '[3,"1",{"status":"Accepted"}]')
    assert seen[2] == ("in", "nonsense")
    assert seen[3][0] == "in"
    assert "ff" in seen[3][1]
    assert len(seen) == 4
