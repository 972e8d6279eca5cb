# State shared by the emulated modules: options, the scaled clock, restarting.
import gc
import json
import os
import sys
import time

# Exit codes the launcher knows: start again, as after a power cycle or a watchdog.
RESTART = 75
WATCHDOG = 76

options = {
    "hardware": 0,  # port of this computer that pins and UARTs are wired to, 0: to nothing
    "speed": 1,  # emulated seconds per second
    "ticks": 0,  # ticks_ms() at start
    "imei": "866340050000017",  # -1: the firmware cannot tell
    "reason": 1,  # misc.Power.powerOnReason(): 1 power key, 5 watchdog
    "flash": 0,  # bytes of flash uos.statvfs tells of, 0: what the host has
    "cut_copy": -1,  # files app_fota copies before the power fails, -1: it does not
    "send": 0,  # bytes a socket takes at a time, 0: as many as it can
    "clock": 0,  # seconds by which localtime() is wrong
    "gc": 0,  # bytes after which garbage is collected, 0: when there is no room
    "fsync": 0,  # milliseconds until what was written is on the flash
    "sys": "",  # the one name of sys and usys that exists; "": both
    # Faults at random: their chances in a thousand, and where the series begins.
    "seed": 0,
    "errors": 0,  # recv() and send() are interrupted, or have nothing for once
    "gone": 0,  # send() gives up: ETIMEDOUT
    "short": 0,  # recv() and send() do less than they could
    "no_name": 0,  # getaddrinfo() finds nothing
    "refused": 0,  # connect() is refused
    "strict": False,  # what the port has and a device has not is taken away
}
options.update(json.loads(os.getenv("EMULATOR") or "{}"))

# The folder of the host that is "/".
root = sys.argv[1]
speed = options["speed"]
_start = time.ticks_us()
_epoch = int(time.time()) + options["clock"]
_taken = None
# Called whenever the program waits: emulated timers.
idle = []


def started():
    # Time spent on setting up the emulation is not the program's.
    global _start
    _start = time.ticks_us()


def microseconds():
    return int(time.ticks_diff(time.ticks_us(), _start) * speed)


def epoch():
    return _epoch + microseconds() // 1000000


def real(seconds):
    return seconds / speed


def poll():
    if flag("memory"):
        _take_memory()
    for timer in idle:
        timer()


def sleep(seconds):
    # In slices, so that emulated timers come at their time.
    left = real(seconds)
    while left > 0:
        poll()
        part = min(left, 0.05) if idle else left
        time.sleep(part)
        left -= part


def leave(code):
    sys.exit(code)


def _take_memory():
    # Leaves as much as the file says in one piece, for good.
    global _taken
    with open("/.emulator/memory") as file:
        left = int(file.read())
    os.remove("/.emulator/memory")
    kept = bytearray(left)
    for size in (4096, 256, 32, 1):
        try:
            while True:
                _taken = (bytearray(size), _taken)
        except MemoryError:
            pass
    kept = None
    gc.collect()


def flag(name):
    # Switches the launcher sets while running: files in /.emulator of the root.
    try:
        os.stat("/.emulator/" + name)
    except OSError:
        return False
    return True
