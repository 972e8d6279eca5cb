"""What moves files and installs images is in memory while there is work, and no longer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.slow

FILES = ("later_jobs.py", "later_staging.py")


def tell(site: Any) -> None:
    """Has every release of the site say what it loads, each time."""
    make = site.release

    def release(version: str) -> Any:
        made = make(version)
        for name in FILES:
            made.files[name] += f"print('{version} loads {name}')\n".encode()
        return made

    site.release = release


def loads(site: Any) -> list[str]:
    """What was loaded, in order."""
    return [line.partition(" loads ")[2] for line in site.emulator.lines if " loads " in line]


async def test_a_module_loads_what_it_needs_when_it_needs_it(site: Any) -> None:
    """Nothing at its start, each part once for its work, and again for the next."""
    tell(site)
    await site.power_up("1.0.0")
    assert loads(site) == []
    for count in (1, 2):
        site.told.clear()
        await site.firmware.diagnostics(site.station)
        await site.hears("Uploading", "Uploaded")
        assert loads(site) == ["later_jobs.py"] * count
    site.told.clear()
    site.publish("2.0.0.tar.gz", site.release("2.0.0").image())
    await site.firmware.update(site.station, "2.0.0.tar.gz")
    await site.hears("Downloading", "Downloaded", "Installing", "boot 2.0.0", "Installed")
    await site.until_gone()
    told = [line for line in site.emulator.lines if " loads " in line][2:]
    assert told[:3] == [
        "1.0.0 loads later_jobs.py",
        "1.0.0 loads later_staging.py",
        "2.0.0 loads later_staging.py",
    ]
    # What is left of the update is removed after it was told of, by code that is loaded anew.
    assert set(told[3:]) <= {"2.0.0 loads later_staging.py"}


@pytest.mark.parametrize("content", [None, b"raise MemoryError('too large')\n"])
async def test_fw_014_a_transfer_whose_code_cannot_be_loaded_fails_and_nothing_else(
    site: Any, content: bytes | None
) -> None:
    """FW-003, FW-014: the file is lost, or there is no memory for it; the station lives on."""
    await site.power_up("1.0.0")
    path = site.usr("later_jobs.py")
    whole = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    await site.firmware.diagnostics(site.station, retries=0)
    await site.hears("Uploading", "UploadFailed")
    await asyncio.to_thread(site.emulator.wait_for, "transfers cannot be loaded")
    site.told.clear()
    await site.firmware.update(site.station, "http://127.0.0.1/image.tar.gz", retries=0)
    await site.hears("Downloading", "DownloadFailed")
    assert site.emulator.restarts == 0
    path.write_bytes(whole)
    site.told.clear()
    await site.firmware.diagnostics(site.station, retries=0)
    await site.hears("Uploading", "Uploaded")


async def test_fw_003_an_installer_that_is_lost_fails_the_installation(site: Any) -> None:
    """FW-003: before anything is changed."""
    await site.power_up("1.0.0")
    site.usr("later_staging.py").unlink()
    site.publish("2.0.0.tar.gz", site.release("2.0.0").image())
    await site.firmware.update(site.station, "2.0.0.tar.gz")
    await site.hears("Downloading", "Downloaded", "Installing", "InstallationFailed")
    await asyncio.to_thread(site.emulator.wait_for, "the installer cannot be loaded: ImportError")
    assert site.emulator.restarts == 0


async def test_fw_003_an_app_that_has_no_memory_for_its_installer_is_taken_back(site: Any) -> None:
    """FW-003: it could never be replaced."""
    await site.power_up("1.0.0")
    release = site.release("2.0.0")
    release.files["later_staging.py"] = b"raise MemoryError('too large')\n"
    site.publish("2.0.0.tar.gz", release.image())
    await site.firmware.update(site.station, "2.0.0.tar.gz")
    await site.until(lambda: "InstallationFailed" in site.told)
    assert site.told[:3] == ["Downloading", "Downloaded", "Installing"]
    assert site.told[-2:] == ["boot 1.0.0", "InstallationFailed"]
    await asyncio.to_thread(
        site.emulator.wait_for,
        'InstallationFailed: OSError("the installer cannot be loaded: MemoryError',
    )
    await site.until_gone()
    for name, content in site.release("1.0.0").files.items():
        assert site.usr(name).read_bytes() == content, name
