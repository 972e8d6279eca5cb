"""What charging profiles allow at a time: arithmetic without messages and storage. Portable.

Times are whole seconds since :data:`ORIGIN`, which keeps them small integers on 32-bit modules.
Limits are tenths of their unit. Amperes are per phase and watts are of all phases together; to be
compared both become a *measure*: tenths of a watt per phase, times six, which no number of phases
leaves a fraction of. Nothing is rounded before the end, and then down.

SC-019 to SC-035, SC-048, SC-051; sections 3.13, 5.16.4, 7.8 to 7.14.
"""

from __future__ import annotations

from typing import NamedTuple

#: 2020-01-01T00:00:00Z in seconds since 1970.
ORIGIN = 1577836800
#: Later than any time.
FOREVER = 1 << 40
#: Purposes, by rank where they overrule each other.
MAX = 0
DEFAULT = 1
TX = 2
#: Phases a period allows where it does not say (SC-033).
PHASES = 3


class Profile(NamedTuple):
    """A charging profile as it is kept.

    ``start`` is None where the schedule starts with the transaction; ``every`` is after how many
    seconds it starts again, 0 for never; ``valid_from`` is -FOREVER and ``duration`` and
    ``valid_to`` are FOREVER where there is no such bound. ``periods`` is flat: startPeriod,
    limit, numberPhases, startPeriod ...
    """

    number: int
    connector_id: int
    purpose: int
    level: int
    start: int | None
    every: int
    duration: int
    valid_from: int
    valid_to: int
    unit: str
    minimum: int
    periods: list[int]


def rank(profile: Profile) -> tuple[int, int, int]:
    """What is unique to a profile (DIS-21); of two that speak at a time the higher one counts.

    Whatever is set for a connector comes before what is set for all of them (SC-005).
    """
    return profile.purpose, profile.connector_id, profile.level


def is_dated(profile: Profile) -> bool:
    """Whether only a clock tells what it allows."""
    bounded = profile.valid_from > -FOREVER or profile.valid_to < FOREVER
    return profile.start is not None or bounded


def look(profile: Profile, at: int, began: int) -> tuple[int, int]:
    """Where in ``periods`` the period in force begins, -1 for none, and when that may change.

    ``began`` is when the transaction did.
    """
    if at < profile.valid_from:
        return -1, profile.valid_from
    start = began if profile.start is None else profile.start
    if at >= profile.valid_to:
        return -1, FOREVER
    if at < start:
        return -1, start
    past = at - start
    edge = FOREVER
    if profile.every:
        past %= profile.every
        edge = at - past + profile.every
    if past >= profile.duration:
        return -1, edge
    edge = min(edge, at - past + profile.duration, profile.valid_to)
    periods = profile.periods
    position = 3
    while position < len(periods) and periods[position] <= past:
        position += 3
    if position < len(periods):
        edge = min(edge, at - past + periods[position])
    return position - 3, edge


def prevailing(chain: list[Profile], at: int, began: int) -> tuple[Profile | None, int, int]:
    """The first profile of a chain, highest rank first, that says anything at a time.

    With where its period begins in ``periods``, and until when nothing changes.
    """
    until = FOREVER
    for profile in chain:
        position, edge = look(profile, at, began)
        until = min(until, edge)
        if position >= 0:
            return profile, position, until
    return None, 0, until


def measure(profile: Profile, position: int, voltage: int) -> int:
    """The limit of a period, per phase, in the unit all limits are compared in (SC-035)."""
    limit = profile.periods[position + 1] * 6
    return limit * voltage if profile.unit == "A" else limit // profile.periods[position + 2]


def milliampere(measured: int, voltage: int) -> int:
    """A measure as current per phase in mA, rounded down."""
    return measured * 100 // (6 * voltage)


def composite(
    sources: list[tuple[list[Profile], int]],
    cap: list[Profile],
    at: int,
    end: int,
    hardware: tuple[int, int, int],
    unit: str,
    most: int,
) -> tuple[list[int], int]:
    """The limits from a time on, flat as in :class:`Profile`, and until when they are complete.

    ``sources`` are chains with when their transactions began, one for each connector; ``cap`` is
    the chain that bounds their sum. ``hardware`` is what stands for no limit: mA per phase, number
    of phases, and the voltage between phase and neutral. After ``most`` periods it ends early.
    """
    current, phases, voltage = hardware
    current = current * 6 * voltage // 100
    periods: list[int] = []
    time = at
    while time < end:
        total = watts = 0
        until = end
        for chain, began in sources:
            profile, position, edge = prevailing(chain, time, began)
            until = min(until, edge)
            if profile is None:
                total += current
                watts += current * phases
            else:
                limit = min(measure(profile, position, voltage), current)
                total += limit
                watts += limit * profile.periods[position + 2]
        profile, position, edge = prevailing(cap, time, time)
        until = min(until, edge)
        if profile is not None:
            limit = measure(profile, position, voltage)
            if limit < total:
                watts = watts * limit // total
                total = limit
            watts = min(watts, total * profile.periods[position + 2])
        value = total // (6 * voltage) if unit == "A" else watts // 6
        used = (watts + total - 1) // total if total else PHASES
        if not periods or periods[-2] != value or periods[-1] != used:
            if len(periods) >= 3 * most:
                return periods, time
            periods.extend((time - at, value, used))
        time = until
    return periods, end


def shares(total: int, wants: list[int], least: list[int]) -> list[int]:
    """What each may draw of a supply: what it wants, or as much as the others that want more.

    ``wants`` is in the order in which they came; where there is not enough to give each the least
    that is of use to it, the last to come wait (SC-024, SC-037).
    """
    given = [0] * len(wants)
    waiting = [number for number in range(len(wants)) if wants[number] > 0]
    while waiting:
        fair = total // len(waiting)
        modest = [number for number in waiting if wants[number] <= fair]
        short = [number for number in waiting if least[number] > fair]
        if modest:
            for number in modest:
                given[number] = wants[number]
                total -= wants[number]
                waiting.remove(number)
        elif short and len(waiting) > 1:
            waiting.remove(short[-1])
        else:
            for number in waiting:
                given[number] = fair
            break
    return given
