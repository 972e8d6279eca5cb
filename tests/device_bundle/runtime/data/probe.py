"""A plugin that shows a test what goes on inside the device."""

from __future__ import annotations

from typing import Any, TypedDict

from ocpp_kernel import events
from ocpp_kernel.contracts import BOTH, Action, on
from ocpp_kernel.station import Station


class EchoRequest(TypedDict):
    text: str


class EchoResponse(TypedDict):
    text: str


SUBPROTOCOL = "ocpp1.6"
Echo = Action("Echo", EchoRequest, EchoResponse, sent_by=BOTH)


class ChargePoint:
    """Echoes; does what its console is told."""

    def __init__(self, station: Station, settings: Any) -> None:
        self._station = station
        self._hoard: list[Any] = []

    @on(Echo)
    def on_echo(self, request: EchoRequest) -> EchoResponse:
        return {"text": request["text"]}

    def ocpp_on_event(self, event: object) -> None:
        if type(event) is events.Started:
            self._station.log("info", f"probe: started by {event.cause}")
        if type(event) is events.Command:
            word, _, rest = split(event.line)
            self._run(word, rest)

    def _run(self, word: str, rest: str) -> None:
        station = self._station
        if word == "echo":
            station.call(Echo({"text": rest}), self._answered)
        elif word == "exit":
            station.exit = rest
        elif word == "reconnect":
            station.reconnect()
        elif word == "append":
            station.store.append("probe", rest)
            station.log("info", "probe: appended")
        elif word == "records":
            station.log("info", f"probe: {list(station.store.records('probe'))}")
        elif word == "save":
            station.store.save("value", rest)
            station.log("info", "probe: saved")
        elif word == "load":
            station.log("info", f"probe: {station.store.load('value')}")
        elif word == "raise":
            raise RuntimeError(rest)
        elif word == "now":
            station.log("info", f"probe: now {station.now}")
        else:
            self._suffer(word, rest)

    def _suffer(self, word: str, rest: str) -> None:
        """What goes wrong with a module."""
        if word == "hoard":
            self._take_all_but(int(rest))
        elif word == "release":
            self._hoard = []
        elif word == "hang":
            hang(int(rest))
        else:
            self._station.log("info", f"probe: no command {word}")

    def _take_all_but(self, left: int) -> None:
        """Takes the heap until about `left` bytes are free."""
        reserve = bytearray(left)
        for size in (1024, 128):  # the gaps between what lives, too
            try:
                while True:
                    self._hoard.append(bytearray(size))
            except MemoryError:
                continue
        reserve = bytearray(0)
        self._station.log("info", f"probe: hoarding {len(self._hoard)}, {len(reserve)}")

    def _answered(self, answer: Any, error: Exception | None) -> None:
        self._station.log("info", f"probe: {answer['text'] if error is None else error}")


def hang(seconds: int) -> None:
    """As a handler does that waits for something which does not come."""
    import utime  # only the module has it

    utime.sleep(seconds)


def split(line: str) -> tuple[str, bool, str]:
    """First word, whether there is more, and that."""
    at = line.find(" ")
    if at < 0:
        return line, False, ""
    return line[:at], True, line[at + 1 :]
