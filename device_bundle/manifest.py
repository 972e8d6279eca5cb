"""Writes what was made: modules as text and compiled, and the list of them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from device_bundle.findings import BundleError

SOURCES = "usr"
COMPILED = "usr-mpy"
MANIFEST = "manifest.json"

Files = Mapping[str, bytes]


def write(out: Path, facts: Mapping[str, object], folders: Mapping[str, Files]) -> None:
    """Replace the bundler's own folders below `out`; anything else there is left alone.

    Raises BundleError where a folder of that name holds files no bundler wrote, or where nothing
    can be written.
    """
    ours = (out / MANIFEST).is_file()
    for folder in folders:
        if not ours and (out / folder).exists():
            raise BundleError(f"{out / folder} exists and is no earlier bundle; choose another DIR")
    try:
        for folder, files in folders.items():
            shutil.rmtree(out / folder, ignore_errors=True)
            (out / folder).mkdir(parents=True)
            for name, content in files.items():
                (out / folder / name).write_bytes(content)
        (out / MANIFEST).write_bytes(manifest(facts, folders))
    except OSError as error:
        raise BundleError(f"{out}: cannot be written: {error.strerror}") from None


def manifest(facts: Mapping[str, object], folders: Mapping[str, Files]) -> bytes:
    """The text of manifest.json: facts, then every file with size and SHA-256, in stable order."""
    files = [
        {
            "file_name": f"{folder}/{name}",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for folder, contents in sorted(folders.items())
        for name, content in sorted(contents.items())
    ]
    text = json.dumps({**facts, "files": files}, indent=2, sort_keys=True)
    return text.encode() + b"\n"
