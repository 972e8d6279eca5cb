"""The module this runs on: its identity, network, randomness, watchdog, console. Portable.

The only file besides `streams` and `tls` that calls QuecPython's own modules. Firmware differs:
whatever may be missing is asked for once and done without.
"""

from __future__ import annotations

from typing import Any

import checkNet
import dataCall
import modem
import net
import ubinascii
import uhashlib
import uos
import urandom
import utime
from misc import Power

# checkNet.waitNetworkReady: stage 3, state 1 is "network and data call are up".
_READY = (3, 1)
# misc.Power.powerOnReason: the watchdog, and a crash of the firmware.
_WATCHDOG = (5, 9)
# Characters of the console taken in one turn at most.
_TYPED = 80


class Board:
    """One QuecPython module."""

    def __init__(self, watchdog: int, console: bool) -> None:
        """watchdog: seconds without `feed` after which the module restarts, 0 for none."""
        imei = modem.getDevImei()  # -1 if the firmware cannot tell
        self.imei = imei if isinstance(imei, str) else ""
        self._watchdog: Any = None
        self._watchdog_seconds = watchdog
        self._console: Any = None
        self._stdin: Any = None
        self._line = ""
        if console:
            self._open_console()
        self._seed()

    def _seed(self) -> None:
        """Seed the generator: it, and uos.urandom on old firmware, repeat after each start."""
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
        """Whether the module was restarted because the software, or the firmware, hung."""
        return Power.powerOnReason() in _WATCHDOG

    def network_ready(self) -> bool:
        """Whether the module is registered and its data call is up. Takes up to a second."""
        try:
            return checkNet.waitNetworkReady(1) == _READY
        except AttributeError:  # firmware before 2022
            state = dataCall.getInfo(1, 0)
            return isinstance(state, tuple) and state[2][0] == 1

    def restart_network(self) -> None:
        """Switch the radio off and on, which cures most registrations that hang."""
        net.setModemFun(0)
        utime.sleep_ms(2000)
        net.setModemFun(1)

    def feed(self) -> None:
        """Tell the watchdog that the main loop turns. The first call starts it."""
        if self._watchdog is not None:
            self._watchdog.feed()
        elif self._watchdog_seconds:
            import machine  # noqa: PLC0415  # only where a watchdog is wanted

            self._watchdog = machine.WDT(self._watchdog_seconds)

    def restart(self) -> None:
        """Restart the module; does not return."""
        utime.sleep_ms(200)  # lets the last bytes leave socket and console
        Power.powerRestart()

    def log(self, level: str, text: str) -> None:
        """A line of the log, on the console."""
        print(f"{utime.ticks_ms() // 1000} {level} {text}")

    def read_command(self) -> str | None:
        """A line typed at the console, without its end; None while there is none."""
        console = self._console
        if console is None:
            return None
        for _ in range(_TYPED):
            waiting = False
            for _ in console.ipoll(0):
                waiting = True
                character = self._stdin.read(1)
                if not character:
                    self._console = None
                    return None
                if character in "\r\n":
                    line, self._line = self._line.strip(), ""
                    return line or None
                if len(self._line) < 256:
                    self._line += character
            if not waiting:
                return None
        return None

    def _open_console(self) -> None:
        try:
            try:  # firmware has it by one name or the other
                import usys as sys  # noqa: PLC0415  # not at the top: old firmware lacks uselect
            except ImportError:
                import sys  # type: ignore[no-redef]  # noqa: PLC0415  # the same

            import uselect  # noqa: PLC0415

            self._stdin = sys.stdin
            console = uselect.poll()
            console.register(sys.stdin, uselect.POLLIN)
            console.ipoll(0)
            self._console = console
        except (AttributeError, ImportError, OSError, TypeError):
            self._console = None  # this firmware cannot poll its console
