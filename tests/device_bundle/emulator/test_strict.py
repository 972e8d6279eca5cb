"""A strict module lacks what devices lack, and fails as they do; all of it from one seed."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bundle.emulator import Emulator, EmulatorError
from device_bundle.emulator.__main__ import main
from device_bundle.emulator.strict import strict_options

Answers = Callable[..., list[str]]


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[Answers]:
    """Runs a program on a strict module; its output, after it has ended by itself."""

    def run(program: str, seed: int = 7, speed: float = 50, **options: Any) -> list[str]:
        (tmp_path / "main.py").write_text(program)
        with Emulator(tmp_path, speed=speed, strict=True, seed=seed, options=options) as emulator:
            assert emulator.wait(60) == 0, emulator.lines
            return emulator.lines

    yield run


def attempt(*expressions: str) -> str:
    """A program that prints what each gives or raises."""
    return "".join(
        f"try:\n    print({text})\n"
        "except (NameError, TypeError, AttributeError, ImportError, NotImplementedError) as e:\n"
        "    print(type(e).__name__)\n"
        for text in expressions
    )


def test_builtins_a_device_lacks(answers: Answers) -> None:
    names = ("reversed([1])", "frozenset()", "complex(1)", "input()", "delattr(1, 'a')")
    assert answers(attempt(*names, "UnicodeError()")) == ["NameError"] * 6
    calls = ("next(iter([]), 1)", "pow(2, 3, 5)", "max([], default=1)", "min([], default=1)")
    assert answers(attempt(*calls)) == ["TypeError"] * 4
    fine = ("next(iter([5]))", "pow(2, 3)", "max(1, 2)", "min([3, 2], key=abs)", "sorted([2, 1])")
    assert answers(attempt(*fine)) == ["5", "8", "2", "2", "[1, 2]"]


def test_names_modules_lack(answers: Answers) -> None:
    program = "import ucollections, ure, utime, ubinascii, usocket, ussl, uos\n"
    missing = (
        *("ucollections.OrderedDict", "ucollections.defaultdict", "ure.sub", "ubinascii.crc32"),
        *("utime.gmtime", "utime.time_ns", "utime.strftime", "ussl.SSLContext", "uos.getenv"),
        "list(ucollections.deque((), 5))",
    )
    assert set(answers(program + attempt(*missing))) == {"AttributeError", "TypeError"}
    assert answers(
        "from ucollections import deque, namedtuple\n"
        "d = deque((), 2)\nfor i in (1, 2, 3):\n    d.append(i)\n"
        "print(len(d), d.popleft(), namedtuple('P', 'x y')(1, 2).y)\n"
    ) == ["2 2 2"]


@pytest.mark.parametrize("name", ["sys", "usys"])
def test_one_name_of_sys(answers: Answers, name: str) -> None:
    program = "".join(
        f"try:\n    import {one}\n    print('{one}')\nexcept ImportError:\n    pass\n"
        for one in ("sys", "usys")
    )
    assert answers(program, sys=name) == [name]


def test_dicts_have_no_order(answers: Answers) -> None:
    """As on devices, and without any emulation: the order is that of the hashes."""
    names = ["connectorId", "idTag", "meterStart", "timestamp", "b", "a", "zz"]
    lines = answers(f"print(list({{name: 1 for name in {names}}}))")
    assert sorted(names) == sorted(eval(lines[0]))  # noqa: S307  # a list of texts
    assert lines != [str(names)]


def test_sorting_is_not_stable(answers: Answers) -> None:
    """`list.sort` of the interpreter itself; `sorted` is shuffled besides."""
    program = (
        "rows = [(i % 2, i) for i in range(30)]\n"
        "again = sorted(rows, key=lambda row: row[0])\n"
        "rows.sort(key=lambda row: row[0])\n"
        "print(rows)\nprint(again)\n"
    )
    stable = str(sorted([(i % 2, i) for i in range(30)], key=lambda row: row[0]))
    assert stable not in answers(program)


def test_ujson_takes_what_the_firmwares_does(answers: Answers) -> None:
    texts = ["[1,]", "[1 2]", '{"a":1]', '[2,"a"', "[1}", '[2,{"a":[1', '"\\\\u7535"']
    program = "import ujson\n" + "".join(f"print(ujson.loads('{text}'))\n" for text in texts)
    assert answers(program) == [
        *("[1]", "[1, 2]", "{'a': 1}", "[2, 'a']", "[1]", "[2, {'a': [1]}]", "5")
    ]


def test_the_clock_is_wrong(answers: Answers) -> None:
    program = "import utime\nprint(utime.localtime()[0])"
    wrong = 10**9
    year = int(answers(program, clock=-wrong)[0])
    assert abs(year - time.gmtime(time.time() - wrong).tm_year) <= 1


def test_ticks_are_about_to_wrap(answers: Answers) -> None:
    program = (
        "import utime\nbegan = last = utime.ticks_ms()\n"
        "while utime.ticks_ms() >= last:\n    last = utime.ticks_ms()\n    utime.sleep_ms(500)\n"
        "print(0 < utime.ticks_diff(utime.ticks_ms(), began))\n"
    )
    assert answers(program, speed=200) == ["True"]


def test_a_firmware_that_cannot_tell_its_imei(answers: Answers) -> None:
    assert answers("import modem\nprint(modem.getDevImei(), modem.getDevSN())", imei=-1) == [
        "-1 EMU-1"
    ]


WRITE = (
    "file = open('/usr/ocpp_data', 'a')\n"
    "file.write('kept\\n')\nfile.flush()\n"
    "file.write('lost\\n')\nprint('written')\n"
    "import utime\nutime.sleep(1000)\n"
)


def test_what_was_not_flushed_is_lost_with_the_power(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(WRITE)
    with Emulator(tmp_path, strict=True, seed=1) as emulator:
        emulator.wait_for("written")
        emulator.kill()
        assert (emulator.root / "usr" / "ocpp_data").read_text() == "kept\n"


def test_flushing_takes_its_time(answers: Answers) -> None:
    program = (
        "import utime\nfile = open('/usr/ocpp_data', 'w')\nbegan = utime.ticks_ms()\n"
        "file.write('a')\nfile.flush()\n"
        "print(utime.ticks_diff(utime.ticks_ms(), began) >= 400)\nfile.close()\n"
    )
    assert answers(program, fsync=400) == ["True"]


def test_a_flash_without_room(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import utime\nprint('ready')\n"
        "def write(mode):\n"
        "    try:\n"
        "        with open('/usr/ocpp_data', mode) as file:\n            file.write('x')\n"
        "        return 0\n"
        "    except OSError as error:\n        return error.args[0]\n"
        "while True:\n    print(write('w'), write('a'))\n    utime.sleep_ms(100)\n"
    )
    with Emulator(tmp_path, strict=True, seed=1, speed=10) as emulator:
        number = emulator.wait_for("0 0")
        emulator.set_full(True)
        number = emulator.wait_for("28 28", after=number)
        emulator.set_full(False)
        emulator.wait_for("0 0", after=number)


@pytest.fixture
def port() -> Iterator[int]:
    """A server that sends back whatever it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ConnectionError):
                while data := connection.recv(1000):
                    connection.sendall(data)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


