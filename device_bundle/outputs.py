"""The files of a bundle that say what is in it, or carry it onto a module.

Every function gives the same bytes for the same input. `files` are a bundle's files by name, those
of the form that is installed, main.py last.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from device_bundle.targets import Target

Files = Mapping[str, bytes]

USR_ZIP = "usr.zip"
BULK_DOWNLOAD = "bulk_download.json"
PROJECT = "project.yaml"
PACKAGE = "package.json"
#: Stands in bulk_download.json until `bundle.url` is set.
PLACEHOLDER = "https://updates.example.org/ocpp"
#: The earliest moment a zip file knows; times of building would make every bundle differ.
_EPOCH = (1980, 1, 1, 0, 0, 0)

_PROJECT_TEXT = """\
# For qpyt 0.3: packs the files for a module, as usr.zip or, with a firmware, as a .pac.
# The rules below are as its documentation has them; no .pac made with them was flashed yet.
firmware: ""  # the base firmware's .pac; not needed with --usrfs-only
usrfs:
  - src: ./{folder}
    glob: "*"
    dest: /usr
    compile: false  # the files are compiled already where they should be
"""


def usr_zip(files: Files, version: str) -> bytes:
    """The files below usr/, with the list of them that qpyt writes: usr/manifest.json."""
    listed = [
        {
            "file_name": f"/usr/{name}",
            "size": len(content),
            "integrity": f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}",
        }
        for name, content in files.items()
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            _add(archive, f"usr/{name}", content)
        _add(archive, "usr/manifest.json", dumped({"version": version, "files": listed}))
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # as on Unix, wherever it is made
    entry.external_attr = 0o100644 << 16
    archive.writestr(entry, content, compresslevel=9)


def bulk_download(files: Files, folder: str, url: str, target: Target) -> bytes:
    """What app_fota.bulk_download takes: where to get each file, and where to put it.

    `url` is where the bundle's folder is served.
    """
    base = (url or PLACEHOLDER).rstrip("/")
    return dumped(
        [{"url": f"{base}/{folder}/{name}", "file_name": target.place(name)} for name in files]
    )


def project(folder: str) -> bytes:
    """project.yaml of qpyt, which packs what is in `folder`."""
    return _PROJECT_TEXT.format(folder=folder).encode()


def package(files: Files, folder: str, url: str, target: Target, version: str) -> bytes:
    """package.json for `mip install`, to be served with the folder and installed below "/".

    Addresses are relative to package.json itself unless `url` is set; old `mip` needs it set.
    """
    base = f"{url.rstrip('/')}/{folder}" if url else folder
    urls = [[target.place(name).lstrip("/"), f"{base}/{name}"] for name in files]
    return dumped({"urls": urls, "version": version})


def dumped(value: Any) -> bytes:
    """JSON as every file of a bundle has it."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"
