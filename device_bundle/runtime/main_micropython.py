"""Started by stock MicroPython at power-up: the text of /main.py."""
# ruff: noqa: BLE001, PLC0415, PTH123  # no pathlib there, and any error

import machine
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


def _main() -> None:
    failed = _failed_starts()
    print(PROJECT_NAME, PROJECT_VERSION)
    # Time for Ctrl-C at the console; longer once the app seems unable to run.
    utime.sleep(60 if failed >= 3 else 1)
    try:
        with open(_STARTS, "w") as file:
            file.write(str(failed + 1))
    except OSError:
        print("cannot write", _STARTS)  # a full flash must not keep the charge point from starting
    import micropython

    micropython.opt_level(3)  # no line numbers: they cost heap, and the bundle has few lines
    try:
        import usr.app  # noqa: F401  # importing it runs it
    except Exception as error:
        print("the app failed:", repr(error))
    utime.sleep(10)
    machine.reset()


_main()
