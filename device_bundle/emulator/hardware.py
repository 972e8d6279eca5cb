"""What is wired to an emulated module: devices at its serial ports, and levels at its pins.

    with Hardware() as hardware:
        hardware.attach(2, Meter(), baud=9600)
        emulator = Emulator(bundle, options=hardware.options)
        emulator.start()
        hardware.wait_for(pin=1, level=1)

The module asks, and waits for each answer (`modules/hardware_bus.py`): what a device answers to
a write is there when the program reads next, however busy this computer is.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from device_bundle.emulator import EmulatorError

#: What a wrong baud rate or parity makes of each byte.
_GARBLED = 0x5A
#: Bytes a port holds for a program that does not read; what comes then is lost.
_ROOM = 4096


class Device(Protocol):
    """Something at a serial port. Both methods are called in a thread of their own."""

    def receive(self, data: bytes) -> bytes:
        """The module sent this; what the device answers at once."""
        ...

    def poll(self) -> bytes:
        """The module is about to read; what the device says unasked."""
        ...


class _Port:
    """One UART: who is attached, how it speaks, and what waits to be read."""

    def __init__(self, device: Device | None = None, baud: int = 0, parity: int = 0) -> None:
        self.device = device
        self.spoken = (baud, parity)
        self.opened = (0, 0)
        self.waiting = bytearray()

    def put(self, data: bytes) -> None:
        room = _ROOM - len(self.waiting)
        self.waiting += self.distorted(data)[:room]

    def distorted(self, data: bytes) -> bytes:
        """The bytes as they arrive where the two ends are set differently."""
        if self.device is None or self.opened == self.spoken:
            return data
        return bytes(byte ^ _GARBLED for byte in data)


class Hardware:
    """The host's end of the wire. Levels outlive the module, its outputs fall low with it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._changed = threading.Condition()
        self._ports: dict[int, _Port] = {}
        self._inputs: dict[int, int] = {}
        self._outputs: dict[int, int] = {}
        self._edges: dict[int, list[int]] = {}
        self._watchers: list[Callable[[int, int], None]] = []
        self._connection: socket.socket | None = None
        self._tasks: dict[str, Callable[..., str]] = {
            "in": self._do_in,
            "edges": self._do_edges,
            "open": self._do_open,
            "close": self._do_close,
            "take": self._do_take,
        }
        self._thread = threading.Thread(target=self._serve, name="hardware", daemon=True)
        self._thread.start()

    def __enter__(self) -> Hardware:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def options(self) -> dict[str, int]:
        """For `Emulator(options=...)`."""
        return {"hardware": self._listener.getsockname()[1]}

    def attach(self, port: int, device: Device, baud: int, parity: int = 0) -> None:
        """Connects a device to a UART; `baud` and `parity` are the device's."""
        with self._changed:
            self._ports[port] = _Port(device, baud, parity)

    def send(self, port: int, data: bytes) -> None:
        """Bytes come in at a UART, from whatever is attached there."""
        with self._changed:
            self._port(port).put(data)

    def set_level(self, pin: int, level: int | None) -> None:
        """An input is high or low from now on; None: nothing drives it, its resistor decides."""
        with self._changed:
            old = self._inputs.get(pin, 1)
            if level is None:
                self._inputs.pop(pin, None)
            else:
                self._inputs[pin] = level
            new = self._inputs.get(pin, 1)
            if new != old:
                self._edges.setdefault(pin, [0, 0])[0 if new else 1] += 1

    def level(self, pin: int) -> int:
        """What the module puts out at a pin; 0 while it does not."""
        with self._changed:
            return self._outputs.get(pin, 0)

    def watch(self, told: Callable[[int, int], None]) -> None:
        """`told(pin, level)` hears of every change of an output, before the program goes on."""
        self._watchers.append(told)

    def wait_for(self, pin: int, level: int, timeout: float = 60) -> None:
        """Waits until an output has that level. Raises EmulatorError if it does not come.

        timeout: seconds of this computer.
        """
        give_up = time.monotonic() + timeout
        with self._changed:
            while self._outputs.get(pin, 0) != level:
                left = give_up - time.monotonic()
                if left <= 0:
                    raise EmulatorError(f"pin {pin} did not become {level} within {timeout} s")
                self._changed.wait(left)

    def ask(self, line: str) -> str:
        """Answers one line of a module (`modules/q_pins.py` writes them)."""
        kind, *numbers = line.split()
        if kind == "write":
            self._write(int(numbers[0]), bytes.fromhex("".join(numbers[1:])))
            return ""
        values = [int(number) for number in numbers]
        if kind == "out":
            self._put_out(*values)
            return ""
        with self._changed:
            return self._tasks[kind](*values)

    def close(self) -> None:
        """Ends the wire; a module that runs finds nothing wired any more."""
        _end(self._listener)
        if self._connection is not None:
            _end(self._connection)
        self._thread.join()

    def _serve(self) -> None:
        """One module after another: each start of the program is a connection."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connection = connection
            with connection, connection.makefile("rw", encoding="ascii", newline="\n") as stream:
                try:
                    for line in stream:
                        stream.write(self.ask(line) + "\n")
                        stream.flush()
                except OSError:
                    pass  # the module was switched off in the middle of a line
            self._fall()

    def _do_in(self, pin: int, pull: int) -> str:
        return str(self._inputs.get(pin, 1 if pull == 1 else 0))

    def _do_edges(self, pin: int) -> str:
        rising, falling = self._edges.get(pin, (0, 0))
        return f"{rising} {falling}"

    def _do_open(self, number: int, baud: int, parity: int, stop: int) -> str:
        port = self._port(number)
        port.opened = (baud, parity)
        port.waiting.clear()
        return ""

    def _do_close(self, number: int) -> str:
        self._port(number).opened = (0, 0)
        return ""

    def _do_take(self, number: int) -> str:
        port = self._port(number)
        if port.device is not None:
            port.put(port.device.poll())
        data = bytes(port.waiting)
        port.waiting.clear()
        return data.hex()

    def _write(self, number: int, data: bytes) -> None:
        with self._changed:
            port = self._port(number)
            if port.device is not None:
                port.put(port.device.receive(port.distorted(data)))

    def _put_out(self, pin: int, level: int) -> None:
        with self._changed:
            if self._outputs.get(pin, 0) == level:
                return
            self._outputs[pin] = level
            self._changed.notify_all()
        for told in self._watchers:
            told(pin, level)

    def _fall(self) -> None:
        for pin in [pin for pin, level in self._outputs.items() if level]:
            self._put_out(pin, 0)

    def _port(self, number: int) -> _Port:
        return self._ports.setdefault(number, _Port())


def _end(sock: socket.socket) -> None:
    """Wakes whoever waits on it, then closes it."""
    with contextlib.suppress(OSError):  # its other end may be gone already
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
