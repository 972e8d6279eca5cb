"""The module's own functions, on firmware of different ages."""

from __future__ import annotations

import binascii
import gc
import hashlib
import importlib
import io
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


class Firmware:
    """The modules `board` imports; a test changes what it is about."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.seeds: list[int] = []
        self.ready: Any = (3, 1)
        self.sim = 1
        self.signal = 20
        self.registration: Any = ([1, 0, 0], [1, 0, 0])
        self.reason = 1
        self.ticks = 123456
        self.stdin = io.StringIO()
        self.waiting = self.ended = False
        self.imei: Any = "866340050000017"
        self.modules: dict[str, Any] = {
            "checkNet": SimpleNamespace(waitNetworkReady=lambda seconds: self.ready),
            "dataCall": SimpleNamespace(
                getInfo=lambda profile, kind: self.ready,
                activate=lambda profile: self.calls.append(f"activate {profile}"),
                deactivate=lambda profile: self.calls.append(f"deactivate {profile}"),
            ),
            "modem": SimpleNamespace(getDevImei=lambda: self.imei),
            "net": SimpleNamespace(
                setModemFun=self.calls.append,
                csqQueryPoll=lambda: self.signal,
                getState=lambda: self.registration,
            ),
            "sim": SimpleNamespace(getStatus=lambda: self.sim),
            "ubinascii": binascii,
            "uhashlib": hashlib,
            "uos": SimpleNamespace(urandom=lambda count: b"\x01" * count),
            "urandom": SimpleNamespace(seed=self.seeds.append, getrandbits=lambda bits: bits),
            "utime": SimpleNamespace(
                ticks_us=lambda: self.ticks,
                ticks_ms=lambda: 12345,
                localtime=lambda: (2000, 1, 1, 0, 0, 0, 5, 1),
                sleep_ms=lambda ms: self.calls.append(f"sleep {ms}"),
            ),
            "misc": SimpleNamespace(
                Power=SimpleNamespace(
                    powerRestart=lambda: self.calls.append("restart"),
                    powerOnReason=lambda: self.reason,
                )
            ),
            "machine": SimpleNamespace(WDT=self.watchdog),
            "uselect": SimpleNamespace(POLLIN=1, poll=lambda: self),
        }

    def watchdog(self, seconds: int) -> Any:
        self.calls.append(f"watchdog {seconds}")
        return SimpleNamespace(feed=lambda: self.calls.append("feed"))

    # uselect's poll object.

    def register(self, stream: Any, events: int) -> None:
        assert stream is self.stdin

    def ipoll(self, milliseconds: int) -> Iterator[tuple[Any, int]]:
        assert milliseconds == 0
        left = self.ended or self.stdin.tell() < len(self.stdin.getvalue())
        return iter([(self.stdin, 1)] if self.waiting and left else [])


@pytest.fixture
def firmware() -> Firmware:
    return Firmware()


Make = Callable[..., Any]


@pytest.fixture
def board(firmware: Firmware, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a Board on the firmware as it is by then."""
    name = "device_bundle.runtime.board"

    def make(watchdog: int = 0, console: bool = True) -> Any:
        for module, content in firmware.modules.items():
            fake = ModuleType(module)
            fake.__dict__.update(vars(content))
            monkeypatch.setitem(sys.modules, module, fake)
        monkeypatch.setattr(sys, "stdin", firmware.stdin)
        sys.modules.pop(name, None)
        return importlib.import_module(name).Board(watchdog, console)

    yield make
    sys.modules.pop(name, None)


def test_the_generator_is_seeded_differently_each_time(firmware: Firmware, board: Make) -> None:
    board()
    firmware.ticks += 1
    board()
    firmware.imei = "866340050000018"
    board()
    assert len(set(firmware.seeds)) == 3


@pytest.mark.parametrize(("imei", "expected"), [("8663", "8663"), (-1, "")])
def test_imei(firmware: Firmware, board: Make, imei: Any, expected: str) -> None:
    firmware.imei = imei
    assert board().imei == expected


def test_helpers(board: Make) -> None:
    made = board()
    assert made.random(8) == 8
    assert made.sha1(b"abc") == hashlib.sha1(b"abc", usedforsecurity=False).digest()
    assert made.to_base64(b"\x00\xff") == b"AP8=\n"
    assert made.from_hex("00fF") == b"\x00\xff"


@pytest.mark.parametrize(
    ("state", "ready"), [((3, 1), True), ((3, 0), False), ((2, 2), False), ((1, 0), False)]
)
def test_network(firmware: Firmware, board: Make, state: Any, ready: bool) -> None:
    firmware.ready = state
    assert board().network_ready() is ready


@pytest.mark.parametrize(
    ("state", "ready"),
    [((1, 0, [1, 0, "10.0.0.2"]), True), ((1, 0, [0, 0, ""]), False), (-1, False)],
)
def test_network_on_old_firmware(firmware: Firmware, board: Make, state: Any, ready: bool) -> None:
    firmware.modules["checkNet"] = SimpleNamespace()
    firmware.ready = state
    assert board().network_ready() is ready


def test_the_radio_goes_off_and_on(firmware: Firmware, board: Make) -> None:
    board().restart_network()
    assert [call for call in firmware.calls if call in (0, 1)] == [0, 1]


