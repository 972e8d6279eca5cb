"""Images that are no good: refused before anything is changed, or taken back afterwards."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import pytest

pytestmark = pytest.mark.slow

BEGUN = ("Downloading", "Downloaded", "Installing")


async def update(site: Any, image: bytes) -> None:
    site.publish("image.tar.gz", image)
    await site.firmware.update(site.station, "image.tar.gz")


async def reason(site: Any) -> str:
    """Why the installation failed, as the module says."""
    text = "InstallationFailed: "
    line = await asyncio.to_thread(site.emulator.wait_for, text)
    return str(site.emulator.lines[line - 1].partition(text)[2])


def assert_untouched(site: Any, restarts: int) -> None:
    """The first release is there, the firmware's checksums agree, nothing is left behind."""
    assert site.emulator.restarts == restarts
    release = site.release("1.0.0")
    for name, content in release.files.items():
        assert site.usr(name).read_bytes() == content, name
    sums = site.usr("checksum.json")
    for path, crc in json.loads(sums.read_text()).items() if sums.exists() else []:
        name = path.removeprefix("/usr/")
        assert name not in release.files or crc == zlib.crc32(release.files[name]), name


async def test_fw_003_an_app_that_cannot_start_is_taken_back(site: Any) -> None:
    """FW-003: the previous app runs again and says so; why is in the diagnostics."""
    await site.power_up("1.0.0")
    release = site.release("2.0.0")
    release.files["app.py"] = b"raise ValueError('half of an app')\n"
    await update(site, release.image())
    await site.hears(*BEGUN, "boot 1.0.0", "InstallationFailed")
    assert "it was started 3 times and never confirmed" in await reason(site)
    await site.until_gone()
    assert_untouched(site, 5)
    site.told.clear()
    name = await site.firmware.diagnostics(site.station)
    await site.hears("Uploading", "Uploaded")
    file = next(site.folder.joinpath("served", "diagnostics").rglob(name))
    assert "ValueError: half of an app" in file.read_text()


async def test_fw_003_an_app_that_never_connects_is_taken_back(site: Any) -> None:
    """FW-003: it runs, but the central system never hears of it."""
    await site.power_up("1.0.0")
    release = site.release("2.0.0")
    for name, text in release.files.items():
        release.files[name] = text.replace(b"43210", b"60").replace(
            f"127.0.0.1:{site.port}".encode(), b"127.0.0.1:9"
        )
    await update(site, release.image())
    await site.hears(*BEGUN, "boot 1.0.0", "InstallationFailed")
    assert "the central system did not accept it in time" in await reason(site)
    await site.until_gone()
    assert_untouched(site, 3)


async def test_fw_003_a_damaged_image_is_refused_before_anything_is_staged(site: Any) -> None:
    """FW-003."""
    await site.power_up("1.0.0")
    image = bytearray(site.release("2.0.0").image())
    image[len(image) // 2] ^= 0x55
    await update(site, bytes(image))
    await site.hears(*BEGUN, "InstallationFailed")
    assert "the image is damaged" in await reason(site)
    await site.until_gone()
    assert_untouched(site, 0)


async def test_fw_003_an_image_without_room_is_refused_with_numbers(site: Any) -> None:
    """FW-003."""
    await site.power_up("1.0.0", flash=256 * 1024)
    await update(site, site.release("2.0.0").image())
    await site.hears(*BEGUN, "InstallationFailed")
    told = await reason(site)
    assert "installing needs " in told
    assert " bytes of flash, " in told
    await site.until_gone()
    assert_untouched(site, 0)


@pytest.mark.parametrize("copies", [0, 4])
async def test_a_power_cut_while_the_updater_copies_changes_nothing(site: Any, copies: int) -> None:
    """FW-005: the copying is finished at the next start."""
    await site.power_up("1.0.0", cut_copy=copies)
    await update(site, site.release("2.0.0").image())
    await asyncio.to_thread(site.emulator.wait_for, "power cut while", 60)
    await asyncio.to_thread(site.emulator.wait, 30)
    site.emulator.set_option("cut_copy", -1)
    await asyncio.to_thread(site.emulator.start, False)
    await site.hears(*BEGUN, "boot 2.0.0", "Installed")
    await site.until_gone()
