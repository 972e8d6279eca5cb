"""What the small HTTP server lets one peer, and all of them together, take of it."""

from __future__ import annotations

import contextlib
import ipaddress
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Bytes a body must bring within the time a peer may be silent.
LEAST = 512
#: Seconds over which requests are counted.
MINUTE = 60


class Refused(Exception):
    """Answered with a status; the text is for people."""

    def __init__(self, status: int, text: str = "", *headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.text = text
        self.headers = headers


@dataclass(frozen=True)
class Limits:
    """0 is no limit, where there may be none."""

    #: Bytes of an upload.
    upload: int
    #: Bytes in the folder an upload goes to, this one and what is there; 0: as many as there are.
    folder: int = 0
    #: Connections at once, of all peers and of one address. Further ones are told to come back.
    connections: int = 256
    connections_of_one: int = 32
    #: Requests of one address in a minute; 0: as many as come.
    requests_of_one: int = 600
    #: Seconds one transfer may take.
    duration: float = 4 * 3600


class Gate:
    """Counts who is inside; ``now`` is a clock of seconds that never goes back."""

    def __init__(
        self,
        limits: Limits,
        log: Callable[[str, str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._log = log
        self._now = now
        self._inside: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._told: set[str] = set()
        self._since = now()

    @contextlib.contextmanager
    def admitted(self, host: str) -> Iterator[None]:
        """While it is entered this peer is inside; raises Refused where it may not be."""
        address = _shared(host)
        self._check(address)
        self._inside[address] += 1
        try:
            yield
        finally:
            self._inside[address] -= 1
            if not self._inside[address]:
                del self._inside[address]

    def _check(self, address: str) -> None:
        limits = self._limits
        if self._now() - self._since >= MINUTE:
            self._since = self._now()
            self._asked.clear()
            self._told.clear()
        self._asked[address] += 1
        if self._inside.total() >= limits.connections:
            self._refuse("", 503, f"there are {limits.connections} connections already", 10)
        if self._inside[address] >= (limits.connections_of_one or limits.connections):
            text = f"{address} has {limits.connections_of_one} connections already"
            self._refuse(address, 429, text, 10)
        if self._asked[address] > limits.requests_of_one > 0:
            text = f"{address} has made {limits.requests_of_one} requests in a minute"
            self._refuse(address, 429, text, MINUTE)

    def _refuse(self, address: str, status: int, text: str, seconds: int) -> None:
        """Raises Refused; the log is told once a minute, since whoever floods would flood it."""
        if address not in self._told:
            self._told.add(address)
            self._log("warning", f"file transfers are refused: {text}")
        raise Refused(status, text, f"Retry-After: {seconds}")


class Pace:
    """Sees that a body gets somewhere; ``silence`` is the seconds its peer may be silent."""

    def __init__(self, silence: float, now: Callable[[], float] = time.monotonic) -> None:
        self._silence = silence
        self._now = now
        self._since = now()
        self._moved = 0

    def moves(self, count: int) -> None:
        """So many bytes came; raises Refused where that is too few for too long."""
        self._moved += count
        if self._now() - self._since < self._silence:
            return
        if self._moved < LEAST:
            raise Refused(408, f"only {self._moved} bytes in {self._silence:g} s")
        self._since, self._moved = self._now(), 0


def room(folder: Path, limits: Limits) -> int:
    """Bytes that may still come into a folder; raises OSError where it cannot be read."""
    if not limits.folder:
        return limits.upload
    left = limits.folder
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another upload ended meanwhile
            left -= file.stat().st_size
    return left


def _shared(host: str) -> str:
    """What stands for a peer: its address, or the /64 network that is one subscriber's."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
