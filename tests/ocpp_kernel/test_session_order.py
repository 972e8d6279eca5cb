"""What follows a response, responses that come later, and the end of a connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_kernel import errors
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.dispatch import Router
from ocpp_kernel.session import Deferred, Session

Answer = tuple[Any, errors.OcppError | None]
Handler = Callable[[Any], Any]


class Wire:
    """A session whose written frames and other happenings end up in one list, in order."""

    def __init__(self, **routes: Handler) -> None:
        self.log: list[Any] = []
        self.reports: list[str] = []
        self.session = Session(
            Router({}, dict(routes)), MsgspecCodec(), 30, report=self.reports.append
        )

    def write(self, text: str) -> None:
        frame = json.loads(text)
        self.log.append((frame[0], frame[1]))

    def receive(self, text: str) -> None:
        self.session.receive(text, 0)

    def flush(self) -> None:
        self.session.flush(self.write)

    def say(self, what: str) -> Callable[[], None]:
        return lambda: self.log.append(what)

    def call(self, name: str) -> None:
        def done(answer: Any, error: errors.OcppError | None) -> None:
            self.log.append((name, type(error).__name__ if error else answer))

        self.session.call((name, {}), done)


def test_rt_001_what_is_to_follow_runs_right_after_the_response_was_written() -> None:
    def handler(_: Any) -> Any:
        wire.session.after_response(wire.say("first"))
        wire.session.after_response(lambda: wire.call("Tell"))
        wire.log.append("handled")
        return {}

    wire = Wire(Ask=handler)
    wire.receive('[2,"a","Ask",{}]')
    wire.receive('[2,"b","Ask",{}]')
    assert wire.log == ["handled", "handled"]
    wire.flush()
    assert wire.log[2:] == [(3, "a"), "first", (3, "b"), "first", (2, "1")]


def test_rt_001_it_waits_for_a_deferred_response_too() -> None:
    later = Deferred()

    def handler(_: Any) -> Any:
        wire.session.after_response(wire.say("after"))
        return later

    wire = Wire(Ask=handler)
    wire.receive('[2,"a","Ask",{}]')
    wire.flush()
    assert wire.log == []
    later.resolve({})
    assert wire.log == []
    wire.flush()
    assert wire.log == [(3, "a"), "after"]


def test_rt_001_it_does_not_run_for_a_call_that_is_refused() -> None:
    def refuse(_: Any) -> Any:
        wire.session.after_response(wire.say("after"))
        raise errors.NotSupported

    def misanswer(_: Any) -> Any:
        wire.session.after_response(wire.say("after"))
        return {"x": object()}

    later = Deferred()

    def defer(_: Any) -> Any:
        wire.session.after_response(wire.say("after"))
        return later

    wire = Wire(Refuse=refuse, Misanswer=misanswer, Defer=defer)
    wire.receive('[2,"a","Refuse",{}]')
    wire.receive('[2,"b","Misanswer",{}]')
    wire.receive('[2,"c","Defer",{}]')
    later.resolve(None, errors.GenericError())
    wire.flush()
    assert wire.log == [(4, "a"), (4, "b"), (4, "c")]


def test_outside_a_handler_it_runs_once_all_so_far_is_written() -> None:
    wire = Wire()
    wire.call("Tell")
    wire.session.after_response(wire.say("after"))
    assert wire.log == []
    wire.flush()
    assert wire.log == [(2, "1"), "after"]


def test_one_that_fails_afterwards_is_reported_and_stops_nothing() -> None:
    def fail() -> None:
        raise RuntimeError("mine")

    wire = Wire()
    wire.session.after_response(fail)
    wire.call("Tell")
    wire.flush()
    assert wire.log == [(2, "1")]
    assert len(wire.reports) == 1


def test_deferred_resolved_before_it_was_returned() -> None:
    later = Deferred()
    later.resolve({})
    wire = Wire(Ask=lambda request: later)
    wire.receive('[2,"a","Ask",{}]')
    wire.flush()
    assert wire.log == [(3, "a")]


def test_deferred_counts_only_its_first_result() -> None:
    later = Deferred()
    wire = Wire(Ask=lambda request: later)
    wire.receive('[2,"a","Ask",{}]')
    later.resolve({})
    later.resolve(None, errors.GenericError())
    later.resolve({})
    wire.flush()
    assert wire.log == [(3, "a")]


def test_deferred_may_answer_several_calls() -> None:
    later = Deferred()
    wire = Wire(Ask=lambda request: later)
    for name in "ab":
        wire.receive(f'[2,"{name}","Ask",{{}}]')
    wire.flush()
    assert wire.log == []
    later.resolve({})
    wire.receive('[2,"c","Ask",{}]')
    wire.flush()
    assert wire.log == [(3, "a"), (3, "b"), (3, "c")]


@pytest.mark.parametrize("payload", [None, [], "Accepted"])
def test_deferred_resolved_with_no_payload_is_an_internal_error(payload: Any) -> None:
    later = Deferred()
    wire = Wire(Ask=lambda request: later)
    wire.receive('[2,"a","Ask",{}]')
    later.resolve(payload)
    wire.flush()
    assert wire.log == [(4, "a")]


def test_a_response_is_made_once_whoever_tries_again() -> None:
    wire = Wire(Ask=lambda request: {})
    wire.receive('[2,"a","Ask",{}]')
    wire.session.reply("a", "Ask", {}, None)
    wire.session.reply("never", "Ask", {}, None)
    wire.flush()
    assert wire.log == [(3, "a")]


def test_the_peer_is_handed_to_handlers_if_there_is_one() -> None:
    seen: list[Any] = []

    def handler(peer: Any, request: Any) -> Any:
        seen.append((peer, request))
        return {}

    session = Session(Router({}, {"Ask": handler}), MsgspecCodec(), 30, peer="CP001")
    session.receive('[2,"1","Ask",{"text":"x"}]', 0)
    assert seen == [("CP001", {"text": "x"})]


# The end of the connection.


def test_close_fails_the_pending_and_every_queued_call_once_and_in_order() -> None:
    wire = Wire()
    for name in ("One", "Two", "Three"):
        wire.call(name)
    wire.flush()
    wire.session.close("cable cut")
    wire.session.close("again")
    assert wire.log == [
        (2, "1"),
        ("One", "Disconnected"),
        ("Two", "Disconnected"),
        ("Three", "Disconnected"),
    ]
    assert wire.session.deadline is None
    wire.session.tick(1000)
    wire.receive('[3,"1",{}]')
    wire.flush()
    assert len(wire.log) == 4


def test_close_tells_why() -> None:
    ends: list[Answer] = []
    session = Session(Router({}, {}), MsgspecCodec(), 30)
    session.call(("Ask", {}), lambda *end: ends.append(end))
    session.close("cable cut")
    assert "cable cut" in str(ends[0][1])
    assert "Ask" in str(ends[0][1])


def test_a_call_on_a_closed_session_ends_at_once_even_within_close() -> None:
    wire = Wire()

    def again(answer: Any, error: errors.OcppError | None) -> None:
        wire.call("Again")

    wire.session.call(("Ask", {}), again)
    wire.call("Other")
    wire.session.close()
    assert wire.log == [("Again", "Disconnected"), ("Other", "Disconnected")]
    wire.call("Late")
    assert wire.log[2:] == [("Late", "Disconnected")]
    wire.flush()
    assert len(wire.log) == 3


def test_one_who_fails_on_close_stops_nobody() -> None:
    def fail(answer: Any, error: errors.OcppError | None) -> None:
        raise RuntimeError("mine")

    wire = Wire()
    wire.session.call(("Ask", {}), fail)
    wire.call("Other")
    wire.session.close()
    assert wire.log == [("Other", "Disconnected")]
    wire.session.call(("Ask", {}), fail)
    assert len(wire.reports) == 2


def test_close_still_runs_what_was_to_follow_and_writes_nothing_more() -> None:
    def handler(_: Any) -> Any:
        wire.session.after_response(wire.say("after"))
        return {}

    wire = Wire(Ask=handler)
    wire.receive('[2,"a","Ask",{}]')
    wire.session.close()
    wire.flush()
    assert wire.log == ["after"]
    wire.session.after_response(wire.say("at once"))
    assert wire.log == ["after", "at once"]


def test_close_while_a_response_is_deferred_runs_what_was_to_follow_once_it_is_made() -> None:
    later = Deferred()

    def handler(_: Any) -> Any:
        wire.session.after_response(wire.say("after"))
        return later

    wire = Wire(Ask=handler)
    wire.receive('[2,"a","Ask",{}]')
    wire.session.close()
    assert wire.log == []
    later.resolve({})
    wire.flush()
    assert wire.log == ["after"]
    assert wire.session._handling == {}


def test_a_handler_may_end_its_own_connection() -> None:
    def handler(_: Any) -> Any:
        wire.session.after_response(wire.say("after"))
        wire.session.close()
        return {}

    wire = Wire(Ask=handler)
    wire.receive('[2,"a","Ask",{}]')
    wire.flush()
    assert wire.log == ["after"]


def test_a_closed_session_executes_nothing_that_still_arrives() -> None:
    handled: list[Any] = []

    def handler(request: Any) -> Any:
        handled.append(request)
        return {}

    wire = Wire(Ask=handler)
    wire.session.close()
    for text in ('[2,"a","Ask",{}]', '[2,"a",5]', "rubbish", '[3,"1",{}]'):
        wire.receive(text)
    wire.flush()
    assert handled == []
    assert wire.log == []
    assert wire.session._out == []


def test_a_write_that_fails_passes_through_and_close_settles_the_rest() -> None:
    def broken(_: str) -> None:
        raise OSError("broken pipe")

    wire = Wire()
    wire.call("One")
    wire.call("Two")
    with pytest.raises(OSError, match="broken pipe"):
        wire.session.flush(broken)
    wire.session.close()
    assert wire.log == [("One", "Disconnected"), ("Two", "Disconnected")]


def test_flush_from_within_a_callback_keeps_the_order() -> None:
    wire = Wire()
    wire.session.after_response(wire.flush)
    wire.call("One")
    wire.session.after_response(wire.say("end"))
    wire.flush()
    assert wire.log == [(2, "1"), "end"]