TALK = (
    "import usocket\n"
    "info = []\n"
    "while not info:\n    info = usocket.getaddrinfo('127.0.0.1', {port})\n"
    "s = usocket.socket(info[0][0], usocket.SOCK_STREAM)\n"
    "s.settimeout(5)\ns.connect(info[0][-1])\n"
    "codes, sizes = set(), set()\n"
    "def again(function, argument):\n"
    "    while True:\n"
    "        try:\n            return function(argument)\n"
    "        except OSError as error:\n            codes.add(error.args[0])\n"
    "sent = got = 0\n"
    "while sent < 20000:\n"
    "    count = again(s.send, b'x' * 200)\n    sizes.add(count)\n    sent += count\n"
    "    part = len(again(s.recv, 200))\n    got += part\n"
    "while got < sent:\n    got += len(again(s.recv, 200))\n"
    "print(got == sent, sorted(codes), len(sizes) > 5)\n"
    "s.close()\n"
)


def test_faults_of_sockets(answers: Answers, port: int) -> None:
    """Interruptions, and reads and writes that do less; no byte is lost by them."""
    program = TALK.format(port=port)
    assert answers(program, errors=200, short=500, refused=0) == ["True [4, 11, 110] True"]


def test_connections_that_are_refused_and_names_that_are_not_found(
    answers: Answers, port: int
) -> None:
    program = (
        "import usocket\nfound = [0, 0]\nended = 0\n"
        "for _ in range(40):\n"
        f"    info = usocket.getaddrinfo('127.0.0.1', {port})\n"
        "    found[bool(info)] += 1\n"
        "    if info:\n"
        "        s = usocket.socket(info[0][0], usocket.SOCK_STREAM)\n"
        "        s.connect(info[0][-1])\n"
        "        try:\n            s.send(b'x')\n"
        "        except OSError as error:\n            ended += error.args[0] in (107, 128)\n"
        "        s.close()\n"
        "print(min(found) > 5, 0 < ended < found[1])\n"
    )
    assert answers(program, no_name=300, refused=300, errors=0) == ["True True"]


