"""One attempt at a transfer, in a thread of its own, and what ends one that gets nowhere."""

from __future__ import annotations

import contextlib
import ftplib
import socket
import ssl
import threading

#: An attempt fails where it moves fewer bytes than these in the seconds a server may be silent:
#: one that drips a byte now and then would keep it going for ever.
LEAST = 512


class TransferError(Exception):
    """A transfer cannot go on; the text says why."""


class Job:
    """One attempt. ``fault`` and ``path`` are final once :attr:`finished` is true.

    ``timeout`` is in seconds: that long it may be without progress, see :data:`LEAST`.
    """

    def __init__(self, timeout: float, predecessor: Job | None = None) -> None:
        self.finished = False
        self.fault = ""
        self.path = ""
        self._timeout = timeout
        self._predecessor = predecessor
        self._thread = threading.Thread(target=self._run, name="transfer", daemon=True)
        self._ended = threading.Event()
        #: Why it was ended from outside, "" if it was not.
        self._why = ""
        #: Bytes moved; written by its thread only.
        self._moved = 0
        self._connections: list[socket.socket] = []

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def cancel(self) -> None:
        """Ends it, at once where it is connected."""
        self._give_up("cancelled")

    def join(self, timeout: float | None = None) -> None:
        """Waits until its thread has ended."""
        self._thread.join(timeout)

    def is_working(self) -> bool:
        """Whether it goes on by itself; an upload may wait to be fed."""
        return not self.finished

    def hungry(self) -> bool:
        """Whether an upload has room for another piece."""
        return False

    def feed(self, piece: bytes) -> None:
        """The next piece of an upload."""
        raise TypeError("a download is not fed")

    # For what moves the bytes, in the job's thread.

    def work(self) -> None:
        """Does it; raises where it fails."""
        raise NotImplementedError

    def check(self) -> None:
        """Raises TransferError once it was ended from outside."""
        if self._why:
            raise TransferError(self._why)

    def moves(self, count: int = LEAST) -> None:
        """So many bytes moved; by default a step was done that is worth waiting for the next."""
        self._moved += count
        self.check()

    def use(self, connection: socket.socket) -> None:
        """It has a connection, which it closes at its end, or with which it can be ended."""
        self._connections.append(connection)
        self.moves()

    def _run(self) -> None:
        try:
            if self._predecessor is not None:
                self._predecessor.join()
                self._predecessor = None
            self.check()
            threading.Thread(target=self._watch, name="transfer-watch", daemon=True).start()
            self.work()
        except Exception as error:  # noqa: BLE001 - a thread's errors reach nobody otherwise
            self.fault = self._why or explain(error)
        self._ended.set()
        for connection in self._connections:
            connection.close()
        self.finished = True

    def _watch(self) -> None:
        """Ends it where too little moves. Until it is connected that has a time-out of its own."""
        before = self._moved
        while not self._ended.wait(self._timeout):
            moved, before = self._moved - before, self._moved
            if moved < LEAST and self._connections:
                self._give_up(f"only {moved} bytes in {self._timeout:g} s" if moved else _SILENT)

    def _give_up(self, why: str) -> None:
        self._why = self._why or why
        for connection in self._connections:
            with contextlib.suppress(OSError):  # it has ended, which is the aim
                # Of the connection itself: one of TLS would first let go of what its thread reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class Known:
    """For classes with a ``sock``: their job hears of it, before TLS is spoken over it."""

    job: Job
    _sock: socket.socket | None = None

    @property
    def sock(self) -> socket.socket | None:
        """The connection."""
        return self._sock

    @sock.setter
    def sock(self, made: socket.socket | None) -> None:
        self._sock = made
        if made is None or isinstance(made, ssl.SSLSocket):
            return
        try:
            self.job.use(made.dup())  # TLS takes the connection out of the object it is given
        except TransferError:
            made.close()
            raise


_SILENT = "the server does not answer in time"


def explain(error: Exception) -> str:
    """A fault as a sentence for the log."""
    if isinstance(error, TransferError):
        return str(error)
    reason = getattr(error, "reason", None)
    if isinstance(reason, Exception):
        return explain(reason)
    if isinstance(error, ftplib.Error):
        return f"the server answers {error}"
    if isinstance(error, TimeoutError):
        return _SILENT
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}".rstrip(": ")
