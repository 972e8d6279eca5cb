"""The actions of the Core profile that stations send, answered (OCPP 1.6 section 4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.central_store import CentralStore
from ocpp_kernel.contracts import on
from ocpp_kernel.errors import LocalError, PropertyConstraintViolation, SecurityError
from ocpp_kernel.events_central import RegistrationMissing, StationConnected, StationForgotten
from ocpp_kernel.session import Deferred

from ..messages import (
    Authorize,
    AuthorizeRequest,
    AuthorizeResponse,
    BootNotification,
    BootNotificationRequest,
    BootNotificationResponse,
    DataTransfer,
    DataTransferRequest,
    DataTransferResponse,
    Heartbeat,
    HeartbeatRequest,
    HeartbeatResponse,
    IdTagInfo,
    MeterValues,
    MeterValuesRequest,
    MeterValuesResponse,
    RegistrationStatus,
    RemoteStartTransaction,
    RemoteStopTransaction,
    StartTransaction,
    StartTransactionRequest,
    StartTransactionResponse,
    StatusNotification,
    StatusNotificationRequest,
    StatusNotificationResponse,
    StopTransaction,
    StopTransactionRequest,
    StopTransactionResponse,
)
from .books import Books
from .events import (
    ConnectorReported,
    MeterValuesReceived,
    StationBooted,
    TagChecked,
    TransactionBegan,
    TransactionEnded,
)
from .later import when
from .ledger import Ledger
from .records import Connector, StationRecord, Transaction, epoch
from .remote import remote_start_gate
from .settings import Settings
from .vendors import Vendors

#: The name under which the instance and its records are found in ``shared``.
NAME: Final = "core_profile"

#: The name under which a station's ``shared`` holds actions the central system asked it to send;
#: they are heard before it is accepted, too (CORE-014).
ASKED_FOR: Final = "asked_for"

#: Connectors remembered per station; a faulty one must not fill the memory.
MAX_CONNECTORS: Final = 256

#: How an application decides; the answer may be one to be awaited.
Accept = Callable[
    [ConnectedStation, BootNotificationRequest], RegistrationStatus | Awaitable[RegistrationStatus]
]
LookUp = Callable[[ConnectedStation, str], IdTagInfo | Awaitable[IdTagInfo]]


class NotAccepted(LocalError):
    """This CALL is not sent before the station's BootNotification is accepted (4.2)."""

    code = "GenericError"


