"""Writes what was made: modules as text and compiled, and the list of them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device_bundle.findings import BundleError

SOURCES = "usr"
COMPILED = "usr-mpy"
MANIFEST = "manifest.json"


def write(out: Path, sources: Mapping[str, bytes], compiled: Mapping[str, bytes]) -> None:
    """Replace the bundler's own folders below `out`; anything else there is left alone.

    Raises BundleError where a folder of that name holds files no bundler wrote.
    """
    out.mkdir(parents=True, exist_ok=True)
    for folder, files in ((SOURCES, sources), (COMPILED, compiled)):
        target = out / folder
        if target.exists() and not (out / MANIFEST).is_file() and any(target.iterdir()):
            raise BundleError(f"{target} exists and is no earlier bundle; choose another --out")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for name, content in sorted(files.items()):
            (target / name).write_bytes(content)


def manifest(facts: Mapping[str, Any], groups: Mapping[str, Mapping[str, bytes]]) -> bytes:
    """The text of manifest.json: facts, then every file with size and SHA-256, in stable order."""
    files = [
        {
            "file_name": f"{folder}/{name}",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for folder, content_of in sorted(groups.items())
        for name, content in sorted(content_of.items())
    ]
    text = json.dumps({**facts, "files": files}, indent=2, sort_keys=True, ensure_ascii=True)
    return text.encode() + b"\n"
