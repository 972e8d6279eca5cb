"""ISO 8601 and civil dates against the standard library (CORE-004, DIS-10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpp_kernel import timestamps

EPOCH = date(1970, 1, 1)
FIRST_OF_1970, LAST_OF_9999 = 0, 253402300799

fixed = settings(derandomize=True, deadline=None, max_examples=300)


def test_days_from_civil_counts_every_day_from_1900_to_2200() -> None:
    day, number = date(1900, 1, 1), (date(1900, 1, 1) - EPOCH).days
    while day.year < 2200:
        assert timestamps.days_from_civil(day.year, day.month, day.day) == number
        day, number = day + timedelta(days=1), number + 1


@fixed
@given(st.dates(min_value=date(1, 1, 1)))
def test_days_from_civil_is_right_in_any_century(day: date) -> None:
    assert timestamps.days_from_civil(day.year, day.month, day.day) == (day - EPOCH).days


@pytest.mark.parametrize(
    ("year", "leap"), [(1900, False), (2000, True), (2023, False), (2024, True), (2100, False)]
)
def test_leap_years(year: int, leap: bool) -> None:
    assert timestamps.is_leap(year) is leap
    assert timestamps.days_in_month(year, 2) == (29 if leap else 28)


def test_days_in_month() -> None:
    lengths = [timestamps.days_in_month(2023, month) for month in range(1, 13)]
    assert lengths == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@fixed
@given(st.integers(FIRST_OF_1970, LAST_OF_9999))
def test_format_is_utc_to_the_second_and_parse_undoes_it(epoch: int) -> None:
    text = timestamps.format(epoch)
    assert text == datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert timestamps.parse(text) == epoch


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (951782399, "2000-02-28T23:59:59Z"),
        (951782400, "2000-02-29T00:00:00Z"),
        (1735689599, "2024-12-31T23:59:59Z"),
        (1735689600, "2025-01-01T00:00:00Z"),
        (2147483648, "2038-01-19T03:14:08Z"),
        (4102444800, "2100-01-01T00:00:00Z"),
    ],
)
def test_format_at_the_edges_of_years_and_numbers(epoch: int, text: str) -> None:
    assert timestamps.format(epoch) == text


zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))


@fixed
@given(st.datetimes(datetime(1970, 1, 3), datetime(9999, 12, 29), timezones=zones))
def test_core_004_parse_takes_fractions_and_offsets(moment: datetime) -> None:
    assert timestamps.parse(moment.isoformat()) == int(moment.replace(microsecond=0).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00z",
        "2026-01-01t00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00.999999999999Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00",
        "2026-01-01T02:00:00+02:00",
        "2026-01-01T02:00:00+0200",
        "2026-01-01T02:00:00+02",
        "2026-01-01T02:00+02:00",
        "2025-12-31T18:30:00-05:30",
        "2025-12-31T18:30:00.25-05:30",
        "2025-12-31T23:59:60Z",
    ],
)
def test_dis_010_parse_is_liberal(text: str) -> None:
    assert timestamps.parse(text) == 1767225600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1767225600",
        "2026-01-01",
        "2026-01-01T",
        "2026-01-01T00",
        "2026-01-01T0000Z",
        "20260101T000000Z",
        "2026-1-1T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:0Z",
        "2026-01-01T00:00:Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00,",
        "2026-01-01T00:00:00ZZ",
        "2026-01-01T00:00:00 Z",
        "2026-01-01T00:00:00Z ",
        " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z\n",
        "2026-01-01T00:00:00UTC",
        "2026-01-01T00:00:00+",
        "2026-01-01T00:00:00+1",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00+01:0",
        "2026-01-01T00:00:00+01-00",
        "2026-01-01T00:00:00+ab",
        "2026-01-01T00:00:00+01:000",
        "2026/01/01T00:00:00Z",
        "2026-01-01_00:00:00Z",
        "2026-01-01T00.00.00Z",
        "-026-01-01T00:00:00Z",
        "+026-01-01T00:00:00Z",
        "\u0662\u0660\u0662\u0666-01-01T00:00:00Z",
    ],
)
def test_what_is_no_date_time_is_none(text: str) -> None:
    assert timestamps.parse(text) is None


@fixed
@given(st.text(alphabet="0123456789-+:.TZ ,\u0661", max_size=30))
def test_parse_never_raises(text: str) -> None:
    seconds = timestamps.parse(text)
    assert seconds is None or type(seconds) is int
