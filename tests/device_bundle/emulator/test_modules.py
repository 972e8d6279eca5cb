"""QuecPython's modules under MicroPython, quirks of the firmware included."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bundle.emulator import Emulator

Answers = Callable[..., list[str]]


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[Answers]:
    """Runs a program as a module; its output, after it has ended by itself."""

    def run(program: str, speed: float = 50, **options: Any) -> list[str]:
        bundle = tmp_path / "usr"
        bundle.mkdir(exist_ok=True)
        (bundle / "main.py").write_text(program)
        with Emulator(tmp_path, speed=speed, options=options) as emulator:
            assert emulator.wait(60) == 0, emulator.lines
            return emulator.lines

    yield run


@pytest.mark.parametrize(
    "name",
    ["json", "time", "os", "re", "struct", "socket", "random", "asyncio", "typing", "collections"],
)
def test_modules_a_device_lacks_cannot_be_imported(answers: Answers, name: str) -> None:
    program = f"try:\n    import {name}\nexcept ImportError as error:\n    print(error)\n"
    assert answers(program) == [f"no module named '{name}'"]


def test_every_module_of_the_firmware_can_be_imported(answers: Answers) -> None:
    program = (
        "import utime, usocket, ussl, uos, ujson, urandom, ubinascii, uhashlib, _thread, machine\n"
        "import osTimer, queue, modem, sim, net, checkNet, dataCall, misc, ql_fs, uselect\n"
        "import ustruct, ucollections, uio, ure, uerrno, gc, math, sys, usys\n"
        "print('all')\n"
    )
    assert answers(program) == ["all"]


def test_the_root_is_the_devices_own(answers: Answers) -> None:
    assert answers(
        "import uos, sys\nprint(uos.getcwd(), sorted(uos.listdir('/')), sys.path)\n"
        "try:\n    open('/etc/passwd')\nexcept OSError as error:\n    print(error.args[0])\n"
    ) == ["/ ['usr'] ['']", "2"]


def test_renaming_replaces(answers: Answers) -> None:
    assert answers(
        "import uos\n"
        "for name in ('a', '/usr/b'):\n"
        "    with open(name, 'w') as file:\n        file.write(name)\n"
        "uos.rename('a', '/usr/b')\n"
        "print(open('/usr/b').read(), 'a' in uos.listdir('/'))\n"
        "uos.chdir('/usr')\nuos.rename('b', 'c')\nprint(sorted(uos.listdir('/usr')))\n"
        "try:\n    uos.rename('no', 'b')\nexcept OSError as error:\n    print(error.args[0])\n"
    ) == ["a False", "['c', 'main.py']", "2"]


def test_ticks_wrap(answers: Answers) -> None:
    lines = answers(
        "import utime\n"
        "a = b = utime.ticks_ms()\n"
        "while b >= a:\n"
        "    a = b\n"
        "    utime.sleep(2)\n"
        "    b = utime.ticks_ms()\n"
        "print(2000 <= utime.ticks_diff(b, a), utime.ticks_diff(a, b) < 0)\n"
        "print(utime.ticks_add((1 << 30) - 1, 2))\n",
        ticks=(1 << 30) - 100_000,  # the first look is before that, on a busy computer too
    )
    assert lines == ["True True", "1"]


def test_mktime_and_localtime_live_in_utc_plus_8(answers: Answers) -> None:
    assert answers(
        "import utime\n"
        "print(utime.mktime((1970, 1, 1, 8, 0, 0, 3, 1)))\n"
        "print(utime.mktime((2024, 2, 29, 12, 30, 15, 3, 60)))\n"
        "print(utime.localtime(0)[:6], len(utime.localtime()))\n"
        "print(utime.time() < 1000, utime.setTimeZone(2), utime.getTimeZone())\n"
    ) == ["0", "1709181015", "(1970, 1, 1, 8, 0, 0) 8", "True 0 2"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\\u7535"', "5"),
        (r'"a\\u0041\\t"', "aA\t"),
        ('"电"', "电"),
        ('[2,"a"', "[2, 'a']"),
        ('{"a":1', "{'a': 1}"),
        ("[1 2]", "[1, 2]"),
    ],
)
def test_ujson_loads_like_the_firmware(answers: Answers, text: str, value: str) -> None:
    assert answers(f"import ujson\nprint(ujson.loads('{text}'))\n") == [value]


def test_ujson_dumps_like_the_firmware(answers: Answers) -> None:
    assert answers(
        "import ujson\n"
        "class A:\n    pass\n"
        "print(ujson.dumps({'a': [1, None, True]}), ujson.dumps(A())[:2])\n"
        "print(ujson.dumps([float('nan'), float('inf')]))\n"
        "try:\n    ujson.dumps(1, separators=',:')\nexcept TypeError:\n    print('refused')\n"
        "for bad in ('xx', '', '[1,2]]'):\n"
        "    try:\n        ujson.loads(bad)\n    except ValueError:\n        print('error')\n"
    ) == ['{"a": [1, null, true]} <A', "[nan, inf]", "refused", "error", "error", "error"]


def test_randomness_repeats_after_each_start(answers: Answers) -> None:
    program = (
        "import urandom, uos\n"
        "print([urandom.getrandbits(30) for _ in range(4)], uos.urandom(4))\n"
        "urandom.seed(5)\n"
        "print(urandom.getrandbits(30))\n"
    )
    assert answers(program) == answers(program)


@pytest.fixture
def port() -> Iterator[int]:
    """A server that answers each connection by what it read of it, then closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(connection.recv(1000))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


