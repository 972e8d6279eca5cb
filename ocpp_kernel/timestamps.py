"""ISO 8601 date-times to seconds since 1970-01-01T00:00:00Z and back. Portable.

Own civil-date arithmetic in integers: devices disagree about the epoch, about time zones inside
``mktime``, and some have 32-bit floats. Sent times are UTC with ``Z``; received ones may carry
fractions, offsets, or no seconds (CORE-004, DIS-10).
"""

from __future__ import annotations

_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to that date of the Gregorian calendar."""
    leaps = year // 4 - year // 100 + year // 400
    if month <= 2 and is_leap(year):
        leaps -= 1
    return year * 365 + leaps + _DAYS_BEFORE_MONTH[month - 1] + day - 1 - 719527


def is_leap(year: int) -> bool:
    """Whether the year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """How many days that month has."""
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def format(epoch: int) -> str:  # noqa: A001 - read as timestamps.format
    """The UTC text of a time, to the second: ``2026-01-31T23:59:59Z``."""
    days = epoch // 86400
    second = epoch - days * 86400
    year = 1970 + days // (366 if days >= 0 else 365)
    while days_from_civil(year + 1, 1, 1) <= days:
        year += 1
    day = days - days_from_civil(year, 1, 1)
    month = 1
    while day >= days_in_month(year, month):
        day -= days_in_month(year, month)
        month += 1
    return (
        f"{year:04d}-{month:02d}-{day + 1:02d}"
        f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
    )


def parse(text: str) -> int | None:
    """Seconds since the epoch, fractions cut off; None where the text is no date-time.

    A time without a zone is read as UTC, as the specification recommends for sending (3.14).
    """
    if len(text) < 16 or text[4] != "-" or text[7] != "-" or text[10] not in "Tt ":
        return None
    year, month, day = _number(text, 0, 4), _number(text, 5, 7), _number(text, 8, 10)
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        return None
    hour, minute = _number(text, 11, 13), _number(text, 14, 16)
    if text[13] != ":" or not 0 <= hour <= 23 or not 0 <= minute <= 59:
        return None
    second, position = _seconds(text, 16)
    offset = _offset(text, position)
    if offset is None or not 0 <= second <= 60:
        return None
    return days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset


def _number(text: str, start: int, end: int) -> int:
    """The digits there as a number; -1 where any is none."""
    value = 0
    for position in range(start, end):
        if position >= len(text) or not "0" <= text[position] <= "9":
            return -1
        value = value * 10 + ord(text[position]) - 48
    return value


def _seconds(text: str, position: int) -> tuple[int, int]:
    """Seconds at ``:ss[.fraction]`` if they are there, and the position after them."""
    if text[position : position + 1] != ":":
        return 0, position
    second = _number(text, position + 1, position + 3)
    position += 3
    if text[position : position + 1] in (".", ","):
        position += 1
        first = position
        while position < len(text) and "0" <= text[position] <= "9":
            position += 1
        if position == first:
            return -1, position
    return second, position


def _offset(text: str, position: int) -> int | None:
    """The zone's offset from UTC in seconds; None where the rest of the text is no zone."""
    zone = text[position:]
    if zone in ("", "Z", "z"):
        return 0
    if zone[0] not in "+-":
        return None
    hours = _number(zone, 1, 3)
    minutes = _number(zone, 4, 6) if len(zone) == 6 and zone[3] == ":" else _number(zone, 3, 5)
    if len(zone) == 3:
        minutes = 0
    elif len(zone) not in (5, 6):
        return None
    if not 0 <= hours <= 23 or not 0 <= minutes <= 59:
        return None
    return (hours * 60 + minutes) * (60 if zone[0] == "+" else -60)
