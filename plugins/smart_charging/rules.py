"""From a charging profile of a message to one to be kept, or why it cannot be. Portable.

SC-004, SC-006, SC-008, SC-012 to SC-016; the same rules hold before a profile is sent and after
it was received.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel import timestamps

from .schedule import FOREVER, MAX, ORIGIN, PHASES, TX, Profile

if TYPE_CHECKING:
    from typing import Protocol

    class Bounds(Protocol):
        """What a charge point announces by configuration keys (9.4)."""

        @property
        def max_stack_level(self) -> int: ...

        @property
        def max_periods(self) -> int: ...

        @property
        def units(self) -> str: ...


PURPOSES = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
#: Tenths; more than any installation has, and far from what integers of a module cannot hold.
HIGHEST = 100_000_000


def read(connector_id: int, profile: Any, bounds: Bounds, now: int) -> Profile:
    """The profile; raises ValueError with a sentence on what is wrong with it.

    ``profile`` has passed its contract; ``now`` is the time of receipt since ORIGIN, from which a
    limit of the whole charge point counts that starts with no fixed time.
    """
    schedule = profile["chargingSchedule"]
    purpose = PURPOSES.index(profile["chargingProfilePurpose"])
    kind, recurrency = profile["chargingProfileKind"], profile.get("recurrencyKind")
    valid_from = _time(profile, "validFrom", -FOREVER)
    valid_to = _time(profile, "validTo", FOREVER)
    duration = schedule.get("duration", FOREVER)
    unit = schedule["chargingRateUnit"]
    minimum = schedule.get("minChargingRate", 0)
    periods = schedule["chargingSchedulePeriod"]
    fault = ""
    if purpose == MAX and connector_id:
        fault = "ChargePointMaxProfile is for connectorId 0"
    elif purpose == TX and not connector_id:
        fault = "TxProfile is for a connectorId above 0"
    elif purpose != TX and "transactionId" in profile:
        fault = "transactionId is for TxProfile"
    elif not 0 <= profile["stackLevel"] <= bounds.max_stack_level:
        fault = f"stackLevel is not 0 to {bounds.max_stack_level}"
    elif (kind == "Recurring") != (recurrency is not None):
        fault = "recurrencyKind is for Recurring, which needs it"
    elif valid_to <= valid_from:
        fault = "validTo is not after validFrom"
    elif duration < 0:
        fault = "duration is below 0"
    elif ("Current" if unit == "A" else "Power") not in bounds.units:
        fault = f"chargingRateUnit {unit} is not allowed"
    elif not 0 <= minimum <= HIGHEST:
        fault = "minChargingRate is out of range"
    elif len(periods) > bounds.max_periods:
        fault = f"there are more than {bounds.max_periods} periods"
    if fault:
        raise ValueError(fault)
    flat = _flat(periods)
    start = None if kind == "Relative" else _time(schedule, "startSchedule", None)
    return Profile(
        profile["chargingProfileId"],
        connector_id,
        purpose,
        profile["stackLevel"],
        now if start is None and purpose == MAX else start,
        0 if recurrency is None else 86400 if recurrency == "Daily" else 604800,
        duration,
        valid_from,
        valid_to,
        unit,
        _tenths(minimum),
        flat,
    )


def _flat(periods: list[Any]) -> list[int]:
    flat: list[int] = []
    for period in periods:
        start, limit = period["startPeriod"], period["limit"]
        phases = period.get("numberPhases", PHASES)
        if start <= flat[-3] if flat else start:
            raise ValueError("startPeriod does not ascend from 0")
        if not 0 <= limit <= HIGHEST:
            raise ValueError("limit is out of range")
        if not 1 <= phases <= 3:
            raise ValueError("numberPhases is not 1 to 3")
        flat.extend((start, _tenths(limit), phases))
    return flat


def _tenths(value: Any) -> int:
    """A number with at most one decimal, in tenths; 8.1 is 81, whatever floats make of it."""
    return value * 10 if type(value) is int else int(value * 10 + 0.5)


def _time(owner: Any, name: str, otherwise: Any) -> Any:
    text = owner.get(name)
    if text is None:
        return otherwise
    seconds = timestamps.parse(text)
    return otherwise if seconds is None else seconds - ORIGIN
