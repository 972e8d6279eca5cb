"""A module in memory: flash, the firmware's updater, /usr/main.py and an app; power may fail."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO

import pytest

import device_bundle.runtime
from device_bundle.archives import tar_gz
from device_bundle.runtime.installer import Installer
from device_bundle.runtime.installing import Installing
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.memory_store import MemoryStore

_SPEC = importlib.util.spec_from_file_location(
    "installing_flash", Path(__file__).with_name("flash.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
_flash = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_flash)

TRIAL_TEMPLATE = Path(device_bundle.runtime.__file__).parent / "trial_template.py"
STAGING = "device_bundle.runtime.staging"
IMAGE = "/usr/ocpp_data/firmware.file"
UPDATER = "/usr/.updater"
FACTS = {"target": "quecpython", "version": "2", "plugins": ["core_profile", "firmware_mgmt"]}

#: What the app of each release does: it works, cannot start, or is never accepted.
OLD = {
    "app.mpy": b"old app" * 300,
    "same.mpy": b"same" * 99,
    "gone.mpy": b"gone" * 500,
    "texts.txt": b"old",
}
NEW = {
    "app.mpy": b"new app" * 400,
    "same.mpy": b"same" * 99,
    "more.mpy": b"more" * 300,
    "texts.txt": b"new",
}
BROKEN = {**NEW, "app.mpy": b"broken" * 400}
DEAF = {**NEW, "app.mpy": b"deaf" * 400}


class Restart(BaseException):
    """The program restarts the module."""


class Inflated:
    """As the firmware inflates: OSError for what is damaged."""

    def __init__(self, file: BinaryIO) -> None:
        self._packer = zlib.decompressobj(-12)
        self._file = file
        self._data = b""

    def read(self, size: int) -> bytes:
        while len(self._data) < size:
            piece = self._file.read(64)
            try:
                self._data += self._packer.decompress(piece)
            except zlib.error:
                raise OSError(22) from None
            if not piece:
                break
        data, self._data = self._data[:size], self._data[size:]
        return data


class Module:
    """Everything of it that outlives a power cut is in `flash`, `store` and `outcome`."""

    def __init__(self, release: dict[str, bytes], replaces: bool = True) -> None:
        self.flash = _flash.Flash(replaces)
        for name, content in {**release, "main.py": b"main", "own.txt": b"own"}.items():
            self.flash.files[f"/usr/{name}"] = content
        self.store = MemoryStore()
        #: How the installation ended, once that was stored.
        self.outcome = ""
        self.log: list[str] = []
        self.boots = 0
        #: How often the power failed.
        self.cuts = 0
        #: The version of its own firmware, and of that after the next start.
        self.runs = "A"
        self.will_run = ""
        #: Bytes written to `fota` in each installation.
        self.written: list[bytes] = []

    def receive(self, release: dict[str, bytes], **facts: Any) -> None:
        """An image was fetched."""
        files = {f"usr/{name}": content for name, content in release.items()}
        self.flash.files[IMAGE] = tar_gz({**files, "usr/main.py": b"main"}, {**FACTS, **facts})
        self.outcome = ""

    def installed(self) -> dict[str, bytes]:
        """The app's files."""
        return {
            name.removeprefix("/usr/"): content
            for name, content in self.flash.files.items()
            if name.count("/") == 2 and name.endswith((".mpy", "texts.txt"))
        }

    def left(self) -> list[str]:
        """What is there besides apps, and besides what the updater no longer looks at."""
        flagged = f"{UPDATER}/update.flag" in self.flash.files
        own = {"/usr/main.py", "/usr/own.txt", *(f"/usr/{name}" for name in self.installed())}
        left = sorted(set(self.flash.files) - own)
        return [path for path in left if flagged or not path.startswith(UPDATER)]

    # The firmware.

    def run(self, *cuts: int) -> str:
        """Until the installation has ended; the power fails after so many steps, and so many."""
        left = list(cuts)
        self.flash.steps = left.pop(0) if left else None
        for _ in range(30):
            try:
                return self._start()
            except Restart:
                continue
            except _flash.PowerCut:
                self.cuts += 1
                self.flash.steps = left.pop(0) if left else None
        raise AssertionError("the module restarts without end")

    def _start(self) -> str:
        self.boots += 1
        self.runs, self.will_run = self.will_run or self.runs, ""
        self._copy_staged()
        self._run_main()
        app = self.flash.files["/usr/app.mpy"]
        if app.startswith(b"broken"):
            raise Restart
        return self._run_app(accepted=not app.startswith(b"deaf"))

    def _listed(self) -> list[Any]:
        try:
            listed: list[Any] = json.loads(self.flash.files[f"{UPDATER}/download.stat"])
        except (KeyError, ValueError):
            return []
        return listed

    def _write_listed(self, listed: list[Any]) -> None:
        # Its file system keeps the old content until the new one is whole.
        self.flash.step()
        self.flash.files[f"{UPDATER}/download.stat"] = json.dumps(listed).encode()

    def _copy_staged(self) -> None:
        flash = self.flash
        if f"{UPDATER}/update.flag" not in flash.files:
            return
        for entry in self._listed():
            source = UPDATER + entry["name"]
            if source in flash.files:
                with flash.open(entry["name"], "wb") as file:
                    file.write(flash.files[source])
            self._write_listed(self._listed()[1:])
            if source in flash.files:
                flash.remove(source)
        flash.remove(f"{UPDATER}/update.flag")
        flash.remove(f"{UPDATER}/download.stat")
        for path in [path for path in flash.files if path.startswith(UPDATER)]:
            flash.remove(path)

    # /usr/main.py.

    def _run_main(self) -> None:
        def restart() -> None:
            raise Restart

        updater = SimpleNamespace(set_update_flag=self.set_flag)
        fakes = {
            "uos": self.flash,
            "app_fota": SimpleNamespace(new=lambda: updater),
            "app_fota_download": SimpleNamespace(
                get_updater_dir=lambda: UPDATER,
                update_download_stat=lambda url, name, size: self.stage(name, size),
            ),
            "misc": SimpleNamespace(Power=SimpleNamespace(powerRestart=restart)),
        }
        before = {name: sys.modules.get(name) for name in fakes}
        sys.modules.update({name: as_module(name, fake) for name, fake in fakes.items()})
        try:
            space = {"open": self.flash.open, "print": lambda *words: self.log.append(str(words))}
            code = compile(TRIAL_TEMPLATE.read_text(), "main.py", "exec")
            exec(code, space)  # noqa: S102  # our own text, as main.py has it
        finally:
            for name, module in before.items():
                if module is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = module

    # The app: what is around the installer behaves as firmware_mgmt's Update.

    def _run_app(self, accepted: bool) -> str:
        station: Any = SimpleNamespace(
            now=0,
            store=self.store,
            codec=MsgspecCodec(),
            log=lambda level, text: self.log.append(text),
        )
        installer = self.make_installer(station)
        if not self.outcome:
            outcome = ""
            for _ in range(1000):
                try:
                    outcome = installer.install_firmware(IMAGE)
                except OSError as error:
                    outcome = f"InstallationFailed: {error}"
                if outcome:
                    break
                station.now += 1
                installer.accepted = accepted and station.now > 20
            if outcome == "Restart":
                self.flash.step()
                raise Restart
            self.flash.step()
            self.outcome = outcome
        installer.forget(IMAGE)
        return self.outcome

    def make_installer(self, station: Any) -> Any:
        """What an app makes at its start, on this module instead of the real one."""

        def make(station: Any, target: str, patience: int) -> Installer:
            return Installer(station, self, self.flash, self.flash.open, target, patience)

        loaded = SimpleNamespace(make_installer=make)
        sys.modules[STAGING] = as_module(STAGING, loaded)
        return Installing(station, self.flash, self.flash.open, "quecpython", 60)

    # What the installer has of the firmware.

    def folder(self) -> str:
        return UPDATER

    def prepare(self) -> str:
        for path in [f"{UPDATER}/update.flag", f"{UPDATER}/download.stat", *self.flash.files]:
            if path.startswith(UPDATER) and path in self.flash.files:
                self.flash.remove(path)
        return UPDATER

    def stage(self, name: str, size: int) -> None:
        assert len(self.flash.files[UPDATER + name]) == size
        kept = [entry for entry in self._listed() if entry["name"] != name]
        self._write_listed([*kept, {"url": "", "name": name, "total_size": size}])

    def set_flag(self) -> None:
        self.flash.open(f"{UPDATER}/update.flag", "wb")

    def new_fota(self) -> Any:
        self.written.append(b"")
        return SimpleNamespace(write=self._fota_write, flush=lambda: 0, verify=self._fota_verify)

    def _fota_write(self, data: bytes, size: int) -> int:
        assert size == len(self.flash.files[IMAGE])
        self.written[-1] += data
        return 0

    def _fota_verify(self) -> int:
        if not self.written[-1].startswith(b"FIRMWARE "):
            return -1
        self.flash.step()
        self.will_run = self.written[-1][9:20].decode().split("\n")[0]
        self.flash.step()
        return 0

    def version(self) -> str:
        return self.runs

    def inflate(self, file: BinaryIO) -> Any:
        return Inflated(file)

    def sha256(self) -> Any:
        return hashlib.sha256()

    def from_hex(self, digits: str) -> bytes:
        return bytes.fromhex(digits)

    def modules(self) -> list[str]:
        """What this run has imported."""
        return [
            "main",
            *(name.removesuffix(".mpy") for name in self.installed() if "m" in name[-3:]),
        ]


