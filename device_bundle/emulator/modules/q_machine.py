# machine: reset, watchdog, real-time clock; pins and ports are in q_pins.
import time

import emulated
from q_pins import UART, ExtInt, Pin


def reset():
    emulated.leave(emulated.RESTART)


class WDT:
    # Notices a missed feed at the next one; a program that hangs for good is the launcher's.
    def __init__(self, seconds):
        # "patience": so many times as long, on a computer that has others to run as well.
        self._seconds = seconds * emulated.options.get("patience", 1)
        self._fed = emulated.microseconds()

    def feed(self):
        now = emulated.microseconds()
        if now - self._fed > self._seconds * 1000000:
            print("watchdog: not fed for", (now - self._fed) // 1000000, "s")
            emulated.leave(emulated.WATCHDOG)
        self._fed = now

    def stop(self):
        self._fed = 1 << 60


class RTC:
    def datetime(self, parts=None):
        if parts is None:
            now = time.gmtime(emulated.epoch())
            return (now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0)
        return 0
