"""The central system's host object, without sockets."""

# No postponed annotations here: TypedDicts are made below.
import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

import pytest

from ocpp_kernel import schema
from ocpp_kernel.central import (
    UNKNOWN_STATION,
    WRONG_CREDENTIALS,
    Central,
    ConnectedStation,
)
from ocpp_kernel.central_session import CentralSession
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.contracts import BOTH, Action, Annotated, MaxLength
from ocpp_kernel.errors import (
    Disconnected,
    FormationViolation,
    Ignored,
    InvalidAnswer,
    LocalError,
    PropertyConstraintViolation,
    ProtocolError,
    RemoteError,
    SecurityError,
    TypeConstraintViolation,
    UnknownAction,
)
from ocpp_kernel.session import Deferred

Settled = Callable[[], Awaitable[None]]


class Item(TypedDict):
    name: Annotated[str, MaxLength(5)]


class Word(TypedDict):
    items: list[Item]


class Nothing(TypedDict):
    pass


Say = Action("Say", Word, Nothing, sent_by=BOTH)
Other = Action("Other", Nothing, Nothing, sent_by=BOTH)

HELLO = Say({"items": [{"name": "hello"}]})


class FakeLink:
    """Keeps what is sent; time stands still unless it is set."""

    def __init__(self) -> None:
        self.time = 0.0
        self.session: CentralSession | None = None
        self.sent: list[str] = []
        self.closed: list[str] = []

    def now(self) -> float:
        return self.time

    def wake(self) -> None:
        if self.session is not None:
            self.session.flush(self.sent.append)

    def close(self, reason: str) -> None:
        self.closed.append(reason)


class Bench:
    """A central system and its stations' links."""

    def __init__(self, handler: Any = None, **hooks: Any) -> None:
        self.log: list[tuple[str, str]] = []
        self.events: list[Any] = []
        self.central = Central(MsgspecCodec(), lambda level, text: self.log.append((level, text)))
        self.central.install(
            schema.contracts_of([Say]),
            {"Say": handler or (lambda station, request: {})},
            {"ocpp_on_event": (self.events.append,), **hooks},
            ("Toy",),
            check=schema.check,
        )

    def connect(self, identity: str = "CP1") -> tuple[ConnectedStation, FakeLink]:
        link = FakeLink()
        link.session = self.central.connected(identity, link)
        return self.central.stations[identity], link


def receive(link: FakeLink, text: str) -> None:
    assert link.session is not None
    link.session.receive(text, link.time)
    link.wake()


# Who may connect.


def test_by_default_anybody_may_connect() -> None:
    assert Bench().central.admit("whoever", None) == ""


def test_frm_008_with_a_list_only_those_on_it() -> None:
    central = Bench().central
    central.admit_only(["CP1"], {"CP2": b"secret"})
    assert central.admit("CP1", None) == ""
    assert central.admit("CP2", b"secret") == ""
    assert central.admit("CP3", b"secret") == UNKNOWN_STATION
    assert central.admit("cp1", None) == UNKNOWN_STATION


@pytest.mark.parametrize("password", [None, b"", b"secre", b"Secret", b"secret "])
def test_sec_007_a_station_with_a_password_must_send_it(password: bytes | None) -> None:
    central = Bench().central
    central.admit_only([], {"CP1": b"secret"})
    assert central.admit("CP1", password) == WRONG_CREDENTIALS
    assert central.admit("CP2", None) == ""


def test_a_plugin_has_the_last_word() -> None:
    central = Bench(ocpp_accept_station=(lambda identity, password: "blocked",)).central
    assert central.admit("CP1", None) == "blocked"


def test_a_plugin_that_fails_to_decide_lets_nobody_in() -> None:
    def fail(identity: str, password: bytes | None) -> str:
        raise ValueError("oh")

    bench = Bench(ocpp_accept_station=(fail,))
    assert bench.central.admit("CP1", None) != ""
    assert bench.log[0][0] == "warning"


# Stations.


def test_a_station_outlasts_its_connections() -> None:
    bench = Bench()
    station, link = bench.connect()
    station.shared["plugin"] = "remembers"
    assert link.session is not None
    bench.central.disconnected(link.session, "gone")
    assert not station.online
    again, _ = bench.connect()
    assert again is station
    assert again.shared == {"plugin": "remembers"}


