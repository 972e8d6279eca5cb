"""Smart Charging at a charge point: what it answers, and the limit in force. Portable.

The limit takes effect through the hook ``ocpp_charging_limit``: this profile is one of those that
answer it, the lowest answer counts. It is asked for whenever LimitChanged is told, which happens
here when profiles change and, by one timer, when the schedules in force come to their next step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ocpp_kernel import events, timestamps
from ocpp_kernel.configuration import BOOLEAN, CSL, INTEGER, Key, fixed
from ocpp_kernel.contracts import on
from ocpp_kernel.errors import PropertyConstraintViolation
from ocpp_kernel.store import StoreError

from ..messages import (
    ClearChargingProfile,
    ClearChargingProfileRequest,
    ClearChargingProfileResponse,
    GetCompositeSchedule,
    GetCompositeScheduleRequest,
    GetCompositeScheduleResponse,
    SetChargingProfile,
    SetChargingProfileRequest,
    SetChargingProfileResponse,
)
from ..rules import read
from ..schedule import (
    FOREVER,
    ORIGIN,
    PHASES,
    TX,
    Profile,
    composite,
    measure,
    milliampere,
    prevailing,
    shares,
)
from .profiles import Profiles

if TYPE_CHECKING:
    from ocpp_kernel.station import Station, Timer

#: Seconds a composite schedule covers, and the periods it has, at most.
LONGEST = 31 * 86400
MOST_PERIODS = 100


class Settings:
    """What the installation is like, and what the configuration keys announce."""

    #: Between phase and neutral, in V.
    voltage: Annotated[int, range(1, 1001)] = 230
    #: Phases each connector has.
    phases: Annotated[int, range(1, 4)] = 3
    #: The least current EVs charge with, in mA: below it charging pauses.
    least_current: Annotated[int, range(2**31)] = 6000
    #: The highest stackLevel taken: ChargeProfileMaxStackLevel.
    max_stack_level: Annotated[int, range(2**31)] = 8
    #: Most periods of a schedule: ChargingScheduleMaxPeriods.
    max_periods: Annotated[int, range(1, 2**31)] = 48
    #: Most profiles kept: MaxChargingProfilesInstalled.
    max_profiles: Annotated[int, range(1, 2**31)] = 16
    #: Units taken: ChargingScheduleAllowedChargingRateUnit.
    units: Literal["Current,Power", "Current", "Power"] = "Current,Power"


class ChargePoint:
    """Holds the profiles and says what they allow."""

    profile = "SmartCharging"
    settings = Settings
    requires = ("core_profile",)

    def __init__(self, station: Station, settings: Settings) -> None:
        self._station = station
        self._options = settings
        self._profiles = Profiles(station.store, self._report)
        #: Profiles of remote starts that are under way, by connector.
        self._coming: dict[int, Profile] = {}
        self._timer: Timer | None = None

    # Hooks.

    def ocpp_register_configuration(self) -> list[Key]:
        options = self._options
        return [
            fixed("ChargeProfileMaxStackLevel", INTEGER, options.max_stack_level),
            fixed("ChargingScheduleAllowedChargingRateUnit", CSL, options.units),
            fixed("ChargingScheduleMaxPeriods", INTEGER, options.max_periods),
            fixed("ConnectorSwitch3to1PhaseSupported", BOOLEAN, False),
            fixed("MaxChargingProfilesInstalled", INTEGER, options.max_profiles),
        ]

    def ocpp_on_event(self, event: Any) -> None:
        if isinstance(event, events.Started):
            self._station.shared["accept_remote_profile"] = self._accept_remote
            self._profiles.restore()
        elif isinstance(event, events.TransactionStarted):
            coming = self._coming.pop(event.connector_id, None)
            if coming is not None:
                self._adopt(coming)
            if self._profiles.all:
                self._apply()
        elif isinstance(event, events.TransactionStopped):
            self._end(event.connector_id)
        elif isinstance(event, events.StartCancelled):
            self._coming.pop(event.connector_id, None)
        elif isinstance(event, (events.ClockSet, events.EvReady)) and self._profiles.all:
            self._wait(0)  # once everybody has heard of it

    def ocpp_charging_limit(self, connector_id: int, at: int) -> int | None:
        """SC-021 to SC-024, SC-036: of a connector, and with 0 of the whole charge point."""
        if not self._profiles.all:
            return None
        cap = self._cap(at)
        connector = self._station.shared["connectors"][connector_id]
        if connector_id == 0:
            return cap
        limit, _ = self._own_limit(connector, at)
        if cap is not None:
            limit = min(
                limit, cap if connector.transaction is None else self._share(connector, cap, at)
            )
        if limit < self._options.least_current:
            return 0
        return limit

    # Limits.

    def _cap(self, at: int) -> int | None:
        """What all connectors together may draw, in mA per phase.

        While the time is unknown it may be the lowest limit there is, so it is taken for that.
        """
        voltage = self._options.voltage
        chain = self._profiles.chain(0)
        lowest = None
        if at:
            profile, position, _ = prevailing(chain, at - ORIGIN, at - ORIGIN)
            if profile is not None:
                lowest = measure(profile, position, voltage)
        else:
            for profile in chain:
                for position in range(0, len(profile.periods), 3):
                    limit = measure(profile, position, voltage)
                    lowest = limit if lowest is None else min(lowest, limit)
        return None if lowest is None else milliampere(lowest, voltage)

    def _own_limit(self, connector: Any, at: int) -> tuple[int, int]:
        """What a connector may draw and needs at least, in mA per phase; no cap counts here."""
        options = self._options
        driver = self._station.hooks.driver()
        limit, least = 0 if driver is None else driver.max_current, options.least_current
        chain, time, began = self._view(connector, at)
        profile, position, _ = prevailing(chain, time, began)
        if profile is not None:
            limit = min(
                limit, milliampere(measure(profile, position, options.voltage), options.voltage)
            )
            rate = profile.minimum * 100
            if profile.unit == "W":
                rate //= options.voltage * profile.periods[position + 2]
            least = max(least, rate)
        return limit, least

    def _share(self, connector: Any, cap: int, at: int) -> int:
        """The connector's part of what all may draw; an EV that asks for nothing keeps little."""
        running: list[Any] = [
            c for c in self._station.shared["connectors"] if c.transaction is not None
        ]
        running.sort(key=lambda c: c.transaction.number)
        wants: list[int] = []
        least: list[int] = []
        for other in running:
            limit, needed = self._own_limit(other, at)
            wants.append(limit if other.ev_ready else min(limit, needed))
            least.append(needed)
        return shares(cap, wants, least)[running.index(connector)]

    def _view(self, connector: Any, at: int) -> tuple[list[Profile], int, int]:
        """The connector's profiles, the time, and when its transaction began.

        While the time is unknown (0), seconds of this run stand for it, and profiles that need a
        clock are silent.
        """
        transaction = connector.transaction
        chain = self._profiles.chain(connector.connector_id, at > 0)
        if not at:
            now = self._station.now
            return chain, now, now if transaction is None else transaction.started_at
        began = None if transaction is None else self._station.utc_at(transaction.started_at)
        return chain, at - ORIGIN, (at if began is None else began) - ORIGIN

    # Time.

    def _apply(self) -> None:
        """The limits in force are asked for now, and again when they change next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._station.emit(events.LimitChanged(0))
        at = self._station.utc() or 0
        nearest = FOREVER
        for connector in self._station.shared["connectors"]:
            if connector.transaction is not None:
                chain, time, began = self._view(connector, at)
                nearest = min(nearest, prevailing(chain, time, began)[2] - time)
                if at:
                    nearest = min(
                        nearest, prevailing(self._profiles.chain(0), time, time)[2] - time
                    )
        if nearest < FOREVER // 2:
            self._wait(min(nearest, LONGEST))

    def _wait(self, seconds: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._station.after(seconds, self._apply)

    # Profiles.

    def _accept_remote(self, connector_id: int, wire: Any) -> bool:
        """Whether the profile of a remote start will do (SC-041, SC-042)."""
        try:
            profile = self._read(connector_id, wire)
            if profile.purpose != TX or "transactionId" in wire:
                raise ValueError("a remote start takes a TxProfile without transactionId")
        except ValueError as error:
            self._refuse(wire, error)
            return False
        self._coming[connector_id] = profile
        return True

    def _read(self, connector_id: int, wire: Any) -> Profile:
        """Raises ValueError with a sentence on what is wrong with the profile."""
        utc = self._station.utc()
        if utc is None:
            raise ValueError("the time is not known here")
        profile = read(connector_id, wire, self._options, utc - ORIGIN)
        room = self._options.max_profiles - len(self._coming)
        if len(self._profiles.with_one(profile, utc - ORIGIN)) > room:
            raise ValueError(f"more than {self._options.max_profiles} profiles")
        return profile

    def _refuse(self, wire: Any, fault: object) -> None:
        number = wire["chargingProfileId"]
        self._station.log("warning", f"charging profile {number} is refused: {fault}")

    def _adopt(self, profile: Profile) -> None:
        """Installs a profile that came ahead of its transaction."""
        profiles = self._profiles.with_one(profile, -FOREVER)
        try:
            self._profiles.replace(profiles)
        except StoreError as error:
            # It was accepted, so it is in force all the same; what it replaced stays stored.
            self._profiles.all = profiles
            self._report(f"charging profiles could not be stored: {error}")

    def _end(self, connector_id: int) -> None:
        """The profiles of a transaction go with it; what it leaves is shared out anew."""
        everything = self._profiles.all
        if everything:
            self._profiles.replace(
                [p for p in everything if p.purpose != TX or p.connector_id != connector_id]
            )
            self._wait(0)

    def _report(self, sentence: str) -> None:
        self._station.log("error", sentence)

    # What the central system asks.

    @on(SetChargingProfile)
    def on_set_charging_profile(
        self, request: SetChargingProfileRequest
    ) -> SetChargingProfileResponse:
        number, wire = request["connectorId"], request["csChargingProfiles"]
        connectors = self._station.shared["connectors"]
        if not 0 <= number < len(connectors):
            raise PropertyConstraintViolation(f"connectorId {number} does not exist here")
        transaction = connectors[number].transaction
        try:
            profile = self._read(number, wire)
            if transaction is None:
                if profile.purpose == TX:
                    raise ValueError("there is no transaction")
            elif wire.get("transactionId", transaction.transaction_id) != (
                transaction.transaction_id
            ):
                raise ValueError("another transaction runs")
            now = (self._station.utc() or 0) - ORIGIN
            self._profiles.replace(self._profiles.with_one(profile, now))
        except ValueError as error:
            self._refuse(wire, error)
        except StoreError as error:
            self._refuse(wire, f"it could not be stored: {error}")
        else:
            self._station.after_response(self._apply)
            return {"status": "Accepted"}
        return {"status": "Rejected"}

    @on(ClearChargingProfile)
    def on_clear_charging_profile(
        self, request: ClearChargingProfileRequest
    ) -> ClearChargingProfileResponse:
        kept = self._profiles.without(request)
        if len(kept) == len(self._profiles.all):
            return {"status": "Unknown"}
        self._profiles.replace(kept)
        self._station.after_response(self._apply)
        return {"status": "Accepted"}

    @on(GetCompositeSchedule)
    def on_get_composite_schedule(
        self, request: GetCompositeScheduleRequest
    ) -> GetCompositeScheduleResponse:
        number, duration = request["connectorId"], min(request["duration"], LONGEST)
        connectors = self._station.shared["connectors"]
        utc = self._station.utc()
        driver = self._station.hooks.driver()
        unit = request.get("chargingRateUnit")
        if unit is None:
            unit = "A" if "Current" in self._options.units else "W"
        if not 0 <= number < len(connectors) or duration < 1 or utc is None or driver is None:
            return {"status": "Rejected"}
        sources = []
        for connector in connectors[1:]:
            if number in (0, connector.connector_id):
                chain, _, began = self._view(connector, utc)
                sources.append((chain, began))
        at = utc - ORIGIN
        hardware = (driver.max_current, self._options.phases, self._options.voltage)
        flat, end = composite(
            sources, self._profiles.chain(0), at, at + duration, hardware, unit, MOST_PERIODS
        )
        periods: list[Any] = []
        for position in range(0, len(flat), 3):
            limit = flat[position + 1]
            period = {
                "startPeriod": flat[position],
                "limit": limit / 10 if limit % 10 else limit // 10,
            }
            if flat[position + 2] != PHASES:
                period["numberPhases"] = flat[position + 2]
            periods.append(period)
        return {
            "status": "Accepted",
            "connectorId": number,
            "scheduleStart": timestamps.format(utc),
            "chargingSchedule": {
                "duration": end - at,
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": periods,
            },
        }
