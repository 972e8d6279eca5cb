"""A board with stock MicroPython, such as an ESP32: stands for `board` there. Portable.

Boards differ: whatever may be missing is asked for once and done without. The network is a WLAN
if the settings name one; otherwise boot.py, or whatever runs before, has brought it up.
"""

from __future__ import annotations

import gc
from typing import Any

import machine
import ubinascii
import uhashlib
import uos
import urandom
import utime

from device_bundle.runtime.console import Console
from device_bundle.runtime.settings import Settings

try:
    import network
except ImportError:
    network = None  # type: ignore[assignment]  # a board whose network is not MicroPython's


# Seconds a watchdog has at least: looking a name up may take that long, and nobody feeds it then.
_WATCHDOG_LEAST = 60
# Bytes after which garbage is collected, long before the heap is full: what lives stays together.
_GARBAGE = 32768


class Board:
    """One board; the same functions as those of a QuecPython module."""

    def __init__(self, watchdog: int, console: bool) -> None:
        """watchdog: seconds without `feed` after which the board restarts, 0 for none.

        Less than a minute counts as a minute.
        """
        threshold = getattr(gc, "threshold", None)  # not every port is built with it
        if threshold is not None:
            threshold(_GARBAGE)
        self.imei = ""
        if hasattr(machine, "unique_id"):
            self.imei = ubinascii.hexlify(machine.unique_id()).decode()
        self._watchdog: Any = None
        self._watchdog_seconds = max(watchdog, _WATCHDOG_LEAST) if watchdog > 0 else 0
        self._wlan: Any = None
        self._mem_free: Any = getattr(gc, "mem_free", None)
        self._console = Console(console)
        digest = uhashlib.sha256(self.imei.encode())
        digest.update(str(utime.ticks_us()).encode())
        digest.update(str(utime.localtime()).encode())
        digest.update(uos.urandom(8))
        urandom.seed(int.from_bytes(digest.digest()[:4], "big"))

    def random(self, bits: int) -> int:
        """That many random bits, at most 30."""
        return urandom.getrandbits(bits)

    def sha1(self, data: bytes) -> bytes:
        """SHA-1 digest."""
        return uhashlib.sha1(data).digest()

    def to_base64(self, data: bytes) -> bytes:
        """Base64 with a line feed at the end."""
        return ubinascii.b2a_base64(data)

    def from_hex(self, digits: str) -> bytes:
        """Bytes of pairs of hexadecimal digits; raises ValueError for anything else."""
        return ubinascii.unhexlify(digits)

    def woken_by_watchdog(self) -> bool:
        """Whether the board was restarted because the software hung."""
        if not hasattr(machine, "WDT_RESET"):
            return False
        return machine.reset_cause() == machine.WDT_RESET

    def network_ready(self) -> bool:
        """Whether the WLAN of the settings is joined, which the first call begins."""
        if network is None or not Settings.wlan_name:
            return True
        if self._wlan is None:
            self._join()
        return bool(self._wlan.isconnected())

    def restart_network(self) -> None:
        """Switch the radio off and on, which cures most connections that hang."""
        if self._wlan is not None:
            self._wlan.active(False)
            utime.sleep_ms(2000)
            self._join()

    def network_trouble(self) -> str:
        """What keeps the network from being there, "" if nothing is found."""
        if self._wlan is None or self._wlan.isconnected():
            return ""
        return f"WLAN not joined, status {self._wlan.status()}"

    def redial(self) -> bool:
        """Join the WLAN anew; False where that is not ours to do."""
        if self._wlan is None:
            return False
        self._wlan.disconnect()
        self._join()
        return True

    def collect(self) -> int:
        """Collect garbage; the bytes of heap free after it, -1 if the board cannot tell."""
        gc.collect()
        free: int = -1 if self._mem_free is None else self._mem_free()
        return free

    def feed(self) -> None:
        """Tell the watchdog that the main loop turns. The first call starts it."""
        if self._watchdog is not None:
            self._watchdog.feed()
        elif self._watchdog_seconds:
            try:
                self._watchdog = machine.WDT(timeout=self._watchdog_seconds * 1000)
            except (AttributeError, OSError, TypeError, ValueError):
                self._watchdog_seconds = 0
                self.log("warning", "this board has no watchdog of that many seconds")

    def restart(self) -> None:
        """Restart the board; does not return."""
        utime.sleep_ms(200)  # lets the last bytes leave socket and console
        if hasattr(machine, "reset"):
            machine.reset()
        machine.soft_reset()

    def log(self, level: str, text: str) -> None:
        """A line of the log, on the console."""
        print(f"{utime.ticks_ms() // 1000} {level} {text}")

    def read_command(self) -> str | None:
        """A line typed at the console, without its end; None while there is none."""
        return self._console.read()

    def _join(self) -> None:
        self._wlan = network.WLAN(network.STA_IF)
        self._wlan.active(True)
        self._wlan.connect(Settings.wlan_name, Settings.wlan_password)
