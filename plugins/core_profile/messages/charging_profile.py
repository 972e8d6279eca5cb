"""The charging profile a remote start may carry (OCPP 1.6 sections 3.13, 7.8, 7.13, 7.14).

The profile that manages charging profiles has its own copy, since plugins know only the kernel
and themselves; a test keeps the two alike.
"""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Annotated, Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import DateTime, Decimal1, MinItems

#: What the schedule's start refers to: a fixed time, a period, or the transaction (7.9).
ChargingProfileKindType = Literal["Absolute", "Recurring", "Relative"]

#: Limit of the whole charge point, of any transaction, or of one transaction (7.10).
ChargingProfilePurposeType = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]

#: Amperes per phase, or watts over all phases (7.12).
ChargingRateUnitType = Literal["A", "W"]

#: After what time a recurring schedule starts again (7.37).
RecurrencyKindType = Literal["Daily", "Weekly"]


class ChargingSchedulePeriod(TypedDict):
    """A limit from ``startPeriod`` seconds after the schedule's start on (7.14).

    ``limit`` is in the schedule's unit with at most one decimal (SC-016); ``numberPhases`` is 3
    where absent.
    """

    startPeriod: int
    limit: Decimal1
    numberPhases: NotRequired[int]


class ChargingSchedule(TypedDict):
    """Limits over time, at least one (7.13; DIS-04).

    ``duration`` is in seconds, without end where absent; ``minChargingRate`` is in the unit of
    ``chargingRateUnit`` with at most one decimal (SC-016).
    """

    duration: NotRequired[int]
    startSchedule: NotRequired[DateTime]
    chargingRateUnit: ChargingRateUnitType
    chargingSchedulePeriod: Annotated[list[ChargingSchedulePeriod], MinItems(1)]
    minChargingRate: NotRequired[Decimal1]


class ChargingProfile(TypedDict):
    """A schedule with its purpose, rank and validity (7.8).

    Of profiles with one purpose the highest ``stackLevel`` counts; 0 is the lowest.
    ``transactionId`` only goes with TxProfile, ``recurrencyKind`` only with Recurring.
    """

    chargingProfileId: int
    transactionId: NotRequired[int]
    stackLevel: int
    chargingProfilePurpose: ChargingProfilePurposeType
    chargingProfileKind: ChargingProfileKindType
    recurrencyKind: NotRequired[RecurrencyKindType]
    validFrom: NotRequired[DateTime]
    validTo: NotRequired[DateTime]
    chargingSchedule: ChargingSchedule
