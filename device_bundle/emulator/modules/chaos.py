# Faults at random, all drawn from one seed, so that what failed once fails again.
import emulated

_options = emulated.options
_state = _options["seed"] * 2654435761 & 0xFFFFFFFF
_struck = {}


def below(most):
    global _state
    _state = (_state * 1664525 + 1013904223) & 0xFFFFFFFF
    return (_state >> 8) % most


def strikes(name):
    # Whether the fault of this name, whose options is its chance in a thousand, happens now.
    chance = _options[name]
    return chance > 0 and below(1000) < chance


def strikes_once(name):
    # Never twice in a row: who tries again gets there, whatever the dice say.
    _struck[name] = not _struck.get(name) and strikes(name)
    return _struck[name]


def interrupt():
    # A device runs callbacks wherever the program is; here, wherever it calls the firmware.
    if _options["strict"] and emulated.idle and below(4) == 0:
        emulated.poll()