class CentralSystem:
    """Answers stations and remembers what they tell; ``central.shared["core_profile"]``."""

    profile = "Core"
    settings = Settings

    def __init__(self, central: Central, settings: Settings) -> None:
        self.central = central
        self.options = settings
        self.ledger = Ledger(
            settings.first_transaction_id or central.utc(),
            settings.keep_transactions,
            settings.keep_meter_values,
        )
        self.books = Books(central, self.ledger, settings.keep_meter_values)
        #: Decides over a BootNotification; an application may put its own here, async or not.
        self.accept: Accept = self._accept
        #: Says what is known of an idTag; an application may put its own here, async or not.
        self.look_up: LookUp = self._look_up
        self._tags = {tag.lower(): status for tag, status in settings.tags.items()}
        self._parents = {tag.lower(): parent for tag, parent in settings.parents.items()}
        self._vendors: Vendors | None = None
        central.gate = self._gate
        central.outgoing_gates += [self._outgoing_gate, remote_start_gate]
        central.shared[NAME] = self

    @property
    def stations(self) -> Mapping[str, StationRecord]:
        """The records of all stations heard of, by identity."""
        return {
            identity: station.shared[NAME]
            for identity, station in self.central.stations.items()
            if NAME in station.shared
        }

    @property
    def transactions(self) -> Mapping[int, Transaction]:
        """Transactions by id: those that run and the last that ended."""
        return self.ledger.transactions

    def record(self, station: ConnectedStation) -> StationRecord:
        """The record of a station, made if need be."""
        record: StationRecord | None = station.shared.get(NAME)
        if record is None:
            record = station.shared[NAME] = StationRecord(station.identity)
        return record

    def ocpp_on_event(self, event: object) -> None:
        """A new connection may be reminded of its BootNotification once more."""
        if isinstance(event, StationConnected):
            self.record(self.central.stations[event.identity]).reminded = False
        elif isinstance(event, StationForgotten):
            self.books.forget_station(self.record(self.central.stations[event.identity]))

    def ocpp_restore_state(self, store: CentralStore) -> None:
        """Stations and transactions are those that were known before."""
        self.books.restore(store, NAME)

    # Registration.

    @on(BootNotification)
    def on_boot_notification(
        self, station: ConnectedStation, request: BootNotificationRequest
    ) -> BootNotificationResponse | Awaitable[BootNotificationResponse | Deferred] | Deferred:
        """CORE-019. What is decided holds until the next boot, over reconnections."""
        return when(self.accept(station, request), partial(self._register, station, request))

    def _register(
        self,
        station: ConnectedStation,
        request: BootNotificationRequest,
        status: RegistrationStatus,
    ) -> BootNotificationResponse | Deferred:
        record = self.record(station)
        record.registration = status
        record.boot, record.booted_at = request, self.central.utc()
        options = self.options
        self.books.station(record)
        answer: BootNotificationResponse = {
            "currentTime": self.central.timestamp(),
            "interval": (
                options.heartbeat_interval if status == "Accepted" else options.retry_interval
            ),
            "status": status,
        }
        return self.central.kept(answer, StationBooted(station.identity, status, request))

    def _accept(
        self, station: ConnectedStation, request: BootNotificationRequest
    ) -> RegistrationStatus:
        return self.options.registration

    def _gate(self, station: ConnectedStation, action: str) -> None:
        """FRM-041: nothing but BootNotification from a station that is not accepted."""
        record = self.record(station)
        if record.registration == "Accepted" or action == BootNotification.name:
            return
        if record.registration != "Rejected" and action in station.shared.get(ASKED_FOR, ()):
            return
        if record.registration is None:
            if not self.options.require_boot:
                return
            if not record.reminded:
                record.reminded = True
                self.central.emit(RegistrationMissing(station.identity))
        raise SecurityError(f"{action[:50]} came before a BootNotification was accepted")

    def _outgoing_gate(self, station: ConnectedStation, action: str, request: object) -> None:
        """CORE-013, CORE-016."""
        registration = self.record(station).registration
        if registration == "Accepted":
            return
        if registration == "Rejected":
            raise NotAccepted(f"{action} is not sent: {station.identity} is Rejected")
        remote = action in (RemoteStartTransaction.name, RemoteStopTransaction.name)
        if remote and (registration == "Pending" or self.options.require_boot):
            state = registration or "not registered yet"
            raise NotAccepted(f"{action} is not sent: {station.identity} is {state}")

    # Alive, and in which state.

    @on(Heartbeat)
    def on_heartbeat(
        self, station: ConnectedStation, request: HeartbeatRequest
    ) -> HeartbeatResponse:
        """CORE-021."""
        return {"currentTime": self.central.timestamp()}

    @on(StatusNotification)
    def on_status_notification(
        self, station: ConnectedStation, request: StatusNotificationRequest
    ) -> StatusNotificationResponse | Deferred:
        """Recorded however old its timestamp is (CORE-045); without one it is of now (CORE-102)."""
        number = request["connectorId"]
        if number < 0:
            raise PropertyConstraintViolation("connectorId must not be negative")
        connectors = self.record(station).connectors
        known = connectors.get(number)
        if known is None and len(connectors) >= MAX_CONNECTORS:
            self.central.log("warning", f"{station.identity}: connector {number} is one too many")
            return {}
        connector = connectors[number] = Connector(
            status=request["status"],
            error_code=request["errorCode"],
            since=epoch(request.get("timestamp"), self.central.utc()),
            report=request,
            meter_values=known.meter_values if known is not None else [],
        )
        self.books.connector(station.identity, number, connector)
        if request["errorCode"] != "NoError":
            self._tell_error(station, request)
        reported = ConnectorReported(
            station.identity, number, request["status"], request["errorCode"]
        )
        return self.central.kept({}, reported)

    def _tell_error(self, station: ConnectedStation, report: StatusNotificationRequest) -> None:
        """An error while not Faulted is but a warning (CORE-093)."""
        level = "error" if report["status"] == "Faulted" else "warning"
        self.central.log(
            level,
            f"{station.identity}: connector {report['connectorId']} is {report['status']} "
            f"with {report['errorCode']} {report.get('info', '')}".rstrip(),
        )

    # Authorization.

    @on(Authorize)
    def on_authorize(
        self, station: ConnectedStation, request: AuthorizeRequest
    ) -> AuthorizeResponse | Awaitable[AuthorizeResponse]:
        """CORE-029; ConcurrentTx is for StartTransaction only."""
        return when(
            self.look_up(station, request["idTag"]),
            lambda info: self._authorized(station, request["idTag"], info),
        )

    def _authorized(
        self, station: ConnectedStation, id_tag: str, info: IdTagInfo
    ) -> AuthorizeResponse:
        self.central.emit(TagChecked(station.identity, id_tag, info["status"]))
        return {"idTagInfo": info}

    def _look_up(self, station: ConnectedStation, id_tag: str) -> IdTagInfo:
        """As the settings have it; tags compare without case (CORE-005)."""
        folded = id_tag.lower()
        info: IdTagInfo = {
            "status": self._tags.get(folded, "Invalid") if self._tags else "Accepted"
        }
        parent = self._parents.get(folded)
        if parent is not None:
            info["parentIdTag"] = parent
        return info

    # Transactions.

    @on(StartTransaction)
    def on_start_transaction(
        self, station: ConnectedStation, request: StartTransactionRequest
    ) -> StartTransactionResponse | Awaitable[StartTransactionResponse | Deferred] | Deferred:
        """Always answered with an id, whatever is thought of the idTag (CORE-053, CORE-054).

        The same one sent again gets the same id (CORE-050).
        """
        return when(
            self.look_up(station, request["idTag"]),
            lambda info: self._started(station, request, info),
        )

    def _started(
        self, station: ConnectedStation, request: StartTransactionRequest, info: IdTagInfo
    ) -> StartTransactionResponse | Deferred:
        events: tuple[TransactionBegan, ...] = ()
        before = self.ledger.started_before(station.identity, request)
        if before is None:
            self.books.require_room()
            info = self._refuse_second(station, request, info)
            before = self.ledger.start(
                station.identity, request, info["status"], self.central.utc()
            )
            self.books.transaction(before)
            events = (TransactionBegan(before),)
        elif info["status"] == "Accepted":
            info = {**info, "status": before.id_tag_status}
        answer: StartTransactionResponse = {"transactionId": before.id, "idTagInfo": info}
        return self.central.kept(answer, *events)

    def _refuse_second(
        self, station: ConnectedStation, request: StartTransactionRequest, info: IdTagInfo
    ) -> IdTagInfo:
        """ConcurrentTx where the tag charges elsewhere and may not twice."""
        if self.options.concurrent_transactions or info["status"] != "Accepted":
            return info
        here = self.ledger.running(station.identity, request["connectorId"])
        same = here is not None and here.id_tag.lower() == request["idTag"].lower()
        if same or not self.ledger.is_charging(request["idTag"]):
            return info
        return {**info, "status": "ConcurrentTx"}

    @on(StopTransaction)
    def on_stop_transaction(
        self, station: ConnectedStation, request: StopTransactionRequest
    ) -> StopTransactionResponse | Awaitable[StopTransactionResponse | Deferred] | Deferred:
        """Always answered, for any id (CORE-055, CORE-056, CORE-063)."""
        self.books.require_room()
        events: tuple[TransactionEnded, ...] = ()
        transaction, news = self.ledger.stop(station.identity, request, self.central.utc())
        if transaction is None:
            if news:
                self.books.unmatched(station.identity, request)
            self.central.log(
                "warning",
                f"{station.identity}: the end of transaction {request['transactionId']} came, "
                "whose start is not known here; kept in core.ledger.unmatched",
            )
        elif news:
            self.books.transaction(transaction)
            self.books.readings(transaction, request.get("transactionData", []))
            events = (TransactionEnded(transaction),)
        if "idTag" not in request:
            return self.central.kept({}, *events)
        try:
            info = self.look_up(station, request["idTag"])
        except Exception as fault:  # noqa: BLE001 - an application may fail in any way
            return self._without_info(station, fault, *events)
        if isinstance(info, Awaitable):
            self.central.kept({}, *events)  # Told whatever comes of the idTag.
            return self._stopped_later(station, info)
        return self.central.kept({"idTagInfo": info}, *events)

    async def _stopped_later(
        self, station: ConnectedStation, info: Awaitable[IdTagInfo]
    ) -> StopTransactionResponse | Deferred:
        try:
            answer: StopTransactionResponse = {"idTagInfo": await info}
        except Exception as fault:  # noqa: BLE001 - an application may fail in any way
            return self._without_info(station, fault)
        return self.central.kept(answer)

    def _without_info(
        self, station: ConnectedStation, fault: Exception, *events: TransactionEnded
    ) -> StopTransactionResponse | Deferred:
        """The end is recorded: it must not be sent again for the optional part of its answer."""
        self.central.log("warning", f"{station.identity}: look_up failed: {fault!r}")
        return self.central.kept({}, *events)

    @on(MeterValues)
    def on_meter_values(
        self, station: ConnectedStation, request: MeterValuesRequest
    ) -> MeterValuesResponse | Deferred:
        """Always answered, plausible or not (CORE-087); what is sent again counts once."""
        transaction = self.ledger.find(station.identity, request.get("transactionId"))
        number, readings = request["connectorId"], request["meterValue"]
        if transaction is not None:
            if transaction.ends_with(readings):
                return self.central.kept({})
            self.books.require_room()
            transaction.meter_values.extend(readings)
            self.books.readings(transaction, readings)
        connector = self.record(station).connectors.get(number)
        if connector is not None:
            connector.meter_values = readings[-1:]
            self.books.connector(station.identity, number, connector)
        received = MeterValuesReceived(station.identity, number, transaction, readings)
        return self.central.kept({}, received)

    # Vendors' data.

    @on(DataTransfer)
    def on_data_transfer(
        self, station: ConnectedStation, request: DataTransferRequest
    ) -> DataTransferResponse | Awaitable[DataTransferResponse | Deferred] | Deferred:
        """CORE-134, CORE-135: plugins register for vendors with ``ocpp_register_data_transfer``."""
        if self._vendors is None:
            self._vendors = Vendors(self.central.hooks.register_data_transfer())
        return self._vendors.answer(station, request)
