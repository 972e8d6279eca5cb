"""Sessions, stations and central systems joined without a socket.

    pair = CentralPair(station, central)
    pair.connect()
    pair.advance(3600)                                   # an hour, with every timer in it
    assert pair.call(Reset({"type": "Soft"})) == {"status": "Accepted"}
    assert [frame.action for frame in pair.frames] == ["BootNotification", ...]

Time is a :class:`FakeClock`; nothing here sleeps. With an event loop running, frames of
``await central.stations["CP1"].call(...)`` and of ``async`` handlers travel by themselves.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from ocpp_kernel.central import Central, ConnectedStation
from ocpp_kernel.central_session import CentralSession
from ocpp_kernel.contracts import Request
from ocpp_kernel.errors import OcppError
from ocpp_kernel.station import Station
from ocpp_kernel.testing.clock import FakeClock
from ocpp_kernel.testing.frames import Seen, Sender, transcript

Req = TypeVar("Req")
Resp = TypeVar("Resp")

#: More frames than this without a pause are an endless exchange.
MAX_FRAMES = 10_000
#: Seconds of this computer's that other threads may take.
PATIENCE = 30


class End(Protocol):
    """One side of a connection: a Session, or a Station."""

    def receive(self, text: str, now: int) -> None:
        """Takes a frame."""

    def flush(self, write: Callable[[str], None]) -> None:
        """Gives the frames due."""

    def tick(self, now: int) -> None:
        """Learns the time."""

    @property
    def deadline(self) -> float | None:
        """When it wants to be told the time."""


class Pair:
    """Two ends joined by a wire that keeps every frame in :attr:`frames`.

    ``lose(sender, text)`` may say that a frame does not arrive.
    """

    def __init__(self, left: End, right: End, clock: FakeClock | None = None) -> None:
        self.left = left
        self.right = right
        self.clock = clock if clock is not None else FakeClock()
        self.frames: list[Seen] = []
        self.lose: Callable[[Sender, str], bool] = lambda sender, text: False

    def pump(self) -> None:
        """Carries frames until neither end has one left."""
        for _ in range(MAX_FRAMES):
            if not self._carry("left", self.left, self.right) | self._carry(
                "right", self.right, self.left
            ):
                return
        raise AssertionError(f"more than {MAX_FRAMES} frames at one moment; an endless exchange")

    def advance(self, seconds: int) -> None:
        """Lets time pass, from deadline to deadline, each told to both ends at its second."""
        end = self.clock.now + seconds
        self.pump()
        moments = 0
        while (due := self._due()) is not None and due <= end:
            moments = moments + 1 if due <= self.clock.now else 0
            if moments > MAX_FRAMES:
                raise AssertionError("a timer is set again and again without time passing")
            self.clock.now = max(self.clock.now, due)
            self._tick()
        self.clock.now = end
        self._tick()

    def actions(self, sender: Sender) -> list[str]:
        """The actions of the CALLs one side sent, in order."""
        return [seen.action for seen in self.frames if seen.sender == sender and seen.action]

    def _due(self) -> int | None:
        deadlines = [int(end.deadline) for end in self._ends() if end.deadline is not None]
        return min(deadlines, default=None)

    def _tick(self) -> None:
        for end in self._ends():
            end.tick(self.clock.now)
        self.pump()

    def _ends(self) -> tuple[End, ...]:
        return (self.left, self.right)

    def _carry(self, sender: Sender, source: End, target: End) -> bool:
        texts: list[str] = []
        source.flush(texts.append)
        for text in texts:
            lost = self.lose(sender, text)
            self.frames.append(Seen(sender, text, lost))
            if lost:
                continue
            if isinstance(target, CentralSession):
                target.heard_at = self.clock.now
            target.receive(text, self.clock.now)
        return bool(texts)


class CentralPair(Pair):
    """A charge point (left) and a central system (right); connects and disconnects at will."""

    def __init__(self, station: Station, central: Central, clock: FakeClock | None = None) -> None:
        self.central = central
        self._nowhere = Nowhere()
        self._scheduled = False
        super().__init__(station, self._nowhere, clock)
        self.station = station
        central.utc = self.clock.utc

    @property
    def connected(self) -> ConnectedStation:
        """The charge point as the central system knows it; KeyError before it connected."""
        return self.central.stations[self.station.identity]

    def connect(self) -> None:
        """Opens the connection, and carries what the two have to say at once.

        Raises AssertionError where the central system would refuse it.
        """
        refusal = self.central.admit(self.station.identity, None)
        if refusal:
            raise AssertionError(f"{self.station.identity} is not admitted: {refusal}")
        self.right = self.central.connected(self.station.identity, _MemoryLink(self))
        self.station.connected(self.clock.now)
        self.pump()

    def disconnect(self, reason: str = "connection lost") -> None:
        """Cuts the connection; frames on their way are gone."""
        session, self.right = self.right, self._nowhere
        if isinstance(session, CentralSession):
            self.central.disconnected(session, reason)
        self.station.disconnected(self.clock.now, reason)

    def restart(self, station: Station, cause: str = "PowerUp") -> None:
        """Puts a freshly built station in the place of this one, not connected yet."""
        self.disconnect()
        self.left = self.station = station
        station.start(self.clock.now, cause)

    def call(self, request: Request[Req, Resp]) -> Resp:
        """Calls the charge point and returns its answer, or raises the error it ended with.

        Raises AssertionError where no answer comes without time passing.
        """
        outcome: list[tuple[Any, OcppError | None]] = []
        self.connected.post(request, lambda answer, error: outcome.append((answer, error)))
        self.pump()
        if not outcome:
            raise AssertionError(f"{request[0]} was not answered at once")
        answer, error = outcome[0]
        if error is not None:
            raise error
        return answer  # type: ignore[no-any-return]  # as the action says

    async def settle(self) -> None:
        """Lets ``async`` handlers and callers go on as far as they get without time passing."""
        for _ in range(10):
            self.pump()
            await asyncio.sleep(0)

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Carries frames, and waits for other threads, until something is true.

        Time does not pass meanwhile. Raises AssertionError with all frames after half a minute.
        """
        give_up = time.monotonic() + PATIENCE
        while not is_true():
            if time.monotonic() > give_up:
                raise AssertionError(
                    f"it did not become true; the frames:\n{transcript(self.frames)}"
                )
            self.pump()
            await asyncio.sleep(0.001)

    def pump_soon(self) -> None:
        """Carries frames in the next turn of the event loop, if one runs."""
        if self._scheduled:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._scheduled = True
        loop.call_soon(self._pump_scheduled)

    def _pump_scheduled(self) -> None:
        self._scheduled = False
        self.pump()


class _MemoryLink:
    """The connection as the central system sees it."""

    def __init__(self, pair: CentralPair) -> None:
        self._pair = pair

    def now(self) -> float:
        return self._pair.clock.now

    def wake(self) -> None:
        self._pair.pump_soon()

    def close(self, reason: str) -> None:
        session = self._pair.right
        if isinstance(session, CentralSession) and session.link is self:
            session.after_response(lambda: self._pair.disconnect(reason))


class Nowhere:
    """The end of a wire that is cut."""

    deadline = None

    def receive(self, text: str, now: int) -> None:
        """Nobody hears it."""

    def flush(self, write: Callable[[str], None]) -> None:
        """Nobody speaks."""

    def tick(self, now: int) -> None:
        """Nobody waits."""
