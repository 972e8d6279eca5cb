"""A wallbox to play with: what is wired to the emulated module, and an EV. On a computer.

    python examples/hardware_driver/bench.py build/wallbox

starts the bundle on the emulator; lines typed then happen to the hardware (`help` lists them).
The tests of this driver use the same bench.
"""

from __future__ import annotations

import argparse
import struct
import sys
import tempfile
from collections.abc import Callable

from device_bundle.emulator import Emulator, EmulatorError
from device_bundle.emulator.hardware import Hardware

#: As in hardware_driver.charge_point.Settings.
CONTACTOR, MIRROR, RCD, STOP, LOCK, UNLOCK, LOCKED, LAMP = range(1, 9)
PILOT, METER, READER = 1, 2, 4

VOLTS = 230.0


def modbus_crc(data: bytes) -> bytes:
    """As a meter makes it; apart from the driver's, so that the two check each other."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            low, crc = crc & 1, crc >> 1
            if low:
                crc ^= 0xA001
    return struct.pack("<H", crc)


def check(body: bytes) -> bytes:
    """A line of the pilot controller's protocol, with its check."""
    total = 0
    for byte in body:
        total ^= byte
    return b"$%s*%02X\r\n" % (body, total)


class Meter:
    """A three-phase Modbus meter with address 1."""

    def __init__(self) -> None:
        self.amperes = 0.0
        self.kwh = 1000.0
        #: Wh that are added each time the register is read while current flows.
        self.step = 10
        self.is_silent = False
        self.is_noisy = False
        self.breaks_checksum = False
        #: Bytes handed out at a time; 0 for the whole answer.
        self.piece = 0
        self.requests = 0
        self._left = b""

    def receive(self, data: bytes) -> bytes:
        """Answers a read of input registers; anything else is not for this meter."""
        self.requests += 1
        if self.is_silent or len(data) != 8 or data[:2] != b"\x01\x04":
            return b""
        if modbus_crc(data[:6]) != data[6:]:
            return b""
        first, count = struct.unpack(">HH", data[2:6])
        body = bytes((1, 4, 2 * count)) + b"".join(
            struct.pack(">f", self._register(number)) for number in range(first, first + count, 2)
        )
        answer = body + (b"\0\0" if self.breaks_checksum else modbus_crc(body))
        if self.is_noisy:
            answer = data + b"\xff\x01\x04" + answer  # an echo, and a disturbed line
        self._left = answer[self.piece :] if self.piece else b""
        return answer[: self.piece] if self.piece else answer

    def poll(self) -> bytes:
        """The next piece of an answer that comes in pieces."""
        piece, self._left = self._left[: self.piece], self._left[self.piece :]
        return piece

    def _register(self, number: int) -> float:
        if number == 0x48 and self.amperes:
            self.kwh += self.step / 1000
        values = {
            **dict.fromkeys((0, 2, 4), VOLTS),
            **dict.fromkeys((6, 8, 10), self.amperes),
            0x34: 3 * VOLTS * self.amperes,
            0x46: 50.0,
            0x48: self.kwh,
        }
        return values.get(number, 0.0)


class PilotController:
    """Tells its state whenever it is listened to, and hears the duty cycle."""

    def __init__(self, told: Callable[[], object]) -> None:
        self.state = "A"
        self.cable = 32
        self.temperature = 25
        self.duty = 1000
        self.is_silent = False
        self.is_garbled = False
        self._told = told

    def receive(self, data: bytes) -> bytes:
        """A command with a right check is obeyed."""
        body, _, _ = data.strip().removeprefix(b"$").partition(b"*")
        if check(body) == data and body.startswith(b"D,"):
            duty = int(body[2:])
            if duty != self.duty:
                self.duty = duty
                self._told()
        return b""

    def poll(self) -> bytes:
        """Its state; F while it is told to be out of order."""
        if self.is_silent:
            return b""
        state = self.state if self.duty else "F"
        line = check(f"P,{state},{self.cable},{self.temperature}".encode())
        return bytes(byte ^ 0x41 for byte in line) if self.is_garbled else line


class CardReader:
    """Says nothing but for a card."""

    def receive(self, data: bytes) -> bytes:
        """Hears nothing."""
        return b""

    def poll(self) -> bytes:
        """Says nothing unasked."""
        return b""

    @staticmethod
    def frame(number: str) -> bytes:
        """A card's number as it is sent."""
        total = 0
        for byte in bytes.fromhex(number):
            total ^= byte
        return b"\x02%s%02X\r\n\x03" % (number.encode(), total)


