"""`python3 .ci/micropython_1_12.py FOLDER`: puts MicroPython 1.12 for Linux there, for the tests.

QuecPython's older firmware is of that line, and pip has no interpreter of it. The packages are
Ubuntu 20.04's; what they hold is used from FOLDER, and nothing is installed. Prints the path of
the interpreter. Where it cannot be had, says why, prints nothing, and the tests that need it are
skipped.
"""

from __future__ import annotations

import hashlib
import io
import platform
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

ARCHIVE = "http://archive.ubuntu.com/ubuntu/pool"
#: Where each lies, and its SHA-256.
PACKAGES = {
    "universe/m/micropython/micropython_1.12-1_amd64.deb": (
        "4f357cb3ea951a400f36ac34f2a586809def9be6648832fd9cc02250a0ea43cf"
    ),
    "main/libf/libffi/libffi7_3.3-4_amd64.deb": (
        "4584aa8fef1bf5086168ce2f7078cd2ebd78fdc4cc0d86d958d795d4e0b0f50d"
    ),
    "universe/m/mbedtls/libmbedcrypto3_2.16.4-1ubuntu2_amd64.deb": (
        "4b24c661d6289f9e0263d8bdbba91c648f9dd16d359279f0948c1b034ec1ea65"
    ),
    "universe/m/mbedtls/libmbedtls12_2.16.4-1ubuntu2_amd64.deb": (
        "30b90b72560ec3cd69230a2a7027513adb494acfdb1e17589a68d0fddfda51bf"
    ),
    "universe/m/mbedtls/libmbedx509-0_2.16.4-1ubuntu2_amd64.deb": (
        "7e48586a98bf2e4e0e70dccdf6d19acc3827566e4238922befdf456afd0e3475"
    ),
}
#: Seconds a server may take to say something.
PATIENCE = 20
LIBRARIES = "usr/lib/x86_64-linux-gnu"


class Unavailable(Exception):
    """The interpreter cannot be had; the text says why."""


def fetch(name: str, digest: str) -> bytes:
    """The package, if it is what it was."""
    with urllib.request.urlopen(f"{ARCHIVE}/{name}", timeout=PATIENCE) as answer:  # noqa: S310  # http
        content: bytes = answer.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise Unavailable(f"{name} is not what it was")
    return content


def files_of(package: bytes) -> tarfile.TarFile:
    """The files in a .deb: the member data.tar.* of an archive as `ar` makes them."""
    place = len(b"!<arch>\n")
    while place < len(package):
        name, size = package[place : place + 16].strip(), int(package[place + 48 : place + 58])
        place += 60
        if name.startswith(b"data.tar"):
            return tarfile.open(fileobj=io.BytesIO(package[place : place + size]))
        place += size + size % 2
    raise Unavailable("a package holds no files")


def unpack(package: bytes, folder: Path) -> None:
    """Programs and libraries only."""
    with files_of(package) as archive:
        for member in archive:
            if member.name.startswith(("./usr/bin/", f"./{LIBRARIES}/")):
                archive.extract(member, folder, filter="data")


def main(folder: Path) -> Path:
    """The interpreter, fetched unless it is there already."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Unavailable("the packages are those for Linux on x86-64")
    started = folder / "micropython"
    if not started.is_file():
        for name, digest in PACKAGES.items():
            unpack(fetch(name, digest), folder)
        libraries, program = folder / LIBRARIES, folder / "usr/bin/micropython"
        started.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {program} "$@"\n')
        started.chmod(0o755)
    subprocess.run([started, "-c", ""], check=True)  # noqa: S603  # what was just fetched
    return started


if __name__ == "__main__":
    try:
        print(main(Path(sys.argv[1]).resolve()))
    except (Unavailable, OSError, tarfile.TarError, subprocess.SubprocessError) as error:
        print(f"MicroPython 1.12: {error}; its tests are skipped", file=sys.stderr)
