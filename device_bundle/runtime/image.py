"""Reads the image a bundler makes (`device_bundle.archives`) from its start, once. Portable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from device_bundle.runtime.files import PIECE

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

# Bytes of a tar's blocks.
_BLOCK = 512
# Bytes of the manifest: a few files have 150 each.
_LONGEST_MANIFEST = 8192
_DAMAGED = "the image is damaged"


class Image:
    """A .tar.gz whose members are read one after the other."""

    def __init__(self, file: BinaryIO, inflate: Callable[[BinaryIO], Any]) -> None:
        """inflate(file) gives what reads raw deflate. Raises OSError where this is no such file."""
        file.seek(0)
        head = file.read(10)
        if head[:4] != b"\x1f\x8b\x08\x00":
            raise OSError("no image the bundler made")
        self._stream = inflate(file)
        self._padding = 0

    def next(self) -> tuple[str, int]:
        """Name and size of the next member, whose content must then be read; "" at the end.

        Raises OSError where the image is damaged.
        """
        self._read(self._padding)
        head = self._read(_BLOCK)
        if not head[0]:
            return "", 0
        try:
            name = head[:100].rstrip(b"\x00").decode()
            size = int(head[124:135].decode(), 8)
        except ValueError:
            raise OSError(_DAMAGED) from None
        self._padding = -size % _BLOCK
        return name, size

    def copy(self, size: int, digest: Any, out: Any = None) -> None:
        """Read a member's content into digest.update and, if given, out.write. Raises OSError."""
        while size > 0:
            piece = self._read(min(size, PIECE))
            size -= len(piece)
            digest.update(piece)
            if out is not None:
                out.write(piece)

    def manifest(self, loads: Callable[[str], Any]) -> dict[str, Any]:
        """The first member. Raises OSError where it is none."""
        name, size = self.next()
        if name != "manifest.json" or size > _LONGEST_MANIFEST:
            raise OSError("no image the bundler made")
        try:
            manifest = loads(self._read(size).decode())
        except ValueError:
            raise OSError(_DAMAGED) from None
        if type(manifest) is not dict or type(manifest.get("files")) is not list:
            raise OSError("no image the bundler made")
        return manifest

    def _read(self, size: int) -> bytes:
        try:
            data: bytes = self._stream.read(size)
        except (OSError, ValueError, EOFError):
            raise OSError(_DAMAGED) from None
        if len(data) < size:
            raise OSError(_DAMAGED)
        return data
