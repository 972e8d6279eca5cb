"""Smart Charging at a central system: profiles set, cleared and asked for by typed calls.

    smart = central.shared["smart_charging"]                      # CentralSystem
    limits = await smart.discover(station)                        # what the station can do
    status = await smart.set_profile(station, 1, profile)         # "Accepted"
    status = await smart.clear(station, connector_id=1)
    answer = await smart.composite(station, 1, 86400, "A")

What the station would refuse is refused before anything is sent, with a sentence that says why.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final

from ocpp_kernel import timestamps
from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.central_store import CentralStore
from ocpp_kernel.contracts import Request
from ocpp_kernel.errors import LocalError
from ocpp_kernel.events_central import StationForgotten

from .messages import (
    ChargingProfile,
    ChargingProfilePurposeType,
    ChargingProfileStatus,
    ChargingRateUnitType,
    ClearChargingProfile,
    ClearChargingProfileRequest,
    ClearChargingProfileStatus,
    GetCompositeSchedule,
    GetCompositeScheduleRequest,
    GetCompositeScheduleResponse,
    SetChargingProfile,
    SetChargingProfileRequest,
    SetChargingProfileResponse,
)
from .rules import read

#: The name under which the instance, and what is known of a station, are found in ``shared``.
NAME: Final = "smart_charging"

#: Where the abilities of stations outlive the central system, by identity.
LIMITS: Final = "smart_charging.limits"

_UNKNOWN: Final = 1 << 31


class NotSent(LocalError):
    """A call that a station would refuse, or that would do what nobody means; it is not sent."""

    code = "PropertyConstraintViolation"


@dataclass(frozen=True)
class Limits:
    """What a station announces by its configuration keys (9.4); as good as none until asked."""

    max_stack_level: int = _UNKNOWN
    max_periods: int = _UNKNOWN
    max_profiles: int = _UNKNOWN
    #: ``Current``, ``Power``, or both, separated by a comma.
    units: str = "Current,Power"


_KEYS: Final = {
    "ChargeProfileMaxStackLevel": "max_stack_level",
    "ChargingScheduleMaxPeriods": "max_periods",
    "MaxChargingProfilesInstalled": "max_profiles",
    "ChargingScheduleAllowedChargingRateUnit": "units",
}


class Settings:
    """``[central_system.smart_charging]``."""

    #: Seconds after which a transaction's start, told that late, counts as one that may be over.
    late_start: Annotated[int, range(2**31)] = 600


class CentralSystem:
    """The calls of the profile; ``central.shared["smart_charging"]``."""

    profile = "SmartCharging"
    settings = Settings

    def __init__(self, central: Central, settings: Settings) -> None:
        self.central = central
        self.options = settings
        central.shared[NAME] = self

    def limits(self, station: ConnectedStation) -> Limits:
        """What is known of a station's abilities; see :meth:`discover`."""
        known: Limits = station.shared.get(NAME, Limits())
        return known

    def ocpp_restore_state(self, store: CentralStore) -> None:
        """Stations need not be asked again what they can do."""
        for identity, limits in store.documents(LIMITS):
            self.central.meet(identity).shared[NAME] = Limits(**limits)

    def ocpp_on_event(self, event: object) -> None:
        """A station that is forgotten is so here, too."""
        if isinstance(event, StationForgotten) and self.central.store is not None:
            self.central.store.remove(LIMITS, event.identity)

    async def discover(self, station: ConnectedStation) -> Limits:
        """Asks the station for its abilities (SC-001), to be kept to from now on.

        Keys it does not tell, or whose value cannot be read, leave that bound open. Raises as
        :meth:`~ocpp_kernel.central.ConnectedStation.call`.
        """
        request: Request[Any, Any] = Request(("GetConfiguration", {"key": list(_KEYS)}))
        answer = await station.call(request)
        fields = {key.lower(): field for key, field in _KEYS.items()}  # CORE-005
        found: dict[str, Any] = {}
        for entry in answer.get("configurationKey", ()):
            name, value = fields.get(entry["key"].lower()), entry.get("value", "")
            if name == "units" and value:
                found[name] = value
            elif name is not None and value.isdecimal():
                found[name] = int(value)
        limits = station.shared[NAME] = Limits(**found)
        if self.central.store is not None:
            self.central.store.put(LIMITS, station.identity, asdict(limits))
        return limits

    async def set_profile(
        self,
        station: ConnectedStation,
        connector_id: int,
        profile: ChargingProfile,
        *,
        late: bool = False,
    ) -> ChargingProfileStatus:
        """Installs a profile; the status the station answers.

        Raises as :meth:`set_request`, and as ``station.call``.
        """
        answer = await station.call(self.set_request(station, connector_id, profile, late=late))
        return answer["status"]

    def set_request(
        self,
        station: ConnectedStation,
        connector_id: int,
        profile: ChargingProfile,
        *,
        late: bool = False,
    ) -> Request[SetChargingProfileRequest, SetChargingProfileResponse]:
        """The checked SetChargingProfile, for ``station.call`` or ``station.post``.

        A TxProfile gets the transactionId of what runs on the connector (SC-007). Raises
        :class:`NotSent`, or the LocalError of what breaks the contract. A transaction whose start
        was told late, as after a time offline, may be over (SC-044): ``late`` sends all the same.
        """
        if profile.get("chargingProfilePurpose") == "TxProfile":
            profile = self._bound(station, connector_id, profile, late)
        request = SetChargingProfile({"connectorId": connector_id, "csChargingProfiles": profile})
        self.central.check_outgoing(station, *request)
        if connector_id < 0:
            raise NotSent(f"connectorId {connector_id} is below 0")
        try:
            read(connector_id, profile, self.limits(station), 0)
        except ValueError as fault:
            raise NotSent(f"charging profile {profile['chargingProfileId']}: {fault}") from fault
        return request

    async def clear(
        self,
        station: ConnectedStation,
        *,
        profile_id: int | None = None,
        connector_id: int | None = None,
        purpose: ChargingProfilePurposeType | None = None,
        stack_level: int | None = None,
    ) -> ClearChargingProfileStatus:
        """Removes one profile by id, or all that match every other criterion; all without any.

        ``Unknown`` where nothing matched. Raises :class:`NotSent` for an id beside other criteria,
        which would be without effect (DIS-19), and as ``station.call``.
        """
        criteria: ClearChargingProfileRequest = {}
        if connector_id is not None:
            criteria["connectorId"] = connector_id
        if purpose is not None:
            criteria["chargingProfilePurpose"] = purpose
        if stack_level is not None:
            criteria["stackLevel"] = stack_level
        if profile_id is not None:
            if criteria:
                raise NotSent(f"with an id {', '.join(criteria)} would not count; give one")
            criteria["id"] = profile_id
        return (await station.call(ClearChargingProfile(criteria)))["status"]

    async def composite(
        self,
        station: ConnectedStation,
        connector_id: int,
        duration: int,
        unit: ChargingRateUnitType | None = None,
    ) -> GetCompositeScheduleResponse:
        """What limits apply in the coming ``duration`` seconds; with connector 0 to the whole.

        Raises :class:`NotSent`, and as ``station.call``.
        """
        if duration < 1:
            raise NotSent(f"duration {duration} is below 1")
        if connector_id < 0:
            raise NotSent(f"connectorId {connector_id} is below 0")
        request: GetCompositeScheduleRequest = {"connectorId": connector_id, "duration": duration}
        if unit is not None:
            request["chargingRateUnit"] = unit
        return await station.call(GetCompositeSchedule(request))

    def _bound(
        self, station: ConnectedStation, connector_id: int, profile: ChargingProfile, late: bool
    ) -> ChargingProfile:
        """The profile with its transactionId, once that transaction is found to be running."""
        where = f"connector {connector_id} of {station.identity}"
        core = self.central.shared.get("core_profile")
        running = None if core is None else core.ledger.running(station.identity, connector_id)
        told = profile.get("transactionId")
        if core is None:
            if told is None:
                raise NotSent("a TxProfile needs the transactionId of its transaction")
            return profile
        if running is None:
            raise NotSent(f"a TxProfile needs a transaction; none is known to run on {where}")
        if told not in (None, running.id):
            raise NotSent(f"transaction {told} does not run on {where}; {running.id} does")
        if running.reported_at - running.started_at > self.options.late_start and not late:
            raise NotSent(
                f"transaction {running.id} began at {timestamps.format(running.started_at)}, told "
                f"at {timestamps.format(running.reported_at)}: it may be over; give late=True to "
                "send all the same"
            )
        return {**profile, "transactionId": running.id}
