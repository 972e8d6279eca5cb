"""The simulated hardware installs firmware: FW-005, FW-007."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def image(tmp_path: Path) -> str:
    (tmp_path / "fw").write_bytes(b"image")
    return str(tmp_path / "fw")


def test_fw_007_it_takes_a_while_and_a_restart(simulation: Any, image: str) -> None:
    driver = simulation.driver
    assert driver.install_firmware(image) == "Installing"
    simulation.advance(4)
    assert driver.install_firmware(image) == "Installing"
    simulation.advance(1)
    assert driver.install_firmware(image) == "Restart"
    simulation.start()
    assert simulation.driver.install_firmware(image) == "Installed"
    simulation.start()
    assert simulation.driver.install_firmware(image) == "Installing"


def test_fw_007_a_cut_of_power_begins_it_anew(simulation: Any, image: str) -> None:
    simulation.driver.install_firmware(image)
    simulation.advance(4)
    simulation.start()
    assert simulation.driver.install_firmware(image) == "Installing"
    simulation.advance(5)
    assert simulation.driver.install_firmware(image) == "Restart"


def test_fw_003_an_image_that_is_empty_or_missing_is_no_good(
    simulation: Any, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    for name in ("empty", "missing"):
        with pytest.raises(OSError, match=r"image is empty|No such file"):
            simulation.driver.install_firmware(str(tmp_path / name))
