"""Text frames to lists and back; whatever is no OCPP-J message is told apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.errors import GenericError, LocalError, RemoteError
from ocpp_kernel.frames import BadFrame, Codec, error_frame, parse


class PlainCodec:
    """The standard library's JSON, which lets more through than msgspec: NaN, lone surrogates."""

    def loads(self, text: str | bytes) -> Any:
        try:
            return json.loads(text if isinstance(text, str) else text.decode())
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def dumps(self, value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))


CODECS: list[Codec] = [MsgspecCodec(), PlainCodec()]
codecs = pytest.mark.parametrize("codec", CODECS, ids=["msgspec", "plain"])

CALL = '[2,"äß-1","Ask",{"text":"x \\" y","list":[1,2.5,true,null,{"a":"日本"}]}]'


@codecs
@pytest.mark.parametrize(
    "frame",
    [
        [2, "1", "Ask", {"a": 1}],
        [2, "", "", {}],
        [3, "1", {"a": 1}],
        [4, "1", "GenericError", "text", {"a": 1}],
    ],
)
def test_frm_015_the_three_shapes_pass_unchanged(codec: Codec, frame: list[Any]) -> None:
    text = codec.dumps(frame)
    assert parse(text, codec) == frame
    assert parse(text.encode(), codec) == frame
    assert parse(f" \t\r\n{text}\n", codec) == frame


@codecs
def test_frm_017_null_stands_for_an_empty_payload(codec: Codec) -> None:
    assert parse('[2,"1","Ask",null]', codec) == [2, "1", "Ask", {}]
    assert parse('[3,"1",null]', codec) == [3, "1", {}]


@codecs
def test_payloads_of_any_type_are_left_to_the_contract(codec: Codec) -> None:
    payloads: list[Any] = [[], "text", 5, 1.5, True, False]
    for payload in payloads:
        assert parse(codec.dumps([2, "1", "Ask", payload]), codec)[3] == payload
        assert parse(codec.dumps([3, "1", payload]), codec)[2] == payload


def refusal(text: str | bytes, codec: Codec) -> BadFrame:
    with pytest.raises(BadFrame) as caught:
        parse(text, codec)
    assert caught.value.reason
    assert str(caught.value) == caught.value.reason
    return caught.value


DROPPED = [
    "",
    " ",
    "xx",
    "nul",
    "null",
    "true",
    "5",
    '"text"',
    "{}",
    '{"0":2,"1":"id"}',
    "[]",
    "[2]",
    "[9]",
    "[null,null]",
    '[2,"a"',
    '[2,"a","Ask",{}',
    '[2,"a","Ask",{}]]',
    '[2,"a","Ask",{}] [2,"b","Ask",{}]',
    '[2 "a" "Ask" {}]',
    '[2,"a","Ask",{1:2}]',
    '[2,"a","Ask",{a:2}]',
    "[2,'a','Ask',{}]",
    '[2,"a","Ask",{"a":"\n"}]',
    '[2,"a","Ask",{"a":"\\x"}]',
    '[2,"a","Ask",{"a":01}]',
    '[2,"a","Ask",{"a":+1}]',
    '[2,"a","Ask",{"a":.5}]',
    '[2,"a","Ask",{"a":0x10}]',
    '[2,"a","Ask",{},]',
    '\x00[2,"a","Ask",{}]',
    '[[2,"a","Ask",{}]]',
    '[2,null,"Ask",{}]',
    '[2,1.5,"Ask",{}]',
    '[2,true,"Ask",{}]',
    '[2,["a"],"Ask",{}]',
    '[2,{"a":1},"Ask",{}]',
    "[3,null,{}]",
    "[3,1,{}]",
    '[3,"a"]',
    '[3,"a",{},{}]',
    '[4,null,"GenericError","",{}]',
    '[4,1,"GenericError","",{}]',
]


@codecs
@pytest.mark.parametrize("text", DROPPED)
def test_frm_035_without_a_readable_id_there_is_nothing_to_answer(codec: Codec, text: str) -> None:
    assert refusal(text, codec).call_id is None


@codecs
@pytest.mark.parametrize("kind", ["0", "1", "5", "99", "-2", "2.0", "2e0", '"2"', "true", "[2]"])
def test_frm_018_unknown_message_types_are_not_answered(codec: Codec, kind: str) -> None:
    assert refusal(f'[{kind},"a","Ask",{{}}]', codec).call_id is None


