"""The central system's side of the Firmware Management profile.

firmware = central.shared["firmware_mgmt"]                      # CentralSystem
await firmware.update(station, "fw-2.1.bin")                    # served from folder/firmware
firmware.record("CP001").firmware.status                        # "Installing"
await firmware.diagnostics(station)                             # received into folder/diagnostics
firmware.record("CP001").diagnostics.file                       # once it has arrived

With a ``folder`` in the settings files travel over a small HTTP endpoint of its own; without one
an application gives addresses of its choice.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import quote

from ocpp_kernel import timestamps
from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.central_store import CentralStore
from ocpp_kernel.contracts import on
from ocpp_kernel.errors import PropertyConstraintViolation
from ocpp_kernel.events_central import CentralStarted, StationConnected, StationForgotten
from ocpp_kernel.session import Deferred
from ocpp_kernel.transports.http_endpoint import Endpoint, below
from ocpp_kernel.transports.http_limits import Limits

from .books import BOOK, Diagnostics, Firmware, Record, document_of, record_of
from .messages import (
    DiagnosticsStatus,
    DiagnosticsStatusNotification,
    DiagnosticsStatusNotificationRequest,
    DiagnosticsStatusNotificationResponse,
    FirmwareStatus,
    FirmwareStatusNotification,
    FirmwareStatusNotificationRequest,
    FirmwareStatusNotificationResponse,
    GetDiagnostics,
    GetDiagnosticsRequest,
    GetDiagnosticsResponse,
    UpdateFirmware,
    UpdateFirmwareRequest,
    UpdateFirmwareResponse,
)

#: The name under which the instance is found in ``shared``, of the central system and of stations.
NAME: Final = "firmware_mgmt"


class NoEndpoint(Exception):
    """Files cannot travel here; the text says which setting is missing."""


class Settings:
    """``[central_system.firmware_mgmt]``."""

    #: A folder; ``firmware`` in it is served, ``diagnostics`` is received into. Without one there
    #: is no HTTP endpoint. A relative one starts from the working directory.
    folder: str = ""
    #: The address the endpoint listens on.
    http_host: str = "127.0.0.1"
    #: The port it listens on; 0 takes a free one.
    http_port: Annotated[int, range(65536)] = 9080
    #: How stations reach it, such as ``https://files.example``; by default by host and port.
    url: str = ""
    #: Largest diagnostics taken, in bytes.
    largest_upload: Annotated[int, range(1, 2**31)] = 64 * 1024 * 1024
    #: Bytes of diagnostics kept of one charge point; more is refused until some is removed.
    #: 0: as much as comes.
    largest_folder: Annotated[int, range(2**47)] = 1024 * 1024 * 1024
    #: Connections at once. Further ones are told to come back, as in the two below.
    connections: Annotated[int, range(1, 65536)] = 256
    #: Connections at once of one address (of an IPv6 /64), 0: as many as there are. Behind a
    #: reverse proxy, or one gateway of a mobile network, all charge points share an address.
    connections_per_address: Annotated[int, range(65536)] = 32
    #: Requests of one address in a minute, 0: as many as come.
    requests_per_minute: Annotated[int, range(2**31)] = 600


class FirmwareReported(NamedTuple):
    """A station told how far its update is."""

    identity: str
    status: FirmwareStatus


class DiagnosticsReported(NamedTuple):
    """A station told how far its upload is."""

    identity: str
    status: DiagnosticsStatus


class DiagnosticsReceived(NamedTuple):
    """A station's diagnostics arrived at the endpoint, complete."""

    identity: str
    file: Path


