# utime: ticks wrap at 2**30; mktime and localtime(s) assume UTC+8, whatever the zone is.
import time

import chaos
import emulated

_PERIOD = 1 << 30
_HALF = 1 << 29
_zone = 0
_utc = getattr(time, "gmtime", time.localtime)  # older ports: in the zone the launcher sets


def ticks_ms():
    chaos.interrupt()
    return (emulated.microseconds() // 1000 + emulated.options["ticks"]) & (_PERIOD - 1)


def ticks_us():
    return emulated.microseconds() & (_PERIOD - 1)


def ticks_cpu():
    return ticks_us()


def ticks_add(ticks, delta):
    return (ticks + delta) & (_PERIOD - 1)


def ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & (_PERIOD - 1)) - _HALF


def sleep(seconds):
    emulated.sleep(seconds)


def sleep_ms(milliseconds):
    emulated.sleep(milliseconds / 1000)


def sleep_us(microseconds):
    emulated.sleep(microseconds / 1000000)


def time_():
    # Seconds since power-up: the older of the two meanings firmware has.
    return emulated.microseconds() // 1000000


def localtime(seconds=None):
    if seconds is None:
        return _utc(emulated.epoch() + _zone * 3600)[:8]
    return _utc(seconds + 28800)[:8]


def mktime(parts):
    # Not time.mktime: that one follows the zone of the host.
    year, month, day, hour, minute, second = parts[:6]
    month -= 2
    if month <= 0:
        month += 12
        year -= 1
    days = year // 4 - year // 100 + year // 400 + 367 * month // 12 + day + year * 365 - 719499
    return ((days * 24 + hour) * 60 + minute) * 60 + second - 28800


def getTimeZone():
    return _zone


def setTimeZone(hours):
    global _zone
    _zone = hours
    return 0


class MODULE:
    pass


for _name in (
    "ticks_ms", "ticks_us", "ticks_cpu", "ticks_add", "ticks_diff", "sleep", "sleep_ms",
    "sleep_us", "localtime", "mktime", "getTimeZone", "setTimeZone",
):
    setattr(MODULE, _name, staticmethod(globals()[_name]))
MODULE.time = staticmethod(time_)
