"""Installs an image on a module, and takes it back if it does not prove itself. Portable.

An image of the bundler is checked whole, then unpacked into the folder of the firmware's own
updater (app_fota); its manifest stays, the image itself gives room to copies, in
/usr/ocpp_previous, of what will be replaced. At the next start, before /usr/main.py, the updater
copies the new files over /usr. From then on the new app is on trial until the central system has
accepted it: `trial` says so, and /usr/main.py puts the previous app back, through the same updater,
where the new one cannot start, is restarted three times before that, or leaves a reason there. All
this is loaded while `installing.Installing` has anything to do.

/usr/main.py itself is never replaced: it is what puts things back. Files only the new app has are
left behind when it is taken back; nothing imports them. Any other file is taken for firmware of
the module itself, which the firmware's `fota` installs and cannot take back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from device_bundle.runtime.files import PIECE, RESERVE, Files
from device_bundle.runtime.image import Image
from device_bundle.runtime.places import PREVIOUS
from device_bundle.runtime.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import BinaryIO, Protocol

    from ocpp_kernel.station import Station

    # A file of an image: its path below /usr, with the slash, its size and SHA-256.
    Entry = tuple[str, int, bytes]
    # A step of the work; what it says is what install_firmware answers.
    Steps = Generator[str, None, None]

    class Firmware(Protocol):
        """What the installer needs of a `staging.Firmware`."""

        def folder(self) -> str: ...

        def prepare(self) -> str: ...

        def stage(self, path: str, size: int, /) -> None: ...

        def set_flag(self) -> None: ...

        def new_fota(self) -> Any: ...

        def version(self) -> str: ...

        def inflate(self, file: BinaryIO, /) -> Any: ...

        def sha256(self) -> Any: ...

        def from_hex(self, digits: str, /) -> bytes: ...

        def modules(self) -> list[str]: ...


USR = "/usr"
# The plugin that drives all this: an image without it could neither be confirmed nor replaced.
_PLUGIN = "firmware_mgmt"
# Under which the store keeps the module's version, and how often other firmware was tried.
_FOTA = "fota"
# What is kept of an image once it is unpacked, by what follows its path.
_MANIFEST = ".json"
# Pieces of firmware written in one step.
_PIECES = 16
_BLOCK = 4096
_SUFFIXES = (".py", ".mpy", ".txt")


class Installer(Files):
    """Works in steps, so that the main loop goes on; each handles one file at most."""

    def __init__(
        self,
        station: Station,
        firmware: Firmware,
        fs: Any,
        opener: Callable[[str, str], Any],
        target: str,
        patience: int,
    ) -> None:
        """fs: `uos`; opener: `open`; target: images for another one are refused.

        patience: seconds the central system may take to accept a new app.
        """
        super().__init__(fs, opener, firmware.sha256)
        #: Whether the central system has accepted this run; set from outside.
        self.accepted = False
        self._station = station
        self._trial = Trial(fs, opener)
        self._firmware = firmware
        self._target = target
        self._give_up = station.now + patience
        self._steps: Steps | None = None

    def install_firmware(self, path: str) -> str:
        """As `ocpp_kernel.driver.Installer` has it. Raises OSError."""
        if self._steps is None:
            self._steps = self._install(path)
        steps = self._steps
        outcome = "failed"
        try:
            outcome = next(steps)
        finally:
            if outcome:
                self._steps = None
                steps.close()
        return outcome

    def forget(self, path: str) -> None:
        """The installation is over and told of: what was kept for it may go. Raises OSError."""
        self._clear()
        self._remove(path)
        self._remove(path + _MANIFEST)
        self._station.store.delete(_FOTA)

    def _install(self, path: str) -> Steps:
        try:
            file = self._open(path, "rb")
        except OSError:
            yield from self._go_on(self._kept_manifest(path))
            return
        try:
            if file.read(2) == b"\x1f\x8b":
                yield from self._unpack(path, file)
            else:
                file.seek(0)
                yield from self._install_fota(file, self._fs.stat(path)[6])
                return
        finally:
            file.close()
        # Only now, since a file that is open cannot be removed everywhere.
        self._remove(path)
        yield from self._go_on(self._kept_manifest(path))

    # An app.

    def _unpack(self, path: str, file: BinaryIO) -> Steps:
        """Check an image and unpack it. While there is one, nothing is on trial."""
        firmware = self._firmware
        image = Image(file, firmware.inflate)
        manifest = image.manifest(self._station.codec.loads)
        listed = self._listed(manifest)
        self._refuse_other(manifest, listed)
        self._clear()
        yield from self._read(image, listed, [], "")
        changed = yield from self._changed(listed)
        if changed:
            folder = firmware.prepare() + USR
            self._refuse_crowded(changed, self._replaced(listed, changed), self._fs.stat(path)[6])
            self._make_folder(folder)
            yield from self._read(Image(file, firmware.inflate), listed, changed, folder)
        kept = self._open(path + _MANIFEST, "wb")
        kept.write(self._station.codec.dumps(manifest).encode())
        kept.close()

    def _kept_manifest(self, path: str) -> list[Entry]:
        try:
            file = self._open(path + _MANIFEST, "rb")
        except OSError:
            raise OSError("the image is gone") from None
        manifest = self._station.codec.loads(file.read().decode())
        file.close()
        return self._listed(manifest)

    def _go_on(self, listed: list[Entry]) -> Steps:
        """With an image that is unpacked, or installed and on trial."""
        trial = self._trial.read()
        if trial[2:]:
            raise OSError(trial[2:])
        changed = yield from self._changed(listed)
        if not changed:
            yield from self._await_acceptance(trial, listed)
            return
        for name in self._names(PREVIOUS) if trial else []:
            if self._digest(f"{PREVIOUS}/{name}") != self._digest(f"{USR}/{name}"):
                # The updater stopped half way: neither app is whole.
                yield self._take_back("the firmware did not install it")
            yield ""
        folder = self._firmware.folder() + USR
        for name, _, digest in changed:
            if self._digest(folder + name) != digest:
                raise OSError(f"what was unpacked is damaged: {name}")
            yield ""
        self._clear()
        self._make_folder(PREVIOUS)
        for name in self._replaced(listed, changed):
            self._copy(f"{USR}/{name}", f"{PREVIOUS}/{name}")
            if self._digest(f"{USR}/{name}") != self._digest(f"{PREVIOUS}/{name}"):
                raise OSError(f"{name} could not be copied")
            yield ""
        self._trial.write("0 ")
        self._firmware.set_flag()
        yield "Restart"

    def _changed(self, listed: list[Entry]) -> Generator[str, None, list[Entry]]:
        """What is not installed as it is listed."""
        changed = []
        for entry in listed:
            if self._digest(USR + entry[0]) != entry[2]:
                changed.append(entry)
            yield ""
        return changed

    def _await_acceptance(self, trial: str, listed: list[Entry]) -> Steps:
        while not self.accepted:
            if trial and self._station.now >= self._give_up:
                yield self._take_back("the central system did not accept it in time")
            yield ""
        self._trial.end()  # from here on there is no way back
        names = [name for name, _, _ in listed]
        for name in self._names(PREVIOUS):
            if "/" + name not in names:
                self._remove(f"{USR}/{name}")
        yield "Installed"

    def _listed(self, manifest: dict[str, Any]) -> list[Entry]:
        """What is to be installed of an image; raises OSError for what no device can use."""
        listed: list[Entry] = []
        suffixes = set()
        try:
            for entry in manifest["files"]:
                name = entry["file_name"]
                if name == "usr/main.py":
                    continue
                suffix = name[name.rfind(".") :]
                if name[:4] != "usr/" or "/" in name[4:] or suffix not in _SUFFIXES:
                    raise OSError(f"the image has {name}, which is no part of an app")
                if suffix != ".txt":
                    suffixes.add(suffix)
                digest = self._firmware.from_hex(entry["sha256"])
                listed.append((name[3:], entry["size"], digest))
        except (KeyError, TypeError, ValueError):
            raise OSError("no image the bundler made") from None
        if len(suffixes) != 1:
            raise OSError("an image has either .py or .mpy modules")
        return listed

    def _refuse_other(self, manifest: dict[str, Any], listed: list[Entry]) -> None:
        target = manifest.get("target")
        if target != self._target:
            raise OSError(f"the image is for {target}, this is {self._target}")
        if _PLUGIN not in manifest.get("plugins", ()):
            raise OSError(f"the image has no {_PLUGIN} and could never be replaced")
        installed = self._names(USR)
        for name, _, _ in listed:
            stem = name[1 : name.rfind(".")]
            other = stem + (".mpy" if name.endswith(".py") else ".py")
            if other in installed:
                raise OSError(f"the image has {name[1:]}, but {other} is installed")

    def _read(self, image: Image, listed: list[Entry], staged: list[Entry], folder: str) -> Steps:
        """Check what is listed of an image, and write what is to be staged into the folder."""
        left = len(listed)
        path, size = image.next()
        while path:
            name = path[3:]
            sha = self._new_sha256()
            out = None
            for entry in staged:
                if name == entry[0]:
                    out = self._open(folder + name, "wb")
            try:
                image.copy(size, sha, out)
            finally:
                if out is not None:
                    out.close()
            digest = sha.digest()
            for entry in listed:
                if name == entry[0]:
                    if size != entry[1] or digest != entry[2]:
                        raise OSError(f"the image is damaged: {path}")
                    left -= 1
            if out is not None:
                self._firmware.stage(USR + name, size)
            yield ""
            path, size = image.next()
        if left:
            raise OSError("the image is damaged: files are missing")

    def _replaced(self, listed: list[Entry], changed: list[Entry]) -> list[str]:
        """The app's files that will be replaced, or are of no use any more."""
        names = [name[1:] for name, _, _ in changed]
        kept = ["main.py"] + [name[1:] for name, _, _ in listed]
        for module in self._firmware.modules():
            for name in (module + ".py", module + ".mpy"):
                if name not in kept:
                    names.append(name)
        installed = self._names(USR)
        return [name for name in names if name in installed]

    def _refuse_crowded(self, changed: list[Entry], replaced: list[str], image: int) -> None:
        """Raises OSError where the flash has no room for two apps beside this one.

        Those are the new one and the copy of this one, or two copies while it is put back. By then
        the image is gone.
        """
        fresh = kept = largest = 0
        for _, size, _ in changed:
            fresh += _blocks(size)
            largest = max(largest, _blocks(size))
        for name in replaced:
            kept += _blocks(self._fs.stat(f"{USR}/{name}")[6])
        needed = max(fresh, max(fresh, kept) + kept + largest - _blocks(image)) + RESERVE
        flash = self._fs.statvfs(USR)
        free = flash[1] * flash[4]
        if needed > free:
            raise OSError(f"installing needs {needed} bytes of flash, {free} are free")

    def _take_back(self, reason: str) -> str:
        self._station.log("error", f"the new app is taken back: {reason}")
        self._trial.write("0 " + reason)
        return "Restart"

    # Firmware of the module.

    def _install_fota(self, file: BinaryIO, size: int) -> Steps:
        version = self._firmware.version()
        before, tries = self._station.store.load(_FOTA) or (version, 0)
        if version != before:
            yield "Installed"
        if tries > 1:  # the power may have failed before the first one was worth anything
            raise OSError(f"the module still runs {version}")
        fota = self._firmware.new_fota()
        piece = file.read(PIECE)
        count = 0
        while piece:
            if fota.write(piece, size) == -1:
                raise OSError("the module's firmware does not take the image")
            piece = file.read(PIECE)
            count += 1
            if not count % _PIECES:
                yield ""
        self._station.store.save(_FOTA, [version, tries + 1])
        if fota.flush() == -1 or fota.verify() != 0:
            raise OSError("the module's firmware refuses the image")
        yield "Restart"

    # Files.

    def _clear(self) -> None:
        """Nothing is on trial, and nothing kept."""
        self._trial.end()
        for name in self._names(PREVIOUS):
            self._remove(f"{PREVIOUS}/{name}")


def _blocks(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