def test_frm_010_a_newer_connection_takes_over() -> None:
    bench = Bench()
    station, old = bench.connect()
    outcome: list[Any] = []
    station.post(HELLO, lambda answer, error: outcome.append(error))
    _, new = bench.connect()
    assert old.closed == ["replaced by a newer connection"]
    assert isinstance(outcome[0], Disconnected)
    assert station.session is new.session
    receive(old, '[2,"1","Say",{"items":[]}]')
    assert old.sent == ['[2,"1","Say",{"items":[{"name":"hello"}]}]']
    assert old.session is not None
    bench.central.disconnected(old.session, "closed at last")
    assert station.online


def test_stations_not_connected_are_forgotten_when_there_are_too_many() -> None:
    bench = Bench()
    bench.central.max_known = 3
    _, first = bench.connect("CP1")
    _, second = bench.connect("CP2")
    assert second.session is not None
    bench.central.disconnected(second.session, "gone")
    bench.connect("CP3")
    bench.connect("CP4")
    assert sorted(bench.central.stations) == ["CP1", "CP3", "CP4"]
    bench.connect("CP5")  # those that are connected are never forgotten
    assert sorted(bench.central.stations) == ["CP1", "CP3", "CP4", "CP5"]
    assert first.session is not None


# What is sent.


async def test_frm_022_one_call_at_a_time() -> None:
    station, link = Bench().connect()
    tasks = [asyncio.create_task(station.call(HELLO)) for _ in range(3)]
    await asyncio.sleep(0)
    for n in range(1, 4):
        assert len(link.sent) == n
        receive(link, f'[3,"{n}",{{}}]')
    assert await asyncio.gather(*tasks) == [{}, {}, {}]


async def test_frm_026_an_answer_from_the_connection_before_fits_no_new_call() -> None:
    bench = Bench()
    station, link = bench.connect()
    lost = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    old_id = json.loads(link.sent[-1])[1]
    _, link = bench.connect()
    with pytest.raises(Disconnected):
        await lost
    task = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    receive(link, f'[4,"{old_id}","GenericError","late",{{}}]')
    receive(link, f'[3,"{json.loads(link.sent[-1])[1]}",{{}}]')
    assert await task == {}


async def test_a_callerror_is_raised_as_it_came() -> None:
    station, link = Bench().connect()
    task = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    receive(link, '[4,"1","Strange","why",{"a":1}]')
    with pytest.raises(RemoteError) as raised:
        await task
    assert (raised.value.code, raised.value.description) == ("Strange", "why")
    assert raised.value.details == {"a": 1}


async def test_an_answer_that_breaks_its_contract_is_raised() -> None:
    station, link = Bench().connect()
    task = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    receive(link, '[3,"1",{"unknown":1}]')
    with pytest.raises(InvalidAnswer, match="Say: unknown"):
        await task


@pytest.mark.parametrize(
    ("payload", "error", "where"),
    [
        ({}, ProtocolError, "Say: items"),
        ({"items": [{}]}, ProtocolError, r"Say: items\[0\]\.name"),
        ({"items": [{"name": 1}]}, TypeConstraintViolation, r"Say: items\[0\]\.name"),
        ({"items": [{"name": "toolong"}]}, PropertyConstraintViolation, r"Say: items\[0\]\.name"),
        ({"items": [], "more": 1}, FormationViolation, "Say: more"),
        ([], FormationViolation, "Say: "),
    ],
)
async def test_a_request_that_breaks_its_contract_is_never_sent(
    payload: Any, error: type[LocalError], where: str
) -> None:
    station, link = Bench().connect()
    with pytest.raises(error, match=where):
        await station.call(Say(payload))
    assert link.sent == []


async def test_leniency_is_not_for_what_is_sent() -> None:
    bench = Bench()
    bench.central.router.lenient = True
    station, link = bench.connect()
    receive(link, '[2,"1","Say",{"items":[],"more":1}]')
    assert link.sent == ['[3,"1",{}]']
    with pytest.raises(FormationViolation):
        await station.call(Say({"items": [], "more": 1}))  # type: ignore[typeddict-unknown-key]  # the point


