"""What is asked of the firmware, under its several names; and what is said where it is missing."""

from __future__ import annotations

import importlib
import io
import sys
import zlib
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

NAMES = ("app_fota", "app_fota_download", "fota", "modem", "uzlib", "deflate", "usys")


class Firmware:
    """The modules a test gives it; everything else of the firmware cannot be imported."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.removed: list[str] = []
        self.has(
            "uos",
            remove=self.remove,
            listdir=lambda path: ["app.mpy"],
        )
        self.has("ubinascii", unhexlify=bytes.fromhex)
        self.has("uhashlib", sha256=lambda: "a hash")
        for name in NAMES:
            monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, "device_bundle.runtime.staging", raising=False)
        self.firmware = importlib.import_module("device_bundle.runtime.staging").Firmware()

    def has(self, name: str, **members: Any) -> None:
        module = ModuleType(name)
        module.__dict__.update(members)
        self._monkeypatch.setitem(sys.modules, name, module)

    def remove(self, path: str) -> None:
        if "flag" in path:
            raise OSError(2)
        self.removed.append(path)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Firmware]:
    """Firmware without any updater."""
    yield Firmware(monkeypatch)
    sys.modules.pop("device_bundle.runtime.staging", None)


def test_what_is_missing_is_said(module: Firmware) -> None:
    for ask, reason in (
        (module.firmware.prepare, "this firmware has no app_fota"),
        (module.firmware.new_fota, "this firmware has no fota"),
        (module.firmware.version, "there is no firmware of a module here"),
    ):
        with pytest.raises(OSError, match=reason):
            ask()


@pytest.mark.parametrize(
    "members", [{"get_updater_dir": lambda: "/fota/usr/.updater"}, {"updater_dir": "/usr/.updater"}]
)
def test_the_folder_is_found_and_emptied(module: Firmware, members: dict[str, Any]) -> None:
    calls: list[Any] = []
    updater = SimpleNamespace(set_update_flag=lambda: calls.append("flag"))
    module.has("app_fota", new=lambda: updater)
    module.has(
        "app_fota_download", update_download_stat=lambda *words: calls.append(words), **members
    )
    folder = module.firmware.prepare()
    assert folder in ("/fota/usr/.updater", "/usr/.updater")
    assert module.removed == [f"{folder}/download.stat", f"{folder}/usr/app.mpy"]
    module.firmware.stage("/usr/app.mpy", 5)
    module.firmware.set_flag()
    assert calls == [("", "/usr/app.mpy", 5), "flag"]


def test_firmware_of_the_module(module: Firmware, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fota", lambda: "an updater")  # type: ignore[arg-type]  # so it is
    module.has("modem", getDevFwVersion=lambda: "EC600U_R01")
    assert module.firmware.new_fota() == "an updater"
    assert module.firmware.version() == "EC600U_R01"


def test_inflating_under_either_name(module: Firmware) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -12)
    data = packer.compress(b"content") + packer.flush()

    def inflated(stream: Any, *window: int) -> bytes:
        assert window in ((-12,), (7, 12))
        return zlib.decompress(stream.read(), -12)

    module.has("deflate", DeflateIO=inflated, RAW=7)
    assert module.firmware.inflate(io.BytesIO(data)) == b"content"
    module.has("uzlib", DecompIO=inflated)
    assert module.firmware.inflate(io.BytesIO(data)) == b"content"


def test_the_apps_modules_are_what_was_imported(module: Firmware) -> None:
    module.has("usys", modules={"usr": 1, "usr.app": 2, "usr.main": 3, "uos": 4})
    assert module.firmware.modules() == ["app", "main"]


def test_the_apps_modules_are_also_what_it_could_load(module: Firmware) -> None:
    """A release that has no use for them any more leaves none behind."""
    module.has("usys", modules={"usr": 1, "usr.app": 2, "usr.later_staging": 3})
    files = ["app.mpy", "later_staging.mpy", "later_jobs.mpy", "later", "ocpp_data"]
    module.has("uos", remove=module.remove, listdir=lambda path: files)
    again = Firmware.__new__(Firmware)
    again.firmware = importlib.reload(sys.modules["device_bundle.runtime.staging"]).Firmware()
    assert again.firmware.modules() == ["app", "later_staging", "later_jobs"]


def test_what_else_is_asked_of_the_firmware(module: Firmware) -> None:
    assert module.firmware.sha256() == "a hash"
    assert module.firmware.from_hex("00ff") == b"\x00\xff"
