"""What moves files for this profile: ``station.shared["transfers"]``, offered by a shell. Portable.

Only types. A job works beside the station and is looked at about once a second, so nothing here
waits and no job ever calls back into the station.
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
