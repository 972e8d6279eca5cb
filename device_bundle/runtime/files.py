"""Files of a module's flash, read and copied piece by piece. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Bytes read at a time.
PIECE = 1024
# Bytes of flash that are left alone: the state of the charge point needs room to be written.
RESERVE = 16384
_ENOENT = 2


class Files:
    """What an installer does with files."""

    def __init__(
        self, fs: Any, opener: Callable[[str, str], Any], new_sha256: Callable[[], Any]
    ) -> None:
        """fs: `uos`; opener: `open`; new_sha256() gives a hash to be fed."""
        self._fs = fs
        self._open = opener
        self._new_sha256 = new_sha256

    def _names(self, folder: str) -> list[str]:
        try:
            names: list[str] = self._fs.listdir(folder)
        except OSError:
            return []
        return names

    def _digest(self, path: str) -> bytes:
        """The SHA-256 of a file, b"" where there is none."""
        sha = self._new_sha256()
        if not self._pass(path, sha.update):
            return b""
        digest: bytes = sha.digest()
        return digest

    def _copy(self, source: str, target: str) -> None:
        file = self._open(target, "wb")
        try:
            self._pass(source, file.write)
        finally:
            file.close()

    def _pass(self, path: str, take: Callable[[bytes], object]) -> bool:
        """Hand a file's content on, piece by piece; False where there is none."""
        try:
            file = self._open(path, "rb")
        except OSError:
            return False
        try:
            piece = file.read(PIECE)
            while piece:
                take(piece)
                piece = file.read(PIECE)
        finally:
            file.close()
        return True

    def _make_folder(self, path: str) -> None:
        at = 0
        while at >= 0:
            at = path.find("/", at + 1)
            try:  # noqa: SIM105  # no contextlib on a module
                self._fs.mkdir(path if at < 0 else path[:at])
            except OSError:
                pass  # it exists; or it cannot be made, which the next write reports

    def _remove(self, path: str) -> None:
        try:
            self._fs.remove(path)
        except OSError as error:
            if error.args[0] != _ENOENT:
                raise