def test_what_leniency_lets_through_is_told_of_its_station() -> None:
    bench = Bench()
    bench.central.router.lenient = lambda sentence: None  # as with ``lenient`` in the configuration
    _, link = bench.connect("CP7")
    receive(link, '[2,"1","Say",{"items":[],"more":1}]')
    assert link.sent == ['[3,"1",{}]']
    (warning,) = bench.log
    assert warning[1].startswith("CP7: ")
    assert "more is not a field" in warning[1]


@pytest.mark.parametrize(
    "payload",
    [
        {"items": [{"name": "\ud800"}]},
        {"items": [{"name": "\ud800toolong"}]},
        {"items": [], "\udfff": 1},
    ],
)
async def test_what_json_cannot_say_is_refused_before_it_is_queued(payload: Any) -> None:
    station, link = Bench().connect()
    with pytest.raises(FormationViolation, match="Say: cannot be put into JSON"):
        await station.call(Say(payload))
    assert link.sent == []


async def test_an_action_nobody_brings_is_refused() -> None:
    station, _ = Bench().connect()
    with pytest.raises(UnknownAction, match="Other"):
        await station.call(Other({}))


async def test_offline_is_told_at_once() -> None:
    bench = Bench()
    station, link = bench.connect()
    assert link.session is not None
    bench.central.disconnected(link.session, "gone")
    with pytest.raises(Disconnected, match="CP1"):
        await station.call(HELLO)


async def test_every_outgoing_gate_is_asked_with_what_is_to_be_sent() -> None:
    bench = Bench()
    seen: list[Any] = []

    def look(station: ConnectedStation, action: str, payload: Any) -> None:
        seen.append((station.identity, action, payload))

    def refuse(station: ConnectedStation, action: str, payload: Any) -> None:
        raise SecurityError(f"{action} not to {station.identity}")

    bench.central.outgoing_gates += [look, refuse]
    station, link = bench.connect()
    with pytest.raises(SecurityError, match="Say not to CP1"):
        await station.call(HELLO)
    assert seen == [("CP1", *HELLO)]
    with pytest.raises(LocalError, match="Say: payload"):
        await station.call(Say([]))  # type: ignore[arg-type]  # gates see valid payloads only
    assert len(seen) == 1
    assert link.sent == []


async def test_who_keeps_books_of_an_action_is_told_before_the_caller() -> None:
    bench = Bench()
    told: list[Any] = []

    def fail(station: ConnectedStation, request: Any, answer: Any) -> None:
        raise ValueError("books are closed")

    bench.central.on_answer("Say", fail)
    bench.central.on_answer("Say", lambda station, *exchange: told.append(exchange))
    bench.central.on_answer("Other", lambda *never: told.append(never))
    station, link = bench.connect()
    station.post(HELLO, lambda *outcome: told.append(outcome))
    receive(link, '[3,"1",{}]')
    assert told == [(HELLO[1], {}), ({}, None)]
    assert any("books are closed" in text for _, text in bench.log)
    told.clear()
    station.post(HELLO, lambda answer, error: told.append(error))
    receive(link, '[4,"2","GenericError","",{}]')
    assert [type(error).__name__ for error in told] == ["RemoteError"]
    assert link.session is not None
    bench.central.disconnected(link.session, "gone")
    station.post(HELLO, lambda answer, error: told.append(error))
    assert [type(error).__name__ for error in told] == ["RemoteError", "Disconnected"]


async def test_a_call_that_is_watched_can_be_given_up_too() -> None:
    bench = Bench()
    bench.central.on_answer("Say", lambda *_: None)
    station, link = bench.connect()
    first = asyncio.create_task(station.call(HELLO))
    second = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    receive(link, '[3,"1",{}]')
    assert await first == {}
    assert len(link.sent) == 1


async def test_a_caller_who_gave_up_after_sending_disturbs_nobody() -> None:
    station, link = Bench().connect()
    first = asyncio.create_task(station.call(HELLO))
    second = asyncio.create_task(station.call(HELLO))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    assert len(link.sent) == 1  # the answer is still awaited: one CALL at a time
    receive(link, '[3,"1",{}]')
    receive(link, '[3,"2",{}]')
    assert await second == {}


# What is received.


