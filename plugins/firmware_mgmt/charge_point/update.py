"""A firmware update, from the request to the last status after a reboot. Portable.

FW-001 to FW-009. The stage and what is still to be told are stored at every change, so that a
restart goes on where it stopped:

    Scheduled     until retrieveDate
    Downloading   attempts, with pauses between them
    Downloaded    until no transaction runs; idle connectors are Unavailable
    Installing    the installer is asked about once a second
    Restarting    the installer wants a restart; it is asked again after it

The installer is the driver, if it has ``install_firmware``, else ``station.shared["installer"]``
(:class:`.transfers.Installer`), which a shell may offer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocpp_kernel.store import StoreError

from ..messages import FirmwareStatusNotification
from .notices import Notices

if TYPE_CHECKING:
    from ocpp_kernel.station import Station, Timer

    from .transfers import Job

FILE = "firmware"
#: Restarts an installer may want for one image.
MOST_RESTARTS = 3
#: Times an installation may be broken off before that: an image nothing survives must not keep the
#: charge point out of use for good.
MOST_CUTS = 10
#: Seconds between looks at whether transactions have ended, and until another one after a fault.
PATIENCE = 10


class Update:
    """The update under way; :attr:`stage` is "" if there is none."""

    def __init__(self, station: Station) -> None:
        self.stage = ""
        self.notices = Notices(
            station,
            lambda status: FirmwareStatusNotification({"status": status}),
            self.save,
            self.status,
        )
        self._station = station
        self._location = ""
        #: Epoch seconds before which nothing is fetched.
        self._not_before = 0
        #: Attempts left, of the download and then of the installation; seconds between the former.
        self._tries = 0
        self._interval = 0
        self._restarts = 0
        self._image = ""
        self._job: Job | None = None
        self._timer: Timer | None = None
        self._withheld = False
        #: Restored, and not connected since: a network that is not up yet is to cost no attempt.
        self._resumed = False

    def request(self, location: str, not_before: int, tries: int, interval: int) -> None:
        """Begins, once the response is sent. One that waits or downloads is replaced (FW-009)."""
        if self.stage in ("Installing", "Restarting"):
            self._station.log("warning", "firmware is being installed; the new one is ignored")
            return
        self._stop()
        self._tidy()  # an image that waited to be installed: flash may have room for one only
        self._location = location
        self._not_before = not_before
        self._tries = tries
        self._interval = interval
        self._restarts = 0
        self.stage = "Scheduled"
        self.save()
        self._station.after_response(self.wake)

    def status(self) -> str:
        """The FirmwareStatus as it is now."""
        if self.stage == "Restarting":
            return "Installing"
        return "Idle" if self.stage in ("", "Scheduled") else self.stage

    def restore(self) -> None:
        """Goes on after a restart, once every plugin has started."""
        stored = None
        try:
            stored = self._station.store.load(FILE)
        except StoreError as error:
            self._station.log("error", f"the update's state could not be read: {error}")
        if type(stored) is not list or len(stored) != 8:
            return
        self.stage, self._location, self._not_before, self._tries = stored[:4]
        self._interval, self._restarts, self._image, self.notices.waiting = stored[4:]
        self._resumed = True
        if self.stage == "Restarting":
            self.stage = "Installing"
        elif self.stage == "Installing" and not self._restarts:
            self._tries -= 1
            self.save()
        if self.stage == "Installing":
            self._station.after(0, self._withhold)
        if not self.stage:
            self._tidy()
        self.wake()

    def save(self) -> None:
        """Stores what outlives a restart."""
        state = [self.stage, self._location, self._not_before, self._tries]
        state += [self._interval, self._restarts, self._image, self.notices.waiting]
        try:
            self._station.store.save(FILE, state)
        except StoreError as error:
            self._station.log("error", f"the update's state could not be stored: {error}")

    def accept(self) -> None:
        """The central system accepted this charge point: a new app has proved itself."""
        installer: Any = self._station.shared.get("installer")
        if installer is not None:
            installer.accepted = True

    def wake(self) -> None:
        """Looks at the next tick what there is to do."""
        self._wait(0)

    def hurry(self) -> None:
        """The clock was set or a transaction ended: what was waited for may have come."""
        if self.stage in ("Scheduled", "Downloaded"):
            self._wait(0)

    def _wait(self, seconds: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._station.after(seconds, self._go_on)

    def _go_on(self) -> None:
        self._timer = None
        if not self.stage:
            return
        if self.stage == "Restarting":
            self._station.shared["restart"]("Soft")
            return
        self._wait(PATIENCE)  # should what follows break off, for want of memory for one
        if self.stage == "Scheduled":
            self._await_date()
        elif self.stage == "Downloading":
            self._download()
        elif self.stage == "Downloaded":
            self._await_transactions()
        else:
            self._install()

    def _enter(self, stage: str, status: str) -> None:
        self.stage = stage
        self.notices.waiting.append(status)
        self.save()
        self.notices.pump()
        self.wake()

    def _await_date(self) -> None:
        now = self._station.utc()
        if now is None:
            return  # the clock wakes this when it is set
        if now < self._not_before:
            self._wait(self._not_before - now)
        else:
            self._enter("Downloading", "Downloading")

    def _download(self) -> None:
        job = self._job
        if job is None:
            if self._resumed and not self._station.online:
                self._wait(1)
                return
            self._resumed = False
            transfers: Any = self._station.shared.get("transfers")
            scheme = self._location.split(":", 1)[0].upper()
            if transfers is None or scheme not in transfers.protocols.split(","):
                self._fail("DownloadFailed", f"no transfers by {scheme[:5]} here")
                return
            job = self._job = transfers.fetch(self._location, FILE)
        if not job.finished:
            self._wait(1)
            return
        self._job = None
        if not job.fault:
            self._image = job.path
            self._enter("Downloaded", "Downloaded")
            return
        self._tries -= 1
        if self._tries <= 0:
            self._fail("DownloadFailed", job.fault)
            return
        self._station.log("warning", f"firmware download: {job.fault}; {self._tries} tries left")
        self.save()
        self._wait(max(self._interval, 1))

    def _await_transactions(self) -> None:
        self._withhold()
        for connector in self._station.shared["connectors"]:
            if connector.transaction is not None:
                self._wait(PATIENCE)
                return
        if self._installer() is None:
            self._fail("InstallationFailed", "the driver has no install_firmware")
        else:
            self._tries = MOST_CUTS
            self._enter("Installing", "Installing")

    def _installer(self) -> Any:
        """What installs here, None for nothing."""
        driver: Any = self._station.hooks.driver()
        offered = self._station.shared.get("installer")
        if getattr(driver, "install_firmware", None) is None:
            return offered
        # Where the shell can do it, nothing is to be pretended.
        return offered if offered is not None and getattr(driver, "simulated", False) else driver

    def _install(self) -> None:
        if self._tries <= 0 and not self._restarts:
            self._fail("InstallationFailed", f"it was broken off {MOST_CUTS} times")
            return
        try:
            outcome = self._installer().install_firmware(self._image)
        except Exception as error:  # noqa: BLE001 - however it fails, connectors go back to use
            self._fail("InstallationFailed", f"{error!r}")
            return
        if outcome == "Installed":
            self._end(outcome)
        elif outcome != "Restart":
            self._wait(1)
        elif self._restarts >= MOST_RESTARTS:
            self._fail("InstallationFailed", "restarts do not help")
        else:
            self._restarts += 1
            self.stage = "Restarting"
            self.save()
            self._wait(2)  # lets the central system hear what is to be told

    def _fail(self, status: str, reason: str) -> None:
        self._station.log("error", f"firmware update, {status}: {reason}")
        self._end(status)

    def _end(self, status: str) -> None:
        self._stop()
        self._enter("", status)
        self._tidy()

    def _tidy(self) -> None:
        """The outcome is stored: what was kept for the installation may go."""
        installer = self._installer()
        if self._image and getattr(installer, "forget", None) is not None:
            try:
                installer.forget(self._image)
            except OSError as error:
                self._station.log("warning", f"firmware is left behind: {error}")
            self._image = ""
            self.save()

    def _stop(self) -> None:
        """Nothing goes on, and connectors are in use."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._withheld:
            self._set_withheld(False)

    def _withhold(self) -> None:
        """Takes idle connectors out of use, and others once their transaction ends (FW-006)."""
        if not self._withheld:
            self._set_withheld(True)

    def _set_withheld(self, on: bool) -> None:
        self._withheld = on
        for connector in self._station.shared["connectors"][1:]:
            connector.withheld = on
        self._station.shared["settle"]()
