"""GetDiagnostics: one file, uploaded piece by piece, never wholly in memory. Portable.

FW-013 to FW-016. What is asked for is stored until it is done, so that a restart begins anew.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ocpp_kernel.store import StoreError

from ..messages import DiagnosticsStatusNotification
from .notices import Notices

if TYPE_CHECKING:
    from ocpp_kernel.station import Station, Timer

    from .log import Log
    from .transfers import Job

FILE = "diagnostics_upload"


class Upload:
    """The upload under way; :attr:`name` is "" if there is none."""

    def __init__(self, station: Station, log: Log, method: str) -> None:
        #: The file's name.
        self.name = ""
        self.notices = Notices(
            station,
            lambda status: DiagnosticsStatusNotification({"status": status}),
            self._save,
            lambda: "Uploading" if self._told else "Idle",
        )
        self._station = station
        self._log = log
        self._method = method
        self._location = ""
        #: The content's bounds in epoch seconds.
        self._start: int | None = None
        self._stop: int | None = None
        self._tries = 0
        self._interval = 0
        #: The statuses are told once for a request, however often it is begun.
        self._told = False
        self._job: Job | None = None
        self._pieces: Generator[str, None, None] | None = None
        self._timer: Timer | None = None
        #: Restored, and not connected since: a network that is not up yet is to cost no attempt.
        self._resumed = False

    def request(
        self, location: str, start: int | None, stop: int | None, tries: int, interval: int
    ) -> str:
        """The name of the file that will come, "" if there is nothing; replaces one under way."""
        try:
            count = 0
            for _ in self._log.lines(start, stop):
                count += 1
        except StoreError as error:
            self._station.log("error", f"diagnostics cannot be read: {error}")
            return ""
        if not count:
            return ""
        self._let_go()
        self.name = self._new_name()
        self._location = location
        self._start = start
        self._stop = stop
        self._tries = tries
        self._interval = interval
        self._told = False
        self._save()
        self._station.after_response(lambda: self._wait(0))
        return self.name

    def restore(self) -> None:
        """Begins anew after a restart."""
        stored = None
        try:
            stored = self._station.store.load(FILE)
        except StoreError as error:
            self._station.log("error", f"the upload's state could not be read: {error}")
        if type(stored) is not list or len(stored) != 8:
            return
        self.name, self._location, self._start, self._stop = stored[:4]
        self._tries, self._interval, self._told, self.notices.waiting = stored[4:]
        self._resumed = True
        self._wait(0)

    def _save(self) -> None:
        state: list[Any] = [self.name, self._location, self._start, self._stop]
        state += [self._tries, self._interval, self._told, self.notices.waiting]
        try:
            self._station.store.save(FILE, state)
        except StoreError as error:
            self._station.log("error", f"the upload's state could not be stored: {error}")

    def _new_name(self) -> str:
        """The charge point and the time, in characters every server takes."""
        text = f"{self._station.identity}-{self._station.timestamp() or self._station.now}.log"
        name = ""
        for character in text:
            if "a" <= character.lower() <= "z" or character in "-.0123456789":
                name += character
            elif character != ":":
                name += "_"
        return name

    def _wait(self, seconds: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._station.after(seconds, self._go_on)

    def _go_on(self) -> None:
        self._timer = None
        if not self.name:
            return
        if self._resumed and not self._station.online:
            self._wait(1)
            return
        self._resumed = False
        if not self._told:
            self._told = True
            self._tell("Uploading")
        try:
            if self._job is None:
                self._job = self._begin()
            fault = self._feed(self._job)
        except (StoreError, ValueError) as error:
            # ValueError: the address has no transfer here, which no other attempt changes.
            fault = str(error)
            if not isinstance(error, StoreError):
                self._tries = 0
        except Exception as error:  # noqa: BLE001 - no memory for it: told, and tried again
            fault = f"{error!r}"
        if fault is None:
            self._wait(1)
        elif not fault:
            self._end("Uploaded")
        else:
            self._failed(fault)

    def _begin(self) -> Job:
        transfers: Any = self._station.shared.get("transfers")
        scheme = self._location.split(":", 1)[0].upper()
        if transfers is None or scheme not in transfers.protocols.split(","):
            raise ValueError(f"no transfers by {scheme[:5]} here")
        place = self._location.split("?", 1)
        url = place[0] + ("" if place[0].endswith("/") else "/") + self.name
        if len(place) > 1:
            url += "?" + place[1]
        self._log.freeze()
        head = self._head()
        size = len(head.encode())
        for line in self._log.lines(self._start, self._stop):
            size += len(line.encode())
        self._pieces = self._all(head)
        job: Job = transfers.send(url, self._method, size)
        return job

    def _all(self, head: str) -> Generator[str, None, None]:
        yield head
        yield from self._log.lines(self._start, self._stop)

    def _head(self) -> str:
        """What this charge point is, how it is set and why it ended before; never a secret."""
        station = self._station
        text = f"{station.identity} {station.timestamp()}\n"
        text += f"firmware {station.shared['firmware_version']}\n"
        for connector in station.shared["connectors"]:
            text += f"connector {connector.connector_id}: {connector.status}\n"
        for key in station.configuration.keys():  # noqa: SIM118 - a Configuration is no dict
            text += f"{key.name}={station.configuration.text(key)}\n"
        crash_log: Any = station.shared.get("crash_log")
        if crash_log is not None:
            text += crash_log()
        return text + "\n"

    def _feed(self, job: Job) -> str | None:
        """None while it goes on, else its fault or "". Raises StoreError."""
        while self._pieces is not None and job.hungry():
            more = False
            for piece in self._pieces:
                job.feed(piece.encode())
                more = True
                break
            if not more:
                self._pieces = None
        return job.fault if job.finished else None

    def _failed(self, fault: str) -> None:
        self._let_go()
        self._tries -= 1
        if self._tries <= 0:
            self._station.log("error", f"diagnostics upload failed: {fault}")
            self._end("UploadFailed")
            return
        self._station.log("warning", f"diagnostics: {fault}; {self._tries} tries left")
        self._save()
        self._wait(max(self._interval, 1))

    def _end(self, status: str) -> None:
        self._let_go()
        self.name = ""
        self._told = False
        self._tell(status)

    def _tell(self, status: str) -> None:
        self.notices.waiting.append(status)
        self._save()
        self.notices.pump()

    def _let_go(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._pieces is not None:
            self._pieces.close()
            self._pieces = None
        self._log.frozen = False
