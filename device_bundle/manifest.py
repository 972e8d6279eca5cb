"""Writes what was made: modules as text and compiled, and the list of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from device_bundle.findings import BundleError

#: The folders of the two forms modules are made in.
FOLDERS = {"py": "usr", "mpy": "usr-mpy"}
MANIFEST = "manifest.json"
_ENTRY = {"file_name", "size", "sha256"}

Files = Mapping[str, bytes]


def write(out: Path, facts: Mapping[str, object], files: Files) -> None:
    """Replace an earlier bundle in `out` by `files`; anything else there is left alone.

    `files` are contents by path below `out`, and `facts` go into the manifest. Raises BundleError
    where a folder or file of that name is not an earlier bundle's, or where not all of it can be
    written; then none of it is left.
    """
    earlier = _earlier(out)
    tops = {path.partition("/")[0] for path in (*files, MANIFEST)}
    if earlier is None:
        for top in sorted(tops):
            if (out / top).exists():
                raise BundleError(
                    f"{out / top} exists and is of no earlier bundle; choose another DIR"
                )
    try:
        _remove(out, {path.partition("/")[0] for path in earlier or ()} | tops)
        for path, content in files.items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(content)
        (out / MANIFEST).write_bytes(manifest(facts, files))
    except OSError as error:
        with contextlib.suppress(OSError):
            _remove(out, tops)
        raise BundleError(f"{out}: cannot be written: {error.strerror}") from None


def manifest(facts: Mapping[str, object], files: Files) -> bytes:
    """The text of manifest.json: facts, then every file with size and SHA-256, in stable order."""
    listed = [
        {
            "file_name": name,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for name, content in sorted(files.items())
    ]
    text = json.dumps({**facts, "files": listed}, indent=2, sort_keys=True)
    return text.encode() + b"\n"


def _earlier(out: Path) -> list[str] | None:
    """The paths an earlier bundle's manifest lists; None where there is none.

    What they are in will be removed, so a manifest that is not quite as `manifest` writes it is
    somebody else's.
    """
    try:
        listed = json.loads((out / MANIFEST).read_bytes())["files"]
        paths = [str(entry["file_name"]) for entry in listed]
        ours = all(entry.keys() == _ENTRY for entry in listed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    parts = [part for path in paths for part in path.split("/")]
    return paths if ours and all(parts) and ".." not in parts else None


def _remove(out: Path, names: Iterable[str]) -> None:
    for name in sorted(names):
        path = out / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