class CentralSystem:
    """Keeps books, and lets files travel; ``central.shared["firmware_mgmt"]``."""

    profile = "FirmwareManagement"
    settings = Settings

    def __init__(self, central: Central, settings: Settings) -> None:
        self.central = central
        self.options = settings
        self.folder = Path(settings.folder) if settings.folder else None
        limits = Limits(
            settings.largest_upload,
            settings.largest_folder,
            settings.connections,
            settings.connections_per_address,
            settings.requests_per_minute,
        )
        self.endpoint = Endpoint(self._find, self._place, self._stored, limits, central.log)
        #: Set once the endpoint listens, or cannot.
        self.listening = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        #: Makes what stations upload by; see :meth:`upload_url`.
        self._key = b""
        central.shared[NAME] = self
        central.outgoing_gates.append(self._gate)
        central.on_answer(UpdateFirmware.name, self._update_asked)
        central.on_answer(GetDiagnostics.name, self._diagnostics_asked)

    # What an application asks.

    def record(self, identity: str) -> Record:
        """What is known of a station; raises KeyError for one that never connected."""
        record: Record = self.central.stations[identity].shared.setdefault(NAME, Record())
        return record

    async def update(
        self,
        station: ConnectedStation,
        image: str,
        retrieve_at: int | None = None,
        retries: int | None = None,
        retry_interval: int | None = None,
    ) -> None:
        """Has a station fetch and install an image: a URL, or a file in ``folder/firmware``.

        ``retrieve_at`` is seconds since 1970 UTC, by default now; ``retries`` come after the
        first attempt (DIS-26), ``retry_interval`` seconds apart. How it goes is in
        :meth:`record`. Raises :class:`NoEndpoint`, FileNotFoundError, or what
        :meth:`ConnectedStation.call` raises.
        """
        location = image if "://" in image else self._image_url(image)
        when = self.central.utc() if retrieve_at is None else retrieve_at
        request: UpdateFirmwareRequest = {
            "location": location,
            "retrieveDate": timestamps.format(when),
        }
        if retries is not None:
            request["retries"] = retries
        if retry_interval is not None:
            request["retryInterval"] = retry_interval
        await station.call(UpdateFirmware(request))

    async def diagnostics(
        self,
        station: ConnectedStation,
        start: int | None = None,
        stop: int | None = None,
        location: str | None = None,
        retries: int | None = None,
        retry_interval: int | None = None,
    ) -> str | None:
        """Has a station upload what it noted from ``start`` to ``stop``, seconds since 1970 UTC.

        ``location`` is a directory's URL, by default this endpoint. Gives the name of the file
        that will come, None for none. Raises as :meth:`update`.
        """
        request: GetDiagnosticsRequest = {"location": location or self.upload_url(station.identity)}
        if start is not None:
            request["startTime"] = timestamps.format(start)
        if stop is not None:
            request["stopTime"] = timestamps.format(stop)
        if retries is not None:
            request["retries"] = retries
        if retry_interval is not None:
            request["retryInterval"] = retry_interval
        answer = await station.call(GetDiagnostics(request))
        return answer.get("fileName")

    def upload_url(self, identity: str) -> str:
        """Where this station, and nobody else, may upload to; raises :class:`NoEndpoint`."""
        return f"{self._base()}/diagnostics/{quote(identity, safe='')}/{self._pass_of(identity)}/"

    async def close(self) -> None:
        """Stops the endpoint; it also ends with the event loop."""
        task, self._serving = self._serving, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # Hooks.

    def ocpp_restore_state(self, store: CentralStore) -> None:
        """How far updates and diagnostics were when they were last heard of."""
        for identity, document in store.documents(BOOK):
            self.central.meet(identity).shared[NAME] = record_of(document)

    def ocpp_on_event(self, event: object) -> None:
        """Listens once the central system starts; tells an operator where stations may upload."""
        if isinstance(event, CentralStarted) and self.folder is not None:
            if self._serving is not None and not self._serving.done():
                return  # it went on while the central system was stopped
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                self.central.log("warning", "no event loop runs, so no HTTP endpoint is opened")
            else:
                self._serving = asyncio.ensure_future(self._serve(self.folder))
        elif isinstance(event, StationConnected) and self.endpoint.port:
            record = self.record(event.identity)
            if not record.invited:
                record.invited = True
                where = self.upload_url(event.identity)
                self.central.log("info", f"{event.identity} may send diagnostics to {where}")
        elif isinstance(event, StationForgotten) and self.central.store is not None:
            self.central.store.remove(BOOK, event.identity)

    # What stations tell.

    @on(FirmwareStatusNotification)
    def on_firmware_status_notification(
        self, station: ConnectedStation, request: FirmwareStatusNotificationRequest
    ) -> FirmwareStatusNotificationResponse | Deferred:
        """FW-012. Idle says that nothing goes on, and nothing of what was."""
        status = request["status"]
        book = self.record(station.identity).firmware
        now = self.central.utc()
        book.history.append((now, status))
        if status != "Idle" or book.status is None:
            book.status, book.since = status, now
        if status in ("DownloadFailed", "InstallationFailed"):
            self.central.log("warning", f"{station.identity}: firmware update: {status}")
        self._write(station.identity)
        return self.central.kept({}, FirmwareReported(station.identity, status))

    @on(DiagnosticsStatusNotification)
    def on_diagnostics_status_notification(
        self, station: ConnectedStation, request: DiagnosticsStatusNotificationRequest
    ) -> DiagnosticsStatusNotificationResponse | Deferred:
        """FW-012."""
        status = request["status"]
        book = self.record(station.identity).diagnostics
        if status != "Idle" or book.status is None:
            book.status, book.since = status, self.central.utc()
        self._write(station.identity)
        return self.central.kept({}, DiagnosticsReported(station.identity, status))

    # What is said to stations.

    def _gate(self, station: ConnectedStation, action: str, request: Any) -> None:
        """What has no meaning is not even sent."""
        if action not in (UpdateFirmware.name, GetDiagnostics.name):
            return
        for name in ("retries", "retryInterval"):
            if request.get(name, 0) < 0:
                raise PropertyConstraintViolation(f"{action}: {name} is negative")
        start, stop = request.get("startTime"), request.get("stopTime")
        if start and stop and (timestamps.parse(start) or 0) > (timestamps.parse(stop) or 0):
            raise PropertyConstraintViolation(f"{action}: startTime is after stopTime")

    def _update_asked(
        self,
        station: ConnectedStation,
        request: UpdateFirmwareRequest,
        answer: UpdateFirmwareResponse,
    ) -> None:
        book = Firmware(request["location"], self.central.utc())
        self.record(station.identity).firmware = book
        self._write(station.identity)

    def _diagnostics_asked(
        self,
        station: ConnectedStation,
        request: GetDiagnosticsRequest,
        answer: GetDiagnosticsResponse,
    ) -> None:
        self.record(station.identity).diagnostics = Diagnostics(
            request["location"], self.central.utc(), answer.get("fileName")
        )
        self._write(station.identity)

    def _write(self, identity: str) -> None:
        if self.central.store is not None:
            self.central.store.put(BOOK, identity, document_of(self.record(identity)))

    # Files.

    async def _serve(self, folder: Path) -> None:
        options = self.options
        try:
            for name in ("firmware", "diagnostics"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            await self.endpoint.start(options.http_host, options.http_port)
        except OSError as error:
            where = f"{options.http_host}:{options.http_port}"
            self.central.log(
                "error",
                f"no files are served at {where}: {error.strerror or error}; "
                "see central_system.firmware_mgmt.folder, http_host and http_port",
            )
            self.listening.set()
            return
        try:
            self.listening.set()
            self.central.log("info", f"firmware is served at {self._base()}/firmware/")
            await asyncio.Event().wait()
        finally:
            await self.endpoint.stop()

    def _base(self) -> str:
        if self.options.url:
            return self.options.url.rstrip("/")
        if not self.endpoint.port:
            raise NoEndpoint("no HTTP endpoint runs; set central_system.firmware_mgmt.folder")
        host = self.options.http_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.endpoint.port}"

    def _image_url(self, image: str) -> str:
        base = self._base()
        file = self._find(f"firmware/{image}")
        if file is None or not file.is_file():
            raise FileNotFoundError(f"{image} is no file in {self.options.folder}/firmware")
        return f"{base}/firmware/{quote(image)}"

    def _find(self, path: str) -> Path | None:
        kind, _, name = path.partition("/")
        if self.folder is None or kind != "firmware":
            return None
        return below(self.folder / kind, name)

    def _place(self, path: str) -> Path | None:
        """For an upload: a folder per station, which only that station can name."""
        words = path.rsplit("/", 2)
        kind, _, identity = words[0].partition("/")
        if self.folder is None or kind != "diagnostics" or len(words) != 3 or not identity:
            return None
        if not hmac.compare_digest(words[1].encode(), self._pass_of(identity).encode()):
            return None
        return below(self.folder / kind, f"{quote(identity, safe='')}/{words[2]}")

    def _stored(self, path: str, file: Path) -> None:
        identity = path.rsplit("/", 2)[0].partition("/")[2]
        if identity in self.central.stations:
            book = self.record(identity).diagnostics
            if book.file_name in (None, file.name):
                book.file = file
                self._write(identity)
        self.central.emit(DiagnosticsReceived(identity, file))

    def _pass_of(self, identity: str) -> str:
        """What shows that a station was told where it may upload."""
        if not self._key:
            self._key = self._load_key()
        return hmac.new(self._key, identity.encode(), "sha256").hexdigest()[:32]

    def _load_key(self) -> bytes:
        """Kept, so that addresses given before a restart of this central system still work."""
        fresh = secrets.token_bytes(32)
        if self.folder is None:
            return fresh
        file = self.folder / "upload.key"
        try:
            with contextlib.suppress(FileNotFoundError):
                kept = file.read_bytes()
                if len(kept) == len(fresh):
                    return kept
            self.folder.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(fresh)
        except OSError as error:
            self.central.log("warning", f"{file} cannot be kept: {error.strerror or error}")
        return fresh
