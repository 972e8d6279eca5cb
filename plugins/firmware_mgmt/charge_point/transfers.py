"""What a shell offers this profile, by name in ``station.shared``. Portable; only types.

``transfers`` moves files (:class:`Transfers`): a job works beside the station and is looked at
about once a second, so nothing here waits and no job ever calls back into the station.
``installer`` (:class:`Installer`) installs where the driver cannot. ``crash_log`` is a function
that gives what is known of ends of the software, as text to go with the diagnostics; a few KB.
"""

from __future__ import annotations

from typing import Protocol


class Job(Protocol):
    """One attempt at a transfer."""

    #: Whether it has ended, well or badly.
    finished: bool
    #: Why it failed, once finished; "" if it did not.
    fault: str
    #: The file, once it was fetched.
    path: str

    def hungry(self) -> bool:
        """Whether an upload has room for another piece."""
        ...

    def feed(self, piece: bytes) -> None:
        """The next piece of an upload."""
        ...

    def cancel(self) -> None:
        """Ends it soon; nobody looks at it again."""
        ...


class Transfers(Protocol):
    """Downloads and uploads by URL."""

    #: For SupportedFileTransferProtocols: a list of FTP, FTPS, HTTP, HTTPS (CFG-46).
    protocols: str

    def fetch(self, url: str, name: str) -> Job:
        """Fetches into the file ``name``, going on where an earlier attempt at it stopped."""
        ...

    def send(self, url: str, method: str, size: int) -> Job:
        """Uploads that many bytes, which are fed; ``method`` is PUT or POST, for HTTP."""
        ...


class Installer(Protocol):
    """Installs images; a driver's own ``install_firmware`` has precedence."""

    #: Set once the central system has accepted this run of the software.
    accepted: bool

    def install_firmware(self, path: str) -> str:
        """As :meth:`ocpp_kernel.driver.Installer.install_firmware`."""
        ...

    def forget(self, path: str) -> None:
        """The outcome is stored: removes the image and whatever else was kept; raises OSError.

        Also called after a restart that came before the first call returned.
        """
        ...