def as_module(name: str, fake: Any) -> ModuleType:
    module = ModuleType(name)
    for attribute in dir(fake):
        if not attribute.startswith("__"):
            setattr(module, attribute, getattr(fake, attribute))
    return module


def cut_everywhere(
    release: dict[str, bytes], replaces: bool, *again: int
) -> Iterator[tuple[Module, str]]:
    """The module after an installation during which power failed, at each step in turn.

    again: after so many steps more it failed once more.
    """
    cut = 0
    while True:
        module = Module(OLD, replaces)
        module.receive(release)
        outcome = module.run(cut, *again)
        yield module, outcome
        if not module.cuts:
            return
        cut += 1


@pytest.fixture
def kit() -> SimpleNamespace:
    """What is above: conftest.py is not a module to import."""
    return SimpleNamespace(
        Module=Module,
        OLD=OLD,
        NEW=NEW,
        BROKEN=BROKEN,
        DEAF=DEAF,
        IMAGE=IMAGE,
        UPDATER=UPDATER,
        cut_everywhere=cut_everywhere,
    )


@pytest.fixture
def make_module() -> Callable[..., Module]:
    """Makes modules; the old release is installed."""
    return lambda: Module(OLD)


@pytest.fixture(autouse=True)
def _no_staging_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test loads in its place is gone afterwards."""
    monkeypatch.setitem(sys.modules, STAGING, ModuleType(STAGING))
    monkeypatch.delitem(sys.modules, STAGING)
