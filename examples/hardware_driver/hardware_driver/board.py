"""The module's pins and serial ports, as the rest of this driver uses them. Portable.

The one file that calls the firmware's `machine` and `utime`. A computer has neither: there every
contact reads open and nothing ever arrives, so that `ocpp-kernel check` can make the plugin.

GPIO numbers are those of the names: `Pin.GPIO7` is 7. Number 0 stands for "not wired".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Bytes taken from a port in one turn at most, so that a babbling device cannot hold the loop.
MOST = 256


class Port:
    """One UART. Reading never waits: what is not there yet is there in a later turn."""

    def __init__(self, uart: Any) -> None:
        self._uart = uart

    def receive(self) -> bytes:
        """What arrived since the last call, b"" for nothing."""
        uart = self._uart
        count: int = 0 if uart is None else uart.any()
        if count <= 0:
            return b""
        data: bytes | None = uart.read(min(count, MOST))
        return data or b""

    def send(self, data: bytes) -> None:
        """Hands bytes to the UART, which sends them while the loop goes on."""
        if self._uart is not None:
            self._uart.write(data)


class Output:
    """A pin that switches something; low until told otherwise."""

    def __init__(self, pin: Any) -> None:
        self._pin = pin

    def write(self, on: bool) -> None:
        """High or low."""
        if self._pin is not None:
            self._pin.write(1 if on else 0)


class Contact:
    """A contact to ground at a pin with a pull-up. A broken wire reads as open."""

    def __init__(self, pin: Any) -> None:
        self._pin = pin

    @property
    def is_wired(self) -> bool:
        """Whether there is a pin."""
        return self._pin is not None

    def is_closed(self) -> bool:
        """Whether the contact is closed now."""
        return self._pin is not None and self._pin.read() == 0


class Board:
    """Opens ports and pins of the module this runs on."""

    def __init__(self) -> None:
        self._machine: Any = None
        self._utime: Any = None
        try:
            import machine  # noqa: PLC0415 - a computer has none
            import utime  # noqa: PLC0415 - as above

            self._machine = machine
            self._utime = utime
        except ImportError:
            pass  # a computer: see above

    @property
    def is_module(self) -> bool:
        """Whether there is hardware at all."""
        return self._machine is not None

    def port(self, number: int, baud: int, parity: int, direction_pin: int) -> Port:
        """UART of that number, 8 data bits, 1 stop bit; parity 0 none, 1 even, 2 odd.

        A `direction_pin` above 0 drives the RS-485 transceiver: high while sending.
        """
        machine = self._machine
        if machine is None or number < 0:
            return Port(None)
        uart = machine.UART(number, baud, 8, parity, 1, 0)
        if direction_pin > 0:
            uart.control_485(direction_pin, 1)
        return Port(uart)

    def output(self, number: int) -> Output:
        """A pin for a relay, a motor or a lamp, low from here on."""
        machine = self._machine
        if machine is None or number <= 0:
            return Output(None)
        return Output(machine.Pin(number, machine.Pin.OUT, machine.Pin.PULL_DISABLE, 0))

    def contact(self, number: int) -> Contact:
        """A pin for a contact to ground."""
        machine = self._machine
        if machine is None or number <= 0:
            return Contact(None)
        return Contact(machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_PU, 0))

    def button(self, number: int, pressed: Callable[[Any], None]) -> Any:
        """Calls `pressed` for each press of a button to ground, however short it was.

        The firmware calls between two instructions of whatever runs: `pressed` sets a flag and
        does nothing else. Keep what is returned, or the firmware may forget the callback.
        """
        machine = self._machine
        if machine is None or number <= 0:
            return None
        kind = machine.ExtInt
        interrupt = kind(number, kind.IRQ_FALLING, kind.PULL_PU, pressed)
        interrupt.enable()
        return interrupt

    def pause(self, milliseconds: int) -> None:
        """Waits. Only for the lock's motor, whose outcome is an answer to be given at once."""
        if self._utime is not None:
            self._utime.sleep_ms(milliseconds)
