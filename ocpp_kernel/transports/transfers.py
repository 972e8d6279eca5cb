"""Files to and from servers by URL, beside the event loop: HTTP, HTTPS, FTP and FTPS (explicit).

A shell offers one as ``station.shared["transfers"]``. Every attempt is a job in a thread of its
own; whoever asked looks at the job from time to time, so nothing calls back across threads.
"""

from __future__ import annotations

import errno
import json
import os
import queue
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from ocpp_kernel.transports import ftp_transfers, http_transfers
from ocpp_kernel.transports.transfer_job import Job, TransferError

#: Bytes of an upload that may wait to be sent.
WINDOW = 65536
#: Largest file fetched, in bytes.
LARGEST = 1 << 30
#: Seconds without progress after which an attempt fails; see transfer_job.LEAST.
TIMEOUT = 30.0


@dataclass(frozen=True)
class Options:
    """How servers are talked to; ``ssl_context`` None checks certificates as the system does."""

    ssl_context: ssl.SSLContext | None = None
    timeout: float = TIMEOUT
    largest: int = LARGEST
    #: Whether proxies of the environment are used, for HTTP.
    proxies: bool = True


class Download(Job):
    """Fetches into a file beside the final one, which appears only when it is complete."""

    def __init__(self, url: str, path: Path, options: Options, predecessor: Job | None) -> None:
        super().__init__(options.timeout, predecessor)
        self._url = url
        self._target = path
        self._options = options
        #: The part that is there, and what it is a part of.
        self._part = path.with_name(path.name + ".part")
        self._origin = path.with_name(path.name + ".origin")

    def work(self) -> None:
        """See Job."""
        address = split(self._url)
        self._target.parent.mkdir(parents=True, exist_ok=True)
        module = http_transfers if address.scheme in ("http", "https") else ftp_transfers
        try:
            module.fetch(address, self, self._options)
            self.check()  # where no length was told the end looks like that of the file
            with self._part.open("r+b") as file:  # some systems flush what may be written only
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno == errno.ENOSPC:
                self.forget()
            raise
        self._part.replace(self._target)
        self._origin.unlink(missing_ok=True)
        self.path = str(self._target)

    def there(self) -> tuple[int, str]:
        """How many bytes an earlier attempt left, and which version of the file they are of.

        0 where they are of none that could be recognised.
        """
        try:
            url, version = json.loads(self._origin.read_text(encoding="utf-8"))
            size = self._part.stat().st_size
        except (OSError, ValueError):
            return 0, ""
        return (size, version) if url == self._url and version else (0, "")

    def keep(self, start: int, total: int | None, version: str, pieces: Iterator[bytes]) -> None:
        """Writes what comes from byte ``start`` on; raises where it ends early or is too large."""
        largest = self._options.largest
        if total is not None and total > largest:
            raise TransferError(f"the file has {total} bytes; more than {largest} are not taken")
        self.moves()
        self._origin.write_text(json.dumps([self._url, version]), encoding="utf-8")
        size = start
        with self._part.open("r+b" if start else "wb") as file:
            file.seek(start)
            for piece in pieces:
                self.moves(len(piece))
                size += len(piece)
                if size > largest:
                    raise TransferError(f"more than {largest} bytes are not taken")
                file.write(piece)
            file.truncate()
        if not size and total is None:
            raise TransferError("the server sends nothing")  # cut within the answer's head
        if total is not None and size != total:
            raise TransferError(f"it ended after {size} of {total} bytes")

    def forget(self) -> None:
        """What is there is of no use."""
        self._part.unlink(missing_ok=True)
        self._origin.unlink(missing_ok=True)


class Upload(Job):
    """Sends what it is fed; ``size`` bytes in all."""

    def __init__(self, url: str, method: str, size: int, options: Options) -> None:
        super().__init__(options.timeout)
        self._url = url
        self._options = options
        self.method = method.upper()
        self.size = size
        self._queue: queue.Queue[bytes] = queue.Queue()
        # Each is written by one thread only.
        self._fed = 0
        self._taken = 0

    def is_working(self) -> bool:
        """See Job."""
        return not (self.finished or self._taken == self._fed < self.size)

    def hungry(self) -> bool:
        """See Job."""
        return not self.finished and self._fed - self._taken < WINDOW

    def feed(self, piece: bytes) -> None:
        """See Job."""
        self._fed += len(piece)
        self._queue.put(piece)

    def pieces(self) -> Iterator[bytes]:
        """What is to be sent, as it comes."""
        while self._taken < self.size:
            self.check()
            try:
                piece = self._queue.get(timeout=0.2)
            except queue.Empty:
                self.moves()  # not fed yet: that is no fault of the server
                continue
            self._taken += len(piece)
            yield piece
            self.moves(len(piece))
        self.moves()

    def work(self) -> None:
        """See Job."""
        if self.method not in ("PUT", "POST"):
            raise TransferError(f"upload_method must be PUT or POST, not {self.method}")
        address = split(self._url)
        if address.scheme in ("http", "https"):
            http_transfers.send(address, self, self._options)
        else:
            ftp_transfers.send(address, self, self._options)
        self.check()


class Transfers:
    """Downloads into a folder, and uploads."""

    #: The schemes there are, as the configuration key lists them (FW-011).
    protocols = "FTP,FTPS,HTTP,HTTPS"

    def __init__(self, folder: Path, options: Options | None = None) -> None:
        self._folder = folder
        self._options = options if options is not None else Options()
        self._downloads: dict[str, Job] = {}
        self._uploads: list[Job] = []

    def fetch(self, url: str, name: str) -> Job:
        """Fetches into the file of that name; never raises, faults are the job's.

        An attempt goes on where an earlier one of the same URL stopped, if the server can tell
        that the file is still the same. An attempt under way under this name is cancelled.
        """
        predecessor = self._downloads.get(name)
        if predecessor is not None:
            predecessor.cancel()
        job = Download(url, self._folder / name, self._options, predecessor)
        self._downloads[name] = job
        job.start()
        return job

    def send(self, url: str, method: str, size: int) -> Job:
        """Uploads ``size`` bytes, which are fed; never raises, faults are the job's."""
        job = Upload(url, method, size, self._options)
        self._uploads = [one for one in self._uploads if not one.finished]
        self._uploads.append(job)
        job.start()
        return job

    def is_working(self) -> bool:
        """Whether anything goes on by itself."""
        return any(job.is_working() for job in self._jobs())

    def cancel(self) -> None:
        """Ends everything under way: whoever asked for it is gone."""
        for job in self._jobs():
            job.cancel()

    def join(self) -> None:
        """Waits until nothing is under way."""
        for job in self._jobs():
            job.join()

    def _jobs(self) -> list[Job]:
        return [*self._downloads.values(), *self._uploads]


def split(url: str) -> SplitResult:
    """The parts of a URL; raises TransferError where it has no host or another scheme.

    The text of it does not go into the error, which is logged: it may hold a password.
    """
    try:
        address = urlsplit(url)
        has_host, _ = bool(address.hostname), address.port
    except ValueError:
        raise TransferError("the address is no URL, or its port no number up to 65535") from None
    if address.scheme not in ("http", "https", "ftp", "ftps") or not has_host:
        raise TransferError("the address is no http, https, ftp or ftps URL with a host")
    return address
