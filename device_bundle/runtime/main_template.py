"""Started by the firmware at power-up: the text of /usr/main.py. MicroPython 1.12 grammar.

It starts the app and keeps why that ended. In bundles that install updates `trial_template` stands
before its last line.
"""
# ruff: noqa: BLE001, F401, PLC0415, PTH123, UP031  # no pathlib, contextlib or f-strings

import uos
import utime

PROJECT_NAME = "@NAME@"
PROJECT_VERSION = "@VERSION@"

# Written at each start and removed once the app has run well: a count of starts that failed.
_STARTS = "/usr/ocpp_starts"
# Why the app ended, and the same of longer ago; at most so many bytes each.
_CRASH = "/usr/ocpp_crash"
_OLD_CRASH = "/usr/ocpp_crash.old"
_MOST = 2000


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read(_MOST)
    except (OSError, ValueError):  # not there, or no text: flash may hold anything
        return ""


def _write(path: str, mode: str, text: str) -> None:
    try:
        with open(path, mode) as file:
            file.write(text)
    except OSError:
        print("cannot write", path)  # a full flash must not keep the charge point from starting


def _keep(error: Exception) -> None:
    import uio

    try:
        import usys as sys
    except ImportError:
        import sys  # type: ignore[no-redef]  # either of the two
    trace = uio.StringIO()
    sys.print_exception(error, trace)
    text = "%s %s: %s\n" % (PROJECT_NAME, PROJECT_VERSION, trace.getvalue()[-1500:])
    print("the app failed:", text)
    if len(_read(_CRASH)) + len(text) > _MOST:
        try:
            uos.rename(_CRASH, _OLD_CRASH)
        except OSError:
            uos.remove(_OLD_CRASH)  # a file system where renaming does not replace
            uos.rename(_CRASH, _OLD_CRASH)
    _write(_CRASH, "a", text)


def _main() -> None:
    starts = _read(_STARTS)
    failed = int(starts) if starts.isdigit() else 0
    print(PROJECT_NAME, PROJECT_VERSION)
    # Time for Ctrl-C at the console; longer once the app seems unable to run.
    if failed >= 3:
        print("safe mode: %d failed starts, waiting 60 s; Ctrl-C for the console" % failed)
        utime.sleep(60)
    else:
        utime.sleep(1)
    _write(_STARTS, "w", str(failed + 1))
    try:
        import micropython

        micropython.opt_level(3)  # no line numbers: they cost heap, and the bundle has few lines
    except (AttributeError, ImportError):
        pass  # firmware without it runs the app all the same
    try:
        import usr.app
    except Exception as error:
        try:
            _keep(error)
        except Exception:
            print("the app failed:", repr(error))  # no memory, or no flash, to keep more of it
    from misc import Power

    utime.sleep(10)
    Power.powerRestart()


_main()
