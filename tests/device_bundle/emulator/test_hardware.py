"""Pins, ports and interrupts of an emulated module, and what is wired to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device_bundle.emulator import Emulator, EmulatorError
from device_bundle.emulator.hardware import Hardware

Run = Callable[[str], Emulator]


class Echo:
    """Answers what it hears, with an exclamation mark, and says one thing unasked."""

    def __init__(self) -> None:
        self.unasked = b""
        self.heard: list[bytes] = []

    def receive(self, data: bytes) -> bytes:
        self.heard.append(data)
        return data + b"!"

    def poll(self) -> bytes:
        said, self.unasked = self.unasked, b""
        return said


@pytest.fixture
def hardware() -> Iterator[Hardware]:
    with Hardware() as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, hardware: Hardware) -> Iterator[Run]:
    """Starts a module whose program is the given text."""
    started: list[Emulator] = []

    def start(program: str) -> Emulator:
        (tmp_path / "main.py").write_text(program)
        emulator = Emulator(tmp_path, speed=20, options=hardware.options)
        started.append(emulator)
        emulator.start()
        return emulator

    yield start
    for emulator in started:
        emulator.close()


def lines(emulator: Emulator) -> list[str]:
    """What a program printed that ended by itself."""
    assert emulator.wait(60) == 0, emulator.lines
    return emulator.lines


def test_outputs_reach_whoever_watches_before_the_program_goes_on(
    run: Run, hardware: Hardware
) -> None:
    seen: list[tuple[int, int]] = []
    hardware.watch(lambda pin, level: seen.append((pin, level)))
    hardware.watch(lambda pin, level: hardware.set_level(9, 1 - level))
    emulator = run(
        "from machine import Pin\n"
        "relay = Pin(Pin.GPIO7, Pin.OUT, Pin.PULL_DISABLE, 0)\n"
        "mirror = Pin(Pin.GPIO9, Pin.IN, Pin.PULL_PU, 0)\n"
        "print(mirror.read(), relay.write(1), relay.read(), mirror.read(), mirror.write(1))\n"
        "relay.write(1)\n"
        "relay.write(0)\n"
        "print(mirror.read(), relay.get_dir(), mirror.get_dir())\n"
    )
    assert lines(emulator) == ["1 0 1 0 -1", "1 1 0"]
    assert seen == [(7, 1), (7, 0)]


def test_inputs_that_nothing_drives_read_their_resistor(run: Run, hardware: Hardware) -> None:
    hardware.set_level(3, 0)
    hardware.set_level(4, 0)
    hardware.set_level(4, None)
    emulator = run(
        "from machine import Pin\n"
        "print([Pin(n, Pin.IN, pull, 0).read() for n, pull in "
        "((1, Pin.PULL_PU), (2, Pin.PULL_PD), (3, Pin.PULL_PU), (4, Pin.PULL_PU))])\n"
    )
    assert lines(emulator) == ["[1, 0, 0, 1]"]


def test_an_output_falls_when_the_power_is_cut(run: Run, hardware: Hardware) -> None:
    emulator = run(
        "from machine import Pin\nimport utime\n"
        "Pin(5, Pin.OUT, Pin.PULL_DISABLE, 1)\nprint('on')\nutime.sleep(1000)\n"
    )
    hardware.wait_for(5, 1)
    emulator.kill()
    hardware.wait_for(5, 0)
    emulator.start()
    hardware.wait_for(5, 1)
    assert hardware.level(5) == 1


def test_waiting_for_a_level_that_does_not_come(hardware: Hardware) -> None:
    with pytest.raises(EmulatorError, match="pin 5 did not become 1"):
        hardware.wait_for(5, 1, timeout=0.05)


def test_a_device_answers_at_the_very_next_read(run: Run, hardware: Hardware) -> None:
    echo = Echo()
    echo.unasked = b"\x00\xff"
    hardware.attach(2, echo, baud=9600)
    emulator = run(
        "from machine import UART\n"
        "port = UART(UART.UART2, 9600, 8, 0, 1, 0)\n"
        "print(port.any(), port.read(1), port.read(9), port.any(), port.read(3))\n"
        "print(port.write(b'ab'), port.any(), port.read(10))\n"
        "print(port.write('text'), port.read(9), port.any(), port.read(9), port.close())\n"
    )
    assert lines(emulator) == [
        r"2 b'\x00' b'\xff' 0 b''",
        "2 3 b'ab!'",
        "4 b'' 5 b'text!' 0",
    ]
    assert echo.heard == [b"ab", b"text"]


@pytest.mark.parametrize("settings", ["19200, 8, 0", "9600, 8, 1"])
def test_a_port_set_differently_from_its_device_hears_rubbish(
    run: Run, hardware: Hardware, settings: str
) -> None:
    echo = Echo()
    hardware.attach(1, echo, baud=9600)
    emulator = run(
        f"from machine import UART\nport = UART(1, {settings}, 1, 0)\n"
        "port.write(b'abc')\nprint(port.any(), port.read(9) == b'abc!')\n"
    )
    assert lines(emulator) == ["4 False"]
    assert echo.heard != [b"abc"]


def test_what_comes_while_nobody_reads_waits_as_long_as_there_is_room(
    run: Run, hardware: Hardware
) -> None:
    hardware.send(4, b"before it was opened")
    emulator = run(
        "from machine import UART\nimport utime\n"
        "port = UART(4, 9600, 8, 0, 1, 0)\nprint('open')\n"
        "while not port.any():\n    utime.sleep_ms(20)\n"
        "print(port.any(), port.read(3))\n"
    )
    emulator.wait_for("open")
    hardware.send(4, bytes(5000))
    assert lines(emulator)[1] == r"4096 b'\x00\x00\x00'"


def test_callbacks_run_while_the_program_waits(run: Run, hardware: Hardware) -> None:
    echo = Echo()
    hardware.attach(2, echo, baud=9600)
    emulator = run(
        "from machine import ExtInt, UART\nimport utime\n"
        "calls = []\n"
        "port = UART(2, 9600, 8, 0, 1, 0)\n"
        "port.set_callback(calls.append)\n"
        "def fall(edge):\n    calls.append(['fall', edge])\n"
        "falls = ExtInt(6, ExtInt.IRQ_FALLING, ExtInt.PULL_PU, fall)\n"
        "both = ExtInt(7, ExtInt.IRQ_RISING_FALLING, ExtInt.PULL_PU, calls.append)\n"
        "off = ExtInt(8, ExtInt.IRQ_FALLING, ExtInt.PULL_PU, calls.append)\n"
        "print(falls.enable(), falls.enable(), both.enable(), off.enable(), off.disable())\n"
        "port.write(b'x')\n"
        "while len(calls) < 4:\n    utime.sleep_ms(50)\n"
        "print(falls.line(), falls.read_level(), port.read(9))\n"
        "for call in calls:\n    print(call)\n"
    )
    emulator.wait_for("0 0 0 0 0")
    for pin in (6, 7, 8):
        # Shorter than any turn of a loop, and yet not missed.
        hardware.set_level(pin, 0)
        hardware.set_level(pin, 1)
    printed = lines(emulator)
    assert printed[1] == "6 1 b'x!'"
    assert sorted(printed[2:]) == ["['fall', [6, 1]]", "[0, 2, 2]", "[7, 0]", "[7, 1]"]


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("Pin(48, Pin.IN, 0, 0)", "invalid pin value"),
        ("ExtInt(1, 0, 0, None)", "callback is none"),
        ("UART(5, 9600, 8, 0, 1, 0)", "UART(5) does not exist"),
        ("UART(1, 9600, 7, 0, 1, 0)", "invalid data bits"),
    ],
)
def test_what_the_firmware_refuses(run: Run, program: str, error: str) -> None:
    emulator = run(
        "from machine import ExtInt, Pin, UART\n"
        f"try:\n    {program}\nexcept ValueError as error:\n    print(error)\n"
    )
    assert lines(emulator) == [error]


def test_without_a_host_nothing_is_wired(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from machine import ExtInt, Pin, UART\n"
        "port = UART(2, 9600, 8, 0, 1, 0)\n"
        "print(port.write(b'x'), port.any(), port.read(4), Pin(1, Pin.OUT, 0, 1).read())\n"
        "print(Pin(2, Pin.IN, Pin.PULL_PU, 0).read(), Pin(2, Pin.IN, Pin.PULL_PD, 0).read())\n"
        "print(ExtInt(1, 0, 1, print).read_level(), port.control_485(9, 1))\n"
    )
    with Emulator(tmp_path) as emulator:
        assert lines(emulator) == ["1 0 b'' 1", "1 0", "1 0"]
