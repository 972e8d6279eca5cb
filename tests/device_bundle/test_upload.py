"""Uploading by the REPL of a real MicroPython at the other end of a pseudo-terminal."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bundle.repl import DeviceError, RawRepl, Repl
from device_bundle.serial_port import SerialPort
from device_bundle.upload import Report, Upload

#: Seconds without a byte after which a test gives a module up; a failed test, never a measurement.
PATIENCE = 60

#: Becomes the program of its arguments, with the console as its controlling terminal.
LAUNCH = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""

#: Makes a folder the module's file system, as the first thing the interpreter does.
ENTER = """
import os
os.umount("/")
os.mount(os.VfsPosix({root!r}), "/")
os.chdir("/")
"""

#: Counts what is written through open() and, as `fault` says, breaks some of it.
FAULTY = """
import builtins
_open = builtins.open
class Faulty:
    left = {left}
    def __init__(self, path, mode):
        self.file, self.path = _open(path, mode), path
    def write(self, data):
        Faulty.left -= len(data)
        if Faulty.left < 0:
            {fault}
        return self.file.write(data)
    def read(self, size):
        return self.file.read(size)
    def close(self):
        self.file.close()
builtins.open = Faulty
"""

FILES = {
    "/usr/kernel.mpy": bytes(range(256)) * 9,
    "/usr/app.mpy": b"M\x06\x00\x1f" + b">>> \r\n\x01\x04'\"\\" * 70,
    "/usr/empty.mpy": b"",
    "/usr/main.py": b"print('started')\n",
}


class Module:
    """A module: an interpreter, its file system in a folder, and the port to reach it by."""

    def __init__(self, root: Path, interpreter: Path) -> None:
        self.root = root
        self._interpreter = interpreter
        # Two terminals with a wire between them: the port, and the module's console.
        self._outside, self._port = os.openpty()
        tty.setraw(self._port)
        self.port = os.ttyname(self._port)
        self._inside, self._console = os.openpty()
        mode = termios.tcgetattr(self._console)
        mode[1] &= ~termios.OPOST  # a module sends what it prints as it is,
        mode[3] &= ~termios.ECHO  # and echoes only where its program does
        termios.tcsetattr(self._console, termios.TCSANOW, mode)
        self._process: subprocess.Popen[bytes] | None = None
        self._powered = threading.Event()
        self._awaited = b">>> "
        self._interrupted = False
        self._unplugged, unplug = os.pipe()
        self._ends = [self._outside, self._port, self._inside, self._console, unplug]
        self._wire = threading.Thread(target=self._carry)
        self._wire.start()

    def _carry(self) -> None:
        to = {self._outside: self._inside, self._inside: self._outside}
        said = b""
        while True:
            ready, _, _ = select.select([*to, self._unplugged], [], [])
            if self._unplugged in ready:
                return
            for end in ready:
                data = os.read(end, 4096)
                if end == self._outside:
                    data = self._once(data)
                else:
                    self._interrupted = False
                    said = said[1 - len(self._awaited) :] + data
                    if self._awaited in said:
                        self._powered.set()
                os.write(to[end], data)

    def _once(self, data: bytes) -> bytes:
        """While a program runs, an interrupt goes through only where the last one had an effect.

        A module takes a second one while it handles the first; this interpreter would exit.
        """
        if b"\x03" not in data or not termios.tcgetattr(self._console)[3] & termios.ISIG:
            return data
        before, _, after = data.partition(b"\x03")
        first = b"" if self._interrupted else b"\x03"
        self._interrupted = True
        return before + first + after.replace(b"\x03", b"")

    def start(self, prelude: str = "", program: str = "", awaited: bytes = b"powered") -> None:
        """Power up; returns once `program` has said what is awaited, or else a prompt is given.

        Before that an interrupt would end this interpreter, which no module does.
        """
        self.stop()
        self._awaited = awaited if program else b">>> "
        self._interrupted = False
        self._powered.clear()
        script = f"{ENTER.format(root=str(self.root))}\n{prelude}\nprint('powered')\n{program}"
        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, self._interpreter, "-i", "-c", script],
            stdin=self._console,
            stdout=self._console,
            stderr=self._console,
            start_new_session=True,  # so that Ctrl-C on this console reaches it alone
        )
        assert self._powered.wait(PATIENCE)

    def stop(self) -> None:
        """Cut the power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.stop()
        os.write(self._ends[-1], b"x")
        self._wire.join()
        for end in [*self._ends, self._unplugged]:
            os.close(end)

    def upload(self, files: dict[str, bytes], kind: type[Repl] = Repl, **options: Any) -> Report:
        with SerialPort(self.port, 115200) as port:
            repl = kind(port, PATIENCE)
            repl.open()
            report = Upload(repl, **options).run(files)
            repl.close()
            return report

    def files(self) -> dict[str, bytes]:
        return {
            f"/{path.relative_to(self.root)}": path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def module(tmp_path: Path, micropython: Path) -> Iterator[Module]:
    root = tmp_path / "flash"
    (root / "usr").mkdir(parents=True)
    made = Module(root, micropython)
    yield made
    made.close()


@pytest.mark.parametrize("kind", [Repl, RawRepl])
def test_everything_arrives(module: Module, kind: type[Repl]) -> None:
    module.start()
    seen: list[tuple[str, int]] = []
    report = module.upload(FILES, kind, on_progress=lambda name, done: seen.append((name, done)))
    assert report.skipped == []
    assert report.written == list(FILES)
    assert report.written[-1] == "/usr/main.py"
    assert module.files() == FILES
    assert seen[-1] == ("/usr/main.py", sum(map(len, FILES.values())))


def test_a_running_program_is_stopped(module: Module) -> None:
    module.start(program="while True:\n    print('busy')\n    __import__('time').sleep_ms(5)\n")
    module.upload(FILES)
    assert module.files() == FILES


def test_what_is_right_already_is_skipped(module: Module) -> None:
    module.start()
    module.upload(FILES)
    assert module.upload(FILES) == Report([], list(FILES))
    changed = {**FILES, "/usr/app.mpy": b"other"}
    report = module.upload(changed)
    assert report.written == ["/usr/app.mpy", "/usr/main.py"]
    assert report.skipped == ["/usr/kernel.mpy", "/usr/empty.mpy"]
    assert module.files() == changed


def test_an_upload_that_broke_off_is_continued(module: Module) -> None:
    module.start()
    module.upload({"/usr/kernel.mpy": b"old", "/usr/main.py": b"print('old')\n"})

    class PulledError(Exception):
        pass

    def pull(name: str, done: int) -> None:
        if name == "/usr/app.mpy" and done > len(FILES["/usr/kernel.mpy"]):
            module.stop()
            raise PulledError

    with pytest.raises(PulledError):
        module.upload(FILES, on_progress=pull)
    assert "/usr/main.py" not in module.files(), "half a bundle must not start"
    module.start()
    report = module.upload(FILES)
    assert "/usr/kernel.mpy" in report.skipped
    assert "/usr/app.mpy" in report.written
    assert module.files() == FILES


def test_a_file_that_rotted_is_written_anew(module: Module) -> None:
    module.start()
    module.upload(FILES)
    (module.root / "usr" / "kernel.mpy").write_bytes(FILES["/usr/kernel.mpy"][:-1] + b"!")
    assert module.upload(FILES).written == ["/usr/kernel.mpy", "/usr/main.py"]
    assert module.files() == FILES


def test_what_arrives_otherwise_than_sent_is_noticed(module: Module) -> None:
    module.start(FAULTY.format(left=1000, fault="data = b'?' + data[1:]"))
    with pytest.raises(DeviceError, match=r"/usr/kernel.mpy: did not arrive as it was sent"):
        module.upload(FILES)
    assert module.files() == {}


def test_flash_that_is_full_is_noticed_before_anything_changes(module: Module) -> None:
    module.start()
    module.upload(FILES)
    fake = "import sys\nclass Os:\n statvfs = lambda p: (4096, 4096, 72, {free})\n"
    fake += (
        " listdir = os.listdir\n remove = os.remove\n mkdir = os.mkdir\nsys.modules['uos'] = Os\n"
    )
    larger = {**FILES, "/usr/kernel.mpy": bytes(4096 * 3)}
    module.start(fake.format(free=1))
    with pytest.raises(DeviceError, match="space: 12288 bytes are needed, /usr has 8192 left"):
        module.upload(larger)
    assert module.files() == FILES
    module.start(fake.format(free=2))
    module.upload(larger)
    assert module.files() == larger


def test_flash_that_turns_out_full_is_told(module: Module) -> None:
    module.start(FAULTY.format(left=1000, fault="raise OSError(28)"))
    with pytest.raises(DeviceError, match=r"the module answers: OSError: .*28"):
        module.upload(FILES)
    assert "/usr/main.py" not in module.files()


def test_the_same_module_in_the_other_form_is_removed(module: Module) -> None:
    module.start()
    module.upload({"/usr/app.py": b"X=1\n", "/usr/main.py": b"import usr.app\n"})
    module.upload(FILES)
    assert module.files() == FILES, "app.py would have been imported instead of app.mpy"


#: The firmware's updater, in which an update is about to be installed.
UPDATER = """
import sys
class Updater:
    def new():
        pass
    def get_updater_dir():
        return "/usr/.updater"
sys.modules["app_fota"] = sys.modules["app_fota_download"] = Updater
"""


@pytest.mark.parametrize("prelude", [UPDATER, "", UPDATER.replace("def get_", "def other_")])
def test_an_update_that_is_on_trial_or_pending_is_given_up(module: Module, prelude: str) -> None:
    """Otherwise main.py would put files of an older app among those that were uploaded."""
    usr = module.root / "usr"
    pending = usr.joinpath(".updater", "update.flag")
    for folder in (usr / "ocpp_previous", usr / ".updater"):
        folder.mkdir()
    for path in (usr / "ocpp_trial", usr / "ocpp_trial.new", usr / "ocpp_previous" / "app.mpy"):
        path.write_text("0 ")
    pending.write_text("")
    (usr / "ocpp_starts").write_text("3")
    module.start(prelude)
    module.upload(FILES)
    left = {} if prelude == UPDATER else {"/usr/.updater/update.flag": b""}
    assert module.files() == {**FILES, **left}


def test_an_update_that_is_uploaded_unchanged_stays_on_trial(module: Module) -> None:
    module.start()
    module.upload(FILES)
    (module.root / "usr" / "ocpp_trial").write_text("1 ")
    assert module.upload(FILES).written == []
    assert module.files() == {**FILES, "/usr/ocpp_trial": b"1 "}


def test_a_folder_that_is_missing_is_made(module: Module) -> None:
    (module.root / "usr").rmdir()
    module.start()
    files = {"/usr/app.mpy": b"x", "/main.py": b"import usr.app\n"}
    module.upload(files, RawRepl)
    assert module.files() == files


@pytest.mark.parametrize("kind", [Repl, RawRepl])
def test_what_the_module_raises_is_one_line(module: Module, kind: type[Repl]) -> None:
    module.start()
    with SerialPort(module.port, 115200) as port:
        repl = kind(port, PATIENCE)
        repl.open()
        assert repl.run("print(1, 2)") == "1 2"
        with pytest.raises(DeviceError, match=r"^the module answers: ZeroDivisionError: .*$"):
            repl.run("1/0")
        assert repl.run("print('on')") == "on"


def test_a_port_that_is_missing() -> None:
    with pytest.raises(DeviceError, match=r"/dev/ttyNOWHERE: there is no such port; there are"):
        SerialPort("/dev/ttyNOWHERE", 115200)


def test_a_port_that_is_busy(module: Module) -> None:
    with (
        SerialPort(module.port, 115200),
        pytest.raises(DeviceError, match="another program is using the port"),
    ):
        SerialPort(module.port, 115200)


@pytest.mark.parametrize("kind", [Repl, RawRepl])
def test_a_module_that_is_silent(module: Module, kind: type[Repl]) -> None:
    with (
        SerialPort(module.port, 115200) as port,
        pytest.raises(DeviceError, match=r"says nothing for 0\.2 s; is it powered"),
    ):
        kind(port, 0.2).open()


def test_a_module_that_gives_no_prompt(module: Module) -> None:
    module.start(
        "import time\n",
        # Nested, since an interrupt may come while another one is being handled.
        "def go(depth):\n    while True:\n        try:\n"
        "            if depth:\n                go(depth - 1)\n"
        "            print('starting')\n            time.sleep_ms(5)\n"
        "        except KeyboardInterrupt:\n            pass\n"
        "go(5)\n",
        b"starting",  # it waits to be read
    )
    with (
        SerialPort(module.port, 115200) as port,
        pytest.raises(DeviceError, match="does not give a prompt; the last it said: '"),
    ):
        Repl(port, 0.5).open()
