"""The control pilot of IEC 61851-1, through a pilot controller on a serial port. Portable.

A module cannot do the pilot itself: it would have to sample the top of a 1 kHz wave, and open the
contactor 100 ms after the EV has gone, from a loop that may wait seconds for a TLS handshake. So
a small microcontroller makes the wave, measures it, measures the cable's resistor and the
temperature, and holds a permit in series with the contactor's coil. It speaks lines:

    $P,<state>,<cable>,<temperature>*<check>    to the module, at each change and every 500 ms
    $D,<duty>*<check>                           from the module, at each change and every second

state is A (no EV), B (EV), C (EV ready), D (EV wants ventilation), E (pilot shorted, or no diode)
or F (the controller itself is out of order, or told to be). cable is the ampere the cable's
resistor stands for, 0 where there is none; temperature is in degrees Celsius. duty is in
thousandths: 100 to 960 offer a current, 1000 is a steady +12 V (wait), 0 a steady -12 V (F).
check is the exclusive or of all bytes between $ and *, as two hexadecimal digits. Lines end with
CR LF. A controller that hears no command for 30 s goes to +12 V and withdraws its permit: then the
module hangs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .board import Port

#: Duty cycles that offer nothing: wait, and out of order.
WAIT = 1000
OUT_OF_ORDER = 0
#: The least and the most current there is a duty cycle for, in mA.
LEAST = 6000
MOST = 80000
#: Seconds between commands, and without a status after which the controller counts as gone.
REPEAT = 1
PATIENCE = 3
#: Bytes of the longest line.
LONGEST = 40


def duty_of(milliampere: int) -> int:
    """The duty cycle, in thousandths, that offers a current per phase (IEC 61851-1, annex A).

    Up to 51 A it is I / 0.6 percent, above that I / 2.5 + 64 percent, at most 80 A. Rounded down,
    so that no EV draws more than it may. Less than 6 A cannot be offered: that is a wait.
    """
    if milliampere < LEAST:
        return WAIT
    if milliampere <= 51000:
        return milliampere // 60
    return 640 + min(milliampere, MOST) // 250


def framed(text: str) -> bytes:
    """A line with its check."""
    body = text.encode()
    return f"${text}*{_check(body):02X}\r\n".encode()


def unframed(line: bytes) -> str | None:
    """The text of a line, None where there is none or its check is wrong."""
    start = line.find(b"$")
    end = line.find(b"*", start + 1)
    if start < 0 or end < 0:
        return None
    body = line[start + 1 : end]
    try:
        if int(line[end + 1 :], 16) != _check(body):
            return None
        return body.decode()
    except ValueError:
        return None


def _check(body: bytes) -> int:
    check = 0
    for byte in body:
        check ^= byte
    return check


class Pilot:
    """What the controller says, and what it is told."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._rest = b""
        #: As last heard; "" while unknown.
        self.state = ""
        #: What the cable may carry, in mA; 0 where the controller knows no limit.
        self.cable = 0
        #: In degrees Celsius.
        self.temperature = 0
        self._duty = WAIT
        self._told_at = -REPEAT
        self._heard_at = 0

    def start(self, now: int) -> None:
        """The controller's time to be heard begins; what it said before is of another life."""
        self._port.receive()
        self._heard_at = now
        self._tell(now)

    def poll(self, now: int) -> None:
        """Takes in what has arrived, and repeats the command where it is time to."""
        self._rest += self._port.receive()
        while True:
            end = self._rest.find(b"\n")
            if end < 0:
                break
            line = self._rest[:end]
            self._rest = self._rest[end + 1 :]
            self._understand(unframed(line), now)
        if len(self._rest) > LONGEST:
            self._rest = b""  # noise without an end of line
        if self.is_lost(now):
            self.state = ""
        if now - self._told_at >= REPEAT:
            self._tell(now)

    def is_lost(self, now: int) -> bool:
        """Whether the controller is silent, or what comes makes no sense. Ask after `poll`."""
        return now - self._heard_at > PATIENCE

    def set(self, duty: int, now: int) -> None:
        """The duty cycle from now on, in thousandths."""
        if duty != self._duty:
            self._duty = duty
            self._tell(now)

    def _tell(self, now: int) -> None:
        self._told_at = now
        self._port.send(framed(f"D,{self._duty}"))

    def _understand(self, text: str | None, now: int) -> None:
        parts = [] if text is None else text.split(",")
        if len(parts) != 4 or parts[0] != "P" or parts[1] not in ("A", "B", "C", "D", "E", "F"):
            return
        try:
            cable = int(parts[2])
            temperature = int(parts[3])
        except ValueError:
            return
        self.state = parts[1]
        self.cable = cable * 1000
        self.temperature = temperature
        self._heard_at = now