CONNECT = (
    "import usocket\n"
    "def code(function, *arguments):\n"
    "    try:\n        return function(*arguments)\n"
    "    except OSError as error:\n        return error.args[0]\n"
    "def connect(port):\n"
    "    info = usocket.getaddrinfo('127.0.0.1', port)[0]\n"
    "    s = usocket.socket(info[0], usocket.SOCK_STREAM)\n"
    "    s.settimeout(5)\n"
    "    s.connect(info[-1])\n"
    "    return s\n"
)


def test_sockets_end_with_enotconn_and_time_out_with_110(answers: Answers, port: int) -> None:
    assert answers(
        CONNECT + f"s = connect({port})\n"
        "s.settimeout(0.5)\n"
        "print(code(s.recv, 10))\n"
        "s.settimeout(0)\n"
        "print(code(s.recv, 10))\n"
        "s.settimeout(5000)\n"
        "print(s.send(b'hello'), s.recv(3), s.recv(10), code(s.recv, 10), code(s.recv, 10))\n"
        "s.close()\n"
        "s.close()\n"
    ) == ["110", "11", "5 b'hel' b'lo' 128 128"]


def test_a_refused_connection_seems_to_succeed(answers: Answers, port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    assert answers(
        CONNECT + f"s = connect({closed})\nprint('connected')\n"
        "print(code(s.send, b'x'), code(s.recv, 1))\n"
    ) == ["connected", "128 128"]


def test_names_that_cannot_be_resolved_are_an_empty_list(answers: Answers) -> None:
    assert answers(
        "import usocket\nprint(usocket.getaddrinfo('no-such-name.invalid', 80))\n"
        "print(usocket.getaddrinfo('127.0.0.1', 80)[0][-1])\n"
    ) == ["[]", "('127.0.0.1', 80)"]


def test_writes_may_be_short(answers: Answers, port: int) -> None:
    assert answers(CONNECT + f"print(connect({port}).send(b'x' * 100))\n", send=7) == ["7"]


def test_network_can_be_taken_away(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import checkNet, net, dataCall, utime\n"
        "while True:\n"
        "    state = checkNet.waitNetworkReady(1)\n"
        "    print(state, net.csqQueryPoll(), dataCall.getInfo(1, 0)[2][0])\n"
        "    utime.sleep_ms(200)\n"
    )
    with Emulator(tmp_path, speed=20) as emulator:
        number = emulator.wait_for("(3, 1) 25 1")
        emulator.set_network(False)
        number = emulator.wait_for("(2, 2) 99 0", after=number)
        emulator.set_network(True)
        emulator.wait_for("(3, 1) 25 1", after=number)


def test_timers_run_while_the_program_waits(answers: Answers) -> None:
    assert answers(
        "import osTimer, utime\n"
        "once, every = osTimer(), osTimer()\n"
        "counts = [0, 0]\n"
        "def first(argument):\n    counts[0] += 1\n"
        "def second(argument):\n    counts[1] += 1\n"
        "once.start(500, 0, first)\n"
        "every.start(1000, 1, second)\n"
        "utime.sleep(20)\n"
        "every.stop()\n"
        "before = counts[1]\n"
        "utime.sleep(5)\n"
        "print(counts[0], counts[1] >= 3, counts[1] == before)\n",
        speed=10,
    ) == ["1 True True"]


def test_identity_and_power(answers: Answers) -> None:
    assert answers(
        "import modem, sim\nfrom misc import Power\n"
        "print(modem.getDevImei(), sim.getStatus(), Power.powerOnReason())\n",
        imei="861234500000012",
    ) == ["861234500000012 1 1"]


def test_threads_and_queues(answers: Answers) -> None:
    assert answers(
        "import _thread, queue\n"
        "print(_thread.stack_size(4096), _thread.stack_size(33792))\n"
        "q = queue.Queue(2)\n"
        "print(q.put(1), q.put(2), q.put(3), q.put(4), q.size(), q.get(), q.empty())\n"
    ) == ["-1 0", "True True True False 3 1 False"]


def test_files_helpers(answers: Answers) -> None:
    assert answers(
        "import ql_fs\n"
        "ql_fs.mkdirs('/usr/a/b')\n"
        "ql_fs.touch('/usr/a/b/c.json', {'k': 1})\n"
        "ql_fs.file_copy('/usr/d.json', '/usr/a/b/c.json')\n"
        "print(ql_fs.read_json('/usr/d.json'), ql_fs.path_exists('/usr/x'))\n"
        "print(ql_fs.read_json('/usr/x'), ql_fs.path_getsize('/usr/d.json'))\n"
    ) == ["{'k': 1} False", "None 8"]
