"""The firmware's updaters: app_fota with its copying before main.py, fota, uzlib, the flash."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bundle.emulator import Emulator

Start = Callable[..., Emulator]

STAGE = """
import app_fota, app_fota_download, uos
updater = app_fota.new()
folder = app_fota_download.get_updater_dir()
for path in (folder, folder + "/usr"):
    uos.mkdir(path)
for name in ("a.py", "b.py"):
    with open(folder + "/usr/" + name, "w") as file:
        file.write("print('new " + name + "')\\n")
    app_fota_download.update_download_stat("", "/usr/" + name, 17)
    app_fota_download.update_download_stat("http://h/" + name, "/usr/" + name, 17)
if FLAG:
    updater.set_update_flag()
"""
RUN = """
import uos
import usr.a
import usr.b
print(sorted(name for name in uos.listdir("/usr") if name[:1] == "."))
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Runs /usr/main.py to its end on one flash; options go to the emulated modules."""
    bundle = tmp_path / "bundle" / "usr"
    bundle.mkdir(parents=True)
    for name in ("a.py", "b.py"):
        bundle.joinpath(name).write_text(f"print('old {name}')\n")

    def run(main: str, *, upload: bool = False, **options: Any) -> Emulator:
        bundle.joinpath("main.py").write_text(main)
        emulator = Emulator(bundle, data=tmp_path / "flash", speed=50, options=options)
        if not upload and emulator.root.joinpath("usr").exists():
            emulator.root.joinpath("usr", "main.py").write_text(main)
        emulator.start(upload=upload)
        emulator.wait(60)
        return emulator

    yield run


def test_what_is_flagged_is_copied_before_the_next_start(start: Start) -> None:
    start(STAGE.replace("FLAG", "True"), upload=True)
    emulator = start(RUN)
    assert emulator.lines == ["new a.py", "new b.py", "[]"]
    sums = json.loads(emulator.root.joinpath("usr", "checksum.json").read_text())
    assert sums == {f"/usr/{name}": zlib.crc32(f"print('new {name}')\n".encode()) for name in AB}


AB = ("a.py", "b.py")


def test_without_the_flag_nothing_is_copied(start: Start) -> None:
    start(STAGE.replace("FLAG", "False"), upload=True)
    assert start(RUN).lines == ["old a.py", "old b.py", "['.updater']"]


@pytest.mark.parametrize("copies", [0, 1])
def test_a_cut_copy_is_finished_at_the_next_start(start: Start, copies: int) -> None:
    start(STAGE.replace("FLAG", "True"), upload=True)
    cut = start(RUN, cut_copy=copies)
    assert cut.lines == [f"power cut while /usr/{AB[copies]} is copied"]
    torn = cut.root.joinpath("usr", AB[copies]).read_text()
    assert torn == f"print('new {AB[copies]}')\n"[: len(torn)]
    assert start(RUN).lines == ["new a.py", "new b.py", "[]"]


def test_a_list_that_cannot_be_read_leaves_everything_as_it_is(start: Start) -> None:
    emulator = start(STAGE.replace("FLAG", "True"), upload=True)
    emulator.root.joinpath("usr", ".updater", "download.stat").write_text("[{")
    assert start(RUN).lines == ["old a.py", "old b.py", "['.updater']"]


def test_uploading_leaves_what_belongs_to_the_device(start: Start) -> None:
    emulator = start("pass\n", upload=True)
    kept = ["ocpp_starts", "ocpp_crash", "ocpp_crash.old", "checksum.json"]
    for name in ("ocpp_data", "ocpp_previous", ".updater"):
        emulator.root.joinpath("usr", name).mkdir()
    for name in [*kept, "stray.py", "ocpp_trial", "ocpp_trial.new"]:
        emulator.root.joinpath("usr", name).write_text("x")
    emulator.upload()
    left = {path.name for path in emulator.root.joinpath("usr").iterdir()}
    assert left == {*kept, "ocpp_data", "main.py", *AB}, "and nothing of an update"


def test_the_modules_firmware_is_replaced_at_the_next_start(start: Start) -> None:
    program = (
        "import fota, modem\nprint(modem.getDevFwVersion())\nimage = fota()\n"
        "print(image.write(b'FIRM', 16), image.write(b'WARE 2.0', 16))\n"
        "print(image.flush(), image.verify(), modem.getDevFwVersion())\n"
    )
    assert start(program, upload=True).lines == ["EMULATOR", "0 0", "0 0 EMULATOR"]
    version = "import modem\nprint(modem.getDevFwVersion())\n"
    assert start(version).lines == ["2.0"]


def test_other_firmware_is_refused(start: Start) -> None:
    program = (
        "import fota, modem\nimage = fota(reset_disable=1)\n"
        "print(image.write(b'rubbish', 8), image.flush(), image.verify())\n"
        "print(image.write(b'too long', 8))\n"
    )
    assert start(program, upload=True).lines == ["0 0 -1", "-1"]


def test_raw_deflate_is_inflated(start: Start, tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -12)
    data = packer.compress(b"0123456789" * 1000) + packer.flush()
    program = (
        f"import uzlib, uio\nstream = uzlib.DecompIO(uio.BytesIO({data!r}), -12)\n"
        "print(stream.read(12), len(stream.read(20000)), stream.read(1))\n"
        "try:\n    uzlib.DecompIO(uio.BytesIO(b'\\xff\\xff'), -12).read(1)\n"
        "except OSError:\n    print('damaged')\n"
    )
    assert start(program, upload=True).lines == ["b'012345678901' 9988 b''", "damaged"]


def test_the_flash_is_as_large_as_it_is_said_to_be(start: Start) -> None:
    program = (
        "import uos\nbefore = uos.statvfs('/usr')\n"
        "with open('/usr/big', 'wb') as file:\n    file.write(bytes(5000))\n"
        "after = uos.statvfs('/usr')\n"
        "print(before[0], before[1], before[2], before[3] - after[3], before[4] - after[4])\n"
    )
    assert start(program, upload=True, flash=384 * 1024).lines == ["4096 4096 96 2 2"]