class Bench:
    """The wallbox around the module, and the EV in front of it."""

    def __init__(self, hardware: Hardware) -> None:
        self.hardware = hardware
        self.meter = Meter()
        self.pilot = PilotController(self.settle)
        #: Most the EV draws, in A; it ignores what it is offered if it is greedy.
        self.demand = 16.0
        self.is_greedy = False
        self.is_welded = False
        self.is_jammed = False
        #: Every level the coil had, in order.
        self.coil: list[int] = []
        hardware.attach(PILOT, self.pilot, 115200)
        hardware.attach(METER, self.meter, 9600)
        hardware.attach(READER, CardReader(), 9600)
        for pin in (MIRROR, RCD):
            hardware.set_level(pin, 0)
        hardware.watch(self._switched)

    @property
    def is_live(self) -> bool:
        """Whether the contactor's main contacts are closed."""
        return self.is_welded or self.hardware.level(CONTACTOR) == 1

    def plug(self) -> None:
        """An EV comes and wants energy."""
        self.pilot.state = "B"
        self.settle()

    def unplug(self) -> None:
        """The EV goes."""
        self.pilot.state = "A"
        self.settle()

    def card(self, number: str) -> None:
        """A card is presented."""
        self.hardware.send(READER, CardReader.frame(number))

    def trip(self, tripped: bool) -> None:
        """The residual current device trips, or is set again."""
        self.hardware.set_level(RCD, 1 if tripped else 0)

    def press(self) -> None:
        """Somebody presses the stop button, briefly."""
        self.hardware.set_level(STOP, 0)
        self.hardware.set_level(STOP, 1)

    def weld(self, welded: bool) -> None:
        """The contacts stick together, or do not."""
        self.is_welded = welded
        self.settle()

    def settle(self) -> None:
        """What follows from duty cycle and contacts: the EV's state, and its current."""
        duty, pilot = self.pilot.duty, self.pilot
        offered = duty * 0.06 if duty <= 850 else (duty / 10 - 64) * 2.5
        if pilot.state in ("B", "C"):
            pilot.state = "C" if 100 <= duty <= 960 and self.demand else "B"
        flows = self.is_live and pilot.state == "C"
        drawn = self.demand if self.is_greedy else min(self.demand, offered)
        self.meter.amperes = drawn if flows else 0.0
        self.hardware.set_level(MIRROR, 1 if self.is_live else 0)

    def _switched(self, pin: int, level: int) -> None:
        if pin == CONTACTOR:
            self.coil.append(level)
            self.settle()
        elif level and pin in (LOCK, UNLOCK) and not self.is_jammed:
            self.hardware.set_level(LOCKED, 0 if pin == LOCK else 1)


#: What may be typed.
USAGE = "plug, unplug, card NUMBER, stop, trip, reset, weld, jam, silent, heard, quit"


def obey(bench: Bench, line: str) -> str:
    """Does what a line says; what to tell whoever typed it."""
    name, _, rest = line.strip().partition(" ")
    commands: dict[str, Callable[[], object]] = {
        "plug": bench.plug,
        "unplug": bench.unplug,
        "card": lambda: bench.card(rest.strip() or "04A1B2C3D4"),
        "stop": bench.press,
        "trip": lambda: bench.trip(True),
        "reset": lambda: bench.trip(False),
        "weld": lambda: bench.weld(True),
        "jam": lambda: setattr(bench, "is_jammed", True),
        "silent": lambda: setattr(bench.meter, "is_silent", True),
        "heard": lambda: setattr(bench.meter, "is_silent", False),
    }
    if name not in commands:
        return f"there are: {USAGE}"
    try:
        commands[name]()
    except ValueError:
        return "a card's number is an even number of hexadecimal digits, such as 04A1B2C3D4"
    live, duty = bench.is_live, bench.pilot.duty
    return f"contactor {'closed' if live else 'open'}, duty {duty / 10:.1f} %"


def main(arguments: list[str] | None = None) -> int:
    """Plays until `quit` or the end of the input; 2 for a mistake in the call."""
    parser = argparse.ArgumentParser(description="Run a bundle with hardware to play with.")
    parser.add_argument("bundle", help="folder the bundler wrote")
    parser.add_argument("--data", help="folder that is the module's flash; kept between runs")
    parser.add_argument("--speed", type=float, default=1, help="emulated seconds per second")
    given = parser.parse_args(arguments)
    try:
        with Hardware() as hardware, tempfile.TemporaryDirectory() as folder:
            bench = Bench(hardware)
            with Emulator(
                given.bundle,
                data=given.data or folder,
                speed=given.speed,
                options=hardware.options,
                on_line=lambda text: print(text, flush=True),
            ):
                for line in sys.stdin:
                    if line.strip() == "quit":
                        break
                    print(obey(bench, line), flush=True)
    except EmulatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
