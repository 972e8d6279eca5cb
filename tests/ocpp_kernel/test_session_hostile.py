"""Whatever a peer sends, a session neither raises, nor grows, nor answers with a wrong frame."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ocpp_kernel import errors
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.dispatch import Router, fingerprint
from ocpp_kernel.frames import Codec
from ocpp_kernel.session import Session
from ocpp_kernel.validation import BOOLEAN, DATE_TIME, DECIMAL1, INTEGER, REQUIRED, SHIFT, STRING

CODES = {
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "FormationViolation",
    "PropertyConstraintViolation",
    "OccurenceConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
}
ASK: tuple[Any, Any] = (
    {
        "text": STRING | REQUIRED | (20 << SHIFT),
        "count": INTEGER,
        "flag": BOOLEAN,
        "limit": DECIMAL1,
        "at": DATE_TIME,
        "kind": (0, "Soft", "Hard"),
        "list": (0, [(1, {"inner": STRING | REQUIRED}), 1]),
    },
    {"status": (1, "Accepted", "Rejected")},
)
CALL = '[2,"a","Ask",{"text":"x","count":-3,"list":[{"inner":"é\\n"}],"limit":8.1}]'
ANSWER = '[3,"1",{"status":"Accepted"}]'
REFUSAL = '[4,"1","GenericError","why",{"at":[1]}]'


class PlainCodec:
    """The standard library's JSON, which lets NaN, infinities and lone surrogates through."""

    def loads(self, text: str | bytes) -> Any:
        try:
            return json.loads(text if isinstance(text, str) else text.decode())
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def dumps(self, value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))


CODECS: list[Codec] = [MsgspecCodec(), PlainCodec()]


class Victim:
    """A session with a call of its own out, and everything it does in view."""

    def __init__(self, codec: Codec) -> None:
        self.handled: list[Any] = []
        self.ends: list[Any] = []
        contracts = {"Ask": ASK, "Tell": ASK, "Loose": (None, None)}
        routes = {"Ask": self.handle, "Loose": self.handle}
        self.session = Session(Router(contracts, routes, (fingerprint("Foreign"),)), codec, 30)
        self.session.call(("Tell", {}), lambda *end: self.ends.append(end))
        self.session.flush(lambda text: None)

    def handle(self, request: Any) -> Any:
        assert type(request) is dict
        self.handled.append(request)
        return {"status": "Accepted"}

    def receive(self, text: str | bytes) -> list[list[Any]]:
        """Feeds one frame and checks what every reply must be."""
        handled, ended = len(self.handled), len(self.ends)
        self.session.receive(text, 0)
        texts: list[str] = []
        self.session.flush(texts.append)
        frames = [checked(reply) for reply in texts]
        assert len(frames) <= 1
        if len(self.handled) > handled:
            assert [frame[0] for frame in frames] == [3]
        assert len(self.ends) - ended <= (0 if frames else 1)
        assert len(self.ends) <= 1
        assert self.session._handling == {}
        assert self.session._out == []
        assert self.session._queue == []
        return frames

    def still_works(self) -> None:
        assert self.receive('[2,"z","Ask",{"text":"x"}]') == [[3, "z", {"status": "Accepted"}]]
        if not self.ends:
            self.receive(ANSWER)
        assert len(self.ends) == 1


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


def checked(text: str) -> list[Any]:
    """The frame of a reply; fails unless it is valid OCPP-J."""
    frame = json.loads(text, parse_constant=no_constant)
    assert isinstance(frame, list)
    assert isinstance(frame[1], str)
    if frame[0] == 3:
        assert frame[2:] == [{"status": "Accepted"}]
        return frame
    assert frame[0] == 4
    assert len(frame) == 5
    assert frame[2] in CODES
    assert isinstance(frame[3], str)
    assert len(frame[3]) <= 255
    assert isinstance(frame[4], dict)
    return frame


numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from([0, 1, 2, 3, 4, 5, 10**30, -(10**300), 1e308])
)
scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=40))
names = st.sampled_from(["text", "count", "flag", "limit", "at", "kind", "list", "inner", "more"])
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(names, st.text(max_size=5)), inner, max_size=4),
    ),
    max_leaves=12,
)
actions = st.one_of(
    st.sampled_from(["Ask", "Loose", "Tell", "Foreign", "ask", ""]), st.text(max_size=60), values
)
ids = st.one_of(
    st.sampled_from(["1", "a", "-1", "", "i" * 36, "i" * 37]), st.text(max_size=60), values
)
kinds = st.one_of(st.sampled_from([2, 2, 2, 3, 4, 0, 1, 5, 99]), values)
near_frames = st.builds(
    lambda kind, call_id, action, payload, more: [kind, call_id, action, payload, *more],
    kinds,
    ids,
    actions,
    values,
    st.lists(values, max_size=2),
)
frames = st.one_of(
    values,
    near_frames,
    st.builds(lambda frame, size: frame[:size], near_frames, st.integers(0, 6)),
    st.builds(lambda call_id, payload: [3, call_id, payload], ids, values),
    st.builds(lambda call_id, rest: [4, call_id, *rest], ids, st.lists(values, max_size=4)),
)


