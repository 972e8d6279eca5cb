"""The parts of the example driver one by one."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_kernel.build import build_station
from ocpp_kernel.config import load_config
from ocpp_kernel.memory_store import MemoryStore

Find = Callable[[str], ModuleType]
EXAMPLE = Path(__file__).parents[3] / "examples" / "hardware_driver"


# The pilot.


@pytest.mark.parametrize(
    ("milliampere", "duty"),
    [
        (0, 1000),
        (5999, 1000),
        (6000, 100),
        (10000, 166),
        (16000, 266),
        (32000, 533),
        (51000, 850),
        (63000, 892),
        (80000, 960),
        (90000, 960),
    ],
)
def test_duty_cycles(driver: Find, milliampere: int, duty: int) -> None:
    assert driver("pilot").duty_of(milliampere) == duty


def test_no_duty_cycle_offers_more_than_is_allowed(driver: Find) -> None:
    for milliampere in range(6000, 80001, 10):
        percent = driver("pilot").duty_of(milliampere) / 10
        # As an EV reads it: IEC 61851-1, annex A.
        offered = percent * 0.6 if percent <= 85 else (percent - 64) * 2.5
        # Between 51 and 52.75 A there is no duty cycle.
        assert milliampere - 1750 < offered * 1000 <= milliampere + 1e-6


def test_lines_have_a_check(driver: Find) -> None:
    pilot = driver("pilot")
    assert pilot.framed("D,266") == b"$D,266*5A\r\n"
    assert pilot.unframed(b"noise$D,266*5A\r") == "D,266"
    for wrong in (b"$D,266*5B", b"$D,267*5A", b"D,266*5A", b"$D,266", b"$D,266*", b"$\xff*FF"):
        assert pilot.unframed(wrong) is None


@given(st.text(alphabet="ABCDEFP0123456789,-", max_size=20))
def test_what_is_framed_can_be_read(driver: Find, text: str) -> None:
    pilot = driver("pilot")
    assert pilot.unframed(pilot.framed(text).strip()) == text


def test_states_come_in_pieces_and_between_noise(driver: Find, port: Any) -> None:
    pilot = driver("pilot").Pilot(port)
    line = driver("pilot").framed("P,C,20,-5")
    port.incoming = [b"\xfe$P,", line[:4], line[4:], b"$P,X,1,1*00\n", b"z" * 100, line]
    for _ in range(6):
        pilot.poll(0)
    assert (pilot.state, pilot.cable, pilot.temperature) == ("C", 20000, -5)


@pytest.mark.parametrize("body", ["P,C,20", "P,CB,20,1", "Q,C,20,1", "P,C,x,1", "P,,20,1"])
def test_lines_that_make_no_sense_are_passed_over(driver: Find, port: Any, body: str) -> None:
    pilot = driver("pilot").Pilot(port)
    port.incoming = [driver("pilot").framed(body)]
    pilot.poll(10)
    assert pilot.state == ""
    assert pilot.is_lost(10)


def test_the_duty_cycle_is_repeated_every_second(driver: Find, port: Any) -> None:
    pilot = driver("pilot").Pilot(port)
    pilot.poll(0)
    pilot.poll(0)
    pilot.set(266, 0)
    pilot.set(266, 0)
    pilot.poll(1)
    said = [driver("pilot").unframed(line) for line in port.sent]
    assert said == ["D,1000", "D,266", "D,266"]


def test_what_was_said_before_the_start_is_forgotten(driver: Find, port: Any) -> None:
    pilot = driver("pilot").Pilot(port)
    port.incoming = [driver("pilot").framed("P,F,0,20"), driver("pilot").framed("P,A,0,20")]
    pilot.start(0)
    assert port.sent == [driver("pilot").framed("D,1000")]
    pilot.poll(0)
    assert pilot.state == "A"


def test_a_long_turn_does_not_lose_the_controller(driver: Find, port: Any) -> None:
    pilot = driver("pilot").Pilot(port)
    pilot.start(0)
    port.incoming = [driver("pilot").framed("P,B,0,20")]
    pilot.poll(10)  # the loop was busy for ten seconds; what was said meanwhile waits
    assert not pilot.is_lost(13)
    pilot.poll(13)
    assert pilot.state == "B"
    pilot.poll(14)
    assert pilot.is_lost(14)
    assert pilot.state == ""


# Modbus.


def test_the_checksum_is_modbus(driver: Find) -> None:
    # The frame that Modbus over Serial Line V1.02, 6.2.2 computes, and a common example.
    assert driver("modbus").sealed(bytes((2, 7))) == bytes((2, 7, 0x41, 0x12))
    assert driver("modbus").sealed(bytes((1, 4, 0, 0, 0, 2))).hex() == "01040000000271cb"


def ask(driver: Find, port: Any, answers: list[bytes], seconds: int = 1) -> tuple[bytes, Any]:
    master = driver("modbus").Master(port, 1)
    master.ask(0x48, 2, 0)
    port.incoming = answers
    data = b""
    for now in range(seconds + 1):
        for _ in range(4):
            data = data or (master.poll(now) if master.is_busy() else b"")
    return data, master


def test_an_answer_in_pieces(driver: Find, port: Any) -> None:
    frame = driver("modbus").sealed(b"\x01\x04\x04abcd")
    data, master = ask(driver, port, [frame[:1], b"", frame[1:6], frame[6:]])
    assert (data, master.is_busy(), master.error) == (b"abcd", False, "")
    assert port.sent == [driver("modbus").sealed(bytes((1, 4, 0, 0x48, 0, 2)))]


@pytest.mark.parametrize("noise", [b"\xff\x00", b"\x01", b"\x01\x04\x04", b"\x01\x04" * 5])
def test_noise_and_echoes_before_an_answer(driver: Find, port: Any, noise: bytes) -> None:
    sealed = driver("modbus").sealed
    echo = sealed(bytes((1, 4, 0, 0x48, 0, 2)))
    data, _ = ask(driver, port, [noise + echo + sealed(b"\x01\x04\x04abcd")])
    assert data == b"abcd"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "no answer"),
        (b"\x01\x04\x04abcd\x00\x00", "no valid answer in 9 bytes"),
        (b"\x01\x04\x04ab", "no valid answer in 5 bytes"),
        (b"\x02\x04\x04abcd", "no valid answer in 7 bytes"),
    ],
)
def test_failures_are_described(driver: Find, port: Any, answer: bytes, error: str) -> None:
    data, master = ask(driver, port, [answer], seconds=2)
    assert (data, master.is_busy(), master.error) == (b"", False, error)


def test_a_refusal_is_told_at_once(driver: Find, port: Any) -> None:
    data, master = ask(driver, port, [driver("modbus").sealed(b"\x01\x84\x02")], seconds=0)
    assert (data, master.error) == (b"", "refused with code 2")


def test_what_comes_too_late_is_no_answer_to_the_next_question(driver: Find, port: Any) -> None:
    master = driver("modbus").Master(port, 1)
    port.incoming = [driver("modbus").sealed(b"\x01\x04\x04late")]
    master.ask(0, 2, 0)
    assert master.poll(0) == b""
    assert master.is_busy()


@given(st.binary(max_size=400))
def test_no_noise_is_taken_for_an_answer(driver: Find, noise: bytes) -> None:
    class Noise:
        def receive(self) -> bytes:
            return noise

        def send(self, data: bytes) -> None:
            pass

    master = driver("modbus").Master(Noise(), 1)
    master.ask(0, 40, 0)
    for now in range(3):
        assert not master.is_busy() or master.poll(now) == b""


# The meter.


@given(st.floats(width=32, min_value=-1e9, max_value=1e9))
def test_floats_become_thousandths_without_floats(driver: Find, value: float) -> None:
    found = driver("meter").thousandths(b"x" + struct.pack(">f", value), 1)
    assert abs(found - value * 1000) <= 0.5001


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_number_is_none(driver: Find, value: float) -> None:
    assert driver("meter").thousandths(struct.pack(">f", value), 0) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(230123, "230.12"), (50000, "50.00"), (-1006, "-1.01"), (-4, "0.00"), (5, "0.01")],
)
def test_decimals(driver: Find, value: int, text: str) -> None:
    assert driver("meter").decimal(value) == text


def test_a_register_never_goes_back(driver: Find, play: Any) -> None:
    device = play.Meter()

    class Wire:
        def __init__(self) -> None:
            self.waiting = b""

        def receive(self) -> bytes:
            data, self.waiting = self.waiting, b""
            return data

        def send(self, data: bytes) -> None:
            self.waiting = device.receive(data)

    meter = driver("meter").Meter(Wire(), 1, 5, 20)
    meter.start(0)
    for kwh, expected in ((12.345, 12345), (3.0, 12345), (float("nan"), 12345), (20.0, 20000)):
        device.kwh = kwh
        for second in range(6):
            for _ in range(4):
                meter.poll(second + meter._next_at)
        assert meter.energy == expected


def test_a_meter_is_asked_now_and_then_only(driver: Find, port: Any) -> None:
    meter = driver("meter").Meter(port, 1, 5, 20)
    meter.start(0)
    for now in range(60):
        for _ in range(5):
            meter.poll(now)
    assert 10 <= len(port.sent) <= 13
    assert meter.energy is None
    assert meter.is_lost(60)


# The reader.


def frame(digits: str) -> bytes:
    check = 0
    for byte in bytes.fromhex(digits):
        check ^= byte
    return b"\x02" + f"{digits}{check:02X}".encode() + b"\x03"


@pytest.mark.parametrize(
    "digits", ["0A1B2C", "04A1B2C3D4", "04a1b2c3", "04A1B2C3D4E5F6", "0102030405060708090A"]
)
def test_card_numbers(driver: Find, port: Any, digits: str) -> None:
    reader = driver("reader").Reader(port, 3)
    whole = frame(digits)
    port.incoming = [b"\x03\xff\r\n", whole[:3], whole[3:-1] + b"\r\n", b"\x03"]
    found = [reader.poll(0) for _ in range(5)]
    assert [number for number in found if number] == [digits.upper()]


@pytest.mark.parametrize(
    "text",
    [
        b"\x0204A1B2C3D401\x03",
        b"\x0204A1B2C3D\x03",
        b"\x02\x03",
        b"\x02GGGGGGGGGG00\x03",
        b"\x02\xff\xfe\xff\xfe\xff\xfe\xff\xfe\x03",
        b"\x02" + b"00" * 12 + b"\x03",
        b"04A1B2C3D4D0\x03",
    ],
)
def test_what_is_no_card(driver: Find, port: Any, text: bytes) -> None:
    reader = driver("reader").Reader(port, 3)
    port.incoming = [text] * 5
    assert [reader.poll(0) for _ in range(5)] == [""] * 5
    assert reader.is_broken()
    port.incoming = [frame("04A1B2C3D4")]
    assert reader.poll(1) == "04A1B2C3D4"
    assert not reader.is_broken()


def test_two_cards_in_one_turn_come_one_after_the_other(driver: Find, port: Any) -> None:
    reader = driver("reader").Reader(port, 3)
    port.incoming = [frame("01020304") + frame("01020304") + frame("0A0B0C0D")]
    assert [reader.poll(0) for _ in range(3)] == ["01020304", "0A0B0C0D", ""]


def test_a_card_that_was_away_counts_again(driver: Find, port: Any) -> None:
    reader = driver("reader").Reader(port, 3)
    found = []
    for now in (0, 2, 4, 7, 11):
        port.incoming = [frame("01020304")]
        found.append(reader.poll(now))
    assert found == ["01020304", "", "", "", "01020304"]


def test_noise_does_not_pile_up(driver: Find, port: Any) -> None:
    reader = driver("reader").Reader(port, 3)
    for _ in range(100):
        port.incoming = [b"\x02" * 50]
        assert reader.poll(0) == ""
    assert len(reader._rest) <= driver("reader").LONGEST


# The whole.


def test_on_a_computer_it_is_made_and_reports_that_nothing_is_there() -> None:
    logged: list[tuple[str, str]] = []
    station = build_station(
        load_config(EXAMPLE / "ocpp.toml"), MemoryStore(), lambda *line: logged.append(line)
    )
    station.start(0)
    for now in range(10):
        station.tick(now)
    assert logged == []
    assert station.shared["connectors"][1].status == "Faulted"
    assert station.deadline == 10  # no busy waiting for hardware that is not there


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("max_current = 32", "max_current is in mA, 6000 to 80000, not 32"),
        ("max_current = 90000", "max_current is in mA, 6000 to 80000, not 90000"),
        ('stop_reason = "Panic"', "stop_reason"),
    ],
)
def test_settings_that_make_no_sense_are_told(tmp_path: Path, settings: str, problem: str) -> None:
    text = (EXAMPLE / "ocpp.toml").read_text(encoding="utf-8")
    text = text.replace("./hardware_driver", (EXAMPLE / "hardware_driver").as_posix())
    (tmp_path / "ocpp.toml").write_text(text.replace("max_current = 32000", settings))
    done = subprocess.run(
        [sys.executable, "-m", "ocpp_kernel", "check", str(tmp_path / "ocpp.toml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert problem in " ".join(done.stderr.split())


def test_installed_it_is_found_by_its_entry_point(tmp_path: Path) -> None:
    """As an installer lays it out, from what its pyproject.toml says."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))
    for package in project["tool"]["setuptools"]["packages"]:
        shutil.copytree(EXAMPLE / package, tmp_path / package)
    name, version = project["project"]["name"], project["project"]["version"]
    facts = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    points = project["project"]["entry-points"]["ocpp_kernel"]
    lines = [f"{plugin} = {module}" for plugin, module in points.items()]
    (facts / "entry_points.txt").write_text("\n".join(["[ocpp_kernel]", *lines]))
    program = (
        f"import sys; sys.path.append({str(tmp_path)!r})\n"
        "from ocpp_kernel.config import Config\n"
        "from ocpp_kernel.plugins import discover, load_plugin\n"
        "(found,) = [p for p in discover(Config()) if p.name == 'hardware_driver']\n"
        "print(found.source, load_plugin(found, 'charge_point').role.__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "installed by hardware-driver ChargePoint\n"
