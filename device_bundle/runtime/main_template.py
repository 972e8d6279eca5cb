"""Started by the firmware at power-up: the text of /usr/main.py. MicroPython 1.12 grammar."""
# ruff: noqa: BLE001, F401, PLC0415, PTH123, UP031  # no pathlib or f-strings there, and any error

import utime

PROJECT_NAME = "@NAME@"
PROJECT_VERSION = "@VERSION@"

# Written at each start and removed once the app has run well: a count of starts that failed.
_STARTS = "/usr/ocpp_starts"


def _failed_starts() -> int:
    try:
        with open(_STARTS) as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _note_starts(count: int) -> None:
    try:
        with open(_STARTS, "w") as file:
            file.write(str(count))
    except OSError:
        print("cannot write", _STARTS)  # a full flash must not keep the charge point from starting


def _main() -> None:
    failed = _failed_starts()
    print(PROJECT_NAME, PROJECT_VERSION)
    # Time for Ctrl-C at the console; longer once the app seems unable to run.
    if failed >= 3:
        print("safe mode: %d failed starts, waiting 60 s; Ctrl-C for the console" % failed)
        utime.sleep(60)
    else:
        utime.sleep(1)
    _note_starts(failed + 1)
    try:
        import micropython

        micropython.opt_level(3)  # no line numbers: they cost heap, and the bundle has few lines
    except (AttributeError, ImportError):
        pass  # firmware without it runs the app all the same
    try:
        import usr.app
    except Exception as error:
        print("the app failed:", repr(error))
    from misc import Power

    utime.sleep(10)
    Power.powerRestart()


_main()
