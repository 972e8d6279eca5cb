"""What the installer needs of the firmware: its updaters, checksums, inflating. Portable.

Firmware differs: some has no `app_fota`, some names its folder otherwise, and newer lines have
`deflate` in place of `uzlib`. Whatever is missing is an OSError that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ubinascii
import uhashlib
import uos

from device_bundle.runtime import later
from device_bundle.runtime.installer import Installer

if TYPE_CHECKING:
    from typing import BinaryIO

    from ocpp_kernel.station import Station

# Binary logarithm of the window `device_bundle.archives` packs with.
_WINDOW = 12


class Firmware:
    """One QuecPython module, as an `installer.Firmware`."""

    def prepare(self) -> str:
        """Empty the updater's folder; the path of it. Raises OSError."""
        folder = self.folder()
        for path in ("/update.flag", "/download.stat"):  # the flag first: without it, nothing is
            _remove(folder + path)
        try:
            names = uos.listdir(folder + "/usr")
        except OSError:
            return folder
        for name in names:
            _remove(f"{folder}/usr/{name}")
        return folder

    def folder(self) -> str:
        """The updater's, mounted where it is a disk of its own. Raises OSError."""
        try:
            import app_fota  # noqa: PLC0415  # some firmware has none
            import app_fota_download  # noqa: PLC0415
        except ImportError:
            raise OSError("this firmware has no app_fota") from None
        app_fota.new()
        try:
            return app_fota_download.get_updater_dir()
        except AttributeError:
            return app_fota_download.updater_dir

    def stage(self, path: str, size: int) -> None:
        """Have a file of the folder copied to that path at the next start."""
        import app_fota_download  # noqa: PLC0415  # see folder

        app_fota_download.update_download_stat("", path, size)

    def set_flag(self) -> None:
        """At the next start what is staged is copied, before /usr/main.py is started."""
        import app_fota  # noqa: PLC0415  # see folder

        app_fota.new().set_update_flag()

    def new_fota(self) -> Any:
        """What installs firmware of the module itself. Raises OSError."""
        try:
            import fota  # noqa: PLC0415  # some firmware has none
        except ImportError:
            raise OSError("this firmware has no fota") from None
        updater: Any = fota  # the module is the class itself
        return updater()

    def version(self) -> str:
        """Of the module's own firmware. Raises OSError."""
        try:
            import modem  # noqa: PLC0415  # what is no Quectel module has none
        except ImportError:
            raise OSError("there is no firmware of a module here") from None
        return f"{modem.getDevFwVersion()}"

    def inflate(self, file: BinaryIO) -> Any:
        """What reads the raw deflate that follows in a file."""
        try:
            import uzlib  # noqa: PLC0415  # has another name on newer firmware
        except ImportError:
            import deflate  # noqa: PLC0415

            return deflate.DeflateIO(file, deflate.RAW, _WINDOW)
        return uzlib.DecompIO(file, -_WINDOW)

    def sha256(self) -> Any:
        """A new SHA-256."""
        return uhashlib.sha256()

    def from_hex(self, digits: str) -> bytes:
        """Bytes of pairs of hexadecimal digits; raises ValueError for anything else."""
        return ubinascii.unhexlify(digits)

    def modules(self) -> list[str]:
        """The app's modules: what was imported from /usr, and what it could load besides."""
        names = [name[4:] for name in later.modules() if name[:4] == "usr."]
        for file in uos.listdir("/usr"):
            name = file[: file.rfind(".")]
            if name[: len(later.PREFIX)] == later.PREFIX and name not in names:
                names.append(name)
        return names


def make_installer(station: Station, target: str, patience: int) -> Installer:
    """What installs on this module; see `Installer`."""
    return Installer(station, Firmware(), uos, open, target, patience)


def _remove(path: str) -> None:
    try:  # noqa: SIM105  # no contextlib on a module
        uos.remove(path)
    except OSError:
        pass  # it is not there