def test_the_gate_refuses_or_drops() -> None:
    bench = Bench()

    def gate(station: ConnectedStation, action: str) -> None:
        if station.identity == "CP1":
            raise SecurityError("not you")
        raise Ignored

    bench.central.gate = gate
    _, first = bench.connect("CP1")
    _, second = bench.connect("CP2")
    for link in (first, second):
        receive(link, '[2,"1","Say",{"items":[]}]')
    assert first.sent == ['[4,"1","SecurityError","not you",{}]']
    assert second.sent == []


async def test_an_async_handler_that_fails_is_an_internal_error(settled: Settled) -> None:
    async def fail(station: ConnectedStation, request: Word) -> Nothing:
        raise ValueError("secret detail")

    bench = Bench(fail)
    _, link = bench.connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    await settled()
    assert link.sent[0].startswith('[4,"1","InternalError"')
    assert "secret" not in link.sent[0]
    assert any("secret detail" in text for _, text in bench.log)


async def test_an_async_handler_may_refuse(settled: Settled) -> None:
    async def refuse(station: ConnectedStation, request: Word) -> Nothing:
        raise SecurityError("no")

    _, link = Bench(refuse).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    await settled()
    assert link.sent == ['[4,"1","SecurityError","no",{}]']


async def test_an_async_handler_without_a_payload_is_an_internal_error(settled: Settled) -> None:
    async def forget(station: ConnectedStation, request: Word) -> None:
        return

    _, link = Bench(forget).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    await settled()
    assert link.sent[0].startswith('[4,"1","InternalError"')


def test_a_handler_without_a_payload_is_an_internal_error() -> None:
    _, link = Bench(lambda station, request: None).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    assert link.sent[0].startswith('[4,"1","InternalError"')


async def test_an_async_handler_that_was_cancelled_is_answered(settled: Settled) -> None:
    async def give_up(station: ConnectedStation, request: Word) -> Nothing:
        raise asyncio.CancelledError

    _, link = Bench(give_up).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    await settled()
    assert link.sent[0].startswith('[4,"1","InternalError"')


def test_a_deferred_answer_is_sent_when_it_is_there() -> None:
    later = Deferred()
    _, link = Bench(lambda station, request: later).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    assert link.sent == []
    later.resolve({})
    assert link.sent == ['[3,"1",{}]']


async def test_an_answer_after_the_connection_ended_goes_nowhere(settled: Settled) -> None:
    release = asyncio.Event()
    cancelled: list[bool] = []

    async def slow(station: ConnectedStation, request: Word) -> Nothing:
        try:
            await release.wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return {}

    bench = Bench(slow)
    _, old = bench.connect()
    receive(old, '[2,"1","Say",{"items":[]}]')
    await asyncio.sleep(0)
    _, new = bench.connect()
    await settled()
    assert cancelled == [True]
    assert old.sent == new.sent == []


def test_frames_are_shown_to_who_wants_to_see_them() -> None:
    frames: list[tuple[str, str, str]] = []
    _, link = Bench(ocpp_on_frame=(lambda *seen: frames.append(seen),)).connect()
    receive(link, '[2,"1","Say",{"items":[]}]')
    assert frames == [
        ("CP1", "in", '[2,"1","Say",{"items":[]}]'),
        ("CP1", "out", '[3,"1",{}]'),
    ]


def test_bad_frames_are_reported_with_the_identity() -> None:
    bench = Bench()
    _, link = bench.connect("CP7")
    receive(link, "{")
    assert bench.log[0][0] == "warning"
    assert bench.log[0][1].startswith("CP7: bad frame")


def test_the_timestamp_follows_the_clock() -> None:
    central = Bench().central
    for now, text in ((0, "1970-01-01T00:00:00Z"), (86399, "1970-01-01T23:59:59Z")):
        central.utc = lambda now=now: now  # type: ignore[misc]  # a default to bind it
        assert central.timestamp() == text
        assert central.timestamp() == text


def test_hooks_learn_of_stations_that_call_back_on_connecting() -> None:
    """A listener may call the station as soon as it is connected."""
    bench = Bench()

    class Greeter:
        def __call__(self, event: Any) -> None:
            station = bench.central.stations.get(getattr(event, "identity", ""))
            if station is not None and station.online:
                station.post(HELLO, lambda answer, error: None)

    bench.central.hooks.implementations["ocpp_on_event"] = (Greeter(),)
    _, link = bench.connect()
    link.wake()
    assert len(link.sent) == 1
