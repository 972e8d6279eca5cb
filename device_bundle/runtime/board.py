"""The module this runs on: its identity, network, randomness, watchdog, console. Portable.

The only file besides `streams` and `tls` that calls QuecPython's own modules. Firmware differs:
whatever may be missing is asked for once and done without.
"""

from __future__ import annotations

import gc
from typing import Any

import checkNet
import dataCall
import modem
import net
import sim
import ubinascii
import uhashlib
import uos
import urandom
import utime
from misc import Power

from device_bundle.runtime.console import Console

# checkNet.waitNetworkReady: stage 3, state 1 is "network and data call are up".
_READY = (3, 1)
# misc.Power.powerOnReason: the watchdog, and a crash of the firmware.
_WATCHDOG = (5, 9)
# The data call everything uses.
_PROFILE = 1
# Seconds a watchdog has at least: looking a name up may take that long, and nobody feeds it then.
_WATCHDOG_LEAST = 60
# Bytes after which garbage is collected, long before the heap is full: what lives stays together.
_GARBAGE = 32768


class Board:
    """One QuecPython module."""

    def __init__(self, watchdog: int, console: bool) -> None:
        """watchdog: seconds without `feed` after which the module restarts, 0 for none.

        Less than a minute counts as a minute.
        """
        threshold = getattr(gc, "threshold", None)  # firmware without it waits for a full heap
        if threshold is not None:
            threshold(_GARBAGE)
        self._mem_free: Any = getattr(gc, "mem_free", None)
        imei = modem.getDevImei()  # -1 if the firmware cannot tell
        self.imei = imei if isinstance(imei, str) else ""
        self._watchdog: Any = None
        self._watchdog_seconds = max(watchdog, _WATCHDOG_LEAST) if watchdog > 0 else 0
        self._console = Console(console)
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
            state = dataCall.getInfo(_PROFILE, 0)
            return isinstance(state, tuple) and state[2][0] == 1

    def network_trouble(self) -> str:
        """What keeps the network from being there, "" if nothing is found or told.

        Functions that are missing, and answers of -1, tell nothing.
        """
        for look in (_sim_trouble, _signal_trouble, _registration_trouble):
            try:
                found = look()
            except (AttributeError, OSError):
                continue  # this firmware cannot tell
            if found:
                return found
        return ""

    def redial(self) -> bool:
        """Dial the data call anew; False where the firmware has no function for it."""
        try:
            dataCall.deactivate(_PROFILE)
            dataCall.activate(_PROFILE)
        except AttributeError:  # firmware before 2023
            return False
        return True

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

    def collect(self) -> int:
        """Collect garbage; the bytes of heap free after it, -1 if the firmware cannot tell."""
        gc.collect()
        free: int = -1 if self._mem_free is None else self._mem_free()
        return free

    def restart(self) -> None:
        """Restart the module; does not return."""
        utime.sleep_ms(200)  # lets the last bytes leave socket and console
        Power.powerRestart()

    def log(self, level: str, text: str) -> None:
        """A line of the log, on the console."""
        print(f"{utime.ticks_ms() // 1000} {level} {text}")

    def read_command(self) -> str | None:
        """A line typed at the console, without its end; None while there is none."""
        return self._console.read()


def _sim_trouble() -> str:
    status = sim.getStatus()
    if status == 0:
        return "no SIM card"
    return "" if status in (-1, 1) else f"the SIM card is not ready, status {status}"


def _signal_trouble() -> str:
    return "no signal" if net.csqQueryPoll() == 99 else ""


def _registration_trouble() -> str:
    state = net.getState()
    if not isinstance(state, tuple) or state[1][0] in (-1, 1, 5):  # at home, or roaming
        return ""
    return "registration denied" if state[1][0] == 3 else f"not registered, state {state[1][0]}"
