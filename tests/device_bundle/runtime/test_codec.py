"""JSON over a `ujson` with the faults of the firmware."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bundle.runtime.codec import Codec, unescape


def firmware_loads(text: str) -> Any:
    """As ujson: escapes above 0x7F lose their high byte, and one bracket may be left out."""
    corrupted = re.sub(
        r"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})",
        lambda m: m.group(0) if int(m.group(2), 16) < 0x80 else m.group(1) + "?",
        text,
    )
    try:
        return json.loads(corrupted)
    except ValueError:
        if text[:1] == "[":
            return json.loads(corrupted + "]")
        raise


CODEC = Codec(firmware_loads, json.dumps)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(JSON)
def test_values_survive_escaped_and_raw(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair as a key is not a text
    assert CODEC.loads(json.dumps(value)) == value
    assert CODEC.loads(json.dumps(value, ensure_ascii=False)) == value
    assert CODEC.loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (r"\u00e9", "é"),
        (r"\u7535", "电"),
        (r"\ud83d\ude97", "\U0001f697"),
        (r"a\u0041", r"a\u0041"),
        (r"\u0022", r"\u0022"),
        (r"\\u00e9", r"\\u00e9"),
        (r"\\\u00e9", "\\\\é"),
        (r"\n\u00E9\t", "\\né\\t"),
        (r"\ud83d", "\ufffd"),
        (r"\ud83dx", "\ufffdx"),
        (r"\ud83d\u00e9", "\ufffdé"),
        (r"\ude97", "\ufffd"),
        ("no escapes", "no escapes"),
    ],
)
def test_escapes_become_utf8(escaped: str, plain: str) -> None:
    assert unescape(escaped) == plain


@pytest.mark.parametrize("text", [r'["\u12"]', r'["\u12g4"]', r'["\u"]', r'["\ud83d\u12"]'])
def test_bad_escapes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="escape"):
        CODEC.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '[2,"a"',
        '[2,"a",{"k":1}',
        '[2,"a","b",{"k":[1,2]',
        '[2,"a"]]',
        '[2,"]"',
        '[["]"]',
        '[2,"i","A",{"x":"]"}',
        "1,2",
        "[1],[2]",
        "[1],0",
        '[2,"[]}{',
        "",
        "xx",
        '[2,"a","b',
    ],
)
def test_frm_035_malformed_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        CODEC.loads(text)


@given(JSON.filter(lambda value: isinstance(value, list | dict)))
def test_text_that_is_cut_off_is_refused(value: Any) -> None:
    text = json.dumps(value)
    for end in range(len(text)):
        with pytest.raises(ValueError, match=r"."):
            CODEC.loads(text[:end])


@pytest.mark.parametrize("text", ['["]"]', '["{", "[[["]', '{"a": "}]"}', '["\\"]"]', '[["]"]]'])
def test_brackets_inside_strings_do_not_count(text: str) -> None:
    assert CODEC.loads(text) == json.loads(text)


@given(JSON)
def test_dumps_writes_json(value: Any) -> None:
    assert json.loads(CODEC.dumps(value)) == value


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, [1, {"a": [math.nan]}], ({"x": math.inf},)]
)
def test_dumps_refuses_numbers_json_does_not_have(value: Any) -> None:
    # json.dumps spells them with capitals, ujson without.
    codec = Codec(json.loads, lambda item: json.dumps(item).lower())
    with pytest.raises(ValueError, match="nan and inf"):
        codec.dumps(value)


def test_dumps_refuses_objects_written_as_their_repr() -> None:
    codec = Codec(json.loads, lambda item: "<object object at 0x1>")
    with pytest.raises(ValueError, match="no form for"):
        codec.dumps({"a": object()})


def test_dumps_takes_words_that_look_like_faults() -> None:
    value = {"info": "inf", "nan": ["<b>", 1.5, None, True, ("x",)]}
    assert json.loads(CODEC.dumps(value)) == {"info": "inf", "nan": ["<b>", 1.5, None, True, ["x"]]}


def test_dumps_refuses_keys_that_are_no_strings() -> None:
    with pytest.raises(ValueError, match="key"):
        CODEC.dumps({"info": 1, 2: 3})
