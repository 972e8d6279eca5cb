"""Packs a bundle into one file that a charge point can fetch and install by itself.

The image is an ordinary .tar.gz: `tar xzf` unpacks it, any server serves it. Three things about it
are on purpose. Equal input gives equal bytes: no times, no owners. The deflate window is 4 KB, so
that a module inflates it with a 4 KB buffer. And the manifest comes first, so that a device knows
what it is being given before it looks at any of it.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Mapping

#: The member that describes the others; always the first.
MANIFEST = "manifest.json"
#: Binary logarithm of the deflate window in bytes.
_WINDOW = 12
# RFC 1952: deflate, no name, no time, slowest compression, unknown system.
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
#: Bytes of a name in the header every tar understands.
_LONGEST_NAME = 100


def tar_gz(files: Mapping[str, bytes], facts: Mapping[str, object]) -> bytes:
    """The image of these files, by the path each shall have on the module, such as usr/app.mpy.

    facts: what the manifest tells beside them: project, version, target and plugins, by which a
    device judges whether the image is for it. Raises ValueError for a path a device refuses.
    """
    members = {name: files[name] for name in sorted(files)}
    listed = [
        {"file_name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
    ]
    manifest = json.dumps({**facts, "files": listed}, sort_keys=True, separators=(",", ":"))
    return _gzip(_tar({MANIFEST: manifest.encode(), **members}))


def _tar(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members.items():
            if not name.isascii() or len(name) > _LONGEST_NAME or name.startswith("/"):
                raise ValueError(f"{name}: a path is relative, ASCII, at most {_LONGEST_NAME} long")
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _gzip(content: bytes) -> bytes:
    """As the gzip module does it, which cannot choose the window, nor leave the time out."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW)
    body = packer.compress(content) + packer.flush()
    return _GZIP_HEAD + body + struct.pack("<II", zlib.crc32(content), len(content))
