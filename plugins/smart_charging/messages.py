"""The messages of the Smart Charging profile (OCPP 1.6 sections 3.13, 5.5, 5.7, 5.16).

Charging profiles also travel in remote starts, whose profile has its own copy of these types,
since plugins know only the kernel and themselves; a test keeps the two alike.
"""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Annotated, Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import CENTRAL_SYSTEM, Action, DateTime, Decimal1, MinItems

#: What the schedule's start refers to: a fixed time, a period, or the transaction (7.9).
ChargingProfileKindType = Literal["Absolute", "Recurring", "Relative"]

#: Limit of the whole charge point, of any transaction, or of one transaction (7.10).
ChargingProfilePurposeType = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]

#: Whether a charging profile was installed (7.11, DIS-22).
ChargingProfileStatus = Literal["Accepted", "Rejected", "NotSupported"]

#: Amperes per phase, or watts over all phases (7.12).
ChargingRateUnitType = Literal["A", "W"]

#: Unknown where no charging profile matches (7.21).
ClearChargingProfileStatus = Literal["Accepted", "Unknown"]

#: Whether a composite schedule could be made (7.26).
GetCompositeScheduleStatus = Literal["Accepted", "Rejected"]

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


class SetChargingProfileRequest(TypedDict):
    """Installs a charging profile for a connector, or with 0 for the charge point (5.16, 6.43)."""

    connectorId: int
    csChargingProfiles: ChargingProfile


class SetChargingProfileResponse(TypedDict):
    """Whether the charging profile is in force (6.44)."""

    status: ChargingProfileStatus


class ClearChargingProfileRequest(TypedDict):
    """Removes one charging profile by ``id``, else all that match the other fields (5.5, 6.13).

    With ``id`` given the other fields are without effect (DIS-19); connectorId 0 means those of
    the charge point as a whole.
    """

    id: NotRequired[int]
    connectorId: NotRequired[int]
    chargingProfilePurpose: NotRequired[ChargingProfilePurposeType]
    stackLevel: NotRequired[int]


class ClearChargingProfileResponse(TypedDict):
    """Whether anything matched (6.14)."""

    status: ClearChargingProfileStatus


class GetCompositeScheduleRequest(TypedDict):
    """Asks what limits apply in the coming ``duration`` seconds (5.7, 6.21).

    With connectorId 0 those of the grid connection; ``chargingRateUnit`` asks for one unit.
    """

    connectorId: int
    duration: int
    chargingRateUnit: NotRequired[ChargingRateUnitType]


class GetCompositeScheduleResponse(TypedDict):
    """The limits, counted from ``scheduleStart`` (6.22).

    Everything but ``status`` may be absent where Rejected.
    """

    status: GetCompositeScheduleStatus
    connectorId: NotRequired[int]
    scheduleStart: NotRequired[DateTime]
    chargingSchedule: NotRequired[ChargingSchedule]


SetChargingProfile = Action(
    "SetChargingProfile",
    SetChargingProfileRequest,
    SetChargingProfileResponse,
    sent_by=CENTRAL_SYSTEM,
)
ClearChargingProfile = Action(
    "ClearChargingProfile",
    ClearChargingProfileRequest,
    ClearChargingProfileResponse,
    sent_by=CENTRAL_SYSTEM,
)
GetCompositeSchedule = Action(
    "GetCompositeSchedule",
    GetCompositeScheduleRequest,
    GetCompositeScheduleResponse,
    sent_by=CENTRAL_SYSTEM,
)
