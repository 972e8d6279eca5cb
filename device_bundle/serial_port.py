"""A module's serial port, by way of pyserial; what goes wrong there becomes a sentence."""

from __future__ import annotations

import errno
from types import TracebackType

import serial
from serial.tools import list_ports

from device_bundle.repl import DeviceError

#: Seconds that reading waits, and that writing may take.
_READ, _WRITE = 0.1, 20


class SerialPort:
    """An open serial port, as `repl.Port` wants one."""

    def __init__(self, name: str, baud: int) -> None:
        """Raises DeviceError where the port is missing, busy, or not for this user."""
        self._name = name
        try:
            self._serial = serial.Serial(
                name, baud, timeout=_READ, write_timeout=_WRITE, exclusive=True
            )
        except (serial.SerialException, ValueError) as error:
            raise DeviceError(_reason(name, error)) from None

    def __enter__(self) -> SerialPort:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._serial.close()

    def read(self) -> bytes:
        """What has come, or b"" if nothing did for a moment; raises DeviceError."""
        try:
            data: bytes = self._serial.read(self._serial.in_waiting or 1)
        except (serial.SerialException, OSError) as error:
            raise DeviceError(_lost(self._name, error)) from None
        return data

    def write(self, data: bytes) -> None:
        """Send all of it; raises DeviceError."""
        try:
            self._serial.write(data)
            self._serial.flush()
        except (serial.SerialException, OSError) as error:
            raise DeviceError(_lost(self._name, error)) from None


def _reason(name: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK):
        return f"{name}: another program is using the port; close it and try again"
    if number == errno.EACCES:
        return f"{name}: you may not use this port; on Linux, join the group that owns it"
    if number == errno.ENOENT:
        found = ", ".join(port.device for port in list_ports.comports())
        return f"{name}: there is no such port; there are: {found or 'none'}"
    return f"{name}: the port cannot be opened: {error}"


def _lost(name: str, error: Exception) -> str:
    return (
        f"{name}: the connection to the module broke ({error}); "
        "upload again, and what is there already is skipped"
    )
