"""Assertions about frames, and what they say where they fail."""

from __future__ import annotations

import pytest

from ocpp_kernel.testing import (
    Seen,
    answers_to,
    assert_calls,
    assert_not_sent,
    assert_sent,
    transcript,
)

FRAMES = [
    Seen("left", '[2,"1","Boot",{"vendor":"A","model":"M"}]'),
    Seen("right", '[3,"1",{"status":"Accepted"}]'),
    Seen("right", '[2,"1","Reset",{"type":"Soft"}]'),
    Seen("left", '[4,"1","NotSupported","",{}]'),
    Seen("left", '[2,"2","Boot",{"vendor":"B"}]', lost=True),
]


def test_calls_are_compared_as_far_as_they_are_given() -> None:
    assert_calls(FRAMES, [("Boot", {"vendor": "A"}), ("Boot", {})])
    assert_calls(FRAMES, [("Reset", {"type": "Soft"})], sender="right")


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ([("Boot", {})], ['  Boot {"vendor": "A", "model": "M"}', '+ Boot {"vendor": "B"}']),
        (
            [("Boot", {}), ("Boot", {"vendor": "C"}), ("Beat", {})],
            [
                '  Boot {"vendor": "A", "model": "M"}',
                '- Boot {"vendor": "C"}',
                '+ Boot {"vendor": "B"}',
                "- Beat {}",
            ],
        ),
        ([], ['+ Boot {"vendor": "A", "model": "M"}', '+ Boot {"vendor": "B"}']),
    ],
)
def test_a_difference_is_shown_line_by_line(
    expected: list[tuple[str, object]], difference: list[str]
) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_calls(FRAMES, expected)
    assert str(caught.value).splitlines()[1:] == difference


def test_the_order_of_calls_counts() -> None:
    with pytest.raises(AssertionError):
        assert_calls(FRAMES, [("Boot", {"vendor": "B"}), ("Boot", {"vendor": "A"})])


def test_what_was_sent_last_is_given() -> None:
    assert assert_sent(FRAMES, "Boot") == {"vendor": "B"}
    assert assert_sent(FRAMES, "Boot", {"model": "M"})["vendor"] == "A"
    with pytest.raises(AssertionError, match=r"Boot .* was not sent, but:\n  Boot "):
        assert_sent(FRAMES, "Boot", {"vendor": "C"})
    with pytest.raises(AssertionError, match=r"Beat \{\} was not sent, but:\n  nothing"):
        assert_sent([], "Beat")


def test_what_must_not_be_sent() -> None:
    assert_not_sent(FRAMES, "Reset")
    assert_not_sent(FRAMES, "Boot", {"vendor": "C"})
    with pytest.raises(AssertionError, match=r'Reset \{"type": "Soft"\} was sent'):
        assert_not_sent(FRAMES, "Reset", sender="right")


def test_answers_belong_to_the_calls_of_one_side() -> None:
    assert answers_to(FRAMES, "Boot") == [{"status": "Accepted"}]
    assert answers_to(FRAMES, "Reset", sender="right") == ["NotSupported"]
    assert answers_to(FRAMES, "Reset") == []


def test_a_transcript_is_read_from_top_to_bottom() -> None:
    assert transcript(FRAMES).splitlines() == [
        'left: Boot {"vendor": "A", "model": "M"}',
        'right: = {"status": "Accepted"}',
        'right: Reset {"type": "Soft"}',
        'left: = "NotSupported"',
        'left: Boot {"vendor": "B"} (lost)',
    ]