@pytest.mark.parametrize("codec", CODECS, ids=["msgspec", "plain"])
@given(frames=st.lists(frames, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_frm_035_no_json_value_does_harm(codec: Codec, frames: list[Any]) -> None:
    victim = Victim(codec)
    for frame in frames:
        # NaN, Infinity and lone surrogates are written as a careless peer would.
        victim.receive(json.dumps(frame))
    victim.still_works()


@pytest.mark.parametrize("codec", CODECS, ids=["msgspec", "plain"])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200)))
@example(data=b"")
@example(data="\ufeff" + CALL)
@settings(max_examples=100, deadline=None)
def test_frm_035_no_bytes_do_harm(codec: Codec, data: str | bytes) -> None:
    victim = Victim(codec)
    victim.session.observe = lambda direction, text: None
    assert victim.receive(data) == []
    victim.still_works()


@pytest.mark.parametrize("codec", CODECS, ids=["msgspec", "plain"])
@given(
    text=st.sampled_from([CALL, ANSWER, REFUSAL]),
    position=st.integers(0, 100),
    length=st.integers(0, 3),
    put=st.binary(max_size=3),
)
@settings(max_examples=250, deadline=None)
def test_frm_035_a_damaged_frame_does_no_harm(
    codec: Codec, text: str, position: int, length: int, put: bytes
) -> None:
    data = text.encode()
    victim = Victim(codec)
    victim.receive(data[:position] + put + data[position + length :])
    victim.still_works()


@pytest.mark.parametrize("codec", CODECS, ids=["msgspec", "plain"])
@pytest.mark.parametrize("text", [CALL, ANSWER, REFUSAL])
def test_frm_035_a_frame_cut_off_at_any_byte_changes_nothing(codec: Codec, text: str) -> None:
    victim = Victim(codec)
    data = text.encode()
    for end in range(len(data)):
        assert victim.receive(data[:end]) == []
    assert victim.handled == []
    assert victim.ends == []
    victim.still_works()


@pytest.mark.parametrize("codec", CODECS, ids=["msgspec", "plain"])
def test_a_megabyte_anywhere_is_answered_with_little_or_not_at_all(codec: Codec) -> None:
    huge = "x" * 1_000_000
    victim = Victim(codec)
    expected = [
        ([2, "a", "Ask", {"text": huge}], "PropertyConstraintViolation"),
        ([2, "a", "Ask", {"text": "x", huge: 1}], "FormationViolation"),
        ([2, "a", "Ask", {"text": "x", "kind": huge}], "PropertyConstraintViolation"),
        ([2, "a", huge, {}], "NotImplemented"),
        ([2, "a", "Ask", [0] * 300_000], "FormationViolation"),
        ([2, "a", *[0] * 300_000], "FormationViolation"),
    ]
    for call, code in expected:
        assert [reply[:3] for reply in victim.receive(json.dumps(call))] == [[4, "a", code]]
    assert [reply[1] for reply in victim.receive(json.dumps([2, huge, "Ask", {}]))] == [huge]
    dropped: list[list[Any]] = [[3, huge, {}], [4, huge, huge, huge, {}], [huge], [0] * 300_000]
    for frame in dropped:
        assert victim.receive(json.dumps(frame)) == []
    assert victim.handled == []
    assert victim.ends == []
    victim.still_works()


@pytest.mark.parametrize("codec", CODECS, ids=["msgspec", "plain"])
def test_deep_nesting_does_no_harm(codec: Codec) -> None:
    victim = Victim(codec)
    for depth in (100, 900, 100_000):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            value = opening * depth + "1" + closing * depth
            victim.receive(f'[2,"a","Ask",{{"text":{value}}}]')
            victim.receive(f'[2,"a","Ask",{{"more":{value}}}]')
            victim.receive(f'[2,"a",{value},{{}}]')
            victim.receive(f'[4,"b","GenericError","",{value}]')
            victim.receive(value)
            victim.receive(opening * depth)
    assert victim.handled == []
    victim.still_works()


def test_the_answer_to_our_call_may_be_as_hostile_as_it_likes() -> None:
    for text in ('[3,"1",{"status":NaN}]', '[3,"1",[]]', '[3,"1",{"status":"Accepted","x":1}]'):
        victim = Victim(PlainCodec())
        victim.receive(text)
        assert isinstance(victim.ends[0][1], errors.InvalidAnswer)
    victim = Victim(PlainCodec())
    victim.receive('[4,"1","\\ud800",NaN,{"x":NaN}]')
    assert isinstance(victim.ends[0][1], errors.RemoteError)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_fit_no_field(number: str) -> None:
    victim = Victim(PlainCodec())
    for field in ("count", "limit", "flag", "text"):
        replies = victim.receive(f'[2,"a","Ask",{{"text":"x","{field}":{number}}}]')
        assert replies[0][0] == 4
    assert victim.handled == []
    strict = Victim(MsgspecCodec())
    assert strict.receive(f'[2,"a","Ask",{{"text":"x","limit":{number}}}]') == []
