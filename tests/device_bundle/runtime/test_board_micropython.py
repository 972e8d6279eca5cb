"""A board with stock MicroPython, and boards that lack some of it."""

from __future__ import annotations

import binascii
import gc
import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from device_bundle.runtime.settings import Settings

NAME = "device_bundle.runtime.board_micropython"


class Wlan:
    def __init__(self, calls: list[Any]) -> None:
        self._calls = calls
        self.joined = False
        self.STA_IF = 0

    def __call__(self, interface: int) -> Wlan:
        assert interface == self.STA_IF
        return self

    def active(self, on: bool) -> None:
        self._calls.append(f"active {on}")

    def connect(self, name: str, password: str) -> None:
        self._calls.append(f"connect {name} {password}")

    def disconnect(self) -> None:
        self._calls.append("disconnect")

    def isconnected(self) -> bool:
        return self.joined

    def status(self) -> int:
        return 201


class Hardware:
    """The modules a board imports; a test changes what it is about."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.seeds: list[int] = []
        self.wlan = Wlan(self.calls)
        self.ticks = 1
        self.modules: dict[str, Any] = {
            "network": SimpleNamespace(WLAN=self.wlan, STA_IF=0),
            "machine": SimpleNamespace(
                unique_id=lambda: b"\x01\xab",
                reset=lambda: self.calls.append("reset"),
                soft_reset=lambda: self.calls.append("soft reset"),
                reset_cause=lambda: 3,
                WDT_RESET=3,
                WDT=self.watchdog,
            ),
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
        }

    def watchdog(self, *, timeout: int) -> Any:
        if timeout > 100_000:
            raise ValueError
        self.calls.append(f"watchdog {timeout}")
        return SimpleNamespace(feed=lambda: self.calls.append("feed"))


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Hardware:
    monkeypatch.setattr(gc, "mem_free", lambda: 4321, raising=False)
    return Hardware()


Make = Callable[..., Any]


@pytest.fixture
def board(hardware: Hardware, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a Board on the hardware as it is by then."""

    def make(watchdog: int = 0, wlan: str = "") -> Any:
        for module, content in hardware.modules.items():
            fake = None
            if content is not None:
                fake = ModuleType(module)
                fake.__dict__.update(vars(content))
            monkeypatch.setitem(sys.modules, module, fake)
        monkeypatch.setattr(Settings, "wlan_name", wlan)
        monkeypatch.setattr(Settings, "wlan_password", "secret")
        sys.modules.pop(NAME, None)
        return importlib.import_module(NAME).Board(watchdog, False)

    yield make
    sys.modules.pop(NAME, None)


def test_identity_and_randomness_are_the_boards_own(hardware: Hardware, board: Make) -> None:
    assert board().imei == "01ab"
    hardware.ticks += 1
    made = board()
    assert len(set(hardware.seeds)) == 2
    del hardware.modules["machine"].unique_id
    assert board().imei == ""
    assert made.random(8) == 8
    assert made.sha1(b"abc") == hashlib.sha1(b"abc", usedforsecurity=False).digest()
    assert made.to_base64(b"\x00\xff") == b"AP8=\n"
    assert made.from_hex("00fF") == b"\x00\xff"


def test_a_wlan_of_the_settings_is_joined_once(hardware: Hardware, board: Make) -> None:
    made = board(wlan="garage")
    assert made.network_trouble() == ""
    assert not made.network_ready()
    assert not made.network_ready()
    assert hardware.calls == ["active True", "connect garage secret"]
    assert made.network_trouble() == "WLAN not joined, status 201"
    hardware.wlan.joined = True
    assert made.network_ready()
    assert made.network_trouble() == ""


def test_the_radio_goes_off_and_on(hardware: Hardware, board: Make) -> None:
    made = board(wlan="garage")
    made.network_ready()
    hardware.calls.clear()
    made.restart_network()
    assert hardware.calls == ["active False", "sleep 2000", "active True", "connect garage secret"]
    hardware.calls.clear()
    assert made.redial()
    assert hardware.calls == ["disconnect", "active True", "connect garage secret"]


def test_without_a_wlan_the_network_is_somebody_elses(hardware: Hardware, board: Make) -> None:
    made = board()
    assert made.network_ready()
    made.restart_network()
    assert not made.redial()
    assert hardware.calls == []
    hardware.modules["network"] = None
    assert board(wlan="garage").network_ready()


def test_the_watchdog_starts_with_its_first_feed(hardware: Hardware, board: Make) -> None:
    made = board(watchdog=90)
    assert hardware.calls == []
    made.feed()
    made.feed()
    assert hardware.calls == ["watchdog 90000", "feed"]


def test_a_watchdog_that_cannot_wait_so_long_is_done_without(
    hardware: Hardware, board: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    made = board(watchdog=120)
    made.feed()
    made.feed()
    assert hardware.calls == []
    assert capsys.readouterr().out == "12 warning this board has no watchdog of that many seconds\n"


def test_reason_of_the_start(hardware: Hardware, board: Make) -> None:
    assert board().woken_by_watchdog()
    hardware.modules["machine"].reset_cause = lambda: 1
    assert not board().woken_by_watchdog()
    del hardware.modules["machine"].WDT_RESET
    assert not board().woken_by_watchdog()


def test_restart(hardware: Hardware, board: Make) -> None:
    board().restart()
    assert hardware.calls[:2] == ["sleep 200", "reset"]
    del hardware.modules["machine"].reset
    hardware.calls.clear()
    board().restart()
    assert hardware.calls == ["sleep 200", "soft reset"]


def test_garbage_is_collected_before_the_heap_is_full(
    board: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    thresholds: list[int] = []
    monkeypatch.setattr(gc, "threshold", thresholds.append, raising=False)
    board()
    assert thresholds == [32768]


def test_collecting_tells_what_is_free(board: Make) -> None:
    assert board().collect() == 4321


def test_nobody_types_without_a_console(board: Make) -> None:
    assert board().read_command() is None
