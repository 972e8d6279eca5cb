"""The Core profile of a charge point: what it answers, and what it does with events. Portable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ocpp_kernel import events
from ocpp_kernel.configuration import READ_ONLY, WRITE_ONLY, Key
from ocpp_kernel.contracts import on
from ocpp_kernel.hooks import DataTransferHandler, TagInfo
from ocpp_kernel.store import StoreError

from ..messages import (
    ChangeAvailability,
    ChangeAvailabilityRequest,
    ChangeAvailabilityResponse,
    ChangeConfiguration,
    ChangeConfigurationRequest,
    ChangeConfigurationResponse,
    ClearCache,
    ClearCacheRequest,
    ClearCacheResponse,
    DataTransfer,
    DataTransferRequest,
    DataTransferResponse,
    GetConfiguration,
    GetConfigurationRequest,
    GetConfigurationResponse,
    KeyValue,
    RemoteStartTransaction,
    RemoteStartTransactionRequest,
    RemoteStartTransactionResponse,
    RemoteStopTransaction,
    RemoteStopTransactionRequest,
    RemoteStopTransactionResponse,
    Reset,
    ResetRequest,
    ResetResponse,
    UnlockConnector,
    UnlockConnectorRequest,
    UnlockConnectorResponse,
)
from .authorization import Authorizer
from .availability import Availability
from .boot import Boot
from .cache import Cache
from .charging import Charging
from .connector import TALKING, Connector
from .heartbeat import HeartbeatTimer
from .journal import Journal
from .keys import CoreKeys
from .metering import Meter
from .remote import Remote
from .restart import Restart
from .settings import Settings
from .status import StatusReporter
from .usage import Usage

if TYPE_CHECKING:
    from ocpp_kernel.driver import Driver
    from ocpp_kernel.session import Deferred
    from ocpp_kernel.station import Station

#: Errors that leave a connector usable: its status stays, the error code goes with it.
WARNINGS = (
    "EVCommunicationError",
    "LocalListConflict",
    "ReaderFailure",
    "ResetFailure",
    "WeakSignal",
)
#: Causes of a start (events.Started) that were no loss of power.
REBOOTS = ("Watchdog", "Reboot", "Soft", "Hard")


class ChargePoint:
    """Owns the parts of the profile, answers the central system and passes events on."""

    profile = "Core"
    requires = ("ocpp_driver",)
    settings = Settings

    def __init__(self, station: Station, settings: Settings) -> None:
        self.station = station
        self.options = settings
        self.driver: Driver
        #: Indexed by number; 0 is the charge point. Also ``station.shared["connectors"]``.
        self.connectors: list[Connector] = []
        #: A reset was accepted: nothing new starts.
        self.resetting = False
        self.boot = Boot(self)
        self.heartbeat = HeartbeatTimer(self)
        self.reporter = StatusReporter(self)
        self.cache = Cache(station.store, settings.cache_size, self._report)
        self.authorizer = Authorizer(self)
        self.journal = Journal(self)
        self.meter = Meter(self)
        self.charging = Charging(self)
        self.usage = Usage(self)
        self.availability = Availability(self)
        self.remote = Remote(self)
        self.restart = Restart(self)
        self._keys = CoreKeys(self)
        self._vendors: list[DataTransferHandler] = []
        self._reactions: dict[Any, Callable[[Any], None]] = {
            events.Started: self._start,
            events.Connected: self._connected,
            events.ClockSet: self._clock_set,
            events.CablePlugged: self.usage.on_plugged,
            events.CableUnplugged: self.usage.on_unplugged,
            events.TagPresented: self.usage.on_tag,
            events.EvReady: self.usage.on_ev_ready,
            events.StopPressed: self.usage.on_stop_pressed,
            events.FaultRaised: self._fault_raised,
            events.FaultCleared: self._fault_cleared,
            events.LimitChanged: self._limit_changed,
            events.StatusChanged: self._status_changed,
            events.ConfigurationChanged: self._configuration_changed,
            events.PowerFailing: self._power_failing,
        }
        station.gate = self.boot.gate

    # Shared with the parts.

    def connector(self, connector_id: int) -> Connector | None:
        """The connector with that number above 0, or None."""
        if 0 < connector_id < len(self.connectors):
            return self.connectors[connector_id]
        return None

    def resume(self) -> None:
        """The central system may be called again: tells what it does not know yet."""
        self.reporter.report_all()
        self.heartbeat.start()
        self.journal.pump()

    def save_state(self) -> None:
        """Stores what outlives a restart beside the journal and the cache."""
        inoperative = [c.connector_id for c in self.connectors if not c.operative]
        try:
            self.station.store.save("station", [self.boot.known, inoperative])
        except StoreError as error:
            self._report(f"the charge point's state could not be stored: {error}")

    def raise_fault(self, connector_id: int, error_code: str, info: str) -> None:
        """Reports an error this software found itself."""
        self.station.emit(events.FaultRaised(connector_id, error_code, info))

    # Hooks.

    def ocpp_register_configuration(self) -> list[Key]:
        driver = self.station.hooks.driver()
        if driver is None:
            raise ValueError(
                "the Core profile needs a driver of the hardware: "
                "switch on a plugin that brings one, such as simulated_ev"
            )
        self.driver = driver
        self._make_connectors(driver)
        shared = self.station.shared
        shared["connectors"] = self.connectors
        shared["parent_of"] = self.authorizer.parent_of
        shared["settle"] = self.availability.settle
        shared["restart"] = self.restart.request
        shared["firmware_version"] = self.options.firmware_version
        return self._keys.declare()

    def ocpp_register_triggers(self) -> dict[str, Callable[[int | None], str]]:
        return {
            "BootNotification": self.boot.trigger,
            "Heartbeat": self.heartbeat.trigger,
            "MeterValues": self.meter.trigger,
            "StatusNotification": self.reporter.trigger,
        }

    def ocpp_look_up_tag(self, id_tag: str) -> TagInfo | None:
        if self.station.configuration.get("AuthorizationCacheEnabled", False):
            return self.cache.find(id_tag)
        return None

    def ocpp_on_event(self, event: Any) -> None:
        reaction = self._reactions.get(type(event))
        if reaction is not None:
            reaction(event)

    # Events.

    def _start(self, event: events.Started) -> None:
        station = self.station
        station.call_timeout = station.configuration["MessageTimeout"]
        self._vendors = station.hooks.register_data_transfer()
        try:
            self.cache.restore()
        except StoreError as error:
            self._report(f"the authorization cache could not be read: {error}")
        self.journal.restore("Reboot" if event.cause in REBOOTS else "PowerLoss")
        for connector in self.connectors:
            if connector.state == "Preparing":
                self.usage.await_user(connector)

    def _make_connectors(self, driver: Driver) -> None:
        """As they were and as they are; complete before any plugin hears of the start."""
        state = None
        try:
            state = self.station.store.load("station")
        except StoreError as error:
            self._report(f"the charge point's state could not be read: {error}")
        if type(state) is not list or len(state) != 2:
            state = [False, []]
        self.boot.known = state[0] is True
        self.connectors = []
        for number in range(driver.connectors + 1):
            connector = Connector(number, self.reporter.changed)
            connector.changed_at = self.station.now
            connector.plugged = number > 0 and driver.is_plugged(number)
            connector.operative = number not in state[1]
            if connector.plugged:
                connector.state = "Preparing"
            if not connector.operative:
                connector.state = "Unavailable"
            self.connectors.append(connector)

    def _connected(self, event: events.Connected) -> None:
        self.boot.connected()

    def _clock_set(self, event: events.ClockSet) -> None:
        self.journal.clock_set()
        self.meter.align()

    def _fault_raised(self, event: events.FaultRaised) -> None:
        if not 0 <= event.connector_id < len(self.connectors):
            return
        connector = self.connectors[event.connector_id]
        if event.error_code not in WARNINGS:
            connector.fail(event.error_code, event.info)
            self.charging.refresh(connector)
            return
        if event.error_code == "EVCommunicationError":
            connector.silent = True
            self.charging.refresh(connector)
            if connector.state not in TALKING:
                return
        connector.warn(event.error_code, event.info)

    def _fault_cleared(self, event: events.FaultCleared) -> None:
        if 0 <= event.connector_id < len(self.connectors):
            connector = self.connectors[event.connector_id]
            connector.silent = False
            if connector.faulted or connector.error_code != "NoError":
                connector.recover()
            self.charging.refresh(connector)

    def _limit_changed(self, event: events.LimitChanged) -> None:
        for connector in self.connectors:
            if event.connector_id in (0, connector.connector_id):
                self.charging.offer(connector)

    def _status_changed(self, event: events.StatusChanged) -> None:
        if event.old in ("Reserved", "Faulted") and event.new == "Available":
            self.usage.resume(self.connectors[event.connector_id])

    def _configuration_changed(self, event: events.ConfigurationChanged) -> None:
        if event.key == "HeartbeatInterval" and self.boot.is_ready():
            self.heartbeat.start()
        elif event.key == "MessageTimeout":
            self.station.call_timeout = self.station.configuration["MessageTimeout"]
        else:
            self.meter.changed(event.key)

    def _power_failing(self, event: events.PowerFailing) -> None:
        self.meter.save()

    def _report(self, sentence: str) -> None:
        self.station.log("error", sentence)

    # What the central system asks.

    @on(ChangeAvailability)
    def on_change_availability(
        self, request: ChangeAvailabilityRequest
    ) -> ChangeAvailabilityResponse:
        status: Any = self.availability.change(
            request["connectorId"], request["type"] == "Operative"
        )
        return {"status": status}

    @on(ChangeConfiguration)
    def on_change_configuration(
        self, request: ChangeConfigurationRequest
    ) -> ChangeConfigurationResponse:
        configuration = self.station.configuration
        status: Any = configuration.change(request["key"], request["value"])
        key = configuration.key(request["key"])
        if status == "Accepted" and key is not None:
            self.station.emit(events.ConfigurationChanged(key.name))
        return {"status": status}

    @on(GetConfiguration)
    def on_get_configuration(self, request: GetConfigurationRequest) -> GetConfigurationResponse:
        configuration = self.station.configuration
        known: list[KeyValue] = []
        unknown: list[str] = []
        keys: list[Key] = []
        for name in request.get("key", ()):
            key = configuration.key(name)
            if key is None or key.access == WRITE_ONLY:
                unknown.append(name)
            else:
                keys.append(key)
        if not keys and not unknown:
            keys = configuration.keys()
        for key in keys:
            known.append(
                {
                    "key": key.name,
                    "readonly": key.access == READ_ONLY,
                    "value": configuration.text(key),
                }
            )
        answer: GetConfigurationResponse = {"configurationKey": known}
        if unknown:
            answer["unknownKey"] = unknown
        return answer

    @on(ClearCache)
    def on_clear_cache(self, request: ClearCacheRequest) -> ClearCacheResponse:
        if self.options.cache_size <= 0:
            return {"status": "Rejected"}
        try:
            self.cache.clear()
        except StoreError as error:
            self._report(f"the authorization cache could not be cleared: {error}")
            return {"status": "Rejected"}
        return {"status": "Accepted"}

    @on(DataTransfer)
    def on_data_transfer(self, request: DataTransferRequest) -> DataTransferResponse:
        message_id = request.get("messageId")
        status: Any = "UnknownVendorId"
        for vendor in self._vendors:
            if vendor.vendor_id.lower() != request["vendorId"].lower():
                continue
            if vendor.message_id is None or vendor.message_id == message_id:
                status, data = vendor.handle(message_id, request.get("data"))
                return {"status": status} if data is None else {"status": status, "data": data}
            status = "UnknownMessageId"
        return {"status": status}

    @on(RemoteStartTransaction)
    def on_remote_start_transaction(
        self, request: RemoteStartTransactionRequest
    ) -> RemoteStartTransactionResponse | Deferred:
        return self.remote.start(
            request["idTag"], request.get("connectorId"), request.get("chargingProfile")
        )

    @on(RemoteStopTransaction)
    def on_remote_stop_transaction(
        self, request: RemoteStopTransactionRequest
    ) -> RemoteStopTransactionResponse:
        return {"status": "Accepted" if self.remote.stop(request["transactionId"]) else "Rejected"}

    @on(Reset)
    def on_reset(self, request: ResetRequest) -> ResetResponse:
        self.restart.request(request["type"])
        return {"status": "Accepted"}

    @on(UnlockConnector)
    def on_unlock_connector(self, request: UnlockConnectorRequest) -> UnlockConnectorResponse:
        status: Any = self.remote.unlock(request["connectorId"])
        return {"status": status}