@codecs
@pytest.mark.parametrize(
    ("text", "call_id"),
    [
        ('[2,"a"]', "a"),
        ('[2,"a","Ask"]', "a"),
        ('[2,"a","Ask",{},{}]', "a"),
        ('[2,"a",{},"Ask"]', "a"),
        ('[2,"a",null,{}]', "a"),
        ('[2,"a",7,{}]', "a"),
        ('[2,7,"Ask",{}]', "7"),
        ('[2,-1,"Ask",{}]', "-1"),
    ],
)
def test_frm_034_035_with_a_readable_id_the_call_is_refused(
    codec: Codec, text: str, call_id: str
) -> None:
    assert refusal(text, codec).call_id == call_id


@codecs
def test_frm_019_ids_hold_36_characters(codec: Codec) -> None:
    assert parse(codec.dumps([2, "ä" * 36, "Ask", {}]), codec)[1] == "ä" * 36
    assert refusal(codec.dumps([2, "i" * 37, "Ask", {}]), codec).call_id == "i" * 37
    assert refusal(codec.dumps([2, "", "Ask"]), codec).call_id == ""


@codecs
def test_frm_035_a_call_cut_off_at_any_byte_is_not_answered(codec: Codec) -> None:
    data = CALL.encode()
    for end in range(len(data)):
        assert refusal(data[:end], codec).call_id is None
    assert parse(data, codec)[2] == "Ask"


@codecs
def test_frm_014_bytes_that_are_no_utf_8_are_refused(codec: Codec) -> None:
    for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80"):
        assert refusal(b'[2,"a","Ask",{"text":"' + bad + b'"}]', codec).call_id is None


@codecs
def test_frm_035_nesting_however_deep_is_a_bad_frame_or_a_call(codec: Codec) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        for depth in (10, 1_000, 200_000):
            value = opening * depth + "1" + closing * depth
            try:
                assert parse(f'[2,"a","Ask",{value}]', codec)[1] == "a"
            except BadFrame as bad:
                assert bad.call_id is None
                assert depth > 10
            assert refusal(f'[2,"a","Ask",{opening * depth}', codec).call_id is None


@codecs
def test_a_megabyte_is_read_like_any_other_frame(codec: Codec) -> None:
    huge = "x" * 1_000_000
    assert parse(codec.dumps([2, "a", huge, {"text": huge}]), codec)[2] == huge
    assert refusal(codec.dumps([2, huge, "Ask", {}]), codec).call_id == huge
    assert refusal(codec.dumps([0] * 500_000), codec).call_id is None
    assert parse(codec.dumps([4, "a", huge, huge, {}]), codec)[2] == huge


@codecs
def test_numbers_too_large_for_the_platform_are_no_crash(codec: Codec) -> None:
    for number in ("9" * 30, "-" + "9" * 400, "9" * 5000, "1e400"):
        for text in (f'[2,{number},"Ask",{{}}]', f'[{number},"a","Ask",{{}}]'):
            bad = refusal(text, codec)
            assert bad.call_id in (None, number)


@codecs
@pytest.mark.parametrize(
    ("text", "code", "description", "details"),
    [
        ('[4,"a"]', "GenericError", "", {}),
        ('[4,"a","X"]', "X", "", {}),
        ('[4,"a",5]', "GenericError", "", {}),
        ('[4,"a","X","why"]', "X", "why", {}),
        ('[4,"a","X",null]', "X", "", {}),
        ('[4,"a","X","why",null]', "X", "why", {}),
        ('[4,"a","X","why",[1]]', "X", "why", {}),
        ('[4,"a",1,2,3]', "GenericError", "", {}),
        ('[4,"a","X","why",{"b":1},6,7]', "X", "why", {"b": 1}),
    ],
)
def test_frm_039_what_an_error_lacks_is_filled_in(
    codec: Codec, text: str, code: str, description: str, details: dict[str, Any]
) -> None:
    assert parse(text, codec) == [4, "a", code, description, details]


def test_frm_039_errors_are_sent_with_all_five_elements() -> None:
    assert error_frame("a", GenericError()) == [4, "a", "GenericError", "", {}]
    assert error_frame("a", GenericError("why", {"b": 1})) == [
        4,
        "a",
        "GenericError",
        "why",
        {"b": 1},
    ]
    assert error_frame("a", LocalError("why", None, "Custom"))[2] == "Custom"
    assert len(error_frame("a", GenericError("x" * 300))[3]) == 255


@pytest.mark.parametrize("details", [[1], "text", 5, True])
def test_frm_039_details_that_are_no_object_are_left_out(details: Any) -> None:
    assert error_frame("a", RemoteError("why", details)) == [4, "a", "GenericError", "why", {}]


def test_frm_039_a_description_that_is_no_text_becomes_one() -> None:
    description: Any = ValueError("odd")
    assert error_frame("a", GenericError(description))[3] == "odd"
