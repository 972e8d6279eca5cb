"""Begins downloads and uploads of a module, and drives them. Portable.

What plugins find as `station.shared["transfers"]`. What moves a file is loaded for the first job
and let go of after the last one: see `later`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from device_bundle.runtime import later

if TYPE_CHECKING:
    from collections.abc import Callable

    from device_bundle.runtime.jobs import Job
    from device_bundle.runtime.streams import SocketStream
    from ocpp_kernel.store import Store

_ENOENT = 2


class Unbegun:
    """A job that could not even begin; see `jobs.Job`."""

    finished = True
    path = ""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def hungry(self) -> bool:
        """See Job."""
        return False

    def feed(self, piece: bytes) -> None:
        """See Job."""

    def cancel(self) -> None:
        """See Job."""


class Transfers:
    """Everything under way. What touches the machine is handed in."""

    #: The schemes there are, as the configuration key lists them (FW-011).
    protocols = "HTTP,HTTPS"

    def __init__(
        self,
        folder: str,
        store: Store,
        fs: Any,
        opener: Callable[[str, str], Any],
        dial: Callable[[str, int, bool], SocketStream],
        to_base64: Callable[[bytes], bytes],
    ) -> None:
        """fs: `uos`; opener: `open`; dial(host, port, secure) connects."""
        self.folder = folder
        self.store = store
        self.fs = fs
        self.open = opener
        self.dial = dial
        self.to_base64 = to_base64
        self._jobs: list[Job] = []

    def fetch(self, url: str, name: str) -> Job | Unbegun:
        """Fetch into NAME.file; never raises, faults are the job's.

        It goes on where an earlier attempt of the same URL stopped, if the server can tell that
        the file is the same. One under way under this name is cancelled.
        """
        for job in self._jobs:
            if job.name == name:
                job.cancel()
        try:
            from device_bundle.runtime.jobs import Download  # noqa: PLC0415  # loaded when needed

            return self._begin(Download(self, url, name))
        except Exception as error:  # noqa: BLE001  # no memory for it, or its file is lost
            return self._refuse(error)

    def send(self, url: str, method: str, size: int) -> Job | Unbegun:
        """Upload `size` bytes, which are fed; never raises, faults are the job's."""
        try:
            from device_bundle.runtime.jobs import Upload  # noqa: PLC0415  # see fetch

            return self._begin(Upload(self, url, method, size))
        except Exception as error:  # noqa: BLE001  # see fetch
            return self._refuse(error)

    def step(self, now: int) -> bool:
        """Go on with everything; whether anything moved or was waited for."""
        if not self._jobs:
            return False  # nearly always: an idle turn allocates nothing
        busy = False
        for job in self._jobs[:]:
            if not job.finished and job.step(now):
                busy = True
            if job.finished:
                self._jobs.remove(job)
        if not self._jobs:
            later.unload("later_jobs")
        return busy

    def remove(self, path: str) -> None:
        """Remove a file if it is there. Raises OSError."""
        try:
            self.fs.remove(path)
        except OSError as error:
            if error.args[0] != _ENOENT:
                raise

    def _begin(self, job: Job) -> Job:
        self._jobs.append(job)
        return job

    def _refuse(self, error: Exception) -> Unbegun:
        if not self._jobs:
            later.unload("later_jobs")
        return Unbegun(f"transfers cannot be loaded: {error!r}")