def test_sending_may_give_up(answers: Answers, port: int) -> None:
    program = (
        "import usocket\n"
        f"info = usocket.getaddrinfo('127.0.0.1', {port})\n"
        "s = usocket.socket(info[0][0], usocket.SOCK_STREAM)\ns.connect(info[0][-1])\n"
        "try:\n    s.send(b'x')\nexcept OSError as error:\n    print(error.args[0])\n"
    )
    assert answers(program, gone=1000, no_name=0, refused=0, errors=0) == ["110"]


def test_callbacks_come_wherever_the_program_is(answers: Answers) -> None:
    """A loop that never sleeps is interrupted all the same."""
    assert answers(
        "import osTimer, utime\n"
        "seen = []\n"
        "timer = osTimer()\n"
        "timer.start(10, 1, seen.append)\n"
        "while len(seen) < 3:\n    utime.ticks_ms()\n"
        "print(len(seen))\n"
    ) == ["3"]


def test_the_same_seed_gives_the_same_module() -> None:
    assert strict_options(5) == strict_options(5)
    assert len({str(strict_options(seed)) for seed in range(50)}) == 50
    drawn = [strict_options(seed) for seed in range(50)]
    assert {options["imei"] for options in drawn} == {"866340050000017", -1}
    assert all(options["gc"] >= 0 and 0 < options["ticks"] < 1 << 30 for options in drawn)


def test_the_seed_is_told_with_what_failed(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('last words')")
    emulator = Emulator(tmp_path, strict=True)
    try:
        emulator.start()
        emulator.wait(60)
        assert emulator.seed > 0
        with pytest.raises(EmulatorError, match=rf"strict, seed {emulator.seed}\)\nlast words"):
            emulator.wait_for("something else")
    finally:
        emulator.close()


def test_the_command_line_gives_a_strict_module_the_heap_a_test_gives_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.py").write_text("import gc\nprint('heap', gc.mem_free() + gc.mem_alloc())\n")
    with Emulator(tmp_path, strict=True, seed=9) as emulator:
        emulator.wait(60)
    main([str(tmp_path), "--strict", "--seed", "9"])
    assert emulator.lines[0] in capfd.readouterr().out.splitlines()


def test_command_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.py").write_text("import modem\nreversed([])\n")
    assert main([str(tmp_path), "--strict", "--seed", "9"]) == 1
    output = capfd.readouterr()
    assert "strict, seed 9" in output.err
    assert "isn't defined" in output.out + output.err
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--seed", "9"])
