# State shared by the emulated modules: options, the scaled clock, restarting.
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
    "imei": "866340050000017",
    "reason": 1,  # misc.Power.powerOnReason(): 1 power key, 5 watchdog
    "send": 0,  # bytes a socket takes at a time, 0: as many as it can
}
options.update(json.loads(os.getenv("EMULATOR") or "{}"))

# The folder of the host that is "/".
root = sys.argv[1]
speed = options["speed"]
_start = time.ticks_us()
_epoch = int(time.time())
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


def sleep(seconds):
    # In slices, so that emulated timers come at their time.
    left = real(seconds)
    while left > 0:
        for poll in idle:
            poll()
        part = min(left, 0.05) if idle else left
        time.sleep(part)
        left -= part


def leave(code):
    sys.exit(code)


def flag(name):
    # Switches the launcher sets while running: files in /.emulator of the root.
    try:
        os.stat("/.emulator/" + name)
    except OSError:
        return False
    return True
