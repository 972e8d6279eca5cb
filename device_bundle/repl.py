"""Talks to the REPL of a module over its serial port.

QuecPython has the friendly REPL only, made for people: what is typed is echoed, and a prompt says
that it was done. Stock MicroPython also has the raw REPL, which echoes nothing and keeps output and
errors apart.
"""

from __future__ import annotations

import time
from typing import Protocol

_INTERRUPT = b"\r\x03\x03"
_PROMPT = b">>> "
_RAW_ON, _RAW_OFF, _END = b"\x01", b"\x02", b"\x04"
_RAW_PROMPT = b"\r\n>"
_RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_TRACEBACK = "Traceback (most recent call last):"
#: What a module without flow control takes at once, and the seconds it needs between two of them.
_PIECE, _PAUSE = 256, 0.01
#: Seconds that one attempt to stop a program may take.
_TRY = 2.0


class DeviceError(Exception):
    """The module cannot be reached, or refuses; the text says what to do."""


class Port(Protocol):
    """What is needed of a serial port."""

    def read(self) -> bytes:
        """What has come, or b"" if nothing did for a moment; raises DeviceError."""

    def write(self, data: bytes) -> None:
        """Send all of it; raises DeviceError."""


class Repl:
    """The friendly REPL: every command is one line."""

    def __init__(self, port: Port, patience: float) -> None:
        """patience: seconds after which a module that says nothing counts as silent."""
        self._port = port
        self._patience = patience

    def open(self) -> None:
        """Stop the program that runs, if any, and get a prompt. Raises DeviceError."""
        # What is typed reads otherwise than what it prints, so the echo is no answer.
        ready = (b"ready\r\n" + _PROMPT, b"ready\n" + _PROMPT)
        self._enter((_PROMPT,), b"print('re'+'ady')\r", ready)

    def _enter(
        self, stopped: tuple[bytes, ...], command: bytes, entered: tuple[bytes, ...]
    ) -> None:
        """Interrupt, then send a command and see its effect; again until patience ends.

        A module may lose what comes while a program is being stopped.
        """
        give_up = time.monotonic() + self._patience
        heard = b""
        while True:
            self._port.write(_INTERRUPT)
            is_stopped, more = self._listen(stopped)
            heard += more
            if is_stopped:
                self._port.write(command)
                is_in, more = self._listen(entered)
                heard += more
                if is_in:
                    return
            if time.monotonic() >= give_up:
                raise DeviceError(_silence(heard, self._patience))

    def _listen(self, ends: tuple[bytes, ...]) -> tuple[bool, bytes]:
        """Whether one of these comes within a try, and what came."""
        data = bytearray()
        give_up = time.monotonic() + min(_TRY, self._patience)
        while time.monotonic() < give_up:
            data += self._port.read()
            if data.endswith(ends):
                return True, bytes(data)
        return False, bytes(data)

    def run(self, code: str) -> str:
        """What a line of code prints; raises DeviceError where it raises on the module.

        The line must not contain a prompt.
        """
        self._port.write(code.encode() + b"\r")
        answer = self._read_to(_PROMPT).decode(errors="replace").removesuffix(_PROMPT.decode())
        output = answer.partition("\n")[2]
        if _TRACEBACK in output:
            raise DeviceError(_failure(output))
        return output.strip()

    def close(self) -> None:
        """Leave the REPL as people expect it."""

    def _read_to(self, end: bytes) -> bytes:
        """What comes up to and with `end`; raises DeviceError once the module is silent."""
        data = bytearray()
        silent_at = time.monotonic() + self._patience
        while not data.endswith(end):
            more = self._port.read()
            if more:
                data += more
                silent_at = time.monotonic() + self._patience
            elif time.monotonic() >= silent_at:
                raise DeviceError(_silence(bytes(data), self._patience))
        return bytes(data)


class RawRepl(Repl):
    """The raw REPL of stock MicroPython."""

    def open(self) -> None:
        """Stop the program that runs, if any, and enter the raw mode. Raises DeviceError."""
        self._enter((_PROMPT, _RAW_PROMPT), _RAW_ON, (_RAW_BANNER,))

    def run(self, code: str) -> str:
        """What code prints; raises DeviceError where it raises on the module."""
        data = code.encode() + _END
        for at in range(0, len(data), _PIECE):
            self._port.write(data[at : at + _PIECE])
            time.sleep(_PAUSE)
        answer = self._read_to(_END + b">")
        output, _, error = answer.removesuffix(_END + b">").partition(_END)
        if error:
            raise DeviceError(_failure(error.decode(errors="replace")))
        return output.decode(errors="replace").removeprefix("OK").strip()

    def close(self) -> None:
        """Back to the friendly REPL."""
        self._port.write(_RAW_OFF)


def _failure(traceback: str) -> str:
    lines = [line.strip() for line in traceback.strip().splitlines()]
    return f"the module answers: {lines[-1]}"


def _silence(heard: bytes, patience: float) -> str:
    if not heard:
        return (
            f"the module says nothing for {patience:g} s; is it powered, is this its REPL port, "
            "and is no other program using it?"
        )
    last = heard[-60:].decode(errors="replace").strip()
    return f"the module does not give a prompt; the last it said: {last!r}"
