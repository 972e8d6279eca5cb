# Starts a module as boot.py does, and tells every few seconds what its program keeps on the heap.
# Run as: micropython heap_probe.py ROOT
import gc

import emulated

PERIOD = 5000000  # emulated microseconds

before = 0
due = PERIOD
_started = emulated.started
_microseconds = emulated.microseconds


def started():
    # What the emulation itself takes is the firmware's on a module.
    global before
    _started()
    gc.collect()
    before = gc.mem_alloc()


def microseconds():
    global due
    now = _microseconds()
    if now >= due:
        due = now + PERIOD
        gc.collect()
        print("heap", gc.mem_alloc() - before)
    return now


emulated.started = started
emulated.microseconds = microseconds

import boot  # noqa: E402, F401
