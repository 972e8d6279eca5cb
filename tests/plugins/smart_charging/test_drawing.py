"""``ocpp-kernel schedule``: what is drawn, and what is said about files that cannot be."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ocpp_kernel.cli.app import cli

Make = Callable[..., dict[str, Any]]
Draw = Callable[..., Result]

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draws what is given, from midnight of 1 January 2026 on."""

    def run(content: Any, *options: str) -> Result:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "p.json").write_text(text)
        arguments = ["schedule", str(tmp_path / "p.json"), "--from", "2026-01-01T00:00:00Z"]
        return CliRunner().invoke(cli, [*arguments, *options])

    return run


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[], ET.Element]:
    """The picture drawn; well-formed, or this fails."""
    return lambda: ET.parse(tmp_path / "p.svg").getroot()  # noqa: S314 - our own file


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def bold(root: ET.Element) -> list[tuple[float, float]]:
    """The points of the composite."""
    (path,) = [e.get("d", "") for e in root.iter(f"{SVG}path") if e.get("stroke-width") == "3"]
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


def heights(root: ET.Element, step: float) -> list[float]:
    """The composite's values, given what the distance of two grid lines stands for."""
    grid = sorted({e.get("d") for e in root.iter(f"{SVG}path") if e.get("stroke") == "#dddddd"})
    ys = sorted({float(m) for d in grid if d for m in re.findall(r"M70.00 ([\d.]+)L940", d)})
    zero, one = ys[-1], ys[-2]
    return [round((zero - y) / (zero - one) * step, 2) for _, y in bold(root)]


def test_profiles_and_composite_are_drawn(
    draw: Draw, make_profile: Make, picture: Callable[[], ET.Element]
) -> None:
    day = make_profile("max", 16, (28800, 10), kind="Daily", start="2013-01-01T00:00:00Z", number=7)
    default = make_profile("default", 12, number=8, level=2)
    result = draw([{"connectorId": 0, "csChargingProfiles": day}, default])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("2 profiles drawn in ")
    root = picture()
    shown = texts(root)
    assert "ChargePointMaxProfile 7, stack level 0, charge point" in shown
    assert "TxDefaultProfile 8, stack level 2, all connectors" in shown
    assert "composite schedule" in shown
    assert "2026-01-01" in shown
    assert heights(root, 5) == [12, 12, 10, 10]
    xs = [x for x, _ in bold(root)]
    assert xs == [70, 360, 360, 940]  # a third of the day


def test_silence_is_a_gap_and_other_connectors_are_not_shown(
    draw: Draw, make_profile: Make, picture: Callable[[], ET.Element]
) -> None:
    gaps = make_profile(
        "default", 10, kind="Daily", start="2025-12-31T06:00:00Z", duration=3600, number=1
    )
    other = {"connectorId": 2, "csChargingProfiles": make_profile("default", 9, number=2)}
    assert draw([gaps, other], "--hours", "48").exit_code == 0
    root = picture()
    dashed = [e for e in root.iter(f"{SVG}path") if e.get("stroke-dasharray")]
    assert len(dashed) == 1
    assert dashed[0].get("d", "").count("M") == 2
    assert not any("TxDefaultProfile 2" in text for text in texts(root))


@pytest.mark.parametrize("kind", ["profile", "payload", "frame", "list"])
def test_what_a_file_may_hold(
    draw: Draw, make_profile: Make, picture: Callable[[], ET.Element], kind: str
) -> None:
    wire = make_profile("tx", 10, (3600, 8))
    payload = {"connectorId": 1, "csChargingProfiles": wire}
    frame = [2, "19", "SetChargingProfile", payload]
    content = {"profile": wire, "payload": payload, "frame": frame, "list": [frame]}[kind]
    assert draw(content, "--began", "2025-12-31T23:30:00Z", "--hours", "1").exit_code == 0
    assert heights(picture(), 2) == [10, 10, 8, 8]
    assert "TxProfile 201, stack level 0, connector 1" in texts(picture())


def test_watts(draw: Draw, make_profile: Make, picture: Callable[[], ET.Element]) -> None:
    wire = make_profile("default", (0, 10, 1))
    assert draw(wire, "--unit", "W", "--voltage", "200").exit_code == 0
    assert "W" in texts(picture())
    assert heights(picture(), 500) == [2000, 2000]


def test_without_profiles_it_is_what_the_hardware_has(
    draw: Draw, picture: Callable[[], ET.Element]
) -> None:
    assert draw([], "--max-current", "13", "--hours", "0.5").exit_code == 0
    assert heights(picture(), 5) == [13, 13]


def test_nothing_at_all_can_be_drawn(
    draw: Draw, make_profile: Make, picture: Callable[[], ET.Element]
) -> None:
    assert draw(make_profile("default", 0)).exit_code == 0
    assert set(heights(picture(), 0.2)) == {0}


@pytest.mark.parametrize(
    ("content", "options", "code", "told"),
    [
        ("{", (), 1, "p.json: is not JSON: "),
        ("[{}]", (), 1, "p.json: profile 1: connectorId is missing"),
        ("[3]", (), 1, "p.json: profile 1: payload is not an object"),
        ("[]", ("--from", "noon"), 2, "'noon' is no date-time such as 2026-01-31T18:00:00Z"),
        ("[]", ("--hours", "0"), 2, "--hours"),
    ],
)
def test_mistakes_are_told(
    draw: Draw, content: str, options: tuple[str, ...], code: int, told: str
) -> None:
    result = draw(content, *options)
    assert result.exit_code == code, result.output
    assert told in result.output
    assert "Traceback" not in result.output


def test_a_profile_no_charge_point_takes_is_told(draw: Draw, make_profile: Make) -> None:
    good = make_profile("default", 10)
    result = draw([good, make_profile("default", (60, 10), number=2)])
    assert result.exit_code == 1
    assert "profile 2: startPeriod does not ascend from 0" in result.output


def test_the_profiles_are_not_overwritten(draw: Draw, tmp_path: Path) -> None:
    result = draw("[]", "--out", str(tmp_path / "p.json"))
    assert result.exit_code == 2
    assert (tmp_path / "p.json").read_text() == "[]"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["schedule", str(tmp_path / "none.json")])
    assert result.exit_code == 1
    assert "No such file" in result.output