@pytest.mark.parametrize(
    ("sim", "signal", "registration", "trouble"),
    [
        (0, 99, ([0], [0]), "no SIM card"),
        (2, 99, ([0], [0]), "the SIM card is not ready, status 2"),
        (1, 99, ([0], [0]), "no signal"),
        (1, 3, ([2], [2]), "not registered, state 2"),
        (1, 20, ([1], [3]), "registration denied"),
        (1, 20, ([1], [1]), ""),
        (1, 20, ([5], [5]), ""),
        (-1, -1, -1, ""),
        (-1, -1, ([-1], [-1]), ""),
    ],
)
def test_what_keeps_the_network_away(
    firmware: Firmware, board: Make, sim: int, signal: int, registration: Any, trouble: str
) -> None:
    firmware.sim, firmware.signal, firmware.registration = sim, signal, registration
    assert board().network_trouble() == trouble


def test_firmware_that_cannot_tell_about_one_thing_tells_about_the_next(
    firmware: Firmware, board: Make
) -> None:
    def failing() -> int:
        raise OSError(5)

    firmware.modules["sim"] = SimpleNamespace()
    firmware.modules["net"].csqQueryPoll = failing
    firmware.registration = ([3], [3])
    assert board().network_trouble() == "registration denied"
    firmware.modules["net"] = SimpleNamespace()
    assert board().network_trouble() == ""


def test_dialling_anew(firmware: Firmware, board: Make) -> None:
    assert board().redial()
    assert firmware.calls == ["deactivate 1", "activate 1"]


def test_older_firmware_cannot_dial_anew(firmware: Firmware, board: Make) -> None:
    firmware.modules["dataCall"] = SimpleNamespace()
    assert not board().redial()


def test_garbage_is_collected_early_where_the_firmware_can(
    board: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    thresholds: list[int] = []
    monkeypatch.setattr(gc, "threshold", thresholds.append, raising=False)
    monkeypatch.setattr(gc, "mem_free", lambda: 4711, raising=False)
    assert board().collect() == 4711
    assert len(thresholds) == 1
    assert 4096 < thresholds[0] < 100_000


def test_firmware_may_not_tell_what_is_free(board: Make) -> None:
    assert board().collect() == -1


@pytest.mark.parametrize(("wanted", "got"), [(120, 120), (60, 60), (5, 60)])
def test_a_watchdog_outlasts_a_name_that_is_looked_up(
    firmware: Firmware, board: Make, wanted: int, got: int
) -> None:
    board(watchdog=wanted).feed()
    assert firmware.calls == [f"watchdog {got}"]


def test_the_watchdog_starts_with_its_first_feed(firmware: Firmware, board: Make) -> None:
    made = board(watchdog=120)
    assert firmware.calls == []
    made.feed()
    made.feed()
    assert firmware.calls == ["watchdog 120", "feed"]


def test_there_may_be_no_watchdog(firmware: Firmware, board: Make) -> None:
    board(watchdog=0).feed()
    assert firmware.calls == []


@pytest.mark.parametrize(("reason", "woken"), [(1, False), (5, True), (9, True), (0, False)])
def test_reason_of_the_start(firmware: Firmware, board: Make, reason: int, woken: bool) -> None:
    firmware.reason = reason
    assert board().woken_by_watchdog() is woken


def test_restart(firmware: Firmware, board: Make) -> None:
    board().restart()
    assert firmware.calls[-1] == "restart"


def test_log(board: Make, capsys: pytest.CaptureFixture[str]) -> None:
    board().log("warning", "text")
    assert capsys.readouterr().out == "12 warning text\n"


def read_all(made: Any, firmware: Firmware, text: str) -> list[str]:
    firmware.stdin.write(text)
    firmware.stdin.seek(firmware.stdin.tell() - len(text))
    firmware.waiting = True
    lines = [made.read_command() for _ in text]
    firmware.waiting = False
    return [line for line in lines if line is not None]


def test_lines_typed_are_commands(firmware: Firmware, board: Make) -> None:
    made = board()
    assert made.read_command() is None
    assert read_all(made, firmware, "plug 1\r\n\n  tag é \nunfin") == ["plug 1", "tag é"]
    assert read_all(made, firmware, "ished\n") == ["unfinished"]


def test_a_whole_line_is_taken_at_once_but_not_without_end(firmware: Firmware, board: Make) -> None:
    made = board()
    firmware.stdin.write("plug 1\n" + "x" * 500)
    firmware.stdin.seek(0)
    firmware.waiting = True
    assert made.read_command() == "plug 1"
    assert made.read_command() is None
    assert firmware.stdin.tell() < 200


def test_an_endless_line_does_not_fill_the_memory(firmware: Firmware, board: Make) -> None:
    (line,) = read_all(board(), firmware, "x" * 5000 + "\n")
    assert len(line) <= 256


def test_the_end_of_the_console_is_the_end_of_commands(firmware: Firmware, board: Make) -> None:
    made = board()
    firmware.waiting = firmware.ended = True
    assert made.read_command() is None
    firmware.stdin = io.StringIO("late\n")
    assert [made.read_command() for _ in range(9)] == [None] * 9


def test_there_may_be_no_console(firmware: Firmware, board: Make) -> None:
    assert read_all(board(console=False), firmware, "x\n") == []
    firmware.modules["uselect"] = SimpleNamespace()
    assert read_all(board(), firmware, "x\n") == []
